// Files from their announcement to their removal, with breaks at every place.
#include "files/file_service.h"

#include <gtest/gtest.h>

#include "memory/manual_clock.h"
#include "memory/memory_file_catalog.h"
#include "memory/memory_file_contents.h"

namespace plaza::files {
namespace {

using Part = ports::FileContents::Part;

/// Says what a test wants it to say.
class Says final : public ports::FileInspector {
 public:
  Result<ports::FileFacts, ports::InspectError> inspect(int descriptor) override {
    EXPECT_GE(descriptor, 0);
    ++looked;
    if (fails) return fail(ports::InspectError{"no process"});
    return facts;
  }
  ports::FileFacts facts{.type = "text/plain"};
  bool fails = false;
  int looked = 0;
};

class Files : public testing::Test {
 protected:
  Files() {
    rules.size_bytes_max = 100;
    rules.quota = {.bytes_max = 250, .uploads_max = 3};
    restart();
  }
  void restart() {
    service = std::make_unique<FileService>(
        FileService::Parts{
            .catalog = catalog, .contents = contents, .inspector = inspector, .clock = clock, .apps = apps},
        rules);
  }
  template <class T>
  static FileCode code(const FileResult<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? FileCode::unavailable : result.error().code;
  }
  ports::UploadId begin(std::uint64_t size, std::string_view type = "text/plain") {
    const auto begun = service->begin(ann, size, type, "note.txt");
    EXPECT_TRUE(begun.has_value()) << (begun ? "" : begun.error().detail);
    return begun ? begun->id : ports::UploadId{};
  }
  ports::StoredFile put(const Requester& who, std::string_view text) {
    const auto begun = service->begin(who, text.size(), "text/plain", "note.txt");
    const auto progress = service->append(who, begun->id, 0, text);
    EXPECT_TRUE(progress && progress->file);
    return progress && progress->file ? *progress->file : ports::StoredFile{};
  }
  memory::ManualClock clock;
  memory::MemoryFileCatalog catalog;
  memory::MemoryFileContents contents;
  Says inspector;
  tenancy::AppMeters apps;
  FileRules rules;
  std::unique_ptr<FileService> service;
  const Requester ann{.app = AppId{7}, .zone = ZoneId{1}, .member = MemberId{1}},
      bob{.app = AppId{7}, .zone = ZoneId{1}, .member = MemberId{2}},
      far{.app = AppId{7}, .zone = ZoneId{2}, .member = MemberId{1}},
      foreign{.app = AppId{8}, .zone = ZoneId{3}, .member = MemberId{3}};
  std::uint64_t used() { return apps.of(ann.app)->stored_bytes(); }
};

TEST_F(Files, AnUploadInPiecesBecomesAFile) {
  const auto id = begin(10);
  EXPECT_EQ(service->append(ann, id, 0, "hello")->offset, 5u);
  EXPECT_EQ(service->state(ann, id)->offset, 5u);
  inspector.facts.width = 4, inspector.facts.height = 3, inspector.facts.thumbnail = "small";
  const auto done = service->append(ann, id, 5, "world");
  ASSERT_TRUE(done && done->file);
  EXPECT_EQ(done->offset, 10u);
  const ports::StoredFile& file = *done->file;
  EXPECT_EQ(file.owner, ann.member);
  EXPECT_EQ(file.size, 10u);
  EXPECT_EQ(file.name, "note.txt");
  EXPECT_EQ(file.width, 4u);
  EXPECT_EQ(file.hash, "936a185caaa266bb9cbe981e9e05cb78cd732b0b3280eb944412bb6f8f8f07af");
  EXPECT_EQ(service->read(file, Part::content, 0, 100).value(), "helloworld");
  EXPECT_EQ(service->read(file, Part::thumbnail, 0, 100).value(), "small");
  EXPECT_EQ(contents.things(), 2u) << "the upload is gone";
  EXPECT_EQ(service->state(ann, id)->file->id, file.id) << "for one who did not hear of it";
  EXPECT_EQ(service->append(ann, id, 10, "")->file->id, file.id);
}

TEST_F(Files, AnUploadGoesOnWhereItEndsAlsoAfterARestart) {
  const auto id = begin(10);
  ASSERT_TRUE(service->append(ann, id, 0, "hello").has_value());
  restart();
  const auto wrong = service->append(ann, id, 0, "hello");
  EXPECT_EQ(code(wrong), FileCode::wrong_offset);
  EXPECT_EQ(wrong.error().offset, 5u);
  EXPECT_EQ(code(service->append(ann, id, 6, "orld")), FileCode::wrong_offset);
  EXPECT_TRUE(service->append(ann, id, 5, "world")->file.has_value());
}

TEST_F(Files, MoreBytesThanAnnouncedAreRefused) {
  const auto id = begin(10);
  EXPECT_EQ(code(service->append(ann, id, 0, "hello world")), FileCode::too_large);
  EXPECT_EQ(service->state(ann, id)->offset, 0u);
  ASSERT_TRUE(service->append(ann, id, 0, "helloworld").has_value());
  EXPECT_EQ(code(service->append(ann, id, 10, "!")), FileCode::too_large);
}

TEST_F(Files, OthersHaveNothingToDoWithAnUpload) {
  const auto id = begin(10);
  for (const Requester& other : {bob, far}) {
    EXPECT_EQ(code(service->state(other, id)), FileCode::not_found);
    EXPECT_EQ(code(service->append(other, id, 0, "hello")), FileCode::not_found);
    EXPECT_EQ(code(service->cancel(other, id)), FileCode::not_found);
  }
  const auto file = put(ann, "note");
  EXPECT_EQ(code(service->remove(bob, file.id)), FileCode::not_found);
  EXPECT_EQ(code(service->file(far.zone, file.id)), FileCode::not_found);
  EXPECT_TRUE(service->file(bob.zone, file.id).has_value());
}

TEST_F(Files, WhatIsAnnouncedHasBounds) {
  EXPECT_EQ(code(service->begin(ann, 0, "text/plain", "x")), FileCode::bad_request);
  EXPECT_EQ(code(service->begin(ann, 101, "text/plain", "x")), FileCode::too_large);
  for (const char* type :
       {"", "text", "/plain", "text/", "text/plain\r\nX: y", "TEXT/plain", "text/pla in", "../.."})
    EXPECT_EQ(code(service->begin(ann, 1, type, "x")), FileCode::bad_request) << type;
  EXPECT_EQ(service->begin(ann, 100, "text/plain", "../../etc/passwd")->name, "passwd");
  EXPECT_TRUE(service->begin(ann, 100, "text/plain", "x").has_value());
  EXPECT_EQ(code(service->begin(ann, 51, "text/plain", "x")), FileCode::quota) << "250 bytes of a member";
  EXPECT_TRUE(service->begin(ann, 1, "text/plain", "x").has_value());
  EXPECT_EQ(code(service->begin(ann, 1, "text/plain", "x")), FileCode::quota) << "3 uploads at once";
}

TEST_F(Files, TheAppsQuotaIsOneForAllItsMembersAndZonesToTheLastByte) {
  ports::OwnQuotas own;
  own.of(ports::Quota::stored_bytes) = 150;
  apps.set_own(ann.app, own);
  apps.of(ann.app)->stored(0, 50);  // messages
  const auto file = put(ann, std::string(60, 'x'));
  const auto open = service->begin(far, 40, "text/plain", "x");
  ASSERT_TRUE(open.has_value());
  const auto refused = service->begin(bob, 1, "text/plain", "x");
  EXPECT_EQ(code(refused), FileCode::quota);
  EXPECT_NE(refused.error().detail.find("stored_bytes_max"), std::string::npos);
  EXPECT_TRUE(service->begin(foreign, 100, "text/plain", "x").has_value()) << "another app";
  ASSERT_TRUE(service->append(far, open->id, 0, std::string(40, 'y'))->file.has_value())
      << "what was begun is finished, and is not counted again";
  EXPECT_EQ(used(), 150u);
  ASSERT_TRUE(service->remove(ann, file.id).has_value());
  EXPECT_EQ(code(service->remove(ann, file.id)), FileCode::not_found);
  EXPECT_EQ(used(), 90u);
  EXPECT_TRUE(service->begin(bob, 60, "text/plain", "x").has_value());
  EXPECT_EQ(code(service->begin(bob, 1, "text/plain", "x")), FileCode::quota);
}

TEST_F(Files, WhatDoesNotBecomeAFileIsTheAppsAgain) {
  EXPECT_EQ(code(service->begin(ann, 101, "text/plain", "x")), FileCode::too_large);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(service->begin(bob, 10, "text/plain", "x").has_value());
  EXPECT_EQ(code(service->begin(bob, 1, "text/plain", "x")), FileCode::quota) << "the member's own";
  EXPECT_EQ(used(), 30u);
  ASSERT_TRUE(service->cancel(ann, begin(20)).has_value());
  inspector.facts.type = "application/x-executable";
  EXPECT_EQ(code(service->append(ann, begin(4, "image/png"), 0, "MZ..")), FileCode::type_refused);
  EXPECT_EQ(used(), 30u);
  clock.advance_ms(rules.upload_expires_ms + 1);
  EXPECT_EQ(service->expire().value(), 3u);
  EXPECT_EQ(used(), 0u);
}

TEST_F(Files, AFileIsWhatItsBytesSayAndNotWhatItIsCalled) {
  inspector.facts.type = "application/x-executable";
  const auto id = begin(4, "image/png");
  EXPECT_EQ(code(service->append(ann, id, 0, "MZ..")), FileCode::type_refused);
  EXPECT_EQ(code(service->state(ann, id)), FileCode::not_found) << "the upload is gone";
  EXPECT_EQ(contents.things(), 0u);
  inspector.facts.type = "image/jpeg";
  const auto picture = service->append(ann, begin(4, "image/png"), 0, "jfif");
  EXPECT_EQ(picture->file->type, "image/jpeg") << "another picture than announced is one all the same";
  inspector.facts.type = "bad\r\ntype";
  EXPECT_EQ(code(service->append(ann, begin(4), 0, "xxxx")), FileCode::type_refused);
}

TEST_F(Files, OnlyTypesThatAreTakenAreTaken) {
  rules.types = {"image/*", "application/pdf"};
  restart();
  EXPECT_EQ(code(service->begin(ann, 4, "text/plain", "x")), FileCode::type_refused);
  EXPECT_EQ(code(service->begin(ann, 4, "imagex/png", "x")), FileCode::type_refused);
  EXPECT_TRUE(service->begin(ann, 4, "image/gif", "x").has_value());
  inspector.facts.type = "text/html";
  EXPECT_EQ(code(service->append(ann, begin(4, "application/pdf"), 0, "<htm")), FileCode::type_refused)
      << "called a PDF, and is none";
}

TEST_F(Files, WhoCannotBeLookedAtWaitsAndIsFinishedLater) {
  inspector.fails = true;
  const auto id = begin(4);
  EXPECT_EQ(code(service->append(ann, id, 0, "note")), FileCode::unavailable);
  inspector.fails = false;
  EXPECT_TRUE(service->append(ann, id, 4, "")->file.has_value());
}

TEST_F(Files, EqualContentsAreStoredOnceAndStayUntilNobodyHasThem) {
  const auto anns = put(ann, "the same"), bobs = put(bob, "the same");
  EXPECT_NE(anns.id, bobs.id);
  EXPECT_EQ(anns.hash, bobs.hash);
  EXPECT_EQ(contents.things(), 1u);
  ASSERT_TRUE(service->remove(ann, anns.id).has_value());
  EXPECT_EQ(service->read(bobs, Part::content, 0, 10).value(), "the same");
  ASSERT_TRUE(service->remove(bob, bobs.id).has_value());
  EXPECT_EQ(contents.things(), 0u);
  EXPECT_EQ(code(service->read(bobs, Part::content, 0, 10)), FileCode::not_found);
}

TEST_F(Files, AClearedZoneHasNothingAndWhatAnotherZoneHasAsWellStays) {
  const auto shared = put(ann, "shared"), own = put(bob, "own"), theirs = put(foreign, "shared");
  begin(10);
  EXPECT_EQ(used(), 6U + 3U + 10U);
  EXPECT_EQ(service->clear(ann.zone), 3U);
  EXPECT_EQ(service->clear(ann.zone), 0U);
  EXPECT_EQ(used(), 0U);
  EXPECT_EQ(code(service->file(ann.zone, shared.id)), FileCode::not_found);
  EXPECT_EQ(service->read(theirs, Part::content, 0, 9), "shared");
  EXPECT_FALSE(contents.size(own.hash, Part::content));
}

TEST_F(Files, UploadsThatAreNotGoneOnWithExpire) {
  const auto old = begin(10);
  ASSERT_TRUE(service->append(ann, old, 0, "hello").has_value());
  clock.advance_ms(rules.upload_expires_ms);
  const auto fresh = begin(10);
  EXPECT_EQ(service->expire().value(), 0u) << "at its end it is not over";
  clock.advance_ms(1);
  EXPECT_EQ(service->expire().value(), 1u);
  EXPECT_EQ(code(service->state(ann, old)), FileCode::not_found);
  EXPECT_TRUE(service->state(ann, fresh).has_value());
  EXPECT_EQ(contents.things(), 0u);
}

TEST_F(Files, WhatACrashHasLeftIsFinishedOrRemoved) {
  // Dead between the content and the row: the upload is still there.
  const auto id = begin(5);
  ASSERT_TRUE(contents.append(id, 0, "hello").has_value());
  const auto hash = contents.digest(id).value();
  ASSERT_TRUE(contents.keep(id, hash).has_value());
  restart();
  EXPECT_EQ(service->append(ann, id, 5, "")->file->hash, hash);
  // And one whose upload has expired meanwhile.
  const auto lost = begin(5);
  ASSERT_TRUE(contents.append(lost, 0, "lost!").has_value());
  ASSERT_TRUE(contents.keep(lost, contents.digest(lost).value()).has_value());
  ASSERT_TRUE(service->cancel(ann, lost).has_value());
  EXPECT_EQ(contents.things(), 2u);
  EXPECT_TRUE(service->sweep(1).value());
  EXPECT_TRUE(service->sweep(1).value());
  EXPECT_FALSE(service->sweep(1).value());
  EXPECT_EQ(contents.things(), 1u);
  EXPECT_EQ(contents.read(hash, Part::content, 0, 10).value(), "hello");
}

}  // namespace
}  // namespace plaza::files
