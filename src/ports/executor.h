#pragma once
#include <cstdint>
#include <functional>
#include <utility>

#include "base/fair_queue.h"

namespace plaza::ports {

/// How code that lives on a shard reaches other threads: what it may do instead of blocking or locking.
///
/// Contract  post() runs the task on that shard; tasks posted by one thread to one shard run in their order. blocking() runs
///           the job on a thread that may block (SQL, password hashing); it gives false, and drops the job, when too much is
///           waiting already: the caller then tells the client to try again. Jobs are
///           begun one of each share in turn, so that one app's do not wait for all of another's; now_ms() is steady and moves between turns.
/// Thread    post() and blocking() from any thread; self() and now_ms() on the shard.
class Executor {
 public:
  using Task = std::move_only_function<void()>;

  virtual ~Executor() = default;
  [[nodiscard]] virtual std::uint32_t shards() const = 0;
  [[nodiscard]] virtual std::uint32_t self() const = 0;
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;
  virtual void post(std::uint32_t shard, Task task) = 0;
  /// `share`: the app whose work it is, by its id.
  [[nodiscard]] virtual bool blocking(Share share, Task job) = 0;
  [[nodiscard]] bool blocking(Task job) { return blocking(0, std::move(job)); }
};

}  // namespace plaza::ports
