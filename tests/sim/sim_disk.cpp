#include "tests/sim/sim_disk.h"

#include <algorithm>

#include "base/check.h"

namespace plaza::sim {

using streams::MarkState;
using streams::SenderState;
using streams::StreamState;

std::uint64_t SimDisk::entry(ports::StreamId stream, std::uint64_t seq) const {
  const auto row = streams.find(stream);
  if (row == streams.end()) return 0;
  const auto found = row->second.entries.find(seq);
  return found == row->second.entries.end() ? 0 : found->second;
}

ports::MessagePtr SimDisk::message(std::uint64_t id) const {
  const auto found = messages.find(id);
  return found == messages.end() ? nullptr : found->second;
}

// ---- the transaction ----------------------------------------------------------------------------

void SimDisk::commit() {
  for (const auto& write : transaction_) write();
  transaction_.clear();
}

void SimDisk::insert_message(ports::MessagePtr message) {
  transaction_.emplace_back([this, message = std::move(message)] {
    const bool fresh = messages.emplace(message->id.value, message).second;
    PLAZA_CHECK(fresh);
  });
}

void SimDisk::write_changes(const streams::MessageChanges& changes) {
  transaction_.emplace_back([this, forgotten = changes.forgotten(), kept = changes.kept(),
                             rewritten = changes.rewritten(), quiet = changes.quiet()] {
    for (const std::uint64_t id : forgotten) versions.erase(id);
    for (const auto& [message, version] : kept) versions[message][version.number] = version;
    for (const auto& [id, message] : rewritten) messages[id] = message;
    for (const ports::Delivery& place : quiet) streams[place.stream].quiet_places.insert(place.seq);
  });
  for (const ports::ZoneBytes& row : changes.zone_rows()) write_zone_bytes(row);
}

void SimDisk::write_cursor(const SenderState& sender) {
  transaction_.emplace_back(
      [this, key = std::pair(sender.member, sender.device), received = sender.received] {
        std::uint64_t& row = cursors[key];
        row = std::max(row, received);
      });
}

void SimDisk::write_trimmed(ports::StreamId stream, std::uint64_t trimmed) {
  transaction_.emplace_back([this, stream, trimmed] {
    StreamRow& row = streams[stream];
    row.trimmed = std::max(row.trimmed, trimmed);
    row.entries.erase(row.entries.begin(), row.entries.upper_bound(trimmed));
    row.quiet_places.erase(row.quiet_places.begin(), row.quiet_places.upper_bound(trimmed));
  });
}

void SimDisk::delete_message(std::uint64_t id) {
  transaction_.emplace_back([this, id] {
    messages.erase(id);
    versions.erase(id);
  });
}

bool SimDisk::write_runs(std::span<const streams::IndexRun> runs) {
  for (const streams::IndexRun& run : runs) {
    transaction_.emplace_back([this, stream = run.stream, first = run.first, replaces = run.replaces,
                               ids = std::vector(run.messages.begin(), run.messages.end())] {
      auto& entries = streams[stream].entries;
      if (replaces) entries.erase(entries.lower_bound(first), entries.end());
      for (std::size_t i = 0; i < ids.size(); ++i) entries[first + i] = ids[i];
    });
  }
  return true;
}

bool SimDisk::write_stream(const StreamState& stream) {
  transaction_.emplace_back(
      [this, id = stream.id, head = stream.head, trimmed = stream.trimmed, quiet = stream.quiet] {
        StreamRow& row = streams[id];
        row.quiet = std::max(row.quiet, quiet);
        row.head = std::max(row.head, head);
        row.trimmed = std::max(row.trimmed, trimmed);
      });
  return true;
}

bool SimDisk::write_sender(const SenderState& sender) {
  transaction_.emplace_back([this, key = std::pair(sender.member, sender.device),
                             last_send_id = sender.last_send_id, last_message = sender.last_message] {
    SenderRow& row = senders[key];
    row.last_send_id = std::max(row.last_send_id, last_send_id);
    row.last_message = std::max(row.last_message, last_message);
  });
  return true;
}

bool SimDisk::write_mark(const MarkState& mark) {
  const bool removed = mark.listing == MarkState::Listing::removed;
  transaction_.emplace_back([this, key = std::pair(mark.member, mark.stream), marks_now = mark.marks,
                             removed_at = removed ? std::optional(mark.removed_at) : std::nullopt] {
    MarkRow& row = marks[key];
    row.marks.delivered = std::max(row.marks.delivered, marks_now.delivered);
    row.marks.read = std::max(row.marks.read, marks_now.read);
    row.removed_at = removed_at;
  });
  return true;
}

bool SimDisk::write_zone_bytes(const ports::ZoneBytes& row) {
  transaction_.emplace_back([this, row] {
    if (row.bytes == 0) {
      zone_bytes.erase(row.zone);
    } else {
      zone_bytes[row.zone] = row.bytes;
    }
  });
  return true;
}

bool SimDisk::write_indexed_upto(std::uint64_t message_id, std::int64_t time_ms) {
  transaction_.emplace_back([this, message_id, time_ms] {
    indexed_upto = message_id;
    indexed_time_ms = time_ms;
  });
  return true;
}

// ---- loading ------------------------------------------------------------------------------------

bool SimDisk::load(StreamState& stream) {
  if (const auto row = streams.find(stream.id); row != streams.end()) {
    stream.head = row->second.head;
    stream.trimmed = row->second.trimmed;
    stream.quiet = row->second.quiet;
  }
  return true;
}

bool SimDisk::load(SenderState& sender) {
  const auto key = std::pair(sender.member, sender.device);
  if (const auto row = senders.find(key); row != senders.end()) {
    sender.last_send_id = row->second.last_send_id;
    sender.last_message = row->second.last_message;
  }
  if (const auto row = cursors.find(key); row != cursors.end()) sender.received = row->second;
  return true;
}

bool SimDisk::load(MarkState& mark) {
  const auto row = marks.find({mark.member, mark.stream});
  if (row == marks.end()) return true;
  mark.marks = row->second.marks;
  mark.listing = row->second.removed_at ? MarkState::Listing::removed : MarkState::Listing::listed;
  mark.removed_at = row->second.removed_at.value_or(0);
  mark.in_table = true;
  return true;
}

}  // namespace plaza::sim
