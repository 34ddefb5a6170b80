#include "client/wire.h"

#include <type_traits>

#include "protocol/message_requests.h"
#include "protocol/request.h"
#include "protocol/rfc3339.h"

namespace plaza::client {
namespace {

using namespace protocol;

Content content_of(const Outgoing& message, BodyKind kind) {
  Content content{.kind = static_cast<std::uint8_t>(kind), .msg = {}, .body = {}};
  if (kind == BodyKind::text) {
    content.msg = message.body;
  } else {
    content.body = message.body;
  }
  return content;
}

ConversationRef reference(client::Conversation conversation) {
  ConversationRef ref;
  if (conversation.is_group()) {
    ref.groupid = RoomId{conversation.id};
  } else {
    ref.friendid = MemberId{conversation.id};
  }
  return ref;
}

void encode_change(std::string& out, const SendFrame& frame) {
  const Change& change = frame.message.change;
  const ConversationRef of = reference(frame.message.conversation);
  if (change.action == Change::Action::recall) {
    encode(out, Recall{.of = of, .cseq = change.target, .send_id = frame.send_id}, frame.rid);
  } else {
    encode(out,
           Edit{.of = of,
                .cseq = change.target,
                .content = content_of(frame.message, change.kind),
                .send_id = frame.send_id},
           frame.rid);
  }
}

void encode_one(std::string& out, const SendFrame& frame) {
  const client::Conversation to = frame.message.conversation;
  if (frame.message.kind == BodyKind::change) return encode_change(out, frame);
  if (to.is_group()) {
    encode(out,
           GroupChat{.groupid = RoomId{to.id},
                     .content = content_of(frame.message, frame.message.kind),
                     .send_id = frame.send_id,
                     .id = {},
                     .reply_to = frame.message.reply_to},
           frame.rid);
  } else {
    encode(out,
           OneChat{.toid = MemberId{to.id},
                   .content = content_of(frame.message, frame.message.kind),
                   .send_id = frame.send_id,
                   .id = {},
                   .reply_to = frame.message.reply_to},
           frame.rid);
  }
}
void encode_one(std::string& out, const SyncFrame& frame) {
  const auto of = frame.group == 0 ? ConversationRef{} : reference(client::Conversation::group(frame.group));
  encode(out, Sync{.of = of, .since = frame.since, .epoch = frame.epoch, .limit = frame.limit}, frame.rid);
}
void encode_one(std::string& out, const MarkFrame& frame) {
  encode(out, Mark{.of = reference(frame.conversation), .delivered = frame.delivered, .read = frame.read},
         frame.rid);
}
void encode_one(std::string& out, const ReceivedFrame& frame) { encode(out, Received{.seq = frame.seq}); }

SyncPage to_page(const SyncAck& ack, std::uint64_t rid, std::uint64_t self) {
  SyncPage page{.rid = rid, .epoch = ack.epoch, .head = ack.head, .too_old = ack.too_old, .more = ack.more};
  page.messages.reserve(ack.messages.size());
  for (const Chat& chat : ack.messages) {
    page.messages.push_back(to_message(chat, self));
    if (page.messages.back().epoch == 0) page.messages.back().epoch = ack.epoch;
  }
  return page;
}

client::LargeGroup to_large(RoomId group, const protocol::LargeGroup& place) {
  return {.group = group.value, .epoch = place.epoch, .head = place.head, .read = place.read};
}

void add_more(const ChatMore& more, Message& message) {
  message.reply_to = more.reply_to;
  message.edits = more.edits;
  message.recalled = more.recalled_ms != 0;
  message.change.target = more.target;
  message.change.kind = static_cast<BodyKind>(more.target_kind);
  switch (more.change) {
    case ChangeKind::none: break;
    case ChangeKind::recalled: message.change.action = Change::Action::recall; break;
    case ChangeKind::edited: message.change.action = Change::Action::edit; break;
  }
}

}  // namespace

std::string encode_frame(const Frame& frame) {
  std::string out;
  std::visit([&](const auto& one) { encode_one(out, one); }, frame);
  return out;
}

Message to_message(const Chat& chat, std::uint64_t self) {
  const bool mine = chat.id.value == self;
  const client::Conversation conversation = chat.groupid ? client::Conversation::group(chat.groupid.value)
                                                         : client::Conversation::peer(mine ? chat.toid.value
                                                                                           : chat.id.value);
  Message message{.conversation = conversation,
                  .sender = chat.id.value,
                  .sender_name = chat.name,
                  .kind = static_cast<BodyKind>(chat.kind),
                  .body = chat.content,
                  .id = chat.mid.value,
                  .epoch = chat.epoch,
                  .seq = chat.seq,
                  .cseq = chat.cseq,
                  .time_ms = chat.time_ms,
                  .mine = mine,
                  .send_id = chat.send_id,
                  .device = chat.device};
  if (chat.more) add_more(*chat.more, message);
  return message;
}

void note_groups(SessionRules& rules, const ServerMessage& message) {
  if (const auto* joined = message.get<AddGroupAck>(); joined && joined->large)
    rules.joined_large(to_large(joined->groupid, *joined->large));
  if (const auto* head = message.get<HeadPush>(); head && head->groupid)
    rules.group_head(head->groupid.value, head->head, head->read);
  const auto* event = message.get<GroupEventPush>();
  if (!event) return;
  const bool own = event->id.value == rules.member();
  if (own && event->event == GroupEventKind::joined && event->large)
    rules.joined_large(to_large(event->groupid, *event->large));
  const bool went = event->event == GroupEventKind::left || event->event == GroupEventKind::removed;
  if ((went && own) || event->event == GroupEventKind::dissolved) rules.left_group(event->groupid.value);
}

Entered to_entered(const EnterAck& ack, std::string device) {
  std::vector<client::LargeGroup> large;
  for (const GroupEntry& group : ack.groups) {
    if (group.large) large.push_back(to_large(group.id, *group.large));
  }
  return {.member = ack.id.value,
          .device = std::move(device),
          .name = ack.name,
          .epoch = ack.epoch,
          .head = ack.head,
          .received = ack.received,
          .last_send_id = ack.last_send_id,
          .large_groups = std::move(large)};
}

void give_reply(SessionRules& rules, const ServerMessage& reply, std::int64_t now_ms) {
  const std::uint64_t rid = reply.rid.value_or(0);
  const Refusal& refusal = reply.refusal;
  if (const auto* ack = reply.get<SendAck>()) {
    return rules.send_reply({.rid = rid,
                             .send_id = ack->send_id,
                             .id = ack->mid.value,
                             .seq = ack->seq,
                             .cseq = ack->cseq,
                             .epoch = ack->epoch,
                             .time_ms = ack->time_ms,
                             .dup = ack->dup},
                            now_ms);
  }
  if (const auto* ack = reply.get<SyncAck>())
    return rules.sync_page(to_page(*ack, rid, rules.member()), now_ms);
  if (reply.msgid == Msg::send_ack) {
    return rules.send_reply({.error = static_cast<int>(refusal.error),
                             .text = refusal_text(refusal),
                             .rid = rid,
                             .send_id = refusal.send_id,
                             .expected = refusal.expected,
                             .retry_after_ms = static_cast<std::int64_t>(refusal.retry_after_ms)},
                            now_ms);
  }
  if (!reply.refused()) return rules.mark_reply(rid, 0, 0, now_ms);
  rules.frame_failed(rid, static_cast<int>(refusal.error), refusal_text(refusal),
                     static_cast<std::int64_t>(refusal.retry_after_ms), now_ms);
}

std::string refusal_text(const Refusal& refusal) {
  std::string text = refusal.message;
  if (text.empty()) {
    const auto number = static_cast<std::uint64_t>(refusal.error);
    const ErrnoInfo* known = protocol::find_errno(number);
    text = known ? std::string(known->text) : "error " + std::to_string(number);
  }
  const bool about_a_field = refusal.error == Errno::bad_request && !refusal.field.empty();
  if (about_a_field && text.find(refusal.field) == std::string::npos) text += " (" + refusal.field + ")";
  if (!refusal.allowed.empty() && text.find(refusal.allowed) == std::string::npos)
    text += "; allowed: " + refusal.allowed;
  if (refusal.retry_after_ms >= 1000) {
    text += "; try again in " + std::to_string((refusal.retry_after_ms + 999) / 1000) + " s";
  }
  if (!refusal.reason.empty()) text += ": " + refusal.reason;
  if (refusal.until_ms != 0) {
    protocol::Rfc3339 clock;
    text += " (until " + std::string(clock.format(static_cast<std::int64_t>(refusal.until_ms))) + ")";
  }
  return text;
}

}  // namespace plaza::client
