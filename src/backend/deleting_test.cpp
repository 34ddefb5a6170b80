// Apps and zones are deleted by operators: closed at once, and for good.
#include "backend/test_support.h"
#include "memory/memory_erasures.h"

namespace plaza::backend {
namespace {

class Deleting : public ApiTest {
 protected:
  Deleting() {
    chess_ = app_with_server("chess"), go_ = app_with_server("go");
    zone_ = directory_.zone("chess", "one")->id;
  }
  json::object listed(const std::string& target, const char* list, std::size_t at) {
    return call("GET", target).at(list).as_array().at(at).as_object();
  }
  void erase_all() {
    memory::MemoryErasures erasures(directory_, apps_);
    for (auto next = erasures.next(); *next; next = erasures.next()) {
      while ((*next)->zone && !erasures.piece((*next)->zone, 10)->empty())
        ASSERT_TRUE(erasures.drop((*next)->zone, *erasures.piece((*next)->zone, 10), 10));
      ASSERT_TRUE(erasures.drop_rest(**next, 10));
    }
  }

  std::string chess_, go_;
  ZoneId zone_;
};

TEST_F(Deleting, AZoneIsClosedAtOnceAndShowsWhatIsLeftUntilItIsGone) {
  member(chess_, "ann"), member(chess_, "bob");
  const auto shown = call("DELETE", "/api/v1/zones/one?app=chess");
  ASSERT_EQ(status_, 200) << json::serialize(shown);
  EXPECT_TRUE(shown.at("deleting").as_bool() && shown.at("disabled").as_bool());
  EXPECT_EQ(json::serialize(shown.at("left")), R"({"members":2,"rooms":0})");
  EXPECT_TRUE(live_.closed_[zone_]);
  EXPECT_EQ(live_.erasures, 1);
  // Its app sees it, can do nothing in it, and has its others.
  EXPECT_EQ(code(call_as(chess_, "POST", "/api/v1/zones/one/members", {{"nickname", "cat"}})), "not_found");
  EXPECT_EQ(code(call_as(chess_, "GET", "/api/v1/zones")), "ok");
  EXPECT_EQ(code(call("POST", "/api/v1/zones/one/enable?app=chess")), "conflict");
  EXPECT_TRUE(live_.closed_[zone_]);
  EXPECT_EQ(code(call("PATCH", "/api/v1/zones/one?app=chess", {{"name", "two"}})), "conflict");
  EXPECT_EQ(code(call("DELETE", "/api/v1/zones/one?app=chess")), "ok") << "again";
  EXPECT_FALSE(listed("/api/v1/zones?app=go", "zones", 0).contains("deleting"));
  erase_all();
  EXPECT_EQ(code(call("DELETE", "/api/v1/zones/one?app=chess")), "not_found");
  EXPECT_EQ(code(call("POST", "/api/v1/zones?app=chess", {{"zone", "one"}})), "ok") << "its name is free";
}

TEST_F(Deleting, AnAppGoesWithItsZonesAndItsKeysAreRefused) {
  const auto shown = call("DELETE", "/api/v1/apps/chess");
  ASSERT_EQ(status_, 200) << json::serialize(shown);
  EXPECT_TRUE(shown.at("deleting").as_bool());
  EXPECT_TRUE(live_.closed_[zone_]);
  EXPECT_EQ(code(call_as(chess_, "GET", "/api/v1/zones")), "app_disabled");
  EXPECT_EQ(code(call("POST", "/api/v1/apps/chess/enable")), "conflict");
  EXPECT_EQ(code(call("POST", "/api/v1/zones?app=chess", {{"zone", "new"}})), "conflict");
  EXPECT_EQ(code(call_as(go_, "GET", "/api/v1/zones")), "ok");
  erase_all();
  EXPECT_EQ(code(call_as(chess_, "GET", "/api/v1/zones")), "unauthorized");
  EXPECT_EQ(code(call("DELETE", "/api/v1/apps/chess")), "not_found");
  EXPECT_EQ(code(call("POST", "/api/v1/apps", {{"app", "chess"}})), "ok") << "its name is free";
}

TEST_F(Deleting, IsNotForServersAndIsInTheAuditLog) {
  EXPECT_EQ(code(call_as(chess_, "DELETE", "/api/v1/zones/one")), "not_permitted");
  EXPECT_EQ(code(call_as(go_, "DELETE", "/api/v1/apps/chess")), "not_permitted");
  EXPECT_EQ(live_.erasures, 0);
  EXPECT_FALSE(live_.closed_[zone_]);
  call("DELETE", "/api/v1/zones/one?app=chess");
  EXPECT_EQ(entries().back().action, "zones.delete");
}

TEST_F(Deleting, WhatCannotBeMarkedIsOpenAsBefore) {
  call("POST", "/api/v1/zones?app=chess", {{"zone", "two"}});
  call("POST", "/api/v1/zones/two/disable?app=chess");
  const ZoneId two = apps_.zone_record(apps_.app("chess")->id, "two")->zone.id;
  live_.on_close = [this] { directory_.set_unavailable(true); };
  for (const char* const what : {"/api/v1/zones/one?app=chess", "/api/v1/apps/chess"}) {
    EXPECT_EQ(code(call("DELETE", what)), "unavailable") << what;
    directory_.set_unavailable(false);
    ASSERT_TRUE(live_.closed_.contains(zone_));
    EXPECT_FALSE(live_.closed_[zone_]) << what;
    EXPECT_TRUE(live_.closed_[two]) << what;
  }
  EXPECT_EQ(live_.erasures, 0);
  EXPECT_EQ(code(call_as(chess_, "POST", "/api/v1/zones/one/members", {{"nickname", "cat"}})), "ok");
}

}  // namespace
}  // namespace plaza::backend
