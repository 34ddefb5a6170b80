// From the store to the clients: who gets what, in which order, and what happens to one who reads too slowly.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::Msg;
using protocol::SendAck;
using protocol::SyncAck;
using Lines = std::vector<std::string>;

class Delivering : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob"), cid = member("cid");

  std::string line(std::uint64_t seq, const ports::Member& sender, const std::string& text) const {
    return std::to_string(seq) + " " + std::to_string(sender.id.value) + " " + text;
  }
  /// A full client that has every message of its inbox by push or sync from `since` on.
  Lines synced(TestClient& client, std::uint64_t since) {
    protocol::Sync sync;
    sync.since = since;
    Lines lines;
    const auto reply = client.ask(sync);
    for (const auto& chat : reply.get<SyncAck>()->messages) {
      lines.push_back(std::to_string(chat.seq) + " " + std::to_string(chat.id.value) + " " + chat.content);
    }
    return lines;
  }
};

TEST_F(Delivering, APeerGetsTheMessageWithItsPlaceInTheInboxAndInTheConversation) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "hello", 1);
  ASSERT_EQ(bob_web.frames.size(), 1U);
  const auto* chat = bob_web.frames[0].get<protocol::Chat>();
  ASSERT_TRUE(chat);
  EXPECT_EQ(bob_web.frames[0].msgid, Msg::one_chat);
  EXPECT_EQ(chat->id, ann.id);
  EXPECT_EQ(chat->name, "ann");
  EXPECT_EQ(chat->toid, bob.id);
  EXPECT_EQ(chat->content, "hello");
  EXPECT_EQ(chat->seq, 1U);
  EXPECT_EQ(chat->cseq, 1U);
  EXPECT_EQ(chat->send_id, 0U) << "only the sender sees it";
  EXPECT_TRUE(chat->device.empty());
}

TEST_F(Delivering, TheSendersOtherDevicesGetACopyAndTheSendingOneItsAck) {
  TestClient& web = online(ann, "web");
  TestClient& phone = online(ann, "phone");
  online(bob);
  web.say(bob.id, "hello", 1);
  EXPECT_TRUE(web.frames.empty()) << "the ack is its entry";
  ASSERT_EQ(phone.frames.size(), 1U);
  const auto* copy = phone.frames[0].get<protocol::Chat>();
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->send_id, 1U);
  EXPECT_EQ(copy->device, "web");
  EXPECT_EQ(copy->toid, bob.id);
}

TEST_F(Delivering, AcksAndPushesOfASessionStandInTheOrderOfItsInbox) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "0", 1);
  bob_web.say(ann.id, "1", 1);
  ann_web.take();
  for (std::uint64_t i = 2; i < 6; ++i) {
    ann_web.post(TestClient::chat(bob.id, "a", i), i);
    bob_web.post(TestClient::chat(ann.id, "b", i), i);
  }
  settle();
  std::uint64_t expected = 3;
  for (const auto& frame : ann_web.frames) {
    const auto* ack = frame.get<SendAck>();
    const auto* chat = frame.get<protocol::Chat>();
    ASSERT_TRUE(ack || chat);
    EXPECT_EQ(ack ? ack->seq : chat->seq, expected++);
  }
  EXPECT_EQ(expected, 11U);
}

TEST_F(Delivering, AMessageToOneselfIsOneEntry) {
  TestClient& web = online(ann, "web");
  TestClient& phone = online(ann, "phone");
  const auto reply = web.say(ann.id, "note", 1);
  EXPECT_EQ(reply.get<SendAck>()->seq, 1U);
  EXPECT_EQ(phone.take_messages(), Lines{line(1, ann, "note")});
  EXPECT_EQ(synced(web, 0), Lines{line(1, ann, "note")});
}

TEST_F(Delivering, EveryMemberOfAGroupGetsItOnceAndInOneOrder) {
  const RoomId group = room("group", ann, {bob, cid});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& cid_web = online(cid);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ann_web.post(TestClient::chat(group, "a" + std::to_string(i), i), i);
    bob_web.post(TestClient::chat(group, "b" + std::to_string(i), i), i);
  }
  settle();
  const Lines all = cid_web.take_messages();
  EXPECT_EQ(all.size(), 6U);
  EXPECT_EQ(synced(ann_web, 0), all);
  EXPECT_EQ(synced(bob_web, 0), all);
}

