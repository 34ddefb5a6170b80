#include "memory/memory_directory.h"
#include "tests/contract/channels_contract.h"

namespace plaza::contract {
namespace {

class MemoryChannelsHarness final : public ChannelsHarness {
 public:
  Open open(ports::DirectoryLimits limits) override {
    directory_ = std::make_unique<memory::MemoryDirectory>(limits);
    return {*directory_, *directory_};
  }

 private:
  std::unique_ptr<memory::MemoryDirectory> directory_;
};

std::unique_ptr<ChannelsHarness> in_maps() { return std::make_unique<MemoryChannelsHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, ChannelsContract, testing::Values(ChannelsUnderTest{"maps", in_maps}),
                         name_of_channels);

}  // namespace
}  // namespace plaza::contract
