#include "base/worker_pool.h"

#include <pthread.h>

namespace plaza {

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t waiting_max,
                       std::size_t share_running_max)
    : name_(std::move(name)), share_running_max_(share_running_max), jobs_(waiting_max) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::try_run(Job job, Share share) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !jobs_.offer(share, std::move(job))) return false;
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

/// What waits when the pool stops is run by whoever is free.
bool WorkerPool::may_run(Share share) const {
  if (share_running_max_ == 0 || share == 0 || stopping_) return true;
  const auto at = running_.find(share);
  return at == running_.end() || at->second < share_running_max_;
}

void WorkerPool::work() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  const auto may = [this](Share share) { return may_run(share); };
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || jobs_.has(may); });
    if (jobs_.empty()) return;
    auto [share, job] = jobs_.take(may);
    ++running_[share];
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    // This thread takes the next one, whosever it is: nobody has to be woken.
    if (--running_[share] == 0) running_.erase(share);
  }
}

}  // namespace plaza
