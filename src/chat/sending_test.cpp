// Who may say what to whom, how much and how often. What is refused has consumed nothing.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::Msg;
using protocol::SendAck;
using protocol::ServerMessage;

class Sending : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob");
  TestClient& ann_web = online(ann);

  /// The next send of this client is accepted with this number: nothing before it was consumed.
  void expect_next_send_id(TestClient& client, std::uint64_t send_id) {
    const ServerMessage reply = client.say(bob.id, "probe");
    ASSERT_TRUE(reply.get<SendAck>())
        << static_cast<int>(reply.refusal.error) << " " << reply.refusal.message;
    EXPECT_EQ(reply.get<SendAck>()->send_id, send_id);
  }
};

TEST_F(Sending, IsAnsweredWithNumberPositionAndTimeOnceItIsStored) {
  const ServerMessage reply = ann_web.say(bob.id, "hello", 1);
  const auto* ack = reply.get<SendAck>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->send_id, 1U);
  EXPECT_EQ(ack->seq, 1U);
  EXPECT_EQ(ack->cseq, 1U);
  EXPECT_EQ(ack->time_ms, clock.wall_ms());
  EXPECT_FALSE(ack->dup);
}

TEST_F(Sending, IsNotAnsweredBeforeTheCommit) {
  ann_web.post(TestClient::chat(bob.id, "hello", 1), 7);
  turn();  // the recipient is looked up
  turn();
  EXPECT_TRUE(ann_web.frames.empty());
  settle();
  EXPECT_EQ(ann_web.frames.size(), 1U);
}

TEST_F(Sending, OldSendIdGetsTheFirstAnswerAgainAndStoresNothing) {
  const auto first = ann_web.say(bob.id, "hello", 1);
  const auto again = ann_web.say(bob.id, "hello", 1);
  ASSERT_TRUE(again.get<SendAck>());
  EXPECT_TRUE(again.get<SendAck>()->dup);
  EXPECT_EQ(again.get<SendAck>()->mid, first.get<SendAck>()->mid);
  EXPECT_EQ(again.get<SendAck>()->seq, 1U);
  expect_next_send_id(ann_web, 2);
}

TEST_F(Sending, SendIdAheadIsRefusedNamingTheExpectedOne) {
  const ServerMessage reply = ann_web.say(bob.id, "too early", 3);
  EXPECT_EQ(reply.refusal.error, Errno::send_id_ahead);
  EXPECT_EQ(reply.refusal.expected, 1U);
  EXPECT_EQ(reply.refusal.send_id, 3U);
  expect_next_send_id(ann_web, 1);
}

/// Two sessions of one device, where the zone allows it, both begin with the same numbers.
TEST_F(Sending, AnotherMessageUnderAUsedSendIdIsAConflictAndIsStoredUnderTheNumberThatIsTold) {
  ports::Zone lax = *zone;
  lax.zone_name = "lax";
  lax.devices = ports::DevicePolicy::allow;
  set_zone(lax);
  const ports::Member cid = member("cid"), dan = member("dan");
  TestClient& dan_web = online(dan);
  TestClient& first = online(cid);
  TestClient& second = online(cid);
  EXPECT_TRUE(first.say(dan.id, "from one window", 1).get<SendAck>());
  second.take();
  const ServerMessage reply = second.say(dan.id, "from the other", 1);
  EXPECT_EQ(reply.refusal.error, Errno::conflict);
  EXPECT_EQ(reply.refusal.field, "send_id");
  EXPECT_EQ(reply.refusal.expected, 2U);
  EXPECT_EQ(reply.refusal.send_id, 1U);
  ASSERT_TRUE(second.say(dan.id, "from the other", reply.refusal.expected).get<SendAck>());
  EXPECT_EQ(dan_web.take_messages(),
            (std::vector<std::string>{"1 " + std::to_string(cid.id.value) + " from one window",
                                      "2 " + std::to_string(cid.id.value) + " from the other"}));
}

