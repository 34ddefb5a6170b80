// Friends, blocks and presence: in force when answered, and told to those whom it concerns.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::AddFriendAck;
using protocol::Errno;
using protocol::FriendEventPush;
using protocol::FriendsAck;
using protocol::PresencePush;
using protocol::SendAck;

class FriendsOfMembers : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob");
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);

  void on_request() {
    ports::Zone changed = *zone;
    changed.friends = ports::FriendPolicy::on_request;
    set_zone(changed);
  }
  template <class T>
  static std::vector<T> taken(TestClient& client) {
    std::vector<T> found;
    for (const auto& frame : client.take()) {
      if (const T* one = frame.get<T>()) found.push_back(*one);
    }
    return found;
  }
  static std::vector<protocol::FriendEntry> friends_of(TestClient& client) {
    const auto reply = client.ask(protocol::Friends{});
    return reply.get<FriendsAck>() ? reply.get<FriendsAck>()->friends : std::vector<protocol::FriendEntry>{};
  }
};

TEST_F(FriendsOfMembers, AreMutualAtOnceWhereTheZoneSaysSoAndThePeerIsTold) {
  const auto reply = ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  const auto* ack = reply.get<AddFriendAck>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->name, "bob");
  EXPECT_EQ(ack->friendship, protocol::Friendship::friends);
  EXPECT_TRUE(ack->online);
  const auto events = taken<FriendEventPush>(bob_web);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].event, protocol::FriendEventKind::friends);
  EXPECT_EQ(events[0].friendid, ann.id);
  EXPECT_TRUE(events[0].online);
  EXPECT_EQ(friends_of(bob_web).size(), 1U);
}

TEST_F(FriendsOfMembers, TheOwnOtherDevicesAreToldToo) {
  TestClient& phone = online(ann, "phone");
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  const auto added = taken<FriendEventPush>(phone);
  ASSERT_EQ(added.size(), 1U);
  EXPECT_EQ(added[0].event, protocol::FriendEventKind::friends);
  EXPECT_EQ(added[0].friendid, bob.id);
  EXPECT_EQ(added[0].name, "bob");
  EXPECT_TRUE(added[0].online);
  EXPECT_TRUE(taken<FriendEventPush>(ann_web).empty()) << "the one that asked has its answer";
  ann_web.ask(protocol::RemoveFriend{.friendid = bob.id});
  const auto removed = taken<FriendEventPush>(phone);
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].event, protocol::FriendEventKind::removed);
  EXPECT_EQ(removed[0].friendid, bob.id);
}

TEST_F(FriendsOfMembers, OnRequestTheyAreFriendsAfterTheAnswer) {
  on_request();
  const auto reply = ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  EXPECT_EQ(reply.get<AddFriendAck>()->friendship, protocol::Friendship::requested);
  EXPECT_FALSE(reply.get<AddFriendAck>()->online) << "only friends see that";
  const auto requested = taken<FriendEventPush>(bob_web);
  EXPECT_EQ(requested.at(0).event, protocol::FriendEventKind::requested);
  EXPECT_FALSE(requested.at(0).online) << "only friends see that";
  EXPECT_EQ(friends_of(bob_web).at(0).friendship, protocol::Friendship::asked);
  EXPECT_FALSE(bob_web.ask(protocol::AnswerFriend{.friendid = ann.id, .accept = true}).refused());
  EXPECT_EQ(taken<FriendEventPush>(ann_web).at(0).event, protocol::FriendEventKind::friends);
  EXPECT_EQ(friends_of(ann_web).at(0).friendship, protocol::Friendship::friends);
}

TEST_F(FriendsOfMembers, ARefusedRequestLeavesNothing) {
  on_request();
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  EXPECT_FALSE(bob_web.ask(protocol::AnswerFriend{.friendid = ann.id, .accept = false}).refused());
  EXPECT_EQ(taken<FriendEventPush>(ann_web).at(0).event, protocol::FriendEventKind::refused);
  EXPECT_TRUE(friends_of(ann_web).empty());
  EXPECT_EQ(bob_web.ask(protocol::AnswerFriend{.friendid = ann.id, .accept = true}).refusal.error,
            Errno::conflict);
}

