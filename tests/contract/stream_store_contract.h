#pragma once
// The contract of ports::StreamStore as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, StreamStoreContract, testing::Values(StoreUnderTest{"threaded",
//   make_threaded}), name_of_store);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "memory/manual_clock.h"
#include "ports/stream_store.h"

namespace plaza::contract {

using namespace ports;  // NOLINT: a test file that is about nothing else

/// How many rows a trim() of the stores under test removes at most, so that the bound is seen without many
/// messages.
inline constexpr std::uint32_t kTrimRows = 60;

/// One implementation with its storage.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  /// A store that is not started, on the storage of this harness; the one before is destroyed.
  virtual StreamStore& open(const Clock& clock) = 0;
  /// Every commit fails until it is called with false.
  virtual void break_storage(bool broken) = 0;
  /// Lets a store that does nothing by itself do something; false when it does everything by itself.
  virtual bool pump() { return false; }
};

struct StoreUnderTest {
  std::string name;
  std::unique_ptr<StoreHarness> (*make)() = nullptr;
};
inline void PrintTo(const StoreUnderTest& store, std::ostream* out) { *out << store.name; }
inline std::string name_of_store(const testing::TestParamInfo<StoreUnderTest>& info) {
  return info.param.name;
}

/// Collects outcomes; whoever waits for some is woken.
class CollectingSink final : public AppendSink {
 public:
  void appended(std::vector<Appended> outcomes) override {
    EXPECT_FALSE(inside_.exchange(true)) << "two calls at once";
    {
      const std::lock_guard lock(mutex_);
      bytes_came_first_ = !zone_bytes_.empty();
      for (Appended& outcome : outcomes) outcomes_.push_back(std::move(outcome));
    }
    changed_.notify_all();
    inside_ = false;
  }
  void stored(const std::vector<ZoneBytes>& zones) override {
    EXPECT_FALSE(inside_.exchange(true)) << "two calls at once";
    {
      const std::lock_guard lock(mutex_);
      for (const ZoneBytes& zone : zones) zone_bytes_[zone.zone] = zone.bytes;
    }
    inside_ = false;
  }
  /// As it was said last; 0: nothing was.
  std::uint64_t zone_bytes(ZoneId zone) {
    const std::lock_guard lock(mutex_);
    const auto at = zone_bytes_.find(zone);
    return at == zone_bytes_.end() ? 0 : at->second;
  }
  void forget_zone_bytes() {
    const std::lock_guard lock(mutex_);
    zone_bytes_.clear();
  }
  /// Before the newest outcomes.
  bool bytes_came_first() {
    const std::lock_guard lock(mutex_);
    return bytes_came_first_;
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return outcomes_.size();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return outcomes_.size() >= count; });
  }
  std::vector<Appended> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(outcomes_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Appended> outcomes_;
  std::map<ZoneId, std::uint64_t> zone_bytes_;
  bool bytes_came_first_ = false;
  std::atomic<bool> inside_{false};
};

inline constexpr MemberId kAda{11};
inline constexpr MemberId kBob{12};
inline constexpr MemberId kCem{13};
inline constexpr RoomId kRoom{900};
inline const StreamId kAdaBob = StreamId::pair(kAda, kBob);
inline const StreamId kTheRoom = StreamId::room(kRoom);

inline Append to_pair(MemberId from, MemberId to, std::string body, std::uint64_t send_id = 0,
                      std::string device = "phone") {
  auto message = std::make_shared<Message>();
  message->zone = ZoneId{5};
  message->sender = from;
  message->sender_name = "name of " + std::to_string(from.value);
  message->device = std::move(device);
  message->send_id = send_id;
  message->conversation = StreamId::pair(from, to);
  message->body = std::move(body);
  Append append;
  append.message = std::move(message);
  return append;
}

inline Append to_room(MemberId from, std::vector<MemberId> members, std::string body,
                      std::uint64_t send_id = 0) {
  Append append = to_pair(from, from, std::move(body), send_id);
  append.message->conversation = kTheRoom;
  append.fanout = std::make_shared<const std::vector<MemberId>>(std::move(members));
  return append;
}

class StreamStoreContract : public testing::TestWithParam<StoreUnderTest> {
 protected:
  void SetUp() override {
    harness_ = GetParam().make();
    open();
  }
  void TearDown() override {
    if (store_ != nullptr) store_->stop();
  }

  void open() {
    store_ = &harness_->open(clock_);
    const auto started = store_->start(sink_);
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }
  /// A clean end and a new start on the same storage.
  void reopen() {
    store_->stop();
    open();
  }
  void pump() {
    while (harness_->pump()) {}
  }

  /// Appends and waits for the outcomes of these.
  std::vector<Appended> append_all(std::vector<Append> batch) {
    const std::size_t count = batch.size();
    store_->append(std::move(batch));
    pump();
    EXPECT_TRUE(sink_.wait_for(count)) << "no outcome";
    std::vector<Appended> outcomes = sink_.take();
    EXPECT_EQ(outcomes.size(), count);
    return outcomes;
  }
  Appended append(Append one) {
    std::vector<Append> batch;
    batch.push_back(std::move(one));
    return std::move(append_all(std::move(batch)).at(0));
  }
  /// One message that must be accepted.
  MessagePtr say(MemberId from, MemberId to, std::string body, std::uint64_t send_id = 0,
                 std::string device = "phone") {
    const Appended outcome = append(to_pair(from, to, std::move(body), send_id, std::move(device)));
    EXPECT_EQ(outcome.code, AppendCode::accepted);
    return outcome.message;
  }
  void say_many(MemberId from, MemberId to, int count) {
    std::vector<Append> batch;
    for (int i = 0; i < count; ++i) batch.push_back(to_pair(from, to, std::to_string(i)));
    for (const Appended& outcome : append_all(std::move(batch)))
      ASSERT_EQ(outcome.code, AppendCode::accepted);
  }

  /// Calls a method of the store that has a callback, and waits for its result.
  template <class T, class Call>
  Result<T, StoreError> ask(Call call) {
    struct Answer {
      std::mutex mutex;
      std::condition_variable changed;
      std::optional<Result<T, StoreError>> value;
    };
    auto answer = std::make_shared<Answer>();
    call([answer](Result<T, StoreError> value) {
      const std::lock_guard lock(answer->mutex);
      EXPECT_FALSE(answer->value.has_value()) << "answered twice";
      answer->value = std::move(value);
      answer->changed.notify_all();
    });
    pump();
    std::unique_lock lock(answer->mutex);
    const bool answered = answer->changed.wait_for(lock, std::chrono::seconds(30),
                                                   [&] { return answer->value.has_value(); });
    if (!answered) {
      ADD_FAILURE() << "no answer";
      return fail(StoreError{});
    }
    return std::move(*answer->value);
  }

