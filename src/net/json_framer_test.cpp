#include "net/json_framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/json_framer_reference.h"

namespace plaza::net {
namespace {

using Kind = JsonFramer::Kind;

/// Feeds `text` in pieces cut at `cuts` as a connection does: what is not consumed is presented again with
/// more behind it.
framer_test::Outcome feed(const std::string& text, const std::vector<std::size_t>& cuts,
                          std::size_t bytes_max = 4096, std::uint32_t depth_max = 32) {
  return framer_test::run(text, cuts, bytes_max, depth_max);
}

TEST(JsonFramer, FindsGluedObjectsWithOptionalWhitespaceBetween) {
  const auto outcome = feed("{\"a\":1}{}\n{\"b\":[1,{}]} \r\n\t{\"c\":\"x\"}\n", {});
  EXPECT_EQ(outcome.frames, (std::vector<std::string>{"{\"a\":1}", "{}", "{\"b\":[1,{}]}", "{\"c\":\"x\"}"}));
  EXPECT_EQ(outcome.error, FrameError::none);
  EXPECT_EQ(outcome.rest, "");
}

TEST(JsonFramer, FindsTheSameFramesWhereverTheBytesAreSplit) {
  const std::string text = R"( {"a":"}{\"\\","b":[{"c":"]"}]} {"long":")" + std::string(150, 'x') +
                           R"(\\"}{"z":"\u007b"})";
  const auto whole = feed(text, {});
  ASSERT_EQ(whole.frames.size(), 3u);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); second += 7) {
      EXPECT_EQ(feed(text, {first, second}).frames, whole.frames) << first << " " << second;
    }
  }
  std::vector<std::size_t> every;
  for (std::size_t i = 1; i < text.size(); ++i) every.push_back(i);
  EXPECT_EQ(feed(text, every).frames, whole.frames) << "byte by byte";
}

TEST(JsonFramer, BracketsAndEscapedQuotesInStringsDoNotCount) {
  const std::string text = R"({"a":"}}]]{{[[","b":"\"}","c":"\\","d":"\\\"}"})";
  EXPECT_EQ(feed(text, {}).frames, std::vector<std::string>{text});
}

TEST(JsonFramer, AcceptsAFrameAtTheByteLimitAndRefusesOneByteMore) {
  const auto object = [](std::size_t bytes) { return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}"; };
  for (const std::size_t limit : {64u, 100u, 128u, 4096u}) {
    EXPECT_EQ(feed(object(limit), {}, limit).frames.size(), 1u) << limit;
    const auto refused = feed(object(limit + 1), {}, limit);
    EXPECT_EQ(refused.frames.size(), 0u);
    EXPECT_EQ(refused.error, FrameError::too_large) << limit;
  }
}

TEST(JsonFramer, SaysTooLargeAsSoonAsItIsCertainWithoutWaitingForTheEnd) {
  EXPECT_EQ(feed("{\"a\":\"" + std::string(58, 'x'), {}, 64).error, FrameError::too_large);
  EXPECT_EQ(feed("{\"a\":\"" + std::string(57, 'x'), {}, 64).error, FrameError::none);
}

TEST(JsonFramer, WhitespaceBetweenFramesIsNoPartOfThem) {
  const auto outcome = feed(std::string(10'000, ' ') + "{\"a\":1}" + std::string(10'000, '\n'), {}, 64);
  EXPECT_EQ(outcome.frames.size(), 1u);
  EXPECT_EQ(outcome.rest, "");
}

TEST(JsonFramer, AcceptsTheDeepestNestingAndRefusesOneMore) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(depth - 1), '[') +
           std::string(static_cast<std::size_t>(depth - 1), ']') + "}";
  };
  EXPECT_EQ(feed(nested(32), {}).frames.size(), 1u);
  EXPECT_EQ(feed(nested(33), {}).error, FrameError::too_deep);
  EXPECT_EQ(feed(nested(5), {}, 4096, 5).frames.size(), 1u);
  EXPECT_EQ(feed(nested(6), {}, 4096, 5).error, FrameError::too_deep);
}

TEST(JsonFramer, RefusesWhateverIsNoObject) {
  for (const char* text : {"[1]", "1", "\"a\"", "null", "GET / HTTP/1.1", "}", "\\", "\0{}"}) {
    EXPECT_EQ(feed(std::string(text, text[0] == '\0' ? 3 : std::string(text).size()), {}).error,
              FrameError::not_an_object)
        << text;
  }
  const auto outcome = feed("{\"a\":1} x", {});
  EXPECT_EQ(outcome.frames.size(), 1u) << "what came before is delivered";
  EXPECT_EQ(outcome.error, FrameError::not_an_object);
}

TEST(JsonFramer, AStringThatIsNeverClosedIsFoundAtTheEndOfItsLine) {
  const std::string closed = R"({"a":"b"})", open = R"({"msgid":5,"msg":"hi})";
  for (const char* control : {"\n", "\x01", "\x1f", "\\\n"}) {
    const auto outcome = feed(closed + open + control + closed, {});
    EXPECT_EQ(outcome.frames, std::vector<std::string>{closed});
    EXPECT_EQ(outcome.error, FrameError::malformed);
  }
  EXPECT_EQ(feed("{\"a\":\"\x7f\u00e9 \"}", {}).frames.size(), 1u) << "what JSON allows in a string";
  EXPECT_EQ(feed("{\n\t\"a\":\r1}", {}).frames.size(), 1u) << "outside of strings it is whitespace";
  EXPECT_EQ(feed("{\"a\":\"\n", {}, 6).error, FrameError::too_large) << "the limit comes first";
}

TEST(JsonFramer, AgreesWithTheByteByByteReferenceOnRandomTexts) {
  std::uint64_t state = 42;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  constexpr std::string_view kAlphabet = "{}[]\"\\ \nab";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "{";
    const std::size_t size = random(200);
    for (std::size_t i = 0; i < size; ++i) text += kAlphabet[random(kAlphabet.size())];
    std::vector<std::size_t> cuts;
    for (std::size_t i = random(5), at = 0; i > 0; --i) cuts.push_back(at += random(60));
    const std::size_t bytes_max = 1 + random(220);
    const auto depth_max = static_cast<std::uint32_t>(1 + random(8));
    EXPECT_EQ(framer_test::run(text, cuts, bytes_max, depth_max),
              framer_test::reference(text, bytes_max, depth_max))
        << text;
  }
}

}  // namespace
}  // namespace plaza::net
