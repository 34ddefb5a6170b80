#include "files/byte_range.h"

#include <gtest/gtest.h>

#include "base/ids.h"

namespace plaza::files {
namespace {

constexpr ByteRange part(std::uint64_t first, std::uint64_t count) {
  return {.kind = ByteRange::Kind::part, .first = first, .count = count};
}
constexpr ByteRange all(std::uint64_t size) {
  return {.kind = ByteRange::Kind::all, .first = 0, .count = size};
}
constexpr ByteRange kNothing{.kind = ByteRange::Kind::unsatisfiable, .first = 0, .count = 0};

TEST(ByteRange, IsWhatTheHeaderAsksFor) {
  EXPECT_EQ(parse_range("bytes=0-0", 10), part(0, 1));
  EXPECT_EQ(parse_range("bytes=2-5", 10), part(2, 4));
  EXPECT_EQ(parse_range("bytes=2-", 10), part(2, 8));
  EXPECT_EQ(parse_range("bytes=-3", 10), part(7, 3));
  EXPECT_EQ(parse_range(" bytes= 2 - 5 ", 10), part(2, 4));
}

TEST(ByteRange, EndsWhereTheFileEnds) {
  EXPECT_EQ(parse_range("bytes=9-100", 10), part(9, 1));
  EXPECT_EQ(parse_range("bytes=-100", 10), part(0, 10));
  EXPECT_EQ(parse_range("bytes=1-99999999999999999999999999", 10), part(1, 9));
  EXPECT_EQ(parse_range("bytes=-99999999999999999999999999", 10), part(0, 10));
}

TEST(ByteRange, ThatBeginsBehindTheEndCannotBeServed) {
  EXPECT_EQ(parse_range("bytes=10-", 10), kNothing);
  EXPECT_EQ(parse_range("bytes=10-20", 10), kNothing);
  EXPECT_EQ(parse_range("bytes=-0", 10), kNothing);
  EXPECT_EQ(parse_range("bytes=0-", 0), kNothing);
  EXPECT_EQ(parse_range("bytes=-1", 0), kNothing);
  EXPECT_EQ(parse_range("bytes=99999999999999999999999999-", 10), kNothing);
}

TEST(ByteRange, ThatIsNoneOrSeveralMeansEverything) {
  for (const char* header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=x-y", "bytes=1", "bytes=5-2", "items=1-2", "bytes=1-2,4-5",
        "bytes=+1-2", "bytes=0x1-2", "bytes=1-2-3", "bytes=--1"})
    EXPECT_EQ(parse_range(header, 10), all(10)) << header;
}

TEST(Number, IsDigitsAndNothingElse) {
  EXPECT_EQ(parse_number("0"), 0u);
  EXPECT_EQ(parse_number("007"), 7u);
  EXPECT_EQ(parse_number("9007199254740991"), kIdMax);
  for (const char* text :
       {"", " 1", "1 ", "-1", "+1", "1.0", "0x1", "9007199254740992", "99999999999999999999"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

}  // namespace
}  // namespace plaza::files
