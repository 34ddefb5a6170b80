#include "memory/memory_erasures.h"

#include "tests/contract/erasures_contract.h"

namespace plaza::contract::erasures {
namespace {

class MemoryHarness final : public ErasuresHarness {
 public:
  Directory& directory() override { return directory_; }
  Channels& channels() override { return directory_; }
  Apps& apps() override { return apps_; }
  Erasures& erasures() override { return erasures_; }

 private:
  memory::MemoryDirectory directory_;
  memory::MemoryApps apps_{directory_};
  memory::MemoryErasures erasures_{directory_, apps_};
};

std::unique_ptr<ErasuresHarness> maps() { return std::make_unique<MemoryHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, ErasuresContract, testing::Values(ErasuresUnderTest{"maps", maps}),
                         name_of_erasures);

}  // namespace
}  // namespace plaza::contract::erasures
