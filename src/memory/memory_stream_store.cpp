#include "memory/memory_stream_store.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace plaza::memory {

using ports::Append;
using ports::AppendCode;
using ports::Appended;
using ports::Head;
using ports::Marked;
using ports::Marks;
using ports::Message;
using ports::Page;
using ports::StoreError;
using ports::StreamId;
using ports::StreamKind;

MemoryStreamStore::MemoryStreamStore(const ports::Clock& clock, MemoryStreamStoreOptions options)
    : clock_(clock), options_(options) {}

MemoryStreamStore::~MemoryStreamStore() { stop(); }

// ---- lifecycle ----------------------------------------------------------------------------------

Result<void, StoreError> MemoryStreamStore::start(ports::AppendSink& sink) {
  const std::lock_guard commit_lock(commit_mutex_);
  for (const auto& entry : durable_.zone_bytes) changed_bytes_.insert(entry.first);
  if (const auto all = take_changed_bytes(); !all.empty()) sink.stored(all);
  const std::lock_guard lock(mutex_);
  PLAZA_CHECK(!running_);
  sink_ = &sink;
  running_ = true;
  stopping_ = false;
  if (options_.commits == MemoryStreamStoreOptions::Commits::own_thread) {
    thread_ = std::thread([this] { commit_until_stopped(); });
  }
  return {};
}

void MemoryStreamStore::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  while (commit_waiting()) {}
  const std::lock_guard lock(mutex_);
  running_ = false;
}

void MemoryStreamStore::commit_until_stopped() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
    }
    commit_waiting();
  }
}

void MemoryStreamStore::crash() {
  const std::lock_guard lock(mutex_);
  PLAZA_CHECK(options_.commits == MemoryStreamStoreOptions::Commits::by_step);
  waiting_.clear();
  running_ = false;
  crash_after_commit_ = false;
  sink_ = nullptr;  // the sink dies with its process
}

void MemoryStreamStore::crash_after_next_commit() {
  const std::lock_guard lock(mutex_);
  PLAZA_CHECK(options_.commits == MemoryStreamStoreOptions::Commits::by_step);
  crash_after_commit_ = true;
}

void MemoryStreamStore::fail_commits(std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  commits_to_fail_ = count;
}

// ---- one commit ---------------------------------------------------------------------------------

void MemoryStreamStore::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (running_) {
      waiting_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  // Not started, stopped or crashed: the answer is an error at once.
  const std::lock_guard commit_lock(commit_mutex_);
  ports::AppendSink* const sink = [this] {
    const std::lock_guard lock(mutex_);
    return sink_;
  }();
  Commit commit{.fails = true, .closed = true, .outcomes = {}, .callbacks = {}};
  job(commit);
  if (sink != nullptr && !commit.outcomes.empty()) sink->appended(std::move(commit.outcomes));
  for (auto& callback : commit.callbacks) callback();
}

bool MemoryStreamStore::step() {
  PLAZA_CHECK(options_.commits == MemoryStreamStoreOptions::Commits::by_step);
  return commit_waiting();
}

std::size_t MemoryStreamStore::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool MemoryStreamStore::commit_waiting() {
  const std::lock_guard commit_lock(commit_mutex_);
  std::deque<Job> jobs;
  Commit commit;
  bool crashes = false;
  ports::AppendSink* sink = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return false;
    jobs.swap(waiting_);
    if (commits_to_fail_ > 0) {
      --commits_to_fail_;
      commit.fails = true;
      ++stats_.commit_failures;
    } else {
      ++stats_.commits;
    }
    crashes = crash_after_commit_;
    sink = sink_;
  }
  for (Job& job : jobs) job(commit);
  if (crashes) {
    crash();
    return true;
  }
  if (const auto changed = take_changed_bytes(); !changed.empty()) sink->stored(changed);
  if (!commit.outcomes.empty()) sink->appended(std::move(commit.outcomes));
  for (auto& callback : commit.callbacks) callback();
  return true;
}