  Page read(ReadRequest request) {
    auto page = ask<Page>([&](auto done) { store_->read(request, std::move(done)); });
    EXPECT_TRUE(page.has_value());
    return page.value_or(Page{});
  }
  Page sync(StreamId stream, std::uint64_t from, std::uint32_t entries_max = 500) {
    return read({.stream = stream, .epoch = epoch(), .from = from, .entries_max = entries_max});
  }
  Page history(StreamId stream, std::uint64_t from, std::uint32_t entries_max = 500) {
    return read({.stream = stream, .backward = true, .from = from, .entries_max = entries_max});
  }
  Head head(StreamId stream) {
    auto heads = ask<std::vector<Head>>([&](auto done) { store_->heads({stream}, std::move(done)); });
    EXPECT_TRUE(heads.has_value());
    return heads.has_value() ? heads->at(0) : Head{};
  }
  std::uint32_t epoch() { return head(StreamId::inbox(kAda)).epoch; }
  DeviceState device(MemberId member, std::string name = "phone") {
    auto state = ask<DeviceState>([&](auto done) { store_->open_device(member, name, std::move(done)); });
    EXPECT_TRUE(state.has_value());
    return state.value_or(DeviceState{});
  }
  std::uint64_t received(MemberId member, std::uint64_t seq, std::string device = "phone") {
    return ask<std::uint64_t>([&](auto done) { store_->received(member, device, seq, std::move(done)); })
        .value_or(~0ULL);
  }
  Marked mark(MemberId member, StreamId conversation, Marks marks) {
    return ask<Marked>([&](auto done) { store_->mark(member, conversation, marks, std::move(done)); })
        .value_or(Marked{});
  }
  Marked follow(MemberId member, StreamId conversation) {
    return ask<Marked>([&](auto done) { store_->follow(member, conversation, std::move(done)); })
        .value_or(Marked{});
  }
  bool unfollow(MemberId member, StreamId conversation) {
    auto done_with = ask<bool>([&](auto done) { store_->unfollow(member, conversation, std::move(done)); });
    EXPECT_TRUE(done_with.has_value());
    return done_with.value_or(false);
  }
  ConversationPage conversations(MemberId member, StreamId after = {}, std::uint32_t limit = 100) {
    auto page = ask<ConversationPage>(
        [&](auto done) { store_->conversations(member, after, limit, std::move(done)); });
    EXPECT_TRUE(page.has_value());
    return page.value_or(ConversationPage{});
  }
  /// The one conversation of this stream in the member's list; a default one when it is not there.
  Conversation conversation(MemberId member, StreamId stream) {
    for (const Conversation& c : conversations(member).conversations) {
      if (c.stream == stream) return c;
    }
    return {};
  }
  bool trim_piece(Retention retention) {
    auto more = ask<bool>([&](auto done) { store_->trim(retention, std::move(done)); });
    EXPECT_TRUE(more.has_value()) << (more ? "" : more.error().detail);
    return more.value_or(false);
  }
  /// Trims until there is nothing more to remove; gives how many calls that took.
  int trim(Retention retention) {
    int calls = 1;
    while (trim_piece(retention)) {
      if (++calls > 10'000) {
        ADD_FAILURE() << "trim never ends";
        break;
      }
    }
    return calls;
  }

  /// All of a stream, page by page; checks that it is gapless from the first one served.
  std::vector<MessagePtr> whole(StreamId stream, std::uint32_t page_entries = 500) {
    std::vector<MessagePtr> messages;
    std::uint64_t from = head(stream).trimmed;
    for (;;) {
      const Page page = sync(stream, from, page_entries);
      EXPECT_FALSE(page.too_old);
      for (const Entry& entry : page.entries) {
        EXPECT_EQ(entry.seq, from + 1) << "a hole";
        from = entry.seq;
        messages.push_back(entry.message);
      }
      if (!page.more) {
        EXPECT_EQ(from, page.head.head) << "the last page ends before the head";
        return messages;
      }
      if (page.entries.empty()) {
        ADD_FAILURE() << "more, but nothing given";
        return messages;
      }
    }
  }
  static std::vector<std::string> bodies(const std::vector<MessagePtr>& messages) {
    std::vector<std::string> texts;
    for (const MessagePtr& message : messages) texts.push_back(message->body);
    return texts;
  }
  static std::vector<std::uint64_t> seqs(const Page& page) {
    std::vector<std::uint64_t> numbers;
    for (const Entry& entry : page.entries) numbers.push_back(entry.seq);
    return numbers;
  }

  memory::ManualClock clock_;
  CollectingSink sink_;
  std::unique_ptr<StoreHarness> harness_;
  StreamStore* store_ = nullptr;
};

using Seqs = std::vector<std::uint64_t>;
using Texts = std::vector<std::string>;

// ---- appends: what an accepted message gets -----------------------------------------------------

TEST_P(StreamStoreContract, AcceptedMessageGetsIdTimeAndPositionsAndKeepsWhatTheSenderSet) {
  clock_.advance_ms(5);
  Append given = to_pair(kBob, kAda, "hello", 1);
  given.message->kind = MessageKind::custom;
  given.origin_shard = 3;
  given.origin_session = 77;
  given.rid = 8;
  given.wants_ack = false;
  const Message* const object = given.message.get();
  const Appended outcome = append(std::move(given));

  ASSERT_EQ(outcome.code, AppendCode::accepted);
  EXPECT_EQ(outcome.append.origin_shard, 3U);
  EXPECT_EQ(outcome.append.origin_session, 77U);
  EXPECT_EQ(outcome.append.rid, 8U);
  EXPECT_FALSE(outcome.append.wants_ack);
  const Message& message = *outcome.message;
  EXPECT_EQ(&message, object) << "the store completes the message it was given";
  EXPECT_TRUE(message.id);
  EXPECT_LE(message.id.value, kIdMax);
  EXPECT_EQ(message.time_ms, clock_.wall_ms());
  EXPECT_EQ(message.send_id, 1U);
  EXPECT_EQ(message.conversation_seq, 1U);
  ASSERT_EQ(message.deliveries.size(), 2U);
  EXPECT_EQ(message.deliveries[0].stream, StreamId::inbox(kAda)) << "sorted by stream";
  EXPECT_EQ(message.inbox_seq(kAda), 1U);
  EXPECT_EQ(message.inbox_seq(kBob), 1U);
  EXPECT_EQ(message.inbox_seq(kCem), 0U);
  EXPECT_EQ(message.body, "hello");
}

TEST_P(StreamStoreContract, AStoredMessageIsReadBackWholeAlsoAfterAReopen) {
  Append given = to_pair(kBob, kAda, std::string("nul\0 and \xF0\x9F\x8E\x88", 12), 1,
                         "a-device-name-of-32-bytes-exactly");
  given.message->kind = MessageKind::image;
  const MessagePtr sent = append(std::move(given)).message;
  for (int round = 0; round < 2; ++round) {
    const Page page = sync(StreamId::inbox(kAda), 0);
    ASSERT_EQ(page.entries.size(), 1U);
    const Message& got = *page.entries[0].message;
    EXPECT_EQ(got.id, sent->id);
    EXPECT_EQ(got.time_ms, sent->time_ms);
    EXPECT_EQ(got.zone, sent->zone);
    EXPECT_EQ(got.sender, sent->sender);
    EXPECT_EQ(got.sender_name, sent->sender_name);
    EXPECT_EQ(got.device, sent->device);
    EXPECT_EQ(got.send_id, sent->send_id);
    EXPECT_EQ(got.kind, sent->kind);
    EXPECT_EQ(got.conversation, sent->conversation);
    EXPECT_EQ(got.conversation_seq, sent->conversation_seq);
    EXPECT_EQ(got.body, sent->body);
    ASSERT_EQ(got.deliveries.size(), sent->deliveries.size());
    for (std::size_t i = 0; i < got.deliveries.size(); ++i) {
      EXPECT_EQ(got.deliveries[i].stream, sent->deliveries[i].stream);
      EXPECT_EQ(got.deliveries[i].seq, sent->deliveries[i].seq);
    }
    reopen();
  }
}

TEST_P(StreamStoreContract, ABodyMayBeEmptyOrAsLargeAsAFrame) {
  const std::string large(64 * 1024, 'x');
  say(kAda, kBob, "");
  say(kAda, kBob, large);
  reopen();
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"", large}));
}

