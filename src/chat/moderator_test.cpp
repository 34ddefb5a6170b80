// Mutes, bans and kicks: in force at once on live sessions, over at their time, and nobody else is concerned.
#include "chat/moderator.h"

#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using moderation::Code;
using ports::Sanction;
using ports::SanctionKind;
using protocol::Errno;

class Moderating : public ChatTest {
 public:
  Moderating() : ChatTest(3) {}

 protected:
  [[nodiscard]] Sanction sanction(const ports::Member& who, SanctionKind kind, std::int64_t for_ms) const {
    return {.zone = who.zone,
            .member = who.id,
            .kind = kind,
            .until_ms = for_ms == 0 ? 0 : clock.wall_ms() + for_ms,
            .reason = "spam",
            .by = "operator"};
  }
  /// Sets it and waits until it is in force.
  std::int64_t put(const ports::Member& who, SanctionKind kind, std::int64_t for_ms = 0) {
    bool in_force = false;
    const auto done = moderator.put(sanction(who, kind, for_ms), [&] { in_force = true; });
    EXPECT_TRUE(done) << done.error().detail;
    run_tasks();
    EXPECT_TRUE(in_force);
    return done ? done->until_ms : 0;
  }
  void lift(const ports::Member& who, SanctionKind kind, bool expected = true) {
    bool in_force = false;
    EXPECT_EQ(moderator.lift(who.zone, who.id, kind, [&] { in_force = true; }).value(), expected);
    run_tasks();
    EXPECT_TRUE(in_force);
  }

  ports::Member ann = member("ann"), bob = member("bob");
  Moderator moderator{node, moderation};
};

// Mutes --------------------------------------------------------------------------------------------------------------

