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
  ASSERT_TRUE(directory.leave_room(zone->id, bob.id, group).has_value());
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
  join(bob_web, group);
  ASSERT_EQ(ann_web.frames.size(), 1U);
  const auto* joined = ann_web.frames[0].get<GroupEventPush>();
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->event, protocol::GroupEventKind::joined);
  EXPECT_EQ(joined->id, bob.id);
  EXPECT_EQ(joined->groupname, "chess");
  ann_web.take();
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  ASSERT_EQ(ann_web.frames.size(), 1U);
  EXPECT_EQ(ann_web.frames[0].get<GroupEventPush>()->event, protocol::GroupEventKind::left);
  EXPECT_TRUE(cid_web.frames.empty());
}

TEST_F(GroupsOfMembers, TheOwnOtherDevicesAreToldToo) {
  TestClient& phone = online(bob, "phone");
  const RoomId group = created();
  join(bob_web, group);
  ASSERT_EQ(phone.frames.size(), 1U);
  const auto* joined = phone.frames[0].get<GroupEventPush>();
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->event, protocol::GroupEventKind::joined);
  EXPECT_EQ(joined->id, bob.id);
  EXPECT_EQ(joined->groupname, "chess");
  EXPECT_TRUE(bob_web.frames.empty()) << "the one that asked has its answer";
  phone.take();
  bob_web.ask(protocol::LeaveGroup{.groupid = group});
  ASSERT_EQ(phone.frames.size(), 1U);
  EXPECT_EQ(phone.frames[0].get<GroupEventPush>()->event, protocol::GroupEventKind::left);
  phone.take();
  bob_web.ask(CreateGroup{.groupname = "bobs", .groupdesc = "", .id = {}});
  ASSERT_EQ(phone.frames.size(), 1U);
  EXPECT_EQ(phone.frames[0].get<GroupEventPush>()->groupname, "bobs");
}

TEST_F(GroupsOfMembers, WhileTheStoreIsAwayAJoinIsRefusedAndChangesNothing) {
  const RoomId group = created();
  store.fail_commits(1);
  EXPECT_EQ(join(bob_web, group).refusal.error, Errno::unavailable);
  EXPECT_EQ(directory.room(zone->id, group)->members.size(), 1U);
  EXPECT_FALSE(join(bob_web, group).refused()) << "the same again";
  store.fail_commits(1);
  EXPECT_EQ(bob_web.ask(CreateGroup{.groupname = "go", .groupdesc = "", .id = {}}).refusal.error,
            Errno::unavailable);
  EXPECT_FALSE(bob_web.ask(CreateGroup{.groupname = "go", .groupdesc = "", .id = {}}).refused())
      << "the name is still free";
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
    ASSERT_TRUE(directory.create_room(zone->id, ann.id, name, name, text).has_value());
  }
  const auto reply = ann_web.ask(protocol::Groups{});
  ASSERT_TRUE(reply.get<protocol::GroupsAck>());
  EXPECT_EQ(reply.get<protocol::GroupsAck>()->groups.size(), 120U);
  EXPECT_FALSE(reply.get<protocol::GroupsAck>()->groups[0].groupdesc.empty());
  EXPECT_LT(ann_web.frame_bytes.back(), 128U * 1024);
}

}  // namespace
}  // namespace plaza::chat
