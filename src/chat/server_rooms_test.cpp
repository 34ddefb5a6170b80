// What an app's servers do to rooms: in force and in the room's order as what members do, by nobody who is there.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::RoomChanged;
using protocol::Errno;
using protocol::GroupEventPush;
using Lines = std::vector<std::string>;
namespace change = ports::change;

class ServerRoomsTest : public ChatTest {
 protected:
  ServerRoomsTest() : ChatTest(3) {}
  ports::Member ann = member("ann"), bob = member("bob"), cid = member("cid");
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& cid_web = online(cid);

  DirectoryResult<RoomChanged> act(RoomId room, ports::RoomChange wanted) {
    std::optional<DirectoryResult<RoomChanged>> outcome;
    hubs[1]->server_rooms().change(zone->id, room, std::move(wanted),
                                   [&](const DirectoryResult<RoomChanged>& got) { outcome = got; });
    settle();
    EXPECT_TRUE(outcome) << "told";
    return *outcome;
  }
  DirectoryResult<RoomChanged> make(const std::string& name, const ports::Member& owner) {
    std::optional<DirectoryResult<RoomChanged>> outcome;
    hubs[1]->server_rooms().create(
        zone->id, owner.id, {.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = {}},
        [&](const DirectoryResult<RoomChanged>& got) { outcome = got; });
    settle();
    EXPECT_TRUE(outcome) << "told";
    return *outcome;
  }
  /// What was pushed, hints as "joined bob chess" and events of the room's order as "event joined bob".
  static Lines pushed(TestClient& client) {
    Lines lines;
    for (const auto& frame : client.take()) {
      if (const auto* hint = frame.get<GroupEventPush>())
        lines.push_back(std::string(to_text(hint->event)) + ' ' + hint->name + ' ' + hint->groupname);
      if (const auto* chat = frame.get<protocol::Chat>())
        lines.push_back("event " + event_line(chat->content));
    }
    std::ranges::sort(lines);
    return lines;
  }
  /// In the member's list, as the store has it.
  std::size_t listed(const ports::Member& who) {
    std::optional<std::size_t> count;
    store.conversations(who.id, {}, 100, [&](const auto& page) { count = page->conversations.size(); });
    settle();
    return count.value();
  }
  static std::size_t conversations(TestClient& client) {
    return client.ask(protocol::Conversations{}).get<protocol::ConversationsAck>()->conversations.size();
  }
};

TEST_F(ServerRoomsTest, ARoomIsMadeForAMemberWhoIsToldAndOwnsIt) {
  const auto made = make("chess", ann);
  ASSERT_TRUE(made);
  EXPECT_EQ(pushed(ann_web), (Lines{"event created ann", "joined ann chess"}));
  EXPECT_TRUE(pushed(bob_web).empty());
  EXPECT_EQ(conversations(ann_web), 1U);
  EXPECT_FALSE(ann_web.say(made->room.id, "hello", 1).refused());
  EXPECT_EQ(made->room.owner, ann.id);
  EXPECT_EQ(make("chess", bob).error().code, DirectoryCode::name_taken);
}

TEST_F(ServerRoomsTest, WhoIsAddedIsInOnEveryShardAndGetsWhatIsSaid) {
  const RoomId group = room("chess", ann);
  ann_web.say(group, "alone", 1);
  EXPECT_EQ(bob_web.say(group, "?", 1).refusal.error, Errno::not_in_group) << "its shard knows the room";
  pushed(bob_web);
  ASSERT_TRUE(act(group, change::Add{bob.id}));
  EXPECT_EQ(pushed(bob_web), (Lines{"event joined bob", "joined bob chess"}));
  EXPECT_EQ(pushed(ann_web), (Lines{"event joined bob", "joined bob chess"}));
  EXPECT_EQ(conversations(bob_web), 1U);
  EXPECT_EQ(listed(bob), 1U);
  EXPECT_FALSE(bob_web.say(group, "here", 1).refused());
  EXPECT_EQ(act(group, change::Add{bob.id}).error().code, DirectoryCode::no_target);
}

