// Sync, history, marks, receipts and conversations.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::HistoryAck;
using protocol::OkReply;
using protocol::SendAck;
using protocol::SyncAck;

class Reading : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob");
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);

  void say(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i)
      ann_web.post(TestClient::chat(bob.id, std::to_string(i), i), i);
    settle();
    ann_web.take();
    bob_web.take();
  }
  static protocol::Sync since(std::uint64_t seq, std::uint32_t limit = 500, std::uint32_t epoch = 0) {
    protocol::Sync sync;
    sync.since = seq;
    sync.limit = limit;
    sync.epoch = epoch;
    return sync;
  }
};

TEST_F(Reading, SyncGivesWhatIsAfterAPositionAndSaysWhetherThereIsMore) {
  set_limits([](Limits& l) { l.member_messages = {}; });
  say(1, 10);
  const auto reply = bob_web.ask(since(3, 4));
  const auto* page = reply.get<SyncAck>();
  ASSERT_TRUE(page);
  EXPECT_EQ(page->head, 10U);
  EXPECT_TRUE(page->more);
  ASSERT_EQ(page->messages.size(), 4U);
  EXPECT_EQ(page->messages.front().seq, 4U);
  EXPECT_EQ(page->messages.back().seq, 7U);
  const auto rest = bob_web.ask(since(7, 4));
  EXPECT_EQ(rest.get<SyncAck>()->messages.size(), 3U);
  EXPECT_FALSE(rest.get<SyncAck>()->more);
  const auto end = bob_web.ask(since(10));
  EXPECT_TRUE(end.get<SyncAck>()->messages.empty());
  EXPECT_FALSE(end.get<SyncAck>()->more);
}

TEST_F(Reading, SyncWithAnotherEpochOrFromATrimmedPlaceSaysTooOld) {
  say(1, 5);
  const auto other = bob_web.ask(since(3, 500, 77));
  EXPECT_TRUE(other.get<SyncAck>()->too_old);
  EXPECT_EQ(other.get<SyncAck>()->messages.front().seq, 1U);
  store.trim({.message_age_max_ms = 0, .inbox_entries_max = 2}, [](auto) {});
  settle();
  const auto trimmed = bob_web.ask(since(1));
  EXPECT_TRUE(trimmed.get<SyncAck>()->too_old);
  EXPECT_EQ(trimmed.get<SyncAck>()->trimmed, 3U);
  ASSERT_EQ(trimmed.get<SyncAck>()->messages.size(), 2U);
  EXPECT_EQ(trimmed.get<SyncAck>()->messages.front().seq, 4U);
  EXPECT_FALSE(bob_web.ask(since(3)).get<SyncAck>()->too_old) << "nothing after that place is missing";
}

