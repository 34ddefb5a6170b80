#pragma once
#include <atomic>
#include <cstdint>

namespace plaza {

/// Lets one thread sleep until another has something for it, without a system call while it is awake.
///
///   sleeper: while (nothing to do) { sleeper.prepare(); if (still nothing to do) sleeper.sleep(ms);
///   sleeper.awake(); } others:  make something to do; sleeper.wake();
///
/// Thread   wake() from any thread; the rest on the sleeper's. What is made before wake() must be published
///          with a sequentially consistent write (BatchQueue::push does), so that one of the two sees the
///          other.
class Sleeper {
 public:
  void prepare() { asleep_.store(1, std::memory_order_seq_cst); }
  void awake() { asleep_.store(0, std::memory_order_relaxed); }
  /// At most `timeout_ms` (negative: no end); may return early.
  void sleep(std::int64_t timeout_ms);
  void wake() {
    if (asleep_.load(std::memory_order_seq_cst) != 0 && asleep_.exchange(0, std::memory_order_seq_cst) != 0)
      ring();
  }

 private:
  void ring();

  // Any thread (atomic).
  std::atomic<std::uint32_t> asleep_{0};
};

}  // namespace plaza
