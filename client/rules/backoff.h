#pragma once
#include <algorithm>
#include <cstdint>

#include "base/ids.h"

namespace plaza::client {

/// How long to wait before trying again: "full jitter", a random time between 0 and min(cap, base * 2^n) for the n-th
/// failure in a row (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). Spreads the clients of a
/// restarted server evenly instead of in waves.
///
/// Thread   One thread. Pure: the same seed gives the same delays.
class Backoff {
 public:
  Backoff(std::int64_t base_ms, std::int64_t cap_ms, std::uint64_t seed)
      : base_ms_(base_ms), cap_ms_(cap_ms), random_(seed) {}

  /// The delay in ms after one more failure; at least `at_least_ms` (what a server asked for), which is not jittered away.
  std::int64_t next(std::int64_t at_least_ms = 0) {
    const std::int64_t limit = ceiling();
    failures_ = std::min(failures_ + 1, 62U);
    random_ = plaza::mix64(random_);
    return at_least_ms + static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(limit + 1));
  }
  void reset() { failures_ = 0; }
  [[nodiscard]] unsigned failures() const { return failures_; }
  /// The most that next() can add now.
  [[nodiscard]] std::int64_t ceiling() const {
    if (failures_ >= 32) return cap_ms_;
    return std::min(cap_ms_, base_ms_ << failures_);
  }

 private:
  // Constant after construction.
  std::int64_t base_ms_, cap_ms_;
  // The owner's thread only.
  std::uint64_t random_;
  unsigned failures_ = 0;
};

}  // namespace plaza::client
