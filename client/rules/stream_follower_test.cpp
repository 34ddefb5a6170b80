#include "client/rules/stream_follower.h"

#include <gtest/gtest.h>

namespace plaza::client {
namespace {

struct Reader {
  explicit Reader(FollowLimits limits = {}, std::uint64_t position = 0) : stream(limits, 1) {
    stream.start(1, position);
    stream.open(1, position);
  }
  static Message entry(std::uint64_t seq, std::uint32_t epoch = 1) { return {.epoch = epoch, .seq = seq}; }
  static std::vector<Message> entries(std::uint64_t from, std::uint64_t to, std::uint32_t epoch = 1) {
    std::vector<Message> list;
    for (; from <= to; ++from) list.push_back(entry(from, epoch));
    return list;
  }
  /// "1 2 gap(3-5) 6": what the application gets now.
  std::string delivered() {
    std::string text;
    for (const auto& item : stream.take_delivered()) {
      if (!text.empty()) text += " ";
      if (item.gap) {
        text += "gap(" + std::to_string(item.gap->from) + "-" + std::to_string(item.gap->to) + ")";
        if (item.gap->epoch != item.gap->old_epoch) text += "epoch" + std::to_string(item.gap->epoch);
      } else {
        text += std::to_string(item.message->seq);
      }
    }
    return text;
  }
  /// The sync that goes out now, as "since"; empty for none.
  std::string poll() {
    std::vector<SyncFrame> frames;
    stream.poll(now, rid, frames);
    if (frames.empty()) return "";
    sync = frames.at(0);
    EXPECT_EQ(frames.size(), 1U);
    return std::to_string(sync.since);
  }
  void page(std::vector<Message> messages, std::uint64_t head, bool more = false, std::uint32_t epoch = 1,
            bool too_old = false) {
    stream.page({.rid = sync.rid,
                 .epoch = epoch,
                 .head = head,
                 .too_old = too_old,
                 .more = more,
                 .messages = std::move(messages)},
                now);
  }

