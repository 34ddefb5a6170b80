// From a proven identity to a member that is there: policies, bounds, and that a failure leaves nothing behind.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::SendAck;
using Lines = std::vector<std::string>;

class Entering : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob");

  void device_policy(ports::DevicePolicy policy) {
    ports::Zone changed = *zone;
    changed.devices = policy;
    set_zone(changed);
  }
  static Errno refusal(const TestClient& client) {
    return client.frames.empty() ? Errno::ok : client.frames.back().refusal.error;
  }
};

TEST_F(Entering, TellsWhereTheDeviceIs) {
  TestClient& bob_web = online(bob);
  bob_web.say(ann.id, "1", 1);
  bob_web.say(ann.id, "2", 2);
  TestClient& phone = online(ann, "phone");
  phone.say(bob.id, "from the phone", 1);
  phone.ask(protocol::Received{.seq = 2});
  leave(phone);

  TestClient& again = connect(ann, "phone");
  ASSERT_EQ(again.frames.size(), 1U);
  const auto* ack = again.frames[0].get<protocol::EnterAck>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->id, ann.id);
  EXPECT_EQ(ack->head, 3U);
  EXPECT_EQ(ack->received, 2U);
  EXPECT_EQ(ack->last_send_id, 1U);
  EXPECT_GT(ack->epoch, 0U);

  TestClient& other = connect(ann, "tablet");
  EXPECT_EQ(other.frames[0].get<protocol::EnterAck>()->received, 0U);
  EXPECT_EQ(other.frames[0].get<protocol::EnterAck>()->last_send_id, 0U);
}

TEST_F(Entering, ListsFriendsBlockedMembersAndGroups) {
  TestClient& ann_web = online(ann);
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  const RoomId group = room("group", ann);
  leave(ann_web);
  TestClient& again = connect(ann, "web");
  const auto* ack = again.frames[0].get<protocol::EnterAck>();
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->friends.size(), 1U);
  EXPECT_EQ(ack->friends[0].name, "bob");
  ASSERT_EQ(ack->groups.size(), 1U);
  EXPECT_EQ(ack->groups[0].id, group);
  EXPECT_EQ(ack->groups[0].role, protocol::Role::owner);
}

TEST_F(Entering, SaysThatThereAreMoreFriendsThanItLists) {
  TestClient& ann_web = online(ann);
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  ann_web.ask(protocol::AddFriend{.friendid = member("cid").id, .id = {}});
  leave(ann_web);
  for (const std::uint32_t listed_max : {1U, 2U}) {
    set_limits([&](Limits& l) { l.list_entries_max = listed_max; });
    TestClient& again = connect(ann, "web");
    const auto* ack = again.frames[0].get<protocol::EnterAck>();
    ASSERT_TRUE(ack);
    EXPECT_EQ(ack->friends.size(), listed_max);
    EXPECT_EQ(ack->more, listed_max == 1);
    leave(again);
  }
}

TEST_F(Entering, WhoseListsAreRememberedEntersWithoutAnotherThread) {
  TestClient& ann_web = online(ann);
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  const RoomId group = room("group", ann);
  leave(ann_web);
  directory.set_remembering(true);
  executor.busy = true;  // no thread takes anything
  TestClient& again = connect(ann, "web");
  ASSERT_EQ(again.frames.size(), 1U);
  const auto* ack = again.frames[0].get<protocol::EnterAck>();
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->friends.size(), 1U);
  EXPECT_EQ(ack->friends[0].id, bob.id);
  ASSERT_EQ(ack->groups.size(), 1U);
  EXPECT_EQ(ack->groups[0].id, group);
}

TEST_F(Entering, ByReject_TheSecondSessionOfADeviceIsRefused) {
  TestClient& first = online(ann, "web");
  TestClient& second = connect(ann, "web");
  EXPECT_EQ(refusal(second), Errno::already_logged_in);
  EXPECT_EQ(second.session.state, SessionState::authenticated) << "it may try another member or device";
  EXPECT_FALSE(first.closed);
  TestClient& phone = connect(ann, "phone");
  EXPECT_EQ(phone.session.state, SessionState::entered) << "another device is no second session";
}

