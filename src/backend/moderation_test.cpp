// Mutes, bans, reports and words, as operators and servers of the app handle them.
#include "backend/test_support.h"

namespace plaza::backend {
namespace {

class ModerationOfTheApp : public ApiTest {
 protected:
  json::object ask(const std::string& method, const std::string& path, const json::object& body = {}) {
    return call_as(chess, method, "/api/v1/zones/one" + path, body);
  }
  std::string chess = app_with_server("chess");
  std::string ann = member(chess, "Ann"), bob = member(chess, "Bob"), cid = member(chess, "Cid");
  ZoneId zone = directory_.zone("chess", "one")->id;
};

TEST_F(ModerationOfTheApp, AMuteSaysForHowLongAndWhyAndWhoDecided) {
  const auto put = ask("POST", "/members/" + ann + "/mute", {{"for_ms", 1'000}, {"reason", "spam"}});
  EXPECT_EQ(put.at("kind").as_string(), "mute");
  EXPECT_EQ(put.at("until_ms").as_int64(), clock_.wall_ms() + 1'000);
  EXPECT_EQ(put.at("reason").as_string(), "spam");
  EXPECT_TRUE(put.at("by").as_string().starts_with("server:game/pk_"));
  ask("POST", "/members/" + ann + "/ban");
  const auto both = ask("GET", "/members/" + ann + "/sanctions").at("sanctions").as_array();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_FALSE(both[1].as_object().contains("until_ms"));
  EXPECT_TRUE(ask("DELETE", "/members/" + ann + "/ban").at("lifted").as_bool());
  EXPECT_FALSE(ask("DELETE", "/members/" + ann + "/ban").at("lifted").as_bool());
  clock_.advance_ms(1'000);
  EXPECT_EQ(ask("GET", "/members/" + ann + "/sanctions").at("sanctions").as_array().size(), 0U);
  EXPECT_EQ(code(ask("POST", "/members/999/mute")), "not_found");
}

TEST_F(ModerationOfTheApp, ThePagesOfSanctionsHaveEachOnceAndKeepAMembersTogether) {
  for (const auto& one : {ann, bob, cid}) ask("POST", "/members/" + one + "/mute");
  ask("POST", "/members/" + bob + "/ban");
  for (const int limit : {1, 2, 3, 4}) {
    std::string seen, after = "0";
    for (int pages = 0; pages < 9 && !after.empty(); ++pages) {
      const auto page = ask("GET", "/sanctions?limit=" + std::to_string(limit) + "&after=" + after);
      for (const auto& one : page.at("sanctions").as_array())
        seen += json::serialize(one.at("member")) + std::string(one.at("kind").as_string()) + ' ';
      after = page.contains("next") ? json::serialize(page.at("next")) : "";
    }
    EXPECT_EQ(seen, ann + "mute " + bob + "mute " + bob + "ban " + cid + "mute ") << limit;
  }
}

TEST_F(ModerationOfTheApp, ReportsAreListedByStateAndClosedOnce) {
  ports::Report report;
  report.zone = zone;
  report.reporter = MemberId{std::stoull(bob)};
  report.sender = MemberId{std::stoull(ann)};
  report.sender_name = "Ann";
  report.reason = "rude";
  report.conversation = ports::StreamId::room(RoomId{5});
  report.conversation_seq = 9;
  report.message = MessageId{77};
  report.body = "you!";
  const auto id = moderation_.put_report(report)->id;
  report.message = MessageId{78};
  ASSERT_TRUE(moderation_.put_report(report));
  const auto open = ask("GET", "/reports").at("reports").as_array();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].at("where").as_string(), "room");
  EXPECT_EQ(open[0].at("room").as_int64(), 5);
  EXPECT_EQ(open[0].at("msg").as_string(), "you!");
  const std::string path = "/reports/" + std::to_string(id.value);
  const auto closed = ask("POST", path + "/close", {{"resolution", "warned"}});
  EXPECT_EQ(closed.at("resolution").as_string(), "warned");
  EXPECT_TRUE(closed.at("closed_by").as_string().starts_with("server:game/"));
  EXPECT_EQ(code(ask("POST", path + "/close")), "conflict");
  EXPECT_EQ(code(ask("POST", "/reports/999/close")), "not_found");
  EXPECT_EQ(code(ask("POST", path + "/close", {{"resolution", "a\nb"}})), "bad_request");
  EXPECT_EQ(ask("GET", path), closed);
  EXPECT_EQ(ask("GET", "/reports").at("reports").as_array().size(), 1U);
  EXPECT_EQ(ask("GET", "/reports?state=closed").at("reports").as_array().size(), 1U);
  EXPECT_EQ(ask("GET", "/reports?state=all").at("reports").as_array().size(), 2U);
  EXPECT_TRUE(ask("GET", "/reports?state=all&limit=1").contains("next"));
}

TEST_F(ModerationOfTheApp, AWordIsAddedChangedListedAndRemoved) {
  const auto put = ask("POST", "/words", {{"text", "darn"}});
  EXPECT_EQ(put.at("match").as_string(), "anywhere");
  EXPECT_EQ(put.at("action").as_string(), "refuse");
  const auto other = ask("POST", "/words", {{"text", "darn"}, {"action", "mask"}});
  EXPECT_EQ(other.at("word"), put.at("word"));
  EXPECT_EQ(other.at("action").as_string(), "mask");
  ask("POST", "/words", {{"text", "h[e3]ck"}, {"match", "pattern"}, {"action", "report"}});
  const auto page = ask("GET", "/words?limit=1");
  ASSERT_EQ(page.at("words").as_array().size(), 1U);
  EXPECT_EQ(page.at("words").at(0), json::value(other));
  const auto rest = ask("GET", "/words?after=" + json::serialize(page.at("next")));
  EXPECT_EQ(rest.at("words").at(0).at("match").as_string(), "pattern");
  EXPECT_FALSE(rest.contains("next"));
  EXPECT_EQ(code(ask("DELETE", "/words/" + json::serialize(put.at("word")))), "ok");
  EXPECT_EQ(code(ask("DELETE", "/words/" + json::serialize(put.at("word")))), "not_found");
}

TEST_F(ModerationOfTheApp, WithoutStorageNothingIsDecided) {
  moderation_.set_unavailable(true);
  for (const auto& path : {"/sanctions", "/reports", "/words"})
    EXPECT_EQ(code(ask("GET", path)), "unavailable") << path;
  EXPECT_EQ(code(ask("POST", "/members/" + ann + "/mute")), "unavailable");
  EXPECT_EQ(code(ask("POST", "/words", {{"text", "darn"}})), "unavailable");
}

}  // namespace
}  // namespace plaza::backend
