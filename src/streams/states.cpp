#include "streams/states.h"

#include <algorithm>

namespace plaza::streams {

// ---- StreamState --------------------------------------------------------------------------------

std::uint64_t StreamState::in_tail(std::uint64_t seq) const {
  const std::uint64_t stored = stored_head();
  return seq > stored && seq <= head ? tail[seq - stored - 1] : 0;
}

std::uint64_t StreamState::push(std::uint64_t message_id) {
  tail.push_back(message_id);
  return ++head;
}

void StreamState::pop() {
  tail.pop_back();
  --head;
}

void StreamState::stored(std::size_t count) {
  tail.erase(tail.begin(), tail.begin() + static_cast<std::ptrdiff_t>(count));
  constexpr std::size_t kKeptCapacity = 64;
  if (tail.empty() && tail.capacity() > kKeptCapacity) tail = {};
}

bool StreamState::replay(std::uint64_t seq, std::uint64_t message_id) {
  if (seq <= trimmed) {
    head = std::max(head, seq);
    return true;
  }
  if (tail.empty()) head = seq - 1;  // the row of the stream may be ahead of the index
  if (seq != head + 1) return false;
  push(message_id);
  replayed = true;
  return true;
}

// ---- RecentSends --------------------------------------------------------------------------------

void RecentSends::note(std::uint64_t message_id) {
  if (ids_.size() == 2 * kKept) ids_.erase(ids_.begin(), ids_.begin() + kKept);
  ids_.push_back(message_id);
}

void RecentSends::take_back() {
  if (!ids_.empty()) ids_.pop_back();
}

std::uint64_t RecentSends::find(std::uint64_t send_id, std::uint64_t last_send_id) const {
  const std::uint64_t back = last_send_id - send_id;
  return send_id <= last_send_id && back < ids_.size() ? ids_[ids_.size() - 1 - back] : 0;
}

// ---- MarkState ----------------------------------------------------------------------------------

bool MarkState::list_for_message(std::uint64_t conversation_seq) {
  if (listing == Listing::listed || conversation_seq <= removed_at) return false;
  listing = Listing::listed;
  removed_at = 0;
  return true;
}

bool MarkState::own_send(std::uint64_t conversation_seq) {
  if (listing != Listing::listed || conversation_seq <= marks.read) return false;
  marks.read = conversation_seq;
  marks.delivered = std::max(marks.delivered, conversation_seq);
  return true;
}

ports::Marked MarkState::move(ports::Marks to, std::uint64_t head) {
  listing = Listing::listed;
  removed_at = 0;
  const ports::Marks before = marks;
  marks.delivered = std::max(before.delivered, std::min(std::max(to.delivered, to.read), head));
  marks.read = std::max(before.read, std::min(to.read, head));
  const bool changed = marks.delivered != before.delivered || marks.read != before.read;
  return {.marks = marks, .changed = changed, .head = head};
}

bool MarkState::remove(std::uint64_t head) {
  if (listing != Listing::listed) return false;
  listing = Listing::removed;
  removed_at = head;
  return true;
}

}  // namespace plaza::streams
