#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace plaza::channels {

/// What a history may hold.
struct HistoryLimits {
  std::uint32_t entries_max = 100;
  std::size_t bytes_max = 1024 * 1024;  ///< of the encoded publications
  std::int64_t age_max_ms = 0;          ///< 0: no limit
};

/// What a subscriber says it has: everything up to `since` of this epoch.
struct Position {
  std::uint32_t epoch = 0;  ///< 0: nothing yet
  std::uint64_t since = 0;
};

/// What a subscriber gets.
struct Recovered {
  bool recovered = false;  ///< nothing was missed but what is in `frames` and, when `more`, behind them
  bool more = false;       ///< it did not fit: ask again from the last of these
  std::uint64_t upto = 0;  ///< the position with `frames`
  std::vector<std::string_view> frames;  ///< ascending, gapless; valid until the history is changed
};

/// The newest publications of a channel that is not stored: a ring of encoded frames, numbered 1, 2, 3... within an epoch.
///
/// A subscriber that says where it was gets either everything that it missed or is told that this cannot be done; never part
/// of it. The epoch names this history: another one under the same name must have another epoch.
///
/// Thread  The channel's home shard.
/// Limit   HistoryLimits; the oldest go first. The memory of what has gone is freed.
class ChannelHistory {
 public:
  /// `head`: of a stored channel, of which this is what is in memory: everything up to there is not here.
  ChannelHistory(std::uint32_t epoch, const HistoryLimits& limits, std::uint64_t head = 0)
      : epoch_(epoch), limits_(limits), head_(head) {}

  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  /// Position of the newest publication, 0 when there was none.
  [[nodiscard]] std::uint64_t head() const { return head_; }
  /// Publications up to here are gone.
  [[nodiscard]] std::uint64_t dropped() const { return head_ - entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// The publication with position head() + 1.
  void add(std::string frame, std::int64_t now_ms);
  void set_limits(const HistoryLimits& limits, std::int64_t now_ms);
  /// Drops what is too old.
  void expire(std::int64_t now_ms);

  /// Everything after a position, in pages of at most bytes_max (one frame is always served).
  [[nodiscard]] Recovered recover(Position position, std::int64_t now_ms, std::size_t bytes_max);
  /// For one without a position: the newest `count`, as far as they fit into bytes_max. Not a recovery.
  [[nodiscard]] Recovered newest(std::uint32_t count, std::int64_t now_ms, std::size_t bytes_max);

 private:
  struct Entry {
    std::string frame;
    std::int64_t when_ms;
  };
  void drop_first();
  void trim();

  // Constant after construction.
  const std::uint32_t epoch_;
  // On the shard only.
  HistoryLimits limits_;
  std::uint64_t head_;
  std::deque<Entry> entries_;  ///< the last one is head_
  std::size_t bytes_ = 0;
};

}  // namespace plaza::channels
