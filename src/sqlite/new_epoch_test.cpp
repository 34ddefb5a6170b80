// A copy of the database that was put back: what it gives a second time is in another epoch.
#include "sqlite/new_epoch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "memory/manual_clock.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/promise_checks_for_test.h"

namespace plaza::sqlite {
namespace {

namespace fs = std::filesystem;
using ports::StreamId;

constexpr MemberId kAda{1};
constexpr MemberId kBob{2};
const StreamId kBobsInbox = StreamId::inbox(kBob);

class Sink final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const auto& outcome : outcomes) accepted += outcome.code == ports::AppendCode::accepted ? 1 : 0;
    accepted.notify_all();
  }
  std::atomic<int> accepted{0};
};

class NewEpochOfAStore : public testing::Test {
 protected:
  NewEpochOfAStore() {
    std::string pattern = (fs::temp_directory_path() / "plaza-epoch-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    open();
  }
  ~NewEpochOfAStore() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "streams.db").string(); }
  void open() {
    // Nothing is put into the index by itself: the copy has all of it in `message` only.
    store_ = std::make_unique<EmbeddedStreamStore>(
        EmbeddedStreamStoreOptions{.path = path(), .flush_idle_ms = 600'000}, clock_);
    ASSERT_TRUE(store_->start(sink_).has_value());
  }
  void say(MemberId to, const std::string& text) {
    ports::Append append;
    append.message = std::make_shared<ports::Message>();
    append.message->sender = kAda;
    append.message->device = "d";
    append.message->body = text;
    append.message->conversation = StreamId::pair(kAda, to);
    const int before = sink_.accepted;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    store_->append(std::move(batch));
    sink_.accepted.wait(before);
  }
  void copy() {
    for (const char* suffix : {"", "-wal"})
      fs::copy_file(path() + suffix, path() + suffix + ".copy", fs::copy_options::overwrite_existing);
  }
  void put_back() {
    store_->stop();
    for (const char* suffix : {"", "-wal"})
      fs::copy_file(path() + suffix + ".copy", path() + suffix, fs::copy_options::overwrite_existing);
  }
  ports::Page read(StreamId stream, std::uint32_t epoch, std::uint64_t from) {
    return ask<ports::Page>(
        [&](auto done) { store_->read({.stream = stream, .epoch = epoch, .from = from}, std::move(done)); });
  }

  fs::path folder_;
  memory::ManualClock clock_;
  Sink sink_;
  std::unique_ptr<EmbeddedStreamStore> store_;
};

TEST_F(NewEpochOfAStore, EveryStreamOfARestoredCopyIsInAnotherEpochAndNothingOfItIsMissing) {
  for (const char* text : {"1", "2", "3"}) say(kBob, text);
  const std::uint32_t before = read(kBobsInbox, 0, 0).head.epoch;
  copy();
  for (const char* text : {"lost 4", "lost 5"}) say(kBob, text);
  put_back();
  const auto begun = begin_new_epoch(path(), clock_.wall_ms());
  ASSERT_TRUE(begun.has_value()) << begun.error();
  EXPECT_GT(begun->epoch, before);

  open();
  for (const char* text : {"4", "5", "6"}) say(kBob, text);
  for (const StreamId stream : {kBobsInbox, StreamId::inbox(kAda), StreamId::pair(kAda, kBob)}) {
    const ports::Page page = read(stream, before, 5);
    EXPECT_TRUE(page.too_old) << "5 was another message";
    EXPECT_EQ(page.head.epoch, begun->epoch);
    ASSERT_EQ(page.entries.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(page.entries[i].message->body, std::to_string(i + 1));
  }
  EXPECT_EQ(read(StreamId::inbox(MemberId{9}), 0, 0).head.epoch, begun->epoch)
      << "of streams that begin later";
  EXPECT_FALSE(read(kBobsInbox, begun->epoch, 5).too_old);
}

TEST_F(NewEpochOfAStore, StreamsThatAreInTheIndexAreToo) {
  say(kBob, "1");
  store_->stop();
  const auto begun = begin_new_epoch(path(), clock_.wall_ms());
  ASSERT_TRUE(begun.has_value()) << begun.error();
  EXPECT_EQ(begun->streams, 3U);
  open();
  EXPECT_EQ(read(kBobsInbox, 0, 0).head.epoch, begun->epoch);
  EXPECT_EQ(read(kBobsInbox, begun->epoch, 0).entries.size(), 1U);
}

TEST_F(NewEpochOfAStore, TheSameCopyPutBackTwiceIsInTwoDifferentEpochs) {
  say(kBob, "1");
  copy();
  put_back();
  const auto first = begin_new_epoch(path(), clock_.wall_ms());
  open();
  clock_.advance_ms(5'000);
  put_back();
  const auto second = begin_new_epoch(path(), clock_.wall_ms());
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_NE(first->epoch, second->epoch);
  // Also when the clock stands still.
  const auto third = begin_new_epoch(path(), clock_.wall_ms());
  ASSERT_TRUE(third.has_value());
  EXPECT_GT(third->epoch, second->epoch);
}

TEST_F(NewEpochOfAStore, AFileThatIsNotThereIsNotMade) {
  const std::string missing = (folder_ / "other.db").string();
  const auto begun = begin_new_epoch(missing, clock_.wall_ms());
  ASSERT_FALSE(begun.has_value());
  EXPECT_NE(begun.error().find(missing), std::string::npos);
  EXPECT_FALSE(fs::exists(missing));
}

}  // namespace
}  // namespace plaza::sqlite
