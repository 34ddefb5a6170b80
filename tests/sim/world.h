#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/manual_clock.h"
#include "memory/memory_directory.h"
#include "tests/sim/archive.h"
#include "tests/sim/rng.h"
#include "tests/sim/sim_classic.h"
#include "tests/sim/sim_client.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_store.h"
#include "tests/support/client_log.h"

namespace plaza::sim {

/// What happens in a run. Chances are per thousand steps.
struct Scenario {
  std::uint64_t seed = 1;
  StoreKind store = StoreKind::good;
  StoreRules rules_of_store = StoreRules::production;
  std::uint32_t members = 5;
  std::uint32_t devices_max = 3;      ///< of a member, at least 1
  std::uint32_t classic_percent = 0;  ///< of the members, so many have a classic client besides
  ports::DevicePolicy devices = ports::DevicePolicy::kick;
  std::uint32_t groups = 2;
  std::uint32_t inbox_fanout_max = 500;  ///< a group that gets more members becomes a large one
  std::uint32_t sends = 150;
  std::uint32_t padding_max = 40;
  std::uint32_t change_percent = 0;  ///< so many of the sends edit or recall a message
  NodeOptions node;
  client::RulesLimits rules;
  std::uint32_t cut_permille = 0;    ///< a connection breaks
  std::uint32_t stall_permille = 0;  ///< nothing moves on a connection for a while
  std::uint32_t client_restart_permille = 0;
  std::uint32_t crash_permille = 0;  ///< the node dies
  std::uint32_t
      crash_after_commit_percent = 50;  ///< of these, so often right after a commit that nobody has heard of
  std::uint32_t commit_failure_permille = 0;
  std::uint32_t directory_failure_permille = 0;  ///< the directory is away for a while
  std::uint32_t group_change_permille = 0;
  std::uint32_t block_permille = 0;
  std::uint32_t slow_reader_percent = 0;  ///< of the devices, so many read badly
  std::uint32_t trim_permille = 0;        ///< all but the newest entries of each stream are removed
  std::uint64_t trim_entries_max = 10;    ///< so many stay

  /// Everything at once, with sizes and chances drawn from the seed.
  static Scenario drawn(std::uint64_t seed);
};

struct Outcome {
  std::vector<std::string> violations;
  std::uint64_t steps = 0;
  std::uint64_t digest = 0;  ///< of everything that clients saw: the same for the same seed
  std::uint64_t stored = 0, refused = 0, forgotten = 0, seen = 0;
  std::uint64_t crashes = 0, cuts = 0;
  std::uint64_t commit_failures = 0;
  std::uint64_t marks = 0;    ///< conversations of which a member was told that its mark is stored
  std::uint64_t trimmed = 0;  ///< entries of inboxes that are gone
  std::uint64_t gaps = 0;     ///< that applications were told of
  std::uint64_t classic_seen = 0, classic_lost = 0;
  std::uint64_t history = 0;  ///< messages that were read back
  std::uint64_t large_groups = 0;
  std::uint64_t grown_late = 0;          ///< of them, so many while people talked
  std::uint64_t from_groups = 0;         ///< messages that applications got from the streams of large groups
  std::uint64_t edits = 0, recalls = 0;  ///< that were stored
  std::uint64_t changes_refused = 0;
  Heard heard;
  NodeStats node;

  Outcome& operator+=(const Outcome& other);
};

/// A node, its clients and the network between them, from a seed: production code of both sides, simulated time, threads and
/// failures. It runs until everything was offered, then without failures until nothing waits, and is then checked.
///
/// PLAZA_SIM_TRACE=1 prints what happens, step by step.
class World final : private ClientWorld {
 public:
  explicit World(const Scenario& scenario);
  Outcome run();

 private:
  LinkPtr connect() override;
  [[nodiscard]] tests::Moment moment() const override { return step_; }
  [[nodiscard]] bool drained_since(tests::Moment moment) const override { return drained_ > moment; }
  void trace(const std::string& line) override;
  void note(const protocol::ServerMessage& message) override;

  void make_members();
  void step(bool calm);
  void step_application();
  void step_failures();
  void crash(const char* how);
  void start_node();
  bool settled();
  void trim();
  void read_inboxes();
  /// What the store says after the run, besides the inboxes: history backwards, lists, marks.
  void check_history(std::vector<std::string>& violations);
  void check_marks(Outcome& result);
  template <class T, class Call>
  T ask_store(Call call);
  [[nodiscard]] Outcome outcome();

  const Scenario scenario_;
  Rng rng_;
  memory::ManualClock clock_;
  memory::MemoryDirectory directory_;
  std::unique_ptr<SimStore> store_;
  std::shared_ptr<const ports::Zone> zone_;
  std::vector<std::uint64_t> members_, groups_;
  tests::RunLog run_;
  Archive archive_{run_};
  NodeStats node_stats_;
  std::vector<LinkPtr> links_;  ///< of the node that runs now
  std::unique_ptr<SimNode> node_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::vector<std::unique_ptr<SimClassic>> classics_;
  std::uint64_t step_ = 0;
  tests::Moment drained_ = 0;
  std::uint32_t offered_ = 0;
  std::uint64_t crashes_ = 0, cuts_ = 0;
  std::int64_t node_back_ms_ = 0, directory_back_ms_ = 0;
  bool dies_after_commit_ = false;
  bool trim_waits_ = false;  ///< a piece is asked for
  bool trim_again_ = false;  ///< the last one was not the end
  Heard heard_;
  const bool tracing_;
};

/// Runs it; a failure names the seed.
Outcome simulate(const Scenario& scenario);

}  // namespace plaza::sim
