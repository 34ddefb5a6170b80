#pragma once
// Everything the server sends, typed. The server encodes them (replies.h), a client decodes them
// (server_message.h).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "protocol/entries.h"
#include "protocol/member_replies.h"
#include "protocol/table.h"

namespace plaza::protocol {

// Replies ---------------------------------------------------------------------------------------------------
struct EnterAck {
  static constexpr Msg kMsg = Msg::enter_ack;
  MemberId id;
  std::string name, avatar;
  std::string custom;  ///< compact JSON of an object, or empty
  MemberSettings settings;
  std::string token;  ///< empty: none was issued (the session came with it)
  std::int64_t token_expires_ms = 0;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0, received = 0, last_send_id = 0, heartbeat_ms = 0, body_bytes_max = 0;
  std::vector<FriendEntry> friends;
  std::vector<GroupEntry> groups;
  bool more = false;  ///< there are more friends than these: FRIENDS pages through all
  bool operator==(const EnterAck&) const = default;
};

struct LoginAck {
  static constexpr Msg kMsg = Msg::login_ack;
  std::string account;  ///< name; empty for a third-party account
  std::string app, zone, device;
  std::string token;  ///< of the account; not when entered
  std::int64_t token_expires_ms = 0;
  std::vector<MemberEntry> members;
  std::optional<EnterAck> enter;  ///< came with a member's token: entered already
  bool operator==(const LoginAck&) const = default;
};

template <class S>
struct ClassicLoginAckOf {
  static constexpr Msg kMsg = Msg::login_ack;
  MemberId id;
  std::string name;
  std::vector<FriendEntry> friends;  ///< id, name and state are sent
  std::vector<ClassicGroupEntry> groups;
  std::vector<ChatOf<S>> offlinemsg;
  bool operator==(const ClassicLoginAckOf&) const = default;
};
using ClassicLoginAckView = ClassicLoginAckOf<std::string_view>;
using ClassicLoginAck = ClassicLoginAckOf<std::string>;

struct RegAck {
  static constexpr Msg kMsg = Msg::reg_ack;
  MemberId id;
  std::string account, name;
  bool operator==(const RegAck&) const = default;
};
struct AddFriendAck {
  static constexpr Msg kMsg = Msg::add_friend_ack;
  MemberId friendid;
  std::string name;
  Friendship friendship = Friendship::friends;
  bool online = false;
  bool operator==(const AddFriendAck&) const = default;
};
struct CreateGroupAck {
  static constexpr Msg kMsg = Msg::create_group_ack;
  RoomId groupid;
  std::string groupname, groupdesc;
  bool operator==(const CreateGroupAck&) const = default;
};
struct AddGroupAck {
  static constexpr Msg kMsg = Msg::add_group_ack;
  RoomId groupid;
  std::string groupname, groupdesc;
  std::vector<UserEntry> users;
  std::optional<LargeGroup> large = {};
  bool operator==(const AddGroupAck&) const = default;
};
struct ReadyAck {
  static constexpr Msg kMsg = Msg::ready_ack;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool operator==(const ReadyAck&) const = default;
};
struct SendAck {
  static constexpr Msg kMsg = Msg::send_ack;
  std::uint64_t send_id = 0;
  MessageId mid;  ///< none when the original is trimmed (dup); then seq, cseq, time_ms are left out too
  std::uint64_t seq = 0;  ///< 0: it is in no inbox (a large group's)
  std::uint64_t cseq = 0;
  std::uint32_t epoch = 0;
  std::int64_t time_ms = 0;
  bool dup = false;
  bool operator==(const SendAck&) const = default;
};
struct OkReply {
  static constexpr Msg kMsg = Msg::ok;
  Msg to = Msg::none;
  std::optional<std::uint64_t> received;         ///< answers RECEIVED
  std::optional<std::uint64_t> delivered, read;  ///< answer MARK: the marks as they are now
  bool operator==(const OkReply&) const = default;
};
template <class S>
struct SyncAckOf {
  static constexpr Msg kMsg = Msg::sync_ack;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0, trimmed = 0;
  bool too_old = false, more = false;
  std::vector<ChatOf<S>> messages;
  bool operator==(const SyncAckOf&) const = default;
};
using SyncAckView = SyncAckOf<std::string_view>;
using SyncAck = SyncAckOf<std::string>;

template <class S>
struct HistoryAckOf {
  static constexpr Msg kMsg = Msg::history_ack;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool more = false;
  std::vector<ChatOf<S>> messages;  ///< newest first
  bool operator==(const HistoryAckOf&) const = default;
};
using HistoryAckView = HistoryAckOf<std::string_view>;
using HistoryAck = HistoryAckOf<std::string>;

template <class S>
struct VersionsAckOf {
  static constexpr Msg kMsg = Msg::versions_ack;
  std::uint64_t cseq = 0;
  MemberId id;  ///< the sender
  std::uint8_t kind = 0;
  std::int64_t recalled_ms = 0;
  MemberId recalled_by;
  std::vector<VersionOf<S>> versions;  ///< newest first
  bool more = false;
  bool operator==(const VersionsAckOf&) const = default;
};
using VersionsAckView = VersionsAckOf<std::string_view>;
using VersionsAck = VersionsAckOf<std::string>;

template <class S>
struct ConversationsAckOf {
  static constexpr Msg kMsg = Msg::conversations_ack;
  std::vector<ConversationOf<S>> conversations;
  bool more = false;
  std::string after;  ///< for the next page
  bool operator==(const ConversationsAckOf&) const = default;
};
using ConversationsAckView = ConversationsAckOf<std::string_view>;
using ConversationsAck = ConversationsAckOf<std::string>;

struct FriendsAck {
  static constexpr Msg kMsg = Msg::friends_ack;
  std::vector<FriendEntry> friends;
  bool more = false;
  bool operator==(const FriendsAck&) const = default;
};
struct GroupsAck {
  static constexpr Msg kMsg = Msg::groups_ack;
  std::vector<GroupEntry> groups;
  bool operator==(const GroupsAck&) const = default;
};
struct GroupMembersAck {
  static constexpr Msg kMsg = Msg::group_members_ack;
  RoomId groupid;
  std::vector<UserEntry> users;
  bool more = false;
  bool operator==(const GroupMembersAck&) const = default;
};
struct GroupInfoAck {
  static constexpr Msg kMsg = Msg::group_info_ack;
  RoomId groupid;
  std::string groupname, groupdesc, avatar;
  std::string join, speak;  ///< words as the field table has them
  std::uint32_t members_max = 0, slow_mode_ms = 0;
  bool history_visible = true;
  MemberId owner;
  std::uint32_t member_count = 0;
  std::uint64_t version = 0;
  std::int64_t muted_until_ms = 0;  ///< 0: not muted, as the next
  Role role = Role::member;
  std::int64_t own_muted_until_ms = 0;
  std::vector<PinEntry> pins;
  bool operator==(const GroupInfoAck&) const = default;
};
struct GroupListAck {
  static constexpr Msg kMsg = Msg::group_list_ack;
  RoomId groupid;
  std::string list;
  std::vector<ListedEntry> entries;
  bool more = false;
  bool operator==(const GroupListAck&) const = default;
};
struct InvitationsAck {
  static constexpr Msg kMsg = Msg::invitations_ack;
  std::vector<InvitationEntry> invitations;
  bool operator==(const InvitationsAck&) const = default;
};
struct TokensAck {
  static constexpr Msg kMsg = Msg::tokens_ack;
  std::vector<TokenEntry> tokens;
  bool operator==(const TokensAck&) const = default;
};
struct HeartbeatAck {
  static constexpr Msg kMsg = Msg::heartbeat_ack;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  std::int64_t time_ms = 0;
  bool operator==(const HeartbeatAck&) const = default;
};

// Pushes ----------------------------------------------------------------------------------------------------
/// One conversation as the reader names it.
struct ReceiptPush {
  static constexpr Msg kMsg = Msg::receipt;
  MemberId id;  ///< who received or read
  MemberId friendid;
  RoomId groupid;
  std::uint64_t delivered = 0, read = 0;
  bool operator==(const ReceiptPush&) const = default;
};
struct HeartbeatPush {
  static constexpr Msg kMsg = Msg::heartbeat;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool operator==(const HeartbeatPush&) const = default;
};
struct HeadPush {
  static constexpr Msg kMsg = Msg::head;
  RoomId groupid;           ///< a large group; none: the inbox
  std::uint32_t epoch = 0;  ///< of the inbox
  std::uint64_t head = 0;
  std::uint64_t read = 0;  ///< with groupid: where one begins who does not follow the group
  bool operator==(const HeadPush&) const = default;
};
struct FriendEventPush {
  static constexpr Msg kMsg = Msg::friend_event;
  FriendEventKind event = FriendEventKind::friends;
  MemberId friendid;
  std::string name;
  bool online = false;  ///< event `friends` only
  bool operator==(const FriendEventPush&) const = default;
};
struct PresencePush {
  static constexpr Msg kMsg = Msg::presence;
  MemberId id;
  bool online = false;
  bool operator==(const PresencePush&) const = default;
};
struct GroupEventPush {
  static constexpr Msg kMsg = Msg::group_event;
  GroupEventKind event = GroupEventKind::joined;
  RoomId groupid;
  std::string groupname;
  MemberId id;
  std::string name;
  std::optional<LargeGroup> large = {};  ///< of a group that oneself has joined
  bool operator==(const GroupEventPush&) const = default;
};
struct GoodbyePush {
  static constexpr Msg kMsg = Msg::goodbye;
  Errno error = Errno::server_closing;
  std::string message;  ///< empty: the default text
  bool reconnect = false;
  std::uint64_t retry_after_ms = 0;
  std::string reason;          ///< banned, session_ended: what whoever decided it has said
  std::uint64_t until_ms = 0;  ///< banned: when it ends; 0: not by itself
  bool operator==(const GoodbyePush&) const = default;
};

}  // namespace plaza::protocol
