#include "protocol/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "protocol/request_oracle.h"

namespace plaza::protocol {
namespace {

class RequestParsing : public testing::Test {
 protected:
  const Request& accept(std::string_view frame) {
    const auto parsed = parser.parse_copy(frame);
    EXPECT_TRUE(parsed.has_value()) << frame.substr(0, 200) << "\n" << (parsed ? "" : parsed.error().message);
    static const Request none{};
    return parsed ? **parsed : none;
  }
  ParseError refuse(std::string_view frame) {
    const auto parsed = parser.parse_copy(frame);
    EXPECT_FALSE(parsed.has_value()) << "accepted: " << frame.substr(0, 200);
    return parsed ? ParseError{} : parsed.error();
  }
  RequestParser parser;
};

std::string nested(std::size_t depth, char open, char close) {
  std::string text = R"({"msgid":29,"x":)";
  for (std::size_t i = 1; i < depth; ++i) text += open == '{' && i > 1 ? R"("a":{)" : std::string(1, open);
  for (std::size_t i = 1; i < depth; ++i) text += close;
  return text + "}";
}

TEST_F(RequestParsing, TakesAClassicSend) {
  const Request& request = accept(
      R"( {"msgid" : 5, "id":7, "name":"ann", "toid":8, "msg":"hi \u4f60\n", "time":"now"} )");
  EXPECT_EQ(request.msgid, Msg::one_chat);
  const auto chat = as<OneChat>(request);
  EXPECT_EQ(chat.toid, MemberId{8});
  EXPECT_EQ(chat.id, MemberId{7});
  EXPECT_EQ(chat.content.kind, 0);
  EXPECT_EQ(chat.content.bytes(), "hi \xe4\xbd\xa0\n");
  EXPECT_FALSE(chat.send_id);
  EXPECT_FALSE(request.rid());
  EXPECT_TRUE(claims_sender(request.msgid));
}

TEST_F(RequestParsing, TellsClassicLoginFromFullLogin) {
  const auto classic = as<Login>(accept(R"({"msgid":1,"id":3,"password":"p"})"));
  EXPECT_TRUE(classic.classic());
  EXPECT_EQ(classic.id, MemberId{3});
  const auto full = as<Login>(accept(
      R"({"msgid":1,"rid":9,"account":"ann","password":"p","app":"chat","zone":"main","device":"web","platform":"linux"})"));
  EXPECT_FALSE(full.classic());
  EXPECT_EQ(full.account_name(), "ann");
  EXPECT_EQ(full.device, "web");
  const auto token = as<Login>(accept(R"({"msgid":1,"token":"abc"})"));
  EXPECT_FALSE(token.classic());
}

TEST_F(RequestParsing, LoginNeedsExactlyOneWhoAndWhatBelongsToIt) {
  EXPECT_EQ(refuse(R"({"msgid":1,"password":"p"})").field, "id");
  EXPECT_EQ(refuse(R"({"msgid":1,"password":"p"})").allowed,
            "exactly one of id, name, account, token, vendor");
  EXPECT_EQ(refuse(R"({"msgid":1,"name":"a","token":"t","password":"p"})").message, "name is not alone");
  EXPECT_EQ(refuse(R"({"msgid":1,"name":"a"})").field, "password");
  EXPECT_EQ(refuse(R"({"msgid":1,"vendor":"v","proof":"p"})").field, "vendor_user");
  EXPECT_EQ(refuse(R"({"msgid":1,"vendor":"v","vendor_user":"u"})").field, "proof");
  accept(R"({"msgid":1,"vendor":"v","vendor_user":"u","proof":"p"})");
}

TEST_F(RequestParsing, KeepsTheTextOfABodyButNotTheSpaceInIt) {
  const Request& request = accept(
      "{ \"x\" : [ {\"body\":{}} , \"}\" ] ,\"msgid\":12,\"groupid\":4,\"kind\":3,\n \"bod\\u0079\" : { "
      "\"n\" : 1.50 , \"e\":1e3,"
      " \"s\":\"a b\\\"} \\u00e9\", \"l\":[ 1 , true,null ] } , \"rid\":1 }");
  const auto chat = as<GroupChat>(request);
  EXPECT_EQ(chat.content.bytes(), R"({"n":1.50,"e":1e3,"s":"a b\"} \u00e9","l":[1,true,null]})");
  EXPECT_EQ(chat.content.kind, 3);
  EXPECT_EQ(request.rid(), 1u);
}

TEST_F(RequestParsing, KindDecidesBetweenMsgAndBody) {
  accept(R"({"msgid":5,"toid":1,"kind":0,"msg":""})");
  accept(R"({"msgid":5,"toid":1,"kind":3,"body":{}})");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1,"kind":1,"msg":"x"})").field, "body");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1,"kind":0,"body":{}})").field, "msg");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1,"body":{}})").field, "msg");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1,"msg":"x","body":{}})").field, "msg");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1})").field, "msg");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1,"kind":4,"body":{}})").allowed, "integer 0..3");
  EXPECT_EQ(refuse(R"({"msgid":5,"toid":1,"kind":4,"msg":"x"})").allowed, "integer 0..3");
}

