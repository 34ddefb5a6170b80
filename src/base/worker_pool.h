#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/fair_queue.h"

namespace plaza {

/// Threads for work that blocks or takes long (SQL, password hashing), so that no shard ever does.
///
/// Thread   try_run() from any thread; jobs run on the pool's threads, started one of each owner in turn, and of each owner in the
///          order given: one that gives many delays the others by one job at a time.
/// Limit    waiting_max jobs wait, and of one owner as many as FairQueue says; try_run() beyond gives false and the caller says
///          "busy". Of one owner at most share_running_max run at once (0: as many as there are threads), which is for jobs that may
///          take long for a reason of the owner's; what is nobody's has no such bound.
/// Stop     stop() runs what waits, then joins; try_run() gives false from then on.
class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  WorkerPool(std::string name, std::size_t threads, std::size_t waiting_max,
             std::size_t share_running_max = 0);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] bool try_run(Job job, Share share = 0);
  void stop();
  [[nodiscard]] std::size_t waiting() const;

 private:
  void work();
  [[nodiscard]] bool may_run(Share share) const;

  // Constant after construction.
  const std::string name_;
  const std::size_t share_running_max_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  FairQueue<Job> jobs_;
  std::unordered_map<Share, std::size_t> running_;  ///< of those that have any
  bool stopping_ = false;
  // The owner's thread only.
  std::vector<std::thread> threads_;
};

}  // namespace plaza
