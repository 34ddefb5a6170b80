#include "protocol/server_message.h"

#include <simdjson.h>

#include <array>

#include "protocol/json_bytes.h"

namespace plaza::protocol {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

/// A known field has another type than the protocol says. Caught in parse(): it never leaves this file.
struct WrongType {
  std::string field;
};

/// Reads the members of one object by name. Absent ones leave the value as it is.
class Reader {
 public:
  explicit Reader(object from) : from_(from) {}

  bool has(std::string_view name) const { return from_.at_key(name).error() == simdjson::SUCCESS; }

  template <class T>
    requires std::integral<T>
  void get(std::string_view name, T& out) const {
    element value;
    if (!find(name, value)) return;
    std::uint64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS ||
        number > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
      throw WrongType{std::string(name)};
    }
    out = static_cast<T>(number);
  }
  void get(std::string_view name, bool& out) const {
    element value;
    if (find(name, value) && value.get(out) != simdjson::SUCCESS) throw WrongType{std::string(name)};
  }
  void get(std::string_view name, std::string& out) const {
    element value;
    if (!find(name, value)) return;
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) throw WrongType{std::string(name)};
    out = text;
  }
  template <class Tag>
  void get(std::string_view name, Id<Tag>& out) const {
    get(name, out.value);
  }
  template <class T>
  void get(std::string_view name, std::optional<T>& out) const {
    if (has(name)) get(name, out.emplace());
  }

  void online(bool& out) const {
    std::string text;
    get("state", text);
    out = text == "online";
  }
  /// One of `values` by its text; the default stays for a word this client does not know.
  template <class E, std::size_t N>
  void word(std::string_view name, E& out, const std::array<E, N>& values) const {
    std::string text;
    get(name, text);
    for (const E value : values) {
      if (to_text(value) == text) out = value;
    }
  }

  template <class T, class Read>
  void list(std::string_view name, std::vector<T>& out, Read read) const {
    element value;
    if (!find(name, value)) return;
    simdjson::dom::array items;
    if (value.get(items) != simdjson::SUCCESS) throw WrongType{std::string(name)};
    for (const element item : items) {
      object each;
      if (item.get(each) != simdjson::SUCCESS) throw WrongType{std::string(name)};
      read(Reader(each), out.emplace_back());
    }
  }
  std::optional<Reader> inner(std::string_view name) const {
    element value;
    if (!find(name, value)) return std::nullopt;
    object each;
    if (value.get(each) != simdjson::SUCCESS) throw WrongType{std::string(name)};
    return Reader(each);
  }
  /// The object as JSON text.
  bool json(std::string_view name, std::string& out) const {
    element value;
    if (!find(name, value)) return false;
    if (!value.is<object>()) throw WrongType{std::string(name)};
    out = simdjson::minify(value);
    return true;
  }

 private:
  bool find(std::string_view name, element& value) const {
    return from_.at_key(name).get(value) == simdjson::SUCCESS;
  }

  object from_;
};

constexpr std::array kFriendships{Friendship::none, Friendship::friends, Friendship::requested,
                                  Friendship::asked};
constexpr std::array kRoles{Role::member, Role::admin, Role::owner};
constexpr std::array kFriendEvents{FriendEventKind::requested, FriendEventKind::friends,
                                   FriendEventKind::refused, FriendEventKind::removed};
constexpr std::array kGroupEvents{
    GroupEventKind::joined,  GroupEventKind::left,    GroupEventKind::requested, GroupEventKind::invited,
    GroupEventKind::refused, GroupEventKind::removed, GroupEventKind::dissolved};

