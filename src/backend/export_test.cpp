// What is kept of an account, as the app's server or an operator gets it.
#include "backend/account_export.h"
#include "backend/test_support.h"

namespace plaza::backend {
namespace {

TEST(ExportCursor, IsReadAsItWasWritten) {
  for (const ExportCursor& cursor : {ExportCursor{}, ExportCursor{17, ExportCursor::Part::inbox, 0, 500},
                                     ExportCursor{1, ExportCursor::Part::room, 9007199254740991, 3}})
    EXPECT_EQ(export_cursor_of(to_text(cursor)), cursor);
}

TEST(ExportCursor, IsNothingElse) {
  for (const char* text : {"", "0", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "1.3.0.0", "-1.0.0.0",
                           "1..0.0", " 1.0.0.0", "99999999999999999999.0.0.0", "1.0.0.0 "})
    EXPECT_FALSE(export_cursor_of(text)) << text;
}

class ExportTest : public ApiTest {
 protected:
  static std::string path(const std::string& member) {
    return "/api/v1/zones/one/members/" + member + "/export";
  }
  /// Every page's records, one after the other. `bearer` empty: as operator, for chess.
  json::array all(const std::string& bearer, const std::string& member, const std::string& limit) {
    json::array records;
    std::string query = "?limit=" + limit;
    for (int pages = 0; pages < 100; ++pages) {
      const auto page = bearer.empty() ? call("GET", path(member) + query + "&app=chess")
                                       : call_as(bearer, "GET", path(member) + query);
      EXPECT_EQ(status_, 200) << json::serialize(page);
      for (const auto& record : page.at("records").as_array()) records.push_back(record);
      if (!page.contains("next")) return records;
      query = "?limit=" + limit + "&after=" + std::string(page.at("next").as_string());
    }
    ADD_FAILURE() << "no end";
    return records;
  }
  static std::vector<std::string> of_kind(const json::array& records, const std::string& kind,
                                          const char* field) {
    std::vector<std::string> found;
    for (const auto& record : records) {
      if (record.at("record").as_string() == kind) found.push_back(json::serialize(record.at(field)));
    }
    return found;
  }
  void say(const std::string& bearer, const std::string& from, const std::string& to,
           const std::string& text) {
    call_as(bearer, "POST", "/api/v1/zones/one/members/" + to + "/messages",
            {{"from", std::stoll(from)}, {"msg", text}});
    ASSERT_EQ(status_, 200);
  }
  using Texts = std::vector<std::string>;
};

TEST_F(ExportTest, GivesEverythingOnceWhateverTheSizeOfThePages) {
  const std::string chess = app_with_server("chess");
  const std::string ann = member(chess, "Ann"), bob = member(chess, "Bob"), cid = member(chess, "Cid");
  const ZoneId zone = directory_.zone("chess", "one")->id;
  const MemberId ann_id{std::stoull(ann)}, bob_id{std::stoull(bob)};
  ASSERT_TRUE(directory_.add_friend(zone, ann_id, bob_id));
  ASSERT_TRUE(directory_.set_remark(zone, ann_id, bob_id, "from school"));
  ASSERT_TRUE(moderation_.put_sanction({.zone = zone,
                                        .member = ann_id,
                                        .kind = ports::SanctionKind::mute,
                                        .since_ms = 1,
                                        .until_ms = 0,
                                        .reason = "spam",
                                        .by = "op"}));
  for (int i = 0; i < 3; ++i) say(chess, ann, bob, "to bob " + std::to_string(i));
  say(chess, bob, ann, "to ann");
  say(chess, bob, cid, "not about ann");
  const auto room = call_as(chess, "POST", "/api/v1/zones/one/rooms",
                            {{"name", "Hall"}, {"owner", std::stoll(bob)}});
  const auto room_id = RoomId{static_cast<std::uint64_t>(room.at("room").as_int64())};
  ASSERT_TRUE(directory_.set_large(zone, room_id, 1));
  const std::string hall = "/api/v1/zones/one/rooms/" + json::serialize(room.at("room"));
  call_as(chess, "POST", hall + "/members", {{"member", std::stoll(ann)}});
  for (const auto& [from, text] :
       {std::pair{bob, "first"}, {ann, "mine"}, {bob, "theirs"}, {ann, "mine too"}})
    call_as(chess, "POST", hall + "/messages", {{"from", std::stoll(from)}, {"msg", text}});

  for (const char* limit : {"1", "2", "200"}) {
    const auto records = all(chess, ann, limit);
    EXPECT_EQ(of_kind(records, "account", "password"), Texts{"false"}) << limit;
    EXPECT_EQ(of_kind(records, "member", "nickname"), Texts{"\"Ann\""});
    EXPECT_EQ(of_kind(records, "relation", "remark"), Texts{"\"from school\""});
    EXPECT_EQ(of_kind(records, "relation", "friendship"), Texts{"\"friends\""});
    EXPECT_EQ(of_kind(records, "room", "name"), Texts{"\"Hall\""});
    EXPECT_EQ(of_kind(records, "sanction", "reason"), Texts{"\"spam\""});
    EXPECT_EQ(of_kind(records, "message", "msg"), (Texts{"\"to bob 0\"", "\"to bob 1\"", "\"to bob 2\"",
                                                         "\"to ann\"", "\"mine\"", "\"mine too\""}))
        << limit;
  }
}

TEST_F(ExportTest, AnAppGetsItsOwnMembersOfAnAccountAndAnOperatorAll) {
  const std::string chess = app_with_server("chess"), go = app_with_server("go");
  const ZoneId one = directory_.zone("chess", "one")->id, other = directory_.zone("go", "one")->id;
  const auto ann = directory_.register_account("Ann", "ann", "a hash", one);
  ASSERT_TRUE(ann);
  const auto annie = directory_.create_member(ann->account, other, "Annie", "annie", "");
  ASSERT_TRUE(annie);
  ASSERT_TRUE(directory_.put_token({.id = {},
                                    .kind = ports::TokenKind::account,
                                    .hash = std::string(32, 'h'),
                                    .account = ann->account,
                                    .member = {},
                                    .zone = one,
                                    .device = "phone",
                                    .created_ms = 1,
                                    .expires_ms = std::int64_t{1} << 50}));
  const std::string id = std::to_string(ann->id.value);

  const auto records = all(chess, id, "10");
  EXPECT_EQ(of_kind(records, "member", "nickname"), Texts{"\"Ann\""});
  EXPECT_EQ(of_kind(records, "account", "name"), Texts{}) << "it is not this app's alone";
  EXPECT_EQ(of_kind(records, "login", "device"), Texts{});
  const auto whole = all("", id, "10");
  EXPECT_EQ(of_kind(whole, "member", "nickname"), (Texts{"\"Ann\"", "\"Annie\""}));
  EXPECT_EQ(of_kind(whole, "member", "app"), (Texts{"\"chess\"", "\"go\""}));
  EXPECT_EQ(of_kind(whole, "account", "name"), Texts{"\"Ann\""});
  EXPECT_EQ(of_kind(whole, "account", "password"), Texts{"true"});
  EXPECT_EQ(of_kind(whole, "login", "device"), Texts{"\"phone\""});
  EXPECT_EQ(json::serialize(whole).find("a hash"), std::string::npos);

  EXPECT_EQ(code(call_as(go, "GET", path(id))), "not_found");
  // A place among another app's members is none of this one's.
  const auto end = call_as(chess, "GET", path(id) + "?after=" + std::to_string(annie->id.value) + ".1.0.0");
  EXPECT_EQ(json::serialize(end), R"({"records":[]})");
}

TEST_F(ExportTest, APlaceThatNobodyGaveIsRefused) {
  const std::string chess = app_with_server("chess");
  const auto refused = call_as(chess, "GET", path(member(chess, "Ann")) + "?after=5");
  EXPECT_EQ(code(refused), "bad_request");
  EXPECT_EQ(refused.at("error").at("field").as_string(), "after");
}

}  // namespace
}  // namespace plaza::backend
