#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/stream_store.h"
#include "streams/group_commit.h"
#include "streams/index_flush.h"
#include "streams/working_set.h"
#include "tests/sim/rng.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_store.h"

namespace plaza::sim {

/// The rules of production, src/streams, on a simulated disk: what sqlite/Writer does with files and a thread, done by steps.
///
///   step: some of what waits -> GroupCommit -> transaction with a slice of the index -> report, answers -> evict
///
/// Thread   One. Everything, also the callbacks, runs in step().
/// Owner    World. The disk outlives crash(); what the working set knew dies with it, and start() replays.
/// Limit    Every one is small and drawn from the seed: what is known is forgotten and loaded again, rounds of the index are many
///          and in slices of a few rows.
class RulesStore final : public SimStore, private ports::StreamStore {
 public:
  RulesStore(const ports::Clock& clock, std::uint64_t seed);

  // SimStore
  [[nodiscard]] ports::StreamStore& port() override { return *this; }
  bool step() override;
  [[nodiscard]] bool idle() const override { return waiting_.empty(); }
  void crash() override;
  void crash_after_next_commit() override { crash_after_commit_ = true; }
  void fail_commits(std::uint32_t count) override { commits_to_fail_ = count; }

 private:
  enum class Ended : std::uint8_t { committed, failed };
  struct Job {
    std::function<void()> plan;           ///< in the group; null for what only reads
    std::function<void(Ended)> answer{};  ///< after the commit
  };

  // ports::StreamStore
  [[nodiscard]] Result<void, ports::StoreError> start(ports::AppendSink& sink) override;
  void stop() override { crash(); }
  void append(std::vector<ports::Append> batch) override;
  void read(ports::ReadRequest request, Done<ports::Page> done) override;
  void versions(ports::VersionsRequest request, Done<ports::VersionPage> done) override;
  void heads(std::vector<ports::StreamId> streams, Done<std::vector<ports::Head>> done) override;
  void places(MemberId member, std::vector<ports::StreamId> streams,
              Done<std::vector<ports::Place>> done) override;
  void open_device(MemberId member, std::string device, Done<ports::DeviceState> done) override;
  void received(MemberId member, std::string device, std::uint64_t seq, Done<std::uint64_t> done) override;
  void mark(MemberId member, ports::StreamId conversation, ports::Marks marks,
            Done<ports::Marked> done) override;
  void follow(MemberId member, ports::StreamId conversation, Done<ports::Marked> done) override;
  void unfollow(MemberId member, ports::StreamId conversation, Done<bool> done) override;
  void conversations(MemberId member, ports::StreamId after, std::uint32_t limit,
                     Done<ports::ConversationPage> done) override;
  void trim(ports::Retention retention, Done<bool> done) override;
  [[nodiscard]] ports::StoreHealth health() const override { return {}; }
  [[nodiscard]] ports::StoreStats stats() const override { return stats_; }

  /// What the process knows, gone when it dies.
  struct Process {
    Process(SimDisk& disk, streams::WorkingSetLimits limits) : set(disk, limits), group(set, 0), flush(set) {}
    streams::WorkingSet set;
    streams::GroupCommit group;
    streams::IndexFlush flush;
    bool trim_pass = false;
    std::uint64_t trim_upto = 0;
  };

  template <class T>
  void read_job(Done<T> done, std::function<T()> work);
  template <class T>
  void write_job(Done<T> done, std::function<std::optional<T>()> work);
  void submit(Job job);
  Ended commit_group();
  void report(Ended ended);
  void find_original(ports::Appended& outcome, streams::SenderState& sender);
  [[nodiscard]] ports::MessagePtr message_at(const streams::StreamState& stream, std::uint64_t seq);
  [[nodiscard]] ports::Page page(const ports::ReadRequest& request);
  [[nodiscard]] ports::VersionPage version_page(const ports::VersionsRequest& request);
  [[nodiscard]] ports::ConversationPage list(MemberId member, ports::StreamId after, std::uint32_t limit);
  [[nodiscard]] ports::Conversation conversation(MemberId member, ports::StreamId stream, ports::Marks marks);
  Result<bool, ports::StoreError> trim_some(const ports::Retention& retention);
  void check_zone_bytes();
  void trim_stream(ports::StreamId id, std::uint64_t upto, std::map<ports::StreamId, std::uint64_t>& trimmed);

  // Constant after construction.
  const ports::Clock& clock_;
  streams::WorkingSetLimits limits_;
  std::uint64_t flush_after_ = 0;  ///< messages
  std::size_t flush_rows_ = 0;     ///< of a slice
  // The run.
  Rng rng_;
  SimDisk disk_;
  std::unique_ptr<Process> process_;               ///< null while it is down
  std::map<ZoneId, std::uint64_t> removed_bytes_;  ///< by the trim that is being made
  ports::AppendSink* sink_ = nullptr;
  std::deque<Job> waiting_;
  std::uint32_t commits_to_fail_ = 0;
  bool crash_after_commit_ = false;
  ports::StoreStats stats_;
  // The group.
  std::vector<ports::Appended> outcomes_;
  std::vector<std::pair<std::size_t, streams::SenderState*>> old_;  ///< duplicates among the outcomes
};

}  // namespace plaza::sim
