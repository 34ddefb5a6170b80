#include "protocol/json_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>
#include <string>

namespace plaza::protocol {
namespace {

std::string string_json(std::string_view text) {
  std::string out;
  JsonWriter json(out);
  json.string(text);
  json.finish();
  return out;
}

TEST(JsonWriter, WritesNestedObjectsWithCommasWhereTheyBelong) {
  std::string out = "before ";
  {
    JsonWriter json(out);
    json.begin_object();
    json.member("a", std::uint64_t{1});
    json.key("list");
    json.begin_array();
    json.begin_object();
    json.end_object();
    json.number(2);
    json.begin_array();
    json.end_array();
    json.string("x");
    json.raw(R"({"r":1})");
    json.end_array();
    json.member_flag("yes", true);
    json.member_flag("no", false);
    json.member("s", "t");
    json.end_object();
  }
  EXPECT_EQ(out, R"(before {"a":1,"list":[{},2,[],"x",{"r":1}],"yes":true,"no":false,"s":"t"})");
}

TEST(JsonWriter, WritesEveryLengthOfNumber) {
  std::uint64_t number = 0;
  for (int digits = 0; digits < 20; ++digits) {
    for (const std::uint64_t value : {number, number * 10, number * 10 + 1}) {
      std::string out;
      JsonWriter json(out);
      json.number(value);
      json.finish();
      EXPECT_EQ(out, std::to_string(value));
    }
    number = number * 10 + 9;
  }
  std::string out;
  JsonWriter json(out);
  json.number(std::numeric_limits<std::uint64_t>::max());
  json.finish();
  EXPECT_EQ(out, "18446744073709551615");
}

TEST(JsonWriter, EscapesWhatJsonDemandsAndNothingElse) {
  EXPECT_EQ(string_json(""), R"("")");
  EXPECT_EQ(string_json("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(string_json(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(string_json("/\x7f \xe4\xbd\xa0 \xf0\x9f\x98\x80"), "\"/\x7f \xe4\xbd\xa0 \xf0\x9f\x98\x80\"");
}

TEST(JsonWriter, FindsTheByteToEscapeAtEveryPlaceOfEveryLength) {
  simdjson::dom::parser parser;
  for (std::size_t size = 1; size < 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char special : {'"', '\\', '\n', '\x01', '\x1f', '\x7f', ' ', '!', '#', '[', ']'}) {
        std::string text(size, 'a');
        text[at] = special;
        std::string_view back;
        const std::string json = string_json(text);
        ASSERT_EQ(parser.parse(json).get(back), simdjson::SUCCESS) << json;
        ASSERT_EQ(back, text);
      }
    }
  }
}

TEST(JsonWriter, HighBytesAreNeverTakenForControlBytes) {
  std::string text;
  for (int c = 0x80; c < 0x800; ++c)
    text += static_cast<char>(0xc0 | c >> 6), text += static_cast<char>(0x80 | (c & 0x3f));
  EXPECT_EQ(string_json(text), '"' + text + '"');
}

TEST(JsonWriter, AllocatesNothingWhileCapacitySuffices) {
  std::string out;
  out.reserve(512);
  const char* const before = out.data();
  for (int i = 0; i < 3; ++i) {
    out.clear();
    JsonWriter json(out);
    json.begin_object();
    json.member("text", std::string(100, 'x'));
    json.member("n", std::uint64_t{12345});
    json.end_object();
  }
  EXPECT_EQ(out.data(), before);
  EXPECT_EQ(out.size(), 100 + sizeof(R"({"text":"","n":12345})") - 1);
}

TEST(JsonWriter, GrowsWhenEverythingMustBeEscaped) {
  std::string out;
  JsonWriter json(out);
  json.string(std::string(100'000, '\x01'));
  json.finish();
  EXPECT_EQ(out.size(), 600'002u);
}

}  // namespace
}  // namespace plaza::protocol
