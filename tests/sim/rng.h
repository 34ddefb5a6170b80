#pragma once
#include <cstdint>

#include "base/ids.h"

namespace plaza::sim {

/// All chance of a run: the same seed gives the same numbers on every machine.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(mix64(seed)) {}

  std::uint64_t next() { return state_ = mix64(state_); }
  /// 0..n-1; n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  bool permille(std::uint64_t chance) { return below(1000) < chance; }

 private:
  std::uint64_t state_;
};

}  // namespace plaza::sim
