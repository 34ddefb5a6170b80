#pragma once
#include <cstdint>
#include <memory>

#include "ports/stream_store.h"

namespace plaza::ports {
class Clock;
}

namespace plaza::sim {

/// A store whose commits and deaths the simulator decides.
class SimStore {
 public:
  virtual ~SimStore() = default;
  [[nodiscard]] virtual ports::StreamStore& port() = 0;
  /// Commits what waits and reports it; false when nothing waited.
  virtual bool step() = 0;
  [[nodiscard]] virtual bool idle() const = 0;
  /// The process dies; port().start() brings back what was durable.
  virtual void crash() = 0;
  /// The next step() commits, then the process dies before anybody hears of it.
  virtual void crash_after_next_commit() = 0;
  virtual void fail_commits(std::uint32_t count) = 0;
};

enum class StoreKind : std::uint8_t {
  good,
  // Each breaks one promise on purpose: a run on it must be found out.
  forgets_send_ids,    ///< takes every send as a new one
  changes_no_inbox,    ///< recalls and edits are done in the conversation only
  acks_before_commit,  ///< reports `accepted` first and commits some time later
};
/// Whose rules decide.
enum class StoreRules : std::uint8_t {
  production,  ///< src/streams, on a simulated disk
  twin,        ///< memory::MemoryStreamStore, which shares nothing with them
};
/// The seed draws what the store leaves open: sizes of its caches, when it writes its index.
std::unique_ptr<SimStore> make_store(StoreKind kind, StoreRules rules, const ports::Clock& clock,
                                     std::uint64_t seed);

}  // namespace plaza::sim
