// Members talk through a simulated node while connections break, commits fail and the node dies. The same seed gives the same
// run: a failure prints it, and `PLAZA_SIM_SEED=n PLAZA_SIM_TRACE=1 sim_test --gtest_filter='*OneSeed*'` shows that run.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <utility>

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

/// The story on several seeds, by turns on either store; gives the sum of what happened. PLAZA_SIM_SEED runs one of them alone.
Outcome told(Scenario story, std::uint64_t seeds = 16) {
  Outcome all;
  const std::uint64_t only = number_from_environment("PLAZA_SIM_SEED", 0);
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : seeds); ++seed) {
    story.seed = seed;
    story.rules_of_store = seed % 2 == 0 ? StoreRules::twin : StoreRules::production;
    const Outcome outcome = simulate(story);
    EXPECT_TRUE(kept(story, outcome));
    all += outcome;
  }
  return all;
}

TEST(Story, NothingFails_EveryMessageIsStoredAndSeenByEverybody) {
  Scenario story = quiet();
  story.groups = 0;
  const Outcome all = told(story);
  EXPECT_EQ(all.stored, 16U * 120);
  EXPECT_EQ(all.refused + all.forgotten, 0U);
  EXPECT_EQ(all.heard.duplicates + all.heard.unavailable + all.heard.rate_limited + all.gaps, 0U);
  EXPECT_GT(all.marks, 50U);
}

TEST(Story, TheNodeDiesAfterACommitAndBeforeAnybodyHears_EachMemberGetsTheMessageExactlyOnce) {
  Scenario story = quiet();
  story.crash_permille = 4;
  story.crash_after_commit_percent = 100;
  const Outcome all = told(story);
  EXPECT_GT(all.crashes, 15U);
  EXPECT_GT(all.heard.duplicates, 10U) << "repeated on a new connection";
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
  const Outcome all = told(story);
  EXPECT_GT(all.cuts, 100U);
  EXPECT_GT(all.heard.duplicates, 10U) << "repeated on a new connection";
}

TEST(Story, AnswersComeLate_TheClientRepeatsOnTheSameConnection) {
  Scenario story = quiet();
  story.rules.send.unacked_max = 4;
  story.rules.send.reply_timeout_ms = 250;
  story.rules.follow.sync_timeout_ms = 200;
  story.stall_permille = 8;
  EXPECT_GT(told(story).heard.duplicates, 50U);
}

