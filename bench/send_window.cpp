#include "bench/send_window.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace plaza::bench {

// Twice the width: acknowledgements may overtake each other without stopping the window.
SendWindow::SendWindow(std::uint32_t width, std::uint64_t last_send_id)
    : width_(width),
      mask_(std::bit_ceil(std::size_t{width} * 2) - 1),
      first_(last_send_id + 1),
      next_(first_),
      since_(mask_ + 1) {}

std::uint64_t SendWindow::take(std::int64_t since) {
  if (refused_) {
    next_ = lowest_refused_;
    refused_ = false;
  }
  std::int64_t& at = slot(next_);
  PLAZA_CHECK(at == 0);
  at = since;
  ++in_flight_;
  return next_++;
}

std::optional<std::int64_t> SendWindow::accepted(std::uint64_t send_id) {
  if (send_id < first_ || send_id >= next_) return std::nullopt;
  std::int64_t& at = slot(send_id);
  if (at == 0) return std::nullopt;
  --in_flight_;
  ++accepted_;
  const std::int64_t since = at;
  at = 0;
  return since;
}

bool SendWindow::refused(std::uint64_t send_id, std::int64_t resume_at) {
  if (send_id < first_ || send_id >= next_) return false;
  std::int64_t& at = slot(send_id);
  if (at == 0) return false;
  at = 0;
  --in_flight_;
  lowest_refused_ = refused_ ? std::min(lowest_refused_, send_id) : send_id;
  resume_at_ = std::max(resume_at_, resume_at);
  refused_ = true;
  return true;
}

}  // namespace plaza::bench
