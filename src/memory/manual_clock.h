#pragma once
#include <atomic>

#include "ports/clock.h"

namespace plaza::memory {

/// A clock that a test or the simulator moves by hand.
///
/// Thread   Any thread.
class ManualClock final : public ports::Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'700'000'000'000, std::int64_t steady_ms = 1'000'000)
      : wall_ms_(wall_ms), steady_ms_(steady_ms) {}

  [[nodiscard]] std::int64_t wall_ms() const override { return wall_ms_.load(); }
  [[nodiscard]] std::int64_t steady_ms() const override { return steady_ms_.load(); }

  /// Time passes: both clocks move.
  void advance_ms(std::int64_t ms) {
    wall_ms_ += ms;
    steady_ms_ += ms;
  }
  /// Somebody sets the machine's time: only the wall clock moves, also back.
  void jump_wall_ms(std::int64_t ms) { wall_ms_ += ms; }

 private:
  // Any thread (atomic).
  std::atomic<std::int64_t> wall_ms_;
  std::atomic<std::int64_t> steady_ms_;
};

}  // namespace plaza::memory