void read(const Reader& from, FriendEntry& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("avatar", x.avatar), from.online(x.online);
  from.get("remark", x.remark);
  from.word("friendship", x.friendship, kFriendships), from.get("blocked", x.blocked);
}
void read(const Reader& from, UserEntry& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("avatar", x.avatar);
  from.word("role", x.role, kRoles), from.online(x.online);
  from.get("muted_until_ms", x.muted_until_ms);
}
void read(const Reader& from, PinEntry& x) {
  from.get("cseq", x.cseq), from.get("mid", x.mid), from.get("id", x.id), from.get("time_ms", x.time_ms);
}
void read(const Reader& from, ListedEntry& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("by", x.by);
  from.get("time_ms", x.time_ms), from.get("until_ms", x.until_ms);
}
void read(const Reader& from, InvitationEntry& x) {
  from.get("groupid", x.groupid), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
  from.get("members", x.members), from.get("by", x.by), from.get("time_ms", x.time_ms);
}
void read(const Reader& from, std::optional<LargeGroup>& x) {
  bool large = false;
  from.get("large", large);
  if (!large) return;
  LargeGroup& place = x.emplace();
  from.get("epoch", place.epoch), from.get("head", place.head), from.get("read", place.read);
}
void read(const Reader& from, GroupEntry& x) {
  from.get("id", x.id), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
  from.get("members", x.members), from.word("role", x.role, kRoles), read(from, x.large);
}
void read(const Reader& from, MemberEntry& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("avatar", x.avatar);
}
void read(const Reader& from, TokenEntry& x) {
  std::string kind;
  from.get("id", x.id), from.get("kind", kind), from.get("device", x.device),
      from.get("created_ms", x.created_ms);
  from.get("expires_ms", x.expires_ms), from.get("current", x.current);
  x.member = kind == "member";
}
constexpr std::array kChanges{ChangeKind::recalled, ChangeKind::edited};

/// Of a change its content is what the edit says; of what this client does not know it stays the whole body.
void read_change(const Reader& from, Chat& x, ChatMore& more) {
  from.word("change", more.change, kChanges);
  if (more.change == ChangeKind::none) return;
  from.get("cseq", more.target), from.get("kind", more.target_kind);
  x.content.clear();
  from.get("msg", x.content), from.json("body", x.content);
}

void read_more(const Reader& from, Chat& x) {
  ChatMore more;
  from.get("reply_to", more.reply_to), from.get("edited_ms", more.edited_ms), from.get("edits", more.edits);
  from.get("recalled_ms", more.recalled_ms), from.get("recalled_by", more.recalled_by);
  constexpr std::uint8_t kChange = 5;
  if (const auto inner = x.kind == kChange ? from.inner("body") : std::nullopt) read_change(*inner, x, more);
  if (more.recalled_ms != 0) x.content.clear();
  if (more != ChatMore{}) x.more = more;
}

void read(const Reader& from, VersionOf<std::string>& x) {
  from.get("number", x.number), from.get("time_ms", x.time_ms), from.get("msg", x.content);
  from.json("body", x.content);
}

void read(const Reader& from, Chat& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("toid", x.toid), from.get("groupid", x.groupid);
  from.get("kind", x.kind), from.get("msg", x.content), from.json("body", x.content),
      from.get("time_ms", x.time_ms);
  from.get("mid", x.mid), from.get("cseq", x.cseq), from.get("seq", x.seq), from.get("epoch", x.epoch);
  from.get("send_id", x.send_id), from.get("device", x.device);
  read_more(from, x);
}

/// For Reader::list(): the read() above for its element.
constexpr auto kRead = [](const Reader& from, auto& x) { read(from, x); };

void read(const Reader& from, ClassicGroupEntry& x) {
  from.get("id", x.id), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
  from.list("users", x.users, kRead);
}
void read(const Reader& from, Conversation& x) {
  from.get("friendid", x.friendid), from.get("groupid", x.groupid), from.get("name", x.name),
      from.get("head", x.head);
  from.get("delivered", x.delivered), from.get("read", x.read), from.get("unread", x.unread);
  from.get("their_delivered", x.their_delivered), from.get("their_read", x.their_read);
  if (const auto last = from.inner("last")) read(*last, x.last.emplace());
}

