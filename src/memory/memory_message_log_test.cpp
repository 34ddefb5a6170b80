#include "memory/manual_clock.h"
#include "memory/memory_stream_store.h"
#include "tests/contract/message_log_contract.h"

namespace plaza::contract {
namespace {

class MemoryLogHarness final : public MessageLogHarness {
 public:
  explicit MemoryLogHarness(ports::AppendSink& sink) { EXPECT_TRUE(store_.start(sink).has_value()); }
  ports::StreamStore& store() override { return store_; }
  ports::MessageLog& log() override { return store_; }
  void step() override { store_.step(); }
  void crash(ports::AppendSink& sink) override {
    store_.crash();
    EXPECT_TRUE(store_.start(sink).has_value());
  }

 private:
  memory::ManualClock clock_;
  memory::MemoryStreamStore store_{clock_, {.commits = memory::MemoryStreamStoreOptions::Commits::by_step}};
};

std::unique_ptr<MessageLogHarness> in_maps(ports::AppendSink& sink) {
  return std::make_unique<MemoryLogHarness>(sink);
}

INSTANTIATE_TEST_SUITE_P(Memory, MessageLogContract, testing::Values(MessageLogUnderTest{"maps", in_maps}),
                         name_of_log);

}  // namespace
}  // namespace plaza::contract