TEST_F(RequestParsing, EveryMessageMissesItsRequiredFieldsByName) {
  for (const MessageInfo& message : messages()) {
    for (const FieldUse& use : message.request) {
      if (use.need != Need::required) continue;
      // All other required fields, so that this one is what is missing.
      std::string frame = R"({"msgid":)" + std::to_string(static_cast<unsigned>(message.msg)) + R"(,"rid":5)";
      for (const FieldUse& other : message.request) {
        if (other.need != Need::required || other.field == use.field) continue;
        const FieldType type = info(other.field).type;
        frame += ",\"" + std::string(name_of(other.field)) + "\":";
        frame += type == FieldType::integer ? "1" : type == FieldType::boolean ? "true" : "\"x\"";
      }
      const ParseError error = refuse(frame + "}");
      EXPECT_EQ(error.error, Errno::bad_request);
      EXPECT_EQ(error.field, name_of(use.field)) << frame;
      EXPECT_EQ(error.rid, 5u);
      EXPECT_EQ(error.msgid, message.msg);
      EXPECT_FALSE(error.stream_broken);
      EXPECT_FALSE(error.allowed.empty());
    }
  }
}

/// A request of this message that has `field` with this JSON value, and whatever else it needs.
std::string with_value(const MessageInfo& message, const FieldUse& use, const std::string& value) {
  std::string frame = R"({"msgid":)" + std::to_string(static_cast<unsigned>(message.msg));
  const bool chooses = use.need == Need::one_of;
  bool chosen = chooses;
  for (const FieldUse& other : message.request) {
    if (other.field == use.field) continue;
    bool wanted = other.need == Need::required;
    if (other.need == Need::one_of && !chosen) {
      // For a `with` field: one of those that it goes with.
      wanted = use.need != Need::required_with || use.with.has(other.field);
      chosen = wanted;
    }
    if (other.need == Need::required_with) {
      wanted = (other.with & (use.need == Need::required_with ? use.with : bit(use.field))).any();
      // Without a chosen one in hand the first of the one_of fields is taken: Field::id for LOGIN, which
      // needs a password.
      if (!chooses && use.need != Need::required_with) wanted = other.with.has(Field::id);
    }
    if (!wanted) continue;
    const FieldType type = info(other.field).type;
    frame += ",\"" + std::string(name_of(other.field)) + "\":";
    frame += type == FieldType::integer   ? "1"
             : type == FieldType::boolean ? "true"
             : type == FieldType::object  ? "{}"
                                          : "\"x\"";
  }
  if (use.field == Field::body) frame += ",\"kind\":3";
  if (use.field == Field::kind && value != "0") {
    const auto msg = frame.find("\"msg\":\"x\"");
    msg == std::string::npos ? frame.append(",\"body\":{}") : frame.replace(msg, 9, "\"body\":{}");
  }
  return frame + ",\"" + std::string(name_of(use.field)) + "\":" + value + "}";
}

