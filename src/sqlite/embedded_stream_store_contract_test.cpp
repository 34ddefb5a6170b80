#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "sqlite/embedded_stream_store.h"
#include "sqlite/faulty_vfs_for_test.h"
#include "tests/contract/stream_bytes_contract.h"
#include "tests/contract/stream_changes_contract.h"
#include "tests/contract/stream_erase_contract.h"
#include "tests/contract/stream_reach_contract.h"

namespace plaza::contract {
namespace {

/// A database in a folder of its own, on a file layer that can fail.
class EmbeddedHarness final : public StoreHarness {
 public:
  explicit EmbeddedHarness(sqlite::EmbeddedStreamStoreOptions options) : options_(std::move(options)) {
    sqlite::register_faulty_vfs();
    sqlite::g_faults.heal();
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-streams-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.path = (folder_ / "streams.db").string();
    options_.vfs = sqlite::kFaultyVfs;
    options_.trim_rows_per_call = kTrimRows;
  }
  ~EmbeddedHarness() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  StreamStore& open(const Clock& clock) override {
    store_ = std::make_unique<sqlite::EmbeddedStreamStore>(options_, clock);
    return *store_;
  }
  void break_storage(bool broken) override {
    sqlite::g_faults.heal();
    if (broken) sqlite::g_faults.writes_until_failure = 0;
  }

 private:
  sqlite::EmbeddedStreamStoreOptions options_;
  std::filesystem::path folder_;
  std::unique_ptr<sqlite::EmbeddedStreamStore> store_;
};

std::unique_ptr<StoreHarness> with_defaults() {
  return std::make_unique<EmbeddedHarness>(sqlite::EmbeddedStreamStoreOptions{});
}

/// Every limit so small that each test crosses it: several transactions a call, an index round after a few
/// messages in slices of a few rows, nothing kept in memory that need not be, checkpoints all the time.
std::unique_ptr<StoreHarness> with_tiny_limits() {
  return std::make_unique<EmbeddedHarness>(sqlite::EmbeddedStreamStoreOptions{.batch_max = 7,
                                                                              .flush_after_messages = 5,
                                                                              .flush_idle_ms = 1,
                                                                              .flush_rows_per_commit = 3,
                                                                              .cache_entries_max = 2,
                                                                              .recent_bytes_max = 1'000,
                                                                              .wal_checkpoint_pages = 4});
}

INSTANTIATE_TEST_SUITE_P(Embedded, StreamStoreContract,
                         testing::Values(StoreUnderTest{"defaults", with_defaults},
                                         StoreUnderTest{"tiny_limits", with_tiny_limits}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Embedded, StreamReachContract,
                         testing::Values(StoreUnderTest{"defaults", with_defaults},
                                         StoreUnderTest{"tiny_limits", with_tiny_limits}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Embedded, StreamEraseContract,
                         testing::Values(StoreUnderTest{"defaults", with_defaults},
                                         StoreUnderTest{"tiny_limits", with_tiny_limits}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Embedded, StreamBytesContract,
                         testing::Values(StoreUnderTest{"defaults", with_defaults},
                                         StoreUnderTest{"tiny_limits", with_tiny_limits}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Embedded, StreamChangesContract,
                         testing::Values(StoreUnderTest{"defaults", with_defaults},
                                         StoreUnderTest{"tiny_limits", with_tiny_limits}),
                         name_of_store);

}  // namespace
}  // namespace plaza::contract
