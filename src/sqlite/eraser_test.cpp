// What is left in the files of those who are erased: no row and no word.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "memory/manual_clock.h"
#include "sqlite/connection.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/promise_checks_for_test.h"

namespace plaza::sqlite {
namespace {

namespace fs = std::filesystem;
using ports::AppendCode;
using ports::ChangeAction;
using ports::MessageKind;
using ports::StreamId;

constexpr MemberId kAda{1};
constexpr MemberId kBob{2};
constexpr MemberId kCem{3};

class Sink final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const auto& outcome : outcomes) accepted += outcome.code == AppendCode::accepted;
    reported += outcomes.size();
    reported.notify_all();
  }
  std::atomic<std::size_t> reported{0}, accepted{0};
};

ports::Append said(MemberId from, MemberId to, std::string body) {
  ports::Append append;
  append.message = std::make_shared<ports::Message>();
  append.message->zone = ZoneId{from == kCem ? 2U : 1U};
  append.message->sender = from;
  append.message->device = "d";
  append.message->conversation = StreamId::pair(from, to);
  append.message->body = std::move(body);
  return append;
}
ports::Append edit(std::uint64_t target, std::string body) {
  ports::Append append = said(kAda, kBob, std::move(body));
  append.message->kind = MessageKind::change;
  ports::MessageExtra extra;
  extra.change = ports::MessageChange{
      .action = ChangeAction::edit, .target = target, .kind = MessageKind::text};
  append.message->extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
  return append;
}
std::string text(const char* word, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += word;
  return all;
}

class Erased : public testing::Test {
 protected:
  Erased() {
    std::string pattern = (fs::temp_directory_path() / "plaza-erased-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Erased() override {
    close();
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "streams.db").string(); }
  void open() {
    store_ = std::make_unique<EmbeddedStreamStore>(
        EmbeddedStreamStoreOptions{
            .path = path(), .flush_idle_ms = 20, .recent_bytes_max = 1'000, .trim_rows_per_call = 7},
        clock_);
    ASSERT_TRUE(store_->start(sink_).has_value());
  }
  void close() {
    if (store_) store_->stop();
    store_.reset();
  }
  void append(ports::Append one) {
    const std::size_t wanted = sink_.reported + 1;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(one));
    store_->append(std::move(batch));
    for (std::size_t now = sink_.reported; now < wanted; now = sink_.reported) sink_.reported.wait(now);
  }
  /// A piece; false when it was the last.
  bool erase_some() {
    std::promise<bool> more;
    store_->erase({.members = {kAda, kBob}, .conversations = {}, .server_devices = {}},
                  [&](auto result) { more.set_value(result.value_or(false)); });
    return more.get_future().get();
  }
  [[nodiscard]] std::string bytes(const char* beside = "") const {
    std::ifstream file(path() + beside, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  /// All that members 1 and 2 wrote, in every table that could have it.
  void fill() {
    for (int i = 0; i < 30; ++i) append(said(kAda, kBob, "wanted-short"));
    append(said(kAda, kBob, text("wanted-long ", 3'000)));
    for (std::uint64_t i = 1; i < 20; ++i) append(edit(i, "wanted-edit"));
    append(edit(31, text("wanted-longer ", 3'000)));
    append(said(kCem, MemberId{4}, "a-word-that-stays"));
  }
  [[nodiscard]] std::int64_t count(const std::string& query) const {
    Connection file;
    std::int64_t rows = -1;
    EXPECT_EQ(file.open(path(), Connection::Mode::read_only, {}, 1'000), SQLITE_OK);
    EXPECT_EQ(file.query_int(query.c_str(), rows), SQLITE_ROW) << query;
    return rows;
  }

  fs::path folder_;
  memory::ManualClock clock_;
  Sink sink_;
  std::unique_ptr<EmbeddedStreamStore> store_;
};

/// Long ones stand in overflow pages, which SQLite would leave as they are when they become free.
TEST_F(Erased, NoRowAndNoWordOfThemIsLeftInTheFile) {
  open();
  fill();
  close();
  for (const char* table : {"version", "quiet", "mark WHERE member < 3", "message WHERE zone = 1"})
    EXPECT_GT(count(std::string("SELECT count(*) FROM ") + table), 0) << table;
  EXPECT_NE(bytes().find("wanted-longer"), std::string::npos);
  open();
  while (erase_some()) {}
  close();
  for (const char* table : {"message WHERE zone = 1", "version", "quiet",
                            "stream_run WHERE a % 4294967296 < 3", "sender WHERE member < 3",
                            "cursor WHERE member < 3", "mark WHERE member < 3", "zone_bytes WHERE zone = 1"})
    EXPECT_EQ(count(std::string("SELECT count(*) FROM ") + table), 0) << table;
  EXPECT_EQ(count("SELECT count(*) FROM stream"), 3) << "two inboxes and one conversation of others";
  const std::string file = bytes();
  EXPECT_EQ(file.find("wanted"), std::string::npos);
  EXPECT_NE(file.find("a-word-that-stays"), std::string::npos);
}

TEST_F(Erased, NorIsAWordLeftInTheLogBesideTheFileWhileTheServerRuns) {
  open();
  fill();
  ASSERT_NE((bytes("-wal") + bytes()).find("wanted"), std::string::npos);
  while (erase_some()) {}
  for (const char* beside : {"-wal", ""}) {
    while (bytes(beside).find("wanted") != std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace
}  // namespace plaza::sqlite