TEST_F(Sending, WithoutASendIdTakesTheDevicesNextNumber) {
  EXPECT_TRUE(ann_web.say(bob.id, "one", 1).get<SendAck>());
  EXPECT_EQ(ann_web.say(bob.id, "no number").get<SendAck>()->send_id, 2U);
  const ServerMessage reply = ann_web.say(bob.id, "two", 2);
  EXPECT_EQ(reply.refusal.error, Errno::conflict);
  EXPECT_EQ(reply.refusal.expected, 3U);
  EXPECT_TRUE(ann_web.say(bob.id, "two", 3).get<SendAck>());
}

TEST_F(Sending, WithoutRidAndSendIdOnlyARefusalIsAnswered) {
  ann_web.post(TestClient::chat(bob.id, "quiet"));
  settle();
  EXPECT_TRUE(ann_web.frames.empty());
  ann_web.post(TestClient::chat(MemberId{999'999}, "nobody"));
  settle();
  ASSERT_EQ(ann_web.frames.size(), 1U);
  EXPECT_EQ(ann_web.frames[0].refusal.error, Errno::no_such_peer);
}

TEST_F(Sending, AnotherMembersIdAsSenderIsNotPermitted) {
  auto chat = TestClient::chat(bob.id, "as somebody else", 1);
  chat.id = bob.id;
  const ServerMessage reply = ann_web.ask(chat);
  EXPECT_EQ(reply.refusal.error, Errno::not_permitted);
  EXPECT_EQ(reply.refusal.field, "id");
  chat.id = ann.id;
  EXPECT_TRUE(ann_web.ask(chat).get<SendAck>()) << "one's own id is fine";
}

TEST_F(Sending, ToNobodyIsRefusedAndConsumesNothing) {
  EXPECT_EQ(ann_web.say(MemberId{0}, "x", 1).refusal.error, Errno::no_such_peer);
  EXPECT_EQ(ann_web.say(MemberId{kIdMax}, "x", 1).refusal.error, Errno::no_such_peer);
  expect_next_send_id(ann_web, 1);
}

TEST_F(Sending, ToAMemberOfAnotherZoneIsToNobody) {
  const auto here = zone;
  ports::Zone other = *zone;
  other.zone_name = "two";
  set_zone(other);
  const ports::Member stranger = member("stranger");
  zone = here;
  EXPECT_EQ(ann_web.say(stranger.id, "x", 1).refusal.error, Errno::no_such_peer);
  // Also when that member is known to the shard, because it is online.
  zone = std::make_shared<const ports::Zone>(directory.zone(stranger.zone).value());
  TestClient& theirs = online(stranger);
  zone = here;
  EXPECT_EQ(ann_web.say(stranger.id, "x", 1).refusal.error, Errno::no_such_peer);
  EXPECT_TRUE(theirs.take_messages().empty());
}

TEST_F(Sending, ToAGroupOfAnotherZoneIsToNoGroup) {
  const auto here = zone;
  ports::Zone other = *zone;
  other.zone_name = "two";
  set_zone(other);
  const ports::Member stranger = member("stranger");
  const RoomId theirs = room("theirs", stranger);
  TestClient& stranger_web = online(stranger);
  EXPECT_TRUE(stranger_web.say(theirs, "ours", 1).get<SendAck>());
  zone = here;
  EXPECT_EQ(ann_web.say(theirs, "x", 1).refusal.error, Errno::no_such_group);
  EXPECT_EQ(ann_web.say(RoomId{12345}, "x", 1).refusal.error, Errno::no_such_group);
}

TEST_F(Sending, ToAGroupOneIsNotInIsRefused) {
  const RoomId group = room("group", bob);
  EXPECT_EQ(ann_web.say(group, "x", 1).refusal.error, Errno::not_in_group);
  expect_next_send_id(ann_web, 1);
}

TEST_F(Sending, TakesABodyOfTheLimitAndRefusesOneByteMore) {
  set_limits([](Limits& l) { l.body_bytes_max = 100; });
  EXPECT_TRUE(ann_web.say(bob.id, std::string(100, 'x'), 1).get<SendAck>());
  const ServerMessage reply = ann_web.say(bob.id, std::string(101, 'x'), 2);
  EXPECT_EQ(reply.refusal.error, Errno::too_large);
  EXPECT_EQ(reply.refusal.field, "msg");
  EXPECT_NE(reply.refusal.allowed.find("100"), std::string::npos);
  EXPECT_EQ(ann_web.say(bob.id, "", 2).refusal.error, Errno::bad_request) << "an empty message";
  expect_next_send_id(ann_web, 2);
}

TEST_F(Sending, CountsTheBytesOfAnObjectToo) {
  set_limits([](Limits& l) { l.body_bytes_max = 10; });
  const auto object = [&](std::string_view body, std::uint64_t send_id) {
    return protocol::OneChat{
        .toid = bob.id, .content = {.kind = 3, .msg = {}, .body = body}, .send_id = send_id, .id = {}};
  };
  EXPECT_TRUE(ann_web.ask(object(R"({"a":1234})", 1)).get<SendAck>());
  const ServerMessage reply = ann_web.ask(object(R"({"a":12345})", 2));
  EXPECT_EQ(reply.refusal.error, Errno::too_large);
  EXPECT_EQ(reply.refusal.field, "body");
}

TEST_F(Sending, TheRateOfAMemberHoldsForAllItsDevicesTogether) {
  set_limits([](Limits& l) { l.member_messages = {.per_s = 10, .burst = 3}; });
  TestClient& phone = online(ann, "phone");
  EXPECT_TRUE(ann_web.say(bob.id, "1", 1).get<SendAck>());
  EXPECT_TRUE(phone.say(bob.id, "2", 1).get<SendAck>());
  EXPECT_TRUE(ann_web.say(bob.id, "3", 2).get<SendAck>());
  const ServerMessage reply = phone.say(bob.id, "4", 2);
  EXPECT_EQ(reply.refusal.error, Errno::rate_limited);
  EXPECT_EQ(reply.refusal.retry_after_ms, 100U);
  clock.advance_ms(100);
  EXPECT_TRUE(phone.say(bob.id, "4", 2).get<SendAck>()) << "the refused one had consumed nothing";
  EXPECT_EQ(phone.say(bob.id, "5", 3).refusal.error, Errno::rate_limited);
}

TEST_F(Sending, LoggingOutAndInAgainMakesNoRateNew) {
  set_limits([](Limits& l) {
    l.member_messages = {.per_s = 10, .burst = 3};
    l.member_requests = {.per_s = 1, .burst = 3};  // one looks bob up
  });
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(ann_web.say(bob.id, "x", i).get<SendAck>());
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(ann_web.ask(protocol::Friends{}).refused());
  leave(ann_web);
  TestClient& again = online(ann, "web");
  EXPECT_EQ(again.say(bob.id, "x", 4).refusal.error, Errno::rate_limited);
  EXPECT_EQ(again.ask(protocol::Friends{}).refusal.error, Errno::rate_limited);
  leave(again);
  clock.advance_ms(10'000);
  TestClient& later = online(ann, "web");
  EXPECT_TRUE(later.say(bob.id, "x", 4).get<SendAck>());
}

TEST(GoneRates, RemembersOnlyWhatCountsAndNoMoreThanItMay) {
  GoneRates gone(8);
  std::int64_t wait_ms = 0;
  const Rate rate{.per_s = 1, .burst = 1};
  gone.keep(MemberId{1}, MemberRates{}, 1'000);
  EXPECT_EQ(gone.size(), 0U) << "nothing was used up";
  MemberRates used;
  ASSERT_TRUE(used.messages.take(rate, 1'000, wait_ms));
  for (std::uint64_t id = 1; id <= 100; ++id) {
    gone.keep(MemberId{id}, used, 1'000);
    EXPECT_LE(gone.size(), 8U);
  }
  EXPECT_FALSE(gone.take(MemberId{100}).messages.take(rate, 1'001, wait_ms)) << "the newest is there";
  EXPECT_TRUE(gone.take(MemberId{100}).messages.take(rate, 1'001, wait_ms)) << "and was taken";
  const std::size_t before = gone.size();
  for (std::uint64_t id = 201; gone.size() < 8; ++id) gone.keep(MemberId{id}, used, 1'000);
  MemberRates fresh;
  ASSERT_TRUE(fresh.messages.take(rate, 60'000, wait_ms));
  gone.keep(MemberId{300}, fresh, 60'000);
  EXPECT_EQ(gone.size(), 1U) << "what counts nothing any more goes first; there were " << before;
}

TEST_F(Sending, JoiningAndLeavingMakesNoRateOfAGroupNew) {
  set_limits([](Limits& l) { l.room_messages = {.per_s = 1, .burst = 2}; });
  const RoomId group = room("group", ann, {});
  TestClient& bob_web = online(bob);
  EXPECT_TRUE(ann_web.say(group, "1", 1).get<SendAck>());
  EXPECT_TRUE(ann_web.say(group, "2", 2).get<SendAck>());
  EXPECT_FALSE(bob_web.ask(protocol::AddGroup{.groupid = group, .groupname = {}, .id = {}}).refused());
  EXPECT_FALSE(bob_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  EXPECT_EQ(ann_web.say(group, "3", 3).refusal.error, Errno::rate_limited);
}

TEST_F(Sending, TheRateOfAGroupHoldsForAllItsMembersTogether) {
  set_limits([](Limits& l) { l.room_messages = {.per_s = 1, .burst = 2}; });
  const RoomId group = room("group", ann, {bob});
  TestClient& bob_web = online(bob);
  EXPECT_TRUE(ann_web.say(group, "1", 1).get<SendAck>());
  EXPECT_TRUE(bob_web.say(group, "2", 1).get<SendAck>());
  const ServerMessage reply = ann_web.say(group, "3", 2);
  EXPECT_EQ(reply.refusal.error, Errno::rate_limited);
  EXPECT_EQ(reply.refusal.retry_after_ms, 1000U);
  EXPECT_TRUE(ann_web.say(bob.id, "elsewhere it goes on", 2).get<SendAck>());
}

/// "Too many messages" means that the number is free. What is stored must not hear it.
TEST_F(Sending, ARepeatedSendIsNoMessageForTheRate) {
  set_limits([](Limits& l) { l.member_messages = {.per_s = 10, .burst = 2}; });
  EXPECT_TRUE(ann_web.say(bob.id, "1", 1).get<SendAck>());
  EXPECT_TRUE(ann_web.say(bob.id, "2", 2).get<SendAck>());
  EXPECT_EQ(ann_web.say(bob.id, "3", 3).refusal.error, Errno::rate_limited);
  for (int i = 0; i < 5; ++i) {
    const ServerMessage again = ann_web.say(bob.id, "2", 2);
    ASSERT_TRUE(again.get<SendAck>()) << static_cast<int>(again.refusal.error);
    EXPECT_TRUE(again.get<SendAck>()->dup);
  }
  EXPECT_EQ(ann_web.say(bob.id, "3", 3).refusal.error, Errno::rate_limited);
}

TEST_F(Sending, RepeatedSendsPastTheRateOfRequestsAreToldToTryAgain) {
  EXPECT_TRUE(ann_web.say(bob.id, "1", 1).get<SendAck>());
  set_limits([](Limits& l) { l.member_requests = {.per_s = 2, .burst = 2}; });
  int answered = 0;
  ServerMessage reply;
  while ((reply = ann_web.say(bob.id, "1", 1)).get<SendAck>() && answered < 10) ++answered;
  EXPECT_LE(answered, 2);
  EXPECT_EQ(reply.refusal.error, Errno::try_again) << "its number is used: it must not look free";
  EXPECT_GE(reply.refusal.retry_after_ms, 100U);
  clock.advance_ms(500);
  EXPECT_TRUE(ann_web.say(bob.id, "1", 1).get<SendAck>());
}

TEST_F(Sending, ARepeatedSendWhoseFirstTryIsNotDecidedIsToldToTryAgainAndNotThatItIsRefused) {
  const RoomId group = room("group", ann, {bob});
  EXPECT_TRUE(ann_web.say(bob.id, "so that bob is known", 1).get<SendAck>());
  EXPECT_TRUE(ann_web.say(group, "so that the group is", 2).get<SendAck>());
  set_limits([](Limits& l) {
    l.member_messages = {.per_s = 10, .burst = 1};
    l.room_messages = {.per_s = 1, .burst = 1};
  });
  clock.advance_ms(60'000);
  ann_web.post(TestClient::chat(group, "undecided", 3), 3);
  turn();  // the store has it and has not said anything
  ann_web.post(TestClient::chat(group, "undecided", 3), 4);
  ASSERT_EQ(ann_web.frames.size(), 1U);
  EXPECT_EQ(ann_web.frames[0].refusal.error, Errno::try_again) << "of the member's rate";
  set_limits([](Limits& l) { l.member_messages = {}; });
  ann_web.post(TestClient::chat(group, "undecided", 3), 5);
  ASSERT_EQ(ann_web.frames.size(), 2U);
  EXPECT_EQ(ann_web.frames[1].refusal.error, Errno::try_again) << "of the group's rate";
  settle();
  EXPECT_TRUE(ann_web.say(group, "undecided", 3).get<SendAck>()->dup);
}

/// The client came back before its old connection is closed, and both have the send.
TEST_F(Sending, WhatAnotherConnectionOfTheDeviceHasSentIsNotRefusedEither) {
  ports::Zone lax = *zone;
  lax.zone_name = "lax";
  lax.devices = ports::DevicePolicy::allow;
  set_zone(lax);
  const ports::Member cid = member("cid"), dan = member("dan");
  TestClient& before = online(cid);
  TestClient& now = online(cid);
  EXPECT_TRUE(before.say(dan.id, "so that dan is known", 1).get<SendAck>());
  set_limits([](Limits& l) { l.member_messages = {.per_s = 1, .burst = 1}; });
  clock.advance_ms(60'000);
  before.post(TestClient::chat(dan.id, "late", 2), 2);
  turn();
  now.take();
  now.post(TestClient::chat(dan.id, "late", 2), 2);
  ASSERT_EQ(now.frames.size(), 1U);
  EXPECT_EQ(now.frames[0].refusal.error, Errno::try_again) << "undecided";
  settle();
  EXPECT_TRUE(now.say(dan.id, "late", 2).get<SendAck>()->dup) << "stored";
}

TEST_F(Sending, NeitherSideOfABlockCanWrite) {
  TestClient& bob_web = online(bob);
  EXPECT_TRUE(ann_web.say(bob.id, "before", 1).get<SendAck>());
  EXPECT_FALSE(bob_web.ask(protocol::Block{.friendid = ann.id, .blocked = true}).refused());
  EXPECT_EQ(ann_web.say(bob.id, "after", 2).refusal.error, Errno::not_permitted);
  EXPECT_EQ(bob_web.say(ann.id, "to whom I blocked", 1).refusal.error, Errno::not_permitted);
  EXPECT_FALSE(bob_web.ask(protocol::Block{.friendid = ann.id, .blocked = false}).refused());
  EXPECT_TRUE(ann_web.say(bob.id, "again", 2).get<SendAck>());
}

TEST_F(Sending, WhereOnlyFriendsMayWriteAStrangerIsRefused) {
  ports::Zone strict = *zone;
  strict.zone_name = "strict";
  strict.messages = ports::MessagePolicy::friends_only;
  set_zone(strict);
  const ports::Member cid = member("cid"), dan = member("dan");
  TestClient& cid_web = online(cid);
  EXPECT_EQ(cid_web.say(dan.id, "hello", 1).refusal.error, Errno::not_permitted);
  EXPECT_FALSE(cid_web.ask(protocol::AddFriend{.friendid = dan.id, .id = {}}).refused());
  EXPECT_TRUE(cid_web.say(dan.id, "hello", 1).get<SendAck>());
  EXPECT_TRUE(cid_web.say(cid.id, "to oneself always", 2).get<SendAck>());
}

TEST_F(Sending, AtTheFullWindowNothingIsReadUntilHalfOfItIsAnswered) {
  set_limits([](Limits& l) {
    l.send_window_max = 4;
    l.member_messages = {};
  });
  EXPECT_TRUE(ann_web.say(bob.id, "so that bob is known").get<SendAck>());
  for (std::uint64_t i = 2; i <= 9; ++i) ann_web.post(TestClient::chat(bob.id, "x", i), i);
  EXPECT_TRUE(ann_web.waiting());
  EXPECT_EQ(ann_web.in_line(), 4U);
  EXPECT_EQ(ann_web.session.unacknowledged, 4U);
  settle();
  EXPECT_FALSE(ann_web.waiting());
  EXPECT_EQ(ann_web.in_line(), 0U);
  std::vector<std::uint64_t> answered;
  for (const auto& frame : ann_web.frames)
    answered.push_back(frame.get<SendAck>() ? frame.get<SendAck>()->send_id : 0);
  EXPECT_EQ(answered, (std::vector<std::uint64_t>{2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(Sending, AFailedCommitIsUnavailableAndTheSameSendIdMayBeTriedAgain) {
  EXPECT_TRUE(ann_web.say(bob.id, "so that bob is known", 1).get<SendAck>());
  store.fail_commits(1);
  const ServerMessage reply = ann_web.say(bob.id, "x", 2);
  EXPECT_EQ(reply.refusal.error, Errno::unavailable);
  EXPECT_EQ(reply.refusal.send_id, 2U);
  EXPECT_GT(reply.refusal.retry_after_ms, 0U);
  const ServerMessage again = ann_web.say(bob.id, "x", 2);
  ASSERT_TRUE(again.get<SendAck>());
  EXPECT_FALSE(again.get<SendAck>()->dup);
}

TEST_F(Sending, WhenTooMuchWaitsForTheDirectoryTheClientIsToldToTryAgain) {
  executor.busy = true;
  EXPECT_EQ(ann_web.say(bob.id, "x", 1).refusal.error, Errno::try_again);
  executor.busy = false;
  expect_next_send_id(ann_web, 1);
}

TEST_F(Sending, WhenTheDirectoryIsAwayTheClientIsToldSo) {
  directory.set_unavailable(true);
  EXPECT_EQ(ann_web.say(bob.id, "x", 1).refusal.error, Errno::unavailable);
  directory.set_unavailable(false);
  expect_next_send_id(ann_web, 1);
}

TEST_F(Sending, KeepsTheOrderOfRequestsWhileARecipientIsLookedUp) {
  ann_web.post(TestClient::chat(bob.id, "first", 1), 1);
  ann_web.post(TestClient::chat(ann.id, "second", 2), 2);
  settle();
  ASSERT_EQ(ann_web.frames.size(), 2U);
  EXPECT_EQ(ann_web.frames[0].get<SendAck>()->send_id, 1U);
  EXPECT_EQ(ann_web.frames[1].get<SendAck>()->send_id, 2U);
}

}  // namespace
}  // namespace plaza::chat
