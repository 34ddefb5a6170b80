#pragma once
#include <cstddef>
#include <cstdint>

#include "ports/stream_store.h"

namespace plaza::streams {

/// Counted for an entry besides its body.
inline constexpr std::size_t kEntryOverheadBytes = 128;

/// Which entries a page may hold: the seqs low..high, none when low > high.
struct PageRange {
  bool too_old = false;
  std::uint64_t low = 1;
  std::uint64_t high = 0;

  [[nodiscard]] bool empty() const { return low > high; }
};

/// The range that a request asks for, of what the stream has, at most entries_max (at least 1).
///   forward   after `from`; from the first entry there is, and too_old, when the epoch is another one, the gap
///             is trimmed, or `from` is past the head
///   backward  before `from`, or from the head when `from` is 0 or past it
/// `head` is at least every head that a reader may have been told before it asked: a view that lags behind would
/// take a reader that is merely ahead of it for one of another stream.
[[nodiscard]] PageRange page_range(const ports::Head& head, const ports::ReadRequest& request);

/// Puts entries on a page, in the order of reading, until a limit is reached.
///
/// Thread   One.
/// Limit    entries by the range; bytes_max counted as body + kEntryOverheadBytes. The first entry always
///          fits.
class PageFill {
 public:
  PageFill(const ports::Head& head, const ports::ReadRequest& request);

  /// The next seq to offer; 0 when the page is full or the range is at its end.
  [[nodiscard]] std::uint64_t wants() const { return wants_; }
  /// Offers the message with seq wants(). False: it does not fit any more, and the page is full.
  bool offer(ports::MessagePtr message);
  /// The page, with `more` told.
  [[nodiscard]] ports::Page finish();

 private:
  void step();

  PageRange range_;
  bool backward_;
  std::size_t bytes_left_;
  std::uint64_t wants_ = 0;
  ports::Page page_;
};

}  // namespace plaza::streams
