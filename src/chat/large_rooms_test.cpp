// Large rooms: who is pushed what, and who is told where to sync from.
#include <map>
#include <random>

#include "chat/large_rooms_test_support.h"
#include "protocol/message_requests.h"

namespace plaza::chat {
namespace {

using LargeRooms = LargeRoomsTest;

TEST_F(LargeRooms, AMessageIsPushedToAllWhoAreThereAndEntersNoInbox) {
  const RoomId tea = large_room("tea", ann, {bob, cid});
  TestClient& ann_web = online(ann);
  TestClient& ann_phone = online(ann, "phone");
  TestClient& bob_web = online(bob);
  TestClient& dan_web = online(dan);

  const auto reply = ann_web.say(tea, "hello", 1);
  const auto* ack = reply.get<SendAck>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->cseq, 1U);
  EXPECT_EQ(ack->seq, 0U) << "it is in no inbox";
  EXPECT_TRUE(ann_web.frames.empty()) << "the ack is its entry";

  ASSERT_EQ(bob_web.frames.size(), 1U);
  const auto* chat = bob_web.frames[0].get<Chat>();
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->groupid, tea);
  EXPECT_EQ(chat->id, ann.id);
  EXPECT_EQ(chat->content, "hello");
  EXPECT_EQ(chat->cseq, 1U);
  EXPECT_EQ(chat->seq, 0U);
  EXPECT_EQ(chat->send_id, 0U) << "only the sender sees it";

  ASSERT_EQ(ann_phone.frames.size(), 1U);
  EXPECT_EQ(ann_phone.frames[0].get<Chat>()->send_id, 1U);
  EXPECT_EQ(ann_phone.frames[0].get<Chat>()->device, "web");
  EXPECT_TRUE(dan_web.frames.empty()) << "not in the room";
  EXPECT_TRUE(bob_web.ask(protocol::Sync{}).get<SyncAck>()->messages.empty());
  EXPECT_EQ(synced(bob_web, tea, 0), (Lines{"1 hello"}));
}

TEST_F(LargeRooms, AnEditAndARecallStandInItsStreamAndEnterNoInbox) {
  const RoomId tea = large_room("tea", ann, {bob, cid});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  const protocol::ConversationRef there{.friendid = {}, .groupid = tea};
  bob_web.say(tea, "helo", 1);
  bob_web.take();
  const auto edited = bob_web.ask(protocol::Edit{
      .of = there, .cseq = 1, .content = {.kind = 0, .msg = "hello", .body = {}}, .send_id = 2});
  ASSERT_TRUE(edited.get<SendAck>()) << edited.refusal.message;
  EXPECT_EQ(edited.get<SendAck>()->cseq, 2U);
  EXPECT_EQ(edited.get<SendAck>()->seq, 0U) << "it is in no inbox";
  EXPECT_EQ(messages(ann_web), (Lines{"1 helo", "2 hello"}));
  EXPECT_EQ(synced(ann_web, tea, 0), (Lines{"1 hello", "2 hello"}));
  const auto recalled = ann_web.ask(protocol::Recall{.of = there, .cseq = 1, .send_id = 1});
  ASSERT_TRUE(recalled.get<SendAck>()) << "an owner, of what a member said: " << recalled.refusal.message;
  EXPECT_EQ(messages(bob_web), (Lines{"3 "}));
  EXPECT_EQ(synced(bob_web, tea, 0), (Lines{"1 ", "2 ", "3 "}));
  for (TestClient* const client : {&ann_web, &bob_web})
    EXPECT_TRUE(client->ask(protocol::Sync{}).get<SyncAck>()->messages.empty());
}

