// What retention leaves on the disk, counted in the tables themselves.
#include "sqlite/trimmer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "memory/manual_clock.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/promise_checks_for_test.h"

namespace plaza::sqlite {
namespace {

namespace fs = std::filesystem;
using ports::StreamId;

constexpr MemberId kAda{1};
constexpr MemberId kBob{2};
constexpr MemberId kCem{3};
constexpr MemberId kDan{4};
constexpr std::uint32_t kRows = 50;

class Sink final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    reported += outcomes.size();
    reported.notify_all();
  }
  std::atomic<std::size_t> reported{0};
};

class Trimming : public testing::Test {
 protected:
  Trimming() {
    std::string pattern = (fs::temp_directory_path() / "plaza-trim-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    open();
  }
  ~Trimming() override {
    close();
    check_index(path());
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "streams.db").string(); }
  void open() {
    store_ = std::make_unique<EmbeddedStreamStore>(
        EmbeddedStreamStoreOptions{
            .path = path(), .cache_entries_max = 2, .recent_bytes_max = 1'000, .trim_rows_per_call = kRows},
        clock_);
    ASSERT_TRUE(store_->start(sink_).has_value());
  }
  void close() {
    if (store_) store_->stop();
    store_.reset();
  }
  void say(StreamId conversation, int times, std::vector<MemberId> room = {}) {
    std::vector<ports::Append> batch;
    for (int i = 0; i < times; ++i) {
      ports::Append& append = batch.emplace_back();
      append.message = std::make_shared<ports::Message>();
      append.message->sender = kAda;
      append.message->device = "d";
      append.message->body = std::string(100, 'x');
      append.message->conversation = conversation;
      if (!room.empty()) append.fanout = std::make_shared<std::vector<MemberId>>(room);
    }
    const std::size_t wanted = sink_.reported + batch.size();
    store_->append(std::move(batch));
    for (std::size_t now = sink_.reported; now < wanted; now = sink_.reported) sink_.reported.wait(now);
  }
  int trim(std::uint64_t entries_max) {
    for (int calls = 1;; ++calls) {
      const ports::Retention retention{.inbox_entries_max = entries_max};
      if (!ask<bool>([&](auto done) { store_->trim(retention, std::move(done)); })) return calls;
    }
  }
  [[nodiscard]] std::int64_t count(const char* sql) const {
    Connection connection;
    EXPECT_EQ(connection.open(path(), Connection::Mode::read_only, "", 1'000), SQLITE_OK);
    std::int64_t value = -1;
    EXPECT_EQ(connection.query_int(sql, value), SQLITE_ROW);
    return value;
  }
  [[nodiscard]] std::int64_t messages() const { return count("SELECT count(*) FROM message"); }

  fs::path folder_;
  memory::ManualClock clock_;
  Sink sink_;
  std::unique_ptr<EmbeddedStreamStore> store_;
};

TEST_F(Trimming, ByCountAloneKeepsTheMessagesThatAreReferredToAndNoOther) {
  say(StreamId::pair(kAda, kBob), 500);
  EXPECT_EQ(messages(), 500);
  trim(10);
  EXPECT_EQ(messages(), 10);
  EXPECT_EQ(count("SELECT min(id) FROM message"), count("SELECT max(id) - 9 FROM message"));
  trim(1);
  EXPECT_EQ(messages(), 1);
  close();
  open();
  EXPECT_EQ(whole_stream(*store_, StreamId::inbox(kBob)).size(), 1U);
}

TEST_F(Trimming, AConversationThatFellSilentKeepsItsMessagesAndOnlyThose) {
  say(StreamId::pair(kAda, kCem), 3);
  say(StreamId::pair(kAda, kBob), 200);
  say(StreamId::pair(kAda, kDan), 2);
  trim(10);
  EXPECT_EQ(messages(), 3 + 10 + 2);
  EXPECT_EQ(whole_stream(*store_, StreamId::inbox(kCem)).size(), 3U);
  EXPECT_EQ(whole_stream(*store_, StreamId::pair(kAda, kBob)).size(), 10U);
}

TEST_F(Trimming, AMessageOfAGroupGoesWithTheLastInboxThatHasIt) {
  const std::vector<MemberId> everybody{kAda, kBob, kCem, kDan};
  const StreamId room = StreamId::room(RoomId{7});
  say(room, 20, everybody);
  trim(5);
  EXPECT_EQ(messages(), 5);
  // Dan leaves: of what comes now his inbox has nothing, so it goes on referring to the last five.
  say(room, 30, {kAda, kBob, kCem});
  trim(5);
  EXPECT_EQ(messages(), 10);
  say(StreamId::pair(kAda, kDan), 5);
  trim(5);
  EXPECT_EQ(messages(), 5 + 5);
}

TEST_F(Trimming, EachCallDoesABoundedPieceAlsoWhereEntriesAreMany) {
  std::vector<MemberId> everybody;
  for (std::uint64_t i = 1; i <= 40; ++i) everybody.push_back(MemberId{i});
  say(StreamId::room(RoomId{7}), 30, everybody);
  const int calls = trim(3);
  // 27 messages with 41 entries each.
  EXPECT_GE(calls, 27 * 41 / static_cast<int>(kRows));
  EXPECT_LE(calls, 27 * 41 * 3 / static_cast<int>(kRows))
      << "most looks find at once that the message is wanted";
  EXPECT_EQ(messages(), 3);
}

TEST_F(Trimming, MessagesThatCameWhileAPassWasOnAreTrimmedInTheNext) {
  say(StreamId::pair(kAda, kBob), 100);
  const ports::Retention retention{.inbox_entries_max = 10};
  bool more = true;
  for (int i = 0; i < 8 && more; ++i) {
    more = ask<bool>([&](auto done) { store_->trim(retention, std::move(done)); });
    say(StreamId::pair(kAda, kBob), 25);
  }
  trim(10);
  trim(10);
  EXPECT_EQ(messages(), 10);
}

TEST_F(Trimming, WhatIsDeletedMakesRoomForWhatComes) {
  say(StreamId::pair(kAda, kBob), 2'000);
  trim(10);
  close();
  const auto before = fs::file_size(path());
  open();
  for (int round = 0; round < 5; ++round) {
    say(StreamId::pair(kAda, kBob), 1'900);
    trim(10);
  }
  close();
  EXPECT_LE(fs::file_size(path()), before + before / 4);
}

}  // namespace
}  // namespace plaza::sqlite