TEST_F(Moderating, AMutedMembersSendsAreRefusedWithTheReasonAndTheEnd) {
  const RoomId tea = room("tea", ann, {bob});
  TestClient& web = online(ann);
  const std::int64_t until_ms = put(ann, SanctionKind::mute, 60'000);
  for (const auto& reply :
       {web.say(bob.id, "hello", 1), web.say(tea, "hello", 1), web.say(ann.id, "hello", 1)}) {
    EXPECT_EQ(reply.msgid, protocol::Msg::send_ack);
    EXPECT_EQ(reply.refusal.error, Errno::muted);
    EXPECT_EQ(reply.refusal.reason, "spam");
    EXPECT_EQ(reply.refusal.until_ms, static_cast<std::uint64_t>(until_ms));
    EXPECT_EQ(reply.refusal.send_id, 1u);
  }
  EXPECT_FALSE(web.closed);
  EXPECT_FALSE(web.ask(protocol::Sync{}).refused()) << "it may read";
  clock.advance_ms(60'000);
  EXPECT_TRUE(web.say(bob.id, "hello", 1).get<protocol::SendAck>()) << "nothing was consumed, and it is over";
}

TEST_F(Moderating, AMuteHoldsUntilTheLastMillisecond) {
  TestClient& web = online(ann);
  put(ann, SanctionKind::mute, 1'000);
  clock.advance_ms(999);
  EXPECT_EQ(web.say(bob.id, "a", 1).refusal.error, Errno::muted);
  clock.advance_ms(1);
  EXPECT_FALSE(web.say(bob.id, "a", 1).refused());
}

TEST_F(Moderating, AMuteWithoutEndHasNoUntilAndEndsWhenItIsLifted) {
  TestClient& web = online(ann);
  put(ann, SanctionKind::mute);
  const auto reply = web.say(bob.id, "a", 1);
  EXPECT_EQ(reply.refusal.error, Errno::muted);
  EXPECT_EQ(reply.refusal.until_ms, 0u);
  lift(ann, SanctionKind::mute);
  EXPECT_FALSE(web.say(bob.id, "a", 1).refused());
  lift(ann, SanctionKind::mute, false);
}

TEST_F(Moderating, AllDevicesAreMutedAndThoseThatComeLater) {
  TestClient& web = online(ann, "web");
  TestClient& phone = online(ann, "phone");
  put(ann, SanctionKind::mute);
  EXPECT_EQ(web.say(bob.id, "a", 1).refusal.error, Errno::muted);
  EXPECT_EQ(phone.say(bob.id, "a", 1).refusal.error, Errno::muted);
  leave(web);
  leave(phone);
  EXPECT_EQ(online(ann, "pad").say(bob.id, "a", 1).refusal.error, Errno::muted);
  EXPECT_EQ(classic(ann).say(bob.id, "a").refusal.error, Errno::muted);
}

TEST_F(Moderating, ASendThatWasAcceptedBeforeGetsItsFirstAnswerAlsoWhenMuted) {
  TestClient& web = online(ann);
  const auto first = web.say(bob.id, "hello", 1);
  put(ann, SanctionKind::mute);
  const auto again = web.say(bob.id, "hello", 1);
  ASSERT_TRUE(again.get<protocol::SendAck>());
  EXPECT_TRUE(again.get<protocol::SendAck>()->dup);
  EXPECT_EQ(again.get<protocol::SendAck>()->mid, first.get<protocol::SendAck>()->mid);
}

TEST_F(Moderating, OthersTalkToAMutedMemberAndOtherMembersOfItsAccountTalk) {
  const auto twin = directory.create_member(ann.account, zone->id, "ann2", "ann2", "").value();
  TestClient& web = online(ann);
  put(ann, SanctionKind::mute);
  EXPECT_FALSE(online(bob).say(ann.id, "hello").refused());
  EXPECT_EQ(web.take_messages().size(), 1u);
  EXPECT_FALSE(online(twin).say(bob.id, "hello").refused());
}

// Bans ---------------------------------------------------------------------------------------------------------------

TEST_F(Moderating, ABanClosesEverySessionWithAGoodbyeThatSaysWhy) {
  TestClient& web = online(ann, "web");
  TestClient& phone = connect(ann, "phone");  // entered, not ready
  TestClient& bobs = online(bob);
  const std::int64_t until_ms = put(ann, SanctionKind::ban, 60'000);
  for (const TestClient* client : {&web, &phone}) {
    ASSERT_TRUE(client->closed);
    EXPECT_EQ(client->goodbye.error, Errno::banned);
    EXPECT_EQ(client->goodbye.reason, "spam");
    EXPECT_EQ(client->goodbye.until_ms, static_cast<std::uint64_t>(until_ms));
    EXPECT_FALSE(client->goodbye.reconnect);
    EXPECT_EQ(client->session.state, SessionState::logged_out);
    EXPECT_FALSE(client->session.member);
  }
  EXPECT_FALSE(bobs.closed);
  EXPECT_FALSE(presence.online(ann.id));
}

TEST_F(Moderating, ABannedMemberCannotEnterUntilItsTime) {
  put(ann, SanctionKind::ban, 60'000);
  for (const EnterStyle style : {EnterStyle::enter, EnterStyle::login, EnterStyle::classic}) {
    TestClient& client = connect(ann, "web", style);
    ASSERT_EQ(client.frames.size(), 1u);
    EXPECT_EQ(client.frames.front().refusal.error, Errno::banned);
    EXPECT_EQ(client.frames.front().refusal.reason, "spam");
    EXPECT_FALSE(client.session.member);
    EXPECT_FALSE(client.waiting());
  }
  clock.advance_ms(59'999);
  EXPECT_FALSE(connect(ann, "web").session.member);
  clock.advance_ms(1);
  EXPECT_TRUE(connect(ann, "web").session.member);
}

TEST_F(Moderating, ABanThatComesWhileOneEntersEndsThatToo) {
  executor.hold_jobs = true;  // its lists are being read
  TestClient& client = connect(ann, "web");
  EXPECT_EQ(client.session.state, SessionState::entering);
  put(ann, SanctionKind::ban);
  executor.hold_jobs = false;
  settle();
  EXPECT_TRUE(client.closed);
  EXPECT_FALSE(client.session.member);
  EXPECT_TRUE(client.frames.empty()) << "not told that it is in";
}

TEST_F(Moderating, MessagesToABannedMemberWaitForIt) {
  put(ann, SanctionKind::ban);
  EXPECT_FALSE(online(bob).say(ann.id, "hello").refused());
  lift(ann, SanctionKind::ban);
  TestClient& web = connect(ann, "web");
  EXPECT_EQ(web.ask(protocol::Sync{}).get<protocol::SyncAck>()->messages.size(), 1u);
}

TEST_F(Moderating, AnotherMemberOfTheAccountStaysAndEnters) {
  const auto twin = directory.create_member(ann.account, zone->id, "ann2", "ann2", "").value();
  TestClient& there = online(twin, "web");
  put(ann, SanctionKind::ban);
  EXPECT_FALSE(there.closed);
  EXPECT_TRUE(connect(twin, "phone").session.member);
}

// Kicks --------------------------------------------------------------------------------------------------------------

TEST_F(Moderating, AKickEndsAllSessionsAndTellsHowManyAndTheMemberMayComeBack) {
  TestClient& web = online(ann, "web");
  TestClient& phone = online(ann, "phone");
  std::uint32_t ended = 99;
  ASSERT_TRUE(moderator.kick(zone->id, ann.id, "maintenance", [&](std::uint32_t n) { ended = n; }));
  settle();
  EXPECT_EQ(ended, 2u);
  for (const TestClient* client : {&web, &phone}) {
    EXPECT_EQ(client->goodbye.error, Errno::session_ended);
    EXPECT_EQ(client->goodbye.reason, "maintenance");
  }
  ASSERT_TRUE(moderator.kick(zone->id, ann.id, "", [&](std::uint32_t n) { ended = n; }));
  settle();
  EXPECT_EQ(ended, 0u);
  EXPECT_TRUE(connect(ann, "web").session.member);
}

// Who asks -----------------------------------------------------------------------------------------------------------

TEST_F(Moderating, WhatBelongsToAnotherZoneDoesNotExist) {
  ports::Zone wanted;
  wanted.app_name = "test";
  wanted.zone_name = "two";
  const ZoneId other = directory.put_zone(wanted)->id;
  TestClient& web = online(ann);
  Sanction wrong = sanction(ann, SanctionKind::ban, 0);
  wrong.zone = other;
  EXPECT_EQ(moderator.put(wrong).error().code, Code::not_found);
  EXPECT_EQ(moderator.kick(other, ann.id, "").error().code, Code::not_found);
  EXPECT_EQ(moderator.lift(other, ann.id, SanctionKind::ban).error().code, Code::not_found);
  EXPECT_EQ(moderator.sanctions_of(other, ann.id).error().code, Code::not_found);
  settle();
  EXPECT_FALSE(web.closed);
}

TEST_F(Moderating, WhatIsNotRightIsRefusedNamingTheField) {
  Sanction wanted = sanction(ann, SanctionKind::mute, 0);
  wanted.until_ms = clock.wall_ms();
  EXPECT_EQ(moderator.put(wanted).error().field, "until_ms");
  EXPECT_EQ(moderator.kick(zone->id, ann.id, "a\nb").error().field, "reason");
  EXPECT_EQ(moderator.sanctions({}, {}, 9).error().field, "zone");
}

TEST_F(Moderating, AStoreThatIsAwayChangesNothing) {
  TestClient& web = online(ann);
  moderation.set_unavailable(true);
  EXPECT_EQ(moderator.put(sanction(ann, SanctionKind::mute, 0)).error().code, Code::unavailable);
  EXPECT_EQ(moderator.load({}).error().code, Code::unavailable);
  moderation.set_unavailable(false);
  settle();
  EXPECT_FALSE(web.say(bob.id, "a").refused());
}

TEST_F(Moderating, AfterAStartEveryShardKnowsWhatIsInForce) {
  std::vector<ports::Member> members;
  for (int i = 0; i < 20; ++i) members.push_back(member("m" + std::to_string(i)));
  for (const auto& who : members) {
    ASSERT_TRUE(moderation.put_sanction(sanction(who, SanctionKind::mute, 60'000)));
    ASSERT_TRUE(moderation.put_sanction(sanction(who, SanctionKind::ban, 30'000)));
  }
  bool loaded = false;
  ASSERT_TRUE(moderator.load([&] { loaded = true; }));
  settle();
  EXPECT_TRUE(loaded);
  for (const auto& who : members) EXPECT_FALSE(connect(who, "web").session.member);
  clock.advance_ms(30'000);
  for (const auto& who : members) EXPECT_EQ(online(who).say(bob.id, "a").refusal.error, Errno::muted);
  EXPECT_FALSE(online(ann).say(bob.id, "a").refused());
}

TEST_F(Moderating, TellsWhatIsInForceAndTidiesUpWhatIsOver) {
  put(ann, SanctionKind::mute, 1'000);
  put(bob, SanctionKind::ban);
  EXPECT_EQ(moderator.sanctions(zone->id, {}, 9)->size(), 2u);
  EXPECT_EQ(moderator.sanctions_of(zone->id, ann.id)->front().since_ms, clock.wall_ms());
  clock.advance_ms(1'000);
  EXPECT_EQ(moderator.sanctions(zone->id, {}, 9)->size(), 1u);
  EXPECT_EQ(moderator.expire(9).value(), 1u);
  EXPECT_EQ(moderator.expire(9).value(), 0u);
}

}  // namespace
}  // namespace plaza::chat
