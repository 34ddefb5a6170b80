#include "memory/memory_moderation.h"

#include "memory/memory_directory.h"
#include "tests/contract/moderation_contract.h"

namespace plaza::contract {
namespace {

class MemoryModerationHarness final : public ModerationHarness {
 public:
  void open(ModerationLimits limits) override {
    moderation_ = std::make_unique<memory::MemoryModeration>(directory_, limits);
  }
  void reopen() override {}
  Directory& directory() override { return directory_; }
  Moderation& moderation() override { return *moderation_; }

 private:
  memory::MemoryDirectory directory_;
  std::unique_ptr<memory::MemoryModeration> moderation_;
};

std::unique_ptr<ModerationHarness> in_maps() { return std::make_unique<MemoryModerationHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, ModerationContract, testing::Values(ModerationUnderTest{"maps", in_maps}),
                         name_of_moderation);

TEST(MemoryModeration, IsUnavailableWhileSwitchedOffAndChangesNothing) {
  memory::MemoryDirectory directory;
  memory::MemoryModeration moderation(directory);
  Zone wanted;
  wanted.app_name = "app";
  wanted.zone_name = "zone";
  const ZoneId zone = directory.put_zone(wanted)->id;
  moderation.set_unavailable(true);
  EXPECT_EQ(moderation.put_word(zone, {.id = {}, .text = "x"}).error().code, DirectoryCode::unavailable);
  moderation.set_unavailable(false);
  EXPECT_TRUE(moderation.words(zone)->empty());
}

}  // namespace
}  // namespace plaza::contract
