#include "protocol/replies.h"

#include "protocol/reply_parts.h"
#include "protocol/rfc3339.h"

namespace plaza::protocol {
namespace {

void classic_friends(JsonWriter& json, const std::vector<FriendEntry>& friends) {
  list(json, "friends", friends, [&](const FriendEntry& x) {
    json.member("id", x.id.value);
    json.member("name", x.name);
    json.member("state", state_text(x.online));
  });
}

void friends(JsonWriter& json, const std::vector<FriendEntry>& friends) {
  list(json, "friends", friends, [&](const FriendEntry& x) {
    json.member("id", x.id.value);
    json.member("name", x.name);
    json.member("state", state_text(x.online));
    member_if(json, "avatar", x.avatar);
    json.member("remark", x.remark);
    json.member("friendship", to_text(x.friendship));
    json.member_flag("blocked", x.blocked);
  });
}

void users(JsonWriter& json, const std::vector<UserEntry>& users) {
  list(json, "users", users, [&](const UserEntry& x) {
    json.member("id", x.id.value);
    json.member("name", x.name);
    json.member("role", to_text(x.role));
    json.member("state", state_text(x.online));
    member_if(json, "avatar", x.avatar);
    member_if(json, "muted_until_ms", unix_time(x.muted_until_ms));
  });
}

void large_group(JsonWriter& json, const std::optional<LargeGroup>& x) {
  if (!x) return;
  json.member_flag("large", true);
  member_if(json, "epoch", std::uint64_t{x->epoch});
  json.member("head", x->head);
  json.member("read", x->read);
}

void groups(JsonWriter& json, const std::vector<GroupEntry>& groups) {
  list(json, "groups", groups, [&](const GroupEntry& x) {
    json.member("id", x.id.value);
    json.member("groupname", x.groupname);
    json.member("groupdesc", x.groupdesc);
    json.member("members", x.members);
    json.member("role", to_text(x.role));
    large_group(json, x.large);
  });
}

void group_fields(JsonWriter& json, RoomId id, std::string_view name, std::string_view description) {
  json.member("groupid", id.value);
  json.member("groupname", name);
  json.member("groupdesc", description);
}

Rfc3339& clock_text() {
  thread_local Rfc3339 text;
  return text;
}

void content(JsonWriter& json, std::uint8_t kind, std::string_view text) {
  if (kind == 0) {
    json.member("msg", text);
  } else {
    json.key("body");
    json.raw(text.empty() ? std::string_view("{}") : text);
  }
}

/// The body of a change: what is done to which message. Of an edit whose message was recalled since nothing is left to say.
void change_body(JsonWriter& json, const ChatView& x) {
  json.key("body");
  json.begin_object();
  json.member("change", to_text(x.more->change));
  json.member("cseq", x.more->target);
  if (x.more->change == ChangeKind::edited) {
    json.member("kind", x.more->target_kind);
    if (!x.content.empty()) content(json, x.more->target_kind, x.content);
  }
  json.end_object();
}

void more_fields(JsonWriter& json, const ChatMore& x) {
  member_if(json, "reply_to", x.reply_to);
  if (x.edited_ms != 0) json.member("edited_ms", unix_time(x.edited_ms)), json.member("edits", x.edits);
  if (x.recalled_ms != 0) {
    json.member("recalled_ms", unix_time(x.recalled_ms));
    json.member("recalled_by", x.recalled_by.value);
  }
}

/// The members that are the same for every reader.
[[gnu::always_inline]] inline void chat_tail(JsonWriter& json, const ChatView& x) {
  json.member("id", x.id.value);
  json.member("name", x.name);
  if (x.groupid) {
    json.member("groupid", x.groupid.value);
  } else {
    json.member("toid", x.toid.value);
  }
  if (x.kind == 0) {
    json.member("msg", x.content);
  } else if (x.more && x.more->change != ChangeKind::none) {
    change_body(json, x);
  } else {
    content(json, x.kind, x.content);
  }
  json.member("kind", x.kind);
  json.member("time", clock_text().format(x.time_ms));
  json.member("time_ms", unix_time(x.time_ms));
  json.member("mid", x.mid.value);
  json.member("cseq", x.cseq);
  if (x.more) more_fields(json, *x.more);
}

[[gnu::always_inline]] inline void chat_prefix(JsonWriter& json, Msg msgid, std::uint64_t seq,
                                               std::uint32_t epoch, std::uint64_t send_id,
                                               std::string_view device) {
  begin(json, msgid);
  if (seq != 0) json.member("seq", seq), json.member("epoch", epoch);
  if (send_id != 0) json.member("send_id", send_id), json.member("device", device);
}

Msg chat_msgid(const ChatView& x) { return x.groupid ? Msg::group_chat : Msg::one_chat; }

void chat(JsonWriter& json, const ChatView& x) {
  chat_prefix(json, chat_msgid(x), x.seq, x.epoch, x.send_id, x.device);
  chat_tail(json, x);
  json.end_object();
}

template <std::size_t N>
void chats(JsonWriter& json, const char (&name)[N], const std::vector<ChatView>& items) {
  json.key(name);
  json.begin_array();
  for (const ChatView& item : items) chat(json, item);
  json.end_array();
}

void enter_fields(JsonWriter& json, const EnterAck& x) {
  json.member("id", x.id.value);
  json.member("name", x.name);
  member_if(json, "avatar", x.avatar);
  custom(json, x.custom);
  if (x.settings.friends_from != "anyone") json.member("friends_from", x.settings.friends_from);
  if (x.settings.messages_from != "anyone") json.member("messages_from", x.settings.messages_from);
  if (!x.token.empty())
    json.member("token", x.token), json.member("token_expires_ms", unix_time(x.token_expires_ms));
  json.member("epoch", x.epoch);
  json.member("head", x.head);
  json.member("received", x.received);
  json.member("last_send_id", x.last_send_id);
  json.member("heartbeat_ms", x.heartbeat_ms);
  json.member("body_bytes_max", x.body_bytes_max);
  friends(json, x.friends);
  groups(json, x.groups);
  if (x.more) json.member_flag("more", true);
}

void stream_position(JsonWriter& json, std::uint32_t epoch, std::uint64_t head) {
  json.member("epoch", epoch);
  json.member("head", head);
}

/// Before a session is a member it has no stream.
void stream_position_if_any(JsonWriter& json, std::uint32_t epoch, std::uint64_t head) {
  if (epoch != 0) stream_position(json, epoch, head);
}

void conversation_ref(JsonWriter& json, MemberId friendid, RoomId groupid) {
  if (groupid) {
    json.member("groupid", groupid.value);
  } else {
    json.member("friendid", friendid.value);
  }
}

void refusal_fields(JsonWriter& json, const Refusal& x) {
  json.member("errno", static_cast<std::uint64_t>(x.error));
  json.member("errmsg", x.message.empty() ? info(x.error).text : std::string_view(x.message));
  member_if(json, "field", x.field);
  member_if(json, "allowed", x.allowed);
  member_if(json, "retry_after_ms", x.retry_after_ms);
  member_if(json, "expected", x.expected);
  member_if(json, "send_id", x.send_id);
  member_if(json, "reason", x.reason);
  member_if(json, "until_ms", x.until_ms);
}

}  // namespace

// Replies ---------------------------------------------------------------------------------------------------
void encode(std::string& out, Rid rid, const LoginAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::login_ack, rid);
  json.member("account", x.account);
  json.member("app", x.app);
  json.member("zone", x.zone);
  json.member("device", x.device);
  list(json, "members", x.members, [&](const MemberEntry& m) {
    json.member("id", m.id.value);
    json.member("name", m.name);
    json.member("avatar", m.avatar);
  });
  if (x.enter) {
    json.member_flag("entered", true);
    enter_fields(json, *x.enter);
  } else {
    json.member("token", x.token);
    json.member("token_expires_ms", unix_time(x.token_expires_ms));
  }
  json.end_object();
}