TEST_P(StreamStoreContract, TimeNeverGoesBackThoughTheClockDoesAlsoOverAReopen) {
  const std::int64_t first = say(kAda, kBob, "1")->time_ms;
  clock_.jump_wall_ms(-3'600'000);
  EXPECT_EQ(say(kAda, kBob, "2")->time_ms, first);
  reopen();
  EXPECT_EQ(say(kAda, kBob, "3")->time_ms, first);
  clock_.jump_wall_ms(3'600'001);
  EXPECT_EQ(say(kAda, kBob, "4")->time_ms, first + 1);
}

TEST_P(StreamStoreContract, MessageIdsGrowAndAreNotUsedAgainAfterAReopen) {
  const MessageId first = say(kAda, kBob, "1")->id;
  reopen();
  const MessageId second = say(kAda, kBob, "2")->id;
  EXPECT_LT(first, second);
}

// ---- appends: send_id ---------------------------------------------------------------------------

TEST_P(StreamStoreContract, NextSendIdIsAcceptedOldGivesTheOriginalAheadIsRefusedWithTheExpectedOne) {
  const MessagePtr one = say(kAda, kBob, "one", 1);
  const MessagePtr two = say(kAda, kBob, "two", 2);

  const Appended retry = append(to_pair(kAda, kBob, "one", 1));
  EXPECT_EQ(retry.code, AppendCode::duplicate);
  ASSERT_TRUE(retry.message);
  EXPECT_EQ(retry.message->id, one->id);
  EXPECT_EQ(retry.message->body, "one");

  const Appended last = append(to_pair(kAda, kBob, "two", 2));
  EXPECT_EQ(last.code, AppendCode::duplicate);
  EXPECT_EQ(last.message->id, two->id);

  const Appended ahead = append(to_pair(kAda, kBob, "four", 4));
  EXPECT_EQ(ahead.code, AppendCode::ahead);
  EXPECT_EQ(ahead.expected_send_id, 3U);
  EXPECT_FALSE(ahead.message);

  say(kAda, kBob, "three", 3);
  EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"one", "two", "three"}));
}

TEST_P(StreamStoreContract, FirstSendIdOfADeviceIsOne) {
  const Appended ahead = append(to_pair(kAda, kBob, "x", 2));
  EXPECT_EQ(ahead.code, AppendCode::ahead);
  EXPECT_EQ(ahead.expected_send_id, 1U);
  EXPECT_EQ(append(to_pair(kAda, kBob, "x", kIdMax)).code, AppendCode::ahead);
  EXPECT_EQ(append(to_pair(kAda, kBob, "x", 1)).code, AppendCode::accepted);
}

TEST_P(StreamStoreContract, SendIdZeroTakesTheNextOne) {
  EXPECT_EQ(say(kAda, kBob, "a", 0)->send_id, 1U);
  EXPECT_EQ(say(kAda, kBob, "b", 2)->send_id, 2U);
  EXPECT_EQ(say(kAda, kBob, "c", 0)->send_id, 3U);
  EXPECT_EQ(append(to_pair(kAda, kBob, "b", 2)).message->body, "b");
}

TEST_P(StreamStoreContract, ARefusedAppendConsumesNothing) {
  say(kAda, kBob, "one", 1);
  append(to_pair(kAda, kBob, "ahead", 3));
  append(to_pair(kAda, kBob, "old", 1));
  EXPECT_EQ(head(StreamId::inbox(kAda)).head, 1U);
  EXPECT_EQ(head(StreamId::inbox(kBob)).head, 1U);
  EXPECT_EQ(head(kAdaBob).head, 1U);
  EXPECT_EQ(device(kAda).last_send_id, 1U);
  say(kAda, kBob, "two", 2);
}

/// Two programs that use one device name count the same numbers: what the second one says must not be taken for a
/// repetition of what the first one said.
TEST_P(StreamStoreContract, AnotherMessageUnderAUsedSendIdIsAConflictIsStoredNowhereAndIsToldTheNextFreeOne) {
  say(kAda, kBob, "one", 1);
  say(kAda, kBob, "two", 2);
  const StreamId room = StreamId::room(kRoom);
  for (int round = 0; round < 2; ++round) {
    Append other_kind = to_pair(kAda, kBob, "one", 1);
    other_kind.message->kind = MessageKind::custom;
    Append to_room = to_pair(kAda, kBob, "one", 1);
    to_room.message->conversation = room;
    std::vector<Append> batch;
    batch.push_back(to_pair(kAda, kBob, "another text", 1));
    batch.push_back(to_pair(kAda, kCem, "one", 1));
    batch.push_back(std::move(other_kind));
    batch.push_back(std::move(to_room));
    batch.push_back(to_pair(kAda, kBob, "another text", 2));
    for (const Appended& outcome : append_all(std::move(batch))) {
      EXPECT_EQ(outcome.code, AppendCode::conflict);
      EXPECT_EQ(outcome.expected_send_id, 3U);
      EXPECT_FALSE(outcome.message);
    }
    EXPECT_EQ(append(to_pair(kAda, kBob, "one", 1)).code, AppendCode::duplicate);
    EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"one", "two"}));
    EXPECT_EQ(head(StreamId::inbox(kCem)).head, 0U);
    EXPECT_EQ(head(room).head, 0U);
    EXPECT_EQ(device(kAda).last_send_id, 2U);
    reopen();
  }
  say(kAda, kBob, "another text", 3);
}

TEST_P(StreamStoreContract, AConflictWithASendOfTheSameCallIsSeen) {
  std::vector<Append> batch;
  batch.push_back(to_pair(kAda, kBob, "from one window", 1));
  batch.push_back(to_pair(kAda, kBob, "from the other", 1));
  batch.push_back(to_pair(kAda, kBob, "from the other", 2));
  const std::vector<Appended> outcomes = append_all(std::move(batch));
  EXPECT_EQ(outcomes[0].code, AppendCode::accepted);
  EXPECT_EQ(outcomes[1].code, AppendCode::conflict);
  EXPECT_EQ(outcomes[1].expected_send_id, 2U);
  EXPECT_EQ(outcomes[2].code, AppendCode::accepted);
  EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"from one window", "from the other"}));
}

TEST_P(StreamStoreContract, DevicesAndMembersCountTheirSendIdsApart) {
  say(kAda, kBob, "phone 1", 1, "phone");
  say(kAda, kBob, "web 1", 1, "web");
  say(kBob, kAda, "bob 1", 1, "phone");
  say(kAda, kBob, "phone 2", 2, "phone");
  EXPECT_EQ(device(kAda, "phone").last_send_id, 2U);
  EXPECT_EQ(device(kAda, "web").last_send_id, 1U);
  EXPECT_EQ(device(kAda, "tablet").last_send_id, 0U);
}

TEST_P(StreamStoreContract, AppendsOfOneCallAreDecidedInOrderAlsoARetryOfOneInTheSameCall) {
  std::vector<Append> batch;
  batch.push_back(to_pair(kAda, kBob, "one", 1));
  batch.push_back(to_pair(kAda, kBob, "three too early", 3));
  batch.push_back(to_pair(kAda, kBob, "two", 2));
  batch.push_back(to_pair(kAda, kBob, "one", 1));
  batch.push_back(to_pair(kAda, kBob, "three", 3));
  const std::vector<Appended> outcomes = append_all(std::move(batch));
  ASSERT_EQ(outcomes.size(), 5U);
  EXPECT_EQ(outcomes[0].code, AppendCode::accepted);
  EXPECT_EQ(outcomes[1].code, AppendCode::ahead);
  EXPECT_EQ(outcomes[1].expected_send_id, 2U);
  EXPECT_EQ(outcomes[2].code, AppendCode::accepted);
  EXPECT_EQ(outcomes[3].code, AppendCode::duplicate);
  EXPECT_EQ(outcomes[3].message->body, "one");
  EXPECT_EQ(outcomes[4].code, AppendCode::accepted);
}

