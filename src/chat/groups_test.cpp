// Groups: a change is in force when it is answered, on every shard, also when nobody waits for the answer any more.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::AddGroup;
using protocol::CreateGroup;
using protocol::Errno;
using protocol::GroupEventPush;
using protocol::SendAck;
using Lines = std::vector<std::string>;

class GroupsOfMembers : public ChatTest {
 protected:
  GroupsOfMembers() : ChatTest(3) {}
  ports::Member ann = member("ann"), bob = member("bob"), cid = member("cid");
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& cid_web = online(cid);

  RoomId created(std::string_view name = "chess") {
    const auto reply = ann_web.ask(CreateGroup{.groupname = name, .groupdesc = "about it", .id = {}});
    EXPECT_TRUE(reply.get<protocol::CreateGroupAck>());
    return reply.get<protocol::CreateGroupAck>() ? reply.get<protocol::CreateGroupAck>()->groupid : RoomId{};
  }
  protocol::ServerMessage join(TestClient& client, RoomId group) {
    return client.ask(AddGroup{.groupid = group, .groupname = {}, .id = {}});
  }
  static std::size_t messages_in(TestClient& client) { return client.take_messages().size(); }
  /// The hints about groups among what came, as "joined bob chess".
  static Lines hints(TestClient& client) {
    Lines lines;
    for (const auto& frame : client.take()) {
      if (const auto* event = frame.get<GroupEventPush>())
        lines.push_back(std::string(to_text(event->event)) + ' ' + event->name + ' ' + event->groupname);
    }
    return lines;
  }
};

TEST_F(GroupsOfMembers, TheOneWhoJoinsGetsEveryMessageAcceptedFromThenOn) {
  const RoomId group = created();
  join(bob_web, group);
  bob_web.say(group, "every shard knows the group now", 1);
  EXPECT_FALSE(join(cid_web, group).refused());
  cid_web.take();
  ann_web.say(group, "a", 1);
  bob_web.say(group, "b", 2);
  EXPECT_EQ(messages_in(cid_web), 2U);
}

