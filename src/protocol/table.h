#pragma once
// The protocol, declared once: messages, error numbers, and the shapes of what stands in lists. Validation,
// docs/protocol.md and help texts come from here. Numbers are for ever: append only.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/fields.h"

namespace plaza::protocol {

enum class Msg : std::uint16_t {
  none = 0,
  login = 1,
  login_ack = 2,
  reg = 3,
  reg_ack = 4,
  one_chat = 5,
  add_friend = 6,
  add_friend_ack = 7,
  create_group = 8,
  create_group_ack = 9,
  add_group = 10,
  add_group_ack = 11,
  group_chat = 12,
  loginout = 13,
  create_member = 14,
  create_member_ack = 15,
  enter = 16,
  enter_ack = 17,
  ready = 18,
  ready_ack = 19,
  send_ack = 20,
  ok = 21,
  sync = 22,
  sync_ack = 23,
  history = 24,
  history_ack = 25,
  received = 26,
  mark = 27,
  receipt = 28,
  heartbeat = 29,
  heartbeat_ack = 30,
  head = 31,
  conversations = 32,
  conversations_ack = 33,
  friends = 34,
  friends_ack = 35,
  answer_friend = 36,
  remove_friend = 37,
  block = 38,
  remark = 39,
  friend_event = 40,
  presence = 41,
  leave_group = 42,
  groups = 43,
  groups_ack = 44,
  group_members = 45,
  group_members_ack = 46,
  group_event = 47,
  find = 48,
  find_ack = 49,
  change_password = 50,
  tokens = 51,
  tokens_ack = 52,
  revoke_token = 53,
  goodbye = 54,
  error = 55,
  set_group = 60,
  group_info = 61,
  group_info_ack = 62,
  change_group_member = 63,
  group_list = 64,
  group_list_ack = 65,
  invitations = 66,
  invitations_ack = 67,
  pin = 68,
  dissolve_group = 69,
  mute_group = 70,
  subscribe = 85,
  subscribe_ack = 86,
  unsubscribe = 87,
  publish = 88,
  publish_ack = 89,
  publication = 90,
  channel_head = 91,
  channels = 92,
  channels_ack = 93,
  typing = 94,
  watch_presence = 95,
  watch_presence_ack = 96,
  watch_ended = 97,
  report = 100,
  recall = 120,
  edit = 121,
  versions = 122,
  versions_ack = 123,
  search = 130,
  search_ack = 131,
  set_member = 150,
  member_event = 151,
};
inline constexpr std::size_t kMsgidMax = 255;  ///< no msgid is larger; not every smaller one exists

enum class Errno : std::uint16_t {
  ok = 0,
  no_such_peer = 1,
  bad_credentials = 2,
  already_logged_in = 3,
  reg_failed = 4,
  create_group_failed = 5,
  add_friend_failed = 6,
  add_group_failed = 7,
  bad_request = 8,
  not_logged_in = 9,
  too_large = 10,
  rate_limited = 11,
  not_permitted = 12,
  unavailable = 13,
  send_id_ahead = 14,
  no_such_group = 15,
  not_in_group = 16,
  name_taken = 17,
  name_invalid = 18,
  token_invalid = 19,
  login_limited = 20,
  limit_reached = 21,
  unknown_msgid = 22,
  not_ready = 23,
  timeout = 24,
  kicked = 25,
  revoked = 26,
  server_closing = 27,
  conflict = 28,
  no_such_zone = 29,
  try_again = 30,
  group_muted = 32,
  group_banned = 33,
  join_requested = 34,
  no_such_channel = 37,
  muted = 40,
  banned = 41,
  content_refused = 42,
  session_ended = 43,
  no_such_message = 44,
  message_recalled = 45,
  too_late = 46,
  quota_reached = 53,
  app_rate_limited = 54,
  no_such_file = 56,
};
inline constexpr std::size_t kErrnoMax = 127;  ///< no errno is larger; not every smaller one exists

/// How far a session is. Each state includes what the ones before it allow, except where `until` of a
/// message says less.
enum class State : std::uint8_t {
  logged_out,     ///< nobody yet
  authenticated,  ///< an account, not yet one of its members
  entered,        ///< a member: may send and sync, gets no pushes yet
  ready,          ///< gets pushes
};

enum class Direction : std::uint8_t { client, server, both };

enum class Need : std::uint8_t {
  required,
  optional,
  one_of,         ///< exactly one of the message's one_of fields
  at_most_one,    ///< at most one of the message's at_most_one fields
  required_with,  ///< required when one of the fields in `with` is there
  own_id,         ///< optional; names the sender, and is refused when it is another member's (errno 12)
  // From the server:
  always,     ///< in every such frame, in a reply when errno is 0
  sometimes,  ///< only where it applies
};

/// One field of one message. min..max are the bounds here: those of the field table unless the message
/// narrows them.
struct FieldUse {
  Field field;
  Need need;
  FieldSet with;
  std::uint64_t min = 0, max = 0;
  std::string_view note;  ///< when the field table's meaning is not enough
};

struct MessageInfo {
  Msg msg;
  std::string_view name;
  Direction direction;
  Msg ack;            ///< what answers it: Msg::none for what is not answered (pushes, replies)
  State from, until;  ///< the states of the session in which the client may send it
  std::string_view meaning;
  std::span<const FieldUse> request;  ///< besides msgid and rid
  std::span<const FieldUse>
      reply;  ///< what the server's frame of this number carries, besides msgid (and rid, errno)
};

/// Does an error of this number end the connection?
enum class Closes : std::uint8_t { never, when_malformed, always };
struct ErrnoInfo {
  Errno error;
  std::string_view name;
  std::string_view text;  ///< default errmsg
  Closes closes;
};

/// An object inside a list.
struct ShapeField {
  std::string_view name;
  std::string_view type;
  Need need;
  std::string_view meaning;
};
struct Shape {
  std::string_view name;
  std::span<const ShapeField> fields;
  std::string_view where;
};

/// All of them, by number.
std::span<const MessageInfo> messages();
std::span<const ErrnoInfo> errnos();
std::span<const Shape> shapes();

/// Null when there is no message of that number.
const MessageInfo* find_message(std::uint64_t msgid);
/// Null when there is no errno of that number.
const ErrnoInfo* find_errno(std::uint64_t error);
const MessageInfo& info(Msg msg);
const ErrnoInfo& info(Errno error);
std::string_view name_of(Msg msg);
std::string_view name_of(Errno error);

/// Which frame answers this request: its own ack, `ok` where it has none, `error` for what a client cannot
/// send.
Msg ack_of(Msg request);
/// May a session in this state send it? Errno::ok, or not_logged_in / not_ready / already_logged_in /
/// conflict.
Errno check_state(Msg request, State state);
/// Does this request take `id` as a claim of who sends it? (Need::own_id)
bool claims_sender(Msg request);

/// What a field must be, for people: "integer 1..500", "string of 1..32 bytes", "true or false", "JSON
/// object".
std::string allowed_text(FieldType type, std::uint64_t min, std::uint64_t max);

/// The tables of docs/protocol.md.
std::string messages_markdown();
std::string fields_markdown();
std::string errnos_markdown();
std::string shapes_markdown();

namespace detail {
/// Per message, what the parser checks with a few word operations.
struct RequestRules {
  FieldSet required, one_of, at_most_one, uses;
  bool conditional = false;  ///< has required_with fields, or content whose field depends on `kind`
};
const RequestRules& request_rules(Msg msg);
}  // namespace detail

}  // namespace plaza::protocol