TEST_P(StreamStoreContract, EveryOldSendIdGivesItsOriginalAlsoWhenMuchCameBetweenAndAfterAReopen) {
  constexpr int kSends = 200;
  std::vector<Append> batch;
  for (int i = 1; i <= kSends; ++i) {
    batch.push_back(to_pair(kAda, kBob, "a" + std::to_string(i), static_cast<std::uint64_t>(i)));
    batch.push_back(to_pair(kAda, kCem, "w" + std::to_string(i), static_cast<std::uint64_t>(i), "web"));
    if (i % 3 == 0) batch.push_back(to_pair(kBob, kAda, "b"));
  }
  append_all(std::move(batch));
  for (int round = 0; round < 2; ++round) {
    std::vector<Append> retries;
    for (int i = 1; i <= kSends; ++i)
      retries.push_back(to_pair(kAda, kBob, "a" + std::to_string(i), static_cast<std::uint64_t>(i)));
    const std::vector<Appended> outcomes = append_all(std::move(retries));
    for (int i = 1; i <= kSends; ++i) {
      const Appended& outcome = outcomes[static_cast<std::size_t>(i) - 1];
      ASSERT_EQ(outcome.code, AppendCode::duplicate) << "send_id " << i << " round " << round;
      ASSERT_EQ(outcome.message->body, "a" + std::to_string(i));
    }
    reopen();
  }
}

TEST_P(StreamStoreContract, SendIdsGoOnAfterAReopen) {
  say(kAda, kBob, "one", 1);
  reopen();
  EXPECT_EQ(append(to_pair(kAda, kBob, "one", 1)).code, AppendCode::duplicate);
  EXPECT_EQ(append(to_pair(kAda, kBob, "three", 3)).expected_send_id, 2U);
  say(kAda, kBob, "two", 2);
}

// ---- appends: entries ---------------------------------------------------------------------------

TEST_P(StreamStoreContract, APairMessageEntersBothInboxesAndTheConversationOnce) {
  say(kAda, kBob, "to bob");
  say(kBob, kAda, "to ada");
  say(kAda, kCem, "to cem");
  EXPECT_EQ(bodies(whole(StreamId::inbox(kAda))), (Texts{"to bob", "to ada", "to cem"}));
  EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"to bob", "to ada"}));
  EXPECT_EQ(bodies(whole(StreamId::inbox(kCem))), (Texts{"to cem"}));
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"to bob", "to ada"}));
}

TEST_P(StreamStoreContract, AMessageToOneselfHasOneInboxEntry) {
  const MessagePtr note = say(kAda, kAda, "note");
  EXPECT_EQ(note->deliveries.size(), 1U);
  EXPECT_EQ(bodies(whole(StreamId::inbox(kAda))), (Texts{"note"}));
  EXPECT_EQ(bodies(whole(StreamId::pair(kAda, kAda))), (Texts{"note"}));
}

TEST_P(StreamStoreContract, ARoomMessageEntersEveryInboxOfTheFanoutAndTheSendersAndTheRoom) {
  const Appended with_sender = append(to_room(kBob, {kAda, kBob, kCem}, "with"));
  const Appended without = append(to_room(kBob, {kAda, kCem}, "without"));
  const Appended alone = append(to_room(kBob, {}, "alone"));
  EXPECT_EQ(with_sender.message->deliveries.size(), 3U);
  EXPECT_EQ(without.message->deliveries.size(), 3U);
  EXPECT_EQ(alone.message->deliveries.size(), 1U);
  EXPECT_EQ(bodies(whole(StreamId::inbox(kAda))), (Texts{"with", "without"}));
  EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"with", "without", "alone"}));
  EXPECT_EQ(bodies(whole(StreamId::inbox(kCem))), (Texts{"with", "without"}));
  EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"with", "without", "alone"}));
}

TEST_P(StreamStoreContract, ARoomMessageWithoutFanoutEntersTheRoomAndTheSendersInbox) {
  Append one = to_room(kBob, {}, "large room");
  one.fanout = nullptr;
  EXPECT_EQ(append(std::move(one)).message->deliveries.size(), 1U);
  EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"large room"}));
}

TEST_P(StreamStoreContract, ARoomOfFiveHundredIsDeliveredToAll) {
  std::vector<MemberId> members;
  for (std::uint64_t i = 1; i <= 500; ++i) members.push_back(MemberId{i * 1'000'003});
  for (int i = 0; i < 3; ++i) {
    const Appended outcome = append(to_room(members[250], members, std::to_string(i)));
    ASSERT_EQ(outcome.message->deliveries.size(), 500U);
    EXPECT_TRUE(std::is_sorted(outcome.message->deliveries.begin(), outcome.message->deliveries.end(),
                               [](const Delivery& a, const Delivery& b) { return a.stream < b.stream; }));
  }
  reopen();
  for (const std::size_t i : {std::size_t{0}, std::size_t{250}, std::size_t{499}}) {
    EXPECT_EQ(bodies(whole(StreamId::inbox(members[i]))), (Texts{"0", "1", "2"}));
  }
}

/// Four threads send at once, each for members of its own to members of all.
TEST_P(StreamStoreContract, ManyThreadsEveryStreamIsGaplessInOneOrderAndEveryDeviceInSendOrder) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 250;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (std::uint64_t i = 1; i <= kEach; ++i) {
        std::vector<Append> batch;
        batch.push_back(to_pair(MemberId{t + 1}, MemberId{i % kThreads + 1}, std::to_string(i), i));
        store_->append(std::move(batch));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  pump();
  ASSERT_TRUE(sink_.wait_for(kThreads * kEach));
  const std::vector<Appended> outcomes = sink_.take();
  std::map<StreamId, std::uint64_t> last_seq;
  std::map<MemberId, std::uint64_t> last_send;
  MessageId last_id;
  for (const Appended& outcome : outcomes) {
    ASSERT_EQ(outcome.code, AppendCode::accepted);
    const Message& message = *outcome.message;
    EXPECT_LT(last_id, message.id);
    last_id = message.id;
    EXPECT_EQ(message.send_id, ++last_send[message.sender]);
    EXPECT_EQ(message.conversation_seq, ++last_seq[message.conversation]);
    for (const Delivery& delivery : message.deliveries) EXPECT_EQ(delivery.seq, ++last_seq[delivery.stream]);
  }
  for (const auto& [stream, seq] : last_seq) {
    const std::vector<MessagePtr> messages = whole(stream, 37);
    EXPECT_EQ(messages.size(), seq);
    EXPECT_TRUE(std::is_sorted(messages.begin(), messages.end(),
                               [](const MessagePtr& a, const MessagePtr& b) { return a->id < b->id; }));
  }
}

// ---- appends: failure and stop ------------------------------------------------------------------

