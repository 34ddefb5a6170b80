// Announcements, as servers of an app make them.
#include "backend/test_support.h"

namespace plaza::backend {
namespace {

class AnnouncementsOfTheApp : public ApiTest {
 protected:
  json::object ask(const std::string& method, const std::string& path, const json::object& body = {}) {
    return call_as(chess, method, "/api/v1/announcements" + path, body);
  }
  std::string chess = app_with_server("chess");
  std::string ann = member(chess, "Ann");
};

TEST_F(AnnouncementsOfTheApp, ItIsForTheNarrowestThatIsNamed) {
  const auto room = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                            {{"name", "Lobby"}, {"owner", std::stoll(ann)}});
  const json::value members = json::array{std::stoll(ann)};
  EXPECT_EQ(ask("POST", "", {{"msg", "x"}}).at("to").as_string(), "app");
  const auto zone = ask("POST", "", {{"msg", "x"}, {"zone", "one"}});
  EXPECT_EQ(zone.at("to").as_string(), "zone");
  EXPECT_EQ(zone.at("zone_id").to_number<std::uint64_t>(), directory_.zone("chess", "one")->id.value);
  EXPECT_EQ(ask("POST", "", {{"msg", "x"}, {"zone", "one"}, {"room", room.at("room")}}).at("room"),
            room.at("room"));
  EXPECT_EQ(ask("POST", "", {{"msg", "x"}, {"zone", "one"}, {"members", members}}).at("to").as_string(),
            "members");
  EXPECT_EQ(code(ask("POST", "", {{"msg", "x"}, {"members", members}})), "bad_request");
  EXPECT_EQ(code(ask("POST", "", {{"msg", "x"}, {"zone", "one"}, {"members", json::array{}}})),
            "bad_request");
  EXPECT_EQ(code(ask("POST", "", {{"msg", "x"}, {"zone", "one"}, {"members", json::array{"Ann"}}})),
            "bad_request");
  EXPECT_EQ(
      code(ask("POST", "", {{"msg", "x"}, {"zone", "one"}, {"members", members}, {"room", room.at("room")}})),
      "bad_request");
  for (const json::object& gone :
       {json::object{{"msg", "x"}, {"zone", "two"}},
        json::object{{"msg", "x"}, {"zone", "one"}, {"room", 999}},
        json::object{{"msg", "x"}, {"zone", "one"}, {"members", json::array{999}}}})
    EXPECT_EQ(code(ask("POST", "", gone)), "not_found") << json::serialize(gone);
}

TEST_F(AnnouncementsOfTheApp, ItsTimesAreFromNowOrFromItsBeginning) {
  constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
  const auto now = ask("POST", "", {{"msg", "x"}});
  EXPECT_EQ(now.at("until_ms").as_int64(), clock_.wall_ms() + 7 * kDayMs);
  const std::int64_t later = clock_.wall_ms() + kDayMs;
  const auto then = ask("POST", "", {{"msg", "x"}, {"not_before_ms", later}, {"keep_ms", 1'000}});
  EXPECT_EQ(then.at("state").as_string(), "scheduled");
  EXPECT_EQ(then.at("until_ms").as_int64(), later + 1'000);
}

TEST_F(AnnouncementsOfTheApp, OneThatIsRepeatedWhenItsAnswerIsLostIsTheSame) {
  const json::object hello{{"msg", "hello"}, {"idempotency_key", "k1"}};
  const auto first = ask("POST", "", hello);
  EXPECT_EQ(first.at("by").as_string().find('#'), json::string_view::npos);
  idempotency_.lose_answers();
  restart();
  EXPECT_EQ(ask("POST", "", hello).at("announcement"), first.at("announcement"));
  const auto other = ask("POST", "", {{"msg", "hello"}, {"idempotency_key", "k2"}});
  EXPECT_NE(other.at("announcement"), first.at("announcement"));
  EXPECT_EQ(ask("GET", "").at("announcements").as_array().size(), 2U);
}

TEST_F(AnnouncementsOfTheApp, TheyAreListedShownAndTakenBack) {
  const auto first = ask("POST", "", {{"msg", "one"}, {"name", "Referee"}});
  ask("POST", "", {{"body", json::object{{"a", 1}}}});
  const auto page = ask("GET", "?limit=1");
  EXPECT_EQ(page.at("announcements").at(0).at("name").as_string(), "Referee");
  const auto rest = ask("GET", "?after=" + json::serialize(page.at("next")));
  EXPECT_EQ(rest.at("announcements").at(0).at("body").at("a").as_int64(), 1);
  EXPECT_EQ(rest.at("announcements").at(0).at("name").as_string(), "chess");
  const std::string path = "/" + json::serialize(first.at("announcement"));
  EXPECT_EQ(ask("GET", path), first);
  EXPECT_EQ(ask("DELETE", path).at("state").as_string(), "withdrawn");
  EXPECT_EQ(code(ask("DELETE", path)), "conflict");
  EXPECT_EQ(code(ask("GET", "/999")), "not_found");
  EXPECT_EQ(code(ask("DELETE", "/999")), "not_found");
}

TEST_F(AnnouncementsOfTheApp, AnotherAppsDoNotExist) {
  const auto made = ask("POST", "", {{"msg", "x"}});
  const std::string go = app_with_server("go");
  const std::string path = "/api/v1/announcements/" + json::serialize(made.at("announcement"));
  EXPECT_EQ(code(call_as(go, "GET", path)), "not_found");
  EXPECT_EQ(code(call_as(go, "DELETE", path)), "not_found");
  EXPECT_EQ(call_as(go, "GET", "/api/v1/announcements").at("announcements").as_array().size(), 0U);
}

}  // namespace
}  // namespace plaza::backend