void encode(std::string& out, Rid rid, const ClassicLoginAckView& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::login_ack, rid);
  json.member("id", x.id.value);
  json.member("name", x.name);
  classic_friends(json, x.friends);
  list(json, "groups", x.groups, [&](const ClassicGroupEntry& g) {
    json.member("id", g.id.value);
    json.member("groupname", g.groupname);
    json.member("groupdesc", g.groupdesc);
    users(json, g.users);
  });
  chats(json, "offlinemsg", x.offlinemsg);
  json.end_object();
}

void encode(std::string& out, Rid rid, const RegAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::reg_ack, rid);
  json.member("id", x.id.value);
  json.member("account", x.account);
  json.member("name", x.name);
  json.end_object();
}

void encode(std::string& out, Rid rid, const AddFriendAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::add_friend_ack, rid);
  json.member("friendid", x.friendid.value);
  json.member("name", x.name);
  json.member("friendship", to_text(x.friendship));
  json.member("state", state_text(x.online));
  json.end_object();
}

void encode(std::string& out, Rid rid, const CreateGroupAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::create_group_ack, rid);
  group_fields(json, x.groupid, x.groupname, x.groupdesc);
  json.end_object();
}

void encode(std::string& out, Rid rid, const AddGroupAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::add_group_ack, rid);
  group_fields(json, x.groupid, x.groupname, x.groupdesc);
  users(json, x.users);
  large_group(json, x.large);
  json.end_object();
}

