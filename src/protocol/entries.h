#pragma once
// What stands in the lists of replies: friends, users, groups, members, tokens, messages, conversations.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace plaza::protocol {

enum class Friendship : std::uint8_t { none, friends, requested, asked };
enum class Role : std::uint8_t { member, admin, owner };
enum class FriendEventKind : std::uint8_t { requested, friends, refused, removed };
enum class GroupEventKind : std::uint8_t { joined, left, requested, invited, refused, removed, dissolved };

// As they are written.
std::string_view to_text(Friendship x);
std::string_view to_text(Role x);
std::string_view to_text(FriendEventKind x);
std::string_view to_text(GroupEventKind x);

// Entries of lists (the shapes of table.h) ------------------------------------------------------------------
struct FriendEntry {
  MemberId id;
  std::string name, avatar;
  bool online = false;
  std::string remark;
  Friendship friendship = Friendship::friends;
  bool blocked = false;
  bool operator==(const FriendEntry&) const = default;
};
struct UserEntry {
  MemberId id;
  std::string name, avatar;
  Role role = Role::member;
  bool online = false;
  std::int64_t muted_until_ms = 0;  ///< 0: not muted
  bool operator==(const UserEntry&) const = default;
};
/// Words as the field table has them.
struct MemberSettings {
  std::string friends_from = "anyone", messages_from = "anyone";
  bool operator==(const MemberSettings&) const = default;
};
struct PinEntry {
  std::uint64_t cseq = 0;
  MessageId mid;
  MemberId id;  ///< who pinned it
  std::int64_t time_ms = 0;
  bool operator==(const PinEntry&) const = default;
};
struct ListedEntry {
  MemberId id;
  std::string name;
  MemberId by;
  std::int64_t time_ms = 0;
  std::int64_t until_ms = 0;  ///< 0: for ever, or nothing that ends
  bool operator==(const ListedEntry&) const = default;
};
struct InvitationEntry {
  RoomId groupid;
  std::string groupname, groupdesc;
  std::uint32_t members = 0;
  MemberId by;
  std::int64_t time_ms = 0;
  bool operator==(const InvitationEntry&) const = default;
};
/// Where a large group's stream is, and how far the member has read it.
struct LargeGroup {
  std::uint32_t epoch = 0;  ///< 0: not told
  std::uint64_t head = 0, read = 0;
  bool operator==(const LargeGroup&) const = default;
};
struct GroupEntry {
  RoomId id;
  std::string groupname, groupdesc;
  std::uint32_t members = 0;
  Role role = Role::member;
  std::optional<LargeGroup> large = {};
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

enum class ChangeKind : std::uint8_t { none, recalled, edited };
std::string_view to_text(ChangeKind x);

/// What few messages have. In a change (kind 5) `change`, `target` and `target_kind` say what it does to which message, and the
/// content of an edit is the new one of that message, empty when it was recalled since.
struct ChatMore {
  std::uint64_t reply_to = 0;
  std::int64_t edited_ms = 0;
  std::uint32_t edits = 0;
  std::int64_t recalled_ms = 0;  ///< then the content is empty
  MemberId recalled_by;
  ChangeKind change = ChangeKind::none;
  std::uint64_t target = 0;
  std::uint8_t target_kind = 0;
  bool operator==(const ChatMore&) const = default;
};

template <class S>
struct VersionOf {
  std::uint32_t number = 0;
  std::int64_t time_ms = 0;
  S content;
  bool operator==(const VersionOf&) const = default;
};

/// A message as push 5 or 12. S is string_view where it is encoded, string where it was decoded.
template <class S>
struct ChatOf {
  MemberId id;    ///< the sender
  S name;         ///< the sender's name when it was sent
  MemberId toid;  ///< one of these two
  RoomId groupid;
  std::uint8_t kind = 0;
  S content;  ///< text (kind 0), or compact JSON of the object
  std::int64_t time_ms = 0;
  MessageId mid;
  std::uint64_t cseq = 0;
  std::uint64_t
      seq = 0;  ///< position in the reader's inbox; 0: not read from an inbox, then epoch is left out too
  std::uint32_t epoch = 0;
  std::uint64_t send_id = 0;  ///< with device, in the sender's own copy only; 0: left out
  S device;
  std::optional<ChatMore> more;
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
  std::uint64_t their_delivered = 0, their_read = 0;  ///< the other member's; not in a group's
  std::optional<ChatOf<S>> last;
  bool operator==(const ConversationOf&) const = default;
};
using ConversationView = ConversationOf<std::string_view>;
using Conversation = ConversationOf<std::string>;

}  // namespace plaza::protocol
