// The Api on the twins of its ports: who may do what, repeated calls, batches, the audit log, limits.
#include "backend/test_support.h"

#include <condition_variable>
#include <set>

#include "base/digest.h"

namespace plaza::backend {
namespace {

TEST_F(ApiTest, AServerWorksInItsAppAndMayNotDoWhatOperatorsDo) {
  const std::string chess = app_with_server("chess");
  EXPECT_EQ(call_as(chess, "GET", "/api/v1/app").at("app").as_string(), "chess");
  for (const auto& operation : operations()) {
    if (operation.who != Who::operators) continue;
    std::string path(operation.path);
    for (const auto& [place, text] :
         {std::pair{"{app}", "chess"}, {"{zone}", "one"}, {"{server}", "game"}, {"{key}", "pk"}}) {
      if (const auto at = path.find(place); at != path.npos)
        path.replace(at, std::string_view(place).size(), text);
    }
    json::object body;
    for (const auto& param : operation.params) {
      if (param.in != In::body || !param.required) continue;
      if (param.type == Type::texts) {
        body[param.name] = json::array{};
      } else {
        body[param.name] = "new";
      }
    }
    EXPECT_EQ(code(call_as(chess, std::string(operation.method), path, body)), "not_permitted")
        << operation.name;
  }
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app?app=chess")), "bad_request") << "the key says it";
}

TEST_F(ApiTest, ARepeatedCallIsAnsweredTheSameAndMadeOnce) {
  const std::string chess = app_with_server("chess");
  const json::object ann{{"nickname", "Ann"}, {"idempotency_key", "k1"}};
  const auto first = call_as(chess, "POST", "/api/v1/zones/one/members", ann);
  EXPECT_EQ(status_, 200);
  const auto again = call_as(chess, "POST", "/api/v1/zones/one/members", ann);
  EXPECT_EQ(again, first);
  EXPECT_NE(std::ranges::find(headers_, std::pair<std::string, std::string>{"Idempotency-Replayed", "true"}),
            headers_.end());
  json::object other = ann;
  other["nickname"] = "Bob";
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/members", other)), "key_reused");
  const std::string go = app_with_server("go");
  EXPECT_EQ(code(call_as(go, "POST", "/api/v1/zones/one/members", other)), "ok")
      << "another app has keys of its own";
}

TEST_F(ApiTest, ARefusedCallLeavesItsKeyFree) {
  const std::string chess = app_with_server("chess");
  member(chess, "Ann");
  json::object wanted{{"nickname", "Ann"}, {"user", "u"}, {"idempotency_key", "k1"}};
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/members", wanted)), "name_taken");
  wanted["nickname"] = "Anna";
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/members", wanted)), "ok");
}

TEST_F(ApiTest, ACallThatTheLastRunDidNotFinishIsMadeAgainAndDoublesNothing) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  const json::object hello{{"msg", "hello"}, {"from", std::stoll(ann)}, {"idempotency_key", "k1"}};
  const auto first = call_as(chess, "POST", "/api/v1/zones/one/members/" + ann + "/messages", hello);
  const json::object bob{{"nickname", "Bob"}, {"idempotency_key", "k2"}};
  const auto made = call_as(chess, "POST", "/api/v1/zones/one/members", bob);
  // The claims are there, the answers are not: as when the program dies between the two.
  idempotency_.lose_answers();
  restart();
  const auto again = call_as(chess, "POST", "/api/v1/zones/one/members/" + ann + "/messages", hello);
  EXPECT_EQ(again.at("message"), first.at("message"));
  EXPECT_TRUE(again.at("duplicate").as_bool());
  EXPECT_EQ(live_.sent.size(), 1U);
  EXPECT_EQ(call_as(chess, "POST", "/api/v1/zones/one/members", bob), made);
}

TEST_F(ApiTest, ACallThatIsBeingMadeIsNotMadeBesides) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  const json::object hello{{"msg", "hello"}, {"from", std::stoll(ann)}, {"idempotency_key", "k1"}};
  std::latch inside(1), go_on(1);
  live_.before_send = [&] {
    inside.count_down();
    go_on.wait();
  };
  auto slow = exchange("POST", "/api/v1/zones/one/members/" + ann + "/messages", hello);
  slow.remote = net::Address::parse("127.0.0.1:1").value();
  slow.request.headers.emplace_back("Authorization", "Bearer " + chess);
  std::latch answered(1);
  ASSERT_FALSE(api_->ask(std::move(slow), [&](net::HttpResponse) { answered.count_down(); }));
  inside.wait();
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/members/" + ann + "/messages", hello)),
            "in_progress");
  go_on.count_down();
  answered.wait();
  EXPECT_EQ(live_.sent.size(), 1U);
}

