// Presence and typing: told to whom it concerns, not too often, never stored, and to nobody who may not know.
#include "chat/test_support.h"
#include "protocol/channel_requests.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::PresencePush;
using protocol::TypingPush;
using protocol::WatchEndedPush;
using protocol::WatchPresenceAck;

class Presence : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob"), cat = member("cat");

  template <class T>
  static std::vector<T> taken(TestClient& client) {
    std::vector<T> found;
    for (const auto& frame : client.take()) {
      if (const T* one = frame.get<T>()) found.push_back(*one);
    }
    return found;
  }
  /// "+" for online, "-" for offline.
  static std::string states(TestClient& client) {
    std::string text;
    for (const auto& push : taken<PresencePush>(client)) text += push.online ? "+" : "-";
    return text;
  }
  void befriend(const ports::Member& one, const ports::Member& other) {
    EXPECT_TRUE(directory.add_friend(zone->id, one.id, other.id));
  }
  void tick() {
    for (auto& hub : hubs) hub->tick();
    settle();
  }
  static protocol::Typing typing(MemberId to, bool on) {
    return {.of = {.friendid = to, .groupid = {}}, .typing = on};
  }
  static protocol::Typing typing(RoomId in, bool on) {
    return {.of = {.friendid = {}, .groupid = in}, .typing = on};
  }
  bool waits() { return hubs[0]->wants_tick() || hubs[1]->wants_tick(); }
};

TEST_F(Presence, AMemberThatComesAndGoesIsToldOfOnceAnIntervalAndThenAsItIs) {
  befriend(ann, bob);
  TestClient& friend_of = online(bob);
  TestClient* phone = &online(ann, "phone");
  EXPECT_EQ(states(friend_of), "+") << "at once";
  for (int i = 0; i < 5; ++i) {
    leave(*phone);
    phone = &online(ann, "phone");
  }
  leave(*phone);
  EXPECT_EQ(states(friend_of), "");
  clock.advance_ms(limits.presence_interval_ms - 1);
  tick();
  EXPECT_EQ(states(friend_of), "");
  clock.advance_ms(1);
  tick();
  EXPECT_EQ(states(friend_of), "-") << "as it is by now";
  clock.advance_ms(limits.presence_interval_ms);
  tick();
  EXPECT_EQ(states(friend_of), "");
  EXPECT_FALSE(waits()) << "nothing is remembered for longer";
  online(ann, "phone");
  EXPECT_EQ(states(friend_of), "+");
}

TEST_F(Presence, WhoIsBackAtTheEndOfTheIntervalWasNeverGone) {
  befriend(ann, bob);
  TestClient& friend_of = online(bob);
  TestClient& phone = online(ann, "phone");
  leave(phone);
  online(ann, "phone");
  clock.advance_ms(limits.presence_interval_ms);
  tick();
  EXPECT_EQ(states(friend_of), "+");
}

TEST_F(Presence, AChangeAfterTheIntervalIsToldAtOnce) {
  befriend(ann, bob);
  TestClient& friend_of = online(bob);
  TestClient& phone = online(ann, "phone");
  clock.advance_ms(limits.presence_interval_ms);
  leave(phone);
  EXPECT_EQ(states(friend_of), "+-") << "not with the next tick";
}

TEST_F(Presence, WithoutAnIntervalEveryChangeIsTold) {
  set_limits([](Limits& all) { all.presence_interval_ms = 0; });
  befriend(ann, bob);
  TestClient& friend_of = online(bob);
  leave(online(ann, "phone"));
  leave(online(ann, "phone"));
  EXPECT_EQ(states(friend_of), "+-+-");
  EXPECT_FALSE(waits());
}

TEST_F(Presence, OfAWatchedRoomTheMembersAreToldAndNobodyElse) {
  const RoomId room_id = room("tea", ann, {bob, cat});
  befriend(ann, cat);
  TestClient& watcher = online(ann);
  TestClient& other = online(bob);
  const auto reply = watcher.ask(protocol::WatchPresence{.groupid = room_id, .watch = true});
  const auto* ack = reply.get<WatchPresenceAck>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->online, (std::vector<MemberId>{ann.id, bob.id}));
  TestClient& third = online(cat);
  EXPECT_EQ(states(watcher), "+") << "once, though it is a friend as well";
  EXPECT_EQ(states(other), "") << "it does not watch";
  online(member("stranger"));
  leave(other);
  clock.advance_ms(limits.presence_interval_ms);
  tick();
  EXPECT_EQ(states(watcher), "-") << "no friend, but in the room";
  EXPECT_FALSE(watcher.ask(protocol::WatchPresence{.groupid = room_id, .watch = false}).refused());
  online(bob);
  EXPECT_EQ(states(watcher), "");
  leave(third);
  EXPECT_EQ(node.watches.load(), 0U);
}

TEST_F(Presence, AWatchEndsWhenTheMembersChangeAndWhoHasLeftMayNotWatchAgain) {
  const RoomId room_id = room("tea", ann, {bob});
  TestClient& owner = online(ann);
  TestClient& leaver = online(bob);
  for (TestClient* client : {&owner, &leaver})
    EXPECT_FALSE(client->ask(protocol::WatchPresence{.groupid = room_id, .watch = true}).refused());
  EXPECT_FALSE(leaver.ask(protocol::LeaveGroup{.groupid = room_id}).refused());
  EXPECT_EQ(taken<WatchEndedPush>(owner).size(), 1U);
  EXPECT_EQ(taken<WatchEndedPush>(leaver).size(), 1U);
  EXPECT_EQ(node.watches.load(), 0U);
  EXPECT_FALSE(owner.ask(protocol::WatchPresence{.groupid = room_id, .watch = true}).refused());
  EXPECT_EQ(leaver.ask(protocol::WatchPresence{.groupid = room_id, .watch = true}).refusal.error,
            Errno::not_in_group);
  leave(owner);
  EXPECT_EQ(node.watches.load(), 0U) << "nothing is left of who has gone";
}

