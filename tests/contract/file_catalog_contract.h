#pragma once
// The contract of ports::FileCatalog as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, FileCatalogContract, testing::Values(FileCatalogUnderTest{"maps", make}), name_of_catalog);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ports/files.h"

namespace plaza::contract {

/// One implementation with its storage, which is empty at first.
class FileCatalogHarness {
 public:
  virtual ~FileCatalogHarness() = default;
  /// Again: after what would be a restart.
  virtual ports::FileCatalog& open() = 0;
};
struct FileCatalogUnderTest {
  std::string name;
  std::unique_ptr<FileCatalogHarness> (*make)() = nullptr;
};
inline void PrintTo(const FileCatalogUnderTest& catalog, std::ostream* out) { *out << catalog.name; }
inline std::string name_of_catalog(const testing::TestParamInfo<FileCatalogUnderTest>& info) {
  return info.param.name;
}

class FileCatalogContract : public testing::TestWithParam<FileCatalogUnderTest> {
 protected:
  using Code = ports::DirectoryCode;
  void SetUp() override {
    harness_ = GetParam().make();
    catalog_ = &harness_->open();
  }
  template <class T>
  static Code code(const ports::DirectoryResult<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? Code::unavailable : result.error().code;
  }
  static ports::FileUpload wanted(std::uint64_t size, MemberId owner = kAnn, std::int64_t created_ms = 5) {
    return {.id = {},
            .zone = kZone,
            .owner = owner,
            .size = size,
            .type = "image/png",
            .name = "cat \xe7\x8c\xab.png",
            .created_ms = created_ms};
  }
  ports::FileUpload begin(std::uint64_t size, MemberId owner = kAnn, std::int64_t created_ms = 5,
                          ZoneId zone = kZone) {
    ports::FileUpload upload = wanted(size, owner, created_ms);
    upload.zone = zone;
    const auto begun = catalog_->begin_upload(upload, kPlenty);
    EXPECT_TRUE(begun.has_value());
    return begun.value_or(ports::FileUpload{});
  }
  static ports::StoredFile file_of(const ports::FileUpload& upload, const std::string& hash) {
    return {.id = {},
            .zone = upload.zone,
            .owner = upload.owner,
            .upload = upload.id,
            .hash = hash,
            .size = upload.size,
            .type = "image/jpeg",
            .name = upload.name,
            .width = 3,
            .height = 2,
            .thumbnail_bytes = 9,
            .created_ms = 7};
  }
  ports::StoredFile put(std::uint64_t size, const std::string& hash, MemberId owner = kAnn) {
    const auto upload = begin(size, owner);
    const auto stored = catalog_->finish_upload(upload.id, file_of(upload, hash));
    EXPECT_TRUE(stored.has_value());
    return stored.value_or(ports::StoredFile{});
  }

