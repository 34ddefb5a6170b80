// Rooms, as an app's server changes them.
#include "backend/rooms.h"
#include "backend/test_support.h"

namespace plaza::backend {
namespace {

TEST_F(ApiTest, RoomsAreMadeFilledAndEmptiedByTheApp) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann"), bob = member(chess, "Bob");
  const auto room = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                            {{"name", "Lobby"}, {"owner", std::stoll(ann)}});
  EXPECT_EQ(json::serialize(room.at("owner")), ann);
  const std::string path = "/api/v1/zones/one/rooms/" + json::serialize(room.at("room"));
  const auto added = call_as(chess, "POST", path + "/members", {{"member", std::stoll(bob)}});
  EXPECT_EQ(added.at("members").as_int64(), 2);
  EXPECT_EQ(code(call_as(chess, "POST", path + "/members", {{"member", std::stoll(bob)}})), "conflict");
  const auto owner = call_as(chess, "DELETE", path + "/members/" + ann);
  EXPECT_EQ(code(owner), "conflict");
  EXPECT_EQ(owner.at("error").at("field").as_string(), "member");
  EXPECT_EQ(call_as(chess, "DELETE", path + "/members/" + bob).at("members").as_int64(), 1);
  EXPECT_EQ(code(call_as(chess, "DELETE", path + "/members/" + bob)), "conflict") << "not in it any more";
  EXPECT_EQ(
      call_as(chess, "GET", "/api/v1/zones/one/members/" + ann + "/rooms").at("rooms").as_array().size(), 1U);
}

TEST_F(ApiTest, ADescriptionOfARoomIsTakenUpToTheLimit) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  const auto make = [&](std::size_t bytes) {
    return call_as(chess, "POST", "/api/v1/zones/one/rooms",
                   {{"name", "Lobby"}, {"owner", std::stoll(ann)}, {"description", std::string(bytes, 'd')}});
  };
  EXPECT_EQ(code(make(513)), "bad_request");
  EXPECT_EQ(code(make(512)), "ok");
}

TEST_F(ApiTest, TheMembersOfARoomAreShownByPage) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann"), bob = member(chess, "Bob"), cid = member(chess, "Cid");
  const auto room = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                            {{"name", "Lobby"}, {"owner", std::stoll(bob)}});
  const std::string path = "/api/v1/zones/one/rooms/" + json::serialize(room.at("room"));
  for (const auto& other : {ann, cid})
    call_as(chess, "POST", path + "/members", {{"member", std::stoll(other)}});
  const auto shown = [&](const std::string& query) {
    const auto page = call_as(chess, "GET", path + query);
    std::string line;
    for (const auto& one : page.at("list").as_array())
      line += std::string(one.at("nickname").as_string()) + ' ' + std::string(one.at("role").as_string()) +
              ' ';
    return line + (page.contains("next") ? "next " + json::serialize(page.at("next")) : "end");
  };
  EXPECT_EQ(shown("?limit=3"), "Ann member Bob owner Cid member end");
  EXPECT_EQ(shown("?limit=2"), "Ann member Bob owner next " + bob);
  EXPECT_EQ(shown("?limit=2&after=" + bob), "Cid member end");
}

TEST_F(ApiTest, AChangeOfARoomWhoseOutcomeIsNotKnownIsUnavailable) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann");
  live_.directory = nullptr;
  EXPECT_EQ(code(call_as(chess, "POST", "/api/v1/zones/one/rooms",
                         {{"name", "Lobby"}, {"owner", std::stoll(ann)}})),
            "unavailable");
}

