#pragma once
// What the tables of operations have in common. Private to table_*.cpp and operations.cpp.
#include <vector>

#include "backend/call.h"

namespace plaza::backend {

inline constexpr Param kApp{.name = "app", .in = In::path, .type = Type::ident, .help = "The app."};
inline constexpr Param kNewName{.name = "name", .in = In::body, .type = Type::ident, .help = "The new name."};
inline constexpr Param kServer{.name = "server", .in = In::path, .type = Type::ident, .help = "The server."};
inline constexpr Param kNetworks{
    .name = "networks",
    .in = In::body,
    .type = Type::texts,
    .help = "Where it may call from: addresses and networks in CIDR form. Empty: from nowhere.",
    .max = 32};
inline constexpr Param kZone{.name = "zone", .in = In::path, .type = Type::ident, .help = "The zone."};
inline constexpr Param kMember{.name = "member", .in = In::path, .type = Type::id, .help = "The member."};
inline constexpr Param kRoom{.name = "room", .in = In::path, .type = Type::id, .help = "The room."};
inline constexpr Param kSeqInPath{.name = "seq",
                                  .in = In::path,
                                  .type = Type::number,
                                  .help = "The message's place in the conversation.",
                                  .min = 1,
                                  .max = 9007199254740991};
inline constexpr Param kAfter{.name = "after",
                              .in = In::query,
                              .type = Type::number,
                              .required = false,
                              .help = "Only what comes behind this: `next` of the page before.",
                              .max = 9007199254740991};
inline constexpr Param kAfterText{.name = "after",
                                  .in = In::query,
                                  .type = Type::text,
                                  .required = false,
                                  .help = "Only what comes behind this: `next` of the page before.",
                                  .min = 1,
                                  .max = 100};
inline constexpr Param kLimit{.name = "limit",
                              .in = In::query,
                              .type = Type::number,
                              .required = false,
                              .help = "Most entries of the page (api.page_entries_max at most).",
                              .min = 1,
                              .max = 1000};

inline constexpr Param kMemberToChange{
    .name = "member", .in = In::body, .type = Type::id, .help = "A member of the zone."};
inline constexpr Param kFor{.name = "for_ms",
                            .in = In::body,
                            .type = Type::number,
                            .required = false,
                            .help = "For so long. Without it, until it is ended.",
                            .min = 1,
                            .max = 315'360'000'000};
inline constexpr Param kReason{.name = "reason",
                               .in = In::body,
                               .type = Type::text,
                               .required = false,
                               .help = "Told to the member.",
                               .max = 200};
inline constexpr Param kMsg{.name = "msg",
                            .in = In::body,
                            .type = Type::text,
                            .required = false,
                            .help = "The text.",
                            .min = 1,
                            .max = 65536};
inline constexpr Param kBody{.name = "body",
                             .in = In::body,
                             .type = Type::object,
                             .required = false,
                             .help = "Instead of msg: what the other kinds carry."};
inline constexpr Param kKind{.name = "kind",
                             .in = In::body,
                             .type = Type::choice,
                             .required = false,
                             .help = "Default: text for msg, custom for body.",
                             .choices = "text|image|file|custom"};
inline constexpr Param kName{.name = "name",
                             .in = In::body,
                             .type = Type::text,
                             .required = false,
                             .help =
                                 "Whom it is shown as coming from, when it is the server itself (default: "
                                 "the app's name).",
                             .min = 1,
                             .max = 128};

inline constexpr std::int64_t kBatchCallsMax = 100;

inline constexpr Field kNext{"next", "number",
                             "What to give as `after` for the next page; absent on the last one."};
inline const std::vector<Field> kAppFields{
    {"app", "text", "Its name."},
    {"id", "number", "Its number, which stays."},
    {"disabled", "boolean", "Nobody may log in, and its keys are refused."},
    {"deleting", "boolean", "It is being removed; only then this field is there."},
    {"left", "object", "Of one that is being removed: members and rooms that are still there."}};
inline const std::vector<Field> kServerFields{{"server", "text", "Its name."},
                                              {"networks", "list", "Where it may call from."},
                                              {"created_ms", "number", "Unix time."}};
inline const std::vector<Field> kZoneFields{
    {"zone", "text", "Its name."},
    {"id", "number", "Its number, which stays."},
    {"friends", "text", "How members become friends."},
    {"messages", "text", "Who may write to a member."},
    {"devices", "text", "What a second login of a device does."},
    {"disabled", "boolean", "Nobody may log in."},
    {"deleting", "boolean", "It is being removed; only then this field is there."},
    {"left", "object", "Of one that is being removed: members and rooms that are still there."}};
inline const std::vector<Field> kMemberFields{{"member", "number", "Its id."},
                                              {"nickname", "text", "As shown."},
                                              {"online", "boolean", "It has a session now."},
                                              {"avatar", "text", "If there is one."},
                                              {"custom", "object", "If there is one."},
                                              {"friends_from", "text", "Who may become a friend."},
                                              {"messages_from", "text", "Who may write to it."}};
inline const std::vector<Field> kRoomFields{
    {"room", "number", "Its id."},
    {"name", "text", "As shown."},
    {"description", "text", ""},
    {"owner", "number", "A member's id."},
    {"members", "number", "How many."},
    {"join", "text", "How one joins."},
    {"speak", "text", "Who speaks."},
    {"members_max", "number", "0: as many as the server allows."},
    {"slow_mode_ms", "number", "A member's messages are at least so far apart; 0: no such rule."},
    {"history_visible", "boolean", "Who joins sees what was said before."},
    {"muted_until_ms", "number", "Until then only its owner and admins speak. 0: no such time."},
    {"avatar", "text", "If there is one."}};
inline const std::vector<Field> kMessageFields{
    {"messages", "list",
     "seq, message: its id, from: a member or 0 for the server, name, time_ms, kind, msg or body; reply_to, "
     "edited_ms; of a recalled one recalled_ms and recalled_by instead of msg; of kind change: change "
     "(edited or recalled), of: the seq it is about."},
    {"head", "number", "The seq of the newest."}};
inline const std::vector<Field> kRecalledFields{
    {"seq", "number", "Its place."},
    {"message", "number", "Its id."},
    {"recalled_ms", "number", "Unix time."},
    {"recalled_by", "number", "In whose name: a member; 0: the server."}};
inline const std::vector<Field> kNewKeyFields{{"key", "text", "The key, which is no secret."},
                                              {"created_ms", "number", "Unix time."},
                                              {"secret", "text", "Shown this once, kept nowhere in clear."}};

inline std::vector<Param> joined(std::vector<Param> params, const std::vector<Param>& more) {
  params.insert(params.end(), more.begin(), more.end());
  return params;
}
inline std::vector<Field> with(std::vector<Field> fields, const Field& more) {
  fields.push_back(more);
  return fields;
}

std::vector<Operation> for_operators();
std::vector<Operation> about_zones();
std::vector<Operation> about_members();
std::vector<Operation> about_rooms();
std::vector<Operation> about_room_members();
std::vector<Operation> about_room_contents();
std::vector<Operation> about_moderation();
std::vector<Operation> about_announcements();
std::vector<Operation> about_channels();
std::vector<Operation> about_events();
std::vector<Operation> about_tenancy();

}  // namespace plaza::backend