TEST_F(FriendsOfMembers, RefusesOneselfNobodyAFriendAlreadyAndAnotherMembersId) {
  EXPECT_EQ(ann_web.ask(protocol::AddFriend{.friendid = ann.id, .id = {}}).refusal.error,
            Errno::add_friend_failed);
  EXPECT_EQ(ann_web.ask(protocol::AddFriend{.friendid = MemberId{999}, .id = {}}).refusal.error,
            Errno::no_such_peer);
  EXPECT_EQ(ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = bob.id}).refusal.error,
            Errno::not_permitted);
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  const auto again = ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  EXPECT_EQ(again.refusal.error, Errno::add_friend_failed);
  EXPECT_EQ(again.refusal.field, "friendid");
}

TEST_F(FriendsOfMembers, RemovingEndsItOnBothSides) {
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  bob_web.take();
  EXPECT_FALSE(ann_web.ask(protocol::RemoveFriend{.friendid = bob.id}).refused());
  EXPECT_EQ(taken<FriendEventPush>(bob_web).at(0).event, protocol::FriendEventKind::removed);
  EXPECT_TRUE(friends_of(ann_web).empty());
  EXPECT_TRUE(friends_of(bob_web).empty());
}

TEST_F(FriendsOfMembers, ABlockIsNotToldToThePeerAndEndsNothingElse) {
  EXPECT_FALSE(bob_web.ask(protocol::Block{.friendid = ann.id, .blocked = true}).refused());
  EXPECT_TRUE(ann_web.frames.empty());
  EXPECT_TRUE(friends_of(ann_web).empty()) << "a peer that only blocks us is not ours to see";
  ASSERT_EQ(friends_of(bob_web).size(), 1U);
  EXPECT_TRUE(friends_of(bob_web)[0].blocked);
  EXPECT_EQ(ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}}).refusal.error,
            Errno::add_friend_failed);
}

TEST_F(FriendsOfMembers, ABlockIsInForceAlsoWhenTheOneWhoAskedIsGoneBeforeTheAnswer) {
  EXPECT_TRUE(ann_web.say(bob.id, "before", 1).get<SendAck>());
  executor.hold_jobs = true;
  bob_web.post(protocol::Block{.friendid = ann.id, .blocked = true}, 5);
  settle();
  hubs[home_of(bob_web)]->leave(bob_web.session);
  executor.hold_jobs = false;
  settle();
  EXPECT_EQ(ann_web.say(bob.id, "after", 2).refusal.error, Errno::not_permitted);
}

TEST_F(FriendsOfMembers, RemarksAreOnesOwn) {
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  EXPECT_FALSE(ann_web.ask(protocol::Remark{.friendid = bob.id, .remark = "from the chess club"}).refused());
  EXPECT_EQ(friends_of(ann_web).at(0).remark, "from the chess club");
  EXPECT_EQ(friends_of(bob_web).at(0).remark, "");
  set_limits([](Limits& l) { l.remark_bytes_max = 4; });
  EXPECT_FALSE(ann_web.ask(protocol::Remark{.friendid = bob.id, .remark = "four"}).refused());
  EXPECT_EQ(ann_web.ask(protocol::Remark{.friendid = bob.id, .remark = "five5"}).refusal.error,
            Errno::too_large);
}

TEST_F(FriendsOfMembers, AreListedInPages) {
  std::vector<ports::Member> others;
  for (int i = 0; i < 5; ++i) {
    others.push_back(member("other" + std::to_string(i)));
    ann_web.ask(protocol::AddFriend{.friendid = others.back().id, .id = {}});
  }
  std::vector<MemberId> seen;
  MemberId after;
  for (bool more = true; more;) {
    protocol::Friends ask;
    ask.after_id = after;
    ask.limit = 2;
    const auto reply = ann_web.ask(ask);
    const auto* page = reply.get<FriendsAck>();
    ASSERT_TRUE(page);
    ASSERT_LE(page->friends.size(), 2U);
    for (const auto& entry : page->friends) seen.push_back(entry.id);
    more = page->more;
    after = seen.back();
  }
  EXPECT_EQ(seen.size(), 5U);
}

