#include "tests/sim/rules_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "streams/original_search.h"
#include "streams/page_rules.h"

namespace plaza::sim {

using ports::Append;
using ports::AppendCode;
using ports::Appended;
using ports::MessagePtr;
using ports::StreamId;
using streams::MarkState;
using streams::SenderState;
using streams::StreamState;

namespace {
constexpr std::uint32_t kEpoch = 1;

ports::StoreError unavailable() {
  return {.code = ports::StoreCode::unavailable, .detail = "the simulated disk is not there"};
}
}  // namespace

RulesStore::RulesStore(const ports::Clock& clock, std::uint64_t seed) : clock_(clock), rng_(seed ^ 0xd15c) {
  limits_.entries_max = rng_.percent(50) ? rng_.between(1, 6) : 1'000;
  limits_.recent_bytes_max = rng_.percent(50) ? rng_.between(1, 2'000) : std::size_t{1} << 20U;
  flush_after_ = rng_.between(1, 60);
  flush_rows_ = rng_.between(1, 40);
}

// ---- life ---------------------------------------------------------------------------------------

Result<void, ports::StoreError> RulesStore::start(ports::AppendSink& sink) {
  PLAZA_CHECK(!process_);
  process_ = std::make_unique<Process>(disk_, limits_);
  process_->set.begin_at(disk_.indexed_upto, disk_.indexed_time_ms, kEpoch);
  for (const auto& [zone, bytes] : disk_.zone_bytes)
    process_->set.zone_bytes.load({.zone = zone, .bytes = bytes});
  for (auto at = disk_.messages.upper_bound(disk_.indexed_upto); at != disk_.messages.end(); ++at) {
    const bool follows = process_->set.replay(at->second);
    PLAZA_CHECK(follows);
  }
  check_zone_bytes();
  sink_ = &sink;
  return {};
}

/// Wherever it died: what each zone has is what its messages are.
void RulesStore::check_zone_bytes() {
  std::map<ZoneId, std::uint64_t> right;
  for (const auto& [id, message] : disk_.messages) right[message->zone] += ports::ZoneBytes::of(*message);
  for (const auto& [zone, bytes] : process_->set.zone_bytes.take_changed()) {
    PLAZA_CHECK(right[zone] == bytes);
    right.erase(zone);
  }
  PLAZA_CHECK(right.empty());
}

void RulesStore::crash() {
  waiting_.clear();
  outcomes_.clear();
  old_.clear();
  disk_.roll_back();
  process_.reset();
  sink_ = nullptr;
  crash_after_commit_ = false;
}

void RulesStore::submit(Job job) {
  if (process_) {
    waiting_.push_back(std::move(job));
  } else {
    job.answer(Ended::failed);
  }
}

// ---- one step -----------------------------------------------------------------------------------

bool RulesStore::step() {
  if (!process_) return false;
  Process& p = *process_;
  if (waiting_.empty()) {
    if (!p.flush.active() && p.flush.needed() && rng_.percent(10)) p.flush.begin_round();
    if (!p.flush.active()) return false;
  }
  // Not all that waits comes into one group.
  std::deque<Job> taken;
  const std::size_t most = rng_.percent(30) ? rng_.between(1, 3) : waiting_.size();
  for (; !waiting_.empty() && taken.size() < most; waiting_.pop_front())
    taken.push_back(std::move(waiting_.front()));
  p.group.begin(clock_.wall_ms());
  for (const Job& job : taken) {
    if (job.plan) job.plan();
  }
  const Ended ended = commit_group();
  if (crash_after_commit_) {
    crash();
    return true;
  }
  report(ended);
  for (const Job& job : taken) job.answer(ended);
  if (!p.flush.active() && p.set.last_message - p.set.indexed_upto >= flush_after_) p.flush.begin_round();
  p.set.evict();
  return true;
}

RulesStore::Ended RulesStore::commit_group() {
  streams::GroupCommit& group = process_->group;
  streams::IndexFlush& flush = process_->flush;
  if (group.empty() && !flush.active()) {
    group.commit();
    return Ended::committed;
  }
  for (const auto& message : group.messages()) disk_.insert_message(message);
  disk_.write_changes(group.changes());
  for (const MarkState* const mark : group.marks()) disk_.write_mark(*mark);
  for (const SenderState* const sender : group.cursors()) disk_.write_cursor(*sender);
  if (flush.active()) {
    const auto slice = flush.write(disk_, std::max(flush_rows_, 3 * group.entries()));
    PLAZA_CHECK(slice != streams::IndexFlush::Slice::failed);
  }
  if (commits_to_fail_ > 0) {
    --commits_to_fail_;
    ++stats_.commit_failures;
    disk_.roll_back();
    group.roll_back();
    if (flush.active()) flush.abandoned();
    return Ended::failed;
  }
  ++stats_.commits;
  disk_.commit();
  group.commit();
  if (flush.active()) flush.applied();
  return Ended::committed;
}

// ---- appends ------------------------------------------------------------------------------------

void RulesStore::append(std::vector<Append> batch) {
  auto shared = std::make_shared<std::vector<Append>>(std::move(batch));
  submit({.plan =
              [this, shared] {
                for (Append& append : *shared) {
                  const auto decision = process_->group.add(append);
                  PLAZA_CHECK(decision.has_value());
                  if (decision->sender != nullptr) old_.emplace_back(outcomes_.size(), decision->sender);
                  outcomes_.push_back({.code = decision->code,
                                       .append = std::move(append),
                                       .message = nullptr,
                                       .expected_send_id = decision->expected_send_id});
                  outcomes_.back().refusal = decision->refusal;
                }
              },
          .answer = [](Ended) {}});
}

void RulesStore::report(Ended ended) {
  if (outcomes_.empty()) return;
  if (ended == Ended::committed) {
    for (const auto& [at, sender] : old_) find_original(outcomes_[at], *sender);
    stats_.duplicates += old_.size();
    for (Appended& outcome : outcomes_) {
      if (outcome.code != AppendCode::accepted) continue;
      outcome.message = outcome.append.message;
      ++stats_.messages;
    }
  } else {
    for (Appended& outcome : outcomes_) {
      outcome.code = AppendCode::unavailable;
      outcome.refusal = ports::AppendRefusal::none;
      outcome.expected_send_id = 0;
    }
  }
  old_.clear();
  sink_->appended(std::exchange(outcomes_, {}));
}

void RulesStore::find_original(Appended& outcome, SenderState& sender) {
  constexpr std::uint32_t kLooksMax = 2'048;
  const ports::Message& sent = *outcome.append.message;
  const std::uint64_t next_send_id = std::exchange(outcome.expected_send_id, 0);
  const auto search = [&](StreamId id) {
    const StreamState& stream = *process_->set.stream(id);
    return streams::find_send(
        stream.trimmed + 1, stream.head, sent.send_id, kLooksMax, [&](std::uint64_t seq) {
          const MessagePtr message = message_at(stream, seq);
          const bool own = message->sender == sender.member && message->device == sender.device;
          return streams::StreamSend{.send_id = own ? message->send_id : 0, .message_id = message->id.value};
        });
  };
  const streams::Original original = streams::find_original(
      sender, sent, search, [this](StreamId id) { return process_->set.known_stream(id)->trimmed == 0; });
  MessagePtr message = process_->set.recent.find(original.message_id);
  if (!message) message = disk_.message(original.message_id);
  if (original.kind == streams::Original::Kind::another || (message && !same_send(sent, *message))) {
    outcome.code = AppendCode::conflict;
    outcome.expected_send_id = next_send_id;
    return;
  }
  outcome.code = message ? AppendCode::duplicate : AppendCode::duplicate_trimmed;
  outcome.message = std::move(message);
}

// ---- calls --------------------------------------------------------------------------------------

template <class T>
void RulesStore::read_job(Done<T> done, std::function<T()> work) {
  auto shared = std::make_shared<Done<T>>(std::move(done));
  submit({.plan = nullptr, .answer = [this, shared, work = std::move(work)](Ended) {
            if (process_) {
              (*shared)(work());
            } else {
              (*shared)(fail(unavailable()));
            }
          }});
}

template <class T>
void RulesStore::write_job(Done<T> done, std::function<std::optional<T>()> work) {
  auto shared = std::make_shared<Done<T>>(std::move(done));
  auto result = std::make_shared<std::optional<T>>();
  submit({.plan =
              [result, work = std::move(work)] {
                *result = work();
                PLAZA_CHECK(result->has_value());
              },
          .answer =
              [shared, result](Ended ended) {
                if (ended == Ended::committed) {
                  (*shared)(std::move(**result));
                } else {
                  (*shared)(fail(unavailable()));
                }
              }});
}

void RulesStore::read(ports::ReadRequest request, Done<ports::Page> done) {
  read_job<ports::Page>(std::move(done), [this, request] { return page(request); });
}

void RulesStore::heads(std::vector<StreamId> streams, Done<std::vector<ports::Head>> done) {
  read_job<std::vector<ports::Head>>(std::move(done), [this, streams = std::move(streams)] {
    std::vector<ports::Head> heads;
    for (const StreamId stream : streams) heads.push_back(process_->set.stream(stream)->as_head());
    return heads;
  });
}

void RulesStore::places(MemberId member, std::vector<StreamId> streams,
                        Done<std::vector<ports::Place>> done) {
  read_job<std::vector<ports::Place>>(std::move(done), [this, member, streams = std::move(streams)] {
    std::vector<ports::Place> places;
    for (const StreamId stream : streams) {
      places.push_back({.head = process_->set.stream(stream)->as_head(),
                        .marks = process_->set.mark(member, stream)->marks});
    }
    return places;
  });
}

void RulesStore::open_device(MemberId member, std::string device, Done<ports::DeviceState> done) {
  read_job<ports::DeviceState>(std::move(done), [this, member, device = std::move(device)] {
    const ports::Head inbox = process_->set.stream(StreamId::inbox(member))->as_head();
    const SenderState& sender = *process_->set.sender(member, device);
    return ports::DeviceState{
        .inbox = inbox, .received = sender.received, .last_send_id = sender.last_send_id};
  });
}

void RulesStore::received(MemberId member, std::string device, std::uint64_t seq, Done<std::uint64_t> done) {
  write_job<std::uint64_t>(std::move(done), [this, member, device = std::move(device), seq] {
    return process_->group.received(member, device, seq);
  });
}

void RulesStore::mark(MemberId member, StreamId conversation, ports::Marks marks, Done<ports::Marked> done) {
  write_job<ports::Marked>(std::move(done), [this, member, conversation, marks] {
    return process_->group.move_marks(member, conversation, marks);
  });
}

void RulesStore::follow(MemberId member, StreamId conversation, Done<ports::Marked> done) {
  write_job<ports::Marked>(
      std::move(done), [this, member, conversation] { return process_->group.follow(member, conversation); });
}

void RulesStore::unfollow(MemberId member, StreamId conversation, Done<bool> done) {
  write_job<bool>(std::move(done),
                  [this, member, conversation] { return process_->group.unfollow(member, conversation); });
}

// ---- reads --------------------------------------------------------------------------------------

/// An entry that is not trimmed.
MessagePtr RulesStore::message_at(const StreamState& stream, std::uint64_t seq) {
  std::uint64_t id = stream.in_tail(seq);
  if (id == 0) id = disk_.entry(stream.id, seq);
  PLAZA_CHECK(id != 0);  // a hole in the stored index
  MessagePtr message = process_->set.recent.find(id);
  if (!message) message = disk_.message(id);
  PLAZA_CHECK(message != nullptr);
  return message;
}

ports::Page RulesStore::page(const ports::ReadRequest& request) {
  const StreamState& stream = *process_->set.stream(request.stream);
  streams::PageFill fill(stream.as_head(), request);
  while (fill.wants() != 0) fill.offer(message_at(stream, fill.wants()));
  return fill.finish();
}

void RulesStore::versions(ports::VersionsRequest request, Done<ports::VersionPage> done) {
  read_job<ports::VersionPage>(std::move(done), [this, request] { return version_page(request); });
}

/// All that are asked for: the simulator has no long ones.
ports::VersionPage RulesStore::version_page(const ports::VersionsRequest& request) {
  ports::VersionPage page;
  const StreamState& stream = *process_->set.stream(request.conversation);
  if (request.cseq <= stream.trimmed || request.cseq > stream.head) return page;
  page.message = message_at(stream, request.cseq);
  if (page.message->recalled()) return page;
  const auto& kept = disk_.versions[page.message->id.value];
  page.versions.push_back(
      {.number = static_cast<std::uint32_t>(kept.size()), .time_ms = 0, .body = page.message->body});
  for (auto at = kept.rbegin(); at != kept.rend(); ++at) page.versions.push_back(at->second);
  return page;
}

void RulesStore::conversations(MemberId member, StreamId after, std::uint32_t limit,
                               Done<ports::ConversationPage> done) {
  read_job<ports::ConversationPage>(std::move(done), [=, this] { return list(member, after, limit); });
}

ports::ConversationPage RulesStore::list(MemberId member, StreamId after, std::uint32_t limit) {
  std::set<StreamId> candidates;
  for (auto row = disk_.marks.upper_bound({member, after});
       row != disk_.marks.end() && row->first.first == member; ++row) {
    candidates.insert(row->first.second);
  }
  for (const StreamId stream : process_->set.marks_without_row(member)) {
    if (stream > after) candidates.insert(stream);
  }
  ports::ConversationPage page;
  for (const StreamId stream : candidates) {
    const MarkState& mark = *process_->set.mark(member, stream);
    if (mark.listing != MarkState::Listing::listed) continue;
    if (page.conversations.size() == limit) {
      page.more = true;
      break;
    }
    page.conversations.push_back(conversation(member, stream, mark.marks));
  }
  return page;
}

ports::Conversation RulesStore::conversation(MemberId member, StreamId id, ports::Marks marks) {
  const StreamState& stream = *process_->set.stream(id);
  ports::Conversation c;
  c.stream = id;
  c.head = stream.head;
  c.marks = marks;
  if (id.kind() == ports::StreamKind::pair) c.peer = process_->set.mark(id.peer_of(member), id)->marks;
  const auto& quiet = disk_.streams[id].quiet_places;
  c.unread = c.head - marks.read;
  if (stream.quiet > marks.read)
    c.unread -= static_cast<std::uint64_t>(std::distance(quiet.upper_bound(marks.read), quiet.end()));
  if (stream.head > stream.trimmed) c.last = message_at(stream, stream.head);
  return c;
}

// ---- retention ----------------------------------------------------------------------------------

void RulesStore::trim(ports::Retention retention, Done<bool> done) {
  auto shared = std::make_shared<Done<bool>>(std::move(done));
  submit({.plan = nullptr, .answer = [this, shared, retention](Ended) {
            (*shared)(process_ ? trim_some(retention) : Result<bool, ports::StoreError>(fail(unavailable())));
          }});
}

/// Raises a stream, and removes the messages of which that was the last entry. Only of the complete index.
void RulesStore::trim_stream(StreamId id, std::uint64_t upto, std::map<StreamId, std::uint64_t>& trimmed) {
  const auto trimmed_of = [&](StreamId stream) {
    const auto raised = trimmed.find(stream);
    return raised != trimmed.end() ? raised->second : process_->set.stream(stream)->trimmed;
  };
  for (std::uint64_t seq = trimmed_of(id) + 1; seq <= upto; ++seq) {
    const std::uint64_t message_id = disk_.entry(id, seq);
    if (message_id == 0 || message_id > process_->set.indexed_upto) return;
    trimmed[id] = seq;
    const MessagePtr message = disk_.message(message_id);
    PLAZA_CHECK(message != nullptr);
    const bool unreferenced = message->conversation_seq <= trimmed_of(message->conversation) &&
                              std::all_of(
                                  message->deliveries.begin(), message->deliveries.end(),
                                  [&](const ports::Delivery& to) { return to.seq <= trimmed_of(to.stream); });
    if (!unreferenced) continue;
    disk_.delete_message(message_id);
    removed_bytes_[message->zone] += ports::ZoneBytes::of(*message);
  }
}

/// By count, as sqlite/Trimmer: the index is completed first, then one transaction.
Result<bool, ports::StoreError> RulesStore::trim_some(const ports::Retention& retention) {
  Process& p = *process_;
  if (!std::exchange(p.trim_pass, true)) p.trim_upto = p.set.last_message;
  if (p.set.indexed_upto < p.trim_upto) {
    if (!p.flush.active()) p.flush.begin_round();
    return true;
  }
  p.trim_pass = false;
  if (commits_to_fail_ > 0) {
    --commits_to_fail_;
    ++stats_.commit_failures;
    return fail(unavailable());
  }
  std::map<StreamId, std::uint64_t> trimmed;
  for (const auto& [id, row] : disk_.streams) {
    const std::uint64_t stored_head = p.set.stream(id)->stored_head();
    if (stored_head > retention.inbox_entries_max)
      trim_stream(id, stored_head - retention.inbox_entries_max, trimmed);
  }
  for (const auto& [id, upto] : trimmed) disk_.write_trimmed(id, upto);
  for (const auto& [zone, bytes] : removed_bytes_)
    disk_.write_zone_bytes(p.set.zone_bytes.row_without(zone, bytes));
  disk_.commit();
  for (const auto& [zone, bytes] : removed_bytes_) p.set.zone_bytes.removed(zone, bytes);
  removed_bytes_.clear();
  for (const auto& [id, upto] : trimmed) {
    if (StreamState* const stream = p.set.known_stream(id)) stream->trimmed = std::max(stream->trimmed, upto);
  }
  return false;
}

}  // namespace plaza::sim
