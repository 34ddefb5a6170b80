#include "client/rules/send_queue.h"

#include <algorithm>
#include <utility>

#include "protocol/table.h"

namespace plaza::client {
namespace {

using protocol::Errno;

constexpr std::size_t kCopiesMax = 256;

// Answers that say nothing about the message itself; the same send_id is tried again.
bool says_try_again(Errno error) {
  switch (error) {
    case Errno::not_logged_in:
    case Errno::rate_limited:
    case Errno::app_rate_limited:
    case Errno::unavailable:
    case Errno::not_ready:
    case Errno::server_closing:
    case Errno::try_again: return true;
    default: return false;
  }
}

}  // namespace

SendQueue::SendQueue(SendLimits limits, std::uint64_t seed)
    : limits_(limits),
      backoff_(limits.retry_base_ms, limits.retry_cap_ms, seed),
      silence_(limits.reply_timeout_ms, limits.reply_timeout_cap_ms, seed + 1),
      window_(limits.unacked_max),
      patience_ms_(limits.reply_timeout_ms) {}

bool SendQueue::offer(Outgoing message) {
  if (entries_.size() >= limits_.waiting_max) return false;
  entries_.push_back(Entry{.message = std::move(message)});
  return true;
}

void SendQueue::entered(std::uint64_t last_send_id) {
  if (!entered_ever_) {
    entered_ever_ = true;
    next_id_ = last_send_id + 1;
    return;
  }
  const bool some_numbered = !entries_.empty() && entries_.front().send_id != 0;
  if (!some_numbered) {
    // Others used our numbers (a second session of this device), or the server lost some: nothing of ours is open.
    if (next_id_ != last_send_id + 1) one_at_a_time_ = true;
    next_id_ = last_send_id + 1;
    return;
  }
  if (last_send_id + 1 < entries_.front().send_id) {
    // The server knows fewer sends than it acknowledged (restored from a backup): what is open is not stored there.
    number_again(entries_.begin(), last_send_id + 1);
    return;
  }
  const bool others_sent = last_send_id >= next_id_;
  for (Entry& entry : entries_) {
    if (entry.send_id == 0 || entry.send_id > last_send_id) break;
    entry.known_stored = true;
    if (others_sent) entry.suspect = true;
  }
  if (others_sent) one_at_a_time_ = true;
  next_id_ = std::max(next_id_, last_send_id + 1);
}

void SendQueue::open() { open_ = true; }

void SendQueue::disconnected() {
  open_ = false;
  hold_until_ms_ = 0;
  ahead_streak_ = taken_streak_ = 0;
  answered();
  for (Entry& entry : entries_) {
    entry.rids.clear();
    if (entry.send_id == 0) continue;
    entry.unanswered_before = true;
    entry.on_the_wire = false;
    entry.in_doubt = false;
  }
  wanted_seq_ = 0;
}

void SendQueue::faulted(int error, const std::string& text) {
  const std::size_t sent = on_the_wire();
  if (sent == 0) return;  // it was another frame
  const Position end = numbered_end();
  const Position first = std::find_if(entries_.begin(), end, [](const Entry& e) { return e.on_the_wire; });
  for (Position entry = first; entry != end; ++entry) entry->faults += entry->on_the_wire ? 1 : 0;
  if (sent == 1 && first != end && first->faults >= 2 && !first->known_stored) {
    return refuse(first, SendReply{.error = error, .text = text});
  }
  accused_ = std::max(accused_, sent);
}

SendQueue::Position SendQueue::numbered_end() {
  return std::find_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.send_id == 0; });
}

SendQueue::Position SendQueue::by_send_id(std::uint64_t send_id) {
  for (auto entry = entries_.begin(); entry != entries_.end() && entry->send_id != 0; ++entry) {
    if (entry->send_id == send_id) return entry;
  }
  return entries_.end();
}

SendQueue::Position SendQueue::by_rid(std::uint64_t rid) {
  return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return std::find(e.rids.begin(), e.rids.end(), rid) != e.rids.end();
  });
}

void SendQueue::reply(const SendReply& reply, std::int64_t now_ms) {
  if (reply.error == 0) {
    // Any transmission counts, also one given up by a timeout, or under a send_id that was taken back since.
    const Position entry = by_rid(reply.rid);
    if (entry == entries_.end()) return;
    answered();
    if (reply.dup && reply.send_id == entry->send_id && (entry->transmissions == 1 || entry->suspect) &&
        reply.seq != 0)
      return stored_before(entry, reply);
    return accept(entry, reply);
  }
  const Position entry = by_rid(reply.rid);
  if (entry == entries_.end()) return;
  answered();
  std::erase(entry->rids, reply.rid);
  if (entry->on_the_wire && entry->last_rid == reply.rid) refused_or_later(entry, reply, now_ms);
}

