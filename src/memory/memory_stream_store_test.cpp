#include "memory/memory_stream_store.h"

#include <gtest/gtest.h>

#include "tests/contract/stream_bytes_contract.h"
#include "tests/contract/stream_changes_contract.h"
#include "tests/contract/stream_erase_contract.h"
#include "tests/contract/stream_reach_contract.h"

namespace plaza::contract {
namespace {

using memory::MemoryStreamStore;
using memory::MemoryStreamStoreOptions;
using Commits = MemoryStreamStoreOptions::Commits;

/// The storage is in the store, so a reopen starts the same one again.
class MemoryHarness final : public StoreHarness {
 public:
  explicit MemoryHarness(Commits commits) : commits_(commits) {}

  StreamStore& open(const Clock& clock) override {
    if (!store_) {
      store_ = std::make_unique<MemoryStreamStore>(
          clock, MemoryStreamStoreOptions{.commits = commits_, .trim_rows_max = kTrimRows});
    }
    return *store_;
  }
  void break_storage(bool broken) override { store_->fail_commits(broken ? 1'000'000 : 0); }
  bool pump() override { return commits_ == Commits::by_step && store_->step(); }

 private:
  const Commits commits_;
  std::unique_ptr<MemoryStreamStore> store_;
};

std::unique_ptr<StoreHarness> threaded() { return std::make_unique<MemoryHarness>(Commits::own_thread); }
std::unique_ptr<StoreHarness> stepped() { return std::make_unique<MemoryHarness>(Commits::by_step); }

INSTANTIATE_TEST_SUITE_P(Memory, StreamStoreContract,
                         testing::Values(StoreUnderTest{"threaded", threaded},
                                         StoreUnderTest{"stepped", stepped}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Memory, StreamReachContract,
                         testing::Values(StoreUnderTest{"threaded", threaded},
                                         StoreUnderTest{"stepped", stepped}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Memory, StreamEraseContract,
                         testing::Values(StoreUnderTest{"threaded", threaded},
                                         StoreUnderTest{"stepped", stepped}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Memory, StreamBytesContract,
                         testing::Values(StoreUnderTest{"threaded", threaded},
                                         StoreUnderTest{"stepped", stepped}),
                         name_of_store);
INSTANTIATE_TEST_SUITE_P(Memory, StreamChangesContract,
                         testing::Values(StoreUnderTest{"threaded", threaded},
                                         StoreUnderTest{"stepped", stepped}),
                         name_of_store);

// ---- what only the twin has: the simulator's handles --------------------------------------------

class SteppedStore : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store_.start(sink_).has_value()); }
  void send(std::uint64_t send_id) {
    std::vector<Append> batch;
    batch.push_back(to_pair(kAda, kBob, std::to_string(send_id), send_id));
    store_.append(std::move(batch));
  }
  std::uint64_t bobs_head() {
    std::uint64_t head = 0;
    store_.heads({StreamId::inbox(kBob)}, [&](auto heads) { head = heads->at(0).head; });
    store_.step();
    return head;
  }

  memory::ManualClock clock_;
  CollectingSink sink_;
  MemoryStreamStore store_{clock_, {.commits = Commits::by_step}};
};

TEST_F(SteppedStore, NothingHappensUntilItIsStepped) {
  send(1);
  send(2);
  EXPECT_EQ(store_.waiting(), 2U);
  EXPECT_EQ(sink_.count(), 0U);
  EXPECT_TRUE(store_.step());
  EXPECT_EQ(sink_.count(), 2U);
  EXPECT_FALSE(store_.step());
  EXPECT_EQ(store_.stats().commits, 1U) << "what waits is one commit";
}

TEST_F(SteppedStore, ACrashForgetsWhatWaitsAndKeepsWhatIsCommitted) {
  send(1);
  store_.step();
  send(2);
  bool answered = false;
  store_.heads({kAdaBob}, [&](auto) { answered = true; });
  store_.crash();
  EXPECT_EQ(sink_.count(), 1U);
  EXPECT_FALSE(answered);
  ASSERT_TRUE(store_.start(sink_).has_value());
  EXPECT_EQ(bobs_head(), 1U);
  send(2);
  store_.step();
  EXPECT_EQ(sink_.take().back().code, AppendCode::accepted);
}

TEST_F(SteppedStore, ACrashAfterTheCommitLosesTheReportButNotTheMessage) {
  store_.crash_after_next_commit();
  send(1);
  EXPECT_TRUE(store_.step());
  EXPECT_EQ(sink_.count(), 0U);
  ASSERT_TRUE(store_.start(sink_).has_value());
  EXPECT_EQ(bobs_head(), 1U);
  send(1);
  store_.step();
  EXPECT_EQ(sink_.take().back().code, AppendCode::duplicate);
}

TEST_F(SteppedStore, AFailedCommitFailsOnlyAsManyAsAskedFor) {
  store_.fail_commits(1);
  send(1);
  store_.step();
  send(1);
  store_.step();
  const std::vector<Appended> outcomes = sink_.take();
  EXPECT_EQ(outcomes.at(0).code, AppendCode::unavailable);
  EXPECT_EQ(outcomes.at(1).code, AppendCode::accepted);
}

}  // namespace
}  // namespace plaza::contract
