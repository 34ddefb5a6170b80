#include "streams/page_rules.h"

#include <algorithm>
#include <utility>

namespace plaza::streams {

PageRange page_range(const ports::Head& head, const ports::ReadRequest& request) {
  PageRange range;
  const std::uint64_t entries_max = std::max<std::uint32_t>(request.entries_max, 1);
  if (request.backward) {
    range.high = request.from == 0 || request.from > head.head ? head.head : request.from - 1;
    range.low = std::max(head.trimmed + 1, range.high >= entries_max ? range.high - entries_max + 1 : 1);
    return range;
  }
  const bool other_epoch = request.epoch != 0 && request.epoch != head.epoch;
  // Past the head: nobody was ever told of such a place, so it is one of a stream that this one has replaced.
  const bool past_the_head = request.from > head.head;
  range.too_old = other_epoch || past_the_head || request.from < head.trimmed;
  range.low = range.too_old ? head.trimmed + 1 : request.from + 1;
  range.high = range.low > head.head ? head.head : std::min(head.head, range.low + entries_max - 1);
  return range;
}

PageFill::PageFill(const ports::Head& head, const ports::ReadRequest& request)
    : range_(page_range(head, request)), backward_(request.backward), bytes_left_(request.bytes_max) {
  page_.head = head;
  page_.too_old = range_.too_old;
  if (!range_.empty()) wants_ = backward_ ? range_.high : range_.low;
}

void PageFill::step() {
  const bool last = wants_ == (backward_ ? range_.low : range_.high);
  wants_ = last ? 0 : (backward_ ? wants_ - 1 : wants_ + 1);
}

bool PageFill::offer(ports::MessagePtr message) {
  const std::size_t bytes = message->body.size() + kEntryOverheadBytes;
  if (bytes > bytes_left_ && !page_.entries.empty()) {
    wants_ = 0;
    return false;
  }
  bytes_left_ -= std::min(bytes, bytes_left_);
  page_.entries.push_back({.seq = wants_, .message = std::move(message)});
  step();
  return true;
}

ports::Page PageFill::finish() {
  if (!page_.entries.empty()) {
    const std::uint64_t last = page_.entries.back().seq;
    page_.more = backward_ ? last > page_.head.trimmed + 1 : last < page_.head.head;
  }
  return std::move(page_);
}

}  // namespace plaza::streams
