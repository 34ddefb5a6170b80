// The bytes of files in a folder.
#include "disk/file_contents.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/contract/file_contents_contract.h"

namespace plaza::disk {
namespace {

using ports::ContentCode;
using ports::UploadId;
using Part = ports::FileContents::Part;

// sha256("hello")
constexpr const char* kHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

class FolderContentsTest : public testing::Test {
 protected:
  FolderContentsTest() : folder_(std::filesystem::temp_directory_path() / "plaza-files-XXXXXX") {
    std::string name = folder_.string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    EXPECT_TRUE(FolderContents::prepare(root()).has_value());
    contents_ = FolderContents(root());
  }
  ~FolderContentsTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string root() const { return folder_ / "files"; }
  void keep_hello(UploadId id) {
    ASSERT_EQ(contents_.append(id, 0, "hello").value(), 5u);
    ASSERT_EQ(contents_.digest(id).value(), kHello);
    ASSERT_TRUE(contents_.keep(id, kHello).has_value());
  }
  template <class T>
  static ContentCode code(const ports::ContentResult<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? ContentCode::unavailable : result.error().code;
  }

  std::filesystem::path folder_;
  FolderContents contents_{""};
};

TEST_F(FolderContentsTest, EqualContentsAreThereOnce) {
  keep_hello(UploadId{1});
  keep_hello(UploadId{2});
  struct stat facts{};
  const std::string path = root() + "/2c/" + (kHello + 2);
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_nlink, 2u) << "the first one's bytes";
}

TEST_F(FolderContentsTest, NothingOutsideOfTheFolderIsTouched) {
  std::ofstream(folder_ / "secret") << "secret";
  ASSERT_TRUE(contents_.append(UploadId{1}, 0, "x").has_value());
  for (const std::string& name : {std::string("../secret"), std::string("../../secret"),
                                  std::string("uploads/1"), "2c/" + std::string(61, '0')}) {
    EXPECT_EQ(code(contents_.read(name, Part::content, 0, 10)), ContentCode::not_there) << name;
    EXPECT_TRUE(contents_.remove(name).has_value()) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "secret"));
  EXPECT_EQ(contents_.uploaded(UploadId{1}).value(), 1u);
}

TEST_F(FolderContentsTest, ALinkInThePlaceOfAnUploadIsNotFollowed) {
  std::ofstream(folder_ / "secret") << "secret";
  std::filesystem::create_symlink(folder_ / "secret", root() + "/uploads/7");
  EXPECT_FALSE(contents_.append(UploadId{7}, 6, "x").has_value());
  EXPECT_FALSE(contents_.with_upload(UploadId{7}, [](int) { FAIL(); }).has_value());
}

TEST_F(FolderContentsTest, AFullDiskIsSaidAndWhatFittedStays) {
  ASSERT_EQ(contents_.append(UploadId{1}, 0, "hello").value(), 5u);
  // The same error as of a full disk: no file of this process may be larger.
  struct rlimit before{}, small{};
  getrlimit(RLIMIT_FSIZE, &before);
  small = before;
  small.rlim_cur = 8;
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const auto refused = contents_.append(UploadId{1}, 5, " world");
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(code(refused), ContentCode::full);
  EXPECT_EQ(contents_.uploaded(UploadId{1}).value(), 8u);
  EXPECT_EQ(contents_.append(UploadId{1}, 8, "rld").value(), 11u);
}

class FolderHarness final : public contract::FileContentsHarness {
 public:
  FolderHarness() : folder_(std::filesystem::temp_directory_path() / "plaza-files-XXXXXX") {
    std::string name = folder_.string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    EXPECT_TRUE(FolderContents::prepare(folder_).has_value());
    contents_ = std::make_unique<FolderContents>(folder_);
  }
  ~FolderHarness() override { std::filesystem::remove_all(folder_); }
  ports::FileContents& contents() override { return *contents_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<FolderContents> contents_;
};

std::unique_ptr<contract::FileContentsHarness> in_a_folder() { return std::make_unique<FolderHarness>(); }

}  // namespace
}  // namespace plaza::disk

namespace plaza::contract {
INSTANTIATE_TEST_SUITE_P(Folder, FileContentsContract,
                         testing::Values(FileContentsUnderTest{"folder", disk::in_a_folder}),
                         name_of_contents);
}  // namespace plaza::contract