std::string string_of(std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; }
std::string object_of(std::size_t bytes) { return R"({"":")" + std::string(bytes - 7, 'x') + R"("})"; }

TEST_F(RequestParsing, EveryLimitHoldsAtItsEdgeAndNotOnePast) {
  int edges = 0;
  for (const MessageInfo& message : messages()) {
    for (const FieldUse& use : message.request) {
      SCOPED_TRACE(std::string(message.name) + "." + std::string(name_of(use.field)));
      const FieldType type = info(use.field).type;
      if (type == FieldType::boolean) continue;
      const auto value = [&](std::uint64_t n) {
        return type == FieldType::integer  ? std::to_string(n)
               : type == FieldType::string ? string_of(n)
                                           : object_of(n);
      };
      accept(with_value(message, use, value(use.max)));
      const ParseError over = refuse(with_value(message, use, value(use.max + 1)));
      EXPECT_EQ(over.field, name_of(use.field));
      EXPECT_EQ(over.error,
                use.field == Field::msg || use.field == Field::body ? Errno::too_large : Errno::bad_request);
      EXPECT_FALSE(over.stream_broken);
      EXPECT_NE(over.allowed.find(std::to_string(use.max)), std::string::npos) << over.allowed;
      if (use.min > 0 && type != FieldType::object) {
        accept(with_value(message, use, value(use.min)));
        EXPECT_EQ(refuse(with_value(message, use, value(use.min - 1))).field, name_of(use.field));
      }
      ++edges;
    }
  }
  EXPECT_GT(edges, 50);
}

TEST_F(RequestParsing, IntegersAreWhatEveryJsonLibraryCarries) {
  const auto toid = [&](const std::string& number) {
    return R"({"msgid":5,"msg":"x","rid":2,"toid":)" + number + "}";
  };
  EXPECT_EQ(as<OneChat>(accept(toid("0"))).toid, MemberId{0});
  EXPECT_EQ(as<OneChat>(accept(toid("9007199254740991"))).toid, MemberId{9007199254740991});
  for (const char* bad : {"9007199254740992", "18446744073709551615", "-1", "1.5", "1.0", "1e3", "\"1\"",
                          "null", "[1]", "{}", "true"}) {
    const ParseError error = refuse(toid(bad));
    EXPECT_EQ(error.error, Errno::bad_request) << bad;
    EXPECT_EQ(error.field, "toid") << bad;
    EXPECT_EQ(error.allowed, "integer 0..9007199254740991") << bad;
    EXPECT_EQ(error.rid, 2u) << bad;
    EXPECT_FALSE(error.stream_broken) << bad;
  }
  for (const char* malformed :
       {"01", "1.", "+1", "0x1", ".5", "1e", "NaN", "18446744073709551616", "1e400"}) {
    EXPECT_TRUE(refuse(toid(malformed)).stream_broken) << malformed;
  }
}

TEST_F(RequestParsing, KnownFieldsHaveTheirTypeEvenWhereTheyAreNotUsed) {
  EXPECT_EQ(refuse(R"({"msgid":29,"groupname":1})").field, "groupname");
  EXPECT_EQ(refuse(R"({"msgid":29,"revoke":1})").field, "revoke");
  EXPECT_EQ(refuse(R"({"msgid":29,"body":[]})").field, "body");
  EXPECT_EQ(refuse(R"({"msgid":29,"body":"x"})").field, "body");
  EXPECT_EQ(refuse(R"({"msgid":29,"msg":null})").field, "msg");
  accept(R"({"msgid":29,"time":5,"errno":"x","new_thing":[{"a":1}]})");
}

