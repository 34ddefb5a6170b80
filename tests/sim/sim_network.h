#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/rng.h"

namespace plaza::sim {

/// One direction of a connection: in order, nothing twice, as TCP does it. What is on the way when it is cut can be lost from
/// any frame on; what is before that still arrives, perhaps much later.
class Pipe {
 public:
  void put(std::string frame) {
    if (cut_) {
      lost_.push_back(std::move(frame));
      return;
    }
    bytes_ += frame.size();
    frames_.push_back(std::move(frame));
  }
  std::optional<std::string> take(std::int64_t now_ms) {
    if (frames_.empty() || now_ms < stalled_until_ms_) return std::nullopt;
    std::string frame = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= frame.size();
    return frame;
  }
  /// Nothing is put any more; the first `kept` frames still arrive.
  void cut(std::size_t kept) {
    cut_ = true;
    while (frames_.size() > kept) {
      bytes_ -= frames_.back().size();
      lost_.push_back(std::move(frames_.back()));
      frames_.pop_back();
    }
  }
  /// What was put by now arrives, then the end.
  void finish() { cut_ = true; }
  void stall(std::int64_t until_ms) { stalled_until_ms_ = until_ms; }

  [[nodiscard]] bool at_end(std::int64_t now_ms) const {
    return cut_ && frames_.empty() && now_ms >= stalled_until_ms_;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return frames_.size(); }
  [[nodiscard]] bool broken() const { return cut_; }
  /// What was put and does not arrive, in no order.
  [[nodiscard]] const std::vector<std::string>& lost() const { return lost_; }

 private:
  std::deque<std::string> frames_;
  std::vector<std::string> lost_;
  std::size_t bytes_ = 0;
  std::int64_t stalled_until_ms_ = 0;
  bool cut_ = false;
};

/// A connection between a client and the node. Both ends hold it.
struct Link {
  Pipe up, down;  ///< to the node, to the client

  void cut(Rng& rng) {
    up.cut(rng.below(up.size() + 1));
    down.cut(rng.below(down.size() + 1));
  }
};
using LinkPtr = std::shared_ptr<Link>;

}  // namespace plaza::sim
