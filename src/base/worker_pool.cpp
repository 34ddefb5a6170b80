#include "base/worker_pool.h"

#include <pthread.h>

namespace plaza {

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t waiting_max)
    : name_(std::move(name)), jobs_(waiting_max) {
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

void WorkerPool::work() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = jobs_.take();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace plaza
