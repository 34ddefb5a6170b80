#include "bench/checks.h"

#include <algorithm>

namespace plaza::bench {

void OrderCheck::saw(std::uint64_t number) {
  if (number == next_) {
    ++next_;
  } else if (number > next_) {
    while (next_ < number) missing_.insert(next_++);
    ++next_;
  } else if (missing_.erase(number) != 0) {
    ++reordered_;
  } else {
    ++duplicated_;
  }
}

Findings OrderCheck::finish(std::uint64_t last) const {
  Findings found{.lost = missing_.size(), .duplicated = duplicated_, .reordered = reordered_};
  if (next_ <= last) found.lost += last - next_ + 1;
  if (next_ > last + 1) found.corrupted += next_ - last - 1;  // numbers that were never sent
  return found;
}

bool StreamCheck::saw(std::uint64_t position) {
  if (known(position)) {
    if (!overlap_allowed_) ++duplicated_;
    return false;
  }
  if (position != next_) {
    ahead_.insert(position);
    return true;
  }
  ++next_;
  while (!ahead_.empty() && ahead_.erase(next_) != 0) ++next_;
  return true;
}

bool StreamCheck::pushed(std::uint64_t position) {
  const bool fresh = saw(position);
  if (fresh && position < last_pushed_) ++reordered_;
  last_pushed_ = std::max(last_pushed_, position);
  return fresh;
}

bool StreamCheck::pulled(std::uint64_t position) { return !known(position) && saw(position); }

Findings StreamCheck::finish(std::uint64_t head) const {
  Findings found{.duplicated = duplicated_, .reordered = reordered_};
  const std::uint64_t complete = complete_up_to();
  if (complete < head) found.lost = head - complete;
  for (const std::uint64_t position : ahead_) {
    if (position <= head) {
      --found.lost;
    } else {
      ++found.corrupted;  // what the server says does not exist
    }
  }
  if (complete > head) found.corrupted += complete - head;
  return found;
}

bool CommonOrder::agrees(std::uint64_t position, std::uint64_t key) {
  if (position == 0) return false;
  if (position > keys_.size()) keys_.resize(position);
  std::uint64_t& known = keys_[position - 1];
  if (known == 0) known = key;
  return known == key;
}

}  // namespace plaza::bench
