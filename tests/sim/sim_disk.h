#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "streams/index_flush.h"
#include "streams/message_changes.h"
#include "streams/working_set.h"

namespace plaza::sim {

/// The stored tables of a stream store as maps. What is written waits in a transaction: commit() makes it durable, and a
/// process that dies before that leaves nothing of it.
///
/// The rows and their upserts are those of sqlite/ (schema.cpp, tables.cpp), so that what production code of streams/ may rely
/// on there holds here.
class SimDisk final : public streams::StateSource, public streams::IndexRows {
 public:
  struct StreamRow {
    std::uint64_t head = 0, trimmed = 0, quiet = 0;
    std::set<std::uint64_t> quiet_places;
    std::map<std::uint64_t, std::uint64_t> entries;  ///< seq -> message id
  };
  struct SenderRow {
    std::uint64_t last_send_id = 0, last_message = 0;
  };
  struct MarkRow {
    ports::Marks marks;
    std::optional<std::uint64_t> removed_at;
  };
  // Durable. Ordered, so that a run is the same each time.
  std::map<std::uint64_t, ports::MessagePtr> messages;
  std::map<std::uint64_t, std::map<std::uint32_t, ports::MessageVersion>> versions;
  std::map<ports::StreamId, StreamRow> streams;
  std::map<std::pair<MemberId, std::string>, SenderRow> senders;
  std::map<std::pair<MemberId, std::string>, std::uint64_t> cursors;
  std::map<std::pair<MemberId, ports::StreamId>, MarkRow> marks;
  std::map<ZoneId, std::uint64_t> zone_bytes;
  std::uint64_t indexed_upto = 0;
  std::int64_t indexed_time_ms = 0;

  /// The message id of an entry of the stored index; 0 when it is not there.
  [[nodiscard]] std::uint64_t entry(ports::StreamId stream, std::uint64_t seq) const;
  /// Null when it is not there.
  [[nodiscard]] ports::MessagePtr message(std::uint64_t id) const;

  void insert_message(ports::MessagePtr message);
  void write_changes(const streams::MessageChanges& changes);
  void write_cursor(const streams::SenderState& sender);
  void write_trimmed(ports::StreamId stream, std::uint64_t trimmed);
  void delete_message(std::uint64_t id);
  void commit();
  void roll_back() { transaction_.clear(); }

  // streams::StateSource
  bool load(streams::StreamState& stream) override;
  bool load(streams::SenderState& sender) override;
  bool load(streams::MarkState& mark) override;
  bool find_entry(ports::StreamId stream, std::uint64_t seq, std::uint64_t& message_id) override {
    message_id = entry(stream, seq);
    return true;
  }
  bool load_message(std::uint64_t id, ports::MessagePtr& found) override {
    found = message(id);
    return true;
  }
  // streams::IndexRows
  bool write_runs(std::span<const streams::IndexRun> runs) override;
  bool write_stream(const streams::StreamState& stream) override;
  bool write_sender(const streams::SenderState& sender) override;
  bool write_mark(const streams::MarkState& mark) override;
  bool write_zone_bytes(const ports::ZoneBytes& row) override;
  bool write_indexed_upto(std::uint64_t message_id, std::int64_t time_ms) override;

 private:
  std::vector<std::function<void()>> transaction_;
};

}  // namespace plaza::sim