TEST_F(ApiTest, OldKeysAreForgotten) {
  restart({.repeatable_ms = 1'000});
  const std::string chess = app_with_server("chess");
  json::object ann{{"nickname", "Ann"}, {"idempotency_key", "k1"}};
  call_as(chess, "POST", "/api/v1/zones/one/members", ann);
  clock_.advance_ms(61'000);
  call_as(chess, "POST", "/api/v1/zones/one/members", {{"nickname", "Bob"}, {"idempotency_key", "k2"}});
  ann["nickname"] = "Carl";
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/members", ann)), "ok");
}

TEST_F(ApiTest, EveryChangeIsInTheAuditLogBeforeItIsMadeAndARefusalBehindIt) {
  const std::string chess = app_with_server("chess");
  const auto before = entries().size();
  member(chess, "Ann");
  call_as(chess, "GET", "/api/v1/zones/one/online");
  call_as(chess, "POST", "/api/v1/zones/one/members", {{"nickname", "Ann"}});
  const auto log = entries();
  ASSERT_EQ(log.size(), before + 3);
  EXPECT_EQ(log[before].action, "members.create");
  EXPECT_EQ(log[before].target, "zone=one");
  EXPECT_EQ(log[before].outcome, "asked");
  EXPECT_TRUE(log[before].actor.starts_with("server:game/pk_")) << log[before].actor;
  EXPECT_EQ(log[before + 2].outcome, "name_taken");
  const auto verdict = call("GET", "/api/v1/audit/verify");
  EXPECT_TRUE(verdict.at("right").as_bool());
  audit_.tampered()[1].target = "another";
  EXPECT_FALSE(call("GET", "/api/v1/audit/verify").at("right").as_bool());
}

TEST_F(ApiTest, NothingOfAPasswordOrATextIsInTheAuditLog) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  call_as(chess, "POST", "/api/v1/zones/one/members/" + ann + "/password", {{"password", "swordfish"}});
  EXPECT_EQ(status_, 200);
  call_as(chess, "POST", "/api/v1/zones/one/members/" + ann + "/messages",
          {{"msg", "swordfish"}, {"from", std::stoll(ann)}});
  for (const auto& entry : entries()) {
    for (const auto& text : {entry.target, entry.outcome, entry.digest, entry.actor})
      EXPECT_EQ(text.find("swordfish"), std::string::npos);
    EXPECT_NE(entry.digest, to_hex(sha256("member=" + ann + "\npassword=\"swordfish\"\nzone=\"one\"\n")))
        << "who has the log could try passwords";
  }
}

TEST_F(ApiTest, ThePasswordOfAnAccountThatIsInUseElsewhereIsNotThisAppsToSet) {
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  const auto zone = [&](const char* app) { return directory_.zone(app, "one")->id; };
  const auto person = directory_.register_account("Ann", "ann", "h", zone("chess"));
  const std::string path = "/api/v1/zones/one/members/" + std::to_string(person->id.value) + "/password";
  EXPECT_EQ(code(call_as(chess, "POST", path, {{"password", "new"}})), "ok");
  EXPECT_EQ(live_.ended, std::vector<AccountId>{person->account});
  ASSERT_TRUE(directory_.create_member(person->account, zone("go"), "Ann", "ann", ""));
  EXPECT_EQ(code(call_as(chess, "POST", path, {{"password", "newer"}})), "not_permitted");
}

TEST_F(ApiTest, ABatchAnswersEachCallForItselfInOrder) {
  const std::string chess = app_with_server("chess");
  const json::value calls = json::parse(R"([{"op":"members.create","params":{"zone":"one","nickname":"Ann"}},
      {"op":"members.create","params":{"zone":"one","nickname":"Ann"}}, {"op":"members.find","params":{"zone":"one","nickname":"ann"}},
      {"op":"nothing"}, {"op":"batch","params":{"calls":[]}}, {"op":"apps.list"}, {"op":"app.show","params":[]},
      {"op":"members.create","params":{"zone":"one"}}])");
  const auto answer = call_as(chess, "POST", "/api/v1/batch", {{"calls", calls}});
  ASSERT_EQ(status_, 200);
  std::vector<std::string> codes;
  for (const auto& one : answer.at("results").as_array()) {
    codes.push_back(one.at("status").as_int64() == 200 ? "ok" : code(one.as_object()));
  }
  EXPECT_EQ(codes, (std::vector<std::string>{"ok", "name_taken", "ok", "bad_request", "bad_request",
                                             "not_permitted", "bad_request", "bad_request"}));
  json::array many;
  for (int i = 0; i < 101; ++i) many.emplace_back(json::object{{"op", "app.show"}});
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/batch", {{"calls", many}})), "bad_request");
  many.pop_back();
  EXPECT_EQ(call_as(chess, "POST", "/api/v1/batch", {{"calls", many}}).at("results").as_array().size(), 100U);
}

TEST_F(ApiTest, AnAppHasARateOfItsOwnWhichEachCallOfABatchCountsIn) {
  restart({.app_requests = {.per_s = 1, .burst = 4}});
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  json::array three;
  for (int i = 0; i < 3; ++i) three.emplace_back(json::object{{"op", "app.show"}});
  call_as(chess, "POST", "/api/v1/batch", {{"calls", three}});
  EXPECT_EQ(status_, 200);
  const auto refused = call_as(chess, "GET", "/api/v1/app");
  EXPECT_EQ(code(refused), "rate_limited");
  EXPECT_EQ(status_, 429);
  EXPECT_GT(refused.at("error").at("retry_after_ms").as_int64(), 0);
  EXPECT_EQ(code(call_as(go, "GET", "/api/v1/app")), "ok");
  clock_.advance_ms(1'000);
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app")), "ok");
}

TEST_F(ApiTest, OneAppHasAtMostItsShareOfTheThreads) {
  restart({.app_requests_at_once_max = 1, .threads = 3});
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  const std::string ann = member(chess, "Ann");
  std::latch inside(1), go_on(1), answered(1);
  live_.before_send = [&] {
    inside.count_down();
    go_on.wait();
  };
  auto slow = exchange("POST", "/api/v1/zones/one/members/" + ann + "/messages",
                       {{"msg", "x"}, {"from", std::stoll(ann)}});
  slow.remote = net::Address::parse("127.0.0.1:1").value();
  slow.request.headers.emplace_back("Authorization", "Bearer " + chess);
  ASSERT_FALSE(api_->ask(std::move(slow), [&](net::HttpResponse) { answered.count_down(); }));
  inside.wait();
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app")), "rate_limited");
  EXPECT_EQ(code(call_as(go, "GET", "/api/v1/app")), "ok");
  go_on.count_down();
  answered.wait();
}

TEST_F(ApiTest, AMessageComesFromANamedMemberOfTheZone) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann"), bob = member(chess, "Bob");
  const std::string path = "/api/v1/zones/one/members/" + ann + "/messages";
  call_as(chess, "POST", path, {{"msg", "x"}, {"from", std::stoll(ann)}});
  call_as(chess, "POST", path, {{"body", json::object{{"a", 1}}}, {"from", std::stoll(bob)}});
  ASSERT_EQ(live_.sent.size(), 2U);
  EXPECT_EQ(live_.sent[0].sender_name, "Ann");
  EXPECT_EQ(live_.sent[0].kind, ports::MessageKind::text);
  EXPECT_EQ(live_.sent[1].sender_name, "Bob");
  EXPECT_EQ(live_.sent[1].kind, ports::MessageKind::custom);
  EXPECT_EQ(live_.sent[1].body, "{\"a\":1}");
  EXPECT_EQ(code(call_as(chess, "POST", path, {{"msg", "x"}, {"from", 999}})), "not_found");
  EXPECT_EQ(code(call_as(chess, "POST", path,
                         {{"msg", "x"}, {"from", std::stoll(ann)}, {"body", json::object{{"a", 1}}}})),
            "bad_request");
  EXPECT_EQ(code(call_as(chess, "POST", path, {{"kind", "image"}, {"from", std::stoll(ann)}, {"msg", "x"}})),
            "bad_request");
  EXPECT_EQ(code(call_as(chess, "POST", path,
                         {{"msg", std::string(32 * 1024 + 1, 'x')}, {"from", std::stoll(ann)}})),
            "too_large");
  EXPECT_EQ(
      code(call_as(chess, "POST", path, {{"msg", std::string(32 * 1024, 'x')}, {"from", std::stoll(ann)}})),
      "ok");
}

TEST_F(ApiTest, WithoutASenderItIsANoticeOfTheServer) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  const std::string path = "/api/v1/zones/one/members/" + ann + "/messages";
  call_as(chess, "POST", path, {{"msg", "x"}});
  call_as(chess, "POST", path, {{"msg", "x"}, {"name", "Bank"}, {"idempotency_key", "k"}});
  ASSERT_EQ(live_.sent.size(), 2U);
  EXPECT_TRUE(live_.sent[0].from_server());
  EXPECT_EQ(live_.sent[0].sender_name, "chess");
  EXPECT_EQ(live_.sent[0].conversation, ports::StreamId::notices(MemberId{std::stoull(ann)}));
  EXPECT_EQ(live_.sent[1].sender_name, "Bank");
  EXPECT_EQ(live_.sent[1].send_id, 1U);
}

