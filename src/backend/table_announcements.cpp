// Operations: announcements.
#include "backend/operation_parts.h"

namespace plaza::backend {

using enum ErrorCode;

namespace {
const std::vector<Field>& fields() {
  static const std::vector<Field> all{{"announcement", "number", "Its id."},
                                      {"state", "text", "scheduled, current, over or withdrawn."},
                                      {"to", "text", "app, zone, room or members."},
                                      {"zone_id", "number", "The zone's number."},
                                      {"room", "number", "The room."},
                                      {"name", "text", "Whom it is shown as coming from."},
                                      {"kind", "text", "text, image, file or custom."},
                                      {"msg", "text", "What it says, of a text."},
                                      {"body", "object", "What it says, otherwise."},
                                      {"created_ms", "number", "Unix time."},
                                      {"not_before_ms", "number", "Its time; 0: at once."},
                                      {"until_ms", "number", "Its end."},
                                      {"by", "text", "Who made it."}};
  return all;
}
}  // namespace

std::vector<Operation> about_announcements() {
  return {
      {.name = "announcements.create",
       .method = "POST",
       .path = "/api/v1/announcements",
       .summary = "Says something to many: all of the app, or of a zone, or of a room, or those who are "
                  "named. Who is not there gets it when he comes, each once.",
       .changes = true,
       .params =
           {{.name = "zone",
             .in = In::body,
             .type = Type::ident,
             .required = false,
             .help = "To those of this zone (default: of all)."},
            {.name = "room",
             .in = In::body,
             .type = Type::id,
             .required = false,
             .help = "Only to those who are in this room when its time has come."},
            {.name = "members",
             .in = In::body,
             .type = Type::ids,
             .required = false,
             .help = "Only to these members.",
             .min = 1,
             .max = 10'000},
            kMsg,
            kBody,
            kKind,
            kName,
            {.name = "not_before_ms",
             .in = In::body,
             .type = Type::number,
             .required = false,
             .help = "Its time: a Unix time (default: now).",
             .max = 9007199254740991},
            {.name = "keep_ms",
             .in = In::body,
             .type = Type::number,
             .required = false,
             .help = "Who has not come so long after its time does not get it any more (default: 7 days).",
             .min = 1,
             .max = 315'360'000'000}},
       .answer = fields(),
       .errors = {not_found, too_large, limit_reached},
       .run = create_announcement},
      {.name = "announcements.list",
       .method = "GET",
       .path = "/api/v1/announcements",
       .summary = "Lists the announcements of the app, by id, also those that are over.",
       .params = {kAfter, kLimit},
       .answer = {{"announcements", "list", "As announcements.show."}, kNext},
       .errors = {},
       .run = list_announcements},
      {.name = "announcements.show",
       .method = "GET",
       .path = "/api/v1/announcements/{announcement}",
       .summary = "Shows an announcement.",
       .params = {{.name = "announcement", .in = In::path, .type = Type::id, .help = "The announcement."}},
       .answer = fields(),
       .errors = {not_found},
       .run = show_announcement},
      {.name = "announcements.withdraw",
       .method = "DELETE",
       .path = "/api/v1/announcements/{announcement}",
       .summary = "Takes an announcement back. Who has got it keeps it.",
       .changes = true,
       .params = {{.name = "announcement", .in = In::path, .type = Type::id, .help = "The announcement."}},
       .answer = fields(),
       .errors = {not_found, conflict},
       .run = withdraw_announcement},
  };
}

}  // namespace plaza::backend
