#pragma once
#include <cstdint>

namespace plaza::ports {

/// Where time comes from. The domain never asks the system.
///
/// Contract  wall_ms() is Unix time in milliseconds (UTC); it may jump. steady_ms() never goes back; only differences
///           of it mean anything.
/// Thread    Any thread may call both.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
  [[nodiscard]] virtual std::int64_t steady_ms() const = 0;
};

}  // namespace plaza::ports
