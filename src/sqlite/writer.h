#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/batch_queue.h"
#include "base/sleeper.h"
#include "ports/clock.h"
#include "sqlite/connection.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/eraser.h"
#include "sqlite/figures.h"
#include "sqlite/jobs.h"
#include "sqlite/reader_pool.h"
#include "sqlite/reads.h"
#include "sqlite/tables.h"
#include "sqlite/trimmer.h"
#include "streams/group_commit.h"
#include "streams/index_flush.h"
#include "streams/working_set.h"

namespace plaza::sqlite {

/// The one thread that changes the database: takes what waits, decides it, writes it in one transaction,
/// reports it.
///
///   turn: take -> plan (GroupCommit) -> BEGIN, message rows, marks, a slice of the index, COMMIT -> outcomes
///   to the sink
///         -> callbacks -> reads -> trims -> evict, checkpoint
///
/// Thread   post() and ask_to_stop() from any; everything else on the writer's thread, or before it runs.
/// Owner    The store. Jobs that are left when it ends were answered with an error.
/// Limit    A group ends at batch_max messages, at the message that makes kEntriesMax entries, or at kCallsMax calls.
class Writer {
 public:
  Writer(const EmbeddedStreamStoreOptions& options, const ports::Clock& clock, Figures& figures);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Opens the database and rebuilds what is newer than the index. Then run() has a thread.
  [[nodiscard]] Result<void, std::string> open();
  void start(ports::AppendSink& sink, std::mutex& sink_mutex);
  void post(std::unique_ptr<Job> job);
  /// Everything posted before is done and reported, the index is written, the database is closed; then the
  /// thread ends.
  void stop();

 private:
  static constexpr std::uint32_t kCallsMax = 4'096;
  static constexpr std::size_t kEntriesMax = 32'768;

  // writer.cpp: the loop and the group
  void run();
  void take_waiting();
  void turn();
  void idle();
  [[nodiscard]] bool flush_due() const;
  void plan_waiting();
  [[nodiscard]] bool plan(Job& job);
  bool plan_appends(AppendJob& job);
  void report();
  void report_appends();
  void report_zone_bytes();
  void answer(Job& job);
  void find_original(ports::Appended& outcome, streams::SenderState& sender);
  streams::SearchResult search(const streams::SenderState& sender, ports::StreamId stream,
                               std::uint64_t send_id);
  void finish();

  // writer_commit.cpp: transactions
  enum class Outcome : std::uint8_t { committed, failed };
  Outcome commit_group();
  bool write_group();
  bool write_slice();
  bool commit_and_settle(std::uint64_t last_message);
  bool settle(std::uint64_t last_message);
  bool ready_for_transaction();
  void probe();
  void note_failure();
  void note_success();
  void trim(TrimJob& job);
  void erase(EraseJob& job);
  void end_flushes();
  void checkpoint_if_due();
  void checkpoint();
  void at(Stage stage) const {
    if (options_.hook.call != nullptr) options_.hook.call(options_.hook.context, stage);
  }
  static int wal_grew(void* writer, sqlite3*, const char*, int pages);

  // Constant after construction.
  const EmbeddedStreamStoreOptions& options_;
  const ports::Clock& clock_;
  Figures& figures_;
  ports::AppendSink* sink_ = nullptr;
  std::mutex* sink_mutex_ = nullptr;  ///< one report at a time, also those of calls after the stop
  // Any thread.
  BatchQueue<Job> queue_;
  Sleeper sleeper_;
  std::atomic<bool> stop_asked_{false};
  // The writer's thread, or before it runs.
  Connection connection_;
  Tables tables_;
  streams::WorkingSet set_;
  streams::GroupCommit group_;
  streams::IndexFlush flush_;
  Trimmer trimmer_;
  Eraser eraser_;
  ReaderPool readers_;
  Reads reads_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::vector<std::unique_ptr<Job>> taken_;  ///< in the group, answered after it
  std::vector<ports::Appended> outcomes_;
  struct Old {
    std::size_t outcome;
    streams::SenderState* sender;
  };
  std::vector<Old> old_;  ///< duplicates among the outcomes
  bool plan_failed_ = false;
  Outcome group_outcome_ = Outcome::committed;
  std::string last_failure_;
  bool broken_ = false;
  struct FlushWaiter {
    std::uint64_t upto;
    Done<bool> done;
  };
  std::vector<FlushWaiter> flush_waiters_;
  std::uint64_t erase_after_round_ = 0;  ///< 0: no erasure is under way
  bool trim_pass_ = false;
  std::uint64_t trim_upto_ = 0;
  int wal_pages_ = 0;
  int checkpoint_at_ = 0;
  bool wipe_log_ = true;  ///< the log may have what was recalled or erased; also that of the process before
  // The owner's thread.
  std::thread thread_;
};

}  // namespace plaza::sqlite
