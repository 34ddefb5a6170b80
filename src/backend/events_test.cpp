// Events, watched rooms, webhooks and dead letters, as an app's server asks for them.
#include "backend/test_support.h"

namespace plaza::backend {
namespace {

TEST_F(ApiTest, AnAppSaysWhichEventsItWantsAndReadsThemByNumber) {
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  const std::string path = "/api/v1/events/subscription";
  EXPECT_EQ(json::serialize(call_as(chess, "GET", path)), R"({"kinds":[],"head":0,"trimmed":0})");
  const auto wrong = call_as(chess, "POST", path, {{"kinds", json::array{"gap"}}});
  EXPECT_EQ(wrong.at("error").at("field").as_string(), "kinds");
  call_as(chess, "POST", path, {{"kinds", json::array{"report.made", "member.online"}}});
  EXPECT_EQ(json::serialize(call_as(chess, "GET", path).at("kinds")), R"(["member.online","report.made"])");
  const AppId app = apps_.app("chess")->id;
  for (int n = 1; n <= 3; ++n) {
    ASSERT_TRUE(events_.append({{.app = app,
                                 .events = {{.seq = 0,
                                             .time_ms = n,
                                             .kind = ports::AppEventKind::report,
                                             .zone = "one",
                                             .body = "{\"report\":" + std::to_string(n) + "}"}},
                                 .from = {},
                                 .to = {}}}));
  }
  const auto page = call_as(chess, "GET", "/api/v1/events?after=1&limit=1");
  EXPECT_EQ(
      json::serialize(page),
      R"({"events":[{"seq":2,"time_ms":2,"kind":"report.made","zone":"one","data":{"report":2}}],"head":3,"trimmed":0,"next":2})");
  EXPECT_FALSE(call_as(chess, "GET", "/api/v1/events?after=2&limit=1").contains("next"));
  EXPECT_TRUE(call_as(go, "GET", "/api/v1/events").at("events").as_array().empty());
}

TEST_F(ApiTest, RoomsAreWatchedFromNowOnOrFromAPositionUpToALimit) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  const auto make = [&](const char* name) {
    const auto room = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                              {{"name", name}, {"owner", std::stoll(ann)}});
    return "/api/v1/zones/one/rooms/" + json::serialize(room.at("room")) + "/watch";
  };
  const std::string a = make("Room A"), b = make("Room B"), c = make("Room C");
  EXPECT_EQ(call_as(chess, "POST", a).at("position").as_int64(), FakeDesk::kNow);
  EXPECT_EQ(call_as(chess, "POST", b, {{"since", 5}}).at("position").as_int64(), 5);
  EXPECT_EQ(code(call_as(chess, "POST", c)), "limit_reached");
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/rooms/999/watch")), "not_found");
  const auto page = call_as(chess, "GET", "/api/v1/zones/one/watched?limit=1");
  EXPECT_EQ(page.at("rooms").as_array().size(), 1U);
  EXPECT_TRUE(page.contains("next"));
  EXPECT_EQ(code(call_as(chess, "DELETE", a)), "ok");
  EXPECT_EQ(code(call_as(chess, "DELETE", a)), "not_found");
  EXPECT_EQ(code(call_as(chess, "POST", c)), "ok");
}

TEST_F(ApiTest, AWebhookLeadsToTheInternetOverTlsAndItsSecretIsShownOnce) {
  const std::string chess = app_with_server("chess");
  for (const char* url : {"http://example.org/", "https://127.0.0.1/", "https://[::1]/", "ftp://example.org/",
                          "https://169.254.169.254/latest", "https://user@example.org/", "nonsense"}) {
    const auto refused = call_as(chess, "POST", "/api/v1/webhooks", {{"url", url}});
    EXPECT_EQ(code(refused), "bad_request") << url;
    EXPECT_EQ(refused.at("error").at("field").as_string(), "url") << url;
  }
  const int before = desk_.webhooks;
  const auto made = call_as(chess, "POST", "/api/v1/webhooks", {{"url", "https://example.org/in"}});
  const std::string secret(made.at("secret").as_string());
  EXPECT_TRUE(secret.starts_with("whs_"));
  const auto stored = events_.webhooks({}, {}, 10)->front();
  EXPECT_EQ(box_.open(stored.sealed_secret), secret);
  EXPECT_EQ(desk_.webhooks, before + 1);
  EXPECT_EQ(json::serialize(call_as(chess, "GET", "/api/v1/webhooks")).find("whs_"), std::string::npos);
  const std::string path = "/api/v1/webhooks/" + json::serialize(made.at("webhook"));
  const auto rotated = call_as(chess, "POST", path + "/rotate");
  EXPECT_NE(rotated.at("secret").as_string(), secret);
  EXPECT_EQ(box_.open(events_.webhooks({}, {}, 10)->front().sealed_secret), rotated.at("secret").as_string());
  call_as(chess, "POST", "/api/v1/webhooks", {{"url", "https://example.org/2"}});
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/webhooks", {{"url", "https://example.org/3"}})),
            "limit_reached");
  EXPECT_EQ(code(call_as(chess, "DELETE", path)), "ok");
  EXPECT_EQ(code(call_as(chess, "DELETE", path)), "not_found");
  EXPECT_EQ(code(call_as(chess, "POST", path + "/rotate")), "not_found");
}

TEST_F(ApiTest, DeadLettersAreListedTriedAgainAndDropped) {
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  call_as(chess, "POST", "/api/v1/webhooks", {{"url", "https://example.org/in"}});
  const auto hook = events_.webhooks({}, {}, 10)->front();
  const ports::AppEvent event{
      .seq = 1, .time_ms = 5, .kind = ports::AppEventKind::report, .zone = "one", .body = "{}"};
  ASSERT_TRUE(events_.give_up(hook, {event}, "status 500", 9, 10));
  const auto listed = call_as(chess, "GET", "/api/v1/dead-letters").at("letters").as_array();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(
      json::serialize(listed[0]),
      R"({"letter":1,"webhook":1,"why":"status 500","failed_ms":9,"again":false,"event":{"seq":1,"time_ms":5,"kind":"report.made","zone":"one","data":{}}})");
  EXPECT_EQ(code(call_as(go, "POST", "/api/v1/dead-letters/drop", {{"letter", 1}})), "not_found");
  EXPECT_EQ(code(call_as(go, "POST", "/api/v1/dead-letters/redeliver", {{"letter", 1}})), "not_found");
  const int before = desk_.webhooks;
  EXPECT_EQ(
      call_as(chess, "POST", "/api/v1/dead-letters/redeliver", {{"letter", 1}}).at("letters").as_int64(), 1);
  EXPECT_EQ(desk_.webhooks, before + 1);
  EXPECT_EQ(call_as(go, "POST", "/api/v1/dead-letters/drop").at("letters").as_int64(), 0);
  EXPECT_EQ(call_as(chess, "POST", "/api/v1/dead-letters/drop").at("letters").as_int64(), 1);
  EXPECT_TRUE(call_as(chess, "GET", "/api/v1/dead-letters").at("letters").as_array().empty());
}

TEST_F(ApiTest, TheFeedIsToldOfANewNameOfAZone) {
  const std::string chess = app_with_server("chess");
  const int before = desk_.zones;
  call("PATCH", "/api/v1/zones/one?app=chess", {{"name", "two"}});
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(desk_.zones, before + 1);
}

}  // namespace
}  // namespace plaza::backend