TEST_F(FriendsOfMembers, SeeEachOtherComeAndGo) {
  set_limits([](Limits& all) { all.presence_interval_ms = 0; });
  ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}});
  ann_web.take();
  leave(bob_web);
  auto seen = taken<PresencePush>(ann_web);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].id, bob.id);
  EXPECT_FALSE(seen[0].online);
  EXPECT_FALSE(friends_of(ann_web).at(0).online);

  TestClient& phone = online(bob, "phone");
  TestClient& web = online(bob, "web");
  seen = taken<PresencePush>(ann_web);
  ASSERT_EQ(seen.size(), 1U) << "once, however many devices";
  EXPECT_TRUE(seen[0].online);
  leave(phone);
  EXPECT_TRUE(taken<PresencePush>(ann_web).empty());
  leave(web);
  EXPECT_EQ(taken<PresencePush>(ann_web).size(), 1U);
}

TEST_F(FriendsOfMembers, StrangersDoNotSeeWhoComesAndGoes) {
  leave(bob_web);
  online(bob);
  EXPECT_TRUE(taken<PresencePush>(ann_web).empty());
}

TEST_F(FriendsOfMembers, AreFoundByNicknameIdAndNotInAnotherZone) {
  protocol::Find by_name;
  by_name.nickname = "BOB";
  const auto found = ann_web.ask(by_name);
  ASSERT_TRUE(found.get<protocol::FindAck>());
  EXPECT_EQ(found.get<protocol::FindAck>()->id, bob.id);
  protocol::Find by_id;
  by_id.id = bob.id;
  EXPECT_EQ(ann_web.ask(by_id).get<protocol::FindAck>()->name, "bob");
  protocol::Find nobody;
  nobody.nickname = "nobody";
  EXPECT_EQ(ann_web.ask(nobody).refusal.error, Errno::no_such_peer);
  nobody.nickname = "\x01";
  EXPECT_EQ(ann_web.ask(nobody).refusal.error, Errno::no_such_peer) << "a name that no one can have";

  const auto here = zone;
  ports::Zone other = *zone;
  other.zone_name = "two";
  set_zone(other);
  const ports::Member far = member("far");
  zone = here;
  protocol::Find far_by_id;
  far_by_id.id = far.id;
  EXPECT_EQ(ann_web.ask(far_by_id).refusal.error, Errno::no_such_peer);
  EXPECT_EQ(ann_web.ask(protocol::AddFriend{.friendid = far.id, .id = {}}).refusal.error,
            Errno::no_such_peer);
}

TEST_F(FriendsOfMembers, WhenTheDirectoryIsAwayNothingChangesAndItIsSaid) {
  directory.set_unavailable(true);
  EXPECT_EQ(ann_web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}}).refusal.error, Errno::unavailable);
  directory.set_unavailable(false);
  EXPECT_TRUE(friends_of(ann_web).empty());
}

TEST_F(FriendsOfMembers, RequestsHaveARateOfTheirOwn) {
  set_limits([](Limits& l) { l.member_requests = {.per_s = 1, .burst = 2}; });
  EXPECT_FALSE(ann_web.ask(protocol::Friends{}).refused());
  EXPECT_FALSE(ann_web.ask(protocol::Friends{}).refused());
  const auto refused = ann_web.ask(protocol::Friends{});
  EXPECT_EQ(refused.refusal.error, Errno::rate_limited);
  EXPECT_EQ(refused.refusal.retry_after_ms, 1000U);
  EXPECT_FALSE(ann_web.ask(protocol::Heartbeat{}).refused()) << "a sign of life is always allowed";
}

}  // namespace
}  // namespace plaza::chat
