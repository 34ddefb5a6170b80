#pragma once
#include <cstdint>
#include <functional>

namespace plaza::ports {

/// How code that lives on a shard reaches other threads: what it may do instead of blocking or locking.
///
/// Contract  post() runs the task on that shard; tasks posted by one thread to one shard run in their order. blocking() runs
///           the job on a thread that may block (SQL, password hashing); it gives false, and drops the job, when too much is
///           waiting already: the caller then tells the client to try again. now_ms() is steady and moves between turns.
/// Thread    post() and blocking() from any thread; self() and now_ms() on the shard.
class Executor {
 public:
  using Task = std::move_only_function<void()>;

  virtual ~Executor() = default;
  [[nodiscard]] virtual std::uint32_t shards() const = 0;
  [[nodiscard]] virtual std::uint32_t self() const = 0;
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;
  virtual void post(std::uint32_t shard, Task task) = 0;
  [[nodiscard]] virtual bool blocking(Task job) = 0;
};

}  // namespace plaza::ports
