#include "sqlite/eraser.h"

#include <algorithm>

#include "streams/stored_blobs.h"

namespace plaza::sqlite {

using ports::StreamId;
using ports::StreamKind;

Eraser::Piece Eraser::piece(const ports::Erasure& what) {
  clear();
  if (!tables_.secure_delete("ON")) return Piece::failed;
  const Piece result = erase_some(what);
  return tables_.secure_delete("FAST") ? result : Piece::failed;
}

Eraser::Piece Eraser::erase_some(const ports::Erasure& what) {
  for (const StreamId conversation : what.conversations) {
    if (full()) break;
    if (!erase_streams(conversation.a)) return Piece::failed;
  }
  for (const MemberId member : what.members) {
    if (full()) break;
    if (!erase_member(member)) return Piece::failed;
  }
  for (const std::string& device : what.server_devices) {
    if (full()) break;
    if (!tables_.delete_device(MemberId{}, device)) return Piece::failed;
    devices_.emplace_back(MemberId{}, device);
  }
  if (!write_bytes()) return Piece::failed;
  return full() ? Piece::more : Piece::last;
}

bool Eraser::erase_member(MemberId member) {
  for (const StreamKind kind : {StreamKind::inbox, StreamKind::notices, StreamKind::pair}) {
    if (!full() && !erase_streams(StreamId::make(kind, member.value, 0).a)) return false;
  }
  return (full() || erase_marks(member)) && (full() || erase_devices(member));
}

bool Eraser::erase_streams(std::uint64_t a) {
  if (!erase_runs(a)) return false;
  if (full()) return true;
  std::vector<StreamId> found;
  {
    Statement& rows = tables_.streams_of;
    const Rewind rewind(rows);
    rows.bind(1, a);
    rows.bind(2, std::uint64_t{rows_max_ - rows_});
    int code = SQLITE_OK;
    while ((code = rows.step()) == SQLITE_ROW) found.push_back({.a = a, .b = rows.uint(0)});
    if (code != SQLITE_DONE) return false;
  }
  rows_ += static_cast<std::uint32_t>(found.size());
  streams_.insert(streams_.end(), found.begin(), found.end());
  return std::ranges::all_of(found, [this](StreamId id) { return tables_.delete_stream(id); });
}

bool Eraser::erase_runs(std::uint64_t a) {
  struct Run {
    StreamId stream;
    std::uint64_t first, last;
  };
  const auto kind = StreamId{.a = a, .b = 0}.kind();
  while (!full()) {
    // A run has up to kRunEntriesMax messages: few at a time.
    constexpr std::uint64_t kRuns = 4;
    std::vector<Run> runs;
    ids_.clear();
    {
      Statement& rows = tables_.runs_of;
      const Rewind rewind(rows);
      rows.bind(1, a);
      rows.bind(2, kRuns);
      int code = SQLITE_OK;
      std::vector<std::uint64_t> decoded;
      while ((code = rows.step()) == SQLITE_ROW) {
        runs.push_back({{.a = a, .b = rows.uint(0)}, rows.uint(1), rows.uint(2)});
        if (kind == StreamKind::inbox) continue;  // its messages are those of conversations
        if (!streams::decode_run(rows.bytes(3), decoded)) return false;
        ids_.insert(ids_.end(), decoded.begin(), decoded.end());
      }
      if (code != SQLITE_DONE) return false;
    }
    if (runs.empty()) return true;
    if (!erase_messages(ids_)) return false;
    for (const Run& run : runs) {
      if (!tables_.delete_quiet_upto(run.stream, run.last) || !tables_.delete_run(run.stream, run.first))
        return false;
      ++rows_;
    }
  }
  return true;
}

bool Eraser::erase_messages(const std::vector<std::uint64_t>& ids) {
  for (const std::uint64_t id : ids) {
    MemberId sender;
    std::string device;
    {
      Statement& row = tables_.facts_of;
      const Rewind rewind(row);
      row.bind(1, id);
      const int code = row.step();
      if (code == SQLITE_DONE) continue;  // retention was here
      if (code != SQLITE_ROW) return false;
      removed_[ZoneId{row.uint(0)}] += row.uint(1) + ports::ZoneBytes::kMessageBytes;
      sender = MemberId{row.uint(2)};
      device = row.bytes(3);
    }
    rows_ += 1;
    if (!tables_.delete_message(id)) return false;
    // A device of the server that has sent elsewhere since stays.
    if (sender) continue;
    if (!tables_.delete_server_device(device, id)) return false;
    devices_.emplace_back(sender, std::move(device));
  }
  return true;
}

bool Eraser::erase_marks(MemberId member) {
  std::vector<StreamId> found;
  {
    Statement& rows = tables_.marks_after;
    const Rewind rewind(rows);
    rows.bind(1, member.value);
    rows.bind(2, std::uint64_t{0});
    rows.bind(3, std::uint64_t{0});
    int code = SQLITE_OK;
    while (rows_ + found.size() < rows_max_ && (code = rows.step()) == SQLITE_ROW)
      found.push_back({.a = rows.uint(0), .b = rows.uint(1)});
    if (code != SQLITE_DONE && code != SQLITE_ROW && code != SQLITE_OK) return false;
  }
  rows_ += static_cast<std::uint32_t>(found.size());
  for (const StreamId stream : found) {
    if (!tables_.delete_mark(member, stream)) return false;
    marks_.emplace_back(member, stream);
  }
  return true;
}

bool Eraser::erase_devices(MemberId member) {
  std::vector<std::string> found;
  {
    Statement& rows = tables_.devices_of;
    const Rewind rewind(rows);
    rows.bind(1, member.value);
    rows.bind(2, std::uint64_t{rows_max_ - rows_});
    int code = SQLITE_OK;
    while ((code = rows.step()) == SQLITE_ROW) found.emplace_back(rows.bytes(0));
    if (code != SQLITE_DONE) return false;
  }
  rows_ += static_cast<std::uint32_t>(found.size());
  for (std::string& device : found) {
    if (!tables_.delete_device(member, device)) return false;
    devices_.emplace_back(member, std::move(device));
  }
  return true;
}

bool Eraser::write_bytes() {
  return std::ranges::all_of(removed_, [this](const auto& entry) {
    return tables_.write_zone_bytes(set_.zone_bytes.row_without(entry.first, entry.second));
  });
}

void Eraser::applied() {
  for (const StreamId stream : streams_) set_.forget(stream);
  for (const auto& [member, stream] : marks_) set_.forget(member, stream);
  for (const auto& [member, device] : devices_) set_.forget(member, device);
  for (const auto& [zone, bytes] : removed_) set_.zone_bytes.removed(zone, bytes);
  clear();
}

void Eraser::clear() {
  rows_ = 0;
  streams_.clear();
  marks_.clear();
  devices_.clear();
  removed_.clear();
  ids_.clear();
}

}  // namespace plaza::sqlite
