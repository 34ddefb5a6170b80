#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace plaza::app {

/// So long the server API waits for a shard or the store.
inline constexpr std::int64_t kAwaitedMs = 10'000;

/// A value that another thread gives; whoever comes too late gives it to nobody.
template <class T>
class Awaited {
 public:
  void give(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    there_.notify_one();
  }
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    there_.wait_for(lock, std::chrono::milliseconds(kAwaitedMs), [this] { return value_.has_value(); });
    return std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<T> value_;
};

}  // namespace plaza::app
