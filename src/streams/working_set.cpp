#include "streams/working_set.h"

#include <algorithm>
#include <utility>

namespace plaza::streams {

using ports::StreamId;
using ports::StreamKind;

WorkingSet::WorkingSet(StateSource& source, WorkingSetLimits limits)
    : recent(limits.recent_bytes_max), limits_(limits), source_(source) {}

// ---- look-ups -----------------------------------------------------------------------------------

StreamState* WorkingSet::stream(StreamId id) {
  if (StreamState* const found = streams_.find(id)) {
    found->used = true;
    return found;
  }
  auto loaded = std::make_unique<StreamState>();
  loaded->id = id;
  loaded->epoch = epoch;
  if (!source_.load(*loaded)) return nullptr;
  return &streams_.insert(id, std::move(loaded));
}

SenderState* WorkingSet::sender(MemberId member, std::string_view device) {
  const SenderKey key{.member = member, .device = device};
  if (SenderState* const found = senders_.find(key)) {
    found->used = true;
    return found;
  }
  auto loaded = std::make_unique<SenderState>();
  loaded->member = member;
  loaded->device = device;
  if (!source_.load(*loaded)) return nullptr;
  return &senders_.insert(key, std::move(loaded));
}

MarkState* WorkingSet::mark(MemberId member, StreamId conversation) {
  const MarkKey key{.member = member, .stream = conversation};
  if (MarkState* const found = marks_.find(key)) {
    found->used = true;
    return found;
  }
  auto loaded = std::make_unique<MarkState>();
  loaded->member = member;
  loaded->stream = conversation;
  if (!source_.load(*loaded)) return nullptr;
  return &marks_.insert(key, std::move(loaded));
}

std::vector<StreamId> WorkingSet::marks_without_row(MemberId member) const {
  const auto found = without_row_.find(member);
  return found == without_row_.end() ? std::vector<StreamId>{} : found->second;
}

// ---- changes ------------------------------------------------------------------------------------

void WorkingSet::touch(StreamState& stream) {
  if (!std::exchange(stream.dirty, true)) dirty_streams.push_back(&stream);
}

void WorkingSet::touch(SenderState& sender) {
  if (!std::exchange(sender.dirty, true)) dirty_senders.push_back(&sender);
}

void WorkingSet::touch(MarkState& mark) {
  if (std::exchange(mark.dirty, true)) return;
  dirty_marks.push_back(&mark);
  if (!mark.in_table) without_row_[mark.member].push_back(mark.stream);
}

void WorkingSet::forget(StreamId id) {
  if (const StreamState* const state = streams_.find(id); state != nullptr && !state->dirty)
    streams_.erase(id);
}

void WorkingSet::forget(MemberId member, StreamId conversation) {
  const MarkKey key{.member = member, .stream = conversation};
  if (const MarkState* const state = marks_.find(key); state != nullptr && !state->dirty) marks_.erase(key);
}

void WorkingSet::forget(MemberId member, std::string_view device) {
  const SenderKey key{.member = member, .device = device};
  if (const SenderState* const state = senders_.find(key); state != nullptr && !state->dirty)
    senders_.erase(key);
}

void WorkingSet::forget_marks_without_row() {
  for (auto at = without_row_.begin(); at != without_row_.end();) {
    std::erase_if(at->second, [&](StreamId stream) {
      const MarkState* const mark = known_mark(at->first, stream);
      return mark == nullptr || mark->in_table;
    });
    at = at->second.empty() ? without_row_.erase(at) : std::next(at);
  }
}

bool WorkingSet::replay(const ports::MessagePtr& message) {
  const ports::Message& m = *message;
  const auto enter = [&](StreamId id, std::uint64_t seq) {
    StreamState* const state = stream(id);
    if (state == nullptr) return false;
    const std::size_t before = state->tail.size();
    if (!state->replay(seq, m.id.value)) return false;
    entries_in_tails += state->tail.size() - before;
    touch(*state);
    return true;
  };
  for (const ports::Delivery& delivery : m.deliveries) {
    if (!enter(delivery.stream, delivery.seq)) return false;
  }
  if (!enter(m.conversation, m.conversation_seq)) return false;
  if (m.change() != nullptr) stream(m.conversation)->quiet = m.conversation_seq;

  SenderState* const from = sender(m.sender, m.device);
  if (from == nullptr) return false;
  from->last_send_id = m.send_id;  // in order of id, so the last one seen is the last; the row is never newer
  from->last_message = m.id.value;
  from->recent.note(m.id.value);
  touch(*from);
  if (!replay_marks(m)) return false;

  last_message = m.id.value;
  last_time_ms = std::max(last_time_ms, m.time_ms);
  zone_bytes.added(m);
  recent.push(message);
  return true;
}

bool WorkingSet::replay_marks(const ports::Message& m) {
  if (m.change() != nullptr) return true;
  if (m.from_server()) return m.conversation.kind() != StreamKind::notices || replay_notice(m);
  MarkState* const own = mark(m.sender, m.conversation);
  if (own == nullptr) return false;
  bool changed = false;
  if (m.conversation.kind() == StreamKind::pair) {
    changed = own->list_for_message(m.conversation_seq);
    MarkState* const peer = mark(m.conversation.peer_of(m.sender), m.conversation);
    if (peer == nullptr) return false;
    if (peer->list_for_message(m.conversation_seq)) touch(*peer);
  }
  changed = own->own_send(m.conversation_seq) || changed;
  if (changed) touch(*own);
  return true;
}

bool WorkingSet::replay_notice(const ports::Message& m) {
  MarkState* const theirs = mark(MemberId{m.conversation.first()}, m.conversation);
  if (theirs == nullptr) return false;
  if (theirs->list_for_message(m.conversation_seq)) touch(*theirs);
  return true;
}

void WorkingSet::begin_at(std::uint64_t last, std::int64_t time_ms, std::uint32_t first_epoch) {
  last_message = indexed_upto = last;
  last_time_ms = time_ms;
  epoch = first_epoch;
}

void WorkingSet::evict() {
  const auto keep_to = [this](auto& table) {
    if (table.size() <= limits_.entries_max) return;
    constexpr std::size_t kLooksAtLeast = 64;
    table.sweep(4 * (table.size() - limits_.entries_max) + kLooksAtLeast,
                [](auto& state) { return !state.dirty && !std::exchange(state.used, false); });
  };
  keep_to(streams_);
  keep_to(senders_);
  keep_to(marks_);
}

}  // namespace plaza::streams
