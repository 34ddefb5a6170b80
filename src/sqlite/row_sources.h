#pragma once
#include <memory>
#include <span>
#include <string>

#include "ports/message.h"
#include "sqlite/connection.h"
#include "streams/index_flush.h"

namespace plaza::sqlite {

/// The messages of a group as a table: the columns of `message`, in its order.
class MessageSource {
 public:
  static constexpr const char* kName = "plaza_messages";
  static constexpr const char* kColumns =
      "CREATE TABLE x(id, time_ms, zone, sender, sender_name, device, send_id, kind, conv_a, conv_b, "
      "conv_seq, deliveries, body, extra)";

  void offer(std::span<const std::shared_ptr<ports::Message>> messages) { messages_ = messages; }
  [[nodiscard]] std::size_t rows() const { return messages_.size(); }
  void column(std::size_t row, int column, sqlite3_context* result);

 private:
  std::span<const std::shared_ptr<ports::Message>> messages_;
  // Of the row that is read.
  std::string deliveries_, extra_;
};

/// The runs of a slice of the index as a table: the columns of `stream_run`, in its order.
class RunSource {
 public:
  static constexpr const char* kName = "plaza_runs";
  static constexpr const char* kColumns = "CREATE TABLE x(a, b, first, last, messages)";

  void offer(std::span<const streams::IndexRun> runs) { runs_ = runs; }
  [[nodiscard]] std::size_t rows() const { return runs_.size(); }
  void column(std::size_t row, int column, sqlite3_context* result);

 private:
  std::span<const streams::IndexRun> runs_;
  std::string messages_;  // of the row that is read
};

/// Arrays in memory that SQL can read, so that one statement inserts a whole group:
///
///   source.offer(rows); INSERT INTO message SELECT * FROM plaza_messages;
///
/// Thread   The connection's.
/// Owner    Outlives the connection it is added to. What is offered lives until the statement is done.
/// Limit    None of its own.
///
/// Why not one INSERT a row: starting, binding and ending a statement costs more than the insert itself.
/// Measured with small sorted rows, 1,024 at a time: 1.5 us a row with a statement each, 0.7 us read from
/// here.
struct RowSources {
  MessageSource messages;
  RunSource runs;

  int add_to(const Connection& connection);
};

}  // namespace plaza::sqlite
