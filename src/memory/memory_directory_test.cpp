#include "memory/memory_directory.h"

#include "tests/contract/members_contract.h"
#include "tests/contract/rooms_contract.h"

namespace plaza::contract {
namespace {

class MemoryDirectoryHarness final : public DirectoryHarness {
 public:
  explicit MemoryDirectoryHarness(bool remembering) : remembering_(remembering) {}
  Directory& open(DirectoryLimits limits, std::uint8_t region) override {
    directory_ = std::make_unique<memory::MemoryDirectory>(limits, region);
    directory_->set_remembering(remembering_);
    return *directory_;
  }

 private:
  const bool remembering_;
  std::unique_ptr<memory::MemoryDirectory> directory_;
};

std::unique_ptr<DirectoryHarness> in_maps() { return std::make_unique<MemoryDirectoryHarness>(false); }
std::unique_ptr<DirectoryHarness> remembering() { return std::make_unique<MemoryDirectoryHarness>(true); }

INSTANTIATE_TEST_SUITE_P(Memory, DirectoryContract,
                         testing::Values(DirectoryUnderTest{"maps", in_maps},
                                         DirectoryUnderTest{"maps_that_remember", remembering}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(Memory, MembersContract,
                         testing::Values(DirectoryUnderTest{"maps", in_maps},
                                         DirectoryUnderTest{"maps_that_remember", remembering}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(Memory, RoomsContract,
                         testing::Values(DirectoryUnderTest{"maps", in_maps},
                                         DirectoryUnderTest{"maps_that_remember", remembering}),
                         name_of_directory);

TEST(MemoryDirectory, IsUnavailableWhileSwitchedOffAndChangesNothing) {
  memory::MemoryDirectory directory;
  Zone wanted;
  wanted.app_name = "app";
  wanted.zone_name = "zone";
  const auto zone = directory.put_zone(wanted);
  ASSERT_TRUE(zone);
  directory.set_unavailable(true);
  EXPECT_EQ(code_of(directory.register_account("ann", "ann", "h", zone->id)), DirectoryCode::unavailable);
  EXPECT_EQ(code_of(directory.zone(zone->id)), DirectoryCode::unavailable);
  directory.set_unavailable(false);
  EXPECT_EQ(code_of(directory.account_by_name("ann")), DirectoryCode::not_found);
}

}  // namespace
}  // namespace plaza::contract