TEST_F(Entering, ByReject_OneThatCameWithItsTokenReplacesItsDeadSession) {
  TestClient& first = online(ann, "web");
  TestClient& second = connect(ann, "web", EnterStyle::login, true);
  EXPECT_EQ(first.closed, Errno::kicked);
  EXPECT_EQ(second.session.state, SessionState::entered);
  ASSERT_TRUE(second.frames[0].get<protocol::LoginAck>());
  EXPECT_TRUE(second.frames[0].get<protocol::LoginAck>()->enter.has_value());
}

TEST_F(Entering, ByKick_TheFirstSessionOfADeviceIsClosed) {
  device_policy(ports::DevicePolicy::kick);
  TestClient& first = online(ann, "web");
  TestClient& phone = online(ann, "phone");
  TestClient& second = online(ann, "web");
  EXPECT_EQ(first.closed, Errno::kicked);
  EXPECT_FALSE(phone.closed);
  TestClient& bob_web = online(bob);
  bob_web.say(ann.id, "hello", 1);
  EXPECT_EQ(second.take_messages().size(), 1U);
  EXPECT_EQ(phone.take_messages().size(), 1U);
  EXPECT_TRUE(first.take_messages().empty());
}

TEST_F(Entering, ByAllow_BothStayAndBothArePushed) {
  device_policy(ports::DevicePolicy::allow);
  TestClient& first = online(ann, "web");
  TestClient& second = online(ann, "web");
  TestClient& bob_web = online(bob);
  bob_web.say(ann.id, "hello", 1);
  EXPECT_EQ(first.take_messages().size(), 1U);
  EXPECT_EQ(second.take_messages().size(), 1U);
}

TEST_F(Entering, AsManySessionsAsAllowedAndNotOneMore) {
  set_limits([](Limits& l) { l.sessions_per_member_max = 3; });
  for (const char* device : {"a", "b", "c"}) online(ann, device);
  TestClient& fourth = connect(ann, "d");
  EXPECT_EQ(refusal(fourth), Errno::limit_reached);
  leave(*clients[1]);
  EXPECT_EQ(connect(ann, "d").session.state, SessionState::entered);
}

TEST_F(Entering, AFailureOfTheDirectoryLeavesTheSessionAsItWas) {
  directory.set_unavailable(true);
  TestClient& client = connect(ann, "web");
  EXPECT_EQ(refusal(client), Errno::unavailable);
  EXPECT_EQ(client.session.state, SessionState::authenticated);
  EXPECT_EQ(client.session.member, nullptr);
  const ShardState& state = hubs[home(ann.id)]->state();
  EXPECT_TRUE(state.members.empty());
  EXPECT_TRUE(state.sessions.empty());
  directory.set_unavailable(false);
  EXPECT_EQ(connect(ann, "web").session.state, SessionState::entered)
      << "nothing of the failed one is in its way";
}

TEST_F(Entering, WhenTooMuchWaitsTheClientIsToldToTryAgain) {
  executor.busy = true;
  TestClient& client = connect(ann, "web");
  EXPECT_EQ(refusal(client), Errno::try_again);
  EXPECT_EQ(client.session.state, SessionState::authenticated);
  EXPECT_TRUE(hubs[home(ann.id)]->state().members.empty());
}

TEST_F(Entering, AFailureOfTheStoreLeavesNothing) {
  store.crash();
  TestClient& client = connect(ann, "web", EnterStyle::login);
  EXPECT_EQ(refusal(client), Errno::unavailable);
  EXPECT_EQ(client.session.state, SessionState::logged_out);
  EXPECT_TRUE(hubs[home(ann.id)]->state().members.empty());
  EXPECT_FALSE(presence.online(ann.id));
}

