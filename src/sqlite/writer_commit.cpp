#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "sqlite/writer.h"

namespace plaza::sqlite {

using streams::IndexFlush;

namespace {
const metrics::Histogram g_commit_seconds{
    "plaza_store_commit_seconds",
    "Time of one transaction with its fsync: what an acknowledgement waits for.",
    1e9,
    {100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000, 20'000'000, 50'000'000,
     100'000'000, 500'000'000, 2'000'000'000}};
const metrics::Histogram g_commit_messages{"plaza_store_commit_messages",
                                           "Messages in one transaction; 0 = only a part of the index.",
                                           1,
                                           {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}};
}  // namespace

// ---- one transaction ----------------------------------------------------------------------------

/// Writes the planned group, and a slice of the index when a round is under way, and applies or takes back
/// both.
Writer::Outcome Writer::commit_group() {
  if (plan_failed_) {
    note_failure();
  } else if (group_.empty() && !flush_.active()) {
    group_.commit();
    return Outcome::committed;
  } else if (ready_for_transaction()) {
    const auto begun = std::chrono::steady_clock::now();
    const std::uint64_t last_message = group_.messages().empty() ? 0 : set_.last_message;
    if (write_group() && commit_and_settle(last_message)) {
      figures_.commits += 1;
      const auto took_ns = static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun)
              .count());
      figures_.commit_ns += took_ns;
      g_commit_seconds.observe(took_ns);
      g_commit_messages.observe(group_.messages().size());
      wipe_log_ = wipe_log_ || group_.changes().recalls();
      group_.commit();
      if (flush_.active()) flush_.applied();
      figures_.entries_indexed = flush_.entries_written();
      figures_.entries_waiting = set_.entries_in_tails;
      note_success();
      return Outcome::committed;
    }
  }
  figures_.commit_failures += 1;
  group_.roll_back();
  if (flush_.active()) flush_.abandoned();
  plan_failed_ = false;
  return Outcome::failed;
}

/// A transaction that could not be ended before is ended first.
bool Writer::ready_for_transaction() {
  if (connection_.in_transaction()) tables_.roll_back();
  if (tables_.begin()) {
    at(Stage::transaction_open);
    return true;
  }
  note_failure();
  return false;
}

bool Writer::write_group() {
  const auto write = [this] {
    if (!tables_.insert_messages(group_.messages()) || !tables_.write_changes(group_.changes())) return false;
    for (const streams::MarkState* const mark : group_.marks()) {
      if (!tables_.write_mark(*mark)) return false;
    }
    for (const streams::SenderState* const sender : group_.cursors()) {
      if (!tables_.write_cursor(*sender)) return false;
    }
    at(Stage::messages_written);
    return !flush_.active() || write_slice();
  };
  if (write()) return true;
  note_failure();
  tables_.roll_back();
  return false;
}

/// At least as many rows as the group makes at worst (an entry: its run, its stream, and a third of the message's
/// sender and marks), so that what waits for the index cannot grow without end.
bool Writer::write_slice() {
  const std::size_t keep_up = 3 * group_.entries();
  const IndexFlush::Slice slice = flush_.write(
      tables_, std::max<std::size_t>(options_.flush_rows_per_commit, keep_up));
  if (slice == IndexFlush::Slice::failed) return false;
  at(slice == IndexFlush::Slice::last ? Stage::flush_round_done : Stage::flush_slice);
  return true;
}

bool Writer::commit_and_settle(std::uint64_t last_message) {
  at(Stage::before_commit);
  const bool committed = tables_.commit();
  if (committed) {
    at(Stage::after_commit);
    return true;
  }
  note_failure();
  if (connection_.in_transaction()) tables_.roll_back();
  return last_message != 0 && settle(last_message);
}

/// COMMIT reported an error. Whether the group is in is looked up, never guessed; until that is possible
/// nothing is accepted.
bool Writer::settle(std::uint64_t last_message) {
  constexpr std::int64_t kRetryMs = 100;
  for (;;) {
    ports::MessagePtr message;
    const auto found = connection_.in_transaction() && !tables_.roll_back()
                           ? MessageLookup::Found::failed
                           : tables_.lookup().message(last_message, message);
    if (found == MessageLookup::Found::no) return false;
    // It is in. A transaction that succeeds has synced the log, and with it everything before.
    if (found == MessageLookup::Found::yes && tables_.begin()) {
      if (tables_.count_settled() && tables_.commit()) return true;
      if (connection_.in_transaction()) tables_.roll_back();
    }
    if (stop_asked_) {
      PLAZA_LOG(error, "streams",
                "stopping without knowing whether the last commit is stored: its senders get no acceptance");
      return false;
    }
    sleeper_.prepare();
    sleeper_.sleep(kRetryMs);
    sleeper_.awake();
  }
}

/// Finds out whether a database that could not be written can be again: nobody may be sending because it could not.
void Writer::probe() {
  if (!ready_for_transaction()) return;
  if (tables_.count_settled() && tables_.commit()) return note_success();
  note_failure();
  if (connection_.in_transaction()) tables_.roll_back();
}

void Writer::note_failure() {
  const SqlFailure failure = connection_.failure();
  last_failure_ = failure.text;
  if (!broken_) PLAZA_LOG(error, "streams", "{} cannot be written: {}", options_.path, failure.text);
  broken_ = true;
  figures_.set_broken(fmt::format("{} cannot be written: {}", options_.path, failure.text));
}

void Writer::note_success() {
  if (!std::exchange(broken_, false)) return;
  PLAZA_LOG(info, "streams", "{} can be written again", options_.path);
  figures_.set_writable();
}

// ---- the index and the log ----------------------------------------------------------------------

void Writer::end_flushes() {
  if (flush_waiters_.empty()) return;
  const bool done_all = !flush_.active() && !flush_.needed();
  std::erase_if(flush_waiters_, [&](FlushWaiter& waiter) {
    if (broken_) {
      waiter.done(fail(unavailable(last_failure_)));
      return true;
    }
    if (!done_all && (flush_.active() || set_.indexed_upto < waiter.upto)) return false;
    waiter.done(true);
    return true;
  });
}

int Writer::wal_grew(void* writer, sqlite3*, const char*, int pages) {
  static_cast<Writer*>(writer)->wal_pages_ = pages;
  return SQLITE_OK;
}

void Writer::checkpoint_if_due() {
  if (wal_pages_ < checkpoint_at_) {
    // The log began anew: so does the count.
    checkpoint_at_ = std::min(checkpoint_at_, wal_pages_ + static_cast<int>(options_.wal_checkpoint_pages));
    return;
  }
  checkpoint();
}

/// Moves the log into the database file. It waits for nobody: readers of older moments keep some of it back; the next one takes
/// it. A log with what was recalled is emptied: else its pages would be there until others are written over them.
void Writer::checkpoint() {
  int log_pages = 0;
  int moved_pages = 0;
  if (wipe_log_) sqlite3_busy_timeout(connection_.raw(), 0);
  const int code = sqlite3_wal_checkpoint_v2(
      connection_.raw(), nullptr, wipe_log_ ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      &log_pages, &moved_pages);
  if (wipe_log_) sqlite3_busy_timeout(connection_.raw(), static_cast<int>(options_.busy_timeout_ms));
  wipe_log_ = wipe_log_ && code != SQLITE_OK;
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    PLAZA_LOG(warn, "streams", "{}: the write-ahead log cannot be moved into it now: {}", options_.path,
              connection_.failure().text);
  }
  checkpoint_at_ = log_pages + static_cast<int>(options_.wal_checkpoint_pages);
  if (log_pages == moved_pages) wal_pages_ = 0;
  at(Stage::checkpointed);
}