TEST_F(LargeRooms, OneWhoEntersIsToldWhereItsLargeRoomsAre) {
  const RoomId tea = large_room("tea", ann, {bob});
  const RoomId inn = room("inn", ann, {bob});
  TestClient& ann_web = online(ann);
  for (std::uint64_t i = 1; i <= 3; ++i) ann_web.say(tea, std::to_string(i), i);

  TestClient& bob_web = connect(bob, "web");
  ASSERT_EQ(bob_web.frames.size(), 1U);
  const auto* ack = bob_web.frames[0].get<protocol::EnterAck>();
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->groups.size(), 2U);
  for (const auto& group : ack->groups) {
    EXPECT_EQ(group.large.has_value(), group.id == tea) << (group.id == inn ? "inn" : "tea");
    if (group.large) {
      EXPECT_EQ(group.large->head, 3U);
      EXPECT_EQ(group.large->read, 0U);
      EXPECT_NE(group.large->epoch, 0U);
    }
  }
  protocol::Mark read;
  read.of.groupid = tea;
  read.read = 2;
  bob_web.ask(read);
  TestClient& phone = connect(bob, "phone");
  EXPECT_EQ(phone.frames[0].get<protocol::EnterAck>()->groups[0].large->read, 2U);
}

/// Nothing falls between what ENTER_ACK told and the pushes, which begin at READY.
TEST_F(LargeRooms, WhatIsSaidBetweenEnteringAndReadyIsToldByTheHead) {
  const RoomId tea = large_room("tea", ann, {bob});
  const RoomId inn = large_room("inn", ann, {bob});
  TestClient& ann_web = online(ann);
  ann_web.say(tea, "1", 1);
  ann_web.say(inn, "1", 2);
  TestClient& bob_web = connect(bob, "web");
  bob_web.take();
  ann_web.say(tea, "2", 3);
  EXPECT_TRUE(bob_web.frames.empty()) << "not ready yet";
  bob_web.post(protocol::Ready{}, 9);
  settle();
  ASSERT_EQ(bob_web.frames.size(), 2U) << "of the room in which nothing was said there is nothing to tell";
  EXPECT_TRUE(bob_web.frames[0].get<protocol::ReadyAck>());
  EXPECT_EQ(heads(bob_web, tea), Cseqs{2});
  ann_web.say(tea, "3", 4);
  EXPECT_EQ(messages(bob_web), (Lines{"3 3"}));
  bob_web.ask(protocol::Ready{});
  EXPECT_TRUE(heads(bob_web, tea).empty()) << "a second READY tells nothing";
}

TEST_F(LargeRooms, ASlowFollowerIsToldTheHeadOnceAndPushedAgainWhenItHasSynced) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(tea, "1", 1);
  bob_web.take();
  bob_web.slow = true;
  for (std::uint64_t i = 2; i <= 5; ++i) ann_web.say(tea, std::to_string(i), i);
  ASSERT_EQ(bob_web.frames.size(), 1U);
  EXPECT_EQ(heads(bob_web, tea), Cseqs{2}) << "once, at the message that did not fit";

  bob_web.slow = false;
  ann_web.say(tea, "6", 6);
  EXPECT_TRUE(bob_web.frames.empty()) << "it would show a hole";
  EXPECT_EQ(synced(bob_web, tea, 1), (Lines{"2 2", "3 3", "4 4", "5 5", "6 6"}));
  ann_web.say(tea, "7", 7);
  EXPECT_EQ(messages(bob_web), (Lines{"7 7"}));
}

