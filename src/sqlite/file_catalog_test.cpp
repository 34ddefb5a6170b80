#include "sqlite/file_catalog.h"

#include <sqlite3.h>

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

TEST(StoredFileCatalog, OfTheFirstVersionGoesOnWithWhatItHas) {
  StoredCatalogHarness harness;
  const ports::FileUpload wanted{.id = {},
                                 .zone = ZoneId{4},
                                 .owner = MemberId{1},
                                 .size = 1,
                                 .type = "a/b",
                                 .name = "x",
                                 .created_ms = 0};
  const auto begun = harness.open().begin_upload(wanted, {.bytes_max = 10, .uploads_max = 10});
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(harness.path().c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "DROP INDEX upload_zone; DROP INDEX file_zone; PRAGMA user_version = 1", nullptr,
                         nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  for (int start = 0; start < 2; ++start) {
    const auto found = harness.open().uploads_in(ZoneId{4}, 9);
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().id, begun->id);
  }
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
