#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/flat_map.h"
#include "ports/message.h"
#include "streams/recent_messages.h"
#include "streams/states.h"
#include "streams/zone_bytes.h"

namespace plaza::streams {

/// Where states that are not in memory come from: the stored tables.
class StateSource {
 public:
  virtual ~StateSource() = default;
  /// Completes what the key names; leaves it as it is when there is no row. False: the storage failed.
  virtual bool load(StreamState& stream) = 0;
  virtual bool load(SenderState& sender) = 0;
  virtual bool load(MarkState& mark) = 0;
  /// The message id of an entry of the stored index; 0 when it is not there. False: the storage failed.
  virtual bool find_entry(ports::StreamId stream, std::uint64_t seq, std::uint64_t& message_id) = 0;
  /// A stored message; null when it is not there. False: the storage failed.
  virtual bool load_message(std::uint64_t id, ports::MessagePtr& message) = 0;
};

struct WorkingSetLimits {
  std::size_t entries_max = 400'000;  ///< clean streams, senders and marks kept, each
  std::size_t recent_bytes_max = 64U << 20U;
};

/// What the writer of streams knows: heads, senders, marks, the entries that are not in the stored index, and
/// the newest messages. What is not dirty equals the stored tables and may be forgotten.
///
/// Thread   The writer's.
/// Owner    The store. States belong to it; a pointer to one is good until evict().
/// Limit    evict() keeps each table near entries_max by dropping clean states that were not used since its
///          last round. Dirty ones stay until a flush has written them.
class WorkingSet {
 public:
  WorkingSet(StateSource& source, WorkingSetLimits limits);

  // Loaded when they are not there; null: the storage failed.
  [[nodiscard]] StreamState* stream(ports::StreamId id);
  [[nodiscard]] SenderState* sender(MemberId member, std::string_view device);
  [[nodiscard]] MarkState* mark(MemberId member, ports::StreamId conversation);
  /// The stored tables, for what is not kept here.
  [[nodiscard]] StateSource& source() { return source_; }
  // Only what is there: null means that the stored tables are right.
  [[nodiscard]] StreamState* known_stream(ports::StreamId id) { return streams_.find(id); }
  [[nodiscard]] MarkState* known_mark(MemberId member, ports::StreamId conversation) {
    return marks_.find({.member = member, .stream = conversation});
  }
  /// Listed conversations of the member that may have no row yet, in no order.
  [[nodiscard]] std::vector<ports::StreamId> marks_without_row(MemberId member) const;

  /// A durable change: the next flush writes it.
  void touch(StreamState& stream);
  void touch(SenderState& sender);
  void touch(MarkState& mark);

  /// At start, in order of id: a stored message that is newer than the index. False: the storage failed, or the
  /// message does not follow those before it.
  [[nodiscard]] bool replay(const ports::MessagePtr& message);
  /// At start: where ids, time and the index stand when there is nothing to replay.
  void begin_at(std::uint64_t last_message, std::int64_t last_time_ms, std::uint32_t epoch);

  void evict();
  // The rows of these are gone. What is dirty stays: it is written, and has to be removed, once more.
  void forget(ports::StreamId id);
  void forget(MemberId member, ports::StreamId conversation);
  void forget(MemberId member, std::string_view device);

  // Where the writer stands. GroupCommit moves last_*, IndexFlush the rest.
  std::uint64_t last_message = 0;  ///< id of the newest message
  std::int64_t last_time_ms = 0;
  std::uint64_t indexed_upto = 0;      ///< the stored index is complete up to this message id
  std::uint32_t epoch = 0;             ///< of streams that begin now
  std::uint64_t entries_in_tails = 0;  ///< durable and not in the stored index
  std::vector<StreamState*> dirty_streams;
  std::vector<SenderState*> dirty_senders;
  std::vector<MarkState*> dirty_marks;
  RecentMessages recent;
  ZoneBytes zone_bytes;

  /// The rows of the marks on this list are written.
  void forget_marks_without_row();
  [[nodiscard]] std::size_t cached() const { return streams_.size() + senders_.size() + marks_.size(); }

 private:
  [[nodiscard]] bool replay_marks(const ports::Message& message);
  bool replay_notice(const ports::Message& m);

  const WorkingSetLimits limits_;
  StateSource& source_;
  FlatMap<StreamState, StreamTraits> streams_;
  FlatMap<SenderState, SenderTraits> senders_;
  FlatMap<MarkState, MarkTraits> marks_;
  std::unordered_map<MemberId, std::vector<ports::StreamId>> without_row_;
};

}  // namespace plaza::streams
