#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "sqlite/connection.h"
#include "sqlite/message_rows.h"
#include "sqlite/schema.h"

namespace plaza::sqlite {

/// One read-only connection with its statements.
///
/// Thread   Its reader's.
class Reader {
 public:
  [[nodiscard]] Result<void, std::string> open(const OpenOptions& options);
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Everything between is of one moment. False: it cannot be read now.
  bool begin() { return begin_.run(); }
  void end() { end_.run(); }
  [[nodiscard]] std::string failure() const { return connection_.failure().text; }

  [[nodiscard]] MessageLookup& lookup() { return lookup_; }
  Statement stream;  ///< head, trimmed, quiet of (?1, ?2)
  Statement mark;    ///< delivered, read of member ?1 in (?2, ?3)
  Statement quiet;   ///< how many quiet places of (?1, ?2) are after ?3, at most ?4
  Statement
      versions;  ///< number, time_ms, body of the versions of message ?1 with a number below ?2, newest first

 private:
  Connection connection_;  // first, so that it is closed last
  MessageLookup lookup_;
  Statement begin_, end_;
};

/// Threads that read what is not in memory, so that the writer never waits for a page of history.
///
/// Thread   try_run() from any; tasks run on the pool's threads.
/// Owner    The store. Started after the writer has made the database, stopped after the writer.
/// Limit    waiting_max tasks wait; try_run() beyond gives false and leaves the task alone.
/// Stop     stop() runs what waits, then joins.
class ReaderPool {
 public:
  using Task = std::move_only_function<void(Reader&)>;

  [[nodiscard]] Result<void, std::string> start(const OpenOptions& options, std::uint32_t threads,
                                                std::size_t waiting_max);
  ~ReaderPool() { stop(); }
  void stop();
  [[nodiscard]] bool try_run(Task& task);

 private:
  void work(Reader& reader);

  // Set by start().
  std::size_t waiting_max_ = 0;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<std::thread> threads_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
};

}  // namespace plaza::sqlite
