#include "streams/index_flush.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace plaza::streams {

bool IndexFlush::needed() const {
  return !set_.dirty_streams.empty() || !set_.dirty_senders.empty() || !set_.dirty_marks.empty();
}

void IndexFlush::begin_round() {
  PLAZA_CHECK(!active_);
  active_ = true;
  upto_ = set_.last_message;
  upto_time_ms_ = set_.last_time_ms;
  streams_.swap(set_.dirty_streams);
  senders_.swap(set_.dirty_senders);
  marks_.swap(set_.dirty_marks);
  std::sort(streams_.begin(), streams_.end(), [](const auto* x, const auto* y) { return x->id < y->id; });
  std::sort(senders_.begin(), senders_.end(), [](const auto* x, const auto* y) {
    return std::tie(x->member, x->device) < std::tie(y->member, y->device);
  });
  std::sort(marks_.begin(), marks_.end(), [](const auto* x, const auto* y) {
    return std::tie(x->member, x->stream) < std::tie(y->member, y->stream);
  });
  set_.zone_bytes.begin_round(upto_);
  done_ = written_ = {};
}

std::size_t IndexFlush::entries_of_round(const StreamState& stream) const {
  const auto end = std::upper_bound(stream.tail.begin(), stream.tail.end(), upto_);
  return static_cast<std::size_t>(end - stream.tail.begin());
}

IndexFlush::Slice IndexFlush::write_streams(IndexRows& rows, std::size_t& rows_left) {
  Position& at = written_;
  while (at.stream < streams_.size()) {
    const StreamState& stream = *streams_[at.stream];
    const std::size_t entries = entries_of_round(stream);
    while (at.entry < entries) {
      if (rows_left == 0) return Slice::more;
      const std::size_t count = std::min(entries - at.entry, kRunEntriesMax);
      runs_.push_back({.stream = stream.id,
                       .first = stream.stored_head() + 1 + at.entry,
                       .messages = std::span(stream.tail).subspan(at.entry, count),
                       .replaces = stream.replayed && at.entry == 0});
      at.entry += count;
      rows_left -= std::min(rows_left, 1 + count / kEntriesPerRow);
    }
    if (rows_left == 0) return Slice::more;
    if (!rows.write_stream(stream)) return Slice::failed;
    --rows_left;
    ++at.stream;
    at.entry = 0;
  }
  return Slice::last;
}

IndexFlush::Slice IndexFlush::write(IndexRows& rows, std::size_t rows_max) {
  PLAZA_CHECK(active_);
  written_ = done_;
  runs_.clear();
  const Slice slice = write_all(rows, rows_max);
  if (slice == Slice::failed || runs_.empty()) return slice;
  return rows.write_runs(runs_) ? slice : Slice::failed;
}

IndexFlush::Slice IndexFlush::write_all(IndexRows& rows, std::size_t rows_left) {
  if (const Slice slice = write_streams(rows, rows_left); slice != Slice::last) return slice;
  for (Position& at = written_; at.sender < senders_.size(); ++at.sender, --rows_left) {
    if (rows_left == 0) return Slice::more;
    if (!rows.write_sender(*senders_[at.sender])) return Slice::failed;
  }
  for (Position& at = written_; at.mark < marks_.size(); ++at.mark, --rows_left) {
    if (rows_left == 0) return Slice::more;
    if (!rows.write_mark(*marks_[at.mark])) return Slice::failed;
  }
  // A sum is no maximum: written twice it would be wrong, so it goes with the message up to which it is right.
  for (const ports::ZoneBytes& row : set_.zone_bytes.round_rows()) {
    if (!rows.write_zone_bytes(row)) return Slice::failed;
  }
  if (!rows.write_indexed_upto(upto_, upto_time_ms_)) return Slice::failed;
  written_.end = true;
  return Slice::last;
}

void IndexFlush::applied() {
  for (const IndexRun& run : runs_) entries_written_ += run.messages.size();
  runs_.clear();
  for (; done_.stream < written_.stream; ++done_.stream) {
    StreamState& stream = *streams_[done_.stream];
    const std::size_t stored = entries_of_round(stream);
    stream.stored(stored);
    set_.entries_in_tails -= stored;
    stream.dirty = false;
    stream.replayed = false;
    if (!stream.tail.empty()) set_.touch(stream);  // entries that came after the round began
  }
  for (; done_.sender < written_.sender; ++done_.sender) senders_[done_.sender]->dirty = false;
  for (; done_.mark < written_.mark; ++done_.mark) {
    marks_[done_.mark]->dirty = false;
    marks_[done_.mark]->in_table = true;
  }
  done_ = written_;
  if (!done_.end) return;
  set_.indexed_upto = upto_;
  set_.zone_bytes.round_applied();
  set_.forget_marks_without_row();
  streams_.clear();
  senders_.clear();
  marks_.clear();
  active_ = false;
  ++rounds_;
}

void IndexFlush::abandoned() {
  written_ = done_;
  runs_.clear();
}

}  // namespace plaza::streams