void encode(std::string& out, Rid rid, const EnterAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::enter_ack, rid);
  enter_fields(json, x);
  json.end_object();
}

void encode(std::string& out, Rid rid, const ReadyAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::ready_ack, rid);
  stream_position(json, x.epoch, x.head);
  json.end_object();
}

void encode(std::string& out, Rid rid, const SendAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::send_ack, rid);
  json.member("send_id", x.send_id);
  if (x.mid) {
    json.member("mid", x.mid.value);
    member_if(json, "seq", x.seq);
    json.member("cseq", x.cseq);
    json.member("time_ms", unix_time(x.time_ms));
  }
  json.member("epoch", x.epoch);
  json.member_flag("dup", x.dup);
  json.end_object();
}

void encode(std::string& out, Rid rid, const OkReply& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::ok, rid);
  json.member("to", static_cast<std::uint64_t>(x.to));
  if (x.received) json.member("received", *x.received);
  if (x.delivered) json.member("delivered", *x.delivered);
  if (x.read) json.member("read", *x.read);
  json.end_object();
}

void encode(std::string& out, Rid rid, const SyncAckView& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::sync_ack, rid);
  stream_position(json, x.epoch, x.head);
  json.member("trimmed", x.trimmed);
  json.member_flag("too_old", x.too_old);
  json.member_flag("more", x.more);
  chats(json, "messages", x.messages);
  json.end_object();
}

void encode(std::string& out, Rid rid, const HistoryAckView& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::history_ack, rid);
  stream_position(json, x.epoch, x.head);
  json.member_flag("more", x.more);
  chats(json, "messages", x.messages);
  json.end_object();
}

void encode(std::string& out, Rid rid, const ConversationsAckView& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::conversations_ack, rid);
  list(json, "conversations", x.conversations, [&](const ConversationView& c) {
    conversation_ref(json, c.friendid, c.groupid);
    json.member("name", c.name);
    json.member("head", c.head);
    json.member("delivered", c.delivered);
    json.member("read", c.read);
    json.member("unread", c.unread);
    if (c.friendid) {
      json.member("their_delivered", c.their_delivered);
      json.member("their_read", c.their_read);
    }
    if (c.last) {
      json.key("last");
      chat(json, *c.last);
    }
  });
  json.member_flag("more", x.more);
  if (x.more) json.member("after", x.after);
  json.end_object();
}

void encode(std::string& out, Rid rid, const FriendsAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::friends_ack, rid);
  friends(json, x.friends);
  json.member_flag("more", x.more);
  json.end_object();
}

void encode(std::string& out, Rid rid, const GroupsAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::groups_ack, rid);
  groups(json, x.groups);
  json.end_object();
}

void encode(std::string& out, Rid rid, const GroupMembersAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::group_members_ack, rid);
  json.member("groupid", x.groupid.value);
  users(json, x.users);
  json.member_flag("more", x.more);
  json.end_object();
}

void encode(std::string& out, Rid rid, const TokensAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::tokens_ack, rid);
  list(json, "tokens", x.tokens, [&](const TokenEntry& t) {
    json.member("id", t.id.value);
    json.member("kind", t.member ? "member" : "account");
    json.member("device", t.device);
    json.member("created_ms", unix_time(t.created_ms));
    json.member("expires_ms", unix_time(t.expires_ms));
    json.member_flag("current", t.current);
  });
  json.end_object();
}