template <class T, class Work>
void MemoryStreamStore::call(Access access, Done<T> done, Work work) {
  submit([access, done = std::move(done), work = std::move(work)](Commit& commit) mutable {
    const bool refused = commit.closed || (commit.fails && access == Access::writes);
    Result<T, StoreError> result = refused ? Result<T, StoreError>(
                                                 fail(StoreError{.code = ports::StoreCode::unavailable,
                                                                 .detail = "the commit failed"}))
                                           : Result<T, StoreError>(work());
    commit.callbacks.emplace_back(
        [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  });
}

// ---- appends ------------------------------------------------------------------------------------

void MemoryStreamStore::append(std::vector<Append> batch) {
  submit([this, batch = std::move(batch)](Commit& commit) mutable {
    for (Append& append : batch) {
      commit.outcomes.push_back(commit.fails ? Appended{.code = AppendCode::unavailable,
                                                        .append = std::move(append),
                                                        .message = nullptr,
                                                        .expected_send_id = 0}
                                             : append_one(std::move(append)));
    }
  });
}

Appended MemoryStreamStore::append_one(Append append) {
  const Message& message = *append.message;
  Device& device = durable_.devices[{message.sender, message.device}];
  const std::uint64_t next = device.accepted.size() + 1;
  const std::uint64_t wanted = message.send_id == 0 ? next : message.send_id;
  Appended outcome{
      .code = AppendCode::accepted, .append = std::move(append), .message = nullptr, .expected_send_id = 0};
  if (wanted > next) {
    outcome.code = AppendCode::ahead;
    outcome.expected_send_id = next;
  } else if (wanted == next && refusal_of(message) != ports::AppendRefusal::none) {
    outcome.code = AppendCode::refused;
    outcome.refusal = refusal_of(message);
  } else if (wanted == next) {
    store(outcome.append, device);
    outcome.message = outcome.append.message;
  } else {
    const auto original = durable_.messages.find(MessageId{device.accepted[wanted - 1]});
    if (original == durable_.messages.end()) {
      outcome.code = AppendCode::duplicate_trimmed;
    } else if (same_send(*outcome.append.message, *original->second)) {
      outcome.code = AppendCode::duplicate;
      outcome.message = original->second;
    } else {
      outcome.code = AppendCode::conflict;
      outcome.expected_send_id = next;
    }
  }
  const std::lock_guard lock(mutex_);
  if (outcome.code == AppendCode::accepted) ++stats_.messages;
  if (outcome.code == AppendCode::duplicate || outcome.code == AppendCode::duplicate_trimmed)
    ++stats_.duplicates;
  return outcome;
}

void MemoryStreamStore::store(const Append& append, Device& device) {
  Message& message = *append.message;
  const StreamId conversation = message.conversation;
  message.id = MessageId{make_id(options_.region, ++durable_.last_counter)};
  message.time_ms = durable_.last_time_ms = std::max(durable_.last_time_ms, clock_.wall_ms());
  device.accepted.push_back(message.id.value);
  message.send_id = device.accepted.size();

  const auto enter = [&](StreamId id) {
    Stream& stream = durable_.streams[id];
    stream.entries.emplace(++stream.head, append.message);
    return stream.head;
  };
  message.conversation_seq = enter(conversation);

  std::set<MemberId> inboxes;
  const bool pair = conversation.kind() == StreamKind::pair;
  if (append.reach == ports::Reach::inboxes) {
    if (append.fanout) inboxes.insert(append.fanout->begin(), append.fanout->end());
    if (pair) inboxes.insert(conversation.peer_of(message.sender));
    if (message.sender) inboxes.insert(message.sender);
  }
  message.deliveries.clear();
  for (const MemberId member : inboxes) {
    const StreamId inbox = StreamId::inbox(member);
    message.deliveries.push_back({.stream = inbox, .seq = enter(inbox)});
  }
  durable_.messages.emplace(message.id, append.message);
  count_bytes(message, 1);
  if (message.change() != nullptr) {
    ports::MessageExtra completed = *message.extra;
    completed.change->message = durable_.streams.at(conversation).entries.at(completed.change->target)->id;
    message.extra = std::make_shared<const ports::MessageExtra>(std::move(completed));
    return carry_out(message);
  }

  if (pair) {
    durable_.marks[{message.sender, conversation}].listed = true;
    durable_.marks[{conversation.peer_of(message.sender), conversation}].listed = true;
  }
  if (message.from_server() && conversation.kind() == StreamKind::notices)
    durable_.marks[{MemberId{conversation.first()}, conversation}].listed = true;
  const auto own = durable_.marks.find({message.sender, conversation});
  if (own != durable_.marks.end() && own->second.listed) {
    own->second.marks = {.delivered = message.conversation_seq, .read = message.conversation_seq};
  }
}

// ---- reads --------------------------------------------------------------------------------------

Head MemoryStreamStore::head_of(StreamId stream) const {
  const auto found = durable_.streams.find(stream);
  if (found == durable_.streams.end()) return {.epoch = options_.epoch, .head = 0, .trimmed = 0};
  return {.epoch = options_.epoch, .head = found->second.head, .trimmed = found->second.trimmed};
}

Page MemoryStreamStore::page(const ports::ReadRequest& request) const {
  Page page;
  page.head = head_of(request.stream);
  const Head& head = page.head;
  std::uint64_t seq = 0;  // the next one to serve
  if (request.backward) {
    seq = request.from == 0 || request.from > head.head ? head.head : request.from - 1;
  } else {
    const bool other_epoch = request.epoch != 0 && request.epoch != head.epoch;
    page.too_old = other_epoch || request.from < head.trimmed || request.from > head.head;
    seq = page.too_old ? head.trimmed + 1 : request.from + 1;
  }
  const auto there = [&head](std::uint64_t at) { return at > head.trimmed && at <= head.head; };
  std::size_t bytes = 0;
  while (there(seq)) {
    const ports::MessagePtr& message = durable_.streams.at(request.stream).entries.at(seq);
    bytes += message->body.size() + 128;
    const bool full = page.entries.size() >= request.entries_max || bytes > request.bytes_max;
    if (full && !page.entries.empty()) break;
    page.entries.push_back({.seq = seq, .message = message});
    seq = request.backward ? seq - 1 : seq + 1;
  }
  page.more = there(seq);
  return page;
}

void MemoryStreamStore::read(ports::ReadRequest request, Done<Page> done) {
  call(Access::reads, std::move(done), [this, request] { return page(request); });
}

void MemoryStreamStore::versions(ports::VersionsRequest request, Done<ports::VersionPage> done) {
  call(Access::reads, std::move(done), [this, request] { return version_page(request); });
}

void MemoryStreamStore::heads(std::vector<StreamId> streams, Done<std::vector<Head>> done) {
  call(Access::reads, std::move(done), [this, streams = std::move(streams)] {
    std::vector<Head> heads;
    for (const StreamId stream : streams) heads.push_back(head_of(stream));
    return heads;
  });
}

void MemoryStreamStore::places(MemberId member, std::vector<StreamId> streams,
                               Done<std::vector<ports::Place>> done) {
  call(Access::reads, std::move(done), [this, member, streams = std::move(streams)] {
    std::vector<ports::Place> places;
    for (const StreamId stream : streams) {
      const auto mark = durable_.marks.find({member, stream});
      places.push_back(
          {.head = head_of(stream), .marks = mark == durable_.marks.end() ? Marks{} : mark->second.marks});
    }
    return places;
  });
}

void MemoryStreamStore::open_device(MemberId member, std::string device, Done<ports::DeviceState> done) {
  call(Access::reads, std::move(done), [this, member, device = std::move(device)] {
    ports::DeviceState state{.inbox = head_of(StreamId::inbox(member)), .received = 0, .last_send_id = 0};
    const auto found = durable_.devices.find({member, device});
    if (found != durable_.devices.end()) {
      state.received = found->second.received;
      state.last_send_id = found->second.accepted.size();
    }
    return state;
  });
}

// ---- cursors and marks --------------------------------------------------------------------------

void MemoryStreamStore::received(MemberId member, std::string device, std::uint64_t seq,
                                 Done<std::uint64_t> done) {
  call(Access::writes, std::move(done), [this, member, device = std::move(device), seq] {
    std::uint64_t& cursor = durable_.devices[{member, device}].received;
    cursor = std::max(cursor, std::min(seq, head_of(StreamId::inbox(member)).head));
    return cursor;
  });
}

Marked MemoryStreamStore::move_marks(MemberId member, StreamId conversation, Marks to) {
  const std::uint64_t head = head_of(conversation).head;
  Mark& mark = durable_.marks[{member, conversation}];
  mark.listed = true;
  const Marks before = mark.marks;
  mark.marks.delivered = std::max(before.delivered, std::min(std::max(to.delivered, to.read), head));
  mark.marks.read = std::max(before.read, std::min(to.read, head));
  const bool changed = mark.marks.delivered != before.delivered || mark.marks.read != before.read;
  return {.marks = mark.marks, .changed = changed, .head = head};
}

void MemoryStreamStore::mark(MemberId member, StreamId conversation, Marks marks, Done<Marked> done) {
  call(Access::writes, std::move(done), [=, this] { return move_marks(member, conversation, marks); });
}

void MemoryStreamStore::follow(MemberId member, StreamId conversation, Done<Marked> done) {
  call(Access::writes, std::move(done), [=, this] {
    const std::uint64_t head = head_of(conversation).head;
    return move_marks(member, conversation, {.delivered = head, .read = head});
  });
}

void MemoryStreamStore::unfollow(MemberId member, StreamId conversation, Done<bool> done) {
  call(Access::writes, std::move(done), [=, this] {
    const auto found = durable_.marks.find({member, conversation});
    const bool was_listed = found != durable_.marks.end() && found->second.listed;
    if (was_listed) found->second.listed = false;
    return was_listed;
  });
}

std::uint64_t MemoryStreamStore::quiet_after(StreamId stream, std::uint64_t read) const {
  const auto found = durable_.streams.find(stream);
  if (found == durable_.streams.end()) return 0;
  const auto& quiet = found->second.quiet;
  return static_cast<std::uint64_t>(std::distance(quiet.upper_bound(read), quiet.end()));
}

ports::ConversationPage MemoryStreamStore::list(MemberId member, StreamId after, std::uint32_t limit) const {
  ports::ConversationPage page;
  auto at = durable_.marks.upper_bound({member, after});
  for (; at != durable_.marks.end() && at->first.first == member; ++at) {
    if (!at->second.listed) continue;
    if (page.conversations.size() == limit) {
      page.more = true;
      break;
    }
    const StreamId stream = at->first.second;
    const Head head = head_of(stream);
    const Marks marks = at->second.marks;
    Marks peer;
    if (stream.kind() == ports::StreamKind::pair) {
      const auto theirs = durable_.marks.find({stream.peer_of(member), stream});
      if (theirs != durable_.marks.end()) peer = theirs->second.marks;
    }
    ports::MessagePtr last;
    if (head.head > head.trimmed) last = durable_.streams.at(stream).entries.at(head.head);
    page.conversations.push_back({.stream = stream,
                                  .head = head.head,
                                  .marks = marks,
                                  .peer = peer,
                                  .unread = head.head - marks.read - quiet_after(stream, marks.read),
                                  .last = last});
  }
  return page;
}

void MemoryStreamStore::conversations(MemberId member, StreamId after, std::uint32_t limit,
                                      Done<ports::ConversationPage> done) {
  call(Access::reads, std::move(done), [=, this] { return list(member, after, limit); });
}

// ---- retention ----------------------------------------------------------------------------------

bool MemoryStreamStore::trim_some(const ports::Retention& retention) {
  std::uint32_t rows = 0;
  const auto remove = [&](StreamId id, std::uint64_t seq) {
    Stream& stream = durable_.streams.at(id);
    rows += stream.entries.erase(seq) > 0 ? 1 : 0;
    stream.quiet.erase(seq);
    stream.trimmed = std::max(stream.trimmed, seq);
  };
  if (retention.message_age_max_ms > 0) {
    const std::int64_t oldest_kept_ms = clock_.wall_ms() - retention.message_age_max_ms;
    while (!durable_.messages.empty() && durable_.messages.begin()->second->time_ms < oldest_kept_ms) {
      if (rows >= options_.trim_rows_max) return true;
      const ports::MessagePtr message = durable_.messages.begin()->second;
      for (const ports::Delivery& delivery : message->deliveries) remove(delivery.stream, delivery.seq);
      remove(message->conversation, message->conversation_seq);
      durable_.messages.erase(message->id);
      count_bytes(*message, -1);
      durable_.versions.erase(message->id);
      ++rows;
    }
  }
  if (retention.inbox_entries_max > 0) {
    for (auto& [id, stream] : durable_.streams) {
      while (stream.head - stream.trimmed > retention.inbox_entries_max) {
        if (rows >= options_.trim_rows_max) return true;
        const ports::MessagePtr message = stream.entries.at(stream.trimmed + 1);
        remove(id, stream.trimmed + 1);
        const auto gone = [this](StreamId in, std::uint64_t seq) {
          return durable_.streams.at(in).trimmed >= seq;
        };
        const bool unreferenced = gone(message->conversation, message->conversation_seq) &&
                                  std::all_of(message->deliveries.begin(), message->deliveries.end(),
                                              [&](const ports::Delivery& delivery) {
                                                return gone(delivery.stream, delivery.seq);
                                              });
        if (unreferenced && durable_.messages.erase(message->id) > 0) {
          count_bytes(*message, -1);
          durable_.versions.erase(message->id);
        }
      }
    }
  }
  return false;
}

void MemoryStreamStore::trim(ports::Retention retention, Done<bool> done) {
  call(Access::writes, std::move(done), [=, this] { return trim_some(retention); });
}

/// False: it has more than a piece.
bool MemoryStreamStore::erase_stream(StreamId id) {
  const auto at = durable_.streams.find(id);
  if (at == durable_.streams.end()) return true;
  std::uint32_t rows = 0;
  auto& entries = at->second.entries;
  while (!entries.empty()) {
    if (rows++ >= options_.trim_rows_max) return false;
    const ports::MessagePtr message = entries.begin()->second;
    entries.erase(entries.begin());
    if (id.kind() == StreamKind::inbox || durable_.messages.erase(message->id) == 0) continue;
    durable_.versions.erase(message->id);
    count_bytes(*message, -1);
    const auto device = durable_.devices.find({message->sender, message->device});
    if (message->from_server() && device != durable_.devices.end() &&
        device->second.accepted.back() <= message->id.value) {
      durable_.devices.erase(device);
    }
  }
  durable_.streams.erase(at);
  return true;
}

bool MemoryStreamStore::erase_some(const ports::Erasure& what) {
  std::vector<StreamId> streams = what.conversations;
  for (const auto& [id, stream] : durable_.streams) {
    const bool of_member = id.kind() == StreamKind::inbox || id.kind() == StreamKind::notices ||
                           id.kind() == StreamKind::pair;
    if (of_member && std::ranges::find(what.members, MemberId{id.first()}) != what.members.end())
      streams.push_back(id);
  }
  for (const StreamId id : streams) {
    if (!erase_stream(id)) return true;
  }
  for (const MemberId member : what.members) {
    std::erase_if(durable_.marks, [member](const auto& entry) { return entry.first.first == member; });
    std::erase_if(durable_.devices, [member](const auto& entry) { return entry.first.first == member; });
  }
  for (const std::string& device : what.server_devices) durable_.devices.erase({MemberId{}, device});
  return false;
}

void MemoryStreamStore::erase(ports::Erasure what, Done<bool> done) {
  call(Access::writes, std::move(done), [this, what = std::move(what)] { return erase_some(what); });
}

void MemoryStreamStore::count_bytes(const Message& message, std::int64_t sign) {
  const auto bytes = static_cast<std::int64_t>(ports::ZoneBytes::of(message));
  durable_.zone_bytes[message.zone] += static_cast<std::uint64_t>(sign * bytes);
  changed_bytes_.insert(message.zone);
}

std::vector<ports::ZoneBytes> MemoryStreamStore::take_changed_bytes() {
  std::vector<ports::ZoneBytes> changed;
  for (const ZoneId zone : changed_bytes_)
    changed.push_back({.zone = zone, .bytes = durable_.zone_bytes[zone]});
  changed_bytes_.clear();
  return changed;
}

// ---- figures ------------------------------------------------------------------------------------

ports::StoreHealth MemoryStreamStore::health() const {
  const std::lock_guard lock(mutex_);
  if (!running_) return {.writable = false, .reason = "the store is not running"};
  if (commits_to_fail_ > 0) return {.writable = false, .reason = "commits fail, as the test asked for"};
  return {};
}

ports::StoreStats MemoryStreamStore::stats() const {
  const std::lock_guard lock(mutex_);
  ports::StoreStats stats = stats_;
  stats.appends_waiting = waiting_.size();
  return stats;
}

}  // namespace plaza::memory
