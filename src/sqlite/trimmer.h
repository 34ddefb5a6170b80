#pragma once
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

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
///          always its beginning. Then by count: entries, stream by stream; with the last entry that refers to
///          a message goes the message.
/// Limit    rows_max rows (messages, entries, and looks at whether others still refer to a message; past it by at
///          most those of one message) and kStreamsLooked streams a piece.
/// Recovery A start replays the messages that are newer than the index, so none of these is removed.
///
/// Why each message is asked for its own entries: removing what is older than everything that is referred to would be cheaper, but one
/// conversation that has fallen silent keeps its few messages for ever, and with them all that were ever sent after.
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
  Piece trim_entries(ports::StreamId stream, std::uint64_t trimmed, std::uint64_t upto);
  bool drop_when_unreferenced(std::uint64_t message_id);
  [[nodiscard]] std::optional<bool> is_trimmed(ports::StreamId stream, std::uint64_t seq);
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
  std::vector<std::uint64_t> dropped_;                 ///< messages that nothing refers to any more
  std::unordered_map<ZoneId, std::uint64_t> removed_;  ///< bytes of the messages that go
  std::vector<ports::Delivery> deliveries_;
};

}  // namespace plaza::sqlite
