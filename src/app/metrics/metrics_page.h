#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace plaza::app {

/// The text of /metrics, written at most once in a while: it is asked for on shards, whose messages wait meanwhile.
///
/// Thread   Any. While one thread writes it anew, the others get the text from before; only the very first is waited for.
/// Limit    One text is kept, and is at most keep_ms old (metrics.cache_ms; 0: always new). Who finds it older has it written.
class MetricsPage {
 public:
  using Clock = std::chrono::steady_clock;
  MetricsPage(std::int64_t keep_ms, std::function<std::string()> write)
      : keep_(keep_ms), write_(std::move(write)) {}

  [[nodiscard]] std::string text(Clock::time_point now = Clock::now());

 private:
  // Constant after construction.
  const std::chrono::milliseconds keep_;
  const std::function<std::string()> write_;
  // Held while it is written.
  std::mutex writing_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::string text_;
  Clock::time_point written_;
};

}  // namespace plaza::app