TEST_F(ApiTest, TheRoomsAndFriendsOfAMemberAreShownByPage) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann"), bob = member(chess, "Bob"), cid = member(chess, "Cid");
  const ZoneId zone = directory_.zone("chess", "one")->id;
  const MemberId me{std::stoull(ann)};
  for (const char* name : {"Lobby", "Hall", "Den"})
    call_as(chess, "POST", "/api/v1/zones/one/rooms", {{"name", name}, {"owner", std::stoll(ann)}});
  for (const auto& peer : {bob, cid})
    ASSERT_TRUE(directory_.add_friend(zone, me, MemberId{std::stoull(peer)}));
  ASSERT_TRUE(directory_.set_blocked(zone, me, MemberId{std::stoull(member(chess, "Dan"))}, true));
  const std::string path = "/api/v1/zones/one/members/" + ann;
  for (const auto& [list, count] : {std::pair<std::string, std::size_t>{"rooms", 3}, {"friends", 2}}) {
    EXPECT_EQ(call_as(chess, "GET", path + "/" + list + "?limit=" + std::to_string(count))
                  .at(list)
                  .as_array()
                  .size(),
              count);
    EXPECT_FALSE(
        call_as(chess, "GET", path + "/" + list + "?limit=" + std::to_string(count)).contains("next"));
    std::set<std::string> seen;
    std::string after = "0";
    for (std::size_t i = 0; i < count; ++i) {
      const auto page = call_as(chess, "GET", path + "/" + list + "?limit=1&after=" + after);
      ASSERT_EQ(page.at(list).as_array().size(), 1U);
      seen.insert(json::serialize(page.at(list)));
      EXPECT_EQ(page.contains("next"), i + 1 < count);
      if (page.contains("next")) after = json::serialize(page.at("next"));
    }
    EXPECT_EQ(seen.size(), count);
  }
}

