#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "ports/clock.h"
#include "ports/executor.h"
#include "tests/sim/rng.h"

namespace plaza::sim {

/// Shards, worker threads and the store's thread of one node, on one real thread: whose turn it is next is drawn from the seed.
///
/// Order   Only what ports::Executor promises: tasks from one thread to one shard run in their order. Everything else,
///         also tasks of two threads to one shard, comes in any order.
/// Owner   SimNode.
class SimExecutor final : public ports::Executor {
 public:
  /// A thread of the node: shards are 0..shards-1, then the store, then the workers.
  using Thread = std::uint32_t;

  SimExecutor(std::uint32_t shards, const ports::Clock& clock, Rng& rng, std::uint32_t busy_percent)
      : shards_(shards), clock_(clock), rng_(rng), busy_percent_(busy_percent) {}

  [[nodiscard]] std::uint32_t shards() const override { return shards_; }
  [[nodiscard]] std::uint32_t self() const override {
    PLAZA_CHECK(running_ < shards_);
    return running_;
  }
  [[nodiscard]] std::int64_t now_ms() const override { return clock_.steady_ms(); }
  void post(std::uint32_t shard, Task task) override { tasks_[{running_, shard}].push_back(std::move(task)); }
  using Executor::blocking;
  [[nodiscard]] bool blocking(Share /*any order is drawn*/, Task job) override {
    if (rng_.percent(busy_percent_)) return false;
    jobs_.push_back(std::move(job));
    return true;
  }

  [[nodiscard]] Thread store() const { return shards_; }
  /// Runs `work` as that thread.
  template <class Work>
  void as(Thread thread, Work work) {
    const Thread before = std::exchange(running_, thread);
    work();
    running_ = before;
  }

  [[nodiscard]] bool idle() const { return tasks_.empty() && jobs_.empty(); }
  /// Runs one waiting task or job, whichever; false when nothing waits.
  bool step() {
    const std::size_t ready = tasks_.size() + jobs_.size();
    if (ready == 0) return false;
    std::size_t chosen = rng_.below(ready);
    if (chosen < jobs_.size()) {
      const auto at = jobs_.begin() + static_cast<std::ptrdiff_t>(chosen);
      Task job = std::move(*at);
      jobs_.erase(at);
      as(shards_ + 1 + static_cast<Thread>(rng_.below(kWorkers)), [&job] { job(); });
      return true;
    }
    auto queue = tasks_.begin();
    std::advance(queue, static_cast<std::ptrdiff_t>(chosen - jobs_.size()));
    const std::uint32_t shard = queue->first.second;
    Task task = std::move(queue->second.front());
    queue->second.pop_front();
    if (queue->second.empty()) tasks_.erase(queue);
    as(shard, [&task] { task(); });
    return true;
  }
  /// The process dies.
  void clear() {
    tasks_.clear();
    jobs_.clear();
  }

 private:
  static constexpr Thread kWorkers = 4;

  // Constant after construction.
  const std::uint32_t shards_;
  const ports::Clock& clock_;
  Rng& rng_;
  const std::uint32_t busy_percent_;
  // Changes with every step.
  Thread running_ = 0;
  std::map<std::pair<Thread, std::uint32_t>, std::deque<Task>> tasks_;  ///< by (from, to)
  std::deque<Task> jobs_;
};

}  // namespace plaza::sim