void SendQueue::refused_or_later(Position entry, const SendReply& reply, std::int64_t now_ms) {
  if (static_cast<Errno>(reply.error) == Errno::send_id_ahead) return ahead(entry, reply, now_ms);
  if (static_cast<Errno>(reply.error) == Errno::conflict && reply.expected > entry->send_id)
    return taken(entry, reply, now_ms);
  if (says_try_again(static_cast<Errno>(reply.error))) {
    take_back_from(entry);
    window_ = 1;
    return hold(now_ms, reply.retry_after_ms);
  }
  // Refused now, but stored by an earlier try whose answer was lost: it is stored.
  if (entry->known_stored) return accept(entry, SendReply{.send_id = entry->send_id});
  refuse(entry, reply);
}

void SendQueue::taken(Position entry, const SendReply& reply, std::int64_t now_ms) {
  if (++taken_streak_ > 1) hold(now_ms, reply.retry_after_ms);
  lost_number(entry, entry->send_id < entry->tried_upto ? entry->send_id + 1 : reply.expected);
}

void SendQueue::lost_number(Position entry, std::uint64_t next_id) {
  entry->number_was_taken = true;
  crowded_ = kAloneAfter;
  number_again(entry, next_id);
}

void SendQueue::ahead(Position entry, const SendReply& reply, std::int64_t now_ms) {
  if (++ahead_streak_ > 1 || reply.expected == 0) hold(now_ms, reply.retry_after_ms);
  if (reply.expected == 0 || reply.expected > entry->send_id) return take_back_from(entry);
  if (reply.expected < entries_.front().send_id) return number_again(entries_.begin(), reply.expected);
  const Position expected = by_send_id(reply.expected);
  take_back_from(expected == entries_.end() ? entry : expected);
}

void SendQueue::stored_before(Position entry, const SendReply& reply) {
  const auto copy = copies_.find(reply.send_id);
  if (copy != copies_.end()) {
    if (same_message(*entry, copy->second)) return accept(entry, reply);
    return lost_number(entry, reply.send_id + 1);
  }
  entry->on_the_wire = false;
  entry->in_doubt = true;
  entry->doubt_seq = reply.seq;
  wanted_seq_ = std::max(wanted_seq_, reply.seq);
}

void SendQueue::inbox_read_to(std::uint64_t seq) {
  if (wanted_seq_ == 0) return;
  for (Position entry = entries_.begin(); entry != entries_.end() && entry->send_id != 0;) {
    if (!entry->in_doubt || entry->doubt_seq > seq) {
      ++entry;
      continue;
    }
    // The copy was read before this program ran, or is trimmed. A message that was transmitted once cannot be the one there.
    if (entry->transmissions == 1) return number_again(entry, entry->send_id + 1);
    const std::ptrdiff_t index = entry - entries_.begin();
    accept(entry, SendReply{.send_id = entry->send_id});
    entry = entries_.begin() + index;
  }
}

void SendQueue::own_copy(const Message& message) {
  copies_.insert_or_assign(message.send_id, message);
  while (copies_.size() > kCopiesMax) copies_.erase(copies_.begin());
  // A second program's: what is said from now on is not to look like a repetition of it.
  if (numbered_end() == entries_.begin()) next_id_ = std::max(next_id_, message.send_id + 1);
  const Position entry = by_send_id(message.send_id);
  if (entry == entries_.end() || entry->transmissions == 0) return;
  if (!same_message(*entry, message)) return lost_number(entry, message.send_id + 1);
  accept(entry, SendReply{.send_id = message.send_id,
                          .id = message.id,
                          .seq = message.seq,
                          .cseq = message.cseq,
                          .epoch = message.epoch,
                          .time_ms = message.time_ms});
}

bool SendQueue::same_message(const Entry& entry, const Message& copy) {
  const Outgoing& sent = entry.message;
  if (sent.conversation != copy.conversation || sent.kind != copy.kind || sent.reply_to != copy.reply_to)
    return false;
  const bool edit = copy.change.action == Change::Action::edit;
  if (sent.change.action != copy.change.action || sent.change.target != copy.change.target) return false;
  if (edit && sent.change.kind != copy.change.kind) return false;
  // What was edited or recalled meanwhile says something else by now. An object may come back written in another way; the rest
  // tells enough.
  if (copy.edits > 0 || copy.recalled) return true;
  const BodyKind kind = edit ? copy.change.kind : copy.kind;
  return kind != BodyKind::text || sent.body == copy.body;
}

void SendQueue::accept(Position entry, const SendReply& details) {
  outcomes_.push_back(SendOutcome{.message = std::move(entry->message),
                                  .send_id = details.send_id,
                                  .id = details.id,
                                  .seq = details.seq,
                                  .cseq = details.cseq,
                                  .epoch = details.epoch,
                                  .time_ms = details.time_ms,
                                  .number_was_taken = entry->number_was_taken});
  entries_.erase(entry);
  if (accused_ > 0) --accused_;
  if (std::none_of(entries_.begin(), numbered_end(), [](const Entry& e) { return e.in_doubt; }))
    wanted_seq_ = 0;
  backoff_.reset();
  ahead_streak_ = taken_streak_ = 0;
  window_ = std::min(window_ + 1, limits_.unacked_max);
  if (crowded_ > 0) --crowded_;
  one_at_a_time_ = crowded_ > 0;
}

