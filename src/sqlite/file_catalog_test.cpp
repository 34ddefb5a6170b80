#include "sqlite/file_catalog.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/contract/file_catalog_contract.h"

namespace plaza::contract {
namespace {

class StoredCatalogHarness final : public FileCatalogHarness {
 public:
  StoredCatalogHarness() : folder_(std::filesystem::temp_directory_path() / "plaza-catalog-XXXXXX") {
    std::string name = folder_.string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~StoredCatalogHarness() override {
    catalog_.reset();
    std::filesystem::remove_all(folder_);
  }
  ports::FileCatalog& open() override {
    catalog_.reset();
    auto opened = sqlite::StoredFileCatalog::open(path(), 3, 1000);
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error());
    catalog_ = std::move(*opened);
    return *catalog_;
  }
  [[nodiscard]] std::string path() const { return folder_ / "files.db"; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<sqlite::StoredFileCatalog> catalog_;
};

std::unique_ptr<FileCatalogHarness> in_a_file() { return std::make_unique<StoredCatalogHarness>(); }

INSTANTIATE_TEST_SUITE_P(Stored, FileCatalogContract,
                         testing::Values(FileCatalogUnderTest{"file", in_a_file}), name_of_catalog);

TEST(StoredFileCatalog, IdsCarryTheRegion) {
  StoredCatalogHarness harness;
  const auto begun = harness.open().begin_upload({.id = {},
                                                  .zone = ZoneId{1},
                                                  .owner = MemberId{1},
                                                  .size = 1,
                                                  .type = "a/b",
                                                  .name = "x",
                                                  .created_ms = 0},
                                                 {.bytes_max = 10, .uploads_max = 10});
  EXPECT_EQ(begun->id.value, make_id(3, 1));
}

TEST(StoredFileCatalog, ThatIsNoneIsLeftAloneAndSaid) {
  StoredCatalogHarness harness;
  std::ofstream(harness.path()) << std::string(5'000, 'x');
  const auto opened = sqlite::StoredFileCatalog::open(harness.path(), 0, 1000);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().find("files.db"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(harness.path()), 5'000u);
}

}  // namespace
}  // namespace plaza::contract
