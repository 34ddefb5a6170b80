#include "sqlite/trimmer.h"

#include <algorithm>

#include "streams/states.h"
#include "streams/stored_blobs.h"

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
      removed_[message->zone] += ports::ZoneBytes::of(*message);
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
      if (const Piece piece = trim_entries(id, trimmed, stored_head - entries_max); piece != Piece::last)
        return piece;
    }
    scanned_ = id;
  }
}

/// The entries after `trimmed` up to `upto`, in their order.
Trimmer::Piece Trimmer::trim_entries(StreamId stream, std::uint64_t trimmed, std::uint64_t upto) {
  for (std::uint64_t seq = trimmed + 1; seq <= upto; ++seq) {
    if (rows_ >= rows_max_) return Piece::more;
    std::uint64_t message_id = 0;
    const auto found = tables_.lookup().entry(stream, seq, message_id);
    if (found == MessageLookup::Found::failed) return Piece::failed;
    if (message_id > set_.indexed_upto) return Piece::last;  // in the next pass
    if (!raise(stream, seq)) return Piece::failed;
    if (found == MessageLookup::Found::yes && !drop_when_unreferenced(message_id)) return Piece::failed;
  }
  return Piece::last;
}

/// False: the storage failed. The entry that is asked last is the one that is trimmed last, mostly: streams are
/// trimmed in their order, conversations behind inboxes.
bool Trimmer::drop_when_unreferenced(std::uint64_t message_id) {
  Statement& row = tables_.references_of;
  const Rewind rewind(row);
  row.bind(1, message_id);
  const int code = row.step();
  if (code == SQLITE_DONE) return true;  // gone by age
  if (code != SQLITE_ROW) return false;
  auto gone = is_trimmed({.a = row.uint(0), .b = row.uint(1)}, row.uint(2));
  if (!gone || !*gone) return gone.has_value();
  if (!streams::decode_deliveries(row.bytes(3), deliveries_)) return false;
  for (auto delivery = deliveries_.rbegin(); delivery != deliveries_.rend(); ++delivery) {
    gone = is_trimmed(delivery->stream, delivery->seq);
    if (!gone || !*gone) return gone.has_value();
  }
  removed_[ZoneId{row.uint(4)}] += row.uint(5) + ports::ZoneBytes::kMessageBytes;
  dropped_.push_back(message_id);
  return true;
}

/// Nothing: the storage failed.
std::optional<bool> Trimmer::is_trimmed(StreamId stream, std::uint64_t seq) {
  ++rows_;
  if (const auto raised = trimmed_.find(stream); raised != trimmed_.end() && raised->second >= seq)
    return true;
  if (const StreamState* const known = set_.known_stream(stream)) return known->trimmed >= seq;
  StreamState stored;
  stored.id = stream;
  if (!tables_.load(stored)) return std::nullopt;
  return stored.trimmed >= seq;
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
    if (stream == nullptr || !tables_.delete_runs_upto(id, trimmed) ||
        !tables_.delete_quiet_upto(id, trimmed))
      return false;
    StreamState raised;
    raised.id = id;
    raised.head = stream->head;
    raised.epoch = stream->epoch;
    raised.trimmed = std::max(stream->trimmed, trimmed);
    if (!tables_.write_stream(raised)) return false;
  }
  for (const auto& [zone, bytes] : removed_) {
    if (!tables_.write_zone_bytes(set_.zone_bytes.row_without(zone, bytes))) return false;
  }
  return std::all_of(dropped_.begin(), dropped_.end(),
                     [this](std::uint64_t id) { return tables_.delete_message(id); });
}

void Trimmer::applied() {
  for (const auto& [id, trimmed] : trimmed_) {
    if (StreamState* const stream = set_.known_stream(id))
      stream->trimmed = std::max(stream->trimmed, trimmed);
  }
  for (const auto& [zone, bytes] : removed_) set_.zone_bytes.removed(zone, bytes);
  if (messages_upto_ != 0) set_.recent.drop_upto(messages_upto_);
  next_ = scanned_;
  clear();
}

void Trimmer::clear() {
  rows_ = 0;
  messages_upto_ = 0;
  trimmed_.clear();
  dropped_.clear();
  removed_.clear();
}

}  // namespace plaza::sqlite
