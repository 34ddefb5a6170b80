#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

namespace plaza {

/// How much per second, and how much at once. per_s = 0 means no limit.
struct Rate {
  std::uint32_t per_s = 0;
  std::uint32_t burst = 1;
};

namespace detail {
/// One step of the generic cell rate algorithm (ITU-T I.371, the "virtual scheduling" form): the theoretical arrival time
/// after taking one, or 0 when it has to wait `wait_ms`.
constexpr std::int64_t gcra_take(std::int64_t tat_us, std::int64_t now_ms, Rate rate, std::int64_t& wait_ms) {
  const std::int64_t step_us = 1'000'000 / rate.per_s;
  const std::int64_t tolerance_us = step_us * (std::max<std::int64_t>(rate.burst, 1) - 1);
  const std::int64_t now_us = now_ms * 1000;
  const std::int64_t start_us = std::max(tat_us, now_us);
  if (start_us - now_us > tolerance_us) {
    wait_ms = (start_us - now_us - tolerance_us + 999) / 1000;
    return 0;
  }
  wait_ms = 0;
  return start_us + step_us;
}
}  // namespace detail

/// Counts one user of a rate: `burst` at once, then per_s in the long run, without a timer. 8 bytes.
/// Thread  One thread. Times are steady milliseconds > 0.
class RateLimit {
 public:
  /// True and counted, or false with the milliseconds after which one more is allowed.
  bool take(Rate rate, std::int64_t now_ms, std::int64_t& wait_ms) {
    if (rate.per_s == 0) return true;
    const std::int64_t next = detail::gcra_take(tat_us_, now_ms, rate, wait_ms);
    if (next == 0) return false;
    tat_us_ = next;
    return true;
  }
  /// Nothing is counted any more: as good as a new one.
  [[nodiscard]] bool idle(std::int64_t now_ms) const { return tat_us_ <= now_ms * 1000; }

 private:
  std::int64_t tat_us_ = 0;
};

/// How much per minute, and how much at once, for what is rare. per_min = 0 means no limit.
struct MinuteRate {
  std::uint32_t per_min = 0;
  std::uint32_t burst = 1;
};

/// The same as RateLimit for such a rate: its clock is the same one, sixty times slower, so waits are right to 60 ms.
/// Thread  One thread. Times are steady milliseconds.
class MinuteRateLimit {
 public:
  bool take(MinuteRate rate, std::int64_t now_ms, std::int64_t& wait_ms) {
    if (limit_.take({rate.per_min, rate.burst}, slow(now_ms), wait_ms)) return true;
    wait_ms *= kSlower;
    return false;
  }
  [[nodiscard]] bool idle(std::int64_t now_ms) const { return limit_.idle(slow(now_ms)); }

 private:
  static constexpr std::int64_t kSlower = 60;
  static constexpr std::int64_t slow(std::int64_t now_ms) { return now_ms / kSlower + 1; }

  RateLimit limit_;
};

/// The same for a thing that several shards use at once (a room).
/// Thread  Any thread; no lock.
class SharedRateLimit {
 public:
  bool take(Rate rate, std::int64_t now_ms, std::int64_t& wait_ms) {
    if (rate.per_s == 0) return true;
    std::int64_t seen = tat_us_.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t next = detail::gcra_take(seen, now_ms, rate, wait_ms);
      if (next == 0) return false;
      if (tat_us_.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return true;
    }
  }
  [[nodiscard]] bool idle(std::int64_t now_ms) const {
    return tat_us_.load(std::memory_order_relaxed) <= now_ms * 1000;
  }

 private:
  std::atomic<std::int64_t> tat_us_{0};
};

}  // namespace plaza
