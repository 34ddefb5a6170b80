#pragma once
#include <chrono>

#include "ports/clock.h"

namespace plaza::memory {

/// The machine's clocks.
///
/// Thread   Any thread.
class SystemClock final : public ports::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  [[nodiscard]] std::int64_t steady_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace plaza::memory
