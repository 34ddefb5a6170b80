#pragma once
// Every field name of the wire protocol, declared once: the enum and the table. field_lookup.h finds one by its name.
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "protocol/field.h"

namespace plaza::protocol {

// Bounds of the wire that both sides know. The server may be configured to less, never to more.
inline constexpr std::size_t kFrameBytesMax = 64 * 1024;
inline constexpr std::size_t kFrameBeforeLoginBytesMax = 4 * 1024;
inline constexpr std::size_t
    kJsonDepthMax = 32;  ///< objects and arrays inside each other, the frame itself counted
inline constexpr std::size_t kBodyBytesMax = 60 * 1024;
inline constexpr std::uint64_t kIntegerMax = kIdMax;  ///< 2^53-1: what every JSON library carries exactly
inline constexpr std::size_t kDeviceBytesMax = 32;
inline constexpr std::uint32_t kSyncLimitMax = 500;
inline constexpr std::uint32_t kHistoryLimitMax = 100;
inline constexpr std::uint32_t kConversationsLimitMax = 100;
inline constexpr std::uint32_t kListLimitMax = 200;
inline constexpr std::uint32_t kVersionsLimitMax = 20;
inline constexpr std::size_t kChannelBytesMax = 64;
inline constexpr std::size_t kReasonBytesMax = 256;
inline constexpr std::size_t kQueryBytesMax = 256;
inline constexpr std::uint32_t kSearchLimitMax = 50;
inline constexpr std::size_t kCustomBytesMax = 4096;

/// min..max: of an integer its value, of a string or object its bytes (an object's as compact text).
struct FieldInfo {
  Field field;
  std::string_view name;
  FieldType type;
  std::uint64_t min = 0, max = 0;
  std::string_view meaning;
};

namespace detail {
consteval FieldInfo integer(Field f, std::string_view name, std::string_view meaning, std::uint64_t min = 0,
                            std::uint64_t max = kIntegerMax) {
  return {f, name, FieldType::integer, min, max, meaning};
}
consteval FieldInfo string(Field f, std::string_view name, std::uint64_t min, std::uint64_t max,
                           std::string_view meaning) {
  return {f, name, FieldType::string, min, max, meaning};
}
consteval FieldInfo boolean(Field f, std::string_view name, std::string_view meaning) {
  return {f, name, FieldType::boolean, 0, 1, meaning};
}
consteval FieldInfo list(Field f, std::string_view name, std::string_view meaning) {
  return {f, name, FieldType::list, 0, 0, meaning};
}
}  // namespace detail

inline constexpr std::array<FieldInfo, kFields> kFieldTable = {{
    detail::integer(Field::msgid, "msgid", "what the frame is", 1, 65535),
    detail::integer(Field::rid, "rid", "the client's own number for a request, echoed in its reply"),
    detail::integer(Field::id, "id", "a member"),
    detail::string(Field::name, "name", 1, 128, "a name; in a request, of the account"),
    detail::string(Field::account, "account", 1, 128, "name of the account"),
    detail::string(Field::password, "password", 1, 256, "password of the account"),
    detail::string(Field::new_password, "new_password", 1, 256, "the password from now on"),
    detail::string(Field::token, "token", 1, 128, "credential got from an earlier login or ENTER"),
    detail::string(Field::vendor, "vendor", 1, 32, "who vouches for a third-party login"),
    detail::string(Field::vendor_user, "vendor_user", 1, 128, "the user's id at the vendor"),
    detail::string(Field::proof, "proof", 1, 2048, "what the vendor gave as proof"),
    detail::string(Field::app, "app", 1, 64, "name of the app"),
    detail::string(Field::zone, "zone", 1, 64, "name of the zone in the app"),
    detail::string(Field::device, "device", 1, kDeviceBytesMax,
                   "name of the device, stable across its logins; not beginning with @"),
    detail::string(Field::platform, "platform", 1, 32, "what the device is, e.g. android; informative"),
    detail::integer(Field::toid, "toid", "the member a message is for"),
    detail::string(Field::msg, "msg", 0, kBodyBytesMax, "text of a message (kind 0)"),
    {Field::body, "body", FieldType::object, 2, kBodyBytesMax, "content of a message of kind 1..5"},
    detail::integer(Field::kind, "kind", "0 text, 1 image, 2 file, 3 custom, 4 event, 5 change of a message",
                    0, 5),
    detail::integer(Field::send_id, "send_id", "number of a send: 1, 2, 3... per member and device", 1),
    detail::integer(Field::friendid, "friendid", "the other member"),
    detail::integer(Field::groupid, "groupid", "a group"),
    detail::string(Field::groupname, "groupname", 1, 128, "name of a group, unique in the zone"),
    detail::string(Field::groupdesc, "groupdesc", 0, 512, "what the group is about"),
    detail::boolean(Field::revoke, "revoke", "true: this session's token ends as well"),
    detail::string(Field::nickname, "nickname", 1, 128, "name of a member, unique in the zone"),
    detail::string(Field::avatar, "avatar", 0, 256, "a reference that the app understands"),
    detail::integer(Field::epoch, "epoch", "term of a stream; positions of another term mean nothing", 0,
                    0xffffffff),
    detail::integer(Field::since, "since", "position up to which the client has everything"),
    detail::integer(Field::limit, "limit", "most entries wanted", 1, kSyncLimitMax),
    detail::integer(Field::before, "before", "entries with a smaller cseq; 0 or absent: from the newest"),
    detail::integer(Field::seq, "seq", "position in the reader's own inbox"),
    detail::integer(Field::delivered, "delivered", "conversation position up to which messages arrived"),
    detail::integer(Field::read, "read", "conversation position up to which messages were read"),
    detail::string(Field::after, "after", 0, 128, "`after` of the page before, as it was given"),
    detail::integer(Field::after_id, "after_id", "entries with a larger member id"),
    detail::boolean(Field::accept, "accept", "true: become friends, false: refuse"),
    detail::boolean(Field::blocked, "blocked", "true: their messages and requests are refused"),
    detail::string(Field::remark, "remark", 0, 128, "own note on a friend; empty removes it"),
    detail::integer(Field::token_id, "token_id", "one token of TOKENS_ACK"),
    detail::boolean(Field::all, "all", "true: every token of the account"),
    detail::string(Field::channel, "channel", 1, kChannelBytesMax, "name of a channel of the zone"),
    detail::boolean(Field::typing, "typing", "true: is writing, false: has stopped"),
    detail::boolean(Field::watch, "watch", "true: from now on, false: no more"),
    detail::integer(Field::cseq, "cseq", "position in the conversation"),
    detail::string(Field::reason, "reason", 0, kReasonBytesMax, "why, in somebody's own words"),
    detail::string(
        Field::action, "action", 1, 16,
        "invite, approve, refuse, kick, ban, unban, mute, unmute, make_admin, remove_admin or transfer"),
    detail::string(Field::list_name, "list", 1, 16, "requests, invitations or bans"),
    detail::string(Field::join, "join", 1, 16, "how one joins: open, approval or invitation"),
    detail::string(Field::speak, "speak", 1, 16, "who may speak: everyone or admins"),
    detail::integer(Field::members_max, "members_max", "most members; 0: as many as the server allows", 0,
                    0xffffffff),
    detail::integer(Field::slow_mode_ms, "slow_mode_ms",
                    "a member's messages in the group are at least so far apart; 0: no such rule", 0,
                    0xffffffff),
    detail::boolean(Field::history_visible, "history_visible",
                    "true: those who join see what was said before"),
    detail::integer(Field::for_ms, "for_ms", "how long from now; absent: for ever", 0, 0xffffffffff),
    detail::boolean(Field::pinned, "pinned", "true: the message is pinned, false: not any more"),
    detail::string(Field::query, "query", 1, kQueryBytesMax, "words to search for"),
    detail::integer(Field::reply_to, "reply_to", "cseq of the message of the conversation that is answered"),
    {Field::custom, "custom", FieldType::object, 2, kCustomBytesMax,
     "what the app says of a member to everybody; {} removes it"},
    detail::string(
        Field::friends_from, "friends_from", 1, 16,
        "who may become a friend: anyone (as the zone has it), request (always asked first) or nobody"),
    detail::string(Field::messages_from, "messages_from", 1, 16,
                   "who may write to one: anyone (as the zone has it) or friends"),

    detail::integer(Field::error_code, "errno", "0, or why it was refused", 0, 65535),
    detail::string(Field::errmsg, "errmsg", 0, 1024, "the same for a person to read"),
    detail::string(Field::field, "field", 0, 64, "the field that was wrong"),
    detail::string(Field::allowed, "allowed", 0, 256, "what would be right"),
    detail::integer(Field::retry_after_ms, "retry_after_ms", "wait this long before trying again"),
    detail::integer(Field::expected, "expected", "the send_id that would be accepted"),
    detail::integer(Field::to, "to", "msgid of the request that is answered", 0, 65535),
    detail::list(Field::members, "members", "own members in this zone"),
    detail::list(Field::friends, "friends", "friends and those with a pending request"),
    detail::list(Field::groups, "groups", "groups the member is in"),
    detail::list(Field::offlinemsg, "offlinemsg", "messages not yet received, as pushes 5 and 12"),
    detail::list(Field::users, "users", "members of a group"),
    detail::list(Field::messages, "messages", "messages, as pushes 5 and 12"),
    detail::list(Field::conversations, "conversations", "conversations of the member"),
    detail::list(Field::tokens, "tokens", "valid tokens of the account"),
    detail::boolean(Field::entered, "entered", "true: the session is a member already (token of a member)"),
    detail::integer(Field::token_expires_ms, "token_expires_ms", "Unix time in ms at which the token ends"),
    detail::string(Field::friendship, "friendship", 0, 16,
                   "friends, requested (by me), asked (by them) or none"),
    detail::string(Field::state, "state", 0, 16, "online or offline"),
    detail::integer(Field::head, "head", "position of the newest entry of the stream"),
    detail::integer(Field::received, "received", "this device's receive cursor in the inbox"),
    detail::integer(Field::last_send_id, "last_send_id", "the last send_id accepted from this device"),
    detail::integer(Field::heartbeat_ms, "heartbeat_ms", "send something at least this often"),
    detail::integer(Field::body_bytes_max, "body_bytes_max", "largest msg or body here, in bytes"),
    detail::integer(Field::trimmed, "trimmed", "entries up to here are gone"),
    detail::boolean(Field::too_old, "too_old", "true: entries were missed that no longer exist"),
    detail::boolean(Field::more, "more", "true: ask again from the end of this page"),
    detail::boolean(Field::dup, "dup", "true: this send_id was accepted before; this is its answer again"),
    detail::integer(Field::mid, "mid", "id of the message"),
    detail::string(Field::time, "time", 24, 24, "when it was stored, RFC 3339, UTC, ms"),
    detail::integer(Field::time_ms, "time_ms", "the same as Unix time in ms"),
    detail::string(Field::event, "event", 0, 16, "what happened"),
    detail::boolean(Field::reconnect, "reconnect", "false: connecting again the same way will not help"),
    detail::boolean(Field::recovered, "recovered", "true: nothing was missed since the position asked with"),
    detail::list(Field::publications, "publications", "publications, as push 90"),
    detail::list(Field::channels, "channels", "channels of the zone"),
    detail::list(Field::presence, "presence", "who is online"),
    detail::integer(Field::until_ms, "until_ms",
                    "Unix time in ms at which it ends; absent: it does not end by itself"),
    detail::integer(Field::owner, "owner", "the member who owns the group"),
    detail::string(Field::role, "role", 0, 16, "one's own: owner, admin or member"),
    detail::integer(Field::member_count, "member_count", "how many members the group has"),
    detail::integer(Field::version, "version", "number of the group's newest change"),
    detail::integer(Field::muted_until_ms, "muted_until_ms",
                    "until then (Unix time in ms) only the owner and admins may speak"),
    detail::integer(Field::own_muted_until_ms, "own_muted_until_ms",
                    "until then (Unix time in ms) one may not speak oneself"),
    detail::list(Field::pins, "pins", "pinned messages of a group, by position"),
    detail::list(Field::entries, "entries", "members in a list of a group, by id"),
    detail::list(Field::invitations, "invitations", "groups that one was invited to"),
    detail::list(Field::results, "results", "messages that were found"),
    detail::boolean(Field::large, "large", "its messages are in a stream of its own, not in the inbox"),
    detail::integer(Field::edited_ms, "edited_ms", "Unix time in ms of the newest edit"),
    detail::integer(Field::edits, "edits", "how often the message was edited"),
    detail::integer(Field::recalled_ms, "recalled_ms", "Unix time in ms at which the message was recalled"),
    detail::integer(Field::recalled_by, "recalled_by", "the member who recalled it"),
    detail::list(Field::versions, "versions", "what the message said, newest first"),
}};

constexpr const FieldInfo& info(Field field) { return kFieldTable[static_cast<std::size_t>(field)]; }
constexpr std::string_view name_of(Field field) { return info(field).name; }

}  // namespace plaza::protocol
