#pragma once
#include <cstdint>
#include <vector>

#include "ports/message.h"
#include "sqlite/connection.h"

namespace plaza::sqlite {

/// The columns of `message` in the order in which message_of() reads them.
#define PLAZA_MESSAGE_COLUMNS                                                                           \
  "m.id, m.time_ms, m.zone, m.sender, m.sender_name, m.device, m.send_id, m.kind, m.conv_a, m.conv_b, " \
  "m.conv_seq, "                                                                                        \
  "m.deliveries, m.body, m.extra"

/// The message in the row that `statement` stands on, its columns beginning at `first`; null when the row is
/// damaged.
[[nodiscard]] ports::MessagePtr message_of(const Statement& statement, int first);

/// Messages by id and entries by seq, on one connection: what the writer and the readers both look up.
///
/// Thread   The connection's.
class MessageLookup {
 public:
  int prepare(const Connection& connection);
  void finalize();

  enum class Found : std::uint8_t { yes, no, failed };
  Found message(std::uint64_t id, ports::MessagePtr& message);
  /// The message id of an entry in the stored index. Whether it is trimmed is for the caller to know.
  Found entry(ports::StreamId stream, std::uint64_t seq, std::uint64_t& message_id);

 private:
  /// The row that was read last: neighbours are asked for next, and what an entry names never changes.
  struct Run {
    ports::StreamId stream;
    std::uint64_t first = 0;
    std::vector<std::uint64_t> messages;
  };

  Statement message_;
  Statement run_;
  Run last_run_;
};

}  // namespace plaza::sqlite
