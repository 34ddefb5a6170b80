// 50 pairs and their groups talk, edit and take back through real sockets while the server is killed and restarted, or while connections are cut. What
// the clients noted proves that nothing was lost, doubled, reordered or invented.
//
// PLAZA_KILLS and PLAZA_CUT_SECONDS make the runs longer; PLAZA_TEST_SEED draws other ones.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/ids.h"
#include "tests/integration/crowd.h"
#include "tests/integration/cutting_proxy.h"
#include "tests/process/program.h"
#include "tests/support/checker.h"

namespace plaza::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::vector<std::string> serve_on(std::uint16_t port) {
  std::vector<std::string> words{"serve",       "--tcp",       "127.0.0.1:" + std::to_string(port),
                                 "--http",      "127.0.0.1:0", "--backend",
                                 "127.0.0.1:0", "--shards",    "2"};
  for (const char* setting :
       {"login.argon2_memory_kib=8", "login.argon2_passes=1", "login.jobs_waiting_max=1024",
        "member.message_rate_per_s=0", "member.request_rate_per_s=0", "room.message_rate_per_s=0",
        // The growing groups become large ones after some of the kills.
        "room.inbox_fanout_max=12",
        // Small, so that the index is written many times, and killed within.
        "store.index_batch_entries=2000", "store.index_idle_ms=100"}) {
    words.emplace_back("--set");
    words.emplace_back(setting);
  }
  return words;
}

testing::AssertionResult kept(const Crowd& crowd) {
  const auto lines = check(crowd.log());
  if (lines.empty()) return testing::AssertionSuccess();
  auto result = testing::AssertionFailure() << "promises broken:";
  for (const auto& line : lines) result << "\n  " << line;
  return result;
}

testing::AssertionResult all_have_grown(const Crowd& crowd) {
  if (crowd.log().large_groups.empty()) return testing::AssertionFailure() << "no group grew";
  for (const LargeGroup& group : crowd.log().large_groups) {
    const auto grown = std::ranges::find_if(group.entries, [](const client::Message& entry) {
      return entry.sender == 0 && entry.body.find("\"grown\"") != std::string::npos;
    });
    if (grown == group.entries.end())
      return testing::AssertionFailure() << "group " << group.group << " did not grow";
    if (group.entries.end() - grown < 50)
      return testing::AssertionFailure()
             << "hardly anything was said in group " << group.group << " since it grew";
  }
  return testing::AssertionSuccess();
}

void print_what_happened(const char* what, std::uint64_t times, const Crowd& crowd) {
  std::uint64_t entries = 0, in_groups = 0;
  for (const LargeGroup& group : crowd.log().large_groups) in_groups += group.entries.size();
  for (const Inbox& inbox : crowd.log().inboxes) entries += inbox.entries.size();
  std::printf(
      "%llu %s, %llu reconnects: %llu messages acknowledged, %llu of them changes, %llu inbox entries and "
      "%llu of large groups checked\n",
      static_cast<unsigned long long>(times), what, static_cast<unsigned long long>(crowd.reconnects()),
      static_cast<unsigned long long>(crowd.acknowledged()), static_cast<unsigned long long>(crowd.changed()),
      static_cast<unsigned long long>(entries), static_cast<unsigned long long>(in_groups));
}

TEST(NothingIsLost, WhileTheServerIsKilledAndRestarted) {
  const TempDir folder;
  const std::uint16_t port = free_port();
  const auto arguments = serve_on(port);
  auto server = std::make_unique<Program>(folder, arguments);
  ASSERT_TRUE(server->says("plaza ready")) << server->err();
  Crowd crowd({.endpoint = {.port = port}, .seed = number_from_environment("PLAZA_TEST_SEED", 1)});
  ASSERT_TRUE(crowd.come_in()) << crowd.why();

  const std::uint64_t kills = number_from_environment("PLAZA_KILLS", 20);
  std::uint64_t random = mix64(number_from_environment("PLAZA_TEST_SEED", 1));
  for (std::uint64_t i = 0; i < kills; ++i) {
    crowd.grow(2);
    ASSERT_TRUE(crowd.talk_until_acknowledged(300)) << crowd.why();
    random = mix64(random);
    const auto until = steady_clock::now() + milliseconds(random % 700);
    while (steady_clock::now() < until) {
      crowd.talk();
      std::this_thread::sleep_for(milliseconds(5));
    }
    server->signal(SIGKILL);
    server->wait();
    server = std::make_unique<Program>(folder, arguments);
    ASSERT_TRUE(server->says("plaza ready")) << server->err();
  }
  ASSERT_TRUE(crowd.talk_until_acknowledged(300)) << crowd.why();
  ASSERT_TRUE(crowd.come_to_rest()) << crowd.why();
  print_what_happened("kills", kills, crowd);
  EXPECT_GT(crowd.changed(), 50U) << "messages were edited and recalled on the way";
  EXPECT_TRUE(kept(crowd));
  EXPECT_TRUE(all_have_grown(crowd));
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait().code, 0);
}

TEST(NothingIsLost, WhileConnectionsAreCut) {
  const TempDir folder;
  const std::uint16_t port = free_port();
  Program server(folder, serve_on(port));
  ASSERT_TRUE(server.says("plaza ready")) << server.err();
  CuttingProxy proxy(port, number_from_environment("PLAZA_TEST_SEED", 1));
  Crowd crowd({.endpoint = {.port = proxy.port()}, .seed = number_from_environment("PLAZA_TEST_SEED", 2)});
  ASSERT_TRUE(crowd.come_in()) << crowd.why();

  proxy.cut_per_second(60);
  const auto until = steady_clock::now() +
                     std::chrono::seconds(number_from_environment("PLAZA_CUT_SECONDS", 25));
  for (int turn = 0; steady_clock::now() < until; ++turn) {
    if (turn % 40 == 39) crowd.grow(1);
    crowd.talk();
    std::this_thread::sleep_for(milliseconds(20));
  }
  ASSERT_TRUE(crowd.talk_until_acknowledged(300)) << crowd.why();
  proxy.cut_per_second(0);
  ASSERT_TRUE(crowd.come_to_rest()) << crowd.why();
  print_what_happened("cuts", proxy.cuts(), crowd);
  EXPECT_GT(proxy.cuts(), 200U);
  EXPECT_GT(crowd.changed(), 50U) << "messages were edited and recalled on the way";
  EXPECT_TRUE(kept(crowd));
  EXPECT_TRUE(all_have_grown(crowd));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait().code, 0);
}

}  // namespace
}  // namespace plaza::tests