TEST_F(LargeRooms, ASlowFollowerIsToldAgainWhenSomethingWasSaidWhileItsPageWasRead) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  bob_web.slow = true;
  ann_web.say(tea, "1", 1);
  bob_web.slow = false;
  bob_web.take();
  protocol::Sync sync;
  sync.of.groupid = tea;
  sync.limit = 1;
  bob_web.post(sync, 5);
  turn();  // the page is on its way through the store
  ann_web.post(TestClient::chat(tea, "2", 2), 6);
  settle();
  // Whichever came first there, nothing is lost: a page that ends before the head is followed by the head.
  const auto frames = bob_web.take();
  const auto* page = frames.at(0).get<SyncAck>();
  ASSERT_TRUE(page);
  if (page->head == 1) {
    ASSERT_GE(frames.size(), 2U);
    const auto* head = frames.at(1).get<HeadPush>();
    const auto* chat = frames.at(1).get<Chat>();
    ASSERT_TRUE(head || chat);
    EXPECT_EQ(head ? head->head : chat->cseq, 2U);
  }
  EXPECT_EQ(synced(bob_web, tea, 1), (Lines{"2 2"}));
  ann_web.say(tea, "3", 3);
  EXPECT_EQ(messages(bob_web), (Lines{"3 3"}));
}

TEST_F(LargeRooms, APageThatIsNotTheLastDoesNotEndThePull) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  bob_web.slow = true;
  for (std::uint64_t i = 1; i <= 4; ++i) ann_web.say(tea, std::to_string(i), i);
  bob_web.slow = false;
  protocol::Sync sync;
  sync.of.groupid = tea;
  sync.limit = 2;
  EXPECT_TRUE(bob_web.ask(sync).get<SyncAck>()->more);
  bob_web.take();
  ann_web.say(tea, "5", 5);
  EXPECT_TRUE(bob_web.frames.empty()) << "it is at 2 yet";
}

TEST_F(LargeRooms, OneWhoJoinsIsToldWhereTheRoomIsOnAllDevicesAndPushedFromThenOn) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  ann_web.say(tea, "before", 1);
  TestClient& dan_web = online(dan);
  TestClient& dan_phone = online(dan, "phone");
  const auto reply = dan_web.ask(protocol::AddGroup{.groupid = tea, .groupname = {}, .id = {}});
  const auto* ack = reply.get<protocol::AddGroupAck>();
  ASSERT_TRUE(ack && ack->large);
  EXPECT_EQ(ack->large->head, 2U) << "the event of joining";
  EXPECT_EQ(ack->large->read, 2U);
  bool told = false;
  for (const auto& frame : dan_phone.frames) {
    const auto* event = frame.get<protocol::GroupEventPush>();
    if (event) told = event->large && event->large->read == 2;
  }
  EXPECT_TRUE(told);
  dan_web.take();
  dan_phone.take();
  ann_web.say(tea, "after", 2);
  EXPECT_EQ(messages(dan_web), (Lines{"3 after"}));
  EXPECT_EQ(messages(dan_phone), (Lines{"3 after"}));
}

TEST_F(LargeRooms, OneWhoIsNotInItAnyMoreIsPushedNothing) {
  const RoomId tea = large_room("tea", ann, {bob, cid, dan});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& cid_web = online(cid);
  TestClient& cid_phone = online(cid, "phone");
  TestClient& dan_web = online(dan);
  EXPECT_FALSE(bob_web.ask(protocol::LeaveGroup{.groupid = tea}).refused());
  EXPECT_FALSE(
      ann_web.ask(protocol::ChangeGroupMember{.groupid = tea, .id = cid.id, .action = "kick", .for_ms = {}})
          .refused());
  for (TestClient* client : {&bob_web, &cid_web, &cid_phone, &dan_web}) client->take();
  ann_web.say(tea, "1", 1);
  EXPECT_TRUE(messages(bob_web).empty());
  EXPECT_TRUE(messages(cid_web).empty());
  EXPECT_TRUE(messages(cid_phone).empty());
  EXPECT_EQ(messages(dan_web).size(), 1U);
}

