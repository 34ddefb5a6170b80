#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/ids.h"

namespace plaza::backend {

/// Signed requests of the last minutes, so that none is taken twice.
///
/// Thread  Any.
/// Limit   per_app_max each. When an app has so many, further requests are refused: forgetting one would let it be replayed.
class Nonces {
 public:
  enum class Seen : std::uint8_t { fresh, again, full };

  Nonces(std::size_t per_app_max, std::int64_t keep_ms) : per_app_max_(per_app_max), keep_ms_(keep_ms) {}
  /// Fresh: it is remembered for keep_ms from now on.
  [[nodiscard]] Seen note(AppId app, std::string nonce, std::int64_t now_ms);

 private:
  struct OfApp {
    std::deque<std::pair<std::int64_t, std::string>> order;  ///< oldest first
    std::unordered_set<std::string> known;
  };
  // Constant after construction.
  const std::size_t per_app_max_;
  const std::int64_t keep_ms_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::unordered_map<AppId, OfApp> apps_;
};

}  // namespace plaza::backend
