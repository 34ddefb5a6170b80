#include "memory/memory_announcements.h"

#include "tests/contract/announcements_contract.h"

namespace plaza::contract {
namespace {

class MemoryAnnouncementsHarness final : public AnnouncementsHarness {
 public:
  void open(AnnouncementLimits limits) override {
    announcements_ = std::make_unique<memory::MemoryAnnouncements>(directory_, limits);
  }
  void reopen() override {}
  Directory& directory() override { return directory_; }
  Announcements& announcements() override { return *announcements_; }

 private:
  memory::MemoryDirectory directory_;
  std::unique_ptr<memory::MemoryAnnouncements> announcements_;
};

std::unique_ptr<AnnouncementsHarness> in_maps() { return std::make_unique<MemoryAnnouncementsHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, AnnouncementsContract,
                         testing::Values(AnnouncementsUnderTest{"maps", in_maps}), name_of_announcements);

}  // namespace
}  // namespace plaza::contract