TEST_F(Entering, OneWhoIsGoneBeforeItIsInLeavesNothing) {
  executor.hold_jobs = true;
  TestClient& client = connect(ann, "web");
  EXPECT_EQ(client.session.state, SessionState::entering);
  hubs[home_of(client)]->leave(client.session);
  executor.hold_jobs = false;
  settle();
  EXPECT_TRUE(client.frames.empty());
  EXPECT_TRUE(hubs[home(ann.id)]->state().members.empty());
}

TEST_F(Entering, AMemberIsOnlineFromTheFirstReadySessionToTheLastOnesEnd) {
  TestClient& web = connect(ann, "web");
  EXPECT_FALSE(presence.online(ann.id)) << "entered, not ready";
  web.ask(protocol::Ready{});
  EXPECT_TRUE(presence.online(ann.id));
  TestClient& phone = online(ann, "phone");
  leave(web);
  EXPECT_TRUE(presence.online(ann.id));
  leave(phone);
  EXPECT_FALSE(presence.online(ann.id));
}

TEST_F(Entering, ReadyTwiceIsAnsweredAndChangesNothing) {
  TestClient& web = online(ann);
  TestClient& bob_web = online(bob);
  bob_web.say(ann.id, "1", 1);
  EXPECT_EQ(web.take_messages().size(), 1U);
  const auto again = web.ask(protocol::Ready{});
  EXPECT_EQ(again.get<protocol::ReadyAck>()->head, 1U);
  bob_web.say(ann.id, "2", 2);
  EXPECT_EQ(web.take_messages().size(), 1U);
}

// The classic client: knows msgids 1..13, says no send_id, and is told offline messages at login. --------------------------

class Classic : public Entering {
 protected:
  static const protocol::ClassicLoginAck* login_ack(const TestClient& client) {
    return client.frames.empty() ? nullptr : client.frames[0].get<protocol::ClassicLoginAck>();
  }
};

TEST_F(Classic, LoginTellsWhoOneIsAndIsOnlineAtOnce) {
  TestClient& client = classic(ann);
  ASSERT_TRUE(login_ack(client));
  EXPECT_EQ(login_ack(client)->id, ann.id);
  EXPECT_EQ(login_ack(client)->name, "ann");
  EXPECT_EQ(client.session.state, SessionState::ready);
  EXPECT_TRUE(presence.online(ann.id));
}

TEST_F(Classic, OfflineMessagesComeWithTheLoginOnceAndNotOnesOwn) {
  TestClient& bob_web = online(bob);
  bob_web.say(ann.id, "while you were away", 1);
  {
    TestClient& ann_classic = classic(ann);
    ASSERT_EQ(login_ack(ann_classic)->offlinemsg.size(), 1U);
    EXPECT_EQ(login_ack(ann_classic)->offlinemsg[0].content, "while you were away");
    ann_classic.take();
    ann_classic.post(TestClient::chat(bob.id, "answer"));
    settle();
    leave(ann_classic);
  }
  bob_web.say(ann.id, "once more", 2);
  TestClient& again = classic(ann);
  ASSERT_EQ(login_ack(again)->offlinemsg.size(), 1U) << "neither the old one nor the own one";
  EXPECT_EQ(login_ack(again)->offlinemsg[0].content, "once more");
}

TEST_F(Classic, WhatDoesNotFitIntoTheLoginIsPushedAfterIt) {
  set_limits([](Limits& l) { l.member_messages = {}; });
  TestClient& bob_web = online(bob);
  for (std::uint64_t i = 1; i <= 450; ++i) bob_web.post(TestClient::chat(ann.id, std::to_string(i), i), i);
  settle();
  TestClient& ann_classic = classic(ann);
  ASSERT_TRUE(login_ack(ann_classic));
  const std::size_t with_login = login_ack(ann_classic)->offlinemsg.size();
  EXPECT_EQ(with_login, 200U);
  const Lines pushed = ann_classic.take_messages();
  ASSERT_EQ(pushed.size(), 250U);
  EXPECT_EQ(pushed.front(), "201 " + std::to_string(bob.id.value) + " 201");
  EXPECT_EQ(pushed.back(), "450 " + std::to_string(bob.id.value) + " 450");
  EXPECT_FALSE(ann_classic.session.pulling);
}

