#pragma once
// The contract of ports::FileContents as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, FileContentsContract, testing::Values(FileContentsUnderTest{"maps", make}), name_of_contents);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ports/files.h"

namespace plaza::contract {

/// One implementation, empty at first.
class FileContentsHarness {
 public:
  virtual ~FileContentsHarness() = default;
  virtual ports::FileContents& contents() = 0;
};
struct FileContentsUnderTest {
  std::string name;
  std::unique_ptr<FileContentsHarness> (*make)() = nullptr;
};
inline void PrintTo(const FileContentsUnderTest& contents, std::ostream* out) { *out << contents.name; }
inline std::string name_of_contents(const testing::TestParamInfo<FileContentsUnderTest>& info) {
  return info.param.name;
}

class FileContentsContract : public testing::TestWithParam<FileContentsUnderTest> {
 protected:
  using ContentCode = ports::ContentCode;
  using UploadId = ports::UploadId;
  using Part = ports::FileContents::Part;

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

  /// sha256("hello")
  static constexpr const char* kHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  const std::unique_ptr<FileContentsHarness> harness_ = GetParam().make();
  ports::FileContents& contents_ = harness_->contents();
};

TEST_P(FileContentsContract, AnUploadIsContinuedWhereItEndsAndNowhereElse) {
  EXPECT_EQ(contents_.uploaded(UploadId{1}).value(), 0u);
  EXPECT_EQ(contents_.append(UploadId{1}, 0, "hel").value(), 3u);
  EXPECT_EQ(contents_.uploaded(UploadId{1}).value(), 3u);
  EXPECT_EQ(code(contents_.append(UploadId{1}, 0, "hel")), ContentCode::wrong_offset);
  EXPECT_EQ(code(contents_.append(UploadId{1}, 4, "o")), ContentCode::wrong_offset);
  EXPECT_EQ(contents_.append(UploadId{1}, 3, "lo").value(), 5u);
  EXPECT_EQ(contents_.append(UploadId{1}, 5, "").value(), 5u);
  EXPECT_EQ(contents_.digest(UploadId{1}).value(), kHello);
  bool looked = false;
  EXPECT_TRUE(contents_.with_upload(UploadId{1}, [&](int) { looked = true; }).has_value());
  EXPECT_TRUE(looked);
  EXPECT_EQ(code(contents_.with_upload(UploadId{2}, [](int) { FAIL(); })), ContentCode::not_there);
  EXPECT_EQ(code(contents_.digest(UploadId{2})), ContentCode::not_there);
  EXPECT_EQ(contents_.uploaded(UploadId{2}).value(), 0u) << "another one's";
}

TEST_P(FileContentsContract, WhatIsKeptIsReadByItsHash) {
  keep_hello(UploadId{1});
  EXPECT_EQ(contents_.size(kHello, Part::content).value(), 5u);
  EXPECT_EQ(contents_.read(kHello, Part::content, 0, 100).value(), "hello");
  EXPECT_EQ(contents_.read(kHello, Part::content, 1, 3).value(), "ell");
  EXPECT_EQ(contents_.read(kHello, Part::content, 5, 3).value(), "");
  ASSERT_TRUE(contents_.drop_upload(UploadId{1}).has_value());
  EXPECT_EQ(contents_.read(kHello, Part::content, 0, 100).value(), "hello");
  EXPECT_EQ(contents_.uploaded(UploadId{1}).value(), 0u);
}

TEST_P(FileContentsContract, WhatIsKeptNeverChanges) {
  keep_hello(UploadId{1});
  EXPECT_EQ(code(contents_.append(UploadId{1}, 5, " world")), ContentCode::wrong_offset);
  EXPECT_EQ(contents_.read(kHello, Part::content, 0, 100).value(), "hello");
}

TEST_P(FileContentsContract, AThumbnailBelongsToItsContent) {
  keep_hello(UploadId{1});
  EXPECT_EQ(code(contents_.read(kHello, Part::thumbnail, 0, 1)), ContentCode::not_there);
  ASSERT_TRUE(contents_.put_thumbnail(kHello, "small").has_value());
  ASSERT_TRUE(contents_.put_thumbnail(kHello, "small").has_value());
  EXPECT_EQ(contents_.read(kHello, Part::thumbnail, 0, 100).value(), "small");
  ASSERT_TRUE(contents_.remove(kHello).has_value());
  EXPECT_EQ(code(contents_.size(kHello, Part::content)), ContentCode::not_there);
  EXPECT_EQ(code(contents_.size(kHello, Part::thumbnail)), ContentCode::not_there);
  EXPECT_TRUE(contents_.remove(kHello).has_value());
}

TEST_P(FileContentsContract, NothingButAHashIsAName) {
  ASSERT_TRUE(contents_.append(UploadId{1}, 0, "x").has_value());
  for (const std::string& name :
       {std::string("../secret"), std::string("../../secret"), std::string("uploads/1"),
        std::string("/etc/passwd"), std::string(kHello).substr(1), std::string(kHello) + "0",
        std::string(64, '.'), std::string(64, 'A'), "2c/" + std::string(61, '0'), std::string()}) {
    EXPECT_EQ(code(contents_.read(name, Part::content, 0, 10)), ContentCode::not_there) << name;
    EXPECT_EQ(code(contents_.keep(UploadId{1}, name)), ContentCode::not_there) << name;
    EXPECT_EQ(code(contents_.put_thumbnail(name, "x")), ContentCode::not_there) << name;
    EXPECT_TRUE(contents_.remove(name).has_value()) << name;
  }
}

TEST_P(FileContentsContract, ListsItsContentsInPages) {
  std::vector<std::string> hashes;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(contents_.append(UploadId{i}, 0, std::to_string(i)).has_value());
    hashes.push_back(contents_.digest(UploadId{i}).value());
    ASSERT_TRUE(contents_.keep(UploadId{i}, hashes.back()).has_value());
  }
  ASSERT_TRUE(contents_.put_thumbnail(hashes[0], "x").has_value());
  std::ranges::sort(hashes);
  std::vector<std::string> found;
  for (;;) {
    const auto page = contents_.hashes_after(found.empty() ? "" : found.back(), 7).value();
    if (page.empty()) break;
    EXPECT_LE(page.size(), 7u);
    found.insert(found.end(), page.begin(), page.end());
  }
  EXPECT_EQ(found, hashes);
}

}  // namespace plaza::contract