void read(const Reader& from, EnterAck& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("token", x.token);
  from.get("avatar", x.avatar), from.json("custom", x.custom);
  from.get("friends_from", x.settings.friends_from), from.get("messages_from", x.settings.messages_from);
  from.get("token_expires_ms", x.token_expires_ms), from.get("epoch", x.epoch), from.get("head", x.head);
  from.get("received", x.received), from.get("last_send_id", x.last_send_id),
      from.get("heartbeat_ms", x.heartbeat_ms);
  from.get("body_bytes_max", x.body_bytes_max), from.list("friends", x.friends, kRead);
  from.list("groups", x.groups, kRead), from.get("more", x.more);
}
void read(const Reader& from, LoginAck& x) {
  from.get("account", x.account), from.get("app", x.app), from.get("zone", x.zone),
      from.get("device", x.device);
  from.list("members", x.members, kRead);
  bool entered = false;
  from.get("entered", entered);
  if (entered) {
    read(from, x.enter.emplace());
  } else {
    from.get("token", x.token), from.get("token_expires_ms", x.token_expires_ms);
  }
}
void read(const Reader& from, ClassicLoginAck& x) {
  from.get("id", x.id), from.get("name", x.name), from.list("friends", x.friends, kRead);
  from.list("groups", x.groups, kRead), from.list("offlinemsg", x.offlinemsg, kRead);
}
void read(const Reader& from, RegAck& x) {
  from.get("id", x.id), from.get("account", x.account), from.get("name", x.name);
}
void read(const Reader& from, AddFriendAck& x) {
  from.get("friendid", x.friendid), from.get("name", x.name),
      from.word("friendship", x.friendship, kFriendships);
  from.online(x.online);
}
void read(const Reader& from, CreateGroupAck& x) {
  from.get("groupid", x.groupid), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
}
void read(const Reader& from, AddGroupAck& x) {
  from.get("groupid", x.groupid), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
  from.list("users", x.users, kRead), read(from, x.large);
}
void read(const Reader& from, CreateMemberAck& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("avatar", x.avatar);
}
void read(const Reader& from, ReadyAck& x) { from.get("epoch", x.epoch), from.get("head", x.head); }
void read(const Reader& from, SendAck& x) {
  from.get("send_id", x.send_id), from.get("mid", x.mid), from.get("seq", x.seq), from.get("cseq", x.cseq);
  from.get("epoch", x.epoch), from.get("time_ms", x.time_ms), from.get("dup", x.dup);
}
void read(const Reader& from, OkReply& x) {
  std::uint16_t to = 0;
  from.get("to", to), from.get("received", x.received), from.get("delivered", x.delivered),
      from.get("read", x.read);
  x.to = static_cast<Msg>(to);
}
void read(const Reader& from, SyncAck& x) {
  from.get("epoch", x.epoch), from.get("head", x.head), from.get("trimmed", x.trimmed),
      from.get("too_old", x.too_old);
  from.get("more", x.more), from.list("messages", x.messages, kRead);
}
void read(const Reader& from, HistoryAck& x) {
  from.get("epoch", x.epoch), from.get("head", x.head), from.get("more", x.more);
  from.list("messages", x.messages, kRead);
}
void read(const Reader& from, ConversationsAck& x) {
  from.list("conversations", x.conversations, kRead), from.get("more", x.more), from.get("after", x.after);
}
void read(const Reader& from, FriendsAck& x) {
  from.list("friends", x.friends, kRead), from.get("more", x.more);
}
void read(const Reader& from, GroupsAck& x) { from.list("groups", x.groups, kRead); }
void read(const Reader& from, GroupMembersAck& x) {
  from.get("groupid", x.groupid), from.list("users", x.users, kRead), from.get("more", x.more);
}
void read(const Reader& from, GroupInfoAck& x) {
  from.get("groupid", x.groupid), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
  from.get("avatar", x.avatar), from.get("join", x.join), from.get("speak", x.speak);
  from.get("members_max", x.members_max), from.get("slow_mode_ms", x.slow_mode_ms);
  from.get("history_visible", x.history_visible), from.get("owner", x.owner);
  from.get("member_count", x.member_count), from.get("version", x.version);
  from.get("muted_until_ms", x.muted_until_ms), from.word("role", x.role, kRoles);
  from.get("own_muted_until_ms", x.own_muted_until_ms), from.list("pins", x.pins, kRead);
}
void read(const Reader& from, GroupListAck& x) {
  from.get("groupid", x.groupid), from.get("list", x.list), from.list("entries", x.entries, kRead);
  from.get("more", x.more);
}
void read(const Reader& from, InvitationsAck& x) { from.list("invitations", x.invitations, kRead); }
void read(const Reader& from, VersionsAck& x) {
  from.get("cseq", x.cseq), from.get("id", x.id), from.get("kind", x.kind),
      from.get("recalled_ms", x.recalled_ms);
  from.get("recalled_by", x.recalled_by), from.list("versions", x.versions, kRead), from.get("more", x.more);
}
void read(const Reader& from, FindAck& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("avatar", x.avatar), from.online(x.online);
  from.json("custom", x.custom);
  from.get("groupid", x.groupid), from.get("groupname", x.groupname), from.get("groupdesc", x.groupdesc);
}
void read(const Reader& from, SearchResult& x) {
  from.get("mid", x.mid), from.get("friendid", x.friendid), from.get("groupid", x.groupid),
      from.get("cseq", x.cseq), from.get("id", x.id);
  from.get("name", x.name), from.get("time_ms", x.time_ms), from.get("snippet", x.snippet);
}
void read(const Reader& from, SearchAck& x) {
  from.list("results", x.results, kRead), from.get("more", x.more), from.get("before", x.before);
}
void read(const Reader& from, TokensAck& x) { from.list("tokens", x.tokens, kRead); }
void read(const Reader& from, HeartbeatAck& x) {
  from.get("epoch", x.epoch), from.get("head", x.head), from.get("time_ms", x.time_ms);
}
void read(const Reader& from, ReceiptPush& x) {
  from.get("id", x.id), from.get("friendid", x.friendid), from.get("groupid", x.groupid);
  from.get("delivered", x.delivered), from.get("read", x.read);
}
void read(const Reader& from, HeartbeatPush& x) { from.get("epoch", x.epoch), from.get("head", x.head); }
void read(const Reader& from, HeadPush& x) {
  from.get("groupid", x.groupid), from.get("epoch", x.epoch), from.get("head", x.head);
  from.get("read", x.read);
}
void read(const Reader& from, FriendEventPush& x) {
  from.word("event", x.event, kFriendEvents), from.get("friendid", x.friendid), from.get("name", x.name);
  from.online(x.online);
}
void read(const Reader& from, MemberEventPush& x) {
  from.get("id", x.id), from.get("name", x.name), from.get("avatar", x.avatar), from.json("custom", x.custom);
}
void read(const Reader& from, PresencePush& x) { from.get("id", x.id), from.online(x.online); }
void read(const Reader& from, GroupEventPush& x) {
  from.word("event", x.event, kGroupEvents), from.get("groupid", x.groupid),
      from.get("groupname", x.groupname);
  from.get("id", x.id), from.get("name", x.name), read(from, x.large);
}
void read(const Reader& from, GoodbyePush& x) {
  std::uint16_t error = 0;
  from.get("errno", error), from.get("errmsg", x.message), from.get("reconnect", x.reconnect);
  from.get("retry_after_ms", x.retry_after_ms), from.get("reason", x.reason);
  from.get("until_ms", x.until_ms);
  x.error = static_cast<Errno>(error);
}