  static constexpr ZoneId kZone{1}, kOther{2};
  static constexpr MemberId kAnn{10}, kBob{11};
  static constexpr ports::FileQuota kPlenty{.bytes_max = 1'000'000, .uploads_max = 100};
  std::unique_ptr<FileCatalogHarness> harness_;
  ports::FileCatalog* catalog_ = nullptr;
};

TEST_P(FileCatalogContract, AnUploadIsItsOwnersAlone) {
  const auto begun = begin(100);
  EXPECT_TRUE(begun.id);
  const auto found = catalog_->upload(kZone, kAnn, begun.id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->size, 100u);
  EXPECT_EQ(found->type, "image/png");
  EXPECT_EQ(found->name, "cat \xe7\x8c\xab.png");
  EXPECT_EQ(found->created_ms, 5);
  EXPECT_EQ(code(catalog_->upload(kZone, kBob, begun.id)), Code::not_found);
  EXPECT_EQ(code(catalog_->upload(kOther, kAnn, begun.id)), Code::not_found);
  EXPECT_EQ(code(catalog_->upload(kZone, kAnn, ports::UploadId{999})), Code::not_found);
}

TEST_P(FileCatalogContract, BytesOfFilesAndUploadsCountAgainstTheQuota) {
  const ports::FileQuota quota{.bytes_max = 100, .uploads_max = 10};
  EXPECT_EQ(code(catalog_->begin_upload(wanted(101), quota)), Code::limit);
  put(40, "a");
  const auto open = catalog_->begin_upload(wanted(40), quota);
  ASSERT_TRUE(open.has_value());
  EXPECT_EQ(catalog_->bytes_of(kAnn).value(), 80u);
  EXPECT_EQ(code(catalog_->begin_upload(wanted(21), quota)), Code::limit);
  EXPECT_TRUE(catalog_->begin_upload(wanted(20), quota).has_value()) << "to the last byte";
  EXPECT_TRUE(catalog_->begin_upload(wanted(100, kBob), quota).has_value()) << "another one's are not hers";
  ASSERT_TRUE(catalog_->drop_upload(open->id).has_value());
  EXPECT_EQ(catalog_->bytes_of(kAnn).value(), 60u);
}

TEST_P(FileCatalogContract, BytesOfZonesAreThoseOfTheirFilesAndUploads) {
  using Sums = std::vector<ports::ZoneBytes>;
  EXPECT_EQ(catalog_->bytes_of_zones().value(), Sums{});
  const auto other = begin(7, kAnn, 5, kOther);
  const auto file = put(40, "a");
  put(40, "a", kBob);  // the same content is theirs twice
  const auto upload = begin(3, kBob);
  const Sums all{{.zone = kZone, .bytes = 83}, {.zone = kOther, .bytes = 7}};
  EXPECT_EQ(catalog_->bytes_of_zones().value(), all);
  catalog_ = &harness_->open();
  EXPECT_EQ(catalog_->bytes_of_zones().value(), all);
  EXPECT_EQ(catalog_->drop_file(file.id).value(), 40u);
  EXPECT_EQ(catalog_->drop_file(file.id).value(), 0u) << "once";
  EXPECT_EQ(catalog_->drop_upload(upload.id).value(), 3u);
  EXPECT_EQ(catalog_->drop_upload(upload.id).value(), 0u);
  ASSERT_TRUE(catalog_->finish_upload(other.id, file_of(other, "b")).has_value());
  EXPECT_EQ(catalog_->drop_upload(other.id).value(), 0u) << "it is a file, and counts as before";
  EXPECT_EQ(catalog_->bytes_of_zones().value(),
            (Sums{{.zone = kZone, .bytes = 40}, {.zone = kOther, .bytes = 7}}));
}

TEST_P(FileCatalogContract, SoManyUploadsAtOnce) {
  const ports::FileQuota quota{.bytes_max = 1'000, .uploads_max = 2};
  const auto first = catalog_->begin_upload(wanted(1), quota);
  ASSERT_TRUE(catalog_->begin_upload(wanted(1), quota).has_value());
  EXPECT_EQ(code(catalog_->begin_upload(wanted(1), quota)), Code::limit);
  ASSERT_TRUE(catalog_->finish_upload(first->id, file_of(*first, "a")).has_value());
  EXPECT_TRUE(catalog_->begin_upload(wanted(1), quota).has_value());
}

TEST_P(FileCatalogContract, AnUploadBecomesAFileOnce) {
  const auto upload = begin(100);
  EXPECT_EQ(code(catalog_->file_of_upload(kZone, kAnn, upload.id)), Code::not_found);
  const auto stored = catalog_->finish_upload(upload.id, file_of(upload, "a"));
  ASSERT_TRUE(stored.has_value());
  ports::StoredFile expected = file_of(upload, "a");
  expected.id = stored->id;
  EXPECT_TRUE(stored->id);
  EXPECT_EQ(*stored, expected);
  EXPECT_EQ(catalog_->file(kZone, stored->id).value(), expected);
  EXPECT_EQ(catalog_->file_of_upload(kZone, kAnn, upload.id).value(), expected);
  EXPECT_EQ(code(catalog_->file_of_upload(kZone, kBob, upload.id)), Code::not_found);
  EXPECT_EQ(code(catalog_->file(kOther, stored->id)), Code::not_found);
  EXPECT_EQ(code(catalog_->upload(kZone, kAnn, upload.id)), Code::not_found);
  EXPECT_EQ(code(catalog_->finish_upload(upload.id, file_of(upload, "a"))), Code::not_found);
  EXPECT_EQ(catalog_->bytes_of(kAnn).value(), 100u);
}

TEST_P(FileCatalogContract, AContentIsUsedAsLongAsAFileHasIt) {
  EXPECT_FALSE(catalog_->used("a").value());
  const auto one = put(10, "a"), other = put(10, "a", kBob);
  EXPECT_TRUE(catalog_->used("a").value());
  ASSERT_TRUE(catalog_->drop_file(one.id).has_value());
  ASSERT_TRUE(catalog_->drop_file(one.id).has_value());
  EXPECT_EQ(code(catalog_->file(kZone, one.id)), Code::not_found);
  EXPECT_TRUE(catalog_->used("a").value());
  ASSERT_TRUE(catalog_->drop_file(other.id).has_value());
  EXPECT_FALSE(catalog_->used("a").value());
  EXPECT_EQ(catalog_->bytes_of(kAnn).value(), 0u);
}

TEST_P(FileCatalogContract, OldUploadsAreListedOldestFirst) {
  const auto third = begin(1, kAnn, 30), first = begin(1, kBob, 10), second = begin(1, kAnn, 20);
  const auto ids = [&](std::int64_t before_ms, std::uint32_t limit) {
    std::vector<ports::UploadId> found;
    for (const auto& upload : catalog_->uploads_before(before_ms, limit).value()) found.push_back(upload.id);
    return found;
  };
  EXPECT_EQ(ids(30, 10), (std::vector{first.id, second.id}));
  EXPECT_EQ(ids(31, 10), (std::vector{first.id, second.id, third.id}));
  EXPECT_EQ(ids(31, 1), (std::vector{first.id}));
}

TEST_P(FileCatalogContract, WhatIsInAZoneIsFoundABoundedPieceAtATime) {
  const ZoneId other{77};
  const auto file = put(3, "h1");
  const auto one = begin(4), two = begin(5, MemberId{98}), elsewhere = begin(6, kAnn, 5, other);
  const auto uploads = catalog_->uploads_in(kZone, 1);
  ASSERT_EQ(uploads->size(), 1U);
  EXPECT_EQ(uploads->front().id, one.id);
  ASSERT_TRUE(catalog_->drop_upload(one.id));
  EXPECT_EQ(catalog_->uploads_in(kZone, 9)->front().id, two.id);
  ASSERT_EQ(catalog_->uploads_in(other, 9)->size(), 1U);
  EXPECT_EQ(catalog_->uploads_in(other, 9)->front().id, elsewhere.id);
  ASSERT_EQ(catalog_->files_in(kZone, 9)->size(), 1U);
  EXPECT_EQ(catalog_->files_in(kZone, 9)->front(), file);
  EXPECT_TRUE(catalog_->files_in(other, 9)->empty());
}

TEST_P(FileCatalogContract, IdsAreNeverUsedAgain) {
  const auto upload = begin(1);
  ASSERT_TRUE(catalog_->drop_upload(upload.id).has_value());
  EXPECT_NE(begin(1).id, upload.id);
  const auto file = put(1, "a");
  ASSERT_TRUE(catalog_->drop_file(file.id).has_value());
  EXPECT_NE(put(1, "a").id, file.id);
}

TEST_P(FileCatalogContract, EverythingIsThereAfterARestart) {
  const auto upload = begin(5);
  const auto file = put(7, "a");
  catalog_ = &harness_->open();
  EXPECT_EQ(catalog_->upload(kZone, kAnn, upload.id)->size, 5u);
  EXPECT_EQ(catalog_->file(kZone, file.id).value(), file);
  EXPECT_EQ(catalog_->bytes_of(kAnn).value(), 12u);
}

}  // namespace plaza::contract
