// Members talk through a simulated node while connections break, commits fail and the node dies. The same seed gives the same
// run: a failure prints it, and `PLAZA_SIM_SEED=n PLAZA_SIM_TRACE=1 sim_test --gtest_filter='*OneSeed*'` shows that run.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/sim/world.h"

namespace plaza::sim {
namespace {

using std::chrono::steady_clock;

testing::AssertionResult kept(const Scenario& scenario, const Outcome& outcome) {
  if (outcome.violations.empty()) return testing::AssertionSuccess();
  auto result = testing::AssertionFailure() << "seed " << scenario.seed << ", " << outcome.steps << " steps:";
  for (const auto& line : outcome.violations) result << "\n  " << line;
  return result << "\n  PLAZA_SIM_SEED=" << scenario.seed << " runs it again";
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// A quiet world in which a story is told: one thing goes wrong, again and again.
Scenario quiet() {
  Scenario s;
  s.members = 4;
  s.sends = 120;
  s.node.shards = 2;
  s.node.limits.member_messages = {};
  s.node.limits.member_requests = {};
  s.node.limits.room_messages = {};
  s.node.limits.heartbeat_ms = 1'000;
  s.rules.reconnect_base_ms = 20;
  s.rules.reconnect_cap_ms = 200;
  return s;
}

/// The story on several seeds; gives the sum of what happened.
Outcome told(Scenario story, std::uint64_t seeds = 15) {
  Outcome all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    story.seed = seed;
    const Outcome outcome = simulate(story);
    EXPECT_TRUE(kept(story, outcome));
    all.stored += outcome.stored;
    all.refused += outcome.refused;
    all.forgotten += outcome.forgotten;
    all.seen += outcome.seen;
    all.crashes += outcome.crashes;
    all.cuts += outcome.cuts;
    all.node.deferred_pushes += outcome.node.deferred_pushes;
  }
  return all;
}

TEST(Story, NothingFails_EveryMessageIsStoredAndSeenByEverybody) {
  Scenario story = quiet();
  story.groups = 0;
  const Outcome all = told(story);
  EXPECT_EQ(all.stored, 15U * 120);
  EXPECT_EQ(all.refused + all.forgotten, 0U);
}

TEST(Story, TheNodeDiesAfterACommitAndBeforeAnybodyHears_EachMemberGetsTheMessageExactlyOnce) {
  Scenario story = quiet();
  story.crash_permille = 4;
  story.crash_after_commit_percent = 100;
  EXPECT_GT(told(story).crashes, 15U);
}

TEST(Story, TheNodeDiesBeforeACommit_WhatWasNotAcknowledgedIsSentAgain) {
  Scenario story = quiet();
  story.crash_permille = 4;
  story.crash_after_commit_percent = 0;
  EXPECT_GT(told(story).crashes, 15U);
}

TEST(Story, ConnectionsBreakInTheMiddle_RequestsAndAnswersOnTheWayAreLost) {
  Scenario story = quiet();
  story.cut_permille = 12;
  EXPECT_GT(told(story).cuts, 100U);
}

TEST(Story, AnswersComeLate_TheClientRepeatsOnTheSameConnection) {
  Scenario story = quiet();
  story.rules.send.unacked_max = 4;
  story.rules.send.reply_timeout_ms = 250;
  story.rules.follow.sync_timeout_ms = 200;
  story.stall_permille = 8;
  told(story);
}

TEST(Story, CommitsFail_RefusedSendsConsumeNothing) {
  Scenario story = quiet();
  story.commit_failure_permille = 15;
  told(story);
}

TEST(Story, ReadersAreSlow_TheyFallFromPushToPullAndLoseNothing) {
  Scenario story = quiet();
  story.slow_reader_percent = 60;
  story.padding_max = 900;
  story.sends = 200;
  story.node.outbound_bytes_max = 6'000;
  story.node.limits.page_bytes_max = 1'500;
  EXPECT_GT(told(story).node.deferred_pushes, 100U);
}

TEST(Story, ProgramsAreRestarted_WhatTheyHadNotHeardOfIsStoredOnceOrNowhere) {
  Scenario story = quiet();
  story.client_restart_permille = 6;
  story.cut_permille = 4;
  EXPECT_GT(told(story).forgotten, 10U);
}

TEST(Story, MembersJoinAndLeaveWhilePeopleTalkAndConnectionsBreak) {
  Scenario story = quiet();
  story.node.shards = 3;
  story.groups = 3;
  story.group_change_permille = 25;
  story.cut_permille = 6;
  EXPECT_GT(told(story).refused, 10U) << "those who had left could not write";
}

TEST(Story, MembersBlockEachOtherWhileTheyTalkAndConnectionsBreak) {
  Scenario story = quiet();
  story.groups = 0;
  story.block_permille = 15;
  story.cut_permille = 4;
  EXPECT_GT(told(story).refused, 10U);
}

TEST(Story, RatesAndWindowsAreSmall_EverythingArrivesAllTheSame) {
  Scenario story = quiet();
  story.node.limits.member_messages = {.per_s = 20, .burst = 2};
  story.node.limits.room_messages = {.per_s = 20, .burst = 2};
  story.node.limits.send_window_max = 2;
  told(story, 8);
}

TEST(Story, TheDirectoryIsAwayForAWhile) {
  Scenario story = quiet();
  story.directory_failure_permille = 3;
  story.cut_permille = 4;
  story.group_change_permille = 8;
  told(story);
}

// The checker finds what is broken on purpose --------------------------------------------------------------------------------

/// The lines of the first seed on which the broken store is found out.
std::vector<std::string> found_out(StoreKind kind) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario scenario = quiet();
    scenario.store = kind;
    scenario.seed = seed;
    scenario.cut_permille = 8;
    scenario.crash_permille = 3;
    const Outcome outcome = simulate(scenario);
    if (!outcome.violations.empty()) return outcome.violations;
  }
  return {};
}