TEST_F(Reading, APageEndsAtItsBytesAsTheyAreSentAndTheNextGoesOn) {
  set_limits([](Limits& l) {
    l.member_messages = {};
    l.page_bytes_max = 100'000;
  });
  // 30 bodies of 10,000 bytes that are 60,000 in JSON.
  for (std::uint64_t i = 1; i <= 30; ++i) ann_web.say(bob.id, std::string(10'000, '\x01'), i);
  bob_web.take();
  std::uint64_t at = 0;
  for (int pages = 0; at < 30 && pages < 40; ++pages) {
    const auto reply = bob_web.ask(since(at));
    const auto* page = reply.get<SyncAck>();
    ASSERT_TRUE(page);
    ASSERT_FALSE(page->messages.empty());
    EXPECT_EQ(page->more, page->messages.back().seq < 30);
    EXPECT_EQ(page->messages.front().seq, at + 1);
    at = page->messages.back().seq;
    EXPECT_LE(bob_web.frame_bytes.back(), 101'000U);
  }
  EXPECT_EQ(at, 30U);
  protocol::History history;
  history.of.friendid = ann.id;
  history.limit = 100;
  const auto reply = bob_web.ask(history);
  ASSERT_TRUE(reply.get<HistoryAck>());
  EXPECT_TRUE(reply.get<HistoryAck>()->more);
  EXPECT_LE(bob_web.frame_bytes.back(), 101'000U);
}

TEST_F(Reading, OneEntryIsServedHoweverLargeItIs) {
  set_limits([](Limits& l) { l.page_bytes_max = 1'000; });
  ann_web.say(bob.id, std::string(5'000, 'x'), 1);
  ann_web.say(bob.id, std::string(5'000, 'y'), 2);
  const auto reply = bob_web.ask(since(0));
  EXPECT_EQ(reply.get<SyncAck>()->messages.size(), 1U);
  EXPECT_TRUE(reply.get<SyncAck>()->more);
}

TEST_F(Reading, AListOfConversationsFitsIntoTheOutboundQueueWhateverWasSaidLast) {
  set_limits([](Limits& l) {
    l.member_messages = {};
    l.member_requests = {};
  });
  std::uint64_t n = 0;
  for (int i = 0; i < 30; ++i) ann_web.say(member("m" + std::to_string(i)).id, std::string(30'000, 'x'), ++n);
  std::string after;
  std::size_t seen = 0;
  for (int pages = 0; pages < 40; ++pages) {
    protocol::Conversations ask;
    ask.after = after;
    const auto reply = ann_web.ask(ask);
    const auto* page = reply.get<protocol::ConversationsAck>();
    ASSERT_TRUE(page);
    EXPECT_LT(ann_web.frame_bytes.back(), 256U * 1024)
        << "an answer larger than the queue ends the connection";
    seen += page->conversations.size();
    after = page->after;
    if (!page->more) break;
  }
  EXPECT_EQ(seen, 30U);
}

TEST_F(Reading, HistoryGoesBackwardsFromTheNewestOrFromAPosition) {
  say(1, 5);
  protocol::History history;
  history.of.friendid = ann.id;
  history.limit = 2;
  const auto newest = bob_web.ask(history);
  const auto* page = newest.get<HistoryAck>();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->messages.size(), 2U);
  EXPECT_EQ(page->messages[0].cseq, 5U);
  EXPECT_EQ(page->messages[1].cseq, 4U);
  EXPECT_TRUE(page->more);
  history.before = 2;
  const auto oldest = bob_web.ask(history);
  ASSERT_EQ(oldest.get<HistoryAck>()->messages.size(), 1U);
  EXPECT_EQ(oldest.get<HistoryAck>()->messages[0].cseq, 1U);
  EXPECT_FALSE(oldest.get<HistoryAck>()->more);
}

TEST_F(Reading, AGroupsStreamIsForItsMembers) {
  const RoomId group = room("group", ann);
  EXPECT_TRUE(ann_web.say(group, "x", 1).get<SendAck>());
  protocol::Sync sync;
  sync.of.groupid = group;
  EXPECT_EQ(bob_web.ask(sync).refusal.error, Errno::not_in_group);
  EXPECT_EQ(ann_web.ask(sync).get<SyncAck>()->messages.size(), 1U);
  protocol::History history;
  history.of.groupid = group;
  EXPECT_EQ(bob_web.ask(history).refusal.error, Errno::not_in_group);
  history.of.groupid = RoomId{4711};
  EXPECT_EQ(bob_web.ask(history).refusal.error, Errno::no_such_group);
  history.of.groupid.reset();
  history.of.friendid = MemberId{4711};
  EXPECT_EQ(bob_web.ask(history).refusal.error, Errno::no_such_peer);
}

TEST_F(Reading, TheReceiveCursorNeverGoesBackNorPastTheHead) {
  say(1, 3);
  EXPECT_EQ(bob_web.ask(protocol::Received{.seq = 2}).get<OkReply>()->received, 2U);
  EXPECT_EQ(bob_web.ask(protocol::Received{.seq = 1}).get<OkReply>()->received, 2U);
  EXPECT_EQ(bob_web.ask(protocol::Received{.seq = 99}).get<OkReply>()->received, 3U);
  bob_web.post(protocol::Received{.seq = 3});
  settle();
  EXPECT_TRUE(bob_web.frames.empty()) << "without a rid it is not answered";
}

TEST_F(Reading, MarksGrowAndTheSenderIsTold) {
  say(1, 3);
  protocol::Mark mark;
  mark.of.friendid = ann.id;
  mark.delivered = 3;
  mark.read = 2;
  const auto reply = bob_web.ask(mark);
  EXPECT_EQ(reply.get<OkReply>()->delivered, 3U);
  EXPECT_EQ(reply.get<OkReply>()->read, 2U);
  ASSERT_EQ(ann_web.frames.size(), 1U);
  const auto* receipt = ann_web.frames[0].get<protocol::ReceiptPush>();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->id, bob.id);
  EXPECT_EQ(receipt->friendid, bob.id);
  EXPECT_EQ(receipt->delivered, 3U);
  EXPECT_EQ(receipt->read, 2U);
  ann_web.take();
  mark.delivered = 1;
  mark.read = 1;
  EXPECT_EQ(bob_web.ask(mark).get<OkReply>()->read, 2U);
  EXPECT_TRUE(ann_web.frames.empty()) << "nothing grew: nobody needs to know";
  mark.read = 99;
  EXPECT_EQ(bob_web.ask(mark).get<OkReply>()->read, 3U) << "not past the head";
}

TEST_F(Reading, ReadImpliesDelivered) {
  say(1, 2);
  protocol::Mark mark;
  mark.of.friendid = ann.id;
  mark.read = 2;
  EXPECT_EQ(bob_web.ask(mark).get<OkReply>()->delivered, 2U);
}

TEST_F(Reading, OnesOtherDevicesAreToldOfAMarkUnderThePeersName) {
  say(1, 1);
  TestClient& phone = online(bob, "phone");
  protocol::Mark mark;
  mark.of.friendid = ann.id;
  mark.read = 1;
  bob_web.ask(mark);
  ASSERT_EQ(phone.frames.size(), 1U);
  EXPECT_EQ(phone.frames[0].get<protocol::ReceiptPush>()->id, bob.id);
  EXPECT_EQ(phone.frames[0].get<protocol::ReceiptPush>()->friendid, ann.id);
}

TEST_F(Reading, UnreadCountsFallWithMarksAndWithOnesOwnSends) {
  say(1, 3);
  const auto unread = [&](TestClient& client) {
    const auto reply = client.ask(protocol::Conversations{});
    const auto* list = reply.get<protocol::ConversationsAck>();
    return list && list->conversations.size() == 1 ? list->conversations[0].unread : 999;
  };
  EXPECT_EQ(unread(bob_web), 3U);
  EXPECT_EQ(unread(ann_web), 0U);
  protocol::Mark mark;
  mark.of.friendid = ann.id;
  mark.read = 2;
  bob_web.ask(mark);
  EXPECT_EQ(unread(bob_web), 1U);
  const auto reply = ann_web.ask(protocol::Conversations{});
  const auto& theirs = reply.get<protocol::ConversationsAck>()->conversations.at(0);
  EXPECT_EQ(theirs.their_read, 2U) << "who was away when it was read learns it here";
  EXPECT_EQ(theirs.their_delivered, 2U);
  bob_web.say(ann.id, "answer", 1);
  EXPECT_EQ(unread(bob_web), 0U);
  EXPECT_EQ(unread(ann_web), 1U);
}

TEST_F(Reading, ConversationsShowTheLastMessageAndTheName) {
  say(1, 2);
  const RoomId group = room("chess", ann, {bob});
  ann_web.say(group, "hello group", 3);
  protocol::Mark follow;
  follow.of.groupid = group;
  follow.read = 1;
  bob_web.ask(follow);
  const auto reply = bob_web.ask(protocol::Conversations{});
  const auto* list = reply.get<protocol::ConversationsAck>();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->conversations.size(), 2U);
  EXPECT_EQ(list->conversations[0].friendid, ann.id);
  EXPECT_EQ(list->conversations[0].name, "ann");
  ASSERT_TRUE(list->conversations[0].last);
  EXPECT_EQ(list->conversations[0].last->content, "2");
  EXPECT_EQ(list->conversations[1].groupid, group);
  EXPECT_EQ(list->conversations[1].name, "chess");
  protocol::Conversations wrong;
  wrong.after = "not one of ours";
  EXPECT_EQ(bob_web.ask(wrong).refusal.error, Errno::bad_request);
}

TEST_F(Reading, NobodyCanFillTheStoreWithMarksOfConversationsThatDoNotExist) {
  protocol::Mark mark;
  mark.of.friendid = bob.id;
  mark.read = 5;
  EXPECT_FALSE(ann_web.ask(mark).refused());
  EXPECT_TRUE(
      ann_web.ask(protocol::Conversations{}).get<protocol::ConversationsAck>()->conversations.empty());
}

TEST_F(Reading, AFailureOfTheStoreIsUnavailableAndTheSessionGoesOn) {
  say(1, 1);
  store.fail_commits(1);
  EXPECT_EQ(bob_web.ask(protocol::Received{.seq = 1}).refusal.error, Errno::unavailable);
  EXPECT_FALSE(bob_web.ask(protocol::Received{.seq = 1}).refused());
}

}  // namespace
}  // namespace plaza::chat
