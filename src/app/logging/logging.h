#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "app/config/config.h"
#include "base/result.h"

namespace plaza::app {

/// Where PLAZA_LOG lines go while a server runs: standard error for a person, a rotating file for later.
///
/// Thread   PLAZA_LOG from any thread: it formats the line and puts it into a queue; one thread of its own writes, so a slow
///          disk or terminal never delays a shard.
/// Owner    The node; one at a time in a process.
/// Limit    log.queue_lines_max lines wait; the oldest are dropped beyond that and counted (plaza_log_lines_dropped_total).
/// Order    As queued. The file is flushed after log.flush_every_lines lines, after log.flush_interval_ms, and at every
///          warning or error.
/// Stop     The destructor writes and flushes everything queued; lines that come later go to standard error.
///
/// A file that cannot be written (disk full) costs lines, never the server: the failure is told on standard error.
class Logging {
 public:
  /// Opens the file (and its folder). The error is for a person.
  static Result<std::unique_ptr<Logging>, std::string> start(const Config& config);
  ~Logging();
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;

  /// Lines dropped because the queue was full.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Parts;
  explicit Logging(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace plaza::app
