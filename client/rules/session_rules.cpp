#include "client/rules/session_rules.h"

#include <algorithm>
#include <utility>

#include "protocol/table.h"

namespace plaza::client {

using protocol::Errno;

SessionRules::SessionRules(RulesLimits limits, std::uint64_t seed)
    : limits_(limits),
      reconnect_(limits.reconnect_base_ms, limits.reconnect_cap_ms, seed),
      sends_(limits.send, seed + 1),
      stream_(limits.follow, seed + 2),
      rooms_(limits.follow, seed + 4),
      marks_(limits.marks, seed + 3) {}

void SessionRules::mark_read(Conversation conversation, std::uint64_t cseq, std::int64_t now_ms) {
  marks_.read(conversation, cseq, now_ms);
}

void SessionRules::entered(const Entered& entered) {
  self_ = entered;
  if (!stream_.started()) stream_.start(entered.epoch, entered.received);
  if (stream_.epoch() != entered.epoch) rooms_.restarted();
  rooms_.entered(entered.large_groups);
  note_inbox_read();
  marks_.received_known(entered.received);
  sends_.entered(entered.last_send_id);
  collect_rooms();
}

/// Once the inbox is at the head that ENTER_ACK named.
void SessionRules::note_inbox_read() {
  if (stream_.epoch() == self_.epoch && stream_.position() >= self_.head) rooms_.inbox_read();
}

void SessionRules::left_group(std::uint64_t group) {
  rooms_.left(group);
  collect_rooms();
}

void SessionRules::ready(std::uint32_t epoch, std::uint64_t head) {
  reconnect_.reset();
  stream_.open(epoch, head);
  rooms_.ready();
  sends_.open();
  marks_.open();
}

void SessionRules::disconnected() {
  sends_.disconnected();
  stream_.disconnected();
  rooms_.disconnected();
  marks_.disconnected();
}

void SessionRules::faulted(int error, const std::string& text) {
  sends_.faulted(error, text);
  collect_outcomes();
}

void SessionRules::send_reply(const SendReply& reply, std::int64_t now_ms) {
  sends_.reply(reply, now_ms);
  collect(now_ms);
}

void SessionRules::push(Message message, std::int64_t now_ms) {
  if (message.seq == 0) {
    rooms_.push(std::move(message));
  } else {
    stream_.push(std::move(message));
  }
  collect(now_ms);
}

void SessionRules::sync_page(SyncPage page, std::int64_t now_ms) {
  if (rooms_.asked(page.rid)) {
    rooms_.page(std::move(page), now_ms);
  } else {
    stream_.page(std::move(page), now_ms);
  }
  collect(now_ms);
}

void SessionRules::mark_reply(std::uint64_t rid, int error, std::int64_t retry_after_ms,
                              std::int64_t now_ms) {
  if (error == 0) return marks_.confirmed(rid);
  const auto number = static_cast<Errno>(error);
  const bool later = number == Errno::unavailable || number == Errno::try_again ||
                     number == Errno::rate_limited || number == Errno::app_rate_limited;
  if (later) return marks_.try_again(rid, retry_after_ms, now_ms);
  marks_.refused(rid);
}

void SessionRules::frame_failed(std::uint64_t rid, int error, const std::string& text,
                                std::int64_t retry_after_ms, std::int64_t now_ms) {
  const auto number = static_cast<Errno>(error);
  const bool gone = number == Errno::not_in_group || number == Errno::no_such_group;
  stream_.page_failed(rid, retry_after_ms, now_ms);
  rooms_.page_failed(rid, gone, retry_after_ms, now_ms);
  mark_reply(rid, error == 0 ? static_cast<int>(Errno::bad_request) : error, retry_after_ms, now_ms);
  send_reply(SendReply{.error = error, .text = text, .rid = rid, .retry_after_ms = retry_after_ms}, now_ms);
}

// Outcomes feed the stream (the ack of an own send fills its inbox position), and the stream feeds the sends (the own copy
// settles what a send_id is bound to), so both run until nothing moves: also when what the stream settled is an outcome alone.
void SessionRules::collect(std::int64_t now_ms) {
  for (std::size_t before = events_.size() + 1; before != events_.size() || sends_.has_outcomes();) {
    before = events_.size();
    collect_outcomes();
    collect_stream(now_ms);
  }
}

void SessionRules::collect_outcomes() {
  for (SendOutcome& outcome : sends_.take_outcomes()) {
    if (outcome.error == 0 && outcome.cseq != 0) {
      Message own{.conversation = outcome.message.conversation,
                  .sender = self_.member,
                  .sender_name = self_.name,
                  .kind = outcome.message.kind,
                  .body = outcome.message.body,
                  .id = outcome.id,
                  .epoch = outcome.epoch,
                  .seq = outcome.seq,
                  .cseq = outcome.cseq,
                  .time_ms = outcome.time_ms,
                  .mine = true,
                  .send_id = outcome.send_id,
                  .device = self_.device,
                  .reply_to = outcome.message.reply_to,
                  .change = outcome.message.change};
      if (outcome.seq != 0) {
        stream_.push(std::move(own));
      } else {
        rooms_.push(std::move(own));
      }
    }
    events_.emplace_back(std::move(outcome));
  }
}

void SessionRules::collect_stream(std::int64_t now_ms) {
  for (StreamFollower::Item& item : stream_.take_delivered()) {
    if (item.gap) {
      if (item.gap->restarted()) {
        marks_.restarted();
        sends_.inbox_restarted();
      }
      events_.emplace_back(*item.gap);
      continue;
    }
    const Message& message = *item.message;
    if (message.mine && message.send_id != 0 && message.device == self_.device) sends_.own_copy(message);
    if (rooms_.from_inbox(*item.message)) continue;
    if (!message.mine && limits_.mark_delivered) marks_.delivered(message.conversation, message.cseq, now_ms);
    events_.emplace_back(std::move(*item.message));
  }
  note_inbox_read();
  collect_rooms();
  marks_.received(stream_.position(), now_ms);
  if (sends_.wanted_seq() == 0) return;
  stream_.head(stream_.epoch(), sends_.wanted_seq());
  if (stream_.position() >= sends_.wanted_seq()) sends_.inbox_read_to(stream_.position());
}

/// In a large group nobody waits for the others' marks: only what the application has read is told.
void SessionRules::collect_rooms() {
  for (RoomFollowers::Item& item : rooms_.take_delivered()) {
    if (item.item.gap) {
      events_.emplace_back(*item.item.gap);
    } else {
      events_.emplace_back(std::move(*item.item.message));
    }
  }
}

std::vector<Frame> SessionRules::take_frames(std::int64_t now_ms) {
  std::vector<Frame> frames;
  std::vector<SendFrame> sends;
  sends_.poll(now_ms, next_rid_, sends);
  for (SendFrame& frame : sends) frames.emplace_back(std::move(frame));
  std::vector<SyncFrame> syncs;
  stream_.poll(now_ms, next_rid_, syncs);
  rooms_.poll(now_ms, next_rid_, syncs);
  for (const SyncFrame& frame : syncs) frames.emplace_back(frame);
  take_marks(now_ms, frames);
  return frames;
}

void SessionRules::take_marks(std::int64_t now_ms, std::vector<Frame>& frames) {
  std::vector<MarkFrame> marks;
  std::optional<std::uint64_t> received;
  marks_.poll(now_ms, next_rid_, marks, received);
  for (const MarkFrame& frame : marks) frames.emplace_back(frame);
  if (received) frames.emplace_back(ReceivedFrame{*received});
}

std::vector<Frame> SessionRules::last_frames() {
  std::vector<Frame> frames;
  marks_.hurry();
  take_marks(0, frames);
  return frames;
}

std::optional<std::int64_t> SessionRules::next_wake_ms() const {
  std::optional<std::int64_t> wake;
  for (const auto& one :
       {sends_.next_wake_ms(), stream_.next_wake_ms(), rooms_.next_wake_ms(), marks_.next_wake_ms()}) {
    if (one) wake = wake ? std::min(*wake, *one) : *one;
  }
  return wake;
}

}  // namespace plaza::client
