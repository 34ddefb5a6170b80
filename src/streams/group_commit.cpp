#include "streams/group_commit.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "streams/send_rules.h"

namespace plaza::streams {

using ports::Append;
using ports::AppendCode;
using ports::Marked;
using ports::Message;
using ports::Reach;
using ports::StreamId;
using ports::StreamKind;

void GroupCommit::begin(std::int64_t now_ms) {
  PLAZA_CHECK(empty() && marks_before_.empty() && cursors_before_.empty());
  now_ms_ = std::max(now_ms, set_.last_time_ms);
  last_message_before_ = set_.last_message;
  last_time_before_ms_ = set_.last_time_ms;
}

// ---- appends ------------------------------------------------------------------------------------

std::optional<Decision> GroupCommit::add(const Append& append) {
  Message& message = *append.message;
  PLAZA_CHECK(message.conversation.kind() != StreamKind::pair ||
              (append.reach == Reach::inboxes && !message.from_server()));
  SenderState* const sender = set_.sender(message.sender, message.device);
  if (sender == nullptr) return std::nullopt;
  switch (send_rule(sender->last_send_id, message.send_id)) {
    case SendRule::ahead:
      return Decision{.code = AppendCode::ahead, .expected_send_id = sender->last_send_id + 1};
    case SendRule::old:
      return Decision{
          .code = AppendCode::duplicate, .expected_send_id = sender->last_send_id + 1, .sender = sender};
    case SendRule::next: break;
  }
  if (message.extra) {
    const auto refusal = changes_.check(message, messages_);
    if (!refusal) return std::nullopt;
    if (*refusal != ports::AppendRefusal::none)
      return Decision{.code = AppendCode::refused, .refusal = *refusal};
  }
  const std::uint64_t last = set_.last_message;
  const std::uint64_t id = last == 0 ? make_id(region_, 1) : last + 1;
  PLAZA_CHECK((id & kIdCounterMax) != 0);  // the counter of this region is used up after 2^45 messages

  senders_.push_back(
      {.sender = sender, .last_message = sender->last_message, .given_send_id = message.send_id});
  messages_.push_back(append.message);
  set_.last_message = id;
  set_.last_time_ms = now_ms_;
  message.id = MessageId{id};
  message.time_ms = now_ms_;
  message.send_id = ++sender->last_send_id;
  sender->last_message = id;
  sender->recent.note(id);
  if (!deliver(append) || !move_own_marks(message)) return std::nullopt;
  if (message.extra && !changes_.make(message, messages_)) return std::nullopt;
  return Decision{.code = AppendCode::accepted};
}

bool GroupCommit::enter(StreamId id, std::uint64_t message_id, std::uint64_t& seq) {
  StreamState* const stream = set_.stream(id);
  if (stream == nullptr) return false;
  seq = stream->push(message_id);
  streams_.push_back(stream);
  return true;
}

bool GroupCommit::deliver(const Append& append) {
  Message& message = *append.message;
  const std::uint64_t id = message.id.value;
  message.deliveries.clear();
  if (append.reach == Reach::conversation) return enter(message.conversation, id, message.conversation_seq);
  const auto to_inbox = [&](MemberId member) {
    if (!member) return true;  // the server has none
    const StreamId inbox = StreamId::inbox(member);
    if (!message.deliveries.empty() && message.deliveries.back().stream == inbox)
      return true;  // the sender, or twice
    std::uint64_t seq = 0;
    if (!enter(inbox, id, seq)) return false;
    message.deliveries.push_back({.stream = inbox, .seq = seq});
    return true;
  };
  const bool pair = message.conversation.kind() == StreamKind::pair;
  if (pair) {
    const MemberId peer = message.conversation.peer_of(message.sender);
    message.deliveries.reserve(2);
    if (!to_inbox(std::min(message.sender, peer)) || !to_inbox(std::max(message.sender, peer))) return false;
  } else {
    static const std::vector<MemberId> nobody;
    const std::vector<MemberId>& members = append.fanout ? *append.fanout : nobody;
    message.deliveries.reserve(members.size() + 1);
    const auto after_sender = std::lower_bound(members.begin(), members.end(), message.sender);
    for (auto at = members.begin(); at != after_sender; ++at) {
      if (!to_inbox(*at)) return false;
    }
    if (!to_inbox(message.sender)) return false;
    for (auto at = after_sender; at != members.end(); ++at) {
      if (!to_inbox(*at)) return false;
    }
  }
  return enter(message.conversation, id, message.conversation_seq);
}

bool GroupCommit::move_own_marks(const Message& message) {
  if (message.change() != nullptr) return true;  // nothing was said
  if (message.from_server())
    return message.conversation.kind() != StreamKind::notices || list_notice(message);
  MarkState* const own = set_.mark(message.sender, message.conversation);
  if (own == nullptr) return false;
  remember(*own);
  if (message.conversation.kind() == StreamKind::pair) {
    own->list_for_message(message.conversation_seq);
    MarkState* const peer = set_.mark(message.conversation.peer_of(message.sender), message.conversation);
    if (peer == nullptr) return false;
    if (peer->listing != MarkState::Listing::listed) {
      remember(*peer);
      peer->list_for_message(message.conversation_seq);
    }
  }
  own->own_send(message.conversation_seq);
  return true;
}

/// What the server tells a member lists the conversation for it, and leaves it unread.
bool GroupCommit::list_notice(const Message& message) {
  MarkState* const mark = set_.mark(MemberId{message.conversation.first()}, message.conversation);
  if (mark == nullptr) return false;
  if (mark->listing == MarkState::Listing::listed) return true;
  remember(*mark);
  mark->list_for_message(message.conversation_seq);
  return true;
}

// ---- calls --------------------------------------------------------------------------------------

void GroupCommit::remember(MarkState& mark) {
  marks_before_.push_back(
      {.mark = &mark, .marks = mark.marks, .listing = mark.listing, .removed_at = mark.removed_at});
}

void GroupCommit::call_changed(MarkState& mark) {
  if (!std::exchange(mark.called, true)) called_marks_.push_back(&mark);
}

std::optional<Marked> GroupCommit::move_marks(MemberId member, StreamId conversation, ports::Marks to) {
  const StreamState* const stream = set_.stream(conversation);
  MarkState* const mark = stream == nullptr ? nullptr : set_.mark(member, conversation);
  if (mark == nullptr) return std::nullopt;
  remember(*mark);
  const bool was_listed = mark->listing == MarkState::Listing::listed;
  const Marked marked = mark->move(to, stream->head);
  if (marked.changed || !was_listed) call_changed(*mark);
  return marked;
}

std::optional<Marked> GroupCommit::follow(MemberId member, StreamId conversation) {
  const StreamState* const stream = set_.stream(conversation);
  if (stream == nullptr) return std::nullopt;
  return move_marks(member, conversation, {.delivered = stream->head, .read = stream->head});
}

std::optional<bool> GroupCommit::unfollow(MemberId member, StreamId conversation) {
  const StreamState* const stream = set_.stream(conversation);
  MarkState* const mark = stream == nullptr ? nullptr : set_.mark(member, conversation);
  if (mark == nullptr) return std::nullopt;
  remember(*mark);
  const bool was_listed = mark->remove(stream->head);
  if (was_listed) call_changed(*mark);
  return was_listed;
}

std::optional<std::uint64_t> GroupCommit::received(MemberId member, std::string_view device,
                                                   std::uint64_t seq) {
  const StreamState* const inbox = set_.stream(StreamId::inbox(member));
  SenderState* const sender = inbox == nullptr ? nullptr : set_.sender(member, device);
  if (sender == nullptr) return std::nullopt;
  const std::uint64_t moved = std::max(sender->received, std::min(seq, inbox->head));
  if (moved != sender->received) {
    cursors_before_.push_back({.sender = sender, .received = sender->received});
    sender->received = moved;
    if (!std::exchange(sender->called, true)) called_cursors_.push_back(sender);
  }
  return moved;
}

// ---- the end ------------------------------------------------------------------------------------

void GroupCommit::commit() {
  set_.entries_in_tails += streams_.size();
  for (StreamState* const stream : streams_) set_.touch(*stream);
  for (const SenderBefore& before : senders_) set_.touch(*before.sender);
  for (MarkState* const mark : called_marks_) mark->in_table = true;
  for (const MarkBefore& before : marks_before_) {
    const MarkState& mark = *before.mark;
    const bool changed = mark.listing != before.listing || mark.marks.read != before.marks.read ||
                         mark.marks.delivered != before.marks.delivered;
    if (changed) set_.touch(*before.mark);
  }
  for (std::shared_ptr<Message>& message : messages_) {
    set_.zone_bytes.added(*message);
    set_.recent.push(std::move(message));
  }
  changes_.commit();
  clear();
}

void GroupCommit::roll_back() {
  changes_.roll_back();
  for (auto at = streams_.rbegin(); at != streams_.rend(); ++at) (*at)->pop();
  for (std::size_t i = senders_.size(); i-- > 0;) {
    SenderState& sender = *senders_[i].sender;
    --sender.last_send_id;
    sender.last_message = senders_[i].last_message;
    sender.recent.take_back();
    Message& message = *messages_[i];
    message.id = {};
    message.time_ms = 0;
    message.send_id = senders_[i].given_send_id;
    message.conversation_seq = 0;
    message.deliveries.clear();
  }
  for (auto at = marks_before_.rbegin(); at != marks_before_.rend(); ++at) {
    at->mark->marks = at->marks;
    at->mark->listing = at->listing;
    at->mark->removed_at = at->removed_at;
  }
  for (auto at = cursors_before_.rbegin(); at != cursors_before_.rend(); ++at)
    at->sender->received = at->received;
  if (!messages_.empty()) {
    set_.last_message = last_message_before_;
    set_.last_time_ms = last_time_before_ms_;
  }
  clear();
}

void GroupCommit::clear() {
  for (MarkState* const mark : called_marks_) mark->called = false;
  for (SenderState* const sender : called_cursors_) sender->called = false;
  messages_.clear();
  senders_.clear();
  streams_.clear();
  marks_before_.clear();
  cursors_before_.clear();
  called_marks_.clear();
  called_cursors_.clear();
}

}  // namespace plaza::streams
