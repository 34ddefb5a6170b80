#pragma once
#include <cstdint>
#include <unordered_map>

#include "ports/stream_store.h"
#include "sqlite/tables.h"
#include "streams/working_set.h"

namespace plaza::sqlite {

/// Removes what the retention allows, a bounded piece per transaction, of what is in the stored index.
///
///   begin_pass -> (BEGIN -> piece -> COMMIT -> applied | ROLLBACK -> abandoned)* until piece() says that
///   nothing is left
///
/// Thread   The writer's.
/// Owner    The writer.
/// Order    By age: oldest messages first, each with all its entries, so what is trimmed of a stream is
///          always its beginning. Then by count: entries only, stream by stream; a message whose entries are
///          all gone stays until it is old enough.
/// Limit    rows_max rows (messages and entries) and kStreamsLooked streams a piece.
class Trimmer {
 public:
  Trimmer(Tables& tables, streams::WorkingSet& set, std::uint32_t rows_max)
      : tables_(tables), set_(set), rows_max_(rows_max) {}

  enum class Piece : std::uint8_t { more, last, failed };

  void begin_pass() { next_ = {}; }
  [[nodiscard]] Piece piece(const ports::Retention& retention, std::int64_t now_ms);
  void applied();
  void abandoned() { clear(); }

 private:
  static constexpr std::uint32_t kStreamsLooked = 1'000;

  Piece by_age(std::int64_t oldest_kept_ms);
  Piece by_count(std::uint64_t entries_max);
  Piece scan_streams(std::uint64_t entries_max);
  bool raise(ports::StreamId stream, std::uint64_t trimmed);
  bool write_trimmed();
  void clear();

  // Constant after construction.
  Tables& tables_;
  streams::WorkingSet& set_;
  const std::uint32_t rows_max_;
  // The pass.
  ports::StreamId next_;  ///< by count: streams up to this one are done
  // The piece.
  std::uint32_t rows_ = 0;
  std::uint64_t messages_upto_ = 0;
  ports::StreamId scanned_;
  std::unordered_map<ports::StreamId, std::uint64_t> trimmed_;
};

}  // namespace plaza::sqlite
