// What recalls and edits leave in the files, and that a process that dies anywhere in their transaction leaves all of it or nothing.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "memory/manual_clock.h"
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
const StreamId kPair = StreamId::pair(kAda, kBob);

class Sink final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const auto& outcome : outcomes) accepted += outcome.code == AppendCode::accepted;
    reported += outcomes.size();
    reported.notify_all();
  }
  std::atomic<std::size_t> reported{0}, accepted{0};
};

ports::Append said(std::string body) {
  ports::Append append;
  append.message = std::make_shared<ports::Message>();
  append.message->zone = ZoneId{1};
  append.message->sender = kAda;
  append.message->device = "d";
  append.message->conversation = kPair;
  append.message->body = std::move(body);
  return append;
}
ports::Append change(ChangeAction action, std::uint64_t target, std::string body = {}) {
  ports::Append append = said(std::move(body));
  append.message->kind = MessageKind::change;
  ports::MessageExtra extra;
  extra.change = ports::MessageChange{.action = action, .target = target, .kind = MessageKind::text};
  append.message->extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
  return append;
}

class ChangedMessages : public testing::Test {
 protected:
  ChangedMessages() {
    std::string pattern = (fs::temp_directory_path() / "plaza-changes-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ChangedMessages() override {
    close();
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "streams.db").string(); }
  void open() {
    store_ = std::make_unique<EmbeddedStreamStore>(
        EmbeddedStreamStoreOptions{.path = path(), .flush_idle_ms = 20, .recent_bytes_max = 1'000}, clock_);
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
  /// All bytes of the database's file, or of the log beside it.
  [[nodiscard]] std::string bytes(const char* beside = "") const {
    std::ifstream file(path() + beside, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  fs::path folder_;
  memory::ManualClock clock_;
  Sink sink_;
  std::unique_ptr<EmbeddedStreamStore> store_;
};

/// Long ones stand in overflow pages, which SQLite would leave as they are when they become free.
TEST_F(ChangedMessages, OfARecalledMessageNoWordIsLeftInTheFile) {
  const auto text = [](const char* word, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += word;
    return all;
  };
  open();
  append(said("kept: a-word-that-stays"));
  append(said(text("regretted-short ", 2)));
  append(said(text("regretted-long ", 3'000)));
  append(change(ChangeAction::edit, 2, text("regretted-second ", 2)));
  append(change(ChangeAction::edit, 3, text("regretted-longer ", 3'000)));
  append(change(ChangeAction::edit, 3, text("regretted-longest ", 3'000)));
  close();
  EXPECT_NE(bytes().find("regretted-longest"), std::string::npos);
  EXPECT_NE(bytes().find("regretted-short"), std::string::npos);
  open();
  append(change(ChangeAction::recall, 2));
  append(change(ChangeAction::recall, 3));
  EXPECT_EQ(sink_.accepted, 8U);
  close();  // with a checkpoint
  const std::string file = bytes();
  EXPECT_EQ(file.find("regretted"), std::string::npos);
  EXPECT_NE(file.find("a-word-that-stays"), std::string::npos);
}

TEST_F(ChangedMessages, NorIsOneLeftInTheLogBesideTheFileWhileTheServerRuns) {
  const auto gone_from = [this](const char* beside) {
    while (bytes(beside).find("regretted") != std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  };
  const auto written = [this] {  // in the log, or in the file by then
    return (bytes("-wal") + bytes()).find("regretted") != std::string::npos;
  };
  open();
  append(said("regretted"));
  ASSERT_TRUE(written());
  append(change(ChangeAction::recall, 1));
  gone_from("-wal");
  gone_from("");
  append(said("regretted again"));
  ASSERT_TRUE(written());
  append(change(ChangeAction::recall, 3));
  gone_from("-wal");
  gone_from("");
  EXPECT_EQ(sink_.accepted, 4U);
}

TEST_F(ChangedMessages, AFileOfTheVersionBeforeThereWereChangesGoesOn) {
  open();
  append(said("of long ago"));
  append(said("of then"));
  close();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "ALTER TABLE message DROP COLUMN extra; ALTER TABLE stream DROP COLUMN quiet;"
                         "DROP TABLE version; DROP TABLE quiet;"
                         "UPDATE meta SET value = 2 WHERE key = 'schema_version'",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
  open();
  EXPECT_EQ(whole_stream(*store_, kPair).at(1)->body, "of long ago");
  append(change(ChangeAction::edit, 1, "of now"));
  append(change(ChangeAction::recall, 2));
  EXPECT_EQ(sink_.accepted, 4U);
  close();
  open();
  EXPECT_EQ(whole_stream(*store_, kPair).at(1)->body, "of now");
  EXPECT_TRUE(whole_stream(*store_, kPair).at(2)->recalled());
}

// ---- kill ---------------------------------------------------------------------------------------

struct Death {
  Stage stage;
  int after;

  static void reached(void* context, Stage stage) {
    auto& death = *static_cast<Death*>(context);
    if (stage == death.stage && --death.after == 0) ::kill(::getpid(), SIGKILL);
  }
};

/// What the changes of the conversation say is what its messages are, after whatever happened.
void check_conversation(ports::StreamStore& store) {
  const auto entries = whole_stream(store, kPair);
  std::map<std::uint64_t, std::pair<std::size_t, bool>> made;  // target -> edits, recalled
  for (const auto& [seq, entry] : entries) {
    if (entry->change() == nullptr) continue;
    auto& [edits, recalled] = made[entry->change()->target];
    EXPECT_FALSE(recalled) << "a change of what was recalled before";
    if (entry->change()->action == ChangeAction::recall) recalled = true;
    if (entry->change()->action == ChangeAction::edit) ++edits;
  }
  for (const auto& [seq, entry] : entries) {
    const auto found = made.find(seq);
    const auto [edits, recalled] = found == made.end() ? std::pair<std::size_t, bool>{} : found->second;
    if (entry->change() != nullptr) continue;
    EXPECT_EQ(entry->extra ? entry->extra->edits.size() : 0U, edits) << "message " << seq;
    EXPECT_EQ(entry->recalled(), recalled) << "message " << seq;
    EXPECT_EQ(entry->body.empty(), recalled) << "message " << seq;
    const auto page = ask<ports::VersionPage>([&, cseq = seq](auto done) {
      store.versions({.conversation = kPair, .cseq = cseq, .versions_max = 100}, std::move(done));
    });
    EXPECT_EQ(page.versions.size(), recalled ? 0 : edits + 1) << "message " << seq;
  }
}

/// Says things and changes them, until its time has come.
[[noreturn]] void live_and_die(const std::string& path, Death death, std::uint64_t seed) {
  set_log_level(LogLevel::off);
  memory::ManualClock clock;
  Sink sink;
  EmbeddedStreamStore store({.path = path,
                             .batch_max = 4,
                             .flush_after_messages = 6,
                             .flush_rows_per_commit = 3,
                             .cache_entries_max = 4,
                             .recent_bytes_max = 2'000,
                             .wal_checkpoint_pages = 8,
                             .hook = {.call = Death::reached, .context = &death}},
                            clock);
  if (!store.start(sink).has_value()) ::_exit(1);
  std::mt19937_64 random(seed);
  for (std::uint64_t round = 0; round < 400; ++round) {
    std::vector<ports::Append> batch;
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t target = 1 + random() % (3 * round + 1);
      const std::uint64_t what = random() % 4;
      if (what == 0) batch.push_back(change(ChangeAction::recall, target));
      if (what == 1)
        batch.push_back(change(ChangeAction::edit, target, "edited " + std::to_string(random())));
      if (what >= 2) batch.push_back(said("said " + std::to_string(random())));
    }
    const std::size_t wanted = sink.reported + batch.size();
    store.append(std::move(batch));
    for (std::size_t now = sink.reported; now < wanted; now = sink.reported) sink.reported.wait(now);
  }
  ::_exit(0);  // the stage was not reached that often
}

TEST_F(ChangedMessages, AProcessThatDiesAnywhereLeavesAChangeWithAllItDoesOrNothingOfIt) {
  int killed = 0;
  std::uint64_t seed = 1;
  for (const Stage stage :
       {Stage::transaction_open, Stage::messages_written, Stage::flush_slice, Stage::flush_round_done,
        Stage::before_commit, Stage::after_commit, Stage::after_report, Stage::checkpointed}) {
    for (const int after : {3, 11, 40}) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) live_and_die(path(), {.stage = stage, .after = after}, seed);
      ++seed;
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      killed += WIFSIGNALED(status) ? 1 : 0;
      ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
      SCOPED_TRACE("stage " + std::to_string(static_cast<int>(stage)) + ", " + std::to_string(after));
      open();
      check_conversation(*store_);
      close();
    }
  }
  EXPECT_GT(killed, 15);
}

}  // namespace
}  // namespace plaza::sqlite
