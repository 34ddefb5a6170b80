#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "chat/hub.h"
#include "chat/outcome_router.h"
#include "memory/memory_directory.h"
#include "memory/memory_moderation.h"
#include "memory/memory_presence.h"
#include "ports/clock.h"
#include "ports/directory.h"
#include "protocol/request_parser.h"
#include "tests/sim/rng.h"
#include "tests/sim/sim_executor.h"
#include "tests/sim/sim_session.h"
#include "tests/sim/sim_store.h"

namespace plaza::sim {

struct NodeOptions {
  std::uint32_t shards = 1;
  chat::Limits limits;
  std::size_t outbound_bytes_max = 64 * 1024;
  bool by_token = true;  ///< devices log in with their token: an older session of theirs is replaced
  std::uint32_t busy_percent = 0;  ///< of jobs that may block, so many are refused as too many
};

struct NodeStats {
  std::uint64_t overflows = 0, deferred_pushes = 0, kicks = 0;
};

/// One run of the node's process: the production domain on simulated shards and connections. It is made when the process starts and
/// destroyed when it dies; the store and the directory outlive it.
///
/// Turn  step() does one thing of those that could happen next. Requests and deliveries come in any interleaving; each shard's
///       sends go to the store at some end of a turn.
class SimNode {
 public:
  SimNode(const NodeOptions& options, SimStore& store, ports::Directory& directory, const ports::Clock& clock,
          std::shared_ptr<const ports::Zone> zone, Rng& rng, NodeStats& stats);
  ~SimNode();

  /// A client connects.
  void accept(LinkPtr link);
  bool step_session();
  bool step_delivery();
  void step_end_of_turn();
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] SimExecutor& executor() { return executor_; }
  [[nodiscard]] chat::Hub& hub(std::uint32_t shard) { return *hubs_[shard]; }
  [[nodiscard]] protocol::RequestParser& parser(std::uint32_t shard) { return parsers_[shard]; }
  [[nodiscard]] ports::Directory& directory() { return directory_; }
  [[nodiscard]] const ports::Clock& clock() const { return clock_; }
  [[nodiscard]] Rng& rng() { return rng_; }
  [[nodiscard]] const std::shared_ptr<const ports::Zone>& zone() const { return zone_; }
  [[nodiscard]] std::size_t outbound_bytes_max() const { return options_.outbound_bytes_max; }
  [[nodiscard]] const chat::Limits& limits() const { return options_.limits; }
  [[nodiscard]] SimSession* find(chat::SessionId id);
  void remove(chat::SessionId id) { sessions_.erase(id); }
  [[nodiscard]] bool by_token() const { return options_.by_token; }
  void count_kick() { ++stats_.kicks; }
  void count_overflow() { ++stats_.overflows; }
  void count_deferred_push() { ++stats_.deferred_pushes; }

 private:
  const NodeOptions options_;
  SimStore& store_;
  ports::Directory& directory_;
  const ports::Clock& clock_;
  Rng& rng_;
  NodeStats& stats_;
  std::shared_ptr<const ports::Zone> zone_;
  SimExecutor executor_;
  memory::MemoryPresence presence_;
  rooms::RoomRates room_rates_;
  memory::MemoryDirectory channels_;  ///< no channel is declared here
  memory::MemoryModeration moderation_;
  chat::Node node_;
  chat::OutcomeRouter router_;
  std::vector<std::unique_ptr<chat::Hub>> hubs_;
  std::vector<protocol::RequestParser> parsers_;
  std::map<chat::SessionId, std::unique_ptr<SimSession>> sessions_;
  chat::SessionId last_session_ = 0;
};

}  // namespace plaza::sim