TEST(Story, CommitsFail_RefusedSendsConsumeNothing) {
  Scenario story = quiet();
  story.commit_failure_permille = 15;
  const Outcome all = told(story);
  EXPECT_GT(all.commit_failures, 50U);
  EXPECT_GT(all.heard.unavailable, 50U);
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

TEST(Story, GroupsBecomeLargeOnesWhilePeopleTalkAndEverythingFails) {
  Scenario story = quiet();
  story.node.shards = 3;
  story.members = 7;
  story.groups = 3;
  story.inbox_fanout_max = 4;
  story.group_change_permille = 25;
  story.cut_permille = 6;
  story.crash_permille = 2;
  story.commit_failure_permille = 4;
  story.directory_failure_permille = 1;
  story.client_restart_permille = 2;
  story.slow_reader_percent = 40;
  story.padding_max = 400;
  story.node.outbound_bytes_max = 8'000;
  story.node.limits.page_bytes_max = 2'000;
  story.trim_permille = 2;
  const Outcome all = told(story, 24);
  EXPECT_GT(all.grown_late, 5U);
  EXPECT_GT(all.from_groups, 200U);
}

TEST(Story, GroupsBecomeLargeOnesUnderClassicClients) {
  Scenario story = quiet();
  story.node.shards = 2;
  story.classic_percent = 60;
  story.inbox_fanout_max = 3;
  story.group_change_permille = 20;
  story.cut_permille = 8;
  story.crash_permille = 2;
  EXPECT_GT(told(story).from_groups, 200U);
}

TEST(Story, MembersBlockEachOtherWhileTheyTalkAndConnectionsBreak) {
  Scenario story = quiet();
  story.groups = 0;
  story.block_permille = 15;
  story.cut_permille = 4;
  EXPECT_GT(told(story).refused, 10U);
}

TEST(Story, MembersEditAndTakeBackWhileEverythingFails_AllAgreeOnWhatEachMessageSays) {
  Scenario story = quiet();
  story.node.shards = 3;
  story.members = 5;
  story.sends = 600;
  story.change_percent = 50;
  story.node.limits.edits_max = 3;
  story.inbox_fanout_max = 3;
  story.group_change_permille = 10;
  story.block_permille = 3;
  story.classic_percent = 30;
  story.cut_permille = 6;
  story.crash_permille = 2;
  story.commit_failure_permille = 4;
  story.client_restart_permille = 2;
  story.slow_reader_percent = 40;
  const Outcome all = told(story, 24);
  EXPECT_GT(all.edits, 60U);
  EXPECT_GT(all.recalls, 60U);
  EXPECT_GT(all.changes_refused, 100U) << "not theirs, recalled before, edited too often";
  EXPECT_GT(all.heard.duplicates, 50U);
  EXPECT_GT(all.large_groups, 5U);
}

TEST(Story, MembersEditAndTakeBackWhatRetentionRemoves) {
  Scenario story = quiet();
  story.sends = 300;
  story.change_percent = 50;
  story.trim_permille = 12;
  story.trim_entries_max = 6;
  story.cut_permille = 6;
  story.crash_permille = 2;
  const Outcome all = told(story);
  EXPECT_GT(all.edits + all.recalls, 150U);
  EXPECT_GT(all.trimmed, 250U);
}

TEST(Story, RatesAndWindowsAreSmall_EverythingArrivesAllTheSame) {
  Scenario story = quiet();
  story.node.limits.member_messages = {.per_s = 20, .burst = 2};
  story.node.limits.room_messages = {.per_s = 20, .burst = 2};
  story.node.limits.send_window_max = 2;
  EXPECT_GT(told(story, 8).heard.rate_limited, 50U);
}

TEST(Story, TheDirectoryIsAwayForAWhile) {
  Scenario story = quiet();
  story.directory_failure_permille = 3;
  story.cut_permille = 4;
  story.group_change_permille = 8;
  EXPECT_GT(told(story).heard.unavailable, 50U);
}

TEST(Story, StreamsAreTrimmedWhileReadersAreBehind_WhatTheyMissIsSaidAndNothingElseIsMissed) {
  Scenario story = quiet();
  story.trim_permille = 10;
  story.trim_entries_max = 6;
  story.slow_reader_percent = 50;
  story.cut_permille = 6;
  story.stall_permille = 3;
  story.commit_failure_permille = 3;
  story.crash_permille = 2;
  const Outcome all = told(story);
  EXPECT_GT(all.trimmed, 250U);
  EXPECT_GT(all.gaps, 20U);
}

TEST(Story, ClassicClientsAreCutAndSlow_TheyAreShownWhateverWasNotOnItsWay) {
  Scenario story = quiet();
  story.classic_percent = 100;
  story.devices_max = 1;
  story.cut_permille = 10;
  story.crash_permille = 2;
  story.slow_reader_percent = 60;
  story.padding_max = 900;
  story.node.outbound_bytes_max = 4'000;
  story.node.limits.page_bytes_max = 1'000;
  for (const auto policy : {ports::DevicePolicy::kick, ports::DevicePolicy::reject}) {
    story.devices = policy;
    const Outcome all = told(story, 12);
    EXPECT_GT(all.classic_seen, 500U);
    EXPECT_GT(all.classic_lost, 20U);
    EXPECT_GT(all.node.deferred_pushes, 20U);
  }
}

TEST(Story, StreamsAreTrimmedUnderClassicClients) {
  Scenario story = quiet();
  story.classic_percent = 100;
  story.trim_permille = 12;
  story.trim_entries_max = 3;
  story.slow_reader_percent = 60;
  story.padding_max = 900;
  story.node.outbound_bytes_max = 6'000;
  story.node.limits.page_bytes_max = 1'500;
  const Outcome all = told(story);
  EXPECT_GT(all.classic_seen, 500U);
  EXPECT_GT(all.trimmed, 250U);
}

TEST(Story, ADeviceComesBackWhileItsOldSessionIsStillThere_WhateverThePolicySays) {
  Scenario story = quiet();
  story.node.by_token = false;
  story.cut_permille = 15;
  story.stall_permille = 10;
  story.devices = ports::DevicePolicy::kick;
  EXPECT_GT(told(story).node.kicks, 20U);
  story.devices = ports::DevicePolicy::reject;
  EXPECT_GT(told(story).heard.not_twice, 20U);
  story.devices = ports::DevicePolicy::allow;
  story.node.by_token = true;
  EXPECT_GT(told(story).node.kicks, 20U) << "a token replaces the session of its device also here";
}

// The checker finds what is broken on purpose --------------------------------------------------------------------------------

/// What is found on a store, of the seeds up to the one that shows `part`.
std::vector<std::string> found_out(StoreKind kind, StoreRules rules, const std::string& part = "",
                                   std::uint32_t change_percent = 0) {
  std::vector<std::string> lines;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario scenario = quiet();
    scenario.store = kind;
    scenario.rules_of_store = rules;
    scenario.seed = seed;
    scenario.cut_permille = 8;
    scenario.crash_permille = 3;
    scenario.change_percent = change_percent;
    for (std::string& line : simulate(scenario).violations) {
      const bool is_it = !part.empty() && line.find(part) != std::string::npos;
      lines.push_back(std::move(line));
      if (is_it) return lines;
    }
  }
  return lines;
}

