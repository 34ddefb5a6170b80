// The bytes of files go with a copy of their catalogue that is some moments old.
#include "app/backup/file_contents_copy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "disk/file_contents.h"
#include "sqlite/catalog_contents.h"
#include "sqlite/file_catalog.h"

namespace plaza::app {
namespace {

namespace fs = std::filesystem;
using disk::FolderContents;
using Part = ports::FileContents::Part;

constexpr ports::FileQuota kQuota{.bytes_max = 1'000'000, .uploads_max = 1'000};

class CopyOfContents : public testing::Test {
 protected:
  CopyOfContents() {
    fs::create_directories(data());
    fs::create_directories(backup());
    EXPECT_TRUE(FolderContents::prepare(data() + "/files"));
    catalog_ = std::move(*sqlite::StoredFileCatalog::open(data() + "/files.db", 0, 1'000));
  }
  ~CopyOfContents() override {
    catalog_.reset();
    fs::remove_all(folder_);
  }

  [[nodiscard]] std::string data() const { return (folder_ / "data").string(); }
  [[nodiscard]] std::string backup() const { return (folder_ / "backup").string(); }

  /// A file with these bytes, of which the server keeps one.
  ports::StoredFile stored(const std::string& bytes) {
    const auto begun = catalog_->begin_upload({.id = {},
                                               .zone = ZoneId{1},
                                               .owner = MemberId{1},
                                               .size = bytes.size(),
                                               .type = "a/b",
                                               .name = "x",
                                               .created_ms = 0},
                                              kQuota);
    EXPECT_TRUE(contents_.append(begun->id, 0, bytes));
    const auto hash = contents_.digest(begun->id);
    EXPECT_TRUE(contents_.keep(begun->id, *hash));
    EXPECT_TRUE(contents_.drop_upload(begun->id));
    return *catalog_->finish_upload(begun->id, {.id = {},
                                                .zone = ZoneId{1},
                                                .owner = MemberId{1},
                                                .upload = begun->id,
                                                .hash = *hash,
                                                .size = bytes.size(),
                                                .type = "a/b",
                                                .name = "x"});
  }
  void remove(const ports::StoredFile& file) {
    EXPECT_TRUE(catalog_->drop_file(file.id));
    EXPECT_TRUE(contents_.remove(file.hash));
  }
  /// The copy of the catalogue, as it is now.
  void take_moment() {
    catalog_.reset();  // the log goes into the file
    fs::copy_file(data() + "/files.db", backup() + "/files.db");
    catalog_ = std::move(*sqlite::StoredFileCatalog::open(data() + "/files.db", 0, 1'000));
  }
  [[nodiscard]] bool copied(const ports::StoredFile& file) const {
    return fs::exists(backup() + "/files/" + FolderContents::place(file.hash, Part::content));
  }
  [[nodiscard]] bool listed(const ports::StoredFile& file) const {
    return *(*sqlite::CatalogContents::open(backup() + "/files.db", 1'000))->used(file.hash);
  }

  static fs::path new_folder() {
    std::string pattern = (fs::temp_directory_path() / "plaza-contents-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }

  const fs::path folder_ = new_folder();
  FolderContents contents_{(folder_ / "data/files").string()};
  std::unique_ptr<sqlite::StoredFileCatalog> catalog_;
};

TEST_F(CopyOfContents, HasWhatWasThereAtItsMomentAndNothingLater) {
  const auto before = stored("before"), twice = stored("before"), removed = stored("removed");
  take_moment();
  const auto after = stored("after");
  remove(removed);
  const auto done = copy_contents(data(), backup());
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(before.hash, twice.hash);
  EXPECT_EQ(done->contents, 1u);
  EXPECT_EQ(done->bytes, 6u);
  EXPECT_EQ(done->lost, 0u) << "who removed it had a reason";
  EXPECT_TRUE(copied(before) && listed(before));
  EXPECT_FALSE(copied(removed) || listed(removed));
  EXPECT_FALSE(copied(after) || listed(after));
}

TEST_F(CopyOfContents, SaysWhatTheServerHasLostAndLeavesItOut) {
  const auto good = stored("good"), missing = stored("missing"), damaged = stored("damaged");
  fs::remove(data() + "/files/" + FolderContents::place(missing.hash, Part::content));
  std::ofstream(data() + "/files/" + FolderContents::place(damaged.hash, Part::content)) << "DAMAGED";
  take_moment();
  const auto done = copy_contents(data(), backup());
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->lost, 2u);
  EXPECT_EQ(done->lost_names.size(), 2u);
  EXPECT_TRUE(copied(good) && listed(good));
  EXPECT_FALSE(copied(missing) || listed(missing));
  EXPECT_FALSE(copied(damaged) || listed(damaged));
}

TEST_F(CopyOfContents, GoesOnBehindAPageOfTheCatalogue) {
  constexpr int kFiles = 129;  // two whole pages and one
  for (int i = 0; i < kFiles; ++i) stored("file " + std::to_string(i));
  take_moment();
  const auto done = copy_contents(data(), backup());
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->contents, static_cast<std::uint64_t>(kFiles));
}

}  // namespace
}  // namespace plaza::app