TEST_F(GroupsOfMembers, TheOneWhoLeavesGetsNothingThatIsSentAfterwardsAndCannotWrite) {
  const RoomId group = created();
  join(bob_web, group);
  join(cid_web, group);
  ann_web.say(group, "a", 1);
  EXPECT_FALSE(bob_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  bob_web.take();
  ann_web.say(group, "b", 2);
  cid_web.say(group, "c", 1);
  EXPECT_EQ(messages_in(bob_web), 0U);
  EXPECT_EQ(bob_web.say(group, "d", 1).refusal.error, Errno::not_in_group);
}

TEST_F(GroupsOfMembers, AJoinIsInForceAlsoWhenTheOneWhoAskedIsGoneBeforeTheAnswer) {
  const RoomId group = created();
  join(bob_web, group);
  ann_web.say(group, "every shard knows the group now", 1);
  bob_web.say(group, "really", 1);
  executor.hold_jobs = true;
  cid_web.post(AddGroup{.groupid = group, .groupname = {}, .id = {}}, 5);
  settle();
  hubs[home_of(cid_web)]->leave(cid_web.session);
  executor.hold_jobs = false;
  settle();
  TestClient& again = online(cid);
  ann_web.say(group, "a", 2);
  bob_web.say(group, "b", 2);
  EXPECT_EQ(messages_in(again), 2U);
}

TEST_F(GroupsOfMembers, ALeaveIsInForceAlsoWhenTheOneWhoAskedIsGoneBeforeTheAnswer) {
  const RoomId group = created();
  join(cid_web, group);
  ann_web.say(group, "ann's shard knows the group now", 1);
  executor.hold_jobs = true;
  cid_web.post(protocol::LeaveGroup{.groupid = group}, 5);
  settle();
  hubs[home_of(cid_web)]->leave(cid_web.session);
  executor.hold_jobs = false;
  settle();
  TestClient& again = online(cid);
  ann_web.say(group, "a", 2);
  EXPECT_EQ(messages_in(again), 0U);
}

TEST_F(GroupsOfMembers, OldSendIdsAreAnsweredAlsoAfterLeaving) {
  const RoomId group = created();
  join(bob_web, group);
  const auto first = bob_web.say(group, "b", 1);
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  const auto again = bob_web.say(group, "b", 1);
  ASSERT_TRUE(again.get<SendAck>()) << "the message is stored: saying 'refused' would be wrong";
  EXPECT_TRUE(again.get<SendAck>()->dup);
  EXPECT_EQ(again.get<SendAck>()->mid, first.get<SendAck>()->mid);
}

TEST_F(GroupsOfMembers, ASendThatIsBeingStoredIsNotRefusedForGoodWhenItIsRepeated) {
  const RoomId group = created();
  join(bob_web, group);
  bob_web.say(group, "known", 1);
  bob_web.post(TestClient::chat(group, "b", 2), 20);
  turn();  // it is with the store, not committed
  ASSERT_TRUE(directory.change(zone->id, bob.id, group, ports::change::Leave{}, clock.wall_ms()).has_value());
  for (auto& hub : hubs) hub->state().rooms.invalidate(group);
  bob_web.take();
  bob_web.post(TestClient::chat(group, "b", 2), 21);
  turn();
  turn();
  ASSERT_EQ(bob_web.frames.size(), 1U);
  EXPECT_EQ(bob_web.frames[0].refusal.error, Errno::try_again);
  settle();
  EXPECT_TRUE(bob_web.say(group, "b", 2).get<SendAck>()->dup);
  EXPECT_EQ(bob_web.say(group, "c", 3).refusal.error, Errno::not_in_group);
}

TEST_F(GroupsOfMembers, AreJoinedByNameToo) {
  const RoomId group = created("Chess Club");
  const auto reply = bob_web.ask(AddGroup{.groupid = {}, .groupname = "chess club", .id = {}});
  const auto* ack = reply.get<protocol::AddGroupAck>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->groupid, group);
  EXPECT_EQ(ack->groupname, "Chess Club");
  ASSERT_EQ(ack->users.size(), 2U);
  EXPECT_EQ(ack->users[0].role, protocol::Role::owner);
}

TEST_F(GroupsOfMembers, RefusalsOfJoiningAreErrno7) {
  const RoomId group = created();
  EXPECT_EQ(join(bob_web, RoomId{4711}).refusal.error, Errno::add_group_failed);
  EXPECT_EQ(join(bob_web, RoomId{4711}).refusal.field, "groupid");
  EXPECT_EQ(bob_web.ask(AddGroup{.groupid = {}, .groupname = "no such", .id = {}}).refusal.field,
            "groupname");
  EXPECT_FALSE(join(bob_web, group).refused());
  EXPECT_EQ(join(bob_web, group).refusal.error, Errno::add_group_failed) << "already in it";
  EXPECT_EQ(bob_web.ask(AddGroup{.groupid = {}, .groupname = "no such", .id = {}}).refusal.error,
            Errno::add_group_failed);
  EXPECT_EQ(bob_web.ask(AddGroup{.groupid = group, .groupname = {}, .id = ann.id}).refusal.error,
            Errno::not_permitted);
}

TEST_F(GroupsOfMembers, RefusalsOfCreatingAreErrno5) {
  created("chess");
  const auto taken = bob_web.ask(CreateGroup{.groupname = "CHESS", .groupdesc = "", .id = {}});
  EXPECT_EQ(taken.refusal.error, Errno::create_group_failed);
  EXPECT_EQ(taken.refusal.field, "groupname");
  EXPECT_EQ(bob_web.ask(CreateGroup{.groupname = "x", .groupdesc = "", .id = {}}).refusal.error,
            Errno::create_group_failed);
  EXPECT_EQ(bob_web.ask(CreateGroup{.groupname = "xx", .groupdesc = "", .id = ann.id}).refusal.error,
            Errno::not_permitted);
  set_limits([](Limits& l) { l.room_description_bytes_max = 3; });
  EXPECT_FALSE(bob_web.ask(CreateGroup{.groupname = "fits", .groupdesc = "abc", .id = {}}).refused());
  EXPECT_EQ(bob_web.ask(CreateGroup{.groupname = "not", .groupdesc = "abcd", .id = {}}).refusal.error,
            Errno::create_group_failed);
}

