#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "sql/sql_directory.h"
#include "tests/contract/moderation_contract.h"

namespace plaza::contract {
namespace {

class SqlModerationHarness final : public ModerationHarness {
 public:
  SqlModerationHarness() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-moderation-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SqlModerationHarness() override {
    directory_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open(ModerationLimits limits) override {
    limits_ = limits;
    reopen();
  }
  void reopen() override {
    directory_.reset();
    auto opened = sql::SqlDirectory::open((folder_ / "directory.db").string(), {.moderation = limits_});
    ASSERT_TRUE(opened) << opened.error().detail;
    directory_ = std::move(*opened);
  }
  Directory& directory() override { return *directory_; }
  Moderation& moderation() override { return directory_->moderation(); }

 private:
  std::filesystem::path folder_;
  ModerationLimits limits_;
  std::unique_ptr<sql::SqlDirectory> directory_;
};

std::unique_ptr<ModerationHarness> sqlite() { return std::make_unique<SqlModerationHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sql, ModerationContract, testing::Values(ModerationUnderTest{"sqlite", sqlite}),
                         name_of_moderation);

}  // namespace
}  // namespace plaza::contract
