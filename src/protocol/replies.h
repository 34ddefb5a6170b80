#pragma once
// Everything the server sends: typed, and encode() for each. The client decodes the same structs (server_message.h).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "protocol/request.h"
#include "protocol/table.h"

namespace plaza::protocol {

using Rid = std::optional<std::uint64_t>;

enum class Friendship : std::uint8_t { none, friends, requested, asked };
enum class Role : std::uint8_t { member, admin, owner };
enum class FriendEventKind : std::uint8_t { requested, friends, refused, removed };
enum class GroupEventKind : std::uint8_t { joined, left };

// Entries of lists (the shapes of table.h) ------------------------------------------------------------------------------
struct FriendEntry {
  MemberId id;
  std::string name;
  bool online = false;
  std::string remark;
  Friendship friendship = Friendship::friends;
  bool blocked = false;
  bool operator==(const FriendEntry&) const = default;
};
struct UserEntry {
  MemberId id;
  std::string name;
  Role role = Role::member;
  bool online = false;
  bool operator==(const UserEntry&) const = default;
};
struct GroupEntry {
  RoomId id;
  std::string groupname, groupdesc;
  std::uint32_t members = 0;
  Role role = Role::member;
  bool operator==(const GroupEntry&) const = default;
};
struct ClassicGroupEntry {
  RoomId id;
  std::string groupname, groupdesc;
  std::vector<UserEntry> users;
  bool operator==(const ClassicGroupEntry&) const = default;
};
struct MemberEntry {
  MemberId id;
  std::string name, avatar;
  bool operator==(const MemberEntry&) const = default;
};
struct TokenEntry {
  TokenId id;
  bool member = false;  ///< kind "member", else "account"
  std::string device;
  std::int64_t created_ms = 0, expires_ms = 0;
  bool current = false;
  bool operator==(const TokenEntry&) const = default;
};

/// A message as push 5 or 12. S is string_view where it is encoded, string where it was decoded.
template <class S>
struct ChatOf {
  MemberId id;                ///< the sender
  S name;                     ///< the sender's name when it was sent
  MemberId toid;              ///< one of these two
  RoomId groupid;
  std::uint8_t kind = 0;
  S content;                  ///< text (kind 0), or compact JSON of the object
  std::int64_t time_ms = 0;
  MessageId mid;
  std::uint64_t cseq = 0;
  std::uint64_t seq = 0;      ///< position in the reader's inbox; 0: not read from an inbox, then epoch is left out too
  std::uint32_t epoch = 0;
  std::uint64_t send_id = 0;  ///< with device, in the sender's own copy only; 0: left out
  S device;
  bool operator==(const ChatOf&) const = default;
};
using ChatView = ChatOf<std::string_view>;
using Chat = ChatOf<std::string>;

template <class S>
struct ConversationOf {
  MemberId friendid;  ///< one of these two
  RoomId groupid;
  std::string name;
  std::uint64_t head = 0, delivered = 0, read = 0, unread = 0;
  std::optional<ChatOf<S>> last;
  bool operator==(const ConversationOf&) const = default;
};
using ConversationView = ConversationOf<std::string_view>;
using Conversation = ConversationOf<std::string>;

// Replies ---------------------------------------------------------------------------------------------------------------
struct EnterAck {
  static constexpr Msg kMsg = Msg::enter_ack;
  MemberId id;
  std::string name;
  std::string token;  ///< empty: none was issued (the session came with it)
  std::int64_t token_expires_ms = 0;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0, received = 0, last_send_id = 0, heartbeat_ms = 0, body_bytes_max = 0;
  std::vector<FriendEntry> friends;
  std::vector<GroupEntry> groups;
  bool operator==(const EnterAck&) const = default;
};

struct LoginAck {
  static constexpr Msg kMsg = Msg::login_ack;
  std::string account;  ///< name; empty for a third-party account
  std::string app, zone, device;
  std::string token;    ///< of the account; not when entered
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
  bool operator==(const AddGroupAck&) const = default;
};
struct CreateMemberAck {
  static constexpr Msg kMsg = Msg::create_member_ack;
  MemberId id;
  std::string name, avatar;
  bool operator==(const CreateMemberAck&) const = default;
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
  MessageId mid;           ///< none when the original is trimmed (dup); then seq, cseq, time_ms are left out too
  std::uint64_t seq = 0;
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
struct FindAck {
  static constexpr Msg kMsg = Msg::find_ack;
  MemberId id;  ///< a member: id, name, avatar, state
  std::string name, avatar;
  bool online = false;
  RoomId groupid;  ///< or a group: groupid, groupname, groupdesc
  std::string groupname, groupdesc;
  bool operator==(const FindAck&) const = default;
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

// Pushes ----------------------------------------------------------------------------------------------------------------
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
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool operator==(const HeadPush&) const = default;
};
struct FriendEventPush {
  static constexpr Msg kMsg = Msg::friend_event;
  FriendEventKind event = FriendEventKind::friends;
  MemberId friendid;
  std::string name;
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
  MemberId id;
  std::string name;
  bool operator==(const GroupEventPush&) const = default;
};
struct GoodbyePush {
  static constexpr Msg kMsg = Msg::goodbye;
  Errno error = Errno::server_closing;
  std::string message;  ///< empty: the default text
  bool reconnect = false;
  std::uint64_t retry_after_ms = 0;
  bool operator==(const GoodbyePush&) const = default;
};

// Encoding --------------------------------------------------------------------------------------------------------------
// Each appends one JSON object (no newline) to `out`. Replies take the request's rid, pushes do not.
void encode(std::string& out, Rid rid, const LoginAck& x);
void encode(std::string& out, Rid rid, const ClassicLoginAckView& x);
void encode(std::string& out, Rid rid, const RegAck& x);
void encode(std::string& out, Rid rid, const AddFriendAck& x);
void encode(std::string& out, Rid rid, const CreateGroupAck& x);
void encode(std::string& out, Rid rid, const AddGroupAck& x);
void encode(std::string& out, Rid rid, const CreateMemberAck& x);
void encode(std::string& out, Rid rid, const EnterAck& x);
void encode(std::string& out, Rid rid, const ReadyAck& x);
void encode(std::string& out, Rid rid, const SendAck& x);
void encode(std::string& out, Rid rid, const OkReply& x);
void encode(std::string& out, Rid rid, const SyncAckView& x);
void encode(std::string& out, Rid rid, const HistoryAckView& x);
void encode(std::string& out, Rid rid, const ConversationsAckView& x);
void encode(std::string& out, Rid rid, const FriendsAck& x);
void encode(std::string& out, Rid rid, const GroupsAck& x);
void encode(std::string& out, Rid rid, const GroupMembersAck& x);
void encode(std::string& out, Rid rid, const FindAck& x);
void encode(std::string& out, Rid rid, const TokensAck& x);
void encode(std::string& out, Rid rid, const HeartbeatAck& x);
void encode(std::string& out, const ReceiptPush& x);
void encode(std::string& out, const HeartbeatPush& x);
void encode(std::string& out, const HeadPush& x);
void encode(std::string& out, const FriendEventPush& x);
void encode(std::string& out, const PresencePush& x);
void encode(std::string& out, const GroupEventPush& x);
void encode(std::string& out, const GoodbyePush& x);

/// Why a request was refused: what a reply with errno != 0 carries.
struct Refusal {
  Errno error = Errno::unavailable;
  std::string message;  ///< empty: the default text of the errno
  std::string field, allowed;
  std::uint64_t retry_after_ms = 0;
  std::uint64_t expected = 0;  ///< send_id_ahead
  std::uint64_t send_id = 0;   ///< echoed in SEND_ACK, so that a sender without rid knows which
  bool operator==(const Refusal&) const = default;
};
/// Answers `request` (its own ack, or OK with `to`, or ERROR when nothing answers it) with this refusal.
void encode_refusal(std::string& out, Msg request, Rid rid, const Refusal& refusal);
/// Answers a frame that RequestParser refused. Malformed JSON and unknown msgids are answered by ERROR.
void encode_refusal(std::string& out, const ParseError& error);

// A message goes to many readers: `tail` is encoded once and shared, and each reader gets a small prefix in front of it.
// prefix + tail = one frame.
inline constexpr std::size_t kChatPrefixBytesMax = 64 + 6 * kDeviceBytesMax + 64;

/// `{"msgid":5,"seq":17,"epoch":1,` - and for the sender's own copy (send_id != 0) also `"send_id":3,"device":"phone",`.
/// seq 0 leaves seq and epoch out. At most kChatPrefixBytesMax bytes.
void append_chat_prefix(std::string& out, Msg msgid, std::uint64_t seq, std::uint32_t epoch, std::uint64_t send_id = 0,
                        std::string_view device = {});
/// The rest: `"id":7,"name":"ann",...}`. Ignores seq, epoch, send_id and device.
void append_chat_tail(std::string& out, const ChatView& x);
/// Both: the message as one object.
void append_chat(std::string& out, const ChatView& x);

/// 24 bytes: "2026-01-02T03:04:05.678Z". The date and time of day are kept from call to call within a second.
///
/// Thread   One per thread.
class Rfc3339 {
 public:
  /// Valid until the next call. Before 1970 counts as 1970, after 9999 as its last millisecond.
  std::string_view format(std::int64_t unix_ms);

 private:
  std::int64_t second_ = -1;
  char text_[24] = {};
};

std::string_view to_text(Friendship x);
std::string_view to_text(Role x);
std::string_view to_text(FriendEventKind x);
std::string_view to_text(GroupEventKind x);

}  // namespace plaza::protocol