TEST_P(StreamStoreContract, AFailedCommitConsumesNothingAndTheSameSendIdsAreAcceptedLater) {
  say(kAda, kBob, "one", 1);
  EXPECT_TRUE(store_->health().writable);
  harness_->break_storage(true);
  std::vector<Append> batch;
  batch.push_back(to_pair(kAda, kBob, "two", 2));
  batch.push_back(to_pair(kAda, kBob, "three", 3));
  batch.push_back(to_pair(kBob, kAda, "bob one", 1));
  for (const Appended& outcome : append_all(std::move(batch))) {
    EXPECT_EQ(outcome.code, AppendCode::unavailable);
    EXPECT_FALSE(outcome.message);
    EXPECT_TRUE(outcome.append.message);
  }
  EXPECT_FALSE(store_->health().writable);
  EXPECT_FALSE(store_->health().reason.empty());
  EXPECT_EQ(head(StreamId::inbox(kBob)).head, 1U);
  EXPECT_EQ(device(kAda).last_send_id, 1U);
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"one"}));
  EXPECT_GE(store_->stats().commit_failures, 1U);

  harness_->break_storage(false);
  say(kAda, kBob, "two", 2);
  say(kAda, kBob, "three", 3);
  say(kBob, kAda, "bob one", 1);
  EXPECT_TRUE(store_->health().writable);
  reopen();
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"one", "two", "three", "bob one"}));
}

TEST_P(StreamStoreContract, AFailedCommitMovesNoMarkAndNoCursorAndSaysSo) {
  say(kAda, kBob, "one");
  harness_->break_storage(true);
  EXPECT_FALSE(ask<std::uint64_t>([&](auto done) {
                 store_->received(kBob, "phone", 1, std::move(done));
               }).has_value());
  EXPECT_FALSE(ask<Marked>([&](auto done) {
                 store_->mark(kBob, kAdaBob, {.delivered = 1, .read = 1}, std::move(done));
               }).has_value());
  EXPECT_FALSE(ask<bool>([&](auto done) { store_->unfollow(kBob, kAdaBob, std::move(done)); }).has_value());
  harness_->break_storage(false);
  EXPECT_EQ(device(kBob).received, 0U);
  EXPECT_EQ(conversation(kBob, kAdaBob).unread, 1U);
  EXPECT_TRUE(mark(kBob, kAdaBob, {.delivered = 1, .read = 1}).changed);
}

TEST_P(StreamStoreContract, StopReportsWhatWasAcceptedAndLaterCallsAreUnavailable) {
  std::vector<Append> batch;
  for (std::uint64_t i = 1; i <= 50; ++i) batch.push_back(to_pair(kAda, kBob, std::to_string(i), i));
  store_->append(std::move(batch));
  store_->stop();
  const std::vector<Appended> outcomes = sink_.take();
  ASSERT_EQ(outcomes.size(), 50U);
  for (const Appended& outcome : outcomes) EXPECT_EQ(outcome.code, AppendCode::accepted);

  EXPECT_EQ(append(to_pair(kAda, kBob, "late", 51)).code, AppendCode::unavailable);
  EXPECT_FALSE(ask<Page>([&](auto done) { store_->read({.stream = kAdaBob}, std::move(done)); }).has_value());
  EXPECT_FALSE(ask<Marked>([&](auto done) { store_->follow(kAda, kTheRoom, std::move(done)); }).has_value());
  store_->stop();  // a second time is nothing
  open();
  EXPECT_EQ(whole(kAdaBob).size(), 50U);
}

// ---- reads --------------------------------------------------------------------------------------

TEST_P(StreamStoreContract, AnUnknownStreamIsEmptyWithTheEpochItWillHave) {
  const Page page = sync(kTheRoom, 0);
  EXPECT_EQ(page.head.head, 0U);
  EXPECT_EQ(page.head.trimmed, 0U);
  EXPECT_NE(page.head.epoch, 0U);
  EXPECT_FALSE(page.too_old);
  EXPECT_FALSE(page.more);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_FALSE(history(kTheRoom, 0).more);
  append(to_room(kAda, {}, "x"));
  EXPECT_EQ(head(kTheRoom).epoch, page.head.epoch);
  reopen();
  EXPECT_EQ(head(kTheRoom).epoch, page.head.epoch);
}

TEST_P(StreamStoreContract, SyncGivesWhatIsAfterFromUpToTheLimitOfEntries) {
  say_many(kAda, kBob, 5);
  EXPECT_EQ(seqs(sync(kAdaBob, 0, 4)), (Seqs{1, 2, 3, 4}));
  EXPECT_TRUE(sync(kAdaBob, 0, 4).more);
  EXPECT_EQ(seqs(sync(kAdaBob, 0, 5)), (Seqs{1, 2, 3, 4, 5}));
  EXPECT_FALSE(sync(kAdaBob, 0, 5).more);
  EXPECT_FALSE(sync(kAdaBob, 0, 6).more);
  EXPECT_EQ(seqs(sync(kAdaBob, 4)), (Seqs{5}));
  EXPECT_EQ(seqs(sync(kAdaBob, 5)), (Seqs{}));
  EXPECT_FALSE(sync(kAdaBob, 5).more);
  EXPECT_EQ(sync(kAdaBob, 5).head.head, 5U);
  EXPECT_FALSE(sync(kAdaBob, 5).too_old);
}

TEST_P(StreamStoreContract, AReaderPastTheHeadIsToldAndStartsAtTheFirstEntry) {
  say_many(kAda, kBob, 3);
  clock_.advance_ms(10);
  say_many(kAda, kBob, 2);
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t first = head(kAdaBob).trimmed + 1;
    for (const std::uint32_t known : {epoch(), std::uint32_t{0}}) {
      const Page lost = read({.stream = kAdaBob, .epoch = known, .from = 6});
      EXPECT_TRUE(lost.too_old);
      EXPECT_EQ(lost.head.head, 5U);
      ASSERT_FALSE(lost.entries.empty());
      EXPECT_EQ(lost.entries.front().seq, first);
      EXPECT_EQ(lost.entries.size(), 6 - first);
      EXPECT_FALSE(read({.stream = kAdaBob, .epoch = known, .from = 5}).too_old) << "at the head";
    }
    EXPECT_TRUE(sync(StreamId::inbox(kCem), 1).too_old) << "of a stream without entries";
    EXPECT_FALSE(sync(StreamId::inbox(kCem), 0).too_old);
    trim({.message_age_max_ms = 5});
    reopen();
  }
}

TEST_P(StreamStoreContract, AReaderOfWhatWasJustReportedIsNeverPastTheHead) {
  // Whoever was told of a position may ask from there at once, while others write.
  for (std::uint64_t i = 1; i <= 40; ++i) {
    const std::uint64_t told = say(kAda, kBob, std::to_string(i))->inbox_seq(kBob);
    std::vector<Append> more;
    more.push_back(to_pair(kCem, kBob, "more " + std::to_string(i)));
    store_->append(std::move(more));
    EXPECT_FALSE(sync(StreamId::inbox(kBob), told).too_old);
    ASSERT_TRUE(sink_.wait_for(1));
    sink_.take();
    if (i % 10 == 0) reopen();
  }
}

TEST_P(StreamStoreContract, HistoryGivesWhatIsBeforeFromDownwards) {
  say_many(kAda, kBob, 5);
  EXPECT_EQ(seqs(history(kAdaBob, 0, 2)), (Seqs{5, 4}));
  EXPECT_TRUE(history(kAdaBob, 0, 2).more);
  EXPECT_EQ(seqs(history(kAdaBob, 4, 3)), (Seqs{3, 2, 1}));
  EXPECT_FALSE(history(kAdaBob, 4, 3).more);
  EXPECT_TRUE(history(kAdaBob, 4, 2).more);
  EXPECT_EQ(seqs(history(kAdaBob, 2)), (Seqs{1}));
  EXPECT_EQ(seqs(history(kAdaBob, 1)), (Seqs{}));
  EXPECT_FALSE(history(kAdaBob, 1).more);
  EXPECT_EQ(seqs(history(kAdaBob, 6, 1)), (Seqs{5}));
  EXPECT_EQ(seqs(history(kAdaBob, 99, 1)), (Seqs{5})) << "past the head means from the head";
  EXPECT_FALSE(history(kAdaBob, 0).too_old);
}