void read(const Reader& from, Publication& x) {
  from.get("channel", x.channel), from.get("epoch", x.epoch), from.get("seq", x.seq), from.get("id", x.id);
  from.get("name", x.name), from.get("kind", x.kind), from.get("msg", x.content);
  from.json("body", x.content), from.get("time_ms", x.time_ms), from.get("mid", x.mid);
}
void read(const Reader& from, SubscribeAck& x) {
  from.get("channel", x.channel), from.get("epoch", x.epoch), from.get("head", x.head);
  from.get("recovered", x.recovered), from.get("more", x.more),
      from.list("publications", x.publications, kRead);
}
void read(const Reader& from, PublishAck& x) {
  from.get("channel", x.channel), from.get("epoch", x.epoch), from.get("seq", x.seq);
  from.get("send_id", x.send_id), from.get("dup", x.dup), from.get("mid", x.mid);
}
void read(const Reader& from, ChannelHeadPush& x) {
  from.get("channel", x.channel), from.get("epoch", x.epoch), from.get("head", x.head);
}
void read(const Reader& from, ChannelEntry& x) {
  std::string publish;
  from.get("channel", x.channel), from.get("persistent", x.persistent), from.get("publish", publish);
  from.get("history_max", x.history_max), from.get("history_age_ms", x.history_age_ms);
  x.servers_only = publish == "servers";
}
void read(const Reader& from, ChannelsAck& x) {
  from.list("channels", x.channels, kRead), from.get("more", x.more), from.get("after", x.after);
}
void read(const Reader& from, TypingPush& x) {
  from.get("id", x.id), from.get("friendid", x.friendid), from.get("groupid", x.groupid);
  from.get("typing", x.typing);
}
void read(const Reader& from, WatchPresenceAck& x) {
  from.get("groupid", x.groupid), from.get("watch", x.watch);
  from.list("presence", x.online, [](const Reader& each, MemberId& id) { each.get("id", id); });
}
void read(const Reader& from, WatchEndedPush& x) { from.get("groupid", x.groupid); }

