#include "streams/group_commit.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

#include "streams/index_flush.h"

namespace plaza::streams {
namespace {

using ports::Append;
using ports::AppendCode;
using ports::Marks;
using ports::StreamId;

/// Stored tables as maps: what an index flush writes is what is loaded later.
class Tables final : public StateSource, public IndexRows {
 public:
  struct Row {
    std::uint64_t head = 0;
    std::map<std::uint64_t, std::uint64_t> entries;
  };
  std::map<StreamId, Row> streams;
  std::map<std::pair<MemberId, std::string>, std::uint64_t> senders;
  std::map<std::pair<MemberId, StreamId>, MarkState> marks;
  std::map<ZoneId, std::uint64_t> zone_bytes;
  std::map<std::uint64_t, ports::MessagePtr> messages;
  std::uint64_t indexed_upto = 0;
  bool fails = false;
  int loads = 0;

  bool load(StreamState& stream) override {
    ++loads;
    if (const auto found = streams.find(stream.id); found != streams.end()) stream.head = found->second.head;
    return !fails;
  }
  bool load(SenderState& sender) override {
    if (const auto found = senders.find({sender.member, sender.device}); found != senders.end()) {
      sender.last_send_id = found->second;
    }
    return !fails;
  }
  bool load(MarkState& mark) override {
    if (const auto found = marks.find({mark.member, mark.stream}); found != marks.end()) {
      mark.marks = found->second.marks;
      mark.listing = found->second.listing;
      mark.removed_at = found->second.removed_at;
      mark.in_table = true;
    }
    return !fails;
  }
  bool find_entry(StreamId stream, std::uint64_t seq, std::uint64_t& message_id) override {
    const auto& entries = streams[stream].entries;
    const auto found = entries.find(seq);
    message_id = found == entries.end() ? 0 : found->second;
    return !fails;
  }
  bool load_message(std::uint64_t id, ports::MessagePtr& message) override {
    if (const auto found = messages.find(id); found != messages.end()) message = found->second;
    return !fails;
  }
  bool write_runs(std::span<const IndexRun> runs) override {
    for (const IndexRun& run : runs) {
      auto& entries = streams[run.stream].entries;
      if (run.replaces) entries.erase(entries.lower_bound(run.first), entries.end());
      for (std::size_t i = 0; i < run.messages.size(); ++i) {
        EXPECT_TRUE(entries.emplace(run.first + i, run.messages[i]).second) << "written twice";
      }
    }
    return !fails;
  }
  bool write_stream(const StreamState& stream) override {
    streams[stream.id].head = std::max(streams[stream.id].head, stream.head);
    return !fails;
  }
  bool write_sender(const SenderState& sender) override {
    senders[{sender.member, sender.device}] = sender.last_send_id;
    return !fails;
  }
  bool write_zone_bytes(const ports::ZoneBytes& row) override {
    zone_bytes[row.zone] = row.bytes;
    return !fails;
  }
  bool write_mark(const MarkState& mark) override {
    marks[{mark.member, mark.stream}] = mark;
    return !fails;
  }
  bool write_indexed_upto(std::uint64_t message_id, std::int64_t) override {
    indexed_upto = message_id;
    return !fails;
  }
};

constexpr MemberId kAda{1};
constexpr MemberId kBob{2};
const StreamId kPair = StreamId::pair(kAda, kBob);

Append to(MemberId from, MemberId peer, std::uint64_t send_id = 0) {
  Append append;
  append.message = std::make_shared<ports::Message>();
  append.message->sender = from;
  append.message->device = "d";
  append.message->send_id = send_id;
  append.message->conversation = StreamId::pair(from, peer);
  return append;
}

class Group : public testing::Test {
 protected:
  void accept(const Append& append) {
    const auto decision = group_.add(append);
    ASSERT_TRUE(decision.has_value());
    ASSERT_EQ(decision->code, AppendCode::accepted);
  }
  void send(MemberId from, MemberId peer) {
    group_.begin(1'000);
    accept(to(from, peer));
    group_.commit();
  }
  /// One round of the flush in slices of `rows`; gives how many slices it took.
  int flush(std::size_t rows) {
    flush_.begin_round();
    int slices = 0;
    while (flush_.active()) {
      EXPECT_NE(flush_.write(tables_, rows), IndexFlush::Slice::failed);
      flush_.applied();
      ++slices;
    }
    return slices;
  }

  Tables tables_;
  WorkingSet set_{tables_, {.entries_max = 1'000, .recent_bytes_max = 100'000}};
  GroupCommit group_{set_, 0};
  IndexFlush flush_{set_};
};

TEST_F(Group, ARollbackLeavesNoTraceInMemoryNorInTheMessages) {
  send(kAda, kBob);
  group_.begin(2'000);
  const Append one = to(kAda, kBob, 2);
  const Append two = to(kBob, kAda);
  accept(one);
  accept(two);
  ASSERT_TRUE(group_.move_marks(kBob, kPair, {.delivered = 3, .read = 3}).has_value());
  ASSERT_TRUE(group_.received(kBob, "d", 3).has_value());
  ASSERT_TRUE(group_.unfollow(kAda, kPair).has_value());
  group_.roll_back();

  EXPECT_EQ(set_.stream(kPair)->head, 1U);
  EXPECT_EQ(set_.stream(StreamId::inbox(kBob))->head, 1U);
  EXPECT_EQ(set_.sender(kAda, "d")->last_send_id, 1U);
  EXPECT_EQ(set_.sender(kBob, "d")->last_send_id, 0U);
  EXPECT_EQ(set_.sender(kBob, "d")->received, 0U);
  EXPECT_EQ(set_.mark(kBob, kPair)->marks.read, 0U);
  EXPECT_EQ(set_.mark(kAda, kPair)->listing, MarkState::Listing::listed);
  EXPECT_EQ(set_.last_message, 1U);
  EXPECT_EQ(set_.last_time_ms, 1'000);
  EXPECT_EQ(one.message->send_id, 2U);
  EXPECT_EQ(two.message->send_id, 0U) << "it asked for the next one";
  EXPECT_FALSE(two.message->id);
  EXPECT_TRUE(two.message->deliveries.empty());
  group_.begin(2'000);
  accept(one);
  group_.commit();
  EXPECT_EQ(one.message->id.value, 2U) << "ids have no holes";
}

TEST_F(Group, ARollbackOfNothingDoesNotMoveIdsBack) {
  send(kAda, kBob);
  group_.roll_back();
  EXPECT_EQ(set_.last_message, 1U);
}

TEST_F(Group, AFailedLoadFailsTheWholeGroup) {
  send(kAda, kBob);
  group_.begin(2'000);
  accept(to(kAda, kBob));
  tables_.fails = true;
  EXPECT_FALSE(group_.add(to(kAda, MemberId{77})).has_value()) << "the inbox of 77 cannot be loaded";
  group_.roll_back();
  EXPECT_EQ(set_.stream(kPair)->head, 1U);
  EXPECT_EQ(set_.sender(kAda, "d")->last_send_id, 1U);
}

TEST_F(Group, IdsCarryTheRegionAndCountWithinIt) {
  GroupCommit other(set_, 3);
  other.begin(1);
  const Append one = to(kAda, kBob);
  ASSERT_TRUE(other.add(one).has_value());
  other.commit();
  EXPECT_EQ(one.message->id.value, make_id(3, 1));
}

TEST_F(Group, AFlushInSlicesOfAnySizeWritesEveryEntryOnceAndThenMovesTheMark) {
  for (const std::size_t rows : {1U, 2U, 5U, 1'000U}) {
    const std::uint64_t before = tables_.indexed_upto;
    for (int i = 0; i < 7; ++i) send(i % 2 == 0 ? kAda : kBob, i % 3 == 0 ? MemberId{9} : kBob);
    flush_.begin_round();
    while (flush_.active()) {
      EXPECT_EQ(tables_.indexed_upto, before) << "moved before the round was complete";
      ASSERT_NE(flush_.write(tables_, rows), IndexFlush::Slice::failed);
      flush_.applied();
    }
    EXPECT_EQ(tables_.indexed_upto, set_.last_message);
    EXPECT_EQ(set_.indexed_upto, set_.last_message);
    EXPECT_FALSE(flush_.needed());
  }
  for (const auto& [id, row] : tables_.streams) {
    ASSERT_EQ(row.entries.size(), row.head);
    EXPECT_EQ(row.entries.begin()->first, 1U);
    EXPECT_EQ(set_.stream(id)->tail.size(), 0U);
  }
}

TEST_F(Group, WhatIsSentDuringARoundIsForTheNextOne) {
  send(kAda, kBob);
  send(kAda, kBob);
  flush_.begin_round();
  ASSERT_EQ(flush_.write(tables_, 1), IndexFlush::Slice::more);
  flush_.applied();
  send(kAda, kBob);
  while (flush_.active()) {
    ASSERT_NE(flush_.write(tables_, 1), IndexFlush::Slice::failed);
    flush_.applied();
  }
  EXPECT_EQ(tables_.indexed_upto, 2U);
  EXPECT_TRUE(flush_.needed());
  EXPECT_EQ(set_.stream(kPair)->in_tail(3), 3U);
  EXPECT_EQ(set_.stream(kPair)->in_tail(2), 0U);
  flush(100);
  EXPECT_EQ(tables_.streams[kPair].entries.size(), 3U);
}

TEST_F(Group, AnAbandonedSliceIsWrittenAgain) {
  for (int i = 0; i < 4; ++i) send(kAda, kBob);
  flush_.begin_round();
  ASSERT_EQ(flush_.write(tables_, 3), IndexFlush::Slice::more);
  tables_.streams.clear();  // the transaction was rolled back
  flush_.abandoned();
  EXPECT_EQ(set_.stream(kPair)->tail.size(), 4U);
  while (flush_.active()) {
    ASSERT_NE(flush_.write(tables_, 3), IndexFlush::Slice::failed);
    flush_.applied();
  }
  EXPECT_EQ(tables_.streams[kPair].entries.size(), 4U);
  EXPECT_EQ(tables_.streams[StreamId::inbox(kAda)].entries.size(), 4U);
}

TEST_F(Group, CleanStatesAreEvictedAndLoadedAgainDirtyOnesStay) {
  WorkingSet small(tables_, {.entries_max = 2, .recent_bytes_max = 1'000});
  GroupCommit group(small, 0);
  IndexFlush index(small);
  for (std::uint64_t member = 10; member < 200; ++member) {
    group.begin(1);
    ASSERT_TRUE(group.add(to(MemberId{member}, kBob)).has_value());
    group.commit();
    small.evict();
  }
  EXPECT_EQ(small.known_stream(StreamId::inbox(kBob))->tail.size(), 190U)
      << "nothing is written yet: nothing may go";
  index.begin_round();
  ASSERT_EQ(index.write(tables_, 100'000), IndexFlush::Slice::last);
  index.applied();
  for (int round = 0; round < 50; ++round) small.evict();
  EXPECT_LE(small.cached(), 10U);
  EXPECT_EQ(small.stream(StreamId::inbox(kBob))->head, 190U);
  EXPECT_EQ(small.sender(MemberId{10}, "d")->last_send_id, 1U);
}

TEST_F(Group, AReplayRebuildsWhatAHalfDoneFlushAndMemoryHad) {
  std::vector<ports::MessagePtr> stored;
  for (int i = 0; i < 30; ++i) {
    group_.begin(1'000 + i);
    const Append append = to(i % 3 == 0 ? kBob : kAda, i % 4 == 0 ? MemberId{9} : kBob);
    accept(append);
    group_.commit();
    stored.push_back(append.message);
  }
  flush_.begin_round();  // dies in the middle of it
  for (int slice = 0; slice < 5; ++slice) {
    ASSERT_EQ(flush_.write(tables_, 1), IndexFlush::Slice::more);
    flush_.applied();
  }
  WorkingSet after(tables_, {.entries_max = 1'000, .recent_bytes_max = 100'000});
  after.begin_at(tables_.indexed_upto, 0, 1);
  for (const ports::MessagePtr& message : stored) ASSERT_TRUE(after.replay(message));
  EXPECT_EQ(after.last_message, set_.last_message);
  EXPECT_EQ(after.last_time_ms, set_.last_time_ms);
  for (const StreamId id :
       {kPair, StreamId::inbox(kAda), StreamId::inbox(kBob), StreamId::pair(kAda, MemberId{9})}) {
    EXPECT_EQ(after.stream(id)->head, set_.stream(id)->head);
    EXPECT_EQ(after.stream(id)->tail.size(), after.stream(id)->head) << "all of it is newer than the index";
  }
  EXPECT_EQ(after.sender(kAda, "d")->last_send_id, set_.sender(kAda, "d")->last_send_id);
  EXPECT_EQ(after.mark(kAda, kPair)->marks.read, set_.mark(kAda, kPair)->marks.read);
  EXPECT_EQ(after.mark(kBob, kPair)->listing, MarkState::Listing::listed);

  // The next flush takes the place of what the half done one left.
  IndexFlush next(after);
  next.begin_round();
  ASSERT_EQ(next.write(tables_, 10'000), IndexFlush::Slice::last);
  next.applied();
  for (const auto& [id, row] : tables_.streams) EXPECT_EQ(row.entries.size(), row.head);
}

TEST(MarkState, AReplayedMessageFromBeforeTheRemovalDoesNotBringTheConversationBack) {
  MarkState mark;
  EXPECT_TRUE(mark.list_for_message(1));
  EXPECT_TRUE(mark.own_send(1));
  EXPECT_TRUE(mark.remove(5));
  EXPECT_FALSE(mark.remove(5));
  EXPECT_FALSE(mark.list_for_message(5));
  EXPECT_FALSE(mark.own_send(5));
  EXPECT_EQ(mark.listing, MarkState::Listing::removed);
  EXPECT_TRUE(mark.list_for_message(6));
  EXPECT_EQ(mark.marks.read, 1U);
}

TEST(RecentSends, KeepAtLeastTheirNumberAndTakeBackTheLast) {
  RecentSends recent;
  for (std::uint64_t send = 1; send <= 1'000; ++send) {
    recent.note(send * 10);
    for (std::uint64_t back = 0; back < std::min<std::uint64_t>(send, RecentSends::kKept); ++back) {
      ASSERT_EQ(recent.find(send - back, send), (send - back) * 10);
    }
  }
  EXPECT_EQ(recent.find(1, 1'000), 0U);
  EXPECT_EQ(recent.find(1'001, 1'000), 0U);
  recent.take_back();
  EXPECT_EQ(recent.find(999, 999), 9'990U);
}

}  // namespace
}  // namespace plaza::streams