TEST_F(Presence, WatchingIsBoundedBySizeAndNumber) {
  set_limits([](Limits& all) {
    all.presence_room_members_max = 2;
    all.watches_per_session_max = 1;
  });
  const RoomId two = room("two", ann, {bob}), three = room("three", ann, {bob, cat}), one = room("one", ann);
  TestClient& client = online(ann);
  const auto watch = [&](RoomId id) {
    return client.ask(protocol::WatchPresence{.groupid = id, .watch = true}).refusal.error;
  };
  EXPECT_EQ(watch(three), Errno::limit_reached);
  EXPECT_EQ(watch(two), Errno::ok);
  EXPECT_EQ(watch(two), Errno::ok) << "again";
  EXPECT_EQ(watch(one), Errno::limit_reached);
  EXPECT_EQ(watch(RoomId{999}), Errno::no_such_group);
  ports::Zone other = *zone;
  other.zone_name = "two";
  set_zone(other);
  EXPECT_EQ(
      online(member("stranger")).ask(protocol::WatchPresence{.groupid = two, .watch = true}).refusal.error,
      Errno::no_such_group);
}

TEST_F(Presence, TypingIsToldToThePeerOnceAnIntervalAndItsEndAsWell) {
  TestClient& writer = online(ann);
  TestClient& reader = online(bob);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(writer.ask(typing(bob.id, true)).refused());
  auto told = taken<TypingPush>(reader);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], (TypingPush{.id = ann.id, .friendid = ann.id, .groupid = {}, .typing = true}));
  for (int i = 0; i < 3; ++i) writer.ask(typing(bob.id, false));
  told = taken<TypingPush>(reader);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_FALSE(told[0].typing);
  clock.advance_ms(limits.typing_interval_ms - 1);
  writer.ask(typing(bob.id, true));
  EXPECT_TRUE(taken<TypingPush>(reader).empty());
  clock.advance_ms(1);
  writer.ask(typing(bob.id, true));
  EXPECT_EQ(taken<TypingPush>(reader).size(), 1U);
  writer.ask(typing(cat.id, true));
  EXPECT_TRUE(taken<TypingPush>(writer).empty());
  EXPECT_EQ(store.stats().messages, 0U) << "never stored";
}

TEST_F(Presence, WhoIsBlockedOrABlockerOrAStrangerSeesNoTyping) {
  TestClient& writer = online(ann);
  TestClient& reader = online(bob);
  for (TestClient* blocker : {&reader, &writer}) {
    const MemberId other = blocker == &reader ? ann.id : bob.id;
    EXPECT_FALSE(blocker->ask(protocol::Block{.friendid = other, .blocked = true}).refused());
    EXPECT_FALSE(writer.ask(typing(bob.id, true)).refused()) << "and is not told so";
    EXPECT_TRUE(taken<TypingPush>(reader).empty());
    EXPECT_FALSE(blocker->ask(protocol::Block{.friendid = other, .blocked = false}).refused());
  }
  writer.ask(typing(bob.id, true));
  EXPECT_EQ(taken<TypingPush>(reader).size(), 1U) << "what was not told has not used the interval";
  EXPECT_EQ(writer.ask(typing(MemberId{999}, true)).refusal.error, Errno::no_such_peer);
  ports::Zone friends_only = *zone;
  friends_only.messages = ports::MessagePolicy::friends_only;
  set_zone(friends_only);
  online(cat).ask(typing(bob.id, true));
  EXPECT_TRUE(taken<TypingPush>(reader).empty());
}

TEST_F(Presence, TypingInARoomIsToldToTheOthersUpToASize) {
  set_limits([](Limits& all) { all.typing_members_max = 3; });
  const RoomId small = room("small", ann, {bob, cat});
  const RoomId large = room("large", ann, {bob, cat, member("dan")});
  TestClient& writer = online(ann);
  TestClient& phone = online(ann, "phone");
  TestClient& one = online(bob);
  TestClient& two = online(cat);
  TestClient& outsider = online(member("eve"));
  writer.ask(typing(small, true)), writer.ask(typing(small, true));
  EXPECT_FALSE(writer.ask(typing(large, true)).refused());
  for (TestClient* client : {&one, &two}) {
    const auto told = taken<TypingPush>(*client);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0], (TypingPush{.id = ann.id, .friendid = {}, .groupid = small, .typing = true}));
  }
  EXPECT_TRUE(taken<TypingPush>(phone).empty()) << "oneself knows";
  EXPECT_EQ(outsider.ask(typing(small, true)).refusal.error, Errno::not_in_group);
  EXPECT_EQ(outsider.ask(typing(RoomId{999}, true)).refusal.error, Errno::no_such_group);
  EXPECT_TRUE(taken<TypingPush>(one).empty());
}

TEST_F(Presence, TypingIsLeftOutForASlowReader) {
  TestClient& writer = online(ann);
  TestClient& reader = online(bob);
  reader.slow = true;
  writer.ask(typing(bob.id, true));
  EXPECT_TRUE(reader.take().empty());
  EXPECT_FALSE(reader.session.pulling) << "and nothing else is made of it";
}

}  // namespace
}  // namespace plaza::chat
