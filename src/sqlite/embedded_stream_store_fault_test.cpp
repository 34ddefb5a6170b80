// The disk refuses: writes, syncs and reads fail at every place in turn. What was acknowledged stays, what
// was refused left no trace, and when the cause is gone the store works on by itself.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "memory/manual_clock.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/faulty_vfs_for_test.h"
#include "sqlite/promise_checks_for_test.h"

namespace plaza::sqlite {
namespace {

class KeepingSink final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    const std::lock_guard lock(mutex_);
    for (ports::Appended& outcome : outcomes) outcomes_.push_back(std::move(outcome));
    changed_.notify_all();
  }
  std::vector<ports::Appended> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcomes_.size() >= count; });
    return std::exchange(outcomes_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ports::Appended> outcomes_;
};

class FaultyDisk : public testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::off);
    register_faulty_vfs();
    g_faults.heal();
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-faults-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.path = (folder_ / "streams.db").string();
    options_.vfs = kFaultyVfs;
    options_.batch_max = 16;
    options_.flush_after_messages = 20;
    options_.flush_rows_per_commit = 30;
    options_.flush_idle_ms = 60'000;
    options_.cache_entries_max = 4;
    options_.recent_bytes_max = 3'000;
    options_.wal_checkpoint_pages = 20;
    options_.busy_timeout_ms = 20;
  }
  void TearDown() override {
    g_faults.heal();
    if (store_) store_->stop();
    store_.reset();
    std::filesystem::remove_all(folder_);
    set_log_level(LogLevel::info);
  }
  void open() {
    store_ = std::make_unique<EmbeddedStreamStore>(options_, clock_);
    const auto started = store_->start(sink_);
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }
  std::string error_of_opening() {
    store_ = std::make_unique<EmbeddedStreamStore>(options_, clock_);
    const auto started = store_->start(sink_);
    return started ? "" : started.error().detail;
  }

  /// Sends a batch; refused ones are to be sent again, with the same send_ids. Gives how many were accepted.
  std::size_t send(std::size_t size) {
    std::vector<ports::Append> batch = std::exchange(refused_, {});
    while (batch.size() < size) batch.push_back(load_append(random_, next_));
    const std::size_t count = batch.size();
    store_->append(std::move(batch));
    std::size_t accepted = 0;
    for (ports::Appended& outcome : sink_.wait_for(count)) {
      if (outcome.code == ports::AppendCode::accepted) {
        const ports::Message& m = *outcome.message;
        acked_.push_back({m.id.value, m.sender.value, 0, m.send_id, m.conversation, m.conversation_seq,
                          m.inbox_seq(m.sender)});
        ++accepted;
      } else {
        refused_.push_back(std::move(outcome.append));
      }
    }
    return accepted;
  }
  /// Heals, sends what was refused, and checks all promises, also after a reopen.
  void heal_and_check() {
    g_faults.heal();
    const std::size_t again = refused_.size();
    EXPECT_EQ(send(again + 5), again + 5) << "what was refused is accepted when the cause is gone";
    EXPECT_TRUE(store_->health().writable);
    check_promises(*store_, acked_);
    store_->stop();
    check_index(options_.path);
    open();
    check_promises(*store_, acked_);
  }

  std::filesystem::path folder_;
  EmbeddedStreamStoreOptions options_;
  memory::ManualClock clock_;
  KeepingSink sink_;
  std::unique_ptr<EmbeddedStreamStore> store_;
  std::mt19937_64 random_{5};
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> next_ = [] {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> first;
    for (std::uint64_t member = 0; member <= kLoadMembers; ++member) {
      for (std::uint64_t device = 0; device < kLoadDevices; ++device) first[{member, device}] = 1;
    }
    return first;
  }();
  std::vector<ports::Append> refused_;
  std::vector<Acked> acked_;
};

/// Method: the n-th write from now on fails and all after it, for n = 0, 1, 2...: in the log, in checkpoints,
/// in index slices.
TEST_F(FaultyDisk, ADiskThatIsFullAtAnyWriteLosesNothingAndHeals) {
  open();
  int refused_rounds = 0;
  for (std::int64_t writes = 0; writes < 60; writes += 3) {
    g_faults.write_code = writes % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    g_faults.writes_until_failure = writes;
    for (int batch = 0; batch < 6; ++batch) send(12);
    if (!refused_.empty()) {
      ++refused_rounds;
      EXPECT_FALSE(store_->health().writable);
      EXPECT_NE(store_->health().reason.find(options_.path), std::string::npos);
    }
    heal_and_check();
    if (HasFailure()) FAIL() << "after " << writes << " writes";
  }
  EXPECT_GT(refused_rounds, 10);
}

TEST_F(FaultyDisk, AFailedSyncIsNoAcknowledgement) {
  open();
  send(10);
  for (std::int64_t syncs = 0; syncs < 4; ++syncs) {
    g_faults.syncs_until_failure = syncs;
    for (int batch = 0; batch < 6; ++batch) send(12);
    EXPECT_FALSE(refused_.empty());
    heal_and_check();
    if (HasFailure()) FAIL() << "after " << syncs << " syncs";
  }
}

