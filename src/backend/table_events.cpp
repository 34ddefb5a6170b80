// Operations: events, watched rooms, webhooks, dead letters.
#include "backend/operation_parts.h"
#include "net/http_url.h"

namespace plaza::backend {

using enum ErrorCode;

namespace {

constexpr Param kWebhook{.name = "webhook", .in = In::path, .type = Type::id, .help = "The webhook."};
constexpr Param kLetter{.name = "letter",
                        .in = In::body,
                        .type = Type::id,
                        .required = false,
                        .help = "The dead letter; all of the app without it."};

const std::vector<Field> kLogFields{{"kinds", "list", "Those that the app wants."},
                                    {"head", "number", "`seq` of the newest event, 0 when there is none."},
                                    {"trimmed", "number", "Events with `seq` up to this are gone."}};
const std::vector<Field> kWatchFields{{"room", "number", "Its id."},
                                      {"position", "number", "What comes behind this `cseq` is told."}};
const std::vector<Field> kWebhookFields{
    {"webhook", "number", "Its id."},
    {"url", "text", "Where events are posted to."},
    {"created_ms", "number", "Unix time."},
    {"position", "number", "Events with `seq` up to this are taken, or dead letters."}};
constexpr Field kSecret{"secret", "text", "What its posts are signed with. Shown this once."};

std::vector<Operation> about_the_log() {
  return {
      {.name = "events.subscribe",
       .method = "POST",
       .path = "/api/v1/events/subscription",
       .summary = "Says which events the app wants from now on. Those of rooms come from the rooms it "
                  "watches (rooms.watch); reports begin with those that are open.",
       .changes = true,
       .params = {{.name = "kinds",
                   .in = In::body,
                   .type = Type::texts,
                   .help = "All of them: member.online, member.offline, room.message, room.changed, "
                           "report.made. An empty list: none.",
                   .max = 5}},
       .answer = kLogFields,
       .errors = {},
       .run = subscribe_events},
      {.name = "events.show",
       .method = "GET",
       .path = "/api/v1/events/subscription",
       .summary = "Shows which events the app wants, and where its log is.",
       .params = {},
       .answer = kLogFields,
       .errors = {},
       .run = show_events},
      {.name = "events.list",
       .method = "GET",
       .path = "/api/v1/events",
       .summary = "Lists the app's events by number, behind the one that was seen last.",
       .params = {kAfter, kLimit},
       .answer = {{"events", "list", "seq, time_ms, kind, zone, data. See \"Events\"."},
                  {"head", "number", "`seq` of the newest event."},
                  {"trimmed", "number",
                   "Events with `seq` up to this are gone: if that is more than "
                   "`after`, some were missed."},
                  kNext},
       .errors = {},
       .run = list_events},
  };
}

std::vector<Operation> about_watched_rooms() {
  return {
      {.name = "rooms.watch",
       .method = "POST",
       .path = "/api/v1/zones/{zone}/rooms/{room}/watch",
       .summary = "Has the messages and changes of a room told as events, from now on. One that is watched "
                  "goes on where it is.",
       .changes = true,
       .params = {kZone,
                  kRoom,
                  {.name = "since",
                   .in = In::body,
                   .type = Type::number,
                   .required = false,
                   .help = "Begin behind this `cseq` of the room instead; 0: with its first message.",
                   .max = 9007199254740991}},
       .answer = kWatchFields,
       .errors = {not_found, limit_reached},
       .run = watch_room},
      {.name = "rooms.unwatch",
       .method = "DELETE",
       .path = "/api/v1/zones/{zone}/rooms/{room}/watch",
       .summary = "Ends it. Events that are in the log stay.",
       .changes = true,
       .params = {kZone, kRoom},
       .answer = {{"room", "number", "Its id."}, {"watched", "boolean", "false."}},
       .errors = {not_found},
       .run = unwatch_room},
      {.name = "rooms.watched",
       .method = "GET",
       .path = "/api/v1/zones/{zone}/watched",
       .summary = "Lists the rooms of a zone that are watched, by id.",
       .params = {kZone, kAfter, kLimit},
       .answer = {{"rooms", "list", "room, position: how far it is in the log."}, kNext},
       .errors = {not_found},
       .run = list_watched},
  };
}

std::vector<Operation> about_webhooks() {
  return {
      {.name = "webhooks.create",
       .method = "POST",
       .path = "/api/v1/webhooks",
       .summary = "Has the app's events posted to an address, from now on. See \"Webhooks\".",
       .changes = true,
       .params = {{.name = "url",
                   .in = In::body,
                   .type = Type::text,
                   .help = "https:// and a host of the internet; with webhook.private_networks also one "
                           "inside, there http:// too.",
                   .min = 1,
                   .max = static_cast<std::int64_t>(net::HttpUrl::kBytesMax)}},
       .answer = with(kWebhookFields, kSecret),
       .errors = {limit_reached},
       .run = create_webhook},
      {.name = "webhooks.list",
       .method = "GET",
       .path = "/api/v1/webhooks",
       .summary = "Lists the app's webhooks.",
       .params = {kAfter, kLimit},
       .answer = {{"webhooks", "list", "webhook, url, created_ms, position."}, kNext},
       .errors = {},
       .run = list_webhooks},
      {.name = "webhooks.rotate",
       .method = "POST",
       .path = "/api/v1/webhooks/{webhook}/rotate",
       .summary = "Gives a webhook another secret. Posts that are under way are signed with the old one.",
       .changes = true,
       .params = {kWebhook},
       .answer = with(kWebhookFields, kSecret),
       .errors = {not_found},
       .run = rotate_webhook},
      {.name = "webhooks.remove",
       .method = "DELETE",
       .path = "/api/v1/webhooks/{webhook}",
       .summary = "Removes a webhook and its dead letters.",
       .changes = true,
       .params = {kWebhook},
       .answer = {{"webhook", "number", "Its id."}, {"removed", "boolean", "true."}},
       .errors = {not_found},
       .run = remove_webhook},
      {.name = "dead_letters.list",
       .method = "GET",
       .path = "/api/v1/dead-letters",
       .summary = "Lists events that a webhook did not take in time, the oldest first.",
       .params = {kAfter, kLimit},
       .answer = {{"letters", "list",
                   "letter, webhook, why, failed_ms, again (is to be tried once more), "
                   "event (as in events.list)."},
                  kNext},
       .errors = {},
       .run = list_dead_letters},
      {.name = "dead_letters.redeliver",
       .method = "POST",
       .path = "/api/v1/dead-letters/redeliver",
       .summary = "Posts dead letters once more, with \"again\":true. Those that are not taken then stay.",
       .changes = true,
       .params = {kLetter},
       .answer = {{"letters", "number", "How many."}},
       .errors = {not_found},
       .run = redeliver_dead_letters},
      {.name = "dead_letters.drop",
       .method = "POST",
       .path = "/api/v1/dead-letters/drop",
       .summary = "Removes dead letters for good.",
       .changes = true,
       .params = {kLetter},
       .answer = {{"letters", "number", "How many."}},
       .errors = {not_found},
       .run = drop_dead_letters},
  };
}

}  // namespace

std::vector<Operation> about_events() {
  std::vector<Operation> all = about_the_log();
  for (auto* part : {about_watched_rooms, about_webhooks}) {
    for (auto& operation : part()) all.push_back(std::move(operation));
  }
  return all;
}

}  // namespace plaza::backend