TEST_F(Delivering, NothingIsPushedBeforeReady) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = connect(bob, "web");
  bob_web.take();
  ann_web.say(bob.id, "early", 1);
  EXPECT_TRUE(bob_web.frames.empty());
  const auto ready = bob_web.ask(protocol::Ready{});
  EXPECT_EQ(ready.get<protocol::ReadyAck>()->head, 1U) << "what is up to here has to be synced";
  EXPECT_TRUE(bob_web.frames.empty());
  ann_web.say(bob.id, "late", 2);
  EXPECT_EQ(bob_web.take_messages(), Lines{line(2, ann, "late")});
}

TEST_F(Delivering, OneWhoReadsTooSlowlyIsToldTheHeadOnceAndSyncsBackToPush) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "1", 1);
  bob_web.take();
  bob_web.slow = true;
  for (std::uint64_t i = 2; i <= 4; ++i) ann_web.say(bob.id, std::to_string(i), i);
  ASSERT_EQ(bob_web.frames.size(), 1U) << "one word about the head, whatever comes after it";
  const auto* head = bob_web.frames[0].get<protocol::HeadPush>();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->head, 2U);
  bob_web.take();
  bob_web.slow = false;
  EXPECT_EQ(synced(bob_web, 1), (Lines{line(2, ann, "2"), line(3, ann, "3"), line(4, ann, "4")}));
  EXPECT_FALSE(bob_web.session.pulling);
  ann_web.say(bob.id, "5", 5);
  EXPECT_EQ(bob_web.take_messages(), Lines{line(5, ann, "5")});
}

TEST_F(Delivering, NothingIsPushedBetweenHeadAndSyncAlsoWhenThereIsRoomAgain) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& bob_phone = online(bob, "phone");
  ann_web.say(bob.id, "1", 1);
  bob_web.take();
  bob_web.slow = true;
  ann_web.say(bob.id, "2", 2);
  ASSERT_EQ(bob_web.frames.size(), 1U);
  EXPECT_TRUE(bob_web.frames[0].get<protocol::HeadPush>());
  bob_web.take();
  bob_web.slow = false;
  hubs[home_of(bob_web)]->writable(bob_web.session);
  settle();
  bob_phone.say(ann.id, "3", 1);
  ann_web.say(bob.id, "4", 3);
  hubs[home_of(bob_web)]->writable(bob_web.session);
  settle();
  EXPECT_TRUE(bob_web.frames.empty()) << "it was told the head, and reads for itself";
  EXPECT_EQ(synced(bob_web, 1), (Lines{line(2, ann, "2"), line(3, bob, "3"), line(4, ann, "4")}));
  ann_web.say(bob.id, "5", 4);
  EXPECT_EQ(bob_web.take_messages(), Lines{line(5, ann, "5")});
}

TEST_F(Delivering, WhatIsCommittedWhileASlowReaderSyncsIsToldToIt) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "1", 1);
  bob_web.take();
  bob_web.slow = true;
  ann_web.say(bob.id, "2", 2);
  bob_web.take();
  bob_web.slow = false;
  // The page is read, and before it is answered one more message is committed.
  protocol::Sync sync;
  sync.since = 1;
  bob_web.post(sync, 5);
  store.step();
  ann_web.post(TestClient::chat(bob.id, "3", 3), 3);
  turn();
  store.step();
  settle();
  bool told = !bob_web.session.pulling;
  for (const auto& frame : bob_web.frames) {
    if (const auto* head = frame.get<protocol::HeadPush>()) told = told || head->head == 3;
  }
  EXPECT_TRUE(told);
  if (bob_web.session.pulling) {
    bob_web.take();
    EXPECT_EQ(synced(bob_web, 2), Lines{line(3, ann, "3")});
  }
  EXPECT_FALSE(bob_web.session.pulling);
}