TEST_F(RequestParsing, MsgidMustBeThereAndOneThatAClientSends) {
  EXPECT_EQ(refuse(R"({"rid":4})").field, "msgid");
  EXPECT_EQ(refuse(R"({"rid":4})").rid, 4u);
  EXPECT_EQ(refuse(R"({})").field, "msgid");
  EXPECT_EQ(refuse(R"({"msgid":"5","toid":1,"msg":""})").field, "msgid");
  EXPECT_EQ(refuse(R"({"msgid":"5","toid":1,"msg":""})").error, Errno::bad_request);
  for (const char* unknown : {"0", "2", "54", "55", "56", "9007199254740991"}) {
    const ParseError error = refuse(R"({"rid":4,"msgid":)" + std::string(unknown) + "}");
    EXPECT_EQ(error.error, Errno::unknown_msgid) << unknown;
    EXPECT_EQ(error.rid, 4u);
    EXPECT_EQ(std::to_string(error.raw_msgid), unknown);
    EXPECT_FALSE(error.stream_broken);
  }
}

TEST_F(RequestParsing, NoKeyTwiceAtAnyDepth) {
  const auto twice = [&](std::string_view frame, std::string_view field) {
    const ParseError error = refuse(frame);
    EXPECT_EQ(error.error, Errno::bad_request) << frame;
    EXPECT_EQ(error.field, field) << frame;
    EXPECT_FALSE(error.stream_broken) << frame;
  };
  twice(R"({"msgid":29,"msgid":29})", "msgid");
  twice(R"({"msgid":29,"msg":"a","m\u0073g":"a"})", "msg");
  twice(R"({"msgid":29,"toid":"wrong","toid":1})", "toid");
  twice(R"({"msgid":29,"new":1,"new":2})", "new");
  twice(R"({"msgid":29,"new":{"a":1,"b":2,"a":3}})", "a");
  twice(R"({"msgid":29,"new":[[{"a":{"b":1,"\u0062":1}}]]})", "b");
  twice(R"({"msgid":5,"toid":1,"kind":3,"body":{"x":{"y":1,"y":2}}})", "y");
  accept(R"({"msgid":29,"new":{"a":{"a":{"a":1}}},"other":[{"a":1},{"a":1}]})");
}

TEST_F(RequestParsing, ManyKeysAreFineAndOneOfThemTwiceIsNot) {
  std::string frame = R"({"msgid":29)";
  for (int i = 0; frame.size() < kFrameBytesMax - 40; ++i) frame += ",\"k" + std::to_string(i) + "\":0";
  accept(frame + "}");
  EXPECT_EQ(refuse(frame + ",\"k77\":0}").field, "k77");
  accept(frame + "}");  // nothing is left of the one before
}

