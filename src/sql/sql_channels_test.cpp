#include <cstdlib>
#include <filesystem>

#include "sql/sql_directory.h"
#include "tests/contract/channels_contract.h"

namespace plaza::contract {
namespace {

class SqliteChannelsHarness final : public ChannelsHarness {
 public:
  SqliteChannelsHarness() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-channels-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~SqliteChannelsHarness() override {
    directory_.reset();
    std::filesystem::remove_all(path_);
  }
  Open open(ports::DirectoryLimits limits) override {
    directory_.reset();
    auto opened = sql::SqlDirectory::open((path_ / "directory.db").string(), {.limits = limits});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    directory_ = std::move(*opened);
    return {*directory_, *directory_};
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<sql::SqlDirectory> directory_;
};

std::unique_ptr<ChannelsHarness> sqlite() { return std::make_unique<SqliteChannelsHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sql, ChannelsContract, testing::Values(ChannelsUnderTest{"sqlite", sqlite}),
                         name_of_channels);
INSTANTIATE_TEST_SUITE_P(Sql, DurableChannelsContract, testing::Values(ChannelsUnderTest{"sqlite", sqlite}),
                         name_of_channels);

}  // namespace
}  // namespace plaza::contract