TEST_F(ServerRoomsTest, WhoIsTakenOutGetsTheEventAsTheLast) {
  const RoomId group = room("chess", ann, {bob});
  bob_web.say(group, "here", 1);
  pushed(bob_web);
  ASSERT_TRUE(act(group, change::Kick{bob.id}));
  ann_web.say(group, "without bob", 1);
  EXPECT_EQ(pushed(bob_web), (Lines{"event kicked bob", "removed bob chess"}));
  EXPECT_EQ(bob_web.say(group, "but", 2).refusal.error, Errno::not_in_group);
  EXPECT_EQ(conversations(bob_web), 0U);
  EXPECT_EQ(act(group, change::Kick{ann.id}).error().code, DirectoryCode::forbidden) << "the owner";
}

TEST_F(ServerRoomsTest, WhatIsRefusedChangesNoListAndTellsNobody) {
  const RoomId group = room("chess", ann);
  EXPECT_EQ(act(group, change::Add{MemberId{999}}).error().code, DirectoryCode::no_target);
  EXPECT_EQ(act(RoomId{999}, change::Add{bob.id}).error().code, DirectoryCode::not_found);
  EXPECT_EQ(act(group, change::Join{}).error().code, DirectoryCode::forbidden) << "a server is in no room";
  EXPECT_TRUE(pushed(ann_web).empty());
  EXPECT_TRUE(pushed(bob_web).empty());
  EXPECT_EQ(listed(bob), 0U);
}

TEST_F(ServerRoomsTest, AMemberOfAnotherZoneDoesNotExist) {
  const RoomId group = room("chess", ann);
  const auto other = directory.put_zone({.id = {}, .app = {}, .app_name = "test", .zone_name = "two"});
  const auto eve = directory.register_account("eve", "eve", "", other->id);
  EXPECT_EQ(act(group, change::Add{eve->id}).error().code, DirectoryCode::no_target);
  EXPECT_EQ(listed(*eve), 0U);
}

TEST_F(ServerRoomsTest, InvitationsRefusalsAndTheEndAreToldByTheServer) {
  const RoomId group = room("chess", ann, {bob});
  ASSERT_TRUE(act(group, change::Invite{cid.id}));
  EXPECT_EQ(pushed(cid_web), Lines{"invited server chess"});
  ASSERT_TRUE(act(group, change::Refuse{cid.id}));
  EXPECT_EQ(pushed(cid_web), Lines{"refused server chess"});
  EXPECT_TRUE(pushed(bob_web).empty());
  ASSERT_TRUE(act(group, change::Dissolve{}));
  EXPECT_EQ(pushed(bob_web), (Lines{"dissolved server chess", "event dissolved"}));
  EXPECT_TRUE(pushed(cid_web).empty());
  EXPECT_EQ(ann_web.say(group, "there?", 1).refusal.error, Errno::no_such_group);
}

TEST_F(ServerRoomsTest, WithoutTheStoreAMemberIsNotAddedAndOtherChangesAreInForceAtOnce) {
  const RoomId group = room("chess", ann, {bob});
  store.fail_commits(1);
  EXPECT_EQ(act(group, change::Add{cid.id}).error().code, DirectoryCode::unavailable);
  store.fail_commits(1);
  ASSERT_TRUE(act(group, change::MakeAdmin{bob.id}));
  EXPECT_TRUE(pushed(bob_web).empty());
  EXPECT_EQ(cid_web.ask(protocol::Groups{}).get<protocol::GroupsAck>()->groups.size(), 0U);
  ASSERT_TRUE(act(group, change::RemoveAdmin{bob.id}));
  EXPECT_EQ(pushed(bob_web), (Lines{"event admin_added bob", "event admin_removed bob"}));
}

TEST_F(ServerRoomsTest, WhenTooMuchWaitsItIsRefused) {
  const RoomId group = room("chess", ann);
  executor.busy = true;
  EXPECT_EQ(act(group, change::Add{bob.id}).error().code, DirectoryCode::unavailable);
}

}  // namespace
}  // namespace plaza::chat