template <class T>
void body(const Reader& from, ServerMessage& out) {
  read(from, out.body.emplace<T>());
}

void read_body(const Reader& from, ServerMessage& out) {
  switch (out.msgid) {
    case Msg::login_ack:
      return from.has("account") ? body<LoginAck>(from, out) : body<ClassicLoginAck>(from, out);
    case Msg::reg_ack: return body<RegAck>(from, out);
    case Msg::one_chat:
    case Msg::group_chat: return body<Chat>(from, out);
    case Msg::add_friend_ack: return body<AddFriendAck>(from, out);
    case Msg::create_group_ack: return body<CreateGroupAck>(from, out);
    case Msg::add_group_ack: return body<AddGroupAck>(from, out);
    case Msg::create_member_ack: return body<CreateMemberAck>(from, out);
    case Msg::enter_ack: return body<EnterAck>(from, out);
    case Msg::ready_ack: return body<ReadyAck>(from, out);
    case Msg::send_ack: return body<SendAck>(from, out);
    case Msg::ok: return body<OkReply>(from, out);
    case Msg::sync_ack: return body<SyncAck>(from, out);
    case Msg::history_ack: return body<HistoryAck>(from, out);
    case Msg::receipt: return body<ReceiptPush>(from, out);
    case Msg::heartbeat: return body<HeartbeatPush>(from, out);
    case Msg::heartbeat_ack: return body<HeartbeatAck>(from, out);
    case Msg::head: return body<HeadPush>(from, out);
    case Msg::conversations_ack: return body<ConversationsAck>(from, out);
    case Msg::friends_ack: return body<FriendsAck>(from, out);
    case Msg::friend_event: return body<FriendEventPush>(from, out);
    case Msg::member_event: return body<MemberEventPush>(from, out);
    case Msg::presence: return body<PresencePush>(from, out);
    case Msg::groups_ack: return body<GroupsAck>(from, out);
    case Msg::group_members_ack: return body<GroupMembersAck>(from, out);
    case Msg::group_info_ack: return body<GroupInfoAck>(from, out);
    case Msg::group_list_ack: return body<GroupListAck>(from, out);
    case Msg::invitations_ack: return body<InvitationsAck>(from, out);
    case Msg::group_event: return body<GroupEventPush>(from, out);
    case Msg::versions_ack: return body<VersionsAck>(from, out);
    case Msg::find_ack: return body<FindAck>(from, out);
    case Msg::tokens_ack: return body<TokensAck>(from, out);
    case Msg::subscribe_ack: return body<SubscribeAck>(from, out);
    case Msg::publish_ack: return body<PublishAck>(from, out);
    case Msg::publication: return body<Publication>(from, out);
    case Msg::channel_head: return body<ChannelHeadPush>(from, out);
    case Msg::channels_ack: return body<ChannelsAck>(from, out);
    case Msg::typing: return body<TypingPush>(from, out);
    case Msg::watch_presence_ack: return body<WatchPresenceAck>(from, out);
    case Msg::watch_ended: return body<WatchEndedPush>(from, out);
    case Msg::search_ack: return body<SearchAck>(from, out);
    default: return;
  }
}

void read_frame(const Reader& from, ServerMessage& out) {
  from.get("msgid", out.raw_msgid);
  const MessageInfo* const known = find_message(out.raw_msgid);
  out.msgid = known != nullptr && known->direction != Direction::client ? known->msg : Msg::none;
  from.get("rid", out.rid);
  std::uint16_t to = 0;
  from.get("to", to);
  out.to = static_cast<Msg>(to);
  if (out.msgid == Msg::goodbye) return body<GoodbyePush>(from, out);
  std::uint16_t error = 0;
  from.get("errno", error);
  if (error == 0) return read_body(from, out);
  Refusal& refusal = out.refusal;
  refusal.error = static_cast<Errno>(error);
  from.get("errmsg", refusal.message), from.get("field", refusal.field), from.get("allowed", refusal.allowed);
  from.get("retry_after_ms", refusal.retry_after_ms), from.get("expected", refusal.expected);
  from.get("send_id", refusal.send_id), from.get("reason", refusal.reason);
  from.get("until_ms", refusal.until_ms);
}

}  // namespace

