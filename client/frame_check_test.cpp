#include "client/frame_check.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/request.h"

namespace plaza::client {
namespace {

using protocol::Errno;

constexpr std::uint64_t kBodyMax = 32'768;

/// "" when it may be sent, else errno and field: "10 msg".
std::string judged(std::string body, BodyKind kind = BodyKind::text,
                   std::uint64_t body_bytes_max = kBodyMax) {
  const auto refusal = refusal_of(
      Outgoing{.conversation = Conversation::peer(7), .kind = kind, .body = std::move(body)}, body_bytes_max);
  return refusal ? std::to_string(static_cast<int>(refusal->error)) + " " + refusal->field : std::string{};
}
std::string repeated(std::size_t count, const std::string& what) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += what;
  return text;
}

TEST(FrameCheck, TextIsTakenUpToTheServersLimitAndNotAByteMore) {
  EXPECT_EQ(judged(""), "");
  EXPECT_EQ(judged("grüße 你好 \n\t\x01"), "");
  EXPECT_EQ(judged(repeated(kBodyMax, "a")), "");
  EXPECT_EQ(judged(repeated(kBodyMax + 1, "a")), "10 msg");
  EXPECT_EQ(judged(repeated(70'000, "a"), BodyKind::text, protocol::kBodyBytesMax), "10 msg");
}

TEST(FrameCheck, TextThatIsTooLongOnlyOnceItIsEscapedIsTooLarge) {
  EXPECT_EQ(judged(repeated(32'768, "\"")), "10 msg");  // 64 KiB of quotes and backslashes
  EXPECT_EQ(judged(repeated(32'500, "\"")), "");
  EXPECT_EQ(judged(repeated(11'000, "\x01")), "10 msg");  // six bytes each
  EXPECT_EQ(judged(repeated(10'800, "\x01")), "");
}

TEST(FrameCheck, ARecallHasNoBodyAndAnEditTheOneOfItsKind) {
  const auto of = [](Change change, std::string body) {
    const auto refusal = refusal_of(Outgoing{.conversation = Conversation::peer(7),
                                             .kind = BodyKind::change,
                                             .body = std::move(body),
                                             .change = change},
                                    kBodyMax);
    return refusal ? std::to_string(static_cast<int>(refusal->error)) + " " + refusal->field : std::string{};
  };
  using Action = Change::Action;
  EXPECT_EQ(of({.action = Action::recall, .target = 4}, ""), "");
  EXPECT_EQ(of({.action = Action::edit, .target = 4}, "new"), "");
  EXPECT_EQ(of({.action = Action::edit, .target = 4}, repeated(kBodyMax + 1, "a")), "10 msg");
  EXPECT_EQ(of({.action = Action::edit, .target = 4, .kind = BodyKind::custom}, "{}"), "");
  EXPECT_EQ(of({.action = Action::edit, .target = 4, .kind = BodyKind::custom}, "{"), "8 body");
}

TEST(FrameCheck, WhatIsNotUtf8IsABadRequest) {
  EXPECT_EQ(judged("caf\xE9"), "8 ");
  EXPECT_EQ(judged("\xED\xA0\x80"), "8 ");  // a surrogate
  EXPECT_EQ(judged("{\"a\":\"caf\xE9\"}", BodyKind::custom), "8 body");
}

TEST(FrameCheck, OtherKindsTakeOneJsonObjectAndNothingBehindIt) {
  EXPECT_EQ(judged(R"({"image":"cat.png","size":[1,2]})", BodyKind::image), "");
  for (const BodyKind kind : {BodyKind::image, BodyKind::file, BodyKind::custom}) {
    for (const char* body : {"", "cat.png", "[1]", "{", "{\"a\":}", "{}}", "{},\"x\":1", "{} {}"}) {
      EXPECT_EQ(judged(body, kind), "8 body") << body;
    }
  }
  EXPECT_EQ(judged(R"({"a":1,"a":2})", BodyKind::custom).substr(0, 1), "8");
}

TEST(FrameCheck, OfOtherRequestsOnlyWhatWouldEndTheConnectionIsRefused) {
  const auto refused = [](const auto& request) {
    std::string frame;
    protocol::encode(frame, request, 1);
    return refusal_of(frame).has_value();
  };
  const auto find = [](std::string_view name) {
    return protocol::Find{.nickname = name, .groupname = {}, .id = {}};
  };
  EXPECT_FALSE(refused(find("ann")));
  EXPECT_FALSE(refused(find("")));  // the server answers that
  EXPECT_FALSE(refused(find(std::string(5000, 'x'))));
  EXPECT_TRUE(refused(find("caf\xE9")));
  EXPECT_TRUE(refused(find(std::string(70'000, 'x'))));
  protocol::Login login;
  login.account = "ann";
  const std::string password(5000, 'x');
  login.password = password;
  EXPECT_TRUE(refused(login));
}

}  // namespace
}  // namespace plaza::client