TEST_P(StreamStoreContract, APageHoldsBytesUpToTheLimitCountedAsBodyAnd128AnEntryAndAlwaysOne) {
  for (int i = 0; i < 3; ++i) say(kAda, kBob, std::string(72, 'x'));  // 200 each
  const auto page = [&](std::size_t bytes_max, bool backward) {
    return read(
        {.stream = kAdaBob, .backward = backward, .from = 0, .entries_max = 500, .bytes_max = bytes_max});
  };
  for (const bool backward : {false, true}) {
    EXPECT_EQ(page(600, backward).entries.size(), 3U);
    EXPECT_FALSE(page(600, backward).more);
    EXPECT_EQ(page(599, backward).entries.size(), 2U);
    EXPECT_TRUE(page(599, backward).more);
    EXPECT_EQ(page(400, backward).entries.size(), 2U);
    EXPECT_EQ(page(399, backward).entries.size(), 1U);
    EXPECT_EQ(page(1, backward).entries.size(), 1U);
  }
}

TEST_P(StreamStoreContract, ByteLimitsHoldAlsoAfterAReopen) {
  for (int i = 0; i < 3; ++i) say(kAda, kBob, std::string(72, 'x'));
  reopen();
  say(kAda, kBob, std::string(72, 'x'));
  EXPECT_EQ(read({.stream = kAdaBob, .from = 1, .bytes_max = 600}).entries.size(), 3U);
  EXPECT_EQ(read({.stream = kAdaBob, .from = 1, .bytes_max = 599}).entries.size(), 2U);
  EXPECT_EQ(read({.stream = kAdaBob, .backward = true, .bytes_max = 800}).entries.size(), 4U);
  EXPECT_EQ(read({.stream = kAdaBob, .backward = true, .bytes_max = 799}).entries.size(), 3U);
}

TEST_P(StreamStoreContract, AReaderOfAnotherEpochIsToldAndStartsAtTheFirstEntry) {
  say_many(kAda, kBob, 3);
  const std::uint32_t now = epoch();
  const Page other = read({.stream = kAdaBob, .epoch = now + 1, .from = 2});
  EXPECT_TRUE(other.too_old);
  EXPECT_EQ(seqs(other), (Seqs{1, 2, 3}));
  EXPECT_EQ(other.head.epoch, now);
  EXPECT_FALSE(read({.stream = kAdaBob, .epoch = now, .from = 2}).too_old);
  EXPECT_FALSE(read({.stream = kAdaBob, .epoch = 0, .from = 2}).too_old);
  EXPECT_FALSE(read({.stream = kAdaBob, .epoch = now + 1, .backward = true}).too_old);
}

TEST_P(StreamStoreContract, AReadSeesEveryAppendReportedBefore) {
  for (std::uint64_t i = 1; i <= 40; ++i) {
    say(kAda, kBob, std::to_string(i));
    EXPECT_EQ(history(StreamId::inbox(kBob), 0, 1).head.head, i);
    EXPECT_EQ(history(StreamId::inbox(kBob), 0, 1).entries.at(0).message->body, std::to_string(i));
  }
}

TEST_P(StreamStoreContract, PagesOfAnySizeGiveTheWholeStreamAlsoWhenItGrewOverReopens) {
  for (int part = 0; part < 3; ++part) {
    say_many(kAda, kBob, 40);
    say_many(kBob, kCem, 10);
    reopen();
  }
  say_many(kAda, kBob, 40);
  for (const std::uint32_t size : {1U, 7U, 159U, 160U, 161U}) {
    EXPECT_EQ(whole(kAdaBob, size).size(), 160U);
    std::uint64_t from = 0;
    std::uint64_t expected = 160;
    for (;;) {
      const Page page = history(kAdaBob, from, size);
      for (const Entry& entry : page.entries) EXPECT_EQ(entry.seq, expected--);
      if (!page.more) break;
      from = expected + 1;
    }
    EXPECT_EQ(expected, 0U);
  }
}

TEST_P(StreamStoreContract, HeadsAreGivenInTheOrderAsked) {
  say_many(kAda, kBob, 2);
  say(kAda, kCem, "x");
  auto heads = ask<std::vector<Head>>([&](auto done) {
    store_->heads({StreamId::inbox(kCem), kTheRoom, StreamId::inbox(kAda), kAdaBob}, std::move(done));
  });
  ASSERT_TRUE(heads.has_value());
  ASSERT_EQ(heads->size(), 4U);
  EXPECT_EQ(heads->at(0).head, 1U);
  EXPECT_EQ(heads->at(1).head, 0U);
  EXPECT_EQ(heads->at(2).head, 3U);
  EXPECT_EQ(heads->at(3).head, 2U);
  EXPECT_TRUE(ask<std::vector<Head>>([&](auto done) { store_->heads({}, std::move(done)); })->empty());
}

// ---- devices, cursors, marks --------------------------------------------------------------------

TEST_P(StreamStoreContract, AReceiveCursorNeverGoesBackNorPastTheHeadAndIsPerDevice) {
  say_many(kAda, kBob, 5);
  EXPECT_EQ(received(kBob, 3), 3U);
  EXPECT_EQ(received(kBob, 2), 3U);
  EXPECT_EQ(received(kBob, 6), 5U);
  EXPECT_EQ(received(kBob, 1, "web"), 1U);
  EXPECT_EQ(received(kCem, 4), 0U);
  say(kAda, kBob, "6");
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(device(kBob).received, 5U);
    EXPECT_EQ(device(kBob, "web").received, 1U);
    EXPECT_EQ(device(kBob, "tablet").received, 0U);
    EXPECT_EQ(device(kBob).inbox.head, 6U);
    EXPECT_EQ(device(kAda).last_send_id, 6U);
    reopen();
  }
}

TEST_P(StreamStoreContract, MarksOnlyGrowUpToTheHeadAndReadImpliesDelivered) {
  say_many(kAda, kBob, 10);
  Marked marked = mark(kBob, kAdaBob, {.delivered = 4, .read = 0});
  EXPECT_EQ(marked.marks.delivered, 4U);
  EXPECT_EQ(marked.marks.read, 0U);
  EXPECT_TRUE(marked.changed);
  EXPECT_EQ(marked.head, 10U);

  marked = mark(kBob, kAdaBob, {.delivered = 0, .read = 6});
  EXPECT_EQ(marked.marks.delivered, 6U);
  EXPECT_EQ(marked.marks.read, 6U);
  EXPECT_TRUE(marked.changed);

  marked = mark(kBob, kAdaBob, {.delivered = 5, .read = 5});
  EXPECT_EQ(marked.marks.delivered, 6U);
  EXPECT_EQ(marked.marks.read, 6U);
  EXPECT_FALSE(marked.changed) << "nothing grew";

  marked = mark(kBob, kAdaBob, {.delivered = 11, .read = 0});
  EXPECT_EQ(marked.marks.delivered, 10U) << "never past the head";
  EXPECT_EQ(marked.marks.read, 6U);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(conversation(kBob, kAdaBob).marks.delivered, 10U);
    EXPECT_EQ(conversation(kBob, kAdaBob).marks.read, 6U);
    EXPECT_EQ(conversation(kBob, kAdaBob).unread, 4U);
    reopen();
  }
}