void encode(std::string& out, Rid rid, const HeartbeatAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::heartbeat_ack, rid);
  stream_position_if_any(json, x.epoch, x.head);
  json.member("time_ms", unix_time(x.time_ms));
  json.end_object();
}

// Pushes ----------------------------------------------------------------------------------------------------
void encode(std::string& out, const ReceiptPush& x) {
  JsonWriter json(out);
  begin(json, Msg::receipt);
  json.member("id", x.id.value);
  conversation_ref(json, x.friendid, x.groupid);
  json.member("delivered", x.delivered);
  json.member("read", x.read);
  json.end_object();
}

void encode(std::string& out, const HeartbeatPush& x) {
  JsonWriter json(out);
  begin(json, Msg::heartbeat);
  stream_position_if_any(json, x.epoch, x.head);
  json.end_object();
}

void encode(std::string& out, const HeadPush& x) {
  JsonWriter json(out);
  begin(json, Msg::head);
  if (x.groupid) {
    json.member("groupid", x.groupid.value);
    json.member("head", x.head);
    json.member("read", x.read);
  } else {
    stream_position(json, x.epoch, x.head);
  }
  json.end_object();
}

void encode(std::string& out, const FriendEventPush& x) {
  JsonWriter json(out);
  begin(json, Msg::friend_event);
  json.member("event", to_text(x.event));
  json.member("friendid", x.friendid.value);
  json.member("name", x.name);
  if (x.event == FriendEventKind::friends) json.member("state", state_text(x.online));
  json.end_object();
}

void encode(std::string& out, const PresencePush& x) {
  JsonWriter json(out);
  begin(json, Msg::presence);
  json.member("id", x.id.value);
  json.member("state", state_text(x.online));
  json.end_object();
}

void encode(std::string& out, const GroupEventPush& x) {
  JsonWriter json(out);
  begin(json, Msg::group_event);
  json.member("event", to_text(x.event));
  json.member("groupid", x.groupid.value);
  json.member("groupname", x.groupname);
  json.member("id", x.id.value);
  json.member("name", x.name);
  large_group(json, x.large);
  json.end_object();
}

void encode(std::string& out, const GoodbyePush& x) {
  JsonWriter json(out);
  begin(json, Msg::goodbye);
  json.member("errno", static_cast<std::uint64_t>(x.error));
  json.member("errmsg", x.message.empty() ? info(x.error).text : std::string_view(x.message));
  json.member_flag("reconnect", x.reconnect);
  member_if(json, "retry_after_ms", x.retry_after_ms);
  member_if(json, "reason", x.reason);
  member_if(json, "until_ms", x.until_ms);
  json.end_object();
}

// Refusals --------------------------------------------------------------------------------------------------
namespace {
void encode_refusal(std::string& out, Msg frame, Rid rid, std::uint64_t to, const Refusal& refusal) {
  JsonWriter json(out);
  begin(json, frame, rid);
  refusal_fields(json, refusal);
  if (frame == Msg::ok || frame == Msg::error) member_if(json, "to", to);
  json.end_object();
}
}  // namespace

void encode_refusal(std::string& out, Msg request, Rid rid, const Refusal& refusal) {
  encode_refusal(out, ack_of(request), rid, static_cast<std::uint64_t>(request), refusal);
}

void encode_refusal(std::string& out, const ParseError& error) {
  const Msg frame = error.stream_broken ? Msg::error : ack_of(error.msgid);
  Refusal refusal;
  refusal.error = error.error;
  refusal.message = error.message;
  refusal.field = error.field;
  refusal.allowed = error.allowed;
  encode_refusal(out, frame, error.rid, error.raw_msgid, refusal);
}

// Messages --------------------------------------------------------------------------------------------------
void append_chat_prefix(std::string& out, Msg msgid, std::uint64_t seq, std::uint32_t epoch,
                        std::uint64_t send_id, std::string_view device) {
  JsonWriter json(out);
  chat_prefix(json, msgid, seq, epoch, send_id, device);
  json.splice(",", false);  // the tail begins with a member
}

void append_chat_tail(std::string& out, const ChatView& x) {
  JsonWriter json(out);
  chat_tail(json, x);
  json.end_object();
}

void append_chat(std::string& out, const ChatView& x) {
  JsonWriter json(out);
  chat(json, x);
}

}  // namespace plaza::protocol
