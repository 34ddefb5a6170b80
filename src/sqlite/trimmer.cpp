#include "sqlite/trimmer.h"

#include <algorithm>

#include "streams/states.h"

namespace plaza::sqlite {

using ports::StreamId;
using streams::StreamState;

Trimmer::Piece Trimmer::piece(const ports::Retention& retention, std::int64_t now_ms) {
  clear();
  scanned_ = next_;
  Piece result = Piece::last;
  if (retention.message_age_max_ms > 0) result = by_age(now_ms - retention.message_age_max_ms);
  if (result == Piece::last && retention.inbox_entries_max > 0)
    result = by_count(retention.inbox_entries_max);
  if (result == Piece::failed || !write_trimmed()) return Piece::failed;
  return result;
}

Trimmer::Piece Trimmer::by_age(std::int64_t oldest_kept_ms) {
  Statement& rows = tables_.oldest_messages;
  Piece result = Piece::last;
  {
    const Rewind rewind(rows);
    rows.bind(1, set_.indexed_upto);
    for (;;) {
      const int code = rows.step();
      if (code == SQLITE_DONE) break;
      if (code != SQLITE_ROW) return Piece::failed;
      if (rows.sint(1) >= oldest_kept_ms) break;
      if (rows_ >= rows_max_) {
        result = Piece::more;
        break;
      }
      const ports::MessagePtr message = message_of(rows, 0);
      if (!message) return Piece::failed;
      for (const ports::Delivery& delivery : message->deliveries) {
        if (!raise(delivery.stream, delivery.seq)) return Piece::failed;
      }
      if (!raise(message->conversation, message->conversation_seq)) return Piece::failed;
      messages_upto_ = message->id.value;
      ++rows_;
    }
  }
  if (messages_upto_ != 0 && !tables_.delete_messages_upto(messages_upto_)) return Piece::failed;
  return result;
}

Trimmer::Piece Trimmer::by_count(std::uint64_t entries_max) {
  if (rows_ >= rows_max_) return Piece::more;
  return scan_streams(entries_max);
}

Trimmer::Piece Trimmer::scan_streams(std::uint64_t entries_max) {
  Statement& rows = tables_.streams_after;
  const Rewind rewind(rows);
  rows.bind(1, next_.a);
  rows.bind(2, next_.b);
  for (std::uint32_t looked = 0;; ++looked) {
    const int code = rows.step();
    if (code == SQLITE_DONE) return Piece::last;
    if (code != SQLITE_ROW) return Piece::failed;
    if (looked == kStreamsLooked) return Piece::more;
    const StreamId id{.a = rows.uint(0), .b = rows.uint(1)};
    std::uint64_t stored_head = rows.uint(2);
    std::uint64_t trimmed = rows.uint(3);
    if (const StreamState* const newer = set_.known_stream(id)) stored_head = newer->stored_head();
    if (const auto already = trimmed_.find(id); already != trimmed_.end())
      trimmed = std::max(trimmed, already->second);
    if (stored_head > entries_max && stored_head - entries_max > trimmed) {
      const std::uint64_t wanted = stored_head - entries_max - trimmed;
      const std::uint64_t allowed = std::min<std::uint64_t>(wanted, rows_max_ - rows_);
      if (!raise(id, trimmed + allowed)) return Piece::failed;
      rows_ += static_cast<std::uint32_t>(allowed) - 1;  // raise() counted one
      if (allowed < wanted || rows_ >= rows_max_) return Piece::more;
    }
    scanned_ = id;
  }
}

bool Trimmer::raise(StreamId stream, std::uint64_t trimmed) {
  std::uint64_t& to = trimmed_[stream];
  to = std::max(to, trimmed);
  ++rows_;
  return true;
}

bool Trimmer::write_trimmed() {
  for (const auto& [id, trimmed] : trimmed_) {
    const StreamState* const stream = set_.stream(id);
    if (stream == nullptr || !tables_.delete_runs_upto(id, trimmed)) return false;
    StreamState raised;
    raised.id = id;
    raised.head = stream->head;
    raised.epoch = stream->epoch;
    raised.trimmed = std::max(stream->trimmed, trimmed);
    if (!tables_.write_stream(raised)) return false;
  }
  return true;
}

void Trimmer::applied() {
  for (const auto& [id, trimmed] : trimmed_) {
    if (StreamState* const stream = set_.known_stream(id))
      stream->trimmed = std::max(stream->trimmed, trimmed);
  }
  if (messages_upto_ != 0) set_.recent.drop_upto(messages_upto_);
  next_ = scanned_;
  clear();
}

void Trimmer::clear() {
  rows_ = 0;
  messages_upto_ = 0;
  trimmed_.clear();
}

}  // namespace plaza::sqlite
