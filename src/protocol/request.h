#pragma once
// What a client may ask for, typed: `as<OneChat>(request)` on the server, `encode(out, OneChat{...}, rid)` on the client.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ids.h"
#include "protocol/raw_request.h"

namespace plaza::protocol {

// Typed requests --------------------------------------------------------------------------------------------
// Each names its message and visits its fields once; extraction, encoding and the check against the table
// use that visit. A field whose C++ type is not optional<> is required by the table, or has the default
// given here.

struct Login {
  static constexpr Msg kMsg = Msg::login;
  std::optional<MemberId> id;
  std::optional<std::string_view> name, account, token,
      vendor;                           ///< exactly one of these and id; name = account
  std::string_view password;            ///< with id, name, account
  std::string_view vendor_user, proof;  ///< with vendor
  std::optional<std::string_view> app, zone, device, platform;

  /// A client of the classic message set: member named like the account, ready at once.
  [[nodiscard]] bool classic() const { return !app && !zone && !device && !token && !vendor; }
  /// The account's name by either field, empty when it logs in otherwise.
  [[nodiscard]] std::string_view account_name() const {
    return account ? *account : name.value_or(std::string_view{});
  }
  static void fields(auto& s, auto&& f) {
    f(Field::id, s.id), f(Field::name, s.name), f(Field::account, s.account), f(Field::token, s.token);
    f(Field::vendor, s.vendor), f(Field::password, s.password), f(Field::vendor_user, s.vendor_user);
    f(Field::proof, s.proof), f(Field::app, s.app), f(Field::zone, s.zone), f(Field::device, s.device);
    f(Field::platform, s.platform);
  }
};

struct Reg {
  static constexpr Msg kMsg = Msg::reg;
  std::string_view name, password;
  std::optional<std::string_view> app, zone;
  static void fields(auto& s, auto&& f) {
    f(Field::name, s.name), f(Field::password, s.password), f(Field::app, s.app), f(Field::zone, s.zone);
  }
};

/// What a message says, in ONE_CHAT and GROUP_CHAT.
struct Content {
  std::uint8_t kind = 0;  ///< 0 text; 1..3 JSON
  std::optional<std::string_view> msg, body;
  /// The text, or the compact JSON of the object, by kind.
  [[nodiscard]] std::string_view bytes() const { return kind == 0 ? msg.value_or("") : body.value_or(""); }
  static void fields(auto& s, auto&& f) {
    f(Field::kind, s.kind), f(Field::msg, s.msg), f(Field::body, s.body);
  }
};

struct OneChat {
  static constexpr Msg kMsg = Msg::one_chat;
  MemberId toid;
  Content content;
  std::optional<std::uint64_t> send_id;
  std::optional<MemberId> id;
  std::uint64_t reply_to = 0;  ///< 0: answers nothing
  static void fields(auto& s, auto&& f) {
    f(Field::toid, s.toid), Content::fields(s.content, f), f(Field::send_id, s.send_id), f(Field::id, s.id);
    f(Field::reply_to, s.reply_to);
  }
};

struct GroupChat {
  static constexpr Msg kMsg = Msg::group_chat;
  RoomId groupid;
  Content content;
  std::optional<std::uint64_t> send_id;
  std::optional<MemberId> id;
  std::uint64_t reply_to = 0;  ///< 0: answers nothing
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), Content::fields(s.content, f), f(Field::send_id, s.send_id),
        f(Field::id, s.id), f(Field::reply_to, s.reply_to);
  }
};

struct AddFriend {
  static constexpr Msg kMsg = Msg::add_friend;
  MemberId friendid;
  std::optional<MemberId> id;
  static void fields(auto& s, auto&& f) { f(Field::friendid, s.friendid), f(Field::id, s.id); }
};

/// What can be set of a group, besides its name and description.
struct GroupSettings {
  std::optional<std::string_view> avatar, join, speak;  ///< words as the field table has them
  std::optional<std::uint32_t> members_max, slow_mode_ms;
  std::optional<bool> history_visible;
  static void fields(auto& s, auto&& f) {
    f(Field::avatar, s.avatar), f(Field::join, s.join), f(Field::speak, s.speak);
    f(Field::members_max, s.members_max), f(Field::slow_mode_ms, s.slow_mode_ms),
        f(Field::history_visible, s.history_visible);
  }
};

struct CreateGroup {
  static constexpr Msg kMsg = Msg::create_group;
  std::string_view groupname, groupdesc;
  std::optional<MemberId> id;
  GroupSettings settings = {};
  static void fields(auto& s, auto&& f) {
    f(Field::groupname, s.groupname), f(Field::groupdesc, s.groupdesc), f(Field::id, s.id);
    GroupSettings::fields(s.settings, f);
  }
};

struct AddGroup {
  static constexpr Msg kMsg = Msg::add_group;
  std::optional<RoomId> groupid;  ///< exactly one of these
  std::optional<std::string_view> groupname;
  std::optional<MemberId> id;
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), f(Field::groupname, s.groupname), f(Field::id, s.id);
  }
};

struct Loginout {
  static constexpr Msg kMsg = Msg::loginout;
  std::optional<MemberId> id;
  bool revoke = false;
  static void fields(auto& s, auto&& f) { f(Field::id, s.id), f(Field::revoke, s.revoke); }
};

