#include "sqlite/message_log.h"

#include <unistd.h>

#include <filesystem>

#include "memory/system_clock.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/new_epoch.h"
#include "tests/contract/message_log_contract.h"

namespace plaza::contract {
namespace {

class StoredLogHarness final : public MessageLogHarness {
 public:
  explicit StoredLogHarness(ports::AppendSink& sink)
      : folder_(std::filesystem::temp_directory_path() / "plaza-log-XXXXXX") {
    std::string name = folder_.string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    start(sink);
  }
  ~StoredLogHarness() override {
    log_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  ports::StreamStore& store() override { return *store_; }
  ports::MessageLog& log() override { return *log_; }
  // A copy of the files while they are in use is what a crash leaves.
  void crash(ports::AppendSink& sink) override {
    const std::filesystem::path crashed = folder_ / "crashed";
    std::filesystem::create_directory(crashed);
    for (const char* name : {"streams.db", "streams.db-wal"})
      std::filesystem::copy_file(folder_ / name, crashed / name);
    log_.reset();
    store_->stop();
    for (const char* name : {"streams.db", "streams.db-wal", "streams.db-shm"})
      std::filesystem::remove(folder_ / name);
    for (const char* name : {"streams.db", "streams.db-wal"})
      std::filesystem::rename(crashed / name, folder_ / name);
    start(sink);
  }
  [[nodiscard]] std::string path() const { return folder_ / "streams.db"; }
  void start(ports::AppendSink& sink) {
    store_ = std::make_unique<sqlite::EmbeddedStreamStore>(
        sqlite::EmbeddedStreamStoreOptions{.path = path(), .installation = 12345}, clock_);
    const auto started = store_->start(sink);
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().detail);
    auto opened = sqlite::StoredMessageLog::open(path(), 1000);
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error());
    log_ = std::move(*opened);
  }

 private:
  std::filesystem::path folder_;
  memory::SystemClock clock_;
  std::unique_ptr<sqlite::EmbeddedStreamStore> store_;
  std::unique_ptr<sqlite::StoredMessageLog> log_;
};

std::unique_ptr<MessageLogHarness> in_a_file(ports::AppendSink& sink) {
  return std::make_unique<StoredLogHarness>(sink);
}

INSTANTIATE_TEST_SUITE_P(Stored, MessageLogContract, testing::Values(MessageLogUnderTest{"file", in_a_file}),
                         name_of_log);

class Nobody final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> /*outcomes*/) override {}
};

TEST(StoredMessageLog, HasAnotherNumberInANewEpoch) {
  Nobody sink;
  StoredLogHarness harness(sink);
  const auto before = harness.log().after({}, 1)->log;
  harness.store().stop();
  ASSERT_TRUE(sqlite::begin_new_epoch(harness.path(), 1'800'000'000'000).has_value());
  harness.start(sink);
  EXPECT_NE(harness.log().after({}, 1)->log, before);
}

}  // namespace
}  // namespace plaza::contract
