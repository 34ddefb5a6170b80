#pragma once
// The part of the table (table.cpp) that is about the settings, roles and lists of groups.
#include "protocol/table_uses.h"

namespace plaza::protocol::table {

inline constexpr FieldUse kSetGroup[] = {req(Field::groupid),
                                         opt(Field::groupname, "this and the next two: also by admins"),
                                         opt(Field::groupdesc),
                                         opt(Field::avatar),
                                         opt(Field::join, "this and the rest: by the owner"),
                                         opt(Field::speak),
                                         opt(Field::members_max),
                                         opt(Field::slow_mode_ms),
                                         opt(Field::history_visible)};
inline constexpr FieldUse kGroupInfo[] = {req(Field::groupid)};
inline constexpr FieldUse kChangeGroupMember[] = {req(Field::groupid), req(Field::id, "whom it is about"),
                                                  req(Field::action), opt(Field::for_ms, "of a ban or mute")};
inline constexpr FieldUse kGroupList[] = {req(Field::groupid), req(Field::list_name), opt(Field::after_id),
                                          page(kListLimitMax, "absent: 200")};
inline constexpr FieldUse kPin[] = {req(Field::groupid), req(Field::cseq, "the message"), req(Field::pinned)};
inline constexpr FieldUse kDissolveGroup[] = {req(Field::groupid)};
inline constexpr FieldUse kMuteGroup[] = {req(Field::groupid), opt(Field::for_ms, "0 ends it")};

inline constexpr FieldUse kGroupInfoAck[] = {has(Field::groupid),
                                             has(Field::groupname),
                                             has(Field::groupdesc),
                                             has(Field::avatar),
                                             has(Field::join),
                                             has(Field::speak),
                                             has(Field::members_max),
                                             has(Field::slow_mode_ms),
                                             has(Field::history_visible),
                                             has(Field::owner),
                                             has(Field::member_count),
                                             has(Field::version),
                                             may(Field::muted_until_ms, "while all are muted"),
                                             has(Field::role),
                                             may(Field::own_muted_until_ms, "while one is muted oneself"),
                                             has(Field::pins)};
inline constexpr FieldUse kGroupListAck[] = {has(Field::groupid), has(Field::list_name), has(Field::entries),
                                             has(Field::more)};
inline constexpr FieldUse kInvitationsAck[] = {has(Field::invitations)};
inline constexpr ShapeField kPinShape[] = {
    {"cseq", "integer", Need::always, "position of the message"},
    {"mid", "integer", Need::always, "its id"},
    {"id", "integer", Need::always, "who pinned it; 0: the app's server"},
    {"time_ms", "integer", Need::always, "when"}};
inline constexpr ShapeField kListedShape[] = {
    {"id", "integer", Need::always, "the member"},
    {"name", "string", Need::always, ""},
    {"by", "integer", Need::always, "who asked, invited or banned; 0: the app's server"},
    {"time_ms", "integer", Need::always, "when"},
    {"until_ms", "integer", Need::sometimes, "end of a ban; absent: for ever"}};
inline constexpr ShapeField kInvitationShape[] = {
    {"groupid", "integer", Need::always, "the group"},
    {"groupname", "string", Need::always, ""},
    {"groupdesc", "string", Need::always, ""},
    {"members", "integer", Need::always, "how many"},
    {"by", "integer", Need::always, "who invited; 0: the app's server"},
    {"time_ms", "integer", Need::always, "when"}};
inline constexpr ShapeField kGroupShape[] = {
    {"id", "integer", Need::always, "the group"},
    {"groupname", "string", Need::always, ""},
    {"groupdesc", "string", Need::always, ""},
    {"members", "integer", Need::sometimes, "how many; not in a classic answer, as the next"},
    {"role", "string", Need::sometimes, "one's own: owner, admin or member"},
    {"large", "boolean", Need::sometimes, "true: its messages are in a stream of its own, not in the inbox"},
    {"epoch", "integer", Need::sometimes, "of a large group's stream, in ENTER_ACK, as the next"},
    {"head", "integer", Need::sometimes, "its newest position"},
    {"read", "integer", Need::sometimes, "how far the member has read it"},
    {"users", "list of user", Need::sometimes, "in a classic answer"}};
inline constexpr ShapeField kMemberShape[] = {{"id", "integer", Need::always, "the member"},
                                              {"name", "string", Need::always, ""},
                                              {"avatar", "string", Need::always, ""}};
inline constexpr ShapeField kConversationShape[] = {
    {"friendid", "integer", Need::sometimes, "the other member, or"},
    {"groupid", "integer", Need::sometimes, "the group"},
    {"name", "string", Need::always, "of the member or group"},
    {"head", "integer", Need::always, "position of the newest message"},
    {"delivered", "integer", Need::always, "own mark"},
    {"read", "integer", Need::always, "own mark"},
    {"unread", "integer", Need::always, "messages after `read`"},
    {"their_delivered", "integer", Need::sometimes, "the other member's marks; not in a group's"},
    {"their_read", "integer", Need::sometimes, ""},
    {"last", "message", Need::sometimes, "the newest; absent when it is trimmed"}};
inline constexpr ShapeField kTokenShape[] = {{"id", "integer", Need::always, "for REVOKE_TOKEN"},
                                             {"kind", "string", Need::always, "account or member"},
                                             {"device", "string", Need::always, ""},
                                             {"created_ms", "integer", Need::always, "Unix time"},
                                             {"expires_ms", "integer", Need::always, "Unix time"},
                                             {"current", "boolean", Need::always, "this session's own"}};
inline constexpr ShapeField kFriendShape[] = {
    {"id", "integer", Need::always, "the member"},
    {"name", "string", Need::always, ""},
    {"state", "string", Need::always, "online or offline"},
    {"avatar", "string", Need::sometimes, "when it has one; not in a classic answer, as the next three"},
    {"remark", "string", Need::sometimes, "own note"},
    {"friendship", "string", Need::sometimes, "friends, requested (by me), asked (by them) or none"},
    {"blocked", "boolean", Need::sometimes, "blocked by me"}};
inline constexpr ShapeField kUserShape[] = {
    {"id", "integer", Need::always, "the member"},
    {"name", "string", Need::always, ""},
    {"role", "string", Need::always, "owner, admin or member"},
    {"state", "string", Need::always, "online or offline"},
    {"avatar", "string", Need::sometimes, "when it has one"},
    {"muted_until_ms", "integer", Need::sometimes, "while the member is muted"}};

}  // namespace plaza::protocol::table
