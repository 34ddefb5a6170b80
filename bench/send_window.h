#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace plaza::bench {

/// The sends of one device: which send_id is next, how many wait for their answer, and what must be sent again.
///
/// A refused send consumes nothing, and the ones sent after it are refused too (they are ahead). So nothing goes out until
/// everything in flight is answered and the server's pause is over; then it goes on from the first refused one.
///
/// Unit     Times are steady nanoseconds > 0.
/// Thread   One.
/// Limit    `width` sends in flight, the newest at most 2 * width behind the oldest: one that is never answered stops it.
class SendWindow {
 public:
  SendWindow(std::uint32_t width, std::uint64_t last_send_id);

  /// May one more go out now?
  [[nodiscard]] bool open(std::int64_t now) const {
    if (refused_) return in_flight_ == 0 && now >= resume_at_;
    return in_flight_ < width_ && since_[static_cast<std::size_t>(next_) & mask_] == 0;
  }
  /// The number of the send that goes out now. `since` is when its latency begins: now, or earlier when it had to wait.
  /// Requires open().
  std::uint64_t take(std::int64_t since);
  /// It was accepted. Gives its `since`; nothing when it was not in flight (a second acknowledgement).
  std::optional<std::int64_t> accepted(std::uint64_t send_id);
  /// It was refused. False when it was not in flight.
  bool refused(std::uint64_t send_id, std::int64_t resume_at);

  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  /// True while something that was refused has not gone out again.
  [[nodiscard]] bool owes() const { return refused_; }
  [[nodiscard]] std::int64_t resume_at() const { return resume_at_; }
  /// How many sends have gone out at least once and were not refused since: the message numbers 1..sent().
  [[nodiscard]] std::uint64_t sent() const { return next_ - first_; }
  [[nodiscard]] std::uint64_t accepted_count() const { return accepted_; }
  /// The message number (1,2,3... in this run) of a send.
  [[nodiscard]] std::uint64_t number_of(std::uint64_t send_id) const { return send_id - first_ + 1; }

 private:
  std::int64_t& slot(std::uint64_t send_id) { return since_[static_cast<std::size_t>(send_id) & mask_]; }

  const std::uint32_t width_;
  const std::size_t mask_;
  const std::uint64_t first_;
  std::uint64_t next_;
  std::uint64_t accepted_ = 0;
  std::uint32_t in_flight_ = 0;
  bool refused_ = false;
  std::uint64_t lowest_refused_ = 0;
  std::int64_t resume_at_ = 0;
  std::vector<std::int64_t> since_;  // 0 = not in flight
};

}  // namespace plaza::bench
