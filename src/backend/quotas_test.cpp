// What an app may have, over the API.
#include <gtest/gtest.h>

#include "backend/test_support.h"

namespace plaza::backend {
namespace {

class Quotas : public ApiTest {};

TEST_F(Quotas, QuotasAreSetByOperatorsOneByOneAndShownToTheAppWithWhatItHas) {
  const std::string chess = app_with_server("chess");
  app_with_server("go");
  const std::string ann = member(chess, "Ann");
  call("PATCH", "/api/v1/quotas?app=chess", {{"members_max", 5}, {"rooms_max", 2}});
  call("PATCH", "/api/v1/quotas?app=chess", {{"rooms_max", 0}, {"stored_bytes_max", 9007199254740991}});
  const auto shown = call_as(chess, "GET", "/api/v1/quotas");
  EXPECT_EQ(json::serialize(shown.at("own")), R"(["members_max","rooms_max","stored_bytes_max"])");
  EXPECT_EQ(json::serialize(shown.at("quotas")),
            R"({"members_max":5,"rooms_max":0,"sessions_max":0,"message_rate_per_s":0,"message_burst":0,)"
            R"("stored_bytes_max":9007199254740991})");
  EXPECT_EQ(json::serialize(shown.at("usage")), R"({"members":1,"rooms":0,"sessions":3,"stored_bytes":400})");
  EXPECT_EQ(code(call_as(chess, "PATCH", "/api/v1/quotas", {{"members_max", 500}})), "not_permitted");
  EXPECT_EQ(code(call("PATCH", "/api/v1/quotas?app=chess", {{"members_max", 9007199254740992}})),
            "bad_request");
  const auto wrong = call("PATCH", "/api/v1/quotas?app=chess",
                          {{"rooms_max", 7}, {"as_settings", json::array{"members"}}});
  EXPECT_EQ(code(wrong), "bad_request");
  EXPECT_EQ(wrong.at("error").at("field").as_string(), "as_settings");
  const auto back = call("PATCH", "/api/v1/quotas?app=chess",
                         {{"as_settings", json::array{"members_max", "rooms_max"}}});
  EXPECT_EQ(json::serialize(back.at("own")), R"(["stored_bytes_max"])");
  EXPECT_EQ(json::serialize(call("GET", "/api/v1/quotas?app=go").at("own")), "[]");
}

TEST_F(Quotas, WhatIsPastAQuotaIsRefusedByItsNameAndNotSent) {
  const std::string chess = app_with_server("chess");
  call("PATCH", "/api/v1/quotas?app=chess", {{"members_max", 1}, {"rooms_max", 1}});
  const std::string ann = member(chess, "Ann");
  const auto bob = call_as(chess, "POST", "/api/v1/zones/one/members", {{"nickname", "Bob"}});
  EXPECT_EQ(code(bob), "quota_reached");
  EXPECT_EQ(status_, 409);
  const auto room = [&](const char* name) {
    return call_as(chess, "POST", "/api/v1/zones/one/rooms", {{"name", name}, {"owner", std::stoll(ann)}});
  };
  const std::string room_id = json::serialize(room("first").at("room"));
  EXPECT_EQ(code(room("second")), "quota_reached");
  const auto send = [&] {
    return call_as(chess, "POST", "/api/v1/zones/one/members/" + ann + "/messages",
                   {{"from", std::stoll(ann)}, {"msg", "hello"}});
  };
  live_.over = OverQuota{.quota = ports::Quota::stored_bytes};
  EXPECT_EQ(code(send()), "quota_reached");
  live_.over = OverQuota{.quota = ports::Quota::message_rate, .wait_ms = 1200};
  const auto limited = send();
  EXPECT_EQ(code(limited), "rate_limited");
  EXPECT_EQ(limited.at("error").at("retry_after_ms").as_int64(), 1200);
  const auto say = [&](const std::string& where) {
    return code(call_as(chess, "POST", "/api/v1/zones/one/" + where + "/messages", {{"msg", "hello"}}));
  };
  EXPECT_EQ(say("rooms/" + room_id), "rate_limited");
  EXPECT_EQ(say("channels/world"), "rate_limited");
  live_.over = OverQuota{.quota = ports::Quota::stored_bytes};
  EXPECT_EQ(say("rooms/" + room_id), "quota_reached");
  EXPECT_NE(say("channels/world"), "quota_reached") << "it is not stored";
  EXPECT_EQ(live_.sent.size(), 0U);
  live_.over.reset();
  EXPECT_EQ(code(send()), "ok");
}

}  // namespace
}  // namespace plaza::backend