struct CreateMember {
  static constexpr Msg kMsg = Msg::create_member;
  std::string_view nickname, avatar;
  static void fields(auto& s, auto&& f) { f(Field::nickname, s.nickname), f(Field::avatar, s.avatar); }
};

struct Enter {
  static constexpr Msg kMsg = Msg::enter;
  MemberId id;
  static void fields(auto& s, auto&& f) { f(Field::id, s.id); }
};

struct Ready {
  static constexpr Msg kMsg = Msg::ready;
  static void fields(auto&, auto&&) {}
};

/// At most one of the two in SYNC (neither: the own inbox), exactly one elsewhere.
struct ConversationRef {
  std::optional<MemberId> friendid;
  std::optional<RoomId> groupid;
  static void fields(auto& s, auto&& f) { f(Field::friendid, s.friendid), f(Field::groupid, s.groupid); }
};

struct Sync {
  static constexpr Msg kMsg = Msg::sync;
  ConversationRef of;
  std::uint64_t since = 0;
  std::uint32_t epoch = 0;  ///< 0: none known yet
  std::uint32_t limit = kSyncLimitMax;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::since, s.since), f(Field::epoch, s.epoch),
        f(Field::limit, s.limit);
  }
};

struct History {
  static constexpr Msg kMsg = Msg::history;
  ConversationRef of;
  std::uint64_t before = 0;
  std::uint32_t limit = 50;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::before, s.before), f(Field::limit, s.limit);
  }
};

struct Received {
  static constexpr Msg kMsg = Msg::received;
  std::uint64_t seq = 0;
  static void fields(auto& s, auto&& f) { f(Field::seq, s.seq); }
};

struct Mark {
  static constexpr Msg kMsg = Msg::mark;
  ConversationRef of;
  std::uint64_t delivered = 0, read = 0;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::delivered, s.delivered), f(Field::read, s.read);
  }
};

struct Heartbeat {
  static constexpr Msg kMsg = Msg::heartbeat;
  static void fields(auto&, auto&&) {}
};

struct Conversations {
  static constexpr Msg kMsg = Msg::conversations;
  std::string_view after;
  std::uint32_t limit = kConversationsLimitMax;
  static void fields(auto& s, auto&& f) { f(Field::after, s.after), f(Field::limit, s.limit); }
};

struct Friends {
  static constexpr Msg kMsg = Msg::friends;
  MemberId after_id;
  std::uint32_t limit = kListLimitMax;
  static void fields(auto& s, auto&& f) { f(Field::after_id, s.after_id), f(Field::limit, s.limit); }
};

struct AnswerFriend {
  static constexpr Msg kMsg = Msg::answer_friend;
  MemberId friendid;
  bool accept = false;
  static void fields(auto& s, auto&& f) { f(Field::friendid, s.friendid), f(Field::accept, s.accept); }
};

struct RemoveFriend {
  static constexpr Msg kMsg = Msg::remove_friend;
  MemberId friendid;
  static void fields(auto& s, auto&& f) { f(Field::friendid, s.friendid); }
};

struct Block {
  static constexpr Msg kMsg = Msg::block;
  MemberId friendid;
  bool blocked = false;
  static void fields(auto& s, auto&& f) { f(Field::friendid, s.friendid), f(Field::blocked, s.blocked); }
};

struct Remark {
  static constexpr Msg kMsg = Msg::remark;
  MemberId friendid;
  std::string_view remark;
  static void fields(auto& s, auto&& f) { f(Field::friendid, s.friendid), f(Field::remark, s.remark); }
};

struct LeaveGroup {
  static constexpr Msg kMsg = Msg::leave_group;
  RoomId groupid;
  static void fields(auto& s, auto&& f) { f(Field::groupid, s.groupid); }
};

struct Groups {
  static constexpr Msg kMsg = Msg::groups;
  static void fields(auto&, auto&&) {}
};

struct GroupMembers {
  static constexpr Msg kMsg = Msg::group_members;
  RoomId groupid;
  MemberId after_id;
  std::uint32_t limit = kListLimitMax;
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), f(Field::after_id, s.after_id), f(Field::limit, s.limit);
  }
};

struct Find {
  static constexpr Msg kMsg = Msg::find;
  std::optional<std::string_view> nickname, groupname;  ///< exactly one of these and id
  std::optional<MemberId> id;
  static void fields(auto& s, auto&& f) {
    f(Field::nickname, s.nickname), f(Field::groupname, s.groupname), f(Field::id, s.id);
  }
};

struct ChangePassword {
  static constexpr Msg kMsg = Msg::change_password;
  std::string_view password, new_password;
  static void fields(auto& s, auto&& f) {
    f(Field::password, s.password), f(Field::new_password, s.new_password);
  }
};

struct Tokens {
  static constexpr Msg kMsg = Msg::tokens;
  static void fields(auto&, auto&&) {}
};

struct RevokeToken {
  static constexpr Msg kMsg = Msg::revoke_token;
  std::optional<TokenId> token_id;  ///< exactly one of these
  std::optional<std::string_view> device;
  std::optional<bool> all;
  static void fields(auto& s, auto&& f) {
    f(Field::token_id, s.token_id), f(Field::device, s.device), f(Field::all, s.all);
  }
};

}  // namespace plaza::protocol
