#include "channels/history.h"

#include <algorithm>
#include <utility>

namespace plaza::channels {

void ChannelHistory::add(std::string frame, std::int64_t now_ms) {
  ++head_;
  bytes_ += frame.size();
  entries_.push_back({std::move(frame), now_ms});
  trim();
  expire(now_ms);
}

void ChannelHistory::set_limits(const HistoryLimits& limits, std::int64_t now_ms) {
  limits_ = limits;
  trim();
  expire(now_ms);
}

void ChannelHistory::drop_first() {
  bytes_ -= entries_.front().frame.size();
  entries_.pop_front();
}

void ChannelHistory::trim() {
  while (entries_.size() > limits_.entries_max || bytes_ > limits_.bytes_max) drop_first();
}

void ChannelHistory::expire(std::int64_t now_ms) {
  if (limits_.age_max_ms == 0) return;
  while (!entries_.empty() && entries_.front().when_ms + limits_.age_max_ms <= now_ms) drop_first();
}

Recovered ChannelHistory::recover(Position position, std::int64_t now_ms, std::size_t bytes_max) {
  expire(now_ms);
  Recovered result{.recovered = false, .more = false, .upto = head_, .frames = {}};
  // Another history's position, one that this history never gave out, or one behind which something is gone.
  if (position.epoch != epoch_ || position.since > head_ || position.since < dropped()) return result;
  result.recovered = true;
  result.upto = position.since;
  std::size_t bytes = 0;
  for (std::size_t i = position.since - dropped(); i < entries_.size(); ++i) {
    bytes += entries_[i].frame.size() + 1;
    if (bytes > bytes_max && !result.frames.empty()) {
      result.more = true;
      break;
    }
    result.frames.push_back(entries_[i].frame);
    ++result.upto;
  }
  return result;
}

Recovered ChannelHistory::newest(std::uint32_t count, std::int64_t now_ms, std::size_t bytes_max) {
  expire(now_ms);
  Recovered result{.recovered = false, .more = false, .upto = head_, .frames = {}};
  std::size_t bytes = 0;
  for (std::size_t i = entries_.size(); i > 0 && result.frames.size() < count; --i) {
    bytes += entries_[i - 1].frame.size() + 1;
    if (bytes > bytes_max) break;
    result.frames.push_back(entries_[i - 1].frame);
  }
  std::ranges::reverse(result.frames);
  return result;
}

}  // namespace plaza::channels
