// Operations: rooms.
#include "backend/operation_parts.h"

namespace plaza::backend {

using enum ErrorCode;

namespace {

const std::vector<Param>& settings() {
  static const std::vector<Param> params{
      {.name = "description",
       .in = In::body,
       .type = Type::text,
       .required = false,
       .help = "At most room.description_bytes_max.",
       .max = 4096},
      {.name = "avatar",
       .in = In::body,
       .type = Type::text,
       .required = false,
       .help = "What the app's clients understand as a picture.",
       .max = 256},
      {.name = "join",
       .in = In::body,
       .type = Type::choice,
       .required = false,
       .help = "Who comes in by himself: everybody, who is approved, or who was invited.",
       .choices = "open|approval|invitation"},
      {.name = "speak",
       .in = In::body,
       .type = Type::choice,
       .required = false,
       .help = "Who may speak.",
       .choices = "everyone|admins"},
      {.name = "members_max",
       .in = In::body,
       .type = Type::number,
       .required = false,
       .help = "Most members; 0: as many as the server allows (room.members_max).",
       .max = 4'294'967'295},
      {.name = "slow_mode_ms",
       .in = In::body,
       .type = Type::number,
       .required = false,
       .help = "A member's messages are at least so far apart (at most room.slow_mode_ms_max); 0: no such "
               "rule.",
       .max = 86'400'000},
      {.name = "history_visible",
       .in = In::body,
       .type = Type::flag,
       .required = false,
       .help = "Who joins sees what was said before."}};
  return params;
}

}  // namespace

std::vector<Operation> about_rooms() {
  return {
      {.name = "rooms.create",
       .method = "POST",
       .path = "/api/v1/zones/{zone}/rooms",
       .summary = "Creates a room for a member, who owns it.",
       .changes = true,
       .params = joined(
           {kZone,
            {.name = "name",
             .in = In::body,
             .type = Type::text,
             .help = "2 to 24 characters, unique in the zone.",
             .min = 1,
             .max = 128},
            {.name = "owner", .in = In::body, .type = Type::id, .help = "A member of the zone."}},
           settings()),
       .answer = kRoomFields,
       .errors = {not_found, name_taken, limit_reached},
       .run = create_room},
      {.name = "rooms.find",
       .method = "GET",
       .path = "/api/v1/zones/{zone}/rooms",
       .summary = "Finds a room by its name.",
       .params = {kZone,
                  {.name = "name",
                   .in = In::query,
                   .type = Type::text,
                   .help = "As it is, or written in another case.",
                   .min = 1,
                   .max = 128}},
       .answer = kRoomFields,
       .errors = {not_found},
       .run = find_room},
      {.name = "rooms.show",
       .method = "GET",
       .path = "/api/v1/zones/{zone}/rooms/{room}",
       .summary = "Shows a room and a page of who is in it.",
       .params = {kZone, kRoom, kAfter, kLimit},
       .answer = with(
           with(kRoomFields,
                {"list", "list", "By id: member, nickname, role, and muted_until_ms of one who is muted."}),
           kNext),
       .errors = {not_found},
       .run = show_room},
      {.name = "rooms.set",
       .method = "POST",
       .path = "/api/v1/zones/{zone}/rooms/{room}",
       .summary = "Changes what is given: the room's profile and rules.",
       .changes = true,
       .params = joined({kZone,
                         kRoom,
                         {.name = "name",
                          .in = In::body,
                          .type = Type::text,
                          .required = false,
                          .help = "2 to 24 characters, unique in the zone.",
                          .min = 1,
                          .max = 128}},
                        settings()),
       .answer = kRoomFields,
       .errors = {not_found, name_taken, limit_reached},
       .run = set_room},
      {.name = "rooms.dissolve",
       .method = "DELETE",
       .path = "/api/v1/zones/{zone}/rooms/{room}",
       .summary = "Ends a room. Its members are told; what was said there stays in their inboxes.",
       .changes = true,
       .params = {kZone, kRoom},
       .answer = kRoomFields,
       .errors = {not_found},
       .run = dissolve_room},
  };
}

}  // namespace plaza::backend