TEST_F(LargeRooms, ThatItIsDissolvedIsToldToThoseWhoAreThere) {
  const RoomId tea = large_room("tea", ann, {bob, cid});
  TestClient& ann_web = online(ann);
  TestClient& ann_phone = online(ann, "phone");
  TestClient& bob_web = online(bob);
  TestClient& dan_web = online(dan);
  EXPECT_FALSE(ann_web.ask(protocol::DissolveGroup{.groupid = tea}).refused());
  const auto told = [](TestClient& client) {
    std::size_t times = 0;
    for (const auto& frame : client.take()) {
      const auto* event = frame.get<protocol::GroupEventPush>();
      if (event && event->event == protocol::GroupEventKind::dissolved) ++times;
    }
    return times;
  };
  EXPECT_EQ(told(ann_web), 0U) << "it has the answer";
  EXPECT_EQ(told(ann_phone), 1U);
  EXPECT_EQ(told(bob_web), 1U);
  EXPECT_EQ(told(dan_web), 0U) << "not in it";
  EXPECT_EQ(followed_rooms(), 0U);
}

TEST_F(LargeRooms, ARoomThatNobodyFollowsCostsNothing) {
  const RoomId tea = large_room("tea", ann, {bob});
  const RoomId inn = large_room("inn", bob, {ann});
  EXPECT_EQ(followed_rooms(), 0U);
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(tea, "1", 1);
  ann_web.say(inn, "1", 2);
  EXPECT_EQ(node.room_shards.size(), 2U);
  leave(ann_web);
  EXPECT_EQ(node.room_shards.size(), 2U);
  leave(bob_web);
  EXPECT_EQ(node.room_shards.size(), 0U);
  EXPECT_EQ(followed_rooms(), 0U);
  TestClient& again = online(ann);
  EXPECT_FALSE(again.ask(protocol::DissolveGroup{.groupid = tea}).refused());
  EXPECT_EQ(node.room_shards.size(), 1U) << "the one that was dissolved is gone";
}

TEST_F(LargeRooms, AnEntryThatFailsFollowsNothing) {
  large_room("tea", ann, {bob});
  store.fail_commits(0);
  TestClient& ann_web = connect(ann, "web");
  ASSERT_EQ(ann_web.session.large_rooms.size(), 1U);
  leave(ann_web);
  store.crash();
  TestClient& late = connect(ann, "phone");
  EXPECT_EQ(late.session.state, SessionState::authenticated);
  EXPECT_TRUE(late.session.large_rooms.empty());
  EXPECT_EQ(followed_rooms(), 0U);
}

/// Goal: whatever order sessions begin and end to follow in, each room's followers are those that model it. Method: random moves, and
/// a message to each room after each.
TEST_F(LargeRooms, FollowersComeAndGoInAnyOrder) {
  std::vector<ports::Member> people{ann, bob, cid, dan};
  for (int i = 0; i < 8; ++i) people.push_back(member("member" + std::to_string(i)));
  std::vector<RoomId> rooms;
  for (int i = 0; i < 4; ++i)
    rooms.push_back(large_room("room" + std::to_string(i), ann, {people.begin() + 1, people.end()}));
  TestClient& ann_web = online(ann);
  std::mt19937_64 random(3);
  std::map<std::size_t, TestClient*> there;
  std::uint64_t send_id = 0;
  set_limits([](Limits& all) { all.member_messages = {1'000'000, 1'000'000}; });
  for (int step = 0; step < 200; ++step) {
    const std::size_t who = 1 + random() % (people.size() - 1);
    if (const auto at = there.find(who); at != there.end()) {
      leave(*at->second);
      there.erase(at);
    } else {
      there[who] = &online(people[who]);
    }
    const RoomId room = rooms[random() % rooms.size()];
    clock.advance_ms(1'000);
    ann_web.say(room, "x", ++send_id);
    for (auto& [member, client] : there) ASSERT_EQ(messages(*client).size(), 1U) << "step " << step;
  }
}

// ---- classic clients ----------------------------------------------------------------------------

TEST_F(LargeRooms, AClassicClientIsPushedWhatIsSaidAndAtItsNextLoginWhatItMissed) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  ann_web.say(tea, "in the place of the event that made it large", 1);
  TestClient& old = classic(bob);
  ann_web.say(tea, "1", 2);
  old.post(TestClient::chat(tea, "own"));
  settle();
  ann_web.say(tea, "2", 3);
  EXPECT_EQ(messages(old), (Lines{"2 1", "4 2"}));
  leave(old);
  ann_web.say(tea, "3", 4);
  ann_web.say(tea, "4", 5);
  TestClient& again = classic(bob);
  EXPECT_EQ(messages(again), (Lines{"5 3", "6 4"}));
  ann_web.say(tea, "5", 6);
  EXPECT_EQ(messages(again), (Lines{"7 5"}));
}