TEST_F(GroupsOfMembers, LeavingTellsStrangerOwnerAndNoSuchGroupApart) {
  const RoomId group = created();
  join(bob_web, group);
  EXPECT_EQ(cid_web.ask(protocol::LeaveGroup{.groupid = group}).refusal.error, Errno::not_in_group);
  EXPECT_EQ(ann_web.ask(protocol::LeaveGroup{.groupid = group}).refusal.error, Errno::conflict)
      << "the owner leaves last";
  EXPECT_EQ(ann_web.ask(protocol::LeaveGroup{.groupid = RoomId{4711}}).refusal.error, Errno::no_such_group);
  EXPECT_FALSE(bob_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  EXPECT_FALSE(ann_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  EXPECT_EQ(join(cid_web, group).refusal.error, Errno::add_group_failed)
      << "the group of the last one is gone";
}

TEST_F(GroupsOfMembers, TellTheOthersWhoComesAndGoes) {
  const RoomId group = created();
  ann_web.take();
  join(bob_web, group);
  EXPECT_EQ(hints(ann_web), Lines{"joined bob chess"});
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  EXPECT_EQ(hints(ann_web), Lines{"left bob chess"});
  EXPECT_TRUE(cid_web.frames.empty());
}

TEST_F(GroupsOfMembers, EveryoneInTheGroupHasItsChangesInItsOrder) {
  const RoomId group = created();
  EXPECT_EQ(ann_web.take_events(), Lines{"created ann"});
  join(bob_web, group);
  EXPECT_EQ(bob_web.take_events(), Lines{"joined bob"});
  ann_web.say(group, "hi", 1);
  join(cid_web, group);
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  EXPECT_EQ(ann_web.take_events(), (Lines{"joined bob", "joined cid", "left bob"}));
  EXPECT_EQ(cid_web.take_events(), (Lines{"joined cid", "left bob"}));
  EXPECT_EQ(bob_web.take_events(), (Lines{"joined cid", "left bob"})) << "who went is told that it went";
  const auto page = ann_web.ask(
      protocol::History{.of = {.friendid = {}, .groupid = group}, .before = 0, .limit = 50});
  const auto* history = page.get<protocol::HistoryAck>();
  ASSERT_TRUE(history);
  ASSERT_EQ(history->messages.size(), 5U);
  EXPECT_EQ(history->messages[0].id, MemberId{}) << "the server's";
  EXPECT_EQ(history->messages[0].kind, 4);
  EXPECT_EQ(history->messages[0].cseq, 5U);
  EXPECT_EQ(event_line(history->messages[4].content), "created ann");
}

TEST_F(GroupsOfMembers, TheOwnOtherDevicesAreToldToo) {
  TestClient& phone = online(bob, "phone");
  const RoomId group = created();
  join(bob_web, group);
  EXPECT_EQ(hints(phone), Lines{"joined bob chess"});
  EXPECT_TRUE(hints(bob_web).empty()) << "the one that asked has its answer";
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  EXPECT_EQ(hints(phone), Lines{"left bob chess"});
  bob_web.ask(CreateGroup{.groupname = "bobs", .groupdesc = "", .id = {}});
  EXPECT_EQ(hints(phone), Lines{"joined bob bobs"});
}

TEST_F(GroupsOfMembers, WhileTheStoreIsAwayAJoinIsRefusedAndChangesNothing) {
  const RoomId group = created();
  store.fail_commits(1);
  EXPECT_EQ(join(bob_web, group).refusal.error, Errno::unavailable);
  EXPECT_EQ(directory.room(zone->id, group)->members, 1U);
  EXPECT_FALSE(join(bob_web, group).refused()) << "the same again";
  store.fail_commits(1);
}

TEST_F(GroupsOfMembers, AChangeMadeWhileTheStoreIsAwayIsToldWhenItIsBack) {
  const RoomId group = created();
  join(bob_web, group);
  ann_web.take(), bob_web.take();
  store.fail_commits(2);
  EXPECT_FALSE(ann_web.ask(protocol::SetGroup{.groupid = group, .groupname = "go"}).refused())
      << "it is in force";
  EXPECT_EQ(directory.room(zone->id, group)->name, "go");
  EXPECT_TRUE(bob_web.take_events().empty());
  EXPECT_FALSE(ann_web.ask(protocol::MuteGroup{.groupid = group}).refused());
  bob_web.say(ann.id, "something that is stored", 1);
  EXPECT_EQ(bob_web.take_events(), (Lines{"changed", "all_muted"})) << "in their order";
  EXPECT_EQ(ann_web.take_events(), (Lines{"changed", "all_muted"}));
  EXPECT_TRUE(directory.pending_events({}, 0, 10)->empty());
}

// The second is on its way to the store when it turns out that the first is not stored.
TEST_F(GroupsOfMembers, AChangeBehindOneThatCouldNotBeStoredWaitsForItAndTakesNotItsNumber) {
  const RoomId group = created();
  ann_web.take();
  for (const std::int64_t until : {ports::kForEverMs, std::int64_t{0}})
    ASSERT_TRUE(directory.change(zone->id, ann.id, group, ports::change::MuteAll{until}, clock.wall_ms()));
  const auto both = directory.pending_events({}, 0, 10);
  ASSERT_EQ(both->size(), 2U);
  store.fail_commits(1);
  node.room_events->announce(
      {both->at(0)}, [&](std::uint64_t) { node.room_events->announce({both->at(1)}, [](std::uint64_t) {}); });
  settle();
  EXPECT_TRUE(ann_web.take_events().empty());
  ann_web.say(bob.id, "something that is stored", 1);
  EXPECT_EQ(ann_web.take_events(), (Lines{"all_muted", "all_unmuted"}));
  EXPECT_TRUE(directory.pending_events({}, 0, 10)->empty());
}

// A store that is stopped answers on the thread that asks.
TEST_F(GroupsOfMembers, AChangeMadeWhileTheStoreIsStoppedIsAnsweredAndKept) {
  const RoomId group = created();
  store.stop();
  EXPECT_FALSE(ann_web.ask(protocol::SetGroup{.groupid = group, .groupname = "go"}).refused());
  EXPECT_EQ(directory.pending_events({}, 0, 10)->size(), 1U) << "for the next start";
}

TEST_F(GroupsOfMembers, WhatACrashLeftBetweenTheDatabasesIsRepairedAtTheStart) {
  const RoomId group = created();
  join(bob_web, group);
  ann_web.take(), bob_web.take();
  // The directory has them, and nobody is there any more who would take them to the store; one was stored, but that is not known.
  ASSERT_TRUE(directory.change(zone->id, ann.id, group, ports::change::MuteAll{}, clock.wall_ms()));
  const auto muted = directory.pending_events({}, 0, 10);
  ASSERT_EQ(muted->size(), 1U);
  node.room_events->announce(*muted, [](std::uint64_t) {});
  executor.hold_jobs = true;
  settle();
  ASSERT_TRUE(directory.change(zone->id, ann.id, group, ports::change::MuteAll{0}, clock.wall_ms()));
  ASSERT_TRUE(directory.change(zone->id, ann.id, group, ports::change::Transfer{bob.id}, clock.wall_ms()));
  ASSERT_EQ(directory.pending_events({}, 0, 10)->size(), 3U);
  executor.hold_jobs = false;
  node.room_events->recover();
  settle();
  EXPECT_EQ(bob_web.take_events(), (Lines{"all_muted", "all_unmuted", "owner_changed bob"})) << "each once";
  EXPECT_TRUE(directory.pending_events({}, 0, 10)->empty());
}

TEST_F(GroupsOfMembers, WhenTheStoreIsAnOlderCopyItsNumbersAreTaken) {
  const RoomId group = created();
  ann_web.take();
  // As if the changes 2 and 3 had been stored in what was lost.
  for (const std::int64_t until : {ports::kForEverMs, std::int64_t{0}}) {
    const auto lost = directory.change(zone->id, ann.id, group, ports::change::MuteAll{until},
                                       clock.wall_ms());
    ASSERT_TRUE(directory.events_stored({{.room = group, .version = lost->version, .cseq = 9}}));
  }
  EXPECT_FALSE(ann_web.ask(protocol::MuteGroup{.groupid = group}).refused());
  EXPECT_FALSE(ann_web.ask(protocol::MuteGroup{.groupid = group, .for_ms = 0}).refused());
  EXPECT_EQ(ann_web.take_events(), (Lines{"all_muted", "all_unmuted"}));
  EXPECT_TRUE(directory.pending_events({}, 0, 10)->empty());
}

TEST_F(GroupsOfMembers, WhoLeftDoesNotListTheGroupAlsoWhenTheStoreWasAway) {
  const RoomId group = created();
  join(bob_web, group);
  ann_web.say(group, "for bob too", 1);
  store.fail_commits(1);
  EXPECT_FALSE(bob_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  ann_web.say(group, "secret without bob", 2);
  const auto reply = bob_web.ask(protocol::Conversations{});
  const auto* list = reply.get<protocol::ConversationsAck>();
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->conversations.empty());
}

TEST_F(GroupsOfMembers, OnlyMembersSeeWhoIsInIt) {
  const RoomId group = created();
  join(bob_web, group);
  protocol::GroupMembers ask;
  ask.groupid = group;
  ask.limit = 1;
  const auto first = ann_web.ask(ask);
  const auto* page = first.get<protocol::GroupMembersAck>();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->users.size(), 1U);
  EXPECT_TRUE(page->more);
  ask.after_id = page->users[0].id;
  const auto second = ann_web.ask(ask);
  ASSERT_EQ(second.get<protocol::GroupMembersAck>()->users.size(), 1U);
  EXPECT_FALSE(second.get<protocol::GroupMembersAck>()->more);
  EXPECT_EQ(cid_web.ask(ask).refusal.error, Errno::not_in_group);
  ask.groupid = RoomId{4711};
  EXPECT_EQ(cid_web.ask(ask).refusal.error, Errno::no_such_group);
}

TEST_F(GroupsOfMembers, OneWhoJoinsHasNothingUnread) {
  const RoomId group = created();
  ann_web.say(group, "before", 1);
  join(bob_web, group);
  const auto reply = bob_web.ask(protocol::Conversations{});
  const auto* list = reply.get<protocol::ConversationsAck>();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->conversations.size(), 1U);
  EXPECT_EQ(list->conversations[0].unread, 0U);
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  EXPECT_TRUE(
      bob_web.ask(protocol::Conversations{}).get<protocol::ConversationsAck>()->conversations.empty());
}

TEST_F(GroupsOfMembers, AListOfManyLongDescriptionsStillFitsIntoTheOutboundQueue) {
  set_limits([](Limits& l) { l.member_requests = {}; });
  // Control characters take six bytes each in JSON.
  const std::string text(500, '\x01');
  for (int i = 0; i < 120; ++i) {
    const std::string name = "group" + std::to_string(i);
    room_with({.name = name, .name_key = name, .description = text, .avatar = {}, .settings = {}}, ann);
  }
  const auto reply = ann_web.ask(protocol::Groups{});
  ASSERT_TRUE(reply.get<protocol::GroupsAck>());
  EXPECT_EQ(reply.get<protocol::GroupsAck>()->groups.size(), 120U);
  EXPECT_FALSE(reply.get<protocol::GroupsAck>()->groups[0].groupdesc.empty());
  EXPECT_LT(ann_web.frame_bytes.back(), 128U * 1024);
}

}  // namespace
}  // namespace plaza::chat
