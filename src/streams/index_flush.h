#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "streams/working_set.h"

namespace plaza::streams {

/// Consecutive entries of a stream, stored as one row.
struct IndexRun {
  ports::StreamId stream;
  std::uint64_t first = 0;                    ///< seq of the first one
  std::span<const std::uint64_t> messages{};  ///< their message ids; good until the working set changes
  bool replaces = false;  ///< rows of this stream from `first` on may be there and are to be removed
};

/// Entries in one row: below 2,000 bytes with steps of 4 bytes, so that SQLite keeps a row within its page.
inline constexpr std::size_t kRunEntriesMax = 448;

/// Where a flush puts its rows: the tables of the stored index. Each gives false when the storage failed.
/// Rows may be written again (a flush that a crash cut short begins anew), so each must be a no-op or a
/// maximum then.
class IndexRows {
 public:
  virtual ~IndexRows() = default;
  /// Sorted by stream and seq.
  virtual bool write_runs(std::span<const IndexRun> runs) = 0;
  virtual bool write_stream(const StreamState& stream) = 0;
  virtual bool write_sender(const SenderState& sender) = 0;
  virtual bool write_mark(const MarkState& mark) = 0;
  virtual bool write_zone_bytes(const ports::ZoneBytes& row) = 0;
  /// Everything up to this message is in the tables.
  virtual bool write_indexed_upto(std::uint64_t message_id, std::int64_t time_ms) = 0;
};

/// Writes what is dirty into the stored index, in rounds, each in bounded slices that ride on transactions.
///
///   begin_round -> (write -> COMMIT -> applied | ROLLBACK -> abandoned)* until applied() ends the round
///
/// Thread   The writer's.
/// Owner    The store.
/// Order    A round covers the messages up to the newest one at its beginning, sorted by stream, so that
///          neighbours go to the same page. `indexed_upto` moves in its last slice only: until then a restart
///          replays the messages.
/// Limit    A slice writes at most rows_max rows (+1, and in the last one a row for each zone that has new messages); a run counts as one and one more for each
///          kEntriesPerRow entries.
/// Within a transaction that also commits a group, the slice is written after the group was planned: the
/// heads, senders and marks it writes include the group's, and are right exactly when both commit.
class IndexFlush {
 public:
  explicit IndexFlush(WorkingSet& set) : set_(set) {}

  /// A round is under way: slices are wanted.
  [[nodiscard]] bool active() const { return active_; }
  /// So many were ended.
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }
  /// There is something that a round would write.
  [[nodiscard]] bool needed() const;
  /// Not within a group: everything in the working set is committed.
  void begin_round();

  static constexpr std::size_t kEntriesPerRow = 64;

  enum class Slice : std::uint8_t { more, last, failed };
  [[nodiscard]] Slice write(IndexRows& rows, std::size_t rows_max);
  void applied();
  void abandoned();
  /// Entries written by applied slices so far.
  [[nodiscard]] std::uint64_t entries_written() const { return entries_written_; }

 private:
  struct Position {
    std::size_t stream = 0, entry = 0, sender = 0, mark = 0;
    bool end = false;
  };

  [[nodiscard]] std::size_t entries_of_round(const StreamState& stream) const;
  Slice write_all(IndexRows& rows, std::size_t rows_left);
  Slice write_streams(IndexRows& rows, std::size_t& rows_left);

  // Constant after construction.
  WorkingSet& set_;
  // The round.
  bool active_ = false;
  std::uint64_t upto_ = 0;
  std::int64_t upto_time_ms_ = 0;
  std::vector<StreamState*> streams_;
  std::vector<SenderState*> senders_;
  std::vector<MarkState*> marks_;
  Position done_;               // applied
  Position written_;            // in the transaction that is open
  std::vector<IndexRun> runs_;  // of the slice
  std::uint64_t entries_written_ = 0;
  std::uint64_t rounds_ = 0;
};

}  // namespace plaza::streams