TEST_F(ApiTest, TheMembersOfAnAccountAreThoseInThisZone) {
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  const auto zone = [&](const char* app) { return directory_.zone(app, "one")->id; };
  const auto person = directory_.register_account("Ann", "ann", "h", zone("chess"));
  const auto members = [&](const std::string& as, const std::string& name) {
    return call_as(as, "GET", "/api/v1/zones/one/accounts/" + name + "/members");
  };
  const auto found = members(chess, "ANN").at("members").as_array();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at("member").to_number<std::uint64_t>(), person->id.value);
  // Whether there is such an account elsewhere is not told.
  EXPECT_EQ(members(go, "Ann"), members(go, "Nobody"));
  EXPECT_EQ(code(members(go, "Ann")), "not_found");
}

TEST_F(ApiTest, ADisabledAppIsClosedForItsServersAndItsZonesForSessions) {
  const std::string chess = app_with_server("chess");
  const ZoneId one = directory_.zone("chess", "one")->id;
  call("POST", "/api/v1/apps/chess/disable");
  EXPECT_TRUE(live_.closed_[one]);
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app")), "app_disabled");
  call("POST", "/api/v1/apps/chess/enable");
  EXPECT_FALSE(live_.closed_[one]);
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app")), "ok");
  call("POST", "/api/v1/zones/one/disable?app=chess");
  EXPECT_TRUE(live_.closed_[one]);
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/zones/one/online")), "not_found");
}