TEST_F(FaultyDisk, WhatCannotBeReadRefusesTheGroupAndNothingElse) {
  open();
  for (int batch = 0; batch < 10; ++batch) send(12);
  store_->stop();
  options_.cache_entries_max = 1;
  open();
  g_faults.reads_fail = 1;
  for (int batch = 0; batch < 5; ++batch) send(12);
  EXPECT_FALSE(refused_.empty()) << "nothing needed the disk: the test does not test it";
  heal_and_check();
}

/// Goal: a repeated send is never called stored, or trimmed, on the word of a disk that did not answer.
TEST_F(FaultyDisk, ARepeatedSendWhoseOriginalCannotBeReadIsUnavailableAndFoundLater) {
  open();
  const auto numbered = [](std::uint64_t send_id) {
    auto message = std::make_shared<ports::Message>();
    message->zone = ZoneId{1};
    message->sender = MemberId{1};
    message->device = "d";
    message->send_id = send_id;
    message->conversation = ports::StreamId::pair(MemberId{1}, MemberId{2});
    message->body = std::to_string(send_id) + std::string(200, 'x');
    return ports::Append{.message = std::move(message), .fanout = nullptr};
  };
  const auto one = [&](ports::Append append) {
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    store_->append(std::move(batch));
    return sink_.wait_for(1).at(0);
  };
  constexpr std::uint64_t kSends = 1'000;  // the oldest are long out of what is kept in memory
  for (std::uint64_t i = 1; i <= kSends; ++i) ASSERT_EQ(one(numbered(i)).code, ports::AppendCode::accepted);
  store_->stop();
  open();
  ASSERT_EQ(one(numbered(kSends + 1)).code,
            ports::AppendCode::accepted);  // the sender and its streams are in memory
  g_faults.reads_fail = 1;
  int unavailable = 0;
  for (std::uint64_t i = 1; i <= kSends; i += 50) {
    const ports::AppendCode code = one(numbered(i)).code;
    EXPECT_TRUE(code == ports::AppendCode::unavailable || code == ports::AppendCode::duplicate)
        << "send_id " << i << ": " << static_cast<int>(code);
    if (code == ports::AppendCode::unavailable) ++unavailable;
  }
  EXPECT_GT(unavailable, 5) << "nothing needed the disk: the test does not test it";
  g_faults.heal();
  for (std::uint64_t i = 1; i <= kSends; i += 50)
    EXPECT_EQ(one(numbered(i)).code, ports::AppendCode::duplicate) << i;
}

TEST_F(FaultyDisk, HealthComesBackByItselfWithoutAnotherSend) {
  open();
  send(5);
  g_faults.writes_until_failure = 0;
  EXPECT_EQ(send(5), 0U);
  EXPECT_FALSE(store_->health().writable);
  g_faults.heal();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!store_->health().writable && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(store_->health().writable);
  EXPECT_TRUE(store_->health().reason.empty());
  heal_and_check();
}

