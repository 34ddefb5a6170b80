#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ports/stream_eraser.h"
#include "sqlite/tables.h"
#include "streams/working_set.h"

namespace plaza::sqlite {

/// Removes everything of members and conversations that are no more, one bounded piece at a time.
///
/// Thread   The writer's.
/// Owner    The writer. A piece is written in a transaction of the caller's; then applied() or abandoned().
/// Order    Runs before their stream, messages with the run of their conversation: after any crash what is left is found
///          again by what was asked for.
/// Limit    A piece writes about rows_max rows.
/// Only of what is in the stored index: the caller completes it first. What is dirty in the working set is left for the next piece.
class Eraser {
 public:
  Eraser(Tables& tables, streams::WorkingSet& set, std::uint32_t rows_max)
      : tables_(tables), set_(set), rows_max_(rows_max) {}

  enum class Piece : std::uint8_t { more, last, failed };
  [[nodiscard]] Piece piece(const ports::Erasure& what);
  void applied();
  void abandoned() { clear(); }

 private:
  [[nodiscard]] Piece erase_some(const ports::Erasure& what);
  [[nodiscard]] bool erase_member(MemberId member);
  /// All streams whose name begins with `a`: one, or the pairs of a member with those of greater ids.
  [[nodiscard]] bool erase_streams(std::uint64_t a);
  [[nodiscard]] bool erase_runs(std::uint64_t a);
  [[nodiscard]] bool erase_messages(const std::vector<std::uint64_t>& ids);
  [[nodiscard]] bool erase_marks(MemberId member);
  [[nodiscard]] bool erase_devices(MemberId member);
  [[nodiscard]] bool write_bytes();
  [[nodiscard]] bool full() const { return rows_ >= rows_max_; }
  void clear();

  // Constant after construction.
  Tables& tables_;
  streams::WorkingSet& set_;
  const std::uint32_t rows_max_;
  // The piece.
  std::uint32_t rows_ = 0;
  std::vector<ports::StreamId> streams_;
  std::vector<std::pair<MemberId, ports::StreamId>> marks_;
  std::vector<std::pair<MemberId, std::string>> devices_;
  std::unordered_map<ZoneId, std::uint64_t> removed_;  ///< bytes of the messages that go
  std::vector<std::uint64_t> ids_;
};

}  // namespace plaza::sqlite
