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
  /// What became of a message of `from`, or of the server itself.
  std::variant<ports::DirectoryError, ports::Appended> say(RoomId room, MemberId from,
                                                           const std::string& text,
                                                           const std::string& device = "@api") {
    auto message = std::make_shared<ports::Message>();
    message->zone = zone->id;
    message->sender = from;
    message->sender_name = "said";
    message->device = device;
    message->send_id = device == "@api" ? 0 : 1;
    message->conversation = ports::StreamId::room(room);
    message->body = text;
    std::optional<std::variant<ports::DirectoryError, ports::Appended>> outcome;
    hubs[1]->server_rooms().say(
        message, [&](const ports::DirectoryError& why) { outcome = why; },
        [&](const ports::Appended& one) { outcome = one; });
    settle();
    EXPECT_TRUE(outcome) << "told";
    return *outcome;
  }
  static Lines heard(TestClient& client) {
    Lines lines;
    for (const auto& frame : client.take()) {
      const auto* chat = frame.get<protocol::Chat>();
      if (chat && chat->kind == 0) lines.push_back(std::to_string(chat->id.value) + " " + chat->content);
    }
    return lines;
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

TEST_F(ServerRoomsTest, AMessageOfTheServerGoesToAllWhoAreThereThenAndToNobodyElse) {
  const RoomId group = room("chess", ann, {bob});
  EXPECT_EQ(std::get<ports::Appended>(say(group, {}, "one")).code, ports::AppendCode::accepted);
  EXPECT_EQ(heard(ann_web), Lines{"0 one"});
  EXPECT_EQ(heard(bob_web), Lines{"0 one"});
  EXPECT_TRUE(heard(cid_web).empty());
  // Its shard knows the room by now: what changed is read again.
  ASSERT_TRUE(act(group, change::Add{cid.id}));
  ASSERT_TRUE(act(group, change::Kick{bob.id}));
  heard(bob_web), heard(cid_web);
  say(group, {}, "two");
  EXPECT_EQ(heard(cid_web), Lines{"0 two"});
  EXPECT_TRUE(heard(bob_web).empty());
}

TEST_F(ServerRoomsTest, AMessageOfAMemberIsThatOfOneWhoIsThereWhateverTheRulesAre) {
  const RoomId group = room("chess", ann, {bob});
  ASSERT_TRUE(act(group, change::MuteAll{}));
  EXPECT_EQ(bob_web.say(group, "?", 1).refusal.error, Errno::group_muted);
  EXPECT_EQ(std::get<ports::Appended>(say(group, bob.id, "for bob")).code, ports::AppendCode::accepted);
  EXPECT_EQ(heard(ann_web), Lines{std::to_string(bob.id.value) + " for bob"});
  EXPECT_EQ(std::get<ports::DirectoryError>(say(group, cid.id, "?")).code, DirectoryCode::not_member);
  EXPECT_EQ(std::get<ports::DirectoryError>(say(RoomId{999}, {}, "?")).code, DirectoryCode::not_found);
  ASSERT_TRUE(act(group, change::Dissolve{}));
  EXPECT_EQ(std::get<ports::DirectoryError>(say(group, {}, "?")).code, DirectoryCode::not_found);
}

TEST_F(ServerRoomsTest, AMessageToARoomOfAnotherZoneIsRefusedAlsoWhenItsShardKnowsTheRoom) {
  const RoomId group = room("chess", ann);
  say(group, {}, "one");
  const auto other = directory.put_zone({.id = {}, .app = {}, .app_name = "test", .zone_name = "two"});
  auto message = std::make_shared<ports::Message>();
  message->zone = other->id;
  message->device = "@api";
  message->conversation = ports::StreamId::room(group);
  std::optional<DirectoryCode> why;
  for (const std::uint32_t shard : {0U, 1U, 2U}) {
    hubs[shard]->server_rooms().say(
        message, [&](const ports::DirectoryError& error) { why = error.code; }, [](const auto&) {});
    settle();
    EXPECT_EQ(std::exchange(why, std::nullopt), DirectoryCode::not_found) << shard;
  }
}

TEST_F(ServerRoomsTest, AMessageWithANameOfItsOwnIsStoredOnce) {
  const RoomId group = room("chess", ann);
  say(group, {}, "once", "@k");
  EXPECT_EQ(std::get<ports::Appended>(say(group, {}, "once", "@k")).code, ports::AppendCode::duplicate);
  EXPECT_EQ(heard(ann_web), Lines{"0 once"});
}

TEST_F(ServerRoomsTest, WhenTooMuchWaitsAMessageIsRefused) {
  const RoomId group = room("chess", ann);
  executor.busy = true;
  EXPECT_EQ(std::get<ports::DirectoryError>(say(group, {}, "?")).code, DirectoryCode::unavailable);
}

TEST_F(ServerRoomsTest, WhenTooMuchWaitsItIsRefused) {
  const RoomId group = room("chess", ann);
  executor.busy = true;
  EXPECT_EQ(act(group, change::Add{bob.id}).error().code, DirectoryCode::unavailable);
}

}  // namespace
}  // namespace plaza::chat