void SendQueue::refuse(Position entry, const SendReply& reply) {
  outcomes_.push_back(SendOutcome{.message = std::move(entry->message),
                                  .send_id = entry->send_id,
                                  .error = reply.error,
                                  .text = reply.text});
  const bool unclear = entry->unanswered_before;
  const std::uint64_t free_id = entry->send_id;
  const Position next = entries_.erase(entry);
  if (accused_ > 0) --accused_;
  number_again(next, free_id);
  one_at_a_time_ = unclear || crowded_ > 0;
  if (unclear) {
    for (Entry& later : entries_) later.suspect = true;
  }
}

void SendQueue::number_again(Position entry, std::uint64_t next_id) {
  for (; entry != entries_.end() && entry->send_id != 0; ++entry) {
    *entry = Entry{.message = std::move(entry->message),
                   .rids = std::move(entry->rids),
                   .tried_upto = entry->tried_upto,
                   .faults = entry->faults,
                   .number_was_taken = entry->number_was_taken,
                   .suspect = entry->suspect || entry->unanswered_before};
  }
  next_id_ = next_id;
  one_at_a_time_ = true;
  wanted_seq_ = 0;
  for (const Entry& before : entries_) {
    if (before.in_doubt) wanted_seq_ = std::max(wanted_seq_, before.doubt_seq);
  }
}

void SendQueue::take_back_from(Position entry) {
  for (; entry != entries_.end(); ++entry) entry->on_the_wire = false;
}

void SendQueue::hold(std::int64_t now_ms, std::int64_t at_least_ms) {
  hold_until_ms_ = std::max(hold_until_ms_, now_ms + backoff_.next(at_least_ms));
}

void SendQueue::answered() {
  silence_.reset();
  patience_ms_ = limits_.reply_timeout_ms;
}

std::size_t SendQueue::on_the_wire() const {
  std::size_t count = 0;
  for (auto entry = entries_.begin(); entry != entries_.end() && entry->send_id != 0; ++entry) {
    count += entry->on_the_wire || entry->in_doubt ? 1 : 0;
  }
  return count;
}

void SendQueue::transmit(Entry& entry, std::int64_t now_ms, std::uint64_t& next_rid,
                         std::vector<SendFrame>& out) {
  if (entry.send_id == 0) entry.send_id = next_id_++;
  entry.last_rid = next_rid++;
  entry.rids.push_back(entry.last_rid);
  entry.tried_upto = std::max(entry.tried_upto, entry.send_id);
  ++entry.transmissions;
  entry.on_the_wire = true;
  entry.suspect = entry.suspect || one_at_a_time_;
  entry.sent_ms = now_ms;
  out.push_back(SendFrame{.rid = entry.last_rid, .send_id = entry.send_id, .message = entry.message});
}

void SendQueue::poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SendFrame>& out) {
  if (!open_) return;
  for (Position entry = entries_.begin(); entry != entries_.end() && entry->send_id != 0; ++entry) {
    if (!entry->on_the_wire || now_ms - entry->sent_ms < patience_ms_) continue;
    take_back_from(entry);
    window_ = 1;
    patience_ms_ = limits_.reply_timeout_ms + silence_.next();
    break;
  }
  if (now_ms < hold_until_ms_) return;
  hold_until_ms_ = 0;
  const std::size_t window = one_at_a_time_ || accused_ > 0 ? 1 : window_;
  std::size_t open_sends = 0;
  for (Entry& entry : entries_) {
    if (open_sends >= window) break;
    if (!entry.on_the_wire && !entry.in_doubt) transmit(entry, now_ms, next_rid, out);
    ++open_sends;
  }
}

std::vector<SendOutcome> SendQueue::take_outcomes() { return std::exchange(outcomes_, {}); }

std::optional<std::int64_t> SendQueue::next_wake_ms() const {
  if (!open_ || entries_.empty()) return std::nullopt;
  std::optional<std::int64_t> wake;
  const auto at = [&](std::int64_t time_ms) { wake = wake ? std::min(*wake, time_ms) : time_ms; };
  bool all_wait = true;
  for (const Entry& entry : entries_) {
    if (entry.on_the_wire) {
      at(entry.sent_ms + patience_ms_);
    } else if (!entry.in_doubt) {
      all_wait = false;
      break;
    }
  }
  if (!all_wait && hold_until_ms_ > 0) at(hold_until_ms_);
  return wake;
}

}  // namespace plaza::client