TEST_F(ApiTest, KeysAreChangedOverWithoutAnInterruption) {
  const std::string old_key = app_with_server("chess");
  const auto second = call("POST", "/api/v1/servers/game/keys/rotate?app=chess");
  EXPECT_FALSE(second.contains("revoked"));
  const std::string new_key = std::string(second.at("key").as_string()) + "." +
                              std::string(second.at("secret").as_string());
  EXPECT_EQ(code(call_as(old_key, "GET", "/api/v1/app")), "ok");
  EXPECT_EQ(code(call_as(new_key, "GET", "/api/v1/app")), "ok");
  clock_.advance_ms(1);
  const auto third = call("POST", "/api/v1/servers/game/keys/rotate?app=chess");
  EXPECT_EQ(third.at("revoked").as_string(), old_key.substr(0, old_key.find('.')));
  EXPECT_EQ(code(call_as(old_key, "GET", "/api/v1/app")), "unauthorized");
  EXPECT_EQ(code(call_as(new_key, "GET", "/api/v1/app")), "ok");
}

TEST_F(ApiTest, PagesAndDocumentsNeedNoKeyAndTheRestDoes) {
  auto page = ask(exchange("GET", "/api/v1/"));
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.content_type.starts_with("text/html"));
  EXPECT_EQ(ask(exchange("GET", "/api/v1/openapi.json")).status, 200);
  EXPECT_EQ(ask(exchange("GET", "/api")).status, 301);
  EXPECT_EQ(ask(exchange("POST", "/api/v1/openapi.json")).status, 405);
  EXPECT_EQ(ask(exchange("GET", "/api/v1/app")).status, 401);
  EXPECT_EQ(ask(exchange("GET", "/api/v1/nothing")).status, 401);
}

TEST_F(ApiTest, WithoutStorageItSaysSoAndRecovers) {
  const std::string chess = app_with_server("chess");
  directory_.set_unavailable(true);
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app")), "unavailable");
  EXPECT_EQ(status_, 503);
  directory_.set_unavailable(false);
  EXPECT_EQ(code(call_as(chess, "GET", "/api/v1/app")), "ok");
}

}  // namespace
}  // namespace plaza::backend
