#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "sql/sql_directory.h"
#include "tests/contract/announcements_contract.h"

namespace plaza::contract {
namespace {

class SqlAnnouncementsHarness final : public AnnouncementsHarness {
 public:
  SqlAnnouncementsHarness() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-announcements-test-XXXXXX")
                              .string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SqlAnnouncementsHarness() override {
    directory_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open(AnnouncementLimits limits) override {
    limits_ = limits;
    reopen();
  }
  void reopen() override {
    directory_.reset();
    auto opened = sql::SqlDirectory::open((folder_ / "directory.db").string(), {.announcements = limits_});
    ASSERT_TRUE(opened) << opened.error().detail;
    directory_ = std::move(*opened);
  }
  Directory& directory() override { return *directory_; }
  Announcements& announcements() override { return directory_->announcements(); }

 private:
  std::filesystem::path folder_;
  AnnouncementLimits limits_;
  std::unique_ptr<sql::SqlDirectory> directory_;
};

std::unique_ptr<AnnouncementsHarness> sqlite() { return std::make_unique<SqlAnnouncementsHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sql, AnnouncementsContract,
                         testing::Values(AnnouncementsUnderTest{"sqlite", sqlite}), name_of_announcements);

}  // namespace
}  // namespace plaza::contract