/// Reports of what was stored come after the page that has it already.
TEST_F(LargeRooms, WhatAClassicClientWasReadIsNotPushedToItOnceMore) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  ann_web.say(tea, "in the place of the event that made it large", 1);
  ports::Appended outcome;
  auto message = std::make_shared<ports::Message>();
  message->conversation = ports::StreamId::room(tea);
  message->sender = ann.id;
  message->body = "late";
  message->conversation_seq = 2;
  ann_web.say(tea, "late", 2);
  TestClient& old = classic(bob);
  EXPECT_EQ(messages(old), Lines{"2 late"});
  outcome.message = message;
  hubs[home_of(old)]->large_rooms().deliver(outcome);
  EXPECT_TRUE(messages(old).empty());
  ann_web.say(tea, "3", 3);
  EXPECT_EQ(messages(old), Lines{"3 3"});
}

TEST_F(LargeRooms, AClassicClientThatReadsTooSlowlyGetsTheRestWhenThereIsRoom) {
  const RoomId tea = large_room("tea", ann, {bob});
  const RoomId inn = large_room("inn", ann, {bob});
  TestClient& ann_web = online(ann);
  set_limits([](Limits& all) { all.member_messages = all.room_messages = {1'000'000, 1'000'000}; });
  // The first place is that of the event that made the room large.
  ann_web.say(tea, "grown", 1);
  ann_web.say(inn, "grown", 2);
  TestClient& old = classic(bob);
  old.slow = true;
  Lines of_tea;
  for (std::uint64_t i = 2; i <= 151; ++i) {
    ann_web.say(tea, std::to_string(i), 2 * i - 1);
    ann_web.say(inn, std::to_string(i), 2 * i);
    of_tea.push_back(std::to_string(i) + " " + std::to_string(i));
  }
  EXPECT_TRUE(messages(old).empty());
  old.slow = false;
  hubs[home_of(old)]->writable(old.session);
  settle();
  Lines expected = of_tea;
  expected.insert(expected.end(), of_tea.begin(), of_tea.end());
  EXPECT_EQ(messages(old), expected) << "a room after the other";
  ann_web.say(tea, "live", 303);
  EXPECT_EQ(messages(old), (Lines{"152 live"}));
}

/// What was said before the room grew is in the inbox: it is shown once, from there.
TEST_F(LargeRooms, AClassicClientThatWasAwayWhileTheRoomGrewIsShownEachMessageOnce) {
  const RoomId tea = room("tea", ann, {bob, cid, dan});
  TestClient& ann_web = online(ann);
  leave(classic(bob));
  ann_web.say(tea, "small", 1);
  const ports::Member eve = member("eve");
  online(eve).ask(protocol::AddGroup{.groupid = tea, .groupname = {}, .id = {}});
  ann_web.say(tea, "large", 2);
  ASSERT_NE(directory.room(zone->id, tea)->large_from, 0U);
  TestClient& old = classic(bob);
  const auto frames = old.take();
  const auto* ack = frames.at(0).get<protocol::ClassicLoginAck>();
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->offlinemsg.size(), 1U);
  EXPECT_EQ(ack->offlinemsg[0].content, "small");
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].get<Chat>()->content, "large");
}

}  // namespace
}  // namespace plaza::chat