/// Goal: what waits for the index is bounded by its entries as well, whatever the fan-out.
TEST_F(FaultyDisk, ALargeFanOutIsIndexedBeforeItsMessagesAreMany) {
  options_.flush_after_messages = 100;
  options_.batch_max = 4;
  open();
  auto members = std::make_shared<std::vector<MemberId>>();
  for (std::uint64_t i = 1; i <= 100; ++i) members->push_back(MemberId{i});
  std::uint64_t most_waiting = 0;
  for (int i = 0; i < 60; ++i) {
    ports::Append append = load_append(random_, next_);
    append.message->send_id = 0;
    append.message->conversation = ports::StreamId::room(kLoadRoom);
    append.reach = ports::Reach::inboxes;
    append.fanout = members;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    store_->append(std::move(batch));
    ASSERT_EQ(sink_.wait_for(1).at(0).code, ports::AppendCode::accepted);
    most_waiting = std::max(most_waiting, store_->stats().entries_waiting);
  }
  EXPECT_GT(store_->stats().entries_indexed, 4'000U)
      << "60 messages of 101 entries, and none is in the index";
  EXPECT_LT(most_waiting, 2'000U);
}

TEST_F(FaultyDisk, AMessageIsRefusedUnchangedSoThatItCanBeSentAgain) {
  open();
  g_faults.writes_until_failure = 0;
  auto append = load_append(random_, next_);
  append.message->send_id = 0;
  const auto message = append.message;
  std::vector<ports::Append> batch;
  batch.push_back(std::move(append));
  store_->append(std::move(batch));
  EXPECT_EQ(sink_.wait_for(1).at(0).code, ports::AppendCode::unavailable);
  EXPECT_EQ(message->send_id, 0U);
  EXPECT_FALSE(message->id);
  EXPECT_TRUE(message->deliveries.empty());
}

TEST_F(FaultyDisk, AnotherProcessHoldingTheLockDelaysAndThenRefusesUntilItIsGone) {
  open();
  send(5);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open_v2(options_.path.c_str(), &other, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(send(5), 0U);
  EXPECT_NE(store_->health().reason.find("locked"), std::string::npos) << store_->health().reason;
  check_promises(*store_, acked_);  // reading goes on
  sqlite3_close(other);
  heal_and_check();
}

/// On a real file system that is really full; needs the right to mount one.
TEST_F(FaultyDisk, AFullFileSystemRefusesAndGoesOnWhenThereIsRoom) {
  const std::filesystem::path mounted = folder_ / "small";
  std::filesystem::create_directory(mounted);
  if (::mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "may not mount a tmpfs here";
  options_.path = (mounted / "streams.db").string();
  options_.vfs.clear();
  options_.flush_after_messages = 1'000'000;
  options_.wal_checkpoint_pages = 1'000'000;
  open();
  for (int batch = 0; batch < 400 && refused_.empty(); ++batch) send(16);
  EXPECT_FALSE(refused_.empty());
  EXPECT_NE(store_->health().reason.find("full"), std::string::npos) << store_->health().reason;
  check_promises(*store_, acked_);
  ASSERT_EQ(::mount("tmpfs", mounted.c_str(), "tmpfs", MS_REMOUNT, "size=20m"), 0);
  heal_and_check();
  store_->stop();
  store_.reset();
  ::umount(mounted.c_str());
}

// ---- what an operator sees when it does not start -----------------------------------------------

TEST_F(FaultyDisk, AFileThatIsNoDatabaseIsRefusedWithWords) {
  std::ofstream(options_.path) << std::string(5'000, 'x');
  const std::string error = error_of_opening();
  EXPECT_NE(error.find(options_.path), std::string::npos) << error;
  EXPECT_NE(error.find("not a database"), std::string::npos) << error;
  EXPECT_NE(error.find("backup"), std::string::npos) << error;
}

TEST_F(FaultyDisk, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  sqlite3* other = nullptr;
  sqlite3_open(options_.path.c_str(), &other);
  sqlite3_exec(other, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  const auto before = std::filesystem::last_write_time(options_.path);
  EXPECT_NE(error_of_opening().find("another program"), std::string::npos);
  EXPECT_EQ(std::filesystem::last_write_time(options_.path), before);
}

TEST_F(FaultyDisk, ANewerSchemaIsRefusedNamingBothVersions) {
  open();
  store_->stop();
  sqlite3* db = nullptr;
  sqlite3_open(options_.path.c_str(), &db);
  sqlite3_exec(db, "UPDATE meta SET value = 77 WHERE key = 'schema_version'", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  const std::string error = error_of_opening();
  EXPECT_NE(error.find("version 77"), std::string::npos) << error;
  EXPECT_NE(error.find("knows " + std::to_string(stream_schema_version())), std::string::npos) << error;
}

TEST_F(FaultyDisk, AFolderThatDoesNotExistIsNamed) {
  options_.path = (folder_ / "nowhere" / "streams.db").string();
  const std::string error = error_of_opening();
  EXPECT_NE(error.find("nowhere"), std::string::npos) << error;
  EXPECT_NE(error.find("folder exists"), std::string::npos) << error;
}

TEST_F(FaultyDisk, AFileThatAnotherProcessHasLockedForGoodIsRefusedWithWords) {
  open();
  store_->stop();
  store_.reset();
  sqlite3* other = nullptr;
  sqlite3_open(options_.path.c_str(), &other);
  ASSERT_EQ(
      sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE", nullptr, nullptr, nullptr),
      SQLITE_OK);
  const std::string error = error_of_opening();
  EXPECT_NE(error.find("lock"), std::string::npos) << error;
  sqlite3_close(other);
  open();
}

TEST_F(FaultyDisk, AReadOnlyFileSystemIsRefusedWithWords) {
  const std::filesystem::path mounted = folder_ / "readonly";
  std::filesystem::create_directory(mounted);
  if (::mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=8m") != 0)
    GTEST_SKIP() << "may not mount a tmpfs here";
  options_.path = (mounted / "streams.db").string();
  options_.vfs.clear();
  open();
  store_->stop();
  store_.reset();
  ASSERT_EQ(::mount("tmpfs", mounted.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const std::string error = error_of_opening();
  EXPECT_NE(error.find("read"), std::string::npos) << error;
  store_.reset();
  ::umount(mounted.c_str());
}

TEST_F(FaultyDisk, ADamagedDatabaseIsRefusedOrSaysSoAndNeverInvents) {
  open();
  for (int batch = 0; batch < 30; ++batch) send(12);
  store_->stop();
  store_.reset();
  {  // the first page, after the header: the list of tables
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file << std::string(2'000, '\xEE');
  }
  const std::string error = error_of_opening();
  EXPECT_NE(error.find("damaged"), std::string::npos) << error;
}

TEST_F(FaultyDisk, AStartThatFailedCanBeTriedAgain) {
  std::filesystem::create_directory(folder_ / "later.d");
  options_.path = (folder_ / "not-yet" / "streams.db").string();
  EXPECT_FALSE(error_of_opening().empty());
  std::filesystem::create_directory(folder_ / "not-yet");
  ASSERT_TRUE(store_->start(sink_).has_value());
  EXPECT_EQ(send(3), 3U);
}

}  // namespace
}  // namespace plaza::sqlite