testing::AssertionResult says(const std::vector<std::string>& lines, const std::string& part) {
  for (const auto& line : lines) {
    if (line.find(part) != std::string::npos) return testing::AssertionSuccess();
  }
  auto result = testing::AssertionFailure() << "nothing says '" << part << "' among:";
  for (const auto& line : lines) result << "\n  " << line;
  return result;
}

constexpr StoreRules kBoth[] = {StoreRules::production, StoreRules::twin};

TEST(Mutation, AStoreThatForgetsSendIdsIsFoundOut) {
  for (const StoreRules rules : kBoth) {
    EXPECT_TRUE(says(found_out(StoreKind::forgets_send_ids, rules, "the message is there twice"),
                     "the message is there twice"));
  }
}

TEST(Mutation, AStoreThatAcknowledgesBeforeTheCommitIsFoundOut) {
  for (const StoreRules rules : kBoth) {
    EXPECT_TRUE(says(found_out(StoreKind::acks_before_commit, rules, "is acknowledged"), "is acknowledged"));
  }
}

TEST(Mutation, AStoreThatChangesNoInboxIsFoundOut) {
  const std::string part = "it is not what its changes made of it";
  for (const StoreRules rules : kBoth)
    EXPECT_TRUE(says(found_out(StoreKind::changes_no_inbox, rules, part, 30), part));
}

TEST(Mutation, TheSameRunsOnTheGoodStoreKeepEveryPromise) {
  for (const StoreRules rules : kBoth) {
    EXPECT_TRUE(found_out(StoreKind::good, rules).empty());
    EXPECT_TRUE(found_out(StoreKind::good, rules, "", 30).empty());
  }
}

// All at once ------------------------------------------------------------------------------------------------------------------

// Seeds that found a defect when they were drawn. A change of the simulator draws other runs for them; the rule that each taught
// also has a test of its own in src/chat.
//   22    a join whose answer was lost was not in force: members missed acknowledged messages
//   1191  a repeated send was refused by a rule of today although its first try was stored
//   2017  a block whose answer was lost stopped nobody
//   932   a refusal behind a send in doubt ended the wait for its copy, which was trimmed: it was never answered
//   7006866  a join that the store could not list was taken back after another device had been shown the membership
//   9026296  a send that was settled by the inbox's end was told only with whatever came next
//   6080  last_send_id was told too low to a device whose last send was still in the turn's outbox
//   6535  a member of a small group who left it, and joined it as a large one, was given what the inbox had given before
constexpr std::uint64_t kRegressions[] = {22, 932, 1191, 2017, 6080, 6535, 7006866, 9026296};

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
  Outcome all;
  std::uint64_t runs = 0, on_production = 0;
  for (; runs < seeds && steady_clock::now() < until; ++runs) {
    const Scenario scenario = Scenario::drawn(first + runs);
    on_production += scenario.rules_of_store == StoreRules::production ? 1 : 0;
    const Outcome outcome = simulate(scenario);
    ASSERT_TRUE(kept(scenario, outcome));
    all += outcome;
  }
  const auto said = [](std::initializer_list<std::pair<const char*, std::uint64_t>> figures) {
    for (const auto& [what, count] : figures) {
      std::printf("%s%llu %s", what == figures.begin()->first ? "" : ", ",
                  static_cast<unsigned long long>(count), what);
    }
    std::printf("\n");
  };
  said({{"seeds", runs},
        {"of them on the production rules", on_production},
        {"messages stored", all.stored},
        {"seen", all.seen},
        {"crashes", all.crashes},
        {"cuts", all.cuts},
        {"pushes deferred", all.node.deferred_pushes},
        {"duplicates", all.heard.duplicates},
        {"commits failed", all.commit_failures},
        {"entries trimmed", all.trimmed},
        {"gaps told", all.gaps},
        {"marks", all.marks},
        {"shown to classic clients", all.classic_seen},
        {"kicks", all.node.kicks},
        {"read back", all.history},
        {"groups that grew", all.grown_late},
        {"seen in large groups", all.from_groups},
        {"edits", all.edits},
        {"recalls", all.recalls}});
  // A run in which nothing happens proves nothing.
  EXPECT_GT(all.stored, runs * 10);
  EXPECT_GT(all.seen, all.stored);
  if (runs < 100) return;
  EXPECT_GT(on_production, runs / 3);
  EXPECT_LT(on_production, runs * 2 / 3);
  EXPECT_GT(all.heard.duplicates, runs / 4);
  EXPECT_GT(all.commit_failures, runs / 4);
  EXPECT_GT(all.gaps, runs / 20);
  EXPECT_GT(all.marks, runs);
  EXPECT_GT(all.classic_seen, runs * 5);
  EXPECT_GT(all.history, runs * 5);
  EXPECT_GT(all.node.kicks, runs / 10);
  EXPECT_GT(all.grown_late, runs / 20);
  EXPECT_GT(all.from_groups, runs);
  EXPECT_GT(all.edits, runs);
  EXPECT_GT(all.recalls, runs / 2);
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
