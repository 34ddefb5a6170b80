// A room becomes a large one while people talk in it, come and go: nobody misses a message, and nobody who has gone gets one.
#include <map>
#include <set>

#include "chat/large_rooms_test_support.h"

namespace plaza::chat {
namespace {

using RoomGrowth = LargeRoomsTest;

/// A member's client as the protocol tells it to be: what a room's messages are is decided by cseq, wherever they come from.
struct Reader {
  TestClient* client = nullptr;
  std::map<std::uint64_t, std::string> seen;  ///< by cseq
  int twice = 0;

  void note(const Chat& chat, RoomId room) {
    if (chat.groupid != room) return;
    const auto [at, first] = seen.emplace(chat.cseq, chat.content);
    if (!first) ++twice;
    EXPECT_EQ(at->second, chat.content) << "two messages at one place";
  }
  void read(RoomId room) {
    for (const auto& frame : client->take()) {
      if (const auto* chat = frame.get<Chat>()) note(*chat, room);
    }
  }
};

/// Goal: none of a room's members misses a message or has it in another order, all that was pushed leaves no hole, and everybody learns
/// that the room is large, when joins take the room past the limit while members on several shards talk in it. Method: every place
/// at which the joins can be interrupted by sends, one after the other.
TEST_F(RoomGrowth, ARoomGrowsWhilePeopleTalkAndNobodyMissesAnythingWhereverTheSendsFall) {
  for (int pause = 0; pause < 40; ++pause) {
    const std::string suffix = std::to_string(pause);
    std::vector<ports::Member> people;
    for (int i = 0; i < 6; ++i) people.push_back(member("m" + std::to_string(i) + "x" + suffix));
    const RoomId room = this->room("room" + suffix, people[0], {people[1], people[2], people[3]});
    std::vector<Reader> readers(people.size());
    for (std::size_t i = 0; i < people.size(); ++i) readers[i].client = &online(people[i]);
    std::vector<std::uint64_t> send_ids(people.size(), 0);
    const auto all_say = [&](std::size_t talkers) {
      for (std::size_t i = 0; i < talkers; ++i)
        readers[i].client->post(TestClient::chat(room, people[i].nickname, ++send_ids[i]), 500 + send_ids[i]);
    };
    all_say(4);
    settle();
    for (const std::size_t joiner : {4U, 5U})
      readers[joiner].client->post(protocol::AddGroup{.groupid = room, .groupname = {}, .id = {}}, 77);
    for (int step = 0; step < pause; ++step) {
      executor.step();
      if (step % 3 == 0) {
        for (auto& hub : hubs) {
          hub->end_of_turn();
          static_cast<void>(hub->run(1));
        }
        store.step();
      }
      if (step % 4 == 1) all_say(4);
    }
    all_say(4);
    settle();
    all_say(6);
    settle();
    EXPECT_NE(directory.room(zone->id, room)->large_from, 0U);
    const auto head = readers[0].client->ask(
        protocol::Sync{.of = {.friendid = {}, .groupid = room}, .since = 0});
    const std::uint64_t newest = head.get<SyncAck>()->head;
    ASSERT_GT(newest, 8U);
    for (std::size_t i = 0; i < people.size(); ++i) {
      Reader& reader = readers[i];
      std::set<std::uint64_t> own;
      bool knows_large = false;
      for (const auto& frame : reader.client->frames) {
        if (const auto* ack = frame.get<SendAck>()) own.insert(ack->cseq);
        if (const auto* joined = frame.get<protocol::AddGroupAck>()) {
          ASSERT_GE(i, 4U);
          knows_large = knows_large || joined->large.has_value();
          if (joined->large) EXPECT_GT(joined->large->read, 0U);
        }
        const auto* chat = frame.get<Chat>();
        const bool grown = chat && chat->seq != 0 && chat->content.find("\"grown\"") != std::string::npos;
        knows_large = knows_large || grown;
      }
      EXPECT_TRUE(knows_large) << "pause " << pause << " reader " << i;
      reader.read(room);
      for (const std::uint64_t cseq : own) reader.seen.emplace(cseq, people[i].nickname);
      EXPECT_EQ(reader.twice, 0) << "pushed twice, pause " << pause << " reader " << i;
      const std::uint64_t first = reader.seen.begin()->first;
      EXPECT_EQ(reader.seen.rbegin()->first, newest) << "pause " << pause << " reader " << i;
      EXPECT_EQ(reader.seen.size(), newest - first + 1) << "a hole, pause " << pause << " reader " << i;
      if (i < 4) EXPECT_EQ(first, 1U);
    }
    for (Reader& reader : readers) leave(*reader.client);
  }
}

/// One who enters between the moment at which those who are there begin to follow and the one at which the directory says that
/// the room is large.
TEST_F(RoomGrowth, OneWhoEntersWhileTheRoomGrowsFollowsIt) {
  const RoomId tea = room("tea", ann, {bob, cid, dan});
  TestClient& ann_web = online(ann);
  const ports::Member eve = member("eve");
  ASSERT_TRUE(
      directory.change(zone->id, ports::ServerActor{}, tea, ports::change::Add{eve.id}, clock.wall_ms()));
  router.events().recover();
  turn();
  executor.hold_jobs = true;  // what is to be told to the directory
  while (store.step()) turn();
  ASSERT_EQ(directory.room(zone->id, tea)->large_from, 0U);
  directory.set_remembering(true);
  TestClient& bob_web = online(bob);
  executor.hold_jobs = false;
  settle();
  ASSERT_NE(directory.room(zone->id, tea)->large_from, 0U);
  bob_web.take();
  const auto reply = ann_web.say(tea, "hello", 1);
  ASSERT_EQ(reply.get<SendAck>()->seq, 0U) << "the room's alone";
  ASSERT_EQ(bob_web.frames.size(), 1U);
  EXPECT_EQ(bob_web.frames[0].get<Chat>()->content, "hello");
}

TEST_F(RoomGrowth, TheEventOfGrowingIsInEveryInboxAndItsPlaceIsWhereTheRoomBeginsToBeLarge) {
  const RoomId tea = room("tea", ann, {bob, cid, dan});
  TestClient& bob_web = online(bob);
  const ports::Member eve = member("eve");
  TestClient& eve_web = online(eve);
  eve_web.ask(protocol::AddGroup{.groupid = tea, .groupname = {}, .id = {}});
  settle();
  std::uint64_t grown = 0;
  for (const auto& frame : bob_web.take()) {
    const auto* chat = frame.get<Chat>();
    if (chat && chat->content.find("\"grown\"") != std::string::npos) {
      EXPECT_NE(chat->seq, 0U) << "in the inbox";
      EXPECT_EQ(chat->kind, 4U);
      grown = chat->cseq;
    }
  }
  EXPECT_EQ(directory.room(zone->id, tea)->large_from, grown);
  const std::uint64_t inbox = bob_web.ask(protocol::Sync{}).get<SyncAck>()->head;
  eve_web.say(tea, "first of the large room", 1);
  EXPECT_EQ(bob_web.ask(protocol::Sync{}).get<SyncAck>()->head, inbox);
  EXPECT_EQ(messages(bob_web), (Lines{std::to_string(grown + 1) + " first of the large room"}));
}

// ---- what comes in another order than it was made -------------------------------------------------

TEST_F(RoomGrowth, OneWhoEntersAfterOthersHaveLeftWhileTheRoomGrowsFollowsItAllTheSame) {
  const RoomId tea = room("tea", ann, {bob, cid, dan});
  TestClient& ann_web = online(ann);
  const ports::Member eve = member("eve");
  ASSERT_TRUE(
      directory.change(zone->id, ports::ServerActor{}, tea, ports::change::Add{eve.id}, clock.wall_ms()));
  router.events().recover();
  turn();
  executor.hold_jobs = true;  // what is to be told to the directory
  while (store.step()) turn();
  for (const MemberId gone : {cid.id, dan.id})
    ASSERT_TRUE(directory.change(zone->id, gone, tea, ports::change::Leave{}, clock.wall_ms()));
  ASSERT_EQ(directory.room(zone->id, tea)->large_from, 0U);
  ASSERT_LT(directory.room(zone->id, tea)->members, kFanoutMax);
  directory.set_remembering(true);
  TestClient& bob_web = connect(bob, "web");
  const auto* ack = bob_web.frames.at(0).get<protocol::EnterAck>();
  ASSERT_TRUE(ack);
  EXPECT_TRUE(ack->groups.at(0).large) << "whoever reads only its inbox from now on would miss what follows";
  bob_web.ask(protocol::Ready{});
  executor.hold_jobs = false;
  settle();
  ASSERT_NE(directory.room(zone->id, tea)->large_from, 0U);
  bob_web.take();
  ann_web.say(tea, "hello", 1);
  EXPECT_EQ(messages(bob_web).size(), 1U);
}

/// Its list of rooms was read before.
TEST_F(RoomGrowth, OneWhoWentWhileItWasEnteringIsPushedNothing) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  executor.hold_jobs = true;
  TestClient& bob_web = connect(bob, "web");
  ASSERT_EQ(bob_web.session.state, SessionState::entering);
  news(bob, tea, ports::RoomMove::went, 1);
  executor.hold_jobs = false;
  settle();
  bob_web.ask(protocol::Ready{});
  bob_web.take();
  ann_web.say(tea, "not for bob", 1);
  EXPECT_TRUE(messages(bob_web).empty());
}

TEST_F(RoomGrowth, NewsOfComingAndGoingThatArriveInTheOtherOrderMoveNobody) {
  const RoomId tea = large_room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  news(bob, tea, ports::RoomMove::came, 2);
  news(bob, tea, ports::RoomMove::went, 1);
  ann_web.say(tea, "for bob", 1);
  EXPECT_EQ(messages(bob_web).size(), 1U);
  news(bob, tea, ports::RoomMove::went, 4);
  news(bob, tea, ports::RoomMove::came, 3);
  ann_web.say(tea, "not for bob", 2);
  EXPECT_TRUE(messages(bob_web).empty());
}

TEST_F(RoomGrowth, OneWhoWentAfterItWasDecidedThatTheRoomGrowsIsPushedNothing) {
  const RoomId tea = room("tea", ann, {bob, cid, dan});
  TestClient& bob_web = online(bob);
  const std::uint64_t version = directory.room(zone->id, tea)->version + 1;
  news(bob, tea, ports::RoomMove::went, 2);
  hubs[home(bob.id)]->large_rooms().grown({.room = tea, .version = version, .cseq = 5}, {ann.id, bob.id});
  EXPECT_TRUE(bob_web.session.large_rooms.empty());
  hubs[home(bob.id)]->large_rooms().grown({.room = tea, .version = version + 2, .cseq = 5}, {ann.id, bob.id});
  EXPECT_EQ(bob_web.session.large_rooms.size(), 1U);
}

TEST_F(RoomGrowth, OfAMembersMovesTheNewestAreRemembered) {
  TestClient& bob_web = online(bob);
  const auto& moves = bob_web.session.member->moves;
  for (std::uint64_t i = 1; i <= chat::LargeRooms::kMovesMax + 1; ++i)
    news(bob, RoomId{i}, ports::RoomMove::went, 1);
  ASSERT_EQ(moves.size(), chat::LargeRooms::kMovesMax);
  EXPECT_EQ(moves.front().room, RoomId{2});
  news(bob, RoomId{2}, ports::RoomMove::came, 2);
  ASSERT_EQ(moves.size(), chat::LargeRooms::kMovesMax);
  EXPECT_EQ(moves.back().room, RoomId{2}) << "a room is there once";
}

/// What a shard has taken for a room and not given to the store yet was for those who were in it before.
TEST_F(RoomGrowth, WhatWasTakenBeforeSomebodyJoinedStandsBeforeTheJoining) {
  const RoomId tea = room("tea", ann, {bob});
  TestClient& ann_web = online(ann);
  TestClient& cid_web = online(cid);
  ann_web.say(tea, "1", 1);
  ann_web.post(TestClient::chat(tea, "2", 2), 50);
  cid_web.post(protocol::AddGroup{.groupid = tea, .groupname = {}, .id = {}}, 51);
  run_tasks();
  settle();
  ann_web.say(tea, "3", 3);
  std::uint64_t last = 0;
  for (const auto& frame : cid_web.take()) {
    const auto* chat = frame.get<Chat>();
    if (!chat) continue;
    if (last != 0) EXPECT_EQ(chat->cseq, last + 1) << "a hole";
    last = chat->cseq;
  }
  EXPECT_EQ(last, 4U);
}

// ---- what is listed -------------------------------------------------------------------------------

TEST_F(RoomGrowth, WhatIsUnreadIsCountedInRoomsOfBothKinds) {
  TestClient& ann_web = online(ann);
  const auto made = ann_web.ask(protocol::CreateGroup{.groupname = "tea", .groupdesc = {}, .id = {}});
  const RoomId tea = made.get<protocol::CreateGroupAck>()->groupid;
  const auto joins = [&](const ports::Member& who) -> TestClient& {
    TestClient& client = online(who);
    client.ask(protocol::AddGroup{.groupid = tea, .groupname = {}, .id = {}});
    return client;
  };
  TestClient& bob_web = joins(bob);
  joins(cid);
  joins(dan);
  ann_web.say(tea, "small", 1);
  TestClient& eve_web = joins(member("eve"));
  settle();
  ASSERT_NE(directory.room(zone->id, tea)->large_from, 0U);
  ann_web.say(tea, "large", 2);
  ann_web.say(tea, "larger", 3);
  const auto unread = [&](TestClient& client) {
    const auto listed = client.ask(protocol::Conversations{});
    const auto& all = listed.get<protocol::ConversationsAck>()->conversations;
    return all.size() == 1 ? all.front().unread : 1000;
  };
  EXPECT_EQ(unread(ann_web), 0U);
  EXPECT_EQ(unread(bob_web), 7U) << "two joinings, one said, a joining that made it grow, two said";
  EXPECT_EQ(unread(eve_web), 2U) << "what came after its joining";
  protocol::Mark read;
  read.of.groupid = tea;
  read.read = 8;
  bob_web.ask(read);
  EXPECT_EQ(unread(bob_web), 1U);
}

}  // namespace
}  // namespace plaza::chat
