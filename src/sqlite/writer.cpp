#include "sqlite/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "sqlite/new_epoch.h"

namespace plaza::sqlite {

using ports::Append;
using ports::AppendCode;
using ports::Appended;
using ports::Message;
using streams::Decision;
using streams::SenderState;

Writer::Writer(const EmbeddedStreamStoreOptions& options, const ports::Clock& clock, Figures& figures)
    : options_(options),
      clock_(clock),
      figures_(figures),
      set_(tables_, {.entries_max = options.cache_entries_max, .recent_bytes_max = options.recent_bytes_max}),
      group_(set_, options.region),
      flush_(set_),
      trimmer_(tables_, set_, options.trim_rows_per_call),
      eraser_(tables_, set_, options.trim_rows_per_call),
      reads_(set_, tables_, connection_, readers_) {}

Writer::~Writer() {
  tables_.finalize();
  connection_.close();
}

// ---- start and stop -----------------------------------------------------------------------------

Result<void, std::string> Writer::open() {
  // A database that is created anew (or restored to nothing) must not look like the one before to its
  // readers.
  const OpenOptions open_options{.path = options_.path,
                                 .vfs = options_.vfs,
                                 .busy_timeout_ms = options_.busy_timeout_ms,
                                 .new_epoch = epoch_of(clock_.wall_ms()),
                                 .installation = options_.installation};
  if (auto opened = open_for_writing(connection_, open_options); !opened) return opened;
  const auto failed = [this] {
    return fail(fmt::format("{}: {}", options_.path, connection_.failure().text));
  };
  if (tables_.prepare(connection_) != SQLITE_OK) return failed();
  StoredState stored;
  if (!tables_.stored_state(stored)) return failed();
  set_.begin_at(stored.indexed_upto, stored.indexed_time_ms, stored.epoch);

  {
    Statement& rows = tables_.zone_bytes;
    const Rewind rewind(rows);
    int code = SQLITE_OK;
    while ((code = rows.step()) == SQLITE_ROW)
      set_.zone_bytes.load({.zone = ZoneId{rows.uint(0)}, .bytes = rows.uint(1)});
    if (code != SQLITE_DONE) return failed();
  }
  std::uint64_t replayed = 0;
  {
    Statement& rows = tables_.messages_after;
    const Rewind rewind(rows);
    rows.bind(1, stored.indexed_upto);
    int code = SQLITE_OK;
    while ((code = rows.step()) == SQLITE_ROW) {
      const ports::MessagePtr message = message_of(rows, 0);
      if (!message) return fail(fmt::format("{}: message {} is damaged", options_.path, rows.uint(0)));
      if (!set_.replay(message)) {
        return fail(
            fmt::format("{}: message {} does not follow those before it, or cannot be read: the database is "
                        "damaged; restore it from a backup ({})",
                        options_.path, message->id.value, connection_.failure().text));
      }
      ++replayed;
    }
    if (code != SQLITE_DONE) return failed();
  }
  if (replayed > 0) {
    PLAZA_LOG(info, "streams", "{}: {} messages are newer than the index and were read back", options_.path,
              replayed);
  }
  sqlite3_wal_hook(connection_.raw(), &Writer::wal_grew, this);
  checkpoint_at_ = static_cast<int>(options_.wal_checkpoint_pages);
  return readers_.start(open_options, options_.reader_threads, options_.reads_waiting_max);
}

void Writer::start(ports::AppendSink& sink, std::mutex& sink_mutex) {
  sink_ = &sink;
  sink_mutex_ = &sink_mutex;
  figures_.set_writable();
  report_zone_bytes();
  thread_ = std::thread([this] { run(); });
}

void Writer::post(std::unique_ptr<Job> job) {
  if (const auto* const appends = std::get_if<AppendJob>(&job->what))
    figures_.appends_waiting += appends->batch.size();
  queue_.push(job.release());
  sleeper_.wake();
}

void Writer::stop() {
  stop_asked_ = true;
  sleeper_.wake();
  if (thread_.joinable()) thread_.join();
}

// ---- the loop -----------------------------------------------------------------------------------

void Writer::run() {
  for (;;) {
    // Read before the queue: whatever was posted before the stop was asked for is seen.
    const bool stopping = stop_asked_;
    take_waiting();
    if (!waiting_.empty()) {
      turn();
    } else if (stopping) {
      break;
    } else {
      idle();
    }
  }
  finish();
}

void Writer::take_waiting() {
  for (Job* job = queue_.take_all(); job != nullptr;) {
    Job* const next = static_cast<Job*>(job->next);
    waiting_.emplace_back(job);
    job = next;
  }
}

void Writer::turn() {
  plan_waiting();
  group_outcome_ = commit_group();
  report();
  end_flushes();
  if (!flush_.active() && flush_due()) flush_.begin_round();
  checkpoint_if_due();
  set_.evict();
}

/// By messages, because a start reads them back, and by entries, because they take memory.
bool Writer::flush_due() const {
  constexpr std::uint64_t kEntriesPerMessage = 4;
  return set_.last_message - set_.indexed_upto >= options_.flush_after_messages ||
         set_.entries_in_tails >= kEntriesPerMessage * options_.flush_after_messages;
}

/// Nothing waits: go on with the index when a round is under way, else sleep until something comes or it is
/// time for one.
void Writer::idle() {
  constexpr std::int64_t kRetryMs = 200;
  if (flush_.active() || !flush_waiters_.empty()) {
    if (!flush_.active() && flush_.needed()) flush_.begin_round();
    const bool written = commit_group() == Outcome::committed;
    end_flushes();
    checkpoint_if_due();
    set_.evict();
    if (written) return;
  }
  const bool dirty = flush_.needed() || flush_.active() || wipe_log_;
  const std::int64_t timeout_ms = broken_ ? kRetryMs : (dirty ? options_.flush_idle_ms : -1);
  sleeper_.prepare();
  if (queue_.empty() && !stop_asked_) sleeper_.sleep(timeout_ms);
  sleeper_.awake();
  if (!queue_.empty() || stop_asked_) return;
  if (broken_ && !flush_.active()) {
    probe();
  } else if (flush_.needed() && !flush_.active()) {
    flush_.begin_round();
  } else if (wipe_log_ && !flush_.active()) {
    checkpoint();
  }
}

/// The end: the index is completed so that the next start has nothing to replay. What fails here is done by
/// that start.
void Writer::finish() {
  if (!flush_.active() && flush_.needed()) flush_.begin_round();
  while (flush_.active() && commit_group() == Outcome::committed) {
    if (!flush_.active() && flush_.needed()) flush_.begin_round();
  }
  end_flushes();
  checkpoint();
  readers_.stop();
  tables_.finalize();
  connection_.close();
  figures_.set_broken("the store is not running");
}

// ---- the group ----------------------------------------------------------------------------------

void Writer::plan_waiting() {
  plan_failed_ = false;
  group_.begin(clock_.wall_ms());
  for (std::uint32_t calls = 0; !waiting_.empty() && calls < kCallsMax; ++calls) {
    if (!plan(*waiting_.front())) break;
    taken_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

/// False: the group is full, and the job is taken (or gone on with) in the next one.
bool Writer::plan(Job& job) {
  const auto keep = [this](auto& result, auto planned) {
    if (planned) {
      result = *planned;
    } else {
      plan_failed_ = true;
    }
  };
  if (auto* const appends = std::get_if<AppendJob>(&job.what)) return plan_appends(*appends);
  if (plan_failed_) return true;
  if (auto* const mark = std::get_if<MarkJob>(&job.what)) {
    keep(mark->result, mark->to ? group_.move_marks(mark->member, mark->conversation, *mark->to)
                                : group_.follow(mark->member, mark->conversation));
  } else if (auto* const unfollow = std::get_if<UnfollowJob>(&job.what)) {
    keep(unfollow->result, group_.unfollow(unfollow->member, unfollow->conversation));
  } else if (auto* const received = std::get_if<ReceivedJob>(&job.what)) {
    keep(received->result, group_.received(received->member, received->device, received->seq));
  }
  return true;
}

bool Writer::plan_appends(AppendJob& job) {
  while (job.next < job.batch.size()) {
    if (group_.messages().size() >= options_.batch_max || group_.entries() >= kEntriesMax) return false;
    Append& append = job.batch[job.next++];
    Appended& outcome = outcomes_.emplace_back();
    if (!plan_failed_) {
      if (const std::optional<Decision> decision = group_.add(append)) {
        outcome.code = decision->code;
        outcome.refusal = decision->refusal;
        outcome.expected_send_id = decision->expected_send_id;
        if (decision->sender != nullptr)
          old_.push_back({.outcome = outcomes_.size() - 1, .sender = decision->sender});
      } else {
        plan_failed_ = true;
      }
    }
    outcome.append = std::move(append);
    // Outcomes of one group are bounded as well, when most of them store nothing.
    if (outcomes_.size() >= std::size_t{4} * options_.batch_max) return job.next == job.batch.size();
  }
  return true;
}

// ---- reports ------------------------------------------------------------------------------------

void Writer::report() {
  report_appends();
  at(Stage::after_report);
  for (const std::unique_ptr<Job>& job : taken_) answer(*job);
  taken_.clear();
}

void Writer::report_appends() {
  if (outcomes_.empty()) return;
  std::uint64_t accepted = 0, repeated = 0;
  if (group_outcome_ == Outcome::committed) {
    for (const Old& old : old_) {
      Appended& outcome = outcomes_[old.outcome];
      find_original(outcome, *old.sender);
      if (outcome.code == AppendCode::duplicate || outcome.code == AppendCode::duplicate_trimmed) ++repeated;
    }
    for (Appended& outcome : outcomes_) {
      if (outcome.code != AppendCode::accepted) continue;
      outcome.message = outcome.append.message;
      ++accepted;
    }
    figures_.duplicates += repeated;
    figures_.messages += accepted;
  } else {
    for (Appended& outcome : outcomes_) {
      outcome.code = AppendCode::unavailable;
      outcome.refusal = ports::AppendRefusal::none;
      outcome.expected_send_id = 0;
    }
  }
  old_.clear();
  figures_.appends_waiting -= outcomes_.size();
  report_zone_bytes();
  std::vector<Appended> outcomes;
  outcomes.reserve(std::min<std::size_t>(outcomes_.size(), options_.batch_max));
  outcomes.swap(outcomes_);
  const std::lock_guard lock(*sink_mutex_);
  sink_->appended(std::move(outcomes));
}

void Writer::report_zone_bytes() {
  const auto changed = set_.zone_bytes.take_changed();
  if (changed.empty()) return;
  const std::lock_guard lock(*sink_mutex_);
  sink_->stored(changed);
}

/// The message that this send_id was bound to, when it is the one sent now; conflict when it is another;
/// duplicate_trimmed when it is gone; unavailable when the storage does not say (the client asks again).
void Writer::find_original(Appended& outcome, SenderState& sender) {
  const Message& sent = *outcome.append.message;
  const std::uint64_t send_id = sent.send_id;
  const std::uint64_t next_send_id = std::exchange(outcome.expected_send_id, 0);
  outcome.code = AppendCode::unavailable;
  using Kind = streams::Original::Kind;
  const streams::Original original = streams::find_original(
      sender, sent, [&](ports::StreamId stream) { return search(sender, stream, send_id); },
      [this](ports::StreamId stream) { return set_.known_stream(stream)->trimmed == 0; });
  if (original.kind == Kind::failed) return;
  const auto conflict = [&] {
    outcome.code = AppendCode::conflict;
    outcome.expected_send_id = next_send_id;
  };
  if (original.kind == Kind::another) return conflict();
  const std::uint64_t id = original.message_id;
  ports::MessagePtr message = set_.recent.find(id);
  if (!message && id != 0 && tables_.lookup().message(id, message) == MessageLookup::Found::failed) return;
  if (!message) {
    outcome.code = AppendCode::duplicate_trimmed;
  } else if (ports::same_send(sent, *message)) {
    outcome.code = AppendCode::duplicate;
    outcome.message = std::move(message);
  } else {
    conflict();
  }
}

streams::SearchResult Writer::search(const SenderState& sender, ports::StreamId id, std::uint64_t send_id) {
  const streams::StreamState* const stream = set_.stream(id);
  if (stream == nullptr) return {.outcome = streams::Searched::failed};
  return streams::find_send(stream->trimmed + 1, stream->head, send_id, options_.retry_rows_max,
                            [&](std::uint64_t seq) { return tables_.send_at(sender, *stream, seq); });
}

void Writer::answer(Job& job) {
  const bool ok = group_outcome_ == Outcome::committed;
  const auto give = [&](auto& called) {
    if (ok) {
      called.done(std::move(called.result));
    } else {
      called.done(fail(unavailable(last_failure_)));
    }
  };
  if (auto* const mark = std::get_if<MarkJob>(&job.what)) return give(*mark);
  if (auto* const unfollow = std::get_if<UnfollowJob>(&job.what)) return give(*unfollow);
  if (auto* const received = std::get_if<ReceivedJob>(&job.what)) return give(*received);
  if (auto* const read = std::get_if<ReadJob>(&job.what)) return reads_.page(std::move(*read));
  if (auto* const versions = std::get_if<VersionsJob>(&job.what))
    return reads_.versions(std::move(*versions));
  if (auto* const heads = std::get_if<HeadsJob>(&job.what)) return reads_.heads(std::move(*heads));
  if (auto* const places = std::get_if<PlacesJob>(&job.what)) return reads_.places(std::move(*places));
  if (auto* const device = std::get_if<DeviceJob>(&job.what)) return reads_.device(std::move(*device));
  if (auto* const list = std::get_if<ConversationsJob>(&job.what))
    return reads_.conversations(std::move(*list));
  if (auto* const trims = std::get_if<TrimJob>(&job.what)) return trim(*trims);
  if (auto* const erases = std::get_if<EraseJob>(&job.what)) return erase(*erases);
  if (auto* const flush = std::get_if<FlushJob>(&job.what)) {
    flush_waiters_.push_back({.upto = set_.last_message, .done = std::move(flush->done)});
  }
}

}  // namespace plaza::sqlite
