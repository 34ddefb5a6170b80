#include "app/admin/admin_words.h"

#include <gtest/gtest.h>

#include "backend/operation.h"

namespace plaza::app {
namespace {

std::string body(std::vector<std::string> arguments) {
  const auto request = parse_admin(arguments);
  return request ? request->body : "refused: " + request.error();
}

TEST(AdminWords, EachIsAnOperationThatHasItsPlacesAsParameters) {
  for (const auto& entry : admin_words()) {
    const auto* operation = backend::find_operation(entry.operation);
    ASSERT_NE(operation, nullptr) << entry.operation;
    std::string_view rest = entry.places;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      EXPECT_NE(std::ranges::find(operation->params, rest.substr(0, end), &backend::Param::name),
                operation->params.end())
          << entry.words << ": " << rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    EXPECT_NE(admin_help().find(entry.words), std::string::npos);
    EXPECT_NE(admin_help(entry).find(operation->summary), std::string::npos);
  }
}

TEST(AdminWords, PlacesAndFlagsBecomeParametersOfTheirTypes) {
  EXPECT_EQ(body({"app", "create", "chess"}), R"({"calls":[{"op":"apps.create","params":{"app":"chess"}}]})");
  EXPECT_EQ(
      body({"server", "register", "game", "--app", "chess", "--networks", "127.0.0.1,10.0.0.0/8"}),
      R"({"calls":[{"op":"servers.register","params":{"server":"game","app":"chess","networks":["127.0.0.1","10.0.0.0/8"]}}]})");
  EXPECT_EQ(body({"kick", "one", "17", "--reason", "cheating", "--json"}),
            R"({"calls":[{"op":"members.kick","params":{"zone":"one","member":17,"reason":"cheating"}}]})");
  EXPECT_EQ(body({"audit", "list", "--limit", "5"}),
            R"({"calls":[{"op":"audit.list","params":{"limit":5}}]})");
}

TEST(AdminWords, TheNextPageIsTheSameCallBehindThisOne) {
  const auto request = parse_admin({"account", "export", "one", "17", "--all", "--limit=5"});
  ASSERT_TRUE(request) << request.error();
  EXPECT_TRUE(request->all);
  EXPECT_EQ(
      next_page(*request, R"({"records":[],"next":"17.1.0.5"})"),
      R"({"calls":[{"op":"accounts.export","params":{"zone":"one","member":17,"limit":5,"after":"17.1.0.5"}}]})");
  EXPECT_EQ(next_page(*request, R"({"records":[]})"), "");
  EXPECT_NE(admin_text(R"({"records":[{"a":1}],"next":"17.1.0.5"})").find("more: --after 17.1.0.5\n"),
            std::string::npos);
  EXPECT_EQ(admin_text(R"({"records":[{"a":1}],"next":"17.1.0.5"})", {.goes_on = true}).find("more"),
            std::string::npos);
}

TEST(AdminWords, FlagsMayStandAnywhere) {
  const auto request = parse_admin(
      {"--data-dir", "/srv/a", "kick", "--json", "one", "--reason=bad = word", "17", "--config", "c.toml"});
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->body,
            R"({"calls":[{"op":"members.kick","params":{"zone":"one","member":17,"reason":"bad = word"}}]})");
  EXPECT_EQ(request->data_dir, "/srv/a");
  EXPECT_EQ(request->config, "c.toml");
  EXPECT_TRUE(request->json);
  const auto help = parse_admin({"--data-dir", "/srv/a", "app", "create", "--help"});
  ASSERT_TRUE(help) << help.error();
  ASSERT_TRUE(help->help && help->words);
  EXPECT_EQ(help->words->words, "app create");
}

TEST(AdminWords, AServerElsewhereIsNamedByFlagsOfTheirOwn) {
  const auto request = parse_admin({"webhook", "create", "https://example.org/hook", "--url",
                                    "https://plaza.example.org", "--key-file", "k", "--ca-file=c.pem"});
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->body,
            R"({"calls":[{"op":"webhooks.create","params":{"url":"https://example.org/hook"}}]})");
  EXPECT_EQ(request->url, "https://plaza.example.org");
  EXPECT_EQ(request->key_file, "k");
  EXPECT_EQ(request->ca_file, "c.pem");
  // A parameter of one of these names could not be given as a flag.
  for (const auto& entry : admin_words()) {
    for (const auto& param : backend::find_operation(entry.operation)->params) {
      const bool place = (" " + std::string(entry.places) + " ").find(" " + std::string(param.name) + " ") !=
                         std::string::npos;
      EXPECT_TRUE(place || (param.name != "url" && param.name != "key-file" && param.name != "ca-file"))
          << entry.words;
    }
  }
}

TEST(AdminWords, FlagsAndListsOfNumbersAreWrittenAsPeopleDo) {
  EXPECT_EQ(
      body({"channel", "put", "one", "news", "--persistent", "true", "--publish", "servers"}),
      R"({"calls":[{"op":"channels.put","params":{"zone":"one","channel":"news","persistent":true,"publish":"servers"}}]})");
  EXPECT_EQ(
      body({"channel", "put", "one", "news", "--persistent", "maybe"}),
      R"({"calls":[{"op":"channels.put","params":{"zone":"one","channel":"news","persistent":"maybe"}}]})");
  EXPECT_EQ(
      body({"announce", "Back at 10", "--zone", "one", "--members", "3,4,x"}),
      R"({"calls":[{"op":"announcements.create","params":{"msg":"Back at 10","zone":"one","members":[3,4,"x"]}}]})");
}

TEST(AdminWords, WhatIsNotUnderstoodIsSaid) {
  EXPECT_NE(body({"app", "crate", "chess"}).find("there is no \"app crate chess\""), std::string::npos);
  EXPECT_NE(body({"app", "create"}).find("plaza admin app create APP"), std::string::npos);
  EXPECT_NE(body({"app", "create", "a", "b"}).find("what is \"b\"?"), std::string::npos);
  EXPECT_NE(body({"app", "create", "a", "--colour", "red"}).find("has no --colour"), std::string::npos);
  EXPECT_NE(body({"app", "create", "a", "--data-dir"}).find("needs a value"), std::string::npos);
}

TEST(AdminText, AListIsATableAndAnObjectLines) {
  EXPECT_EQ(
      admin_text(
          R"({"apps":[{"app":"chess","id":2,"disabled":false},{"app":"go","id":13,"disabled":true}],"next":13})"),
      "app    id  disabled\nchess  2   no\ngo     13  yes\nmore: --after 13\n");
  EXPECT_EQ(admin_text(R"({"apps":[]})"), "none\n");
  EXPECT_EQ(
      admin_text(
          R"({"entries":[{"seq":1,"hash":"2340360a4dfc096e500f33ca6b61517b4ae19bdd7798922a837452b71148d56f"}]})"),
      "seq  hash\n1    2340360a4dfc...\n")
      << "whoever compares them uses --json";
  EXPECT_EQ(admin_text(R"({"key":"pk_1","created_ms":1700000000000,"networks":["a","b"]})"),
            "key          pk_1\ncreated_ms   2023-11-14 22:13:20\nnetworks     a, b\n");
  EXPECT_EQ(admin_text(R"({"quotas":{"members_max":5,"until_ms":1700000000000},"own":[]})"),
            "quotas.members_max 5\nquotas.until_ms    2023-11-14 22:13:20\nown                none\n");
}

TEST(AdminText, AnEmptyPageBehindOthersSaysNothing) {
  EXPECT_EQ(admin_text(R"({"apps":[]})", {.first = false}), "");
  EXPECT_EQ(admin_text(R"({"apps":[{"app":"go"}],"zone":"eu","next":7})"),
            "app\ngo\nzone         eu\nmore: --after 7\n");
}

}  // namespace
}  // namespace plaza::app
