#include "files/body.h"

#include <gtest/gtest.h>

namespace plaza::files {
namespace {

TEST(FileBody, RefersToAFileByAWholeNumber) {
  EXPECT_EQ(file_reference(R"({"file":7})")->file.value, 7u);
  const auto with_words = file_reference(
      R"({"size":1,"text":"look \"here\"","file":9007199254740991,"more":{"file":3}})");
  ASSERT_TRUE(with_words.has_value());
  EXPECT_EQ(with_words->file.value, kIdMax);
  EXPECT_EQ(with_words->text, "look \"here\"");
  for (const char* body : {"{}", R"({"image":"cat.png"})", R"({"file":"7"})", R"({"file":0})",
                           R"({"file":-7})", R"({"file":7.5})", R"({"file":9007199254740992})",
                           R"({"file":{"file":7}})", R"([7])", R"({"file":7)", ""})
    EXPECT_FALSE(file_reference(body).has_value()) << body;
}

TEST(FileBody, SaysWhatIsStoredAndTheSendersWords) {
  ports::StoredFile file{
      .id = ports::FileId{7}, .hash = "ab", .size = 3, .type = "text/plain", .name = "a\"b"};
  EXPECT_EQ(file_body(file, ""), R"({"file":7,"name":"a\"b","type":"text/plain","size":3,"hash":"ab"})");
  file.width = 4, file.height = 5, file.thumbnail_bytes = 9;
  const std::string body = file_body(file, "hi");
  EXPECT_EQ(
      body,
      R"({"file":7,"name":"a\"b","type":"text/plain","size":3,"hash":"ab","width":4,"height":5,"thumbnail":true,"text":"hi"})");
  EXPECT_EQ(file_reference(body)->file.value, 7u) << "what is sent again is the same";
  EXPECT_EQ(file_reference(body)->text, "hi");
}

TEST(NewUpload, IsAnObjectWithSizeTypeAndName) {
  const auto upload = parse_new_upload(R"( {"name":"cat.png","size":12,"type":"image/png","x":[1,{}]} )");
  ASSERT_TRUE(upload.has_value());
  EXPECT_EQ(upload->size, 12u);
  EXPECT_EQ(upload->type, "image/png");
  EXPECT_EQ(upload->name, "cat.png");
  EXPECT_EQ(parse_new_upload(R"({"size":"12"})")->size, 0u);
  for (const char* bad :
       {"", "[]", "12", R"({"size":12)", R"({"size":12,})", R"({"size":12}x)", "{\"name\":\"\xff\"}"})
    EXPECT_FALSE(parse_new_upload(bad).has_value()) << bad;
}

}  // namespace
}  // namespace plaza::files
