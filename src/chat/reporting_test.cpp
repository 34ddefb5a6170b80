// A member reports what it can see; the report keeps the message as it was.
#include "chat/test_support.h"
#include "protocol/message_requests.h"

namespace plaza::chat {
namespace {

using ports::Report;
using protocol::Errno;

class Reports : public ChatTest {
 protected:
  Reports() {
    set_limits([](Limits& limits) { limits.member_reports = {}; });
  }
  static protocol::Report of(const ports::Member& peer, std::uint64_t cseq,
                             std::string_view reason = "rude") {
    return {.of = {.friendid = peer.id, .groupid = {}}, .cseq = cseq, .reason = reason};
  }
  static protocol::Report of(RoomId room, std::uint64_t cseq) {
    return {.of = {.friendid = {}, .groupid = room}, .cseq = cseq, .reason = "rude"};
  }
  std::vector<Report> stored() { return moderation.reports(zone->id, std::nullopt, {}, 100).value(); }

  ports::Member ann = member("ann"), bob = member("bob"), eve = member("eve");
  TestClient &anns = online(ann), &bobs = online(bob);
};

TEST_F(Reports, AReportOfAMessageKeepsWhoSaidWhatAndWhen) {
  bobs.say(ann.id, "first");
  clock.advance_ms(10);
  const auto sent = bobs.say(ann.id, "something rude");
  clock.advance_ms(1'000);
  const auto reply = anns.ask(of(bob, 2));
  EXPECT_EQ(reply.msgid, protocol::Msg::ok);
  EXPECT_FALSE(reply.refused()) << reply.refusal.message;
  const auto reports = stored();
  ASSERT_EQ(reports.size(), 1u);
  Report expected{.id = reports.front().id,
                  .zone = zone->id,
                  .reporter = ann.id,
                  .time_ms = clock.wall_ms(),
                  .reason = "rude",
                  .conversation = ports::StreamId::pair(ann.id, bob.id),
                  .conversation_seq = 2,
                  .message = sent.get<protocol::SendAck>()->mid,
                  .sender = bob.id,
                  .sender_name = "bob",
                  .sent_ms = clock.wall_ms() - 1'000,
                  .kind = ports::MessageKind::text,
                  .body = "something rude"};
  EXPECT_EQ(reports.front(), expected);
}

TEST_F(Reports, AMessageOfAGroupIsReportedByThoseWhoAreInIt) {
  const RoomId tea = room("tea", bob, {ann});
  bobs.say(tea, "rude");
  EXPECT_FALSE(anns.ask(of(tea, 1)).refused());
  EXPECT_EQ(online(eve).ask(of(tea, 1)).refusal.error, Errno::not_in_group);
  EXPECT_EQ(anns.ask(of(RoomId{999}, 1)).refusal.error, Errno::no_such_group);
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(Reports, TheSameReportAgainIsAnsweredAndStoredOnce) {
  bobs.say(ann.id, "rude");
  EXPECT_FALSE(anns.ask(of(bob, 1)).refused());
  EXPECT_FALSE(anns.ask(of(bob, 1, "still")).refused());
  ASSERT_EQ(stored().size(), 1u);
  EXPECT_EQ(stored().front().reason, "rude");
}

TEST_F(Reports, WhatIsNotThereIsRefusedNamingTheField) {
  bobs.say(ann.id, "rude");
  for (const std::uint64_t cseq : {std::uint64_t{0}, std::uint64_t{2}, kIdMax}) {
    const auto reply = anns.ask(of(bob, cseq));
    EXPECT_EQ(reply.refusal.error, Errno::no_such_message) << cseq;
    EXPECT_EQ(reply.refusal.field, "cseq");
  }
  EXPECT_EQ(anns.ask(of(eve, 1)).refusal.error, Errno::no_such_message);
  EXPECT_EQ(anns.ask(of({.id = MemberId{999}}, 1)).refusal.error, Errno::no_such_peer);
  EXPECT_EQ(anns.ask(of(bob, 1, "a\nb")).refusal.field, "reason");
  EXPECT_TRUE(stored().empty());
}

TEST_F(Reports, AMessageThatRetentionRemovedIsNotThere) {
  bobs.say(ann.id, "one");
  bobs.say(ann.id, "two");
  store.trim({.inbox_entries_max = 1}, [](auto) {});
  settle();
  EXPECT_EQ(anns.ask(of(bob, 1)).refusal.error, Errno::no_such_message);
  EXPECT_FALSE(anns.ask(of(bob, 2)).refused());
}

TEST_F(Reports, OnesOwnMessageIsNotReported) {
  anns.say(bob.id, "mine");
  EXPECT_EQ(anns.ask(of(bob, 1)).refusal.error, Errno::not_permitted);
  EXPECT_TRUE(stored().empty());
}

TEST_F(Reports, HaveARateOfTheirOwnThatComingBackDoesNotMakeNew) {
  set_limits([](Limits& limits) { limits.member_reports = {.per_min = 6, .burst = 2}; });
  bobs.say(ann.id, "rude");
  EXPECT_FALSE(anns.ask(of(bob, 1)).refused());
  EXPECT_FALSE(anns.ask(of(bob, 1)).refused());
  const auto reply = anns.ask(of(bob, 1));
  EXPECT_EQ(reply.refusal.error, Errno::rate_limited);
  EXPECT_GT(reply.refusal.retry_after_ms, 9'000u);
  EXPECT_LE(reply.refusal.retry_after_ms, 10'060u);
  leave(anns);
  TestClient& again = online(ann);
  EXPECT_EQ(again.ask(of(bob, 1)).refusal.error, Errno::rate_limited);
  clock.advance_ms(static_cast<std::int64_t>(reply.refusal.retry_after_ms));
  EXPECT_FALSE(again.ask(of(bob, 1)).refused());
}

TEST_F(Reports, AStoreThatIsAwayOrFullIsSaid) {
  bobs.say(ann.id, "rude");
  moderation.set_unavailable(true);
  EXPECT_EQ(anns.ask(of(bob, 1)).refusal.error, Errno::unavailable);
  moderation.set_unavailable(false);
  executor.busy = true;
  EXPECT_EQ(anns.ask(of(bob, 1)).refusal.error, Errno::try_again);
  executor.busy = false;
  EXPECT_FALSE(anns.ask(of(bob, 1)).refused());
}

}  // namespace
}  // namespace plaza::chat