TEST_F(Delivering, ASlowReaderDoesNotHoldUpTheOthers) {
  const RoomId group = room("group", ann, {bob, cid});
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& cid_web = online(cid);
  bob_web.slow = true;
  ann_web.say(group, "hello", 1);
  EXPECT_EQ(cid_web.take_messages(), Lines{line(1, ann, "hello")});
  EXPECT_TRUE(bob_web.session.pulling);
}

TEST_F(Delivering, AnAckToASessionThatIsGoneGoesNowhere) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "so that bob is known", 1);
  ann_web.post(TestClient::chat(bob.id, "last words", 2), 9);
  turn();
  hubs[home_of(ann_web)]->leave(ann_web.session);
  settle();
  EXPECT_TRUE(ann_web.frames.empty());
  EXPECT_EQ(bob_web.take_messages().back(), line(2, ann, "last words"));
}

TEST_F(Delivering, AnAckDoesNotReachAnotherMemberThatLoggedInOnTheSameConnection) {
  TestClient& first = online(ann);
  online(bob);
  first.say(bob.id, "so that bob is known", 1);
  for (std::uint64_t i = 2; i <= 5; ++i) first.post(TestClient::chat(bob.id, "late", i), i);
  turn();
  // One whose home is this shard too, and whom bob has blocked.
  ports::Member other = cid;
  for (int i = 0; home(other.id) != home(ann.id); ++i) other = member("other" + std::to_string(i));
  ASSERT_TRUE(directory.set_blocked(zone->id, bob.id, other.id, true).has_value());
  log_in_again(first, other, "web");
  settle();
  ASSERT_EQ(first.session.state, SessionState::entered);
  for (const auto& frame : first.take()) EXPECT_FALSE(frame.get<SendAck>()) << "of the member before";
  EXPECT_EQ(first.say(bob.id, "first of this one", 1).refusal.error, protocol::Errno::not_permitted);
}

TEST_F(Delivering, AnAckDoesNotReachALaterLoginOfTheSameMemberOnTheSameConnection) {
  TestClient& web = online(ann);
  online(bob);
  web.say(bob.id, "so that bob is known", 1);
  web.post(TestClient::chat(bob.id, "late", 2), 2);
  turn();
  log_in_again(web, ann, "web");
  settle();
  ASSERT_EQ(web.session.state, SessionState::entered);
  for (const auto& frame : web.take()) {
    EXPECT_FALSE(frame.get<SendAck>()) << "of the login before";
    if (const auto* ack = frame.get<protocol::EnterAck>()) EXPECT_EQ(ack->last_send_id, 2U);
  }
  EXPECT_TRUE(web.say(bob.id, "late", 2).get<SendAck>()->dup);
}

TEST_F(Delivering, ADuplicateIsAnsweredAndPushedToNobody) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "once", 1);
  bob_web.take();
  EXPECT_TRUE(ann_web.say(bob.id, "once", 1).get<SendAck>()->dup);
  EXPECT_TRUE(bob_web.frames.empty());
}

TEST_F(Delivering, AHeartbeatCarriesTheHead) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "1", 1);
  bob_web.take();
  const auto answer = bob_web.ask(protocol::Heartbeat{});
  ASSERT_TRUE(answer.get<protocol::HeartbeatAck>());
  EXPECT_EQ(answer.get<protocol::HeartbeatAck>()->head, 1U);
  hubs[home_of(bob_web)]->heartbeat(bob_web.session);
  ASSERT_EQ(bob_web.frames.size(), 1U);
  EXPECT_EQ(bob_web.frames[0].get<protocol::HeartbeatPush>()->head, 1U);
}

TEST_F(Delivering, IsDoneInPiecesAndNothingIsLeftOut) {
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  ann_web.say(bob.id, "known", 1);
  bob_web.take();
  for (std::uint64_t i = 2; i <= 20; ++i) ann_web.post(TestClient::chat(bob.id, "x", i), i);
  executor.step();
  for (auto& hub : hubs) hub->end_of_turn();
  store.step();
  while (executor.step()) {}
  Hub& hub = *hubs[home_of(bob_web)];
  std::size_t turns = 1;
  while (hub.run(3)) ++turns;
  EXPECT_GE(turns, 19U / 3);
  EXPECT_EQ(bob_web.take_messages().size(), 19U);
}

}  // namespace
}  // namespace plaza::chat
