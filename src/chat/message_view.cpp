#include "chat/message_view.h"

namespace plaza::chat {

namespace {

protocol::ChatMore more_of(const ports::MessageExtra& extra) {
  protocol::ChatMore more;
  more.reply_to = extra.reply_to;
  more.edited_ms = extra.edited_ms;
  more.edits = static_cast<std::uint32_t>(extra.edits.size());
  more.recalled_ms = extra.recalled_ms;
  more.recalled_by = extra.recalled_by;
  if (extra.change) {
    using enum ports::ChangeAction;
    more.change = extra.change->action == recall ? protocol::ChangeKind::recalled
                                                 : protocol::ChangeKind::edited;
    more.target = extra.change->target;
    more.target_kind = static_cast<std::uint8_t>(extra.change->kind);
  }
  return more;
}

}  // namespace

protocol::ChatView view_of(const ports::Message& message) {
  protocol::ChatView view;
  view.id = message.sender;
  view.name = message.sender_name;
  if (message.conversation.kind() == ports::StreamKind::room) {
    view.groupid = RoomId{message.conversation.first()};
  } else {
    view.toid = message.conversation.peer_of(message.sender);
  }
  view.kind = static_cast<std::uint8_t>(message.kind);
  view.content = message.body;
  view.time_ms = message.time_ms;
  view.mid = message.id;
  view.cseq = message.conversation_seq;
  if (message.extra) view.more = more_of(*message.extra);
  return view;
}

protocol::ChatView inbox_view(const ports::Message& message, MemberId reader, std::uint64_t seq,
                              std::uint32_t epoch) {
  protocol::ChatView view = view_of(message);
  view.seq = seq;
  view.epoch = epoch;
  if (reader == message.sender) {
    view.send_id = message.send_id;
    view.device = message.device;
  }
  return view;
}

}  // namespace plaza::chat