TEST_F(Classic, WhatComesWhileTheServerClosesTheConnectionIsThereAtTheNextLogin) {
  TestClient& bob_web = online(bob);
  TestClient& ann_classic = classic(ann);
  bob_web.say(ann.id, "before", 1);
  ASSERT_EQ(ann_classic.take_messages().size(), 1U);
  ann_classic.close({.error = Errno::bad_request, .message = {}});
  bob_web.say(ann.id, "into the closing connection", 2);
  leave(ann_classic);
  TestClient& again = classic(ann);
  ASSERT_TRUE(login_ack(again));
  ASSERT_EQ(login_ack(again)->offlinemsg.size(), 1U);
  EXPECT_EQ(login_ack(again)->offlinemsg[0].content, "into the closing connection");
}

TEST_F(Classic, OfflineMessagesOfALoginThatCouldNotBeAnsweredAreThereAtTheNext) {
  online(bob).say(ann.id, "while you were away", 1);
  executor.hold_jobs = true;
  TestClient& first = classic(ann);
  first.close({.error = Errno::server_closing, .message = {}});
  executor.hold_jobs = false;
  settle();
  EXPECT_TRUE(first.frames.empty());
  leave(first);
  TestClient& again = classic(ann);
  ASSERT_TRUE(login_ack(again));
  EXPECT_EQ(login_ack(again)->offlinemsg.size(), 1U);
}

/// The connection outlives the login: a page that was being read for the member before is nobody else's.
TEST_F(Classic, APageThatComesLateIsNotPushedToTheNextMemberOnTheConnection) {
  ports::Member other = member("other");
  for (int i = 0; home(other.id) != home(ann.id); ++i) other = member("other" + std::to_string(i));
  TestClient& bob_web = online(bob);
  TestClient& client = classic(ann);
  client.take();
  client.slow = true;
  bob_web.say(ann.id, "for ann only", 1);
  client.slow = false;
  hubs[home_of(client)]->writable(client.session);
  ASSERT_TRUE(client.session.pumping);
  store.step();
  auto late = executor.take_last();  // the page is on its way, and the other one is in before it comes
  log_in_again(client, other, "classic", EnterStyle::classic);
  settle();
  ASSERT_EQ(client.session.state, SessionState::ready);
  client.take();
  executor.post(late.first, std::move(late.second));
  settle();
  EXPECT_TRUE(client.take_messages().empty()) << "what ann was sent";
  EXPECT_EQ(client.session.pushed, 0U);
}