TEST_P(StreamStoreContract, APairIsInBothListsFromItsFirstMessageOnAndOwnSendsAreRead) {
  say(kAda, kBob, "1");
  say(kAda, kBob, "2");
  for (int round = 0; round < 2; ++round) {
    const Conversation ada = conversation(kAda, kAdaBob);
    EXPECT_EQ(ada.head, 2U);
    EXPECT_EQ(ada.unread, 0U);
    EXPECT_EQ(ada.marks.read, 2U);
    EXPECT_EQ(ada.marks.delivered, 2U);
    ASSERT_TRUE(ada.last);
    EXPECT_EQ(ada.last->body, "2");
    const Conversation bob = conversation(kBob, kAdaBob);
    EXPECT_EQ(bob.head, 2U);
    EXPECT_EQ(bob.unread, 2U);
    EXPECT_EQ(bob.marks.delivered, 0U);
    reopen();
  }
  say(kBob, kAda, "3");
  EXPECT_EQ(conversation(kBob, kAdaBob).unread, 0U);
  EXPECT_EQ(conversation(kAda, kAdaBob).unread, 1U);
  EXPECT_EQ(conversation(kAda, kAdaBob).marks.read, 2U);
}

TEST_P(StreamStoreContract, TheListTellsHowFarTheOtherOneIs) {
  say(kAda, kBob, "1");
  say(kAda, kBob, "2");
  EXPECT_EQ(conversation(kAda, kAdaBob).peer.delivered, 0U);
  mark(kBob, kAdaBob, {.delivered = 2, .read = 1});
  append(to_room(kAda, {kBob}, "x"));
  follow(kAda, kTheRoom);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(conversation(kAda, kAdaBob).peer.delivered, 2U);
    EXPECT_EQ(conversation(kAda, kAdaBob).peer.read, 1U);
    EXPECT_EQ(conversation(kBob, kAdaBob).peer.read, 2U) << "one has read what one wrote";
    EXPECT_EQ(conversation(kAda, kTheRoom).peer.read, 0U);
    reopen();
  }
}

TEST_P(StreamStoreContract, ARoomIsInTheListOfThoseWhoFollowIt) {
  append(to_room(kAda, {kBob}, "before"));
  EXPECT_TRUE(conversations(kAda).conversations.empty()) << "sending alone follows no room";
  const Marked marked = follow(kBob, kTheRoom);
  EXPECT_EQ(marked.marks.read, 1U);
  EXPECT_EQ(marked.marks.delivered, 1U);
  EXPECT_EQ(marked.head, 1U);
  append(to_room(kAda, {kBob}, "after"));
  EXPECT_EQ(conversation(kBob, kTheRoom).unread, 1U);
  append(to_room(kBob, {kAda}, "answer"));
  EXPECT_EQ(conversation(kBob, kTheRoom).unread, 0U);
  reopen();
  EXPECT_EQ(conversation(kBob, kTheRoom).unread, 0U);
  EXPECT_EQ(conversation(kBob, kTheRoom).last->body, "answer");
  EXPECT_TRUE(conversations(kAda).conversations.empty());
}

TEST_P(StreamStoreContract, MarkMakesTheConversationOneOfTheMembers) {
  append(to_room(kAda, {}, "x"));
  EXPECT_FALSE(mark(kCem, kTheRoom, {}).changed);
  EXPECT_EQ(conversation(kCem, kTheRoom).unread, 1U);
  reopen();
  EXPECT_EQ(conversation(kCem, kTheRoom).unread, 1U);
}

TEST_P(StreamStoreContract, AFollowedRoomWithoutMessagesIsListed) {
  const Marked marked = follow(kAda, kTheRoom);
  EXPECT_FALSE(marked.changed);
  const Conversation room = conversation(kAda, kTheRoom);
  EXPECT_EQ(room.stream, kTheRoom);
  EXPECT_EQ(room.head, 0U);
  EXPECT_FALSE(room.last);
}

TEST_P(StreamStoreContract, UnfollowTakesTheConversationFromTheListAndUnknownIsFine) {
  EXPECT_FALSE(unfollow(kAda, kTheRoom));
  follow(kAda, kTheRoom);
  append(to_room(kBob, {kAda}, "1"));
  EXPECT_TRUE(unfollow(kAda, kTheRoom));
  EXPECT_FALSE(unfollow(kAda, kTheRoom));
  EXPECT_TRUE(conversations(kAda).conversations.empty());
  append(to_room(kBob, {kAda}, "2"));
  reopen();
  EXPECT_TRUE(conversations(kAda).conversations.empty())
      << "a later message of the room does not bring it back";
  EXPECT_EQ(follow(kAda, kTheRoom).marks.read, 2U);
  EXPECT_EQ(conversation(kAda, kTheRoom).unread, 0U);
}

TEST_P(StreamStoreContract, AnUnfollowedPairComesBackWithItsNextMessageAndKeepsItsMarks) {
  say(kAda, kBob, "1");
  mark(kBob, kAdaBob, {.delivered = 1, .read = 1});
  EXPECT_TRUE(unfollow(kBob, kAdaBob));
  reopen();
  EXPECT_TRUE(conversations(kBob).conversations.empty());
  EXPECT_EQ(conversations(kAda).conversations.size(), 1U) << "of the other one nothing changes";
  say(kAda, kBob, "2");
  EXPECT_EQ(conversation(kBob, kAdaBob).unread, 1U);
  reopen();
  EXPECT_EQ(conversation(kBob, kAdaBob).unread, 1U);
}

TEST_P(StreamStoreContract, ConversationsAreSortedByStreamAndPaged) {
  std::vector<StreamId> expected;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const MemberId peer{(i * 7) % 12 + 100};
    say(kAda, peer, "to " + std::to_string(peer.value));
    expected.push_back(StreamId::pair(kAda, peer));
    if (i == 5) reopen();
  }
  follow(kAda, kTheRoom);
  expected.push_back(kTheRoom);
  std::sort(expected.begin(), expected.end());
  for (const std::uint32_t limit : {1U, 5U, 12U, 13U, 14U}) {
    std::vector<StreamId> got;
    StreamId after;
    for (;;) {
      const ConversationPage page = conversations(kAda, after, limit);
      EXPECT_LE(page.conversations.size(), limit);
      for (const Conversation& c : page.conversations) {
        got.push_back(c.stream);
        if (c.stream != kTheRoom)
          EXPECT_EQ(c.last->body, "to " + std::to_string(c.stream.peer_of(kAda).value));
      }
      if (!page.more) break;
      ASSERT_FALSE(page.conversations.empty());
      after = got.back();
    }
    EXPECT_EQ(got, expected) << "limit " << limit;
  }
  EXPECT_TRUE(conversations(kCem).conversations.empty());
}

TEST_P(StreamStoreContract, CallsOfOneThreadAreTakenInTheirOrder) {
  // No waiting between the calls: follow must see the first message and not the second.
  std::atomic<std::uint64_t> followed_at{0};
  std::vector<Append> first;
  first.push_back(to_room(kAda, {kBob}, "1"));
  std::vector<Append> second;
  second.push_back(to_room(kAda, {kBob}, "2"));
  store_->append(std::move(first));
  store_->follow(kBob, kTheRoom, [&](auto marked) { followed_at = marked->head; });
  store_->append(std::move(second));
  pump();
  ASSERT_TRUE(sink_.wait_for(2));
  EXPECT_EQ(conversation(kBob, kTheRoom).unread, 1U);
  EXPECT_EQ(followed_at, 1U);
}

