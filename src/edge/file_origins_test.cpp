// What browsers are told about pages of other hosts.
#include "edge/file_origins.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace plaza::edge {
namespace {

std::string header(const net::HttpResponse& response, std::string_view name) {
  const auto at = std::ranges::find(response.headers, name, [](const auto& one) { return one.first; });
  return at == response.headers.end() ? "" : at->second;
}

TEST(FileOrigins, LetAPageOfTheListReadAnswersAndNoOther) {
  const FileOrigins origins({"https://chat.example.org", "http://localhost:8080"});
  for (const char* good : {"https://chat.example.org", "HTTPS://Chat.Example.org", "http://localhost:8080"}) {
    net::HttpResponse response;
    origins.mark(response, good);
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), good);
    EXPECT_NE(header(response, "Access-Control-Expose-Headers").find("Upload-Offset"), std::string::npos);
    EXPECT_EQ(header(response, "Vary"), "Origin");
    EXPECT_EQ(origins.preflight(good).status, 204);
  }
  for (const char* bad : {"https://chat.example.org.evil.example", "http://chat.example.org",
                          "https://chat.example.org:444", "https://example.org", "null", ""}) {
    net::HttpResponse response;
    origins.mark(response, bad);
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "") << bad;
    EXPECT_EQ(header(response, "Vary"), "Origin") << "a cache must not give it to a page that may";
    const auto refusal = origins.preflight(bad);
    EXPECT_EQ(refusal.status, 403) << bad;
    EXPECT_EQ(header(refusal, "Access-Control-Allow-Origin"), "") << bad;
    EXPECT_EQ(header(refusal, "Access-Control-Allow-Methods"), "") << bad;
  }
}

TEST(FileOrigins, NoneAreAsIfThereWereNoSuchThing) {
  net::HttpResponse response;
  FileOrigins({}).mark(response, "https://chat.example.org");
  EXPECT_TRUE(response.headers.empty());
  EXPECT_EQ(FileOrigins({}).preflight("https://chat.example.org").status, 403);
}

TEST(FileOrigins, TheStarIsForEveryPageAndSaysWhich) {
  const FileOrigins origins({"*"});
  for (const char* origin : {"https://a.example", "null"})
    EXPECT_EQ(header(origins.preflight(origin), "Access-Control-Allow-Origin"), origin);
  EXPECT_EQ(origins.preflight("").status, 403) << "no browser asks so";
  EXPECT_EQ(header(origins.preflight("https://a.example"), "Access-Control-Allow-Credentials"), "");
}

}  // namespace
}  // namespace plaza::edge