// ---- retention ----------------------------------------------------------------------------------

/// One piece. Only what is in the stored index is removed: a call that finds newer messages writes a slice of
/// the index.
void Writer::trim(TrimJob& job) {
  const auto failed = [&] {
    note_failure();
    if (connection_.in_transaction()) tables_.roll_back();
    trimmer_.abandoned();
    job.done(fail(unavailable(last_failure_)));
  };
  if (job.retention.message_age_max_ms <= 0 && job.retention.inbox_entries_max == 0) return job.done(false);
  if (!std::exchange(trim_pass_, true)) {
    trim_upto_ = set_.last_message;
    trimmer_.begin_pass();
  }
  if (set_.indexed_upto < trim_upto_) {
    if (!flush_.active()) flush_.begin_round();
    if (commit_group() == Outcome::committed) return job.done(true);
    return job.done(fail(unavailable(last_failure_)));
  }
  if (!ready_for_transaction()) return failed();
  const Trimmer::Piece piece = trimmer_.piece(job.retention, clock_.wall_ms());
  if (piece == Trimmer::Piece::failed) return failed();
  at(Stage::trimmed);
  if (!tables_.commit()) return failed();
  trimmer_.applied();
  report_zone_bytes();
  trim_pass_ = piece == Trimmer::Piece::more;
  job.done(trim_pass_);
}

/// One piece, behind a round of the index that began after the erasure: then all that there is of it is in the tables.
void Writer::erase(EraseJob& job) {
  const auto failed = [&] {
    note_failure();
    if (connection_.in_transaction()) tables_.roll_back();
    eraser_.abandoned();
    job.done(fail(unavailable(last_failure_)));
  };
  if (erase_after_round_ == 0) erase_after_round_ = flush_.rounds() + (flush_.active() ? 2 : 1);
  if (flush_.rounds() < erase_after_round_) {
    if (!flush_.active()) flush_.begin_round();
    if (commit_group() == Outcome::committed) return job.done(true);
    return job.done(fail(unavailable(last_failure_)));
  }
  if (!ready_for_transaction()) return failed();
  const Eraser::Piece piece = eraser_.piece(job.what);
  if (piece == Eraser::Piece::failed) return failed();
  if (!tables_.commit()) return failed();
  wipe_log_ = true;
  eraser_.applied();
  report_zone_bytes();
  if (piece == Eraser::Piece::last) erase_after_round_ = 0;
  job.done(piece == Eraser::Piece::more);
}

}  // namespace plaza::sqlite