class RoomsOfTheApp : public ApiTest {
 protected:
  RoomsOfTheApp() {
    const auto made = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                              {{"name", "Lobby"}, {"owner", std::stoll(ann)}});
    room = "/api/v1/zones/one/rooms/" + json::serialize(made.at("room"));
    id = RoomId{static_cast<std::uint64_t>(made.at("room").as_int64())};
    zone = directory_.zone("chess", "one")->id;
  }
  json::object ask(const std::string& method, const std::string& path, const json::object& body = {}) {
    return call_as(chess, method, room + path, body);
  }
  json::object of(const std::string& member) { return {{"member", std::stoll(member)}}; }
  std::string role(const std::string& member) {
    const auto standing = directory_.standing(zone, id, MemberId{std::stoull(member)});
    if (!standing->joined) return "none";
    return std::string(kRoomRoles[static_cast<std::size_t>(standing->role)]);
  }
  std::string listed(const std::string& list) {
    std::string names;
    for (const auto& one : ask("GET", list).at("list").as_array())
      names += std::string(one.at("nickname").as_string()) + ' ';
    return names;
  }

  std::string chess = app_with_server("chess");
  std::string ann = member(chess, "Ann"), bob = member(chess, "Bob"), cid = member(chess, "Cid");
  std::string room;
  RoomId id;
  ZoneId zone;
};

