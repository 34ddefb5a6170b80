#include "servers/wire.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/digest.h"

namespace plaza::servers {
namespace {

/// "" when the frame is understood; otherwise the field that is wrong, or "?".
std::string wrong_in(std::string_view text, Msg answered = Msg::call_ack) {
  const auto frame = parse_frame(text);
  if (frame) return "";
  EXPECT_EQ(frame.error().answer, answered) << text;
  EXPECT_EQ(frame.error().error.code, backend::ErrorCode::bad_request);
  EXPECT_FALSE(frame.error().error.allowed.empty());
  return frame.error().error.field.empty() ? "?" : frame.error().error.field;
}

TEST(ServerWire, EveryRequestIsReadWithItsRid) {
  const auto call = parse_frame(
      R"({"msgid":143,"rid":9007199254740991,"op":"zones.list","params":{"limit":3}})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->rid, std::optional<std::uint64_t>(9007199254740991));
  EXPECT_EQ(std::get<Call>(call->asked).op, "zones.list");
  EXPECT_EQ(std::get<Call>(call->asked).params.at("limit").as_int64(), 3);
  const auto bare = parse_frame(R"({"msgid":143,"op":"app.show"})");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->rid);
  EXPECT_TRUE(std::get<Call>(bare->asked).params.empty());
  const auto follow = parse_frame(R"({"msgid":145,"rid":0,"after":17})");
  ASSERT_TRUE(follow);
  EXPECT_EQ(std::get<Follow>(follow->asked).after, 17U);
  const auto login = parse_frame(R"({"msgid":141,"key":"pk_1","proof":"00ff"})");
  ASSERT_TRUE(login);
  EXPECT_EQ(std::get<backend::ConnectionLogin>(login->asked).proof, std::string("\0\xff", 2));
  EXPECT_TRUE(std::get<backend::ConnectionLogin>(login->asked).secret.empty());
  EXPECT_TRUE(parse_frame(R"({"msgid":149})"));
}

TEST(ServerWire, WhatIsMissingUnknownOrOfAnotherTypeIsRefusedAndNamed) {
  EXPECT_EQ(wrong_in("{"), "?");
  EXPECT_EQ(wrong_in("[]"), "?");
  EXPECT_EQ(wrong_in("{\"msgid\":143,\"op\":\"\xff\"}"), "?");
  EXPECT_EQ(wrong_in("{}"), "msgid");
  EXPECT_EQ(wrong_in(R"({"msgid":144})"), "msgid") << "what only the other side says";
  EXPECT_EQ(wrong_in(R"({"msgid":5,"msg":"hello"})"), "msgid") << "what clients say";
  EXPECT_EQ(wrong_in(R"({"msgid":65679})"), "msgid") << "143 and 65536";
  EXPECT_EQ(wrong_in(R"({"msgid":"143"})"), "msgid");
  EXPECT_EQ(wrong_in(R"({"msgid":143,"rid":-1,"op":"x"})"), "rid");
  EXPECT_EQ(wrong_in(R"({"msgid":143,"rid":9007199254740992,"op":"x"})"), "rid");
  EXPECT_EQ(wrong_in(R"({"msgid":143,"rid":1.5,"op":"x"})"), "rid");
  EXPECT_EQ(wrong_in(R"({"msgid":143})"), "op");
  EXPECT_EQ(wrong_in(R"({"msgid":143,"op":7})"), "op");
  EXPECT_EQ(wrong_in(R"({"msgid":143,"op":"x","params":[]})"), "params");
  EXPECT_EQ(wrong_in(R"({"msgid":143,"op":"x","idempotency_key":"k"})"), "idempotency_key")
      << "it belongs into params";
  EXPECT_EQ(wrong_in(R"({"msgid":145})", Msg::follow_ack), "after");
  EXPECT_EQ(wrong_in(R"({"msgid":145,"after":"0"})", Msg::follow_ack), "after");
  EXPECT_EQ(wrong_in(R"({"msgid":149,"x":1})", Msg::heartbeat), "x");
  EXPECT_EQ(wrong_in(R"({"msgid":141,"secret":"s"})", Msg::login_ack), "key");
  EXPECT_EQ(wrong_in(R"({"msgid":141,"key":"k"})", Msg::login_ack), "proof");
  EXPECT_EQ(wrong_in(R"({"msgid":141,"key":"k","secret":"s","proof":"00"})", Msg::login_ack), "proof");
  EXPECT_EQ(wrong_in(R"({"msgid":141,"key":"","secret":"s"})", Msg::login_ack), "key");
}

TEST(ServerWire, AnswersAreWhatHttpAnswersBesideTheRid) {
  EXPECT_EQ(hello("ab"), R"({"msgid":140,"challenge":"ab"})");
  EXPECT_EQ(answer(Msg::call_ack, 2, R"({"zones":[]})"),
            R"({"msgid":144,"rid":2,"status":200,"result":{"zones":[]}})");
  EXPECT_EQ(answer(Msg::call_ack, {}, "{}", true),
            R"({"msgid":144,"status":200,"replayed":true,"result":{}})");
  EXPECT_EQ(
      refusal(Msg::call_ack, 2, {.code = backend::ErrorCode::not_found, .message = "zone", .field = "zone"}),
      R"({"msgid":144,"rid":2,"status":404,"error":{"code":"not_found","message":"there is no such zone","field":"zone"}})");
  EXPECT_EQ(events({.events = "[{}]", .count = 1, .lost = 3, .last = 4, .head = 5, .trimmed = 3}),
            R"({"msgid":147,"lost":3,"head":5,"trimmed":3,"events":[{}]})");
}

TEST(ServerWire, TheProofIsOfSecretKeyAndChallenge) {
  // echo -n $'PLAZA-CONNECTION-SHA256\npk_1\nabc' | openssl dgst -sha256 -hmac secret
  const std::string proof = to_hex(backend::connection_proof("secret", "pk_1", "abc"));
  EXPECT_EQ(proof, "0f3d939096c37b6133b3dec78908808df7ee80726d38036ac8fb4b02b545286f");
  EXPECT_NE(to_hex(backend::connection_proof("Secret", "pk_1", "abc")), proof);
  EXPECT_NE(to_hex(backend::connection_proof("secret", "pk_2", "abc")), proof);
  EXPECT_NE(to_hex(backend::connection_proof("secret", "pk_1", "abd")), proof);
}

TEST(ServerWire, TheTableHasEveryNumberOnce) {
  int number = 140;
  for (const auto& row : messages()) {
    EXPECT_EQ(static_cast<int>(row.msg), number++);
    EXPECT_NE(messages_markdown().find(std::string(row.name)), std::string::npos);
  }
  EXPECT_EQ(number, 150);
}

}  // namespace
}  // namespace plaza::servers