// ---- retention ----------------------------------------------------------------------------------

TEST_P(StreamStoreContract, AMessageOfExactlyTheAgeStaysAndOneMillisecondOlderGoes) {
  say(kAda, kBob, "1");
  clock_.advance_ms(1);
  say(kAda, kBob, "2");
  clock_.advance_ms(1000);
  trim({.message_age_max_ms = 1000});
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"2"}));
  EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"2"}));
  EXPECT_EQ(head(kAdaBob).trimmed, 1U);
  EXPECT_EQ(head(kAdaBob).head, 2U);
}

TEST_P(StreamStoreContract, NoRetentionRemovesNothing) {
  say(kAda, kBob, "1");
  clock_.advance_ms(1'000'000'000);
  EXPECT_EQ(trim({}), 1);
  EXPECT_EQ(whole(kAdaBob).size(), 1U);
}

TEST_P(StreamStoreContract, AReaderWhoseGapIsTrimmedIsToldAndStartsAtTheFirstEntryThatIsThere) {
  say_many(kAda, kBob, 3);
  clock_.advance_ms(10);
  say_many(kAda, kBob, 2);
  trim({.message_age_max_ms = 5});
  for (int round = 0; round < 2; ++round) {
    const Page gap = sync(kAdaBob, 2);
    EXPECT_TRUE(gap.too_old);
    EXPECT_EQ(seqs(gap), (Seqs{4, 5}));
    EXPECT_EQ(gap.head.trimmed, 3U);
    EXPECT_FALSE(sync(kAdaBob, 3).too_old) << "nothing of this gap is trimmed";
    EXPECT_EQ(seqs(sync(kAdaBob, 3)), (Seqs{4, 5}));
    const Page back = history(kAdaBob, 0);
    EXPECT_EQ(seqs(back), (Seqs{5, 4}));
    EXPECT_FALSE(back.more);
    EXPECT_FALSE(back.too_old);
    EXPECT_TRUE(history(kAdaBob, 3).entries.empty());
    reopen();
  }
}

TEST_P(StreamStoreContract, WhenAllIsTrimmedHeadsSendIdsIdsAndListsGoOn) {
  const MessagePtr old = say(kAda, kBob, "old", 1);
  clock_.advance_ms(10);
  trim({.message_age_max_ms = 5});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(head(kAdaBob).head, 1U);
    EXPECT_EQ(head(kAdaBob).trimmed, 1U);
    EXPECT_TRUE(sync(kAdaBob, 0).too_old);
    EXPECT_TRUE(sync(kAdaBob, 0).entries.empty());
    EXPECT_FALSE(sync(kAdaBob, 0).more);
    EXPECT_FALSE(sync(kAdaBob, 1).too_old);
    EXPECT_FALSE(conversation(kBob, kAdaBob).last);
    EXPECT_EQ(conversation(kBob, kAdaBob).unread, 1U);
    const Appended retry = append(to_pair(kAda, kBob, "old", 1));
    EXPECT_EQ(retry.code, AppendCode::duplicate_trimmed);
    EXPECT_FALSE(retry.message);
    reopen();
  }
  const MessagePtr next = say(kAda, kBob, "next", 2);
  EXPECT_LT(old->id, next->id);
  EXPECT_EQ(next->conversation_seq, 2U);
  EXPECT_EQ(next->inbox_seq(kBob), 2U);
  EXPECT_EQ(conversation(kBob, kAdaBob).last->body, "next");
}

TEST_P(StreamStoreContract, TrimByCountKeepsTheNewestOfEachStream) {
  say_many(kAda, kBob, 6);
  say_many(kAda, kCem, 5);
  trim({.inbox_entries_max = 5});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(head(kAdaBob).trimmed, 1U);
    EXPECT_EQ(head(StreamId::pair(kAda, kCem)).trimmed, 0U);
    EXPECT_EQ(head(StreamId::inbox(kAda)).trimmed, 6U);
    EXPECT_EQ(head(StreamId::inbox(kBob)).trimmed, 1U);
    EXPECT_EQ(head(StreamId::inbox(kCem)).trimmed, 0U);
    EXPECT_EQ(whole(kAdaBob).size(), 5U);
    EXPECT_EQ(whole(StreamId::inbox(kAda)).size(), 5U);
    reopen();
  }
}

TEST_P(StreamStoreContract, AMessageThatEveryStreamHasTrimmedByCountIsGoneAndItsSendIdStaysUsed) {
  for (std::uint64_t i = 1; i <= 6; ++i) say(kAda, kBob, std::to_string(i), i);
  trim({.inbox_entries_max = 4});
  reopen();
  for (std::uint64_t i = 1; i <= 6; ++i) {
    const Appended retry = append(to_pair(kAda, kBob, std::to_string(i), i));
    EXPECT_EQ(retry.code, i <= 2 ? AppendCode::duplicate_trimmed : AppendCode::duplicate) << i;
    EXPECT_EQ(retry.message != nullptr, i > 2) << i;
  }
  EXPECT_EQ(say(kAda, kBob, "7", 7)->conversation_seq, 7U);
}

TEST_P(StreamStoreContract, AMessageThatOneStreamStillRefersToStaysThereWhenTheOthersTrimIt) {
  append(to_room(kAda, {kBob, kCem}, "to all"));
  for (int i = 0; i < 8; ++i) say(kAda, kBob, std::to_string(i));
  trim({.inbox_entries_max = 5});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(head(StreamId::inbox(kBob)).trimmed, 4U);
    EXPECT_EQ(bodies(whole(StreamId::inbox(kCem))), (Texts{"to all"}));
    EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"to all"}));
    EXPECT_EQ(whole(StreamId::inbox(kBob)).size(), 5U);
    reopen();
  }
}

TEST_P(StreamStoreContract, TrimRemovesABoundedPieceACallAndSaysWhenThereIsMore) {
  say_many(kAda, kBob, 100);  // 400 rows
  clock_.advance_ms(10);
  const int calls = trim({.message_age_max_ms = 5});
  EXPECT_GE(calls, 400 / static_cast<int>(kTrimRows));
  EXPECT_EQ(head(kAdaBob).trimmed, 100U);
  EXPECT_EQ(trim({.message_age_max_ms = 5}), 1);
}

TEST_P(StreamStoreContract, WhatIsSentBetweenPiecesOfATrimStays) {
  say_many(kAda, kBob, 100);
  clock_.advance_ms(10);
  int sent = 0;
  while (trim_piece({.message_age_max_ms = 5, .inbox_entries_max = 50})) {
    if (sent < 20) say(kAda, kBob, "new " + std::to_string(sent++));
  }
  trim({.message_age_max_ms = 5, .inbox_entries_max = 50});
  ASSERT_GT(sent, 0);
  EXPECT_EQ(whole(kAdaBob).size(), static_cast<std::size_t>(sent));
  reopen();
  EXPECT_EQ(whole(StreamId::inbox(kBob)).size(), static_cast<std::size_t>(sent));
}

// ---- figures ------------------------------------------------------------------------------------

TEST_P(StreamStoreContract, StatsCountMessagesAndDuplicates) {
  say(kAda, kBob, "1", 1);
  append(to_pair(kAda, kBob, "1", 1));
  append(to_pair(kAda, kBob, "9", 9));
  const StoreStats stats = store_->stats();
  EXPECT_EQ(stats.messages, 1U);
  EXPECT_EQ(stats.duplicates, 1U);
  EXPECT_GE(stats.commits, 1U);
  EXPECT_EQ(stats.commit_failures, 0U);
}

}  // namespace plaza::contract
