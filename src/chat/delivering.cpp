#include "chat/delivering.h"

#include <algorithm>

#include "chat/answers.h"
#include "chat/channel_homes.h"
#include "chat/large_rooms.h"
#include "chat/message_view.h"
#include "chat/reading.h"
#include "chat/screening.h"

namespace plaza::chat {

using ports::AppendCode;
using protocol::Errno;

/// The shared part of one message, encoded when the first online recipient is met.
struct Delivering::Encoded {
  SharedTail tail;
};

void Delivering::committed(Batch batch) { batches_.push_back(std::move(batch)); }

bool Delivering::run(std::size_t deliveries_max) {
  const std::uint32_t shards = state_.node.executor.shards();
  std::size_t done = 0;
  while (!batches_.empty() && done < deliveries_max) {
    const auto& outcomes = *batches_.front();
    while (next_ < outcomes.size() && done < deliveries_max) {
      const ports::Appended& outcome = outcomes[next_++];
      if (outcome.append.origin_shard == state_.shard) acknowledge(outcome);
      ++done;
      if (outcome.code != AppendCode::accepted) continue;
      if (outcome.message->conversation.kind() == ports::StreamKind::channel)
        channels_.committed(*outcome.message);
      Encoded encoded;
      for (const ports::Delivery& delivery : outcome.message->deliveries) {
        if (home_shard(MemberId{delivery.stream.first()}, shards) == state_.shard)
          deliver(outcome, delivery, encoded);
      }
      done += outcome.message->deliveries.size() + large_rooms_.deliver(outcome);
    }
    if (next_ == outcomes.size()) {
      batches_.pop_front();
      next_ = 0;
    }
  }
  return !batches_.empty();
}

/// What a device has sent, whichever of its sessions did: a client that came back asks again what the connection before
/// has sent last, and must be told that it is stored.
void Delivering::note_accepted(const ports::Appended& outcome, const MemberState& member) {
  std::uint64_t accepted = outcome.append.message->send_id;
  switch (outcome.code) {
    case AppendCode::accepted: accepted = outcome.message->send_id; break;
    case AppendCode::duplicate:
    case AppendCode::duplicate_trimmed:
    case AppendCode::conflict: break;
    case AppendCode::ahead:
    case AppendCode::unavailable:
    case AppendCode::refused: return;
  }
  for (Session* session : member.sessions) {
    if (session->device == outcome.append.message->device)
      session->accepted_send_id = std::max(session->accepted_send_id, accepted);
  }
}

void Delivering::acknowledge(const ports::Appended& outcome) {
  if (state_.server_sends.decided(outcome)) return;
  const ports::Append& sent = outcome.append;
  if (sent.message->from_server()) return announcing_.outcome(outcome);
  if (outcome.code == AppendCode::accepted) report_words(state_, *outcome.message);
  // The connection may have logged out meanwhile, and somebody in.
  Session* session = state_.session(sent.origin_session, sent.origin_login);
  const MemberState* member = session ? session->member : state_.member(sent.message->sender);
  if (member) note_accepted(outcome, *member);
  if (!session) return;
  if (session->unacknowledged > 0) --session->unacknowledged;
  // A store number for a send without send_id is no send_id of the client's: it is not shown.
  const std::uint64_t send_id = sent.message->send_id;
  const Asked asked{request_msgid(*sent.message), sent.wants_rid ? protocol::Rid(sent.rid) : std::nullopt,
                    send_id ? std::optional(send_id) : std::nullopt};
  switch (outcome.code) {
    case AppendCode::accepted:
    case AppendCode::duplicate:
      if (sent.wants_ack && asked.msgid == protocol::Msg::publish) {
        acknowledge_publication(*session, asked, outcome);
      } else if (sent.wants_ack) {
        const ports::Message& message = *outcome.message;
        answer(*session, asked.rid,
               protocol::SendAck{.send_id = message.send_id,
                                 .mid = message.id,
                                 .seq = message.inbox_seq(message.sender),
                                 .cseq = message.conversation_seq,
                                 .epoch = session->member->epoch,
                                 .time_ms = message.time_ms,
                                 .dup = outcome.code == AppendCode::duplicate});
      }
      break;
    case AppendCode::duplicate_trimmed: {
      if (asked.msgid == protocol::Msg::publish) {
        acknowledge_publication(*session, asked, outcome);
        break;
      }
      protocol::SendAck ack;
      ack.send_id = send_id;
      ack.epoch = session->member->epoch;
      ack.dup = true;
      answer(*session, asked.rid, ack);
      break;
    }
    case AppendCode::conflict:
      refuse(*session, asked,
             {.error = Errno::conflict,
              .message = "this send_id was used for another message",
              .field = "send_id",
              .allowed = std::to_string(outcome.expected_send_id),
              .expected = outcome.expected_send_id});
      break;
    case AppendCode::ahead:
      refuse(*session, asked,
             {.error = Errno::send_id_ahead,
              .field = "send_id",
              .allowed = std::to_string(outcome.expected_send_id),
              .expected = outcome.expected_send_id});
      break;
    case AppendCode::unavailable: refuse(*session, asked, storage_unavailable()); break;
    case AppendCode::refused:
      refuse(*session, asked, refusal_of(outcome.refusal, sent.message->change() ? "cseq" : "reply_to"));
      break;
  }
  if (session->window_full && session->unacknowledged <= state_.limits.send_window_max / 2) {
    session->window_full = false;
    session->out->resume(Resume::next);
  }
}

void Delivering::acknowledge_publication(Session& session, const Asked& asked,
                                         const ports::Appended& outcome) {
  const ChannelId channel{outcome.append.message->conversation.first()};
  protocol::PublishAck ack;
  if (const auto at = state_.channel_names.find(channel); at != state_.channel_names.end()) {
    ack.channel = at->second.name;
    ack.epoch = at->second.epoch;
  }
  ack.send_id = asked.send_id.value_or(0);
  ack.dup = outcome.code != AppendCode::accepted;
  if (outcome.message) {
    ack.seq = outcome.message->conversation_seq;
    ack.mid = outcome.message->id;
  }
  answer(session, asked.rid, ack);
}

void Delivering::deliver(const ports::Appended& outcome, const ports::Delivery& delivery, Encoded& encoded) {
  MemberState* member = state_.member(MemberId{delivery.stream.first()});
  if (!member) return;
  const ports::Message& message = *outcome.message;
  if (delivery.seq > member->head) member->head = delivery.seq;
  const bool own = message.sender == member->who.id;
  for (Session* session : member->sessions) {
    if (session->state != SessionState::ready || session->pulling || delivery.seq <= session->pushed)
      continue;
    // The ack is the sending session's entry; a classic client does not show what its member wrote elsewhere, nor events
    // and changes, which it does not know.
    const bool unknown = message.kind == ports::MessageKind::event || message.change() != nullptr;
    if ((own && session->id == outcome.append.origin_session) || (session->classic && (own || unknown))) {
      session->pushed = delivery.seq;
      if (session->classic) reading_.keep_cursor(*session);
      continue;
    }
    if (encoded.tail.text.empty()) {
      tail_.clear();
      protocol::append_chat_tail(tail_, view_of(message));
      encoded.tail.text = tail_;
    }
    prefix_.clear();
    if (own) {
      protocol::append_chat_prefix(prefix_, push_msgid(message), delivery.seq, member->epoch, message.send_id,
                                   message.device);
    } else {
      protocol::append_chat_prefix(prefix_, push_msgid(message), delivery.seq, member->epoch);
    }
    if (session->out->push(prefix_, encoded.tail)) {
      session->pushed = delivery.seq;
      if (session->classic) reading_.keep_cursor(*session);
    } else {
      fall_to_pull(*session, *member);
    }
  }
}

void Delivering::fall_to_pull(Session& session, const MemberState& member) {
  session.pulling = true;
  // A classic client cannot sync: Reading reads its inbox for it when there is room again.
  if (session.classic) return;
  std::string& frame = frame_buffer();
  protocol::encode(frame, protocol::HeadPush{.epoch = member.epoch, .head = member.head});
  session.out->send(frame);
}

}  // namespace plaza::chat