TEST_F(RequestParsing, DepthIsBounded) {
  for (const auto& [open, close] : {std::pair('[', ']'), std::pair('{', '}')}) {
    accept(nested(kJsonDepthMax, open, close));
    const ParseError error = refuse(nested(kJsonDepthMax + 1, open, close));
    EXPECT_TRUE(error.stream_broken);
    EXPECT_EQ(error.allowed, "at most 32 levels");
    EXPECT_TRUE(refuse(nested(10'000, open, close)).stream_broken);
  }
  EXPECT_TRUE(refuse(R"({"msgid":29,"x":)" + std::string(60'000, '[')).stream_broken);
}

TEST_F(RequestParsing, MalformedJsonBreaksTheStream) {
  for (const std::string frame : {"",
                                  " ",
                                  "{",
                                  "}",
                                  "{]",
                                  "[]",
                                  "1",
                                  "null",
                                  "\"x\"",
                                  "{\"msgid\":29,}",
                                  "{\"msgid\" 29}",
                                  "{msgid:29}",
                                  "{'msgid':29}",
                                  "{\"msgid\":29}{\"msgid\":29}",
                                  "{\"msgid\":29}x",
                                  "{\"msgid\":29,\"x\":tru}",
                                  "{\"msgid\":29,\"x\":nulll}",
                                  "{\"msgid\":29 \"x\":1}",
                                  "{\"msgid\":29,\"x\":[1,]}",
                                  "{\"msgid\":29,\"x\":[1 2]}",
                                  "{\"msgid\":29/**/}",
                                  "\xef\xbb\xbf{\"msgid\":29}",
                                  "{\"msgid\":29,\"x\":\"\t\"}",
                                  "{\"msgid\":29,\"x\":\"\\x\"}",
                                  "{\"msgid\":29,\"x\":\"a}",
                                  "{\"msgid\":29,\"x\":\"\\u12g4\"}",
                                  "{\"msgid\":29,\"x\":\"\\u12\"}",
                                  "{\"msgid\":29,1:1}"}) {
    const ParseError error = refuse(frame);
    EXPECT_EQ(error.error, Errno::bad_request) << frame;
    EXPECT_TRUE(error.stream_broken) << frame;
    EXPECT_FALSE(error.rid) << frame;
  }
}

TEST_F(RequestParsing, OnlyUtf8AndWholeSurrogatePairs) {
  const auto msg = [](const std::string& text) { return R"({"msgid":5,"toid":1,"msg":")" + text + "\"}"; };
  EXPECT_EQ(as<OneChat>(accept(msg("\\ud83d\\ude00"))).content.bytes(), "\xf0\x9f\x98\x80");
  EXPECT_EQ(as<OneChat>(accept(msg("\xf0\x9f\x98\x80"))).content.bytes(), "\xf0\x9f\x98\x80");
  EXPECT_EQ(as<OneChat>(accept(msg("a\\u0000b"))).content.bytes(), std::string_view("a\0b", 3));
  for (const char* bad :
       {"\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\ud83d", "\\ude00\\ud83d", "\x80", "\xc0\x80", "\xc3",
        "\xe4\xbd", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_TRUE(refuse(msg(bad)).stream_broken) << bad;
  }
  // Also where nobody looks.
  EXPECT_TRUE(refuse("{\"msgid\":29,\"x\":{\"\\ud800\":1}}").stream_broken);
  EXPECT_TRUE(refuse("{\"msgid\":29,\"x\xff\":1}").stream_broken);
}

TEST_F(RequestParsing, FrameSizeHoldsAtItsEdge) {
  const std::string frame = R"({"msgid":29})";
  accept(frame + std::string(kFrameBytesMax - frame.size(), ' '));
  const ParseError error = refuse(frame + std::string(kFrameBytesMax - frame.size() + 1, ' '));
  EXPECT_EQ(error.error, Errno::too_large);
  EXPECT_TRUE(error.stream_broken);
  RequestParser small(100);
  EXPECT_TRUE(small.parse_copy(frame + std::string(100 - frame.size(), ' ')));
  EXPECT_FALSE(small.parse_copy(frame + std::string(101 - frame.size(), ' ')));
}

TEST_F(RequestParsing, TheFirstFaultIsToldWithRidAndMsgidFromAnywhere) {
  const ParseError error = refuse(R"({"toid":"x","msg":5,"rid":12,"msgid":5})");
  EXPECT_EQ(error.field, "toid");
  EXPECT_EQ(error.rid, 12u);
  EXPECT_EQ(error.msgid, Msg::one_chat);
}

TEST_F(RequestParsing, AtMostOneConversationInSync) {
  EXPECT_FALSE(as<Sync>(accept(R"({"msgid":22,"since":0})")).of.friendid);
  EXPECT_EQ(as<Sync>(accept(R"({"msgid":22,"since":0,"groupid":4,"limit":500})")).of.groupid, RoomId{4});
  EXPECT_EQ(refuse(R"({"msgid":22,"since":0,"groupid":4,"friendid":4})").allowed,
            "at most one of friendid, groupid");
}

TEST_F(RequestParsing, RidAndUnusedFieldsAreIntegersToo) {
  EXPECT_EQ(accept(R"({"msgid":29,"rid":9007199254740991})").rid(), kIntegerMax);
  EXPECT_EQ(refuse(R"({"msgid":29,"rid":9007199254740992})").field, "rid");
  EXPECT_EQ(refuse(R"({"msgid":29,"groupid":9007199254740992})").field, "groupid");
}

TEST_F(RequestParsing, NumbersThatNobodyLooksAtMustFitToo) {
  const auto number = [](std::string_view text) { return R"({"msgid":29,"x":[)" + std::string(text) + "]}"; };
  for (const char* good :
       {"0", "-0", "-1", "1.5", "-0.0e-7", "1e3", "1E+3", "18446744073709551615", "-9223372036854775808",
        "1e308", "1e-400", "0.00000000000000000000000000000001", "123456789012345678.9"}) {
    accept(number(good));
  }
  for (const char* bad : {"18446744073709551616", "-9223372036854775809", "1e309", "-1e999", "00", "-01",
                          "1.", ".1", "1e", "1e+", "-", "--1", "1.e1", "0x10", "1_000", "Infinity", "NaN"}) {
    EXPECT_TRUE(refuse(number(bad)).stream_broken) << bad;
  }
}

/// Goal: another JSON parser agrees on everything. Method: valid frames, cut, doubled and sprinkled with
/// bytes that matter.
TEST_F(RequestParsing, AgreesWithSimdjsonOnBrokenAndWholeFrames) {
  const std::string_view seeds[] = {
      R"({"msgid":5,"rid":7,"toid":8,"send_id":3,"msg":"h\u00e9 \"x\" \ud83d\ude00 \n","kind":0,"new":[1,-2.5e3,{"a":null,"b":[]}]})",
      R"({"msgid":12,"groupid":4,"kind":3,"body":{"n":1.50,"s":"a b","l":[true,false,{"x":{}}],"k":"\\"},"rid":1})",
      R"( { "msgid" : 1 , "name" : "\u4f60" , "password":"p" , "device":"web", "x":{"y":{"z":0}} } )",
      R"({"msgid":53,"all":true,"rid":9007199254740991})"};
  constexpr std::string_view kSpice = "\"\\{}[]:,0123456789-+.eEtfnu \n\x01\x80\xc3\xed\xf0\xff/aA";
  std::mt19937_64 random(20260102);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  RequestOracle oracle;
  int accepted = 0, broken = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string frame(seeds[below(std::size(seeds))]);
    for (std::size_t changes = below(4); changes-- > 0 && !frame.empty();) {
      const std::size_t at = below(frame.size());
      switch (below(5)) {
        case 0: frame[at] = kSpice[below(kSpice.size())]; break;
        case 1: frame.insert(at, 1, kSpice[below(kSpice.size())]); break;
        case 2: frame.erase(at, 1 + below(3)); break;
        case 3: frame.insert(at, frame.substr(below(frame.size()), below(20))); break;
        case 4: frame.resize(below(8) == 0 ? at : frame.size()); break;
      }
    }
    const auto parsed = parser.parse_copy(frame);
    accepted += parsed.has_value();
    broken += !parsed && parsed.error().stream_broken;
    ASSERT_EQ(oracle.complaint(frame, parsed), "") << "round " << round << ": " << frame;
  }
  EXPECT_GT(accepted, 5'000);
  EXPECT_GT(broken, 5'000);
}

TEST_F(RequestParsing, BytesBehindTheFrameDoNotMatter) {
  const std::string frame = R"({"msgid":5,"toid":12,"msg":"abc"})";
  for (const char behind : {'\0', '"', '9', '}', '\\'}) {
    std::string buffer = frame + std::string(RequestParser::kPadding, behind);
    const auto parsed = parser.parse(std::span(buffer.data(), frame.size()));
    ASSERT_TRUE(parsed) << behind;
    EXPECT_EQ((*parsed)->text(Field::msg), "abc");
  }
}

}  // namespace
}  // namespace plaza::protocol