TEST_F(Classic, WhatRetentionRemovesWhileASlowOneWaitsIsSkippedAndItGoesOn) {
  TestClient& bob_web = online(bob);
  TestClient& client = classic(ann);
  client.take();
  client.slow = true;
  for (std::uint64_t i = 1; i <= 3; ++i) bob_web.say(ann.id, std::to_string(i), i);
  clock.advance_ms(1'000);
  store.trim({.message_age_max_ms = 10}, [](auto) {});
  while (store.step()) {}
  client.slow = false;
  hubs[home_of(client)]->writable(client.session);
  for (int i = 0; i < 100; ++i) {
    turn();
    store.step();
  }
  EXPECT_FALSE(client.session.pulling) << "it reads the same nothing for ever";
  EXPECT_EQ(client.session.pushed, 3U);
  bob_web.say(ann.id, "4", 4);
  EXPECT_EQ(client.take_messages().size(), 1U);
}

TEST_F(Classic, ASlowOneGetsTheRestWhenThereIsRoomAgain) {
  TestClient& bob_web = online(bob);
  TestClient& ann_classic = classic(ann);
  ann_classic.take();
  ann_classic.slow = true;
  for (std::uint64_t i = 1; i <= 3; ++i) bob_web.say(ann.id, std::to_string(i), i);
  EXPECT_TRUE(ann_classic.take_messages().empty());
  EXPECT_TRUE(ann_classic.session.pulling);
  ann_classic.slow = false;
  hubs[home_of(ann_classic)]->writable(ann_classic.session);
  settle();
  EXPECT_EQ(ann_classic.take_messages().size(), 3U);
  EXPECT_FALSE(ann_classic.session.pulling);
  bob_web.say(ann.id, "4", 4);
  EXPECT_EQ(ann_classic.take_messages().size(), 1U);
}

// What it had not been shown is too old and removed: there is nothing to read for it, and asking again and again would find no more.
TEST_F(Classic, ASlowOneWhoseRestIsTrimmedIsPushedToAgain) {
  TestClient& bob_web = online(bob);
  TestClient& ann_classic = classic(ann);
  ann_classic.take();
  ann_classic.slow = true;
  for (std::uint64_t i = 1; i <= 3; ++i) bob_web.say(ann.id, "missed", i);
  ASSERT_TRUE(ann_classic.session.pulling);
  clock.advance_ms(1'000);
  store.trim({.message_age_max_ms = 500}, [](auto) {});
  settle();
  ann_classic.slow = false;
  hubs[home_of(ann_classic)]->writable(ann_classic.session);
  settle();
  EXPECT_TRUE(ann_classic.take_messages().empty());
  EXPECT_FALSE(ann_classic.session.pulling);
  bob_web.say(ann.id, "news", 4);
  EXPECT_EQ(ann_classic.take_messages().size(), 1U);
}

TEST_F(Classic, WhatWasPushedIsNotOfferedAgainAtTheNextLogin) {
  TestClient& bob_web = online(bob);
  TestClient& ann_classic = classic(ann);
  for (std::uint64_t i = 1; i <= 3; ++i) bob_web.say(ann.id, std::to_string(i), i);
  leave(ann_classic);
  TestClient& again = classic(ann);
  EXPECT_TRUE(login_ack(again)->offlinemsg.empty());
}

TEST_F(Classic, SeesFriendsAndGroupsWithTheirUsers) {
  TestClient& bob_web = online(bob);
  bob_web.ask(protocol::AddFriend{.friendid = ann.id, .id = {}});
  const RoomId group = room("group", bob, {ann});
  TestClient& client = classic(ann);
  const auto* ack = login_ack(client);
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->friends.size(), 1U);
  EXPECT_EQ(ack->friends[0].name, "bob");
  EXPECT_TRUE(ack->friends[0].online);
  ASSERT_EQ(ack->groups.size(), 1U);
  EXPECT_EQ(ack->groups[0].id, group);
  EXPECT_EQ(ack->groups[0].users.size(), 2U);
}

TEST_F(Classic, ALoginAnswerFitsIntoTheOutboundQueueWhateverTheMessagesAre) {
  set_limits([](Limits& l) { l.member_messages = {}; });
  TestClient& bob_web = online(bob);
  // Control characters take six bytes each in JSON.
  for (std::uint64_t i = 1; i <= 40; ++i) bob_web.say(ann.id, std::string(10'000, '\x01'), i);
  TestClient& client = classic(ann);
  ASSERT_TRUE(login_ack(client));
  EXPECT_GE(login_ack(client)->offlinemsg.size(), 1U);
  EXPECT_LT(client.frame_bytes[0], 256U * 1024)
      << "an answer larger than the queue ends the connection, at every login";
  EXPECT_EQ(login_ack(client)->offlinemsg.size() + (client.frames.size() - 1), 40U);
}

}  // namespace
}  // namespace plaza::chat
