#pragma once
#include "ports/message.h"
#include "protocol/replies.h"

namespace plaza::chat {

/// The msgid under which a message is shown: 5 in a conversation of two, 12 in a room.
inline protocol::Msg push_msgid(const ports::Message& message) {
  return message.conversation.kind() == ports::StreamKind::room ? protocol::Msg::group_chat
                                                                : protocol::Msg::one_chat;
}

/// The request that sent it.
inline protocol::Msg request_msgid(const ports::Message& message) {
  return message.conversation.kind() == ports::StreamKind::channel ? protocol::Msg::publish
                                                                   : push_msgid(message);
}

/// A classic client is shown what others wrote; events and changes it does not know, and of a recalled message nothing is left.
inline bool shown_to_classic(const ports::Message& message, MemberId reader) {
  return message.sender != reader && message.kind != ports::MessageKind::event &&
         message.change() == nullptr && !message.recalled();
}

/// What the body is: of an edit, the new body of the message that it changes.
inline ports::MessageKind content_kind(const ports::Message& message) {
  return message.change() ? message.change()->kind : message.kind;
}

/// What everybody sees of a message; seq and epoch are the reader's own and stay 0.
protocol::ChatView view_of(const ports::Message& message);

/// As view_of(), with the reader's inbox position, and in the sender's own copy its device and send_id.
protocol::ChatView inbox_view(const ports::Message& message, MemberId reader, std::uint64_t seq,
                              std::uint32_t epoch);

}  // namespace plaza::chat