struct ServerMessageParser::Impl {
  static constexpr std::size_t kBytesMax = 16 * 1024 * 1024;
  simdjson::dom::parser parser{kBytesMax};
};

ServerMessageParser::ServerMessageParser() : impl_(std::make_unique<Impl>()) {}
ServerMessageParser::~ServerMessageParser() = default;
ServerMessageParser::ServerMessageParser(ServerMessageParser&&) noexcept = default;
ServerMessageParser& ServerMessageParser::operator=(ServerMessageParser&&) noexcept = default;

std::expected<ServerMessage, std::string> ServerMessageParser::parse(std::string_view frame) {
  if (frame.empty()) return std::unexpected(std::string("empty frame"));
  object root;
  // Copies the frame to where there is padding; a client can afford that.
  if (const auto code = impl_->parser.parse(frame.data(), frame.size(), true).get(root)) {
    return std::unexpected(std::string(simdjson::error_message(code)));
  }
  try {
    ServerMessage message;
    read_frame(Reader(root), message);
    if (message.raw_msgid == 0) return std::unexpected(std::string("no msgid"));
    return message;
  } catch (const WrongType& wrong) {
    return std::unexpected("wrong type of " + wrong.field);
  }
}

// The fast look ---------------------------------------------------------------------------------------------
namespace {

/// The end of the string whose opening quote is at `at`: behind its closing quote, or null.
const char* string_end(const char* at, const char* end) {
  for (++at; at < end; ++at) {
    at += detail::plain_prefix(at, static_cast<std::size_t>(end - at));
    if (at == end) return nullptr;
    if (*at == '"') return at + 1;
    if (*at == '\\') ++at;
  }
  return nullptr;
}

/// Behind the value at `at`, or null.
const char* value_end(const char* at, const char* end) {
  int depth = 0;
  while (at < end) {
    const char c = *at;
    if (c == '"') {
      at = string_end(at, end);
      if (at == nullptr) return nullptr;
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return nullptr;
}

/// Where the number of this key goes; null for other keys.
std::uint64_t* slot_of(std::string_view key, ServerGlance& out) {
  switch (key.size()) {
    case 2: return key == "id" ? &out.id : nullptr;
    case 3: return key == "seq" ? &out.seq : key == "mid" ? &out.mid : key == "rid" ? &out.rid : nullptr;
    case 4:
      return key == "cseq" ? &out.cseq : key == "toid" ? &out.toid : key == "head" ? &out.head : nullptr;
    case 5:
      return key == "msgid"   ? &out.msgid
             : key == "errno" ? &out.error
             : key == "epoch" ? &out.epoch
                              : nullptr;
    case 7: return key == "send_id" ? &out.send_id : key == "groupid" ? &out.groupid : nullptr;
    case 8: return key == "expected" ? &out.expected : nullptr;
    default: return nullptr;
  }
}

const char* skip_space(const char* at, const char* end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

}  // namespace

bool glance(std::string_view frame, ServerGlance& out) {
  out = {};
  const char* at = frame.data();
  const char* const end = at + frame.size();
  at = skip_space(at, end);
  if (at == end || *at != '{') return false;
  for (;;) {
    at = skip_space(at + 1, end);  // behind the brace or comma
    if (at >= end || *at != '"') break;
    const char* const key_end = string_end(at, end);
    if (key_end == nullptr) return false;
    const std::string_view key(at + 1, key_end - 1);
    at = skip_space(key_end, end);
    if (at >= end || *at != ':') return false;
    at = skip_space(at + 1, end);
    const char* const value = at;
    std::uint64_t number = 0;
    while (at < end && *at >= '0' && *at <= '9')
      number = number * 10 + static_cast<std::uint64_t>(*at++ - '0');
    if (at != value) {
      if (std::uint64_t* const slot = slot_of(key, out)) *slot = number;
    }
    at = value_end(at, end);
    if (at == nullptr) return false;
    const std::string_view text(value, at);
    if (key == "msg" && text.size() >= 2 && text.front() == '"') {
      out.msg = text.substr(1, text.rfind('"') - 1);
    } else if (key == "dup") {
      out.dup = text.starts_with('t');
    }
    if (*at != ',') break;
  }
  return out.msgid != 0 && at < end && *at == '}';
}

}  // namespace plaza::protocol