  StreamFollower stream;
  std::int64_t now = 0;
  std::uint64_t rid = 1;
  SyncFrame sync;
};

TEST(StreamFollower, PushesInOrderAreDeliveredWithoutASync) {
  Reader r;
  r.stream.push(Reader::entry(1));
  r.stream.push(Reader::entry(2));
  EXPECT_EQ(r.delivered(), "1 2");
  EXPECT_EQ(r.poll(), "");
}

TEST(StreamFollower, ADoubledPushIsDroppedOnce) {
  Reader r;
  r.stream.push(Reader::entry(1));
  r.stream.push(Reader::entry(1));
  r.stream.push(Reader::entry(2));
  r.stream.push(Reader::entry(1));
  EXPECT_EQ(r.delivered(), "1 2");
}

TEST(StreamFollower, AJumpIsHeldBackUntilTheSyncFillsTheHole) {
  Reader r;
  r.stream.push(Reader::entry(1));
  r.stream.push(Reader::entry(4));
  EXPECT_EQ(r.delivered(), "1");
  EXPECT_EQ(r.poll(), "1");
  EXPECT_EQ(r.poll(), "");  // one sync at a time
  r.page(Reader::entries(2, 3), 4);
  EXPECT_EQ(r.delivered(), "2 3 4");
  EXPECT_EQ(r.poll(), "");
}

TEST(StreamFollower, AHeartbeatWhoseHeadIsAheadStartsASync) {
  Reader r;
  r.stream.head(1, 0);
  EXPECT_EQ(r.poll(), "");
  r.stream.head(1, 2);
  EXPECT_EQ(r.poll(), "0");
  r.page(Reader::entries(1, 2), 2);
  EXPECT_EQ(r.delivered(), "1 2");
}

TEST(StreamFollower, ALatePageAndPushesThatOvertookItGiveEveryPositionOnce) {
  Reader r;
  r.stream.head(1, 3);
  EXPECT_EQ(r.poll(), "0");
  r.stream.push(Reader::entry(1));
  r.stream.push(Reader::entry(2));
  r.page(Reader::entries(1, 3), 3);
  r.stream.push(Reader::entry(3));
  EXPECT_EQ(r.delivered(), "1 2 3");
}

TEST(StreamFollower, PagesAreAskedForUntilTheHeadIsReached) {
  Reader r;
  r.stream.head(1, 5);
  EXPECT_EQ(r.poll(), "0");
  r.page(Reader::entries(1, 2), 5, true);
  EXPECT_EQ(r.poll(), "2");
  r.page(Reader::entries(3, 4), 5, true);
  EXPECT_EQ(r.poll(), "4");
  r.page(Reader::entries(5, 5), 5);
  EXPECT_EQ(r.delivered(), "1 2 3 4 5");
  EXPECT_EQ(r.poll(), "");
}

TEST(StreamFollower, TrimmedEntriesAreReportedAsAGapNeverSkippedInSilence) {
  Reader r;
  r.stream.head(1, 9);
  EXPECT_EQ(r.poll(), "0");
  r.page(Reader::entries(8, 9), 9, false, 1, true);
  EXPECT_EQ(r.delivered(), "gap(1-7) 8 9");
}

TEST(StreamFollower, AnotherEpochIsReportedAndReadFromWhereTheServerSays) {
  Reader r({}, 40);
  r.stream.push(Reader::entry(1, 2));
  EXPECT_EQ(r.delivered(), "");
  EXPECT_EQ(r.poll(), "40");
  EXPECT_EQ(r.sync.epoch, 1U);
  r.page(Reader::entries(1, 2, 2), 2, false, 2, true);
  EXPECT_EQ(r.delivered(), "gap(41-0)epoch2 1 2");
  EXPECT_EQ(r.stream.epoch(), 2U);
}

// A server was put back to a copy of its data in which position 41 does not exist, and gives it a second time.
TEST(StreamFollower, AServerThatLostEntriesIsReadAgainFromWhereItSays) {
  Reader r({}, 41);
  r.stream.disconnected();
  r.stream.open(1, 40);
  EXPECT_TRUE(r.stream.behind()) << "it has to ask";
  EXPECT_EQ(r.poll(), "41");
  r.page(Reader::entries(1, 30), 40, true, 1, true);
  EXPECT_EQ(r.delivered().substr(0, 15), "gap(42-0) 1 2 3");
  EXPECT_EQ(r.poll(), "30");
  r.page(Reader::entries(31, 40), 40);
  EXPECT_EQ(r.stream.position(), 40U);
  EXPECT_EQ(r.poll(), "");
  r.delivered();
  r.stream.push(Reader::entry(41));
  EXPECT_EQ(r.delivered(), "41") << "another one than the 41 that was lost";
}

TEST(StreamFollower, AServerWhoseViewLagsBehindIsAskedOnceAndNothingHappens) {
  Reader r({}, 6);
  r.stream.disconnected();
  r.stream.open(1, 5);
  EXPECT_EQ(r.poll(), "6");
  r.page({}, 6);
  EXPECT_EQ(r.delivered(), "");
  EXPECT_FALSE(r.stream.behind());
  EXPECT_EQ(r.poll(), "");
}

TEST(StreamFollower, APushThatWasTakenForAnOldOneBeforeTheRestartWasKnownIsReadAfterIt) {
  Reader r({}, 6);
  r.stream.disconnected();
  r.stream.open(1, 5);
  EXPECT_EQ(r.poll(), "6");
  r.stream.push(Reader::entry(6));  // written after the page below was read
  EXPECT_EQ(r.delivered(), "");
  r.page(Reader::entries(1, 5), 5, false, 1, true);
  EXPECT_EQ(r.delivered(), "gap(7-0) 1 2 3 4 5");
  EXPECT_EQ(r.poll(), "5");
  r.page(Reader::entries(6, 6), 6);
  EXPECT_EQ(r.delivered(), "6");
  EXPECT_EQ(r.poll(), "");
}

TEST(StreamFollower, PushesThatOvertakeAPageOfTrimmedEntriesAreNoRestart) {
  Reader r({}, 3);
  r.stream.head(1, 9);
  EXPECT_EQ(r.poll(), "3");
  r.stream.push(Reader::entry(4));
  r.page(Reader::entries(5, 9), 9, false, 1, true);
  EXPECT_EQ(r.delivered(), "4 5 6 7 8 9");
}

TEST(StreamFollower, AnEmptyStreamOfAnotherEpochStartsAtItsHead) {
  Reader r({}, 40);
  r.stream.head(2, 0);
  EXPECT_EQ(r.poll(), "40");
  r.page({}, 0, false, 2, true);
  EXPECT_EQ(r.delivered(), "gap(41-0)epoch2");
  EXPECT_EQ(r.stream.position(), 0U);
  EXPECT_EQ(r.poll(), "");
}

TEST(StreamFollower, HoldsABoundedNumberOfPushesBehindAHoleAndSyncsTheRest) {
  Reader r({.held_max = 2});
  for (std::uint64_t seq = 2; seq <= 6; ++seq) r.stream.push(Reader::entry(seq));
  EXPECT_EQ(r.poll(), "0");
  r.page(Reader::entries(1, 1), 1);
  EXPECT_EQ(r.delivered(), "1 2 3");
  EXPECT_EQ(r.poll(), "3");
}

TEST(StreamFollower, AFailedSyncIsRepeatedAfterTheDelay) {
  Reader r;
  r.stream.head(1, 1);
  r.poll();
  r.stream.page_failed(r.sync.rid, 500, 0);
  EXPECT_EQ(r.poll(), "");
  ASSERT_TRUE(r.stream.next_wake_ms());
  EXPECT_GE(*r.stream.next_wake_ms(), 500);
  r.now = *r.stream.next_wake_ms();
  EXPECT_EQ(r.poll(), "0");
}

TEST(StreamFollower, AnUnansweredSyncIsRepeatedAfterTheTimeout) {
  Reader r({.sync_timeout_ms = 1000});
  r.stream.head(1, 1);
  EXPECT_EQ(r.poll(), "0");
  r.now = 999;
  EXPECT_EQ(r.poll(), "");
  r.now = 1000;
  EXPECT_EQ(r.poll(), "0");
}

TEST(StreamFollower, AfterAReconnectOnlyWhatIsMissingIsRead) {
  Reader r;
  r.stream.push(Reader::entry(1));
  r.stream.disconnected();
  EXPECT_EQ(r.poll(), "");
  r.stream.open(1, 3);
  EXPECT_EQ(r.poll(), "1");
  r.page(Reader::entries(2, 3), 3);
  EXPECT_EQ(r.delivered(), "1 2 3");
}

TEST(StreamFollower, AServerThatPromisesMoreAndGivesNothingIsNotAskedInALoop) {
  Reader r;
  r.stream.head(1, 5);
  int syncs = 0;
  for (int i = 0; i < 100; ++i) {
    if (!r.poll().empty()) ++syncs;
    r.page({}, 5, true);
  }
  EXPECT_LT(syncs, 5);
}

TEST(StreamFollower, APageOfAnotherConnectionNeverMovesThePositionBackOrAcrossAHole) {
  Reader r;
  r.stream.page({.rid = 77, .epoch = 1, .head = 9, .too_old = true, .messages = Reader::entries(5, 9)}, 0);
  r.stream.page({.rid = 77, .epoch = 2, .head = 9, .messages = Reader::entries(1, 2, 2)}, 0);
  EXPECT_EQ(r.delivered(), "");
  EXPECT_EQ(r.stream.position(), 0U);
}

}  // namespace
}  // namespace plaza::client