TEST_F(RoomsOfTheApp, EverySettingIsChangedThatIsGivenAndNoOther) {
  const json::object all{{"name", "Hall"},        {"description", "large"},  {"avatar", "hall.png"},
                         {"join", "invitation"},  {"speak", "admins"},       {"members_max", 7},
                         {"slow_mode_ms", 5'000}, {"history_visible", false}};
  const auto set = ask("POST", "", all);
  for (const auto& [name, value] : all) EXPECT_EQ(set.at(name), value) << name;
  const auto again = ask("POST", "", {{"join", "open"}});
  EXPECT_EQ(again.at("join").as_string(), "open");
  for (const auto& [name, value] : all) {
    if (name != "join") EXPECT_EQ(again.at(name), value) << name;
  }
  call_as(chess, "POST", "/api/v1/zones/one/rooms", {{"name", "Lobby"}, {"owner", std::stoll(ann)}});
  const auto taken = ask("POST", "", {{"name", "lobby"}});
  EXPECT_EQ(code(taken), "name_taken");
  EXPECT_EQ(taken.at("error").at("field").as_string(), "name");
  EXPECT_EQ(code(ask("POST", "", {{"description", std::string(513, 'd')}})), "bad_request");
  EXPECT_EQ(code(ask("POST", "", {{"history_visible", "yes"}})), "bad_request");
}

TEST_F(RoomsOfTheApp, ARoomIsMadeWithItsRules) {
  const auto made = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                            {{"name", "Hall"},
                             {"owner", std::stoll(ann)},
                             {"join", "approval"},
                             {"history_visible", false},
                             {"slow_mode_ms", 100}});
  EXPECT_EQ(made.at("join").as_string(), "approval");
  EXPECT_FALSE(made.at("history_visible").as_bool());
  EXPECT_EQ(made.at("slow_mode_ms").as_int64(), 100);
}

TEST_F(RoomsOfTheApp, RolesAreGivenAndTakenAndTheRoomIsHandedOver) {
  ask("POST", "/members", of(bob));
  EXPECT_EQ(code(ask("POST", "/admins", of(bob))), "ok");
  EXPECT_EQ(role(bob), "admin");
  EXPECT_EQ(code(ask("POST", "/admins", of(bob))), "conflict");
  EXPECT_EQ(code(ask("DELETE", "/admins/" + bob)), "ok");
  EXPECT_EQ(role(bob), "member");
  EXPECT_EQ(json::serialize(ask("POST", "/owner", of(bob)).at("owner")), bob);
  EXPECT_EQ(role(ann), "admin");
  EXPECT_EQ(code(ask("POST", "/owner", of(cid))), "conflict") << "not in the room";
}

TEST_F(RoomsOfTheApp, WhoIsBannedStaysOutUntilTheBanIsEndedOrOver) {
  ask("POST", "/members", of(bob));
  EXPECT_EQ(ask("POST", "/bans", of(bob)).at("members").as_int64(), 1);
  EXPECT_EQ(role(bob), "none");
  EXPECT_EQ(listed("/bans"), "Bob ");
  EXPECT_EQ(code(ask("DELETE", "/bans/" + bob)), "ok");
  EXPECT_EQ(listed("/bans"), "");
  json::object cid_for = of(cid);
  cid_for["for_ms"] = 1'000;
  EXPECT_EQ(code(ask("POST", "/bans", cid_for)), "ok");
  EXPECT_EQ(ask("GET", "/bans").at("list").at(0).at("until_ms").as_int64(), clock_.wall_ms() + 1'000);
  clock_.advance_ms(1'000);
  EXPECT_EQ(listed("/bans"), "");
  EXPECT_EQ(code(ask("POST", "/bans", of(ann))), "conflict") << "the owner";
}

TEST_F(RoomsOfTheApp, OneOrAllAreMutedForATimeOrUntilItIsEnded) {
  ask("POST", "/members", of(bob));
  json::object bob_for = of(bob);
  bob_for["for_ms"] = 5'000;
  const auto muted_until = [&] {
    return directory_.standing(zone, id, MemberId{std::stoull(bob)})->muted_until_ms;
  };
  ask("POST", "/mutes", bob_for);
  EXPECT_EQ(muted_until(), clock_.wall_ms() + 5'000);
  ask("POST", "/mutes", of(bob));
  EXPECT_EQ(muted_until(), ports::kForEverMs);
  ask("DELETE", "/mutes/" + bob);
  EXPECT_EQ(muted_until(), 0);
  EXPECT_EQ(ask("POST", "/mute", {{"for_ms", 700}}).at("muted_until_ms").as_int64(), clock_.wall_ms() + 700);
  EXPECT_EQ(ask("DELETE", "/mute").at("muted_until_ms").as_int64(), 0);
  EXPECT_EQ(code(ask("POST", "/mute", {{"for_ms", 0}})), "bad_request");
}

TEST_F(RoomsOfTheApp, RequestsAndInvitationsAreAnsweredByTheApp) {
  ask("POST", "", {{"join", "approval"}});
  for (const auto& one : {bob, cid})
    ASSERT_TRUE(directory_.change(zone, MemberId{std::stoull(one)}, id, ports::change::Join{}, 1));
  EXPECT_EQ(listed("/requests"), "Bob Cid ");
  EXPECT_EQ(listed("/requests?limit=1"), "Bob ");
  EXPECT_EQ(listed("/requests?after=" + bob), "Cid ");
  EXPECT_EQ(code(ask("POST", "/requests/" + bob)), "ok");
  EXPECT_EQ(code(ask("DELETE", "/requests/" + cid)), "ok");
  EXPECT_EQ(role(bob), "member");
  EXPECT_EQ(role(cid), "none");
  EXPECT_EQ(listed("/requests"), "");
  EXPECT_EQ(code(ask("POST", "/invitations", of(cid))), "ok");
  EXPECT_EQ(listed("/invitations"), "Cid ");
  EXPECT_EQ(code(ask("POST", "/requests/" + cid)), "conflict") << "invited, and has asked for nothing";
  EXPECT_EQ(code(ask("DELETE", "/requests/" + cid)), "ok");
  EXPECT_EQ(listed("/invitations"), "");
}

TEST_F(RoomsOfTheApp, AMessageComesFromOneWhoIsThereOrFromTheServerAndIsReadByPage) {
  const auto said = ask("POST", "/messages", {{"msg", "one"}, {"from", std::stoll(ann)}});
  EXPECT_EQ(said.at("seq").as_int64(), 1);
  EXPECT_EQ(code(ask("POST", "/messages", {{"msg", "two"}})), "ok");
  EXPECT_EQ(code(ask("POST", "/messages", {{"body", json::object{{"gold", 5}}}, {"name", "Bank"}})), "ok");
  const auto outside = ask("POST", "/messages", {{"msg", "?"}, {"from", std::stoll(bob)}});
  EXPECT_EQ(code(outside), "conflict");
  EXPECT_EQ(outside.at("error").at("field").as_string(), "from");
  EXPECT_EQ(code(ask("POST", "/messages", {{"msg", "?"}, {"from", std::stoll(ann)}, {"name", "Bank"}})),
            "bad_request");
  ASSERT_EQ(live_.sent.size(), 3U);
  EXPECT_TRUE(live_.sent[1].from_server());
  EXPECT_EQ(live_.sent[1].sender_name, "chess");
  EXPECT_EQ(live_.sent[2].sender_name, "Bank");
  auto page = ask("GET", "/messages?limit=2");
  EXPECT_EQ(page.at("messages").as_array().size(), 2U);
  EXPECT_EQ(page.at("head").as_int64(), 3);
  EXPECT_EQ(page.at("next").as_int64(), 2);
  page = ask("GET", "/messages?after=2");
  EXPECT_EQ(page.at("messages").at(0).at("body").at("gold").as_int64(), 5);
  EXPECT_FALSE(page.contains("next"));
}

TEST_F(RoomsOfTheApp, EditedAndRecalledMessagesAndTheirChangesAreListedAsTheyAreNow) {
  for (const char* text : {"one", "two", "two!", ""}) ask("POST", "/messages", {{"msg", *text ? text : "-"}});
  ASSERT_EQ(live_.sent.size(), 4U);
  const auto give = [&](std::size_t at, ports::MessageExtra extra) {
    live_.sent[at].extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
  };
  ports::MessageExtra recalled;
  recalled.recalled_ms = 9;
  recalled.recalled_by = MemberId{7};
  give(0, recalled);
  live_.sent[0].body.clear();
  ports::MessageExtra edited;
  edited.edited_ms = 8;
  edited.reply_to = 1;
  give(1, edited);
  const auto change = [](ports::ChangeAction action, std::uint64_t target) {
    ports::MessageExtra extra;
    extra.change = ports::MessageChange{.action = action, .target = target, .kind = ports::MessageKind::text};
    return extra;
  };
  give(2, change(ports::ChangeAction::edit, 2));
  give(3, change(ports::ChangeAction::recall, 1));
  live_.sent[2].kind = live_.sent[3].kind = ports::MessageKind::change;
  live_.sent[3].body.clear();
  const auto page = ask("GET", "/messages");
  const auto& list = page.at("messages").as_array();
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[0].at("recalled_by").as_int64(), 7);
  EXPECT_FALSE(list[0].as_object().contains("msg"));
  EXPECT_EQ(list[1].at("edited_ms").as_int64(), 8);
  EXPECT_EQ(list[1].at("reply_to").as_int64(), 1);
  EXPECT_EQ(list[2].at("kind").as_string(), "change");
  EXPECT_EQ(list[2].at("change").as_string(), "edited");
  EXPECT_EQ(list[2].at("msg").as_string(), "two!");
  EXPECT_EQ(list[2].at("of").as_int64(), 2);
  EXPECT_EQ(list[3].at("change").as_string(), "recalled");
  EXPECT_FALSE(list[3].as_object().contains("msg"));
}

TEST_F(RoomsOfTheApp, AMessageWithAKeyHasASendOfItsOwn) {
  const json::object hello{{"msg", "hello"}, {"idempotency_key", "k1"}};
  const auto first = ask("POST", "/messages", hello);
  idempotency_.lose_answers();
  restart();
  const auto again = ask("POST", "/messages", hello);
  EXPECT_EQ(again.at("message"), first.at("message"));
  EXPECT_TRUE(again.at("duplicate").as_bool());
  EXPECT_EQ(live_.sent.size(), 1U);
}

TEST_F(RoomsOfTheApp, APinIsOfAMessageThatIsThere) {
  ask("POST", "/messages", {{"msg", "one"}});
  ask("POST", "/messages", {{"msg", "two"}});
  EXPECT_EQ(code(ask("POST", "/pins", {{"seq", 3}})), "not_found");
  live_.trimmed = 1;
  EXPECT_EQ(code(ask("POST", "/pins", {{"seq", 1}})), "not_found") << "not the next one in its place";
  const auto pins = ask("POST", "/pins", {{"seq", 2}}).at("pins").as_array();
  ASSERT_EQ(pins.size(), 1U);
  EXPECT_EQ(pins[0].at("seq").as_int64(), 2);
  EXPECT_EQ(ask("GET", "/pins").at("pins").as_array(), pins);
  EXPECT_EQ(ask("DELETE", "/pins/2").at("pins").as_array().size(), 0U);
  EXPECT_EQ(code(ask("DELETE", "/pins/2")), "conflict");
}

TEST_F(RoomsOfTheApp, ADissolvedRoomIsGone) {
  EXPECT_EQ(code(ask("DELETE", "")), "ok");
  EXPECT_EQ(code(ask("GET", "")), "not_found");
  EXPECT_EQ(code(ask("POST", "/messages", {{"msg", "?"}})), "not_found");
}

}  // namespace
}  // namespace plaza::backend
