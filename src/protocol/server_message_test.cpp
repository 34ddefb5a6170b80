#include "protocol/server_message.h"

#include <gtest/gtest.h>

namespace plaza::protocol {
namespace {

TEST(ServerMessage, NewerServersAreUnderstoodAsFarAsKnown) {
  ServerMessageParser parser;
  const auto unknown = parser.parse(R"({"msgid":200,"x":1})");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->msgid, Msg::none);
  EXPECT_EQ(unknown->raw_msgid, 200u);
  const auto more = parser.parse(R"({"msgid":41,"id":3,"state":"online","mood":"happy"})");
  ASSERT_TRUE(more);
  EXPECT_EQ(*more->get<PresencePush>(), (PresencePush{MemberId{3}, true}));
  const auto other_errno = parser.parse(R"({"msgid":21,"errno":77,"errmsg":"new"})");
  ASSERT_TRUE(other_errno);
  EXPECT_TRUE(other_errno->refused());
  EXPECT_EQ(static_cast<int>(other_errno->refusal.error), 77);
}

TEST(ServerMessage, WrongTypesAndBadJsonAreSaid) {
  ServerMessageParser parser;
  for (const char* frame :
       {"", "{", "[]", "1", "{}", R"({"msgid":"5"})", R"({"msgid":-5})", R"({"msgid":41,"id":"3"})",
        R"({"msgid":41,"id":1.5})", R"({"msgid":35,"friends":{}})", R"({"msgid":35,"friends":[1]})",
        R"({"msgid":35,"more":1})", R"({"msgid":5,"body":[]})", R"({"msgid":5,"kind":256})",
        R"({"msgid":29,"epoch":4294967296})", R"({"msgid":33,"conversations":[{"last":1}]})"}) {
    EXPECT_FALSE(parser.parse(frame)) << frame;
  }
  EXPECT_EQ(parser.parse(R"({"msgid":41,"id":"3"})").error(), "wrong type of id");
}

TEST(Glance, FindsTheNumbersOfAPush) {
  ServerGlance seen;
  ASSERT_TRUE(glance(
      R"({"msgid":5,"seq":17,"epoch":1,"id":7,"name":"a\"id\":1,","toid":8,"msg":"x\"y","kind":0,"mid":99,"cseq":3})",
      seen));
  EXPECT_EQ(seen.msgid, 5u);
  EXPECT_EQ(seen.seq, 17u);
  EXPECT_EQ(seen.epoch, 1u);
  EXPECT_EQ(seen.id, 7u);
  EXPECT_EQ(seen.toid, 8u);
  EXPECT_EQ(seen.mid, 99u);
  EXPECT_EQ(seen.cseq, 3u);
  EXPECT_EQ(seen.msg, R"(x\"y)");
  ASSERT_TRUE(glance(R"({"msgid":20,"rid":6,"errno":14,"expected":3,"send_id":7})", seen));
  EXPECT_EQ(seen.error, 14u);
  EXPECT_EQ(seen.expected, 3u);
  EXPECT_EQ(seen.send_id, 7u);
  EXPECT_EQ(seen.rid, 6u);
  EXPECT_EQ(seen.id, 0u);
  ASSERT_TRUE(glance(R"({"msgid":20,"errno":0,"dup":true})", seen));
  EXPECT_TRUE(seen.dup);
}

TEST(Glance, LooksAtTheTopLevelOnly) {
  ServerGlance seen;
  ASSERT_TRUE(glance(
      R"( { "friends" : [ { "id" : 1 , "x":"]" } ] , "body":{"seq":4}, "msgid" : 35 , "id" : 9 } )", seen));
  EXPECT_EQ(seen.msgid, 35u);
  EXPECT_EQ(seen.id, 9u);
  EXPECT_EQ(seen.seq, 0u);
}

TEST(Glance, RefusesWhatIsNotAFrame) {
  ServerGlance seen;
  const std::string whole = R"({"msgid":5,"msg":"x","body":{"a":[1]}})";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(glance(std::string_view(whole).substr(0, size), seen)) << size;
  EXPECT_TRUE(glance(whole, seen));
  EXPECT_FALSE(glance("{}", seen));
  EXPECT_FALSE(glance("[5]", seen));
}

}  // namespace
}  // namespace plaza::protocol