testing::AssertionResult says(const std::vector<std::string>& lines, const std::string& part) {
  for (const auto& line : lines) {
    if (line.find(part) != std::string::npos) return testing::AssertionSuccess();
  }
  auto result = testing::AssertionFailure() << "nothing says '" << part << "' among:";
  for (const auto& line : lines) result << "\n  " << line;
  return result;
}

TEST(Mutation, AStoreThatForgetsSendIdsIsFoundOut) {
  const auto lines = found_out(StoreKind::forgets_send_ids);
  EXPECT_TRUE(says(lines, "the message is there twice"));
}

TEST(Mutation, AStoreThatAcknowledgesBeforeTheCommitIsFoundOut) {
  const auto lines = found_out(StoreKind::acks_before_commit);
  EXPECT_TRUE(says(lines, "is acknowledged"));
}

TEST(Mutation, TheSameRunsOnTheGoodStoreKeepEveryPromise) { EXPECT_TRUE(found_out(StoreKind::good).empty()); }

// All at once ------------------------------------------------------------------------------------------------------------------

// Seeds that found a defect when they were drawn. A change of the simulator draws other runs for them; the rule that each taught
// also has a test of its own in src/chat.
//   22    a join whose answer was lost was not in force: members missed acknowledged messages
//   1191  a repeated send was refused by a rule of today although its first try was stored
//   2017  a block whose answer was lost stopped nobody
//   6080  last_send_id was told too low to a device whose last send was still in the turn's outbox
constexpr std::uint64_t kRegressions[] = {22, 1191, 2017, 6080};

TEST(Simulation, KeepsThePromisesOnTheSeedsThatOnceFoundADefect) {
  for (const std::uint64_t seed : kRegressions) {
    const Scenario scenario = Scenario::drawn(seed);
    EXPECT_TRUE(kept(scenario, simulate(scenario)));
  }
}

// PLAZA_SIM_SEEDS runs so many; PLAZA_SIM_SECONDS so long; PLAZA_SIM_FIRST_SEED begins elsewhere.
TEST(Simulation, KeepsThePromisesOnManySeeds) {
  const std::uint64_t first = number_from_environment("PLAZA_SIM_FIRST_SEED", 1);
  const std::uint64_t seeds = number_from_environment("PLAZA_SIM_SEEDS", ~std::uint64_t{0} - first);
  const auto until = steady_clock::now() +
                     std::chrono::seconds(number_from_environment("PLAZA_SIM_SECONDS", 12));
  std::uint64_t runs = 0, stored = 0, seen = 0, crashes = 0, cuts = 0, deferred = 0;
  for (; runs < seeds && steady_clock::now() < until; ++runs) {
    const Scenario scenario = Scenario::drawn(first + runs);
    const Outcome outcome = simulate(scenario);
    ASSERT_TRUE(kept(scenario, outcome));
    stored += outcome.stored;
    seen += outcome.seen;
    crashes += outcome.crashes;
    cuts += outcome.cuts;
    deferred += outcome.node.deferred_pushes;
  }
  std::printf(
      "%llu seeds from %llu: %llu messages stored, %llu seen, %llu crashes, %llu cuts, %llu pushes "
      "deferred\n",
      static_cast<unsigned long long>(runs), static_cast<unsigned long long>(first),
      static_cast<unsigned long long>(stored), static_cast<unsigned long long>(seen),
      static_cast<unsigned long long>(crashes), static_cast<unsigned long long>(cuts),
      static_cast<unsigned long long>(deferred));
  // A run in which nothing happens proves nothing.
  EXPECT_GT(stored, runs * 10);
  EXPECT_GT(seen, stored);
}

TEST(Simulation, OneSeed) {
  const std::uint64_t seed = number_from_environment("PLAZA_SIM_SEED", 7);
  const Scenario scenario = Scenario::drawn(seed);
  EXPECT_TRUE(kept(scenario, simulate(scenario)));
}

TEST(Simulation, GivesTheSameRunForTheSameSeed) {
  for (const std::uint64_t seed : {3, 4, 5}) {
    const Outcome once = simulate(Scenario::drawn(seed));
    const Outcome again = simulate(Scenario::drawn(seed));
    EXPECT_EQ(once.steps, again.steps);
    EXPECT_EQ(once.digest, again.digest);
  }
}

}  // namespace
}  // namespace plaza::sim
