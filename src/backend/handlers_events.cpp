// Events: which ones an app wants, its log, the rooms it watches.
#include <algorithm>
#include <boost/json/parse.hpp>

#include "backend/call.h"
#include "backend/event_views.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::size_t kPageBytesMax = 512 * 1024;

json::object shown(const ports::EventLogState& state) {
  json::array kinds;
  for (std::size_t i = 1; i < ports::kAppEventNames.size(); ++i) {
    if (state.kinds.has(static_cast<ports::AppEventKind>(i))) kinds.emplace_back(ports::kAppEventNames[i]);
  }
  return {{"kinds", std::move(kinds)}, {"head", state.head}, {"trimmed", state.trimmed}};
}

json::object shown(const ports::EventSource& source) {
  return {{"room", source.room.value}, {"position", source.position}};
}

ApiResult<ports::AppEventKinds> wanted_kinds(const Call& call) {
  ports::AppEventKinds kinds;
  for (const auto& name : call.args.texts("kinds")) {
    // `gap` is not chosen: it comes with whatever is.
    const auto at = std::find(ports::kAppEventNames.begin() + 1, ports::kAppEventNames.end(), name);
    if (at == ports::kAppEventNames.end()) {
      return refuse(ErrorCode::bad_request, "there is no event \"" + name + "\"", "kinds",
                    "member.online, member.offline, room.message, room.changed, report.made");
    }
    kinds.add(static_cast<ports::AppEventKind>(at - ports::kAppEventNames.begin()));
  }
  return kinds;
}

ApiResult<ports::Room> room_in(const Call& call, const ports::Zone& zone) {
  auto room = call.services.directory.room(zone.id, RoomId{call.args.number("room")});
  if (!room) return fail(of_directory(room.error(), "room"));
  return std::move(*room);
}

}  // namespace

json::object shown_event(const ports::AppEvent& event) {
  boost::system::error_code error;
  json::object out{{"seq", event.seq},
                   {"time_ms", event.time_ms},
                   {"kind", ports::kAppEventNames[static_cast<std::size_t>(event.kind)]}};
  if (!event.zone.empty()) out["zone"] = event.zone;
  out["data"] = json::parse(event.body, error);
  return out;
}

Answer subscribe_events(Call& call) {
  const auto kinds = wanted_kinds(call);
  if (!kinds) return fail(kinds.error());
  const auto state = call.services.events.desk.subscribe(call.app.id, *kinds);
  if (!state) return fail(of_directory(state.error()));
  return shown(*state);
}

Answer show_events(Call& call) {
  const auto state = call.services.events.log.log(call.app.id);
  if (!state) return fail(of_directory(state.error()));
  return shown(*state);
}

Answer list_events(Call& call) {
  const auto limit = page_limit(call);
  const auto page = call.services.events.log.read(call.app.id, call.args.number("after"), limit,
                                                  kPageBytesMax);
  if (!page) return fail(of_directory(page.error()));
  json::array list;
  for (const auto& event : page->events) list.emplace_back(shown_event(event));
  json::object answer{
      {"events", std::move(list)}, {"head", page->state.head}, {"trimmed", page->state.trimmed}};
  if (!page->events.empty() && page->events.back().seq < page->state.head)
    answer["next"] = page->events.back().seq;
  return answer;
}

Answer watch_room(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto room = room_in(call, *zone);
  if (!room) return fail(room.error());
  std::optional<std::uint64_t> since;
  if (call.args.has("since")) since = call.args.number("since");
  const auto source = call.services.events.desk.watch(*zone, room->id, since);
  if (!source) return fail(of_directory(source.error(), "room"));
  return shown(*source);
}

Answer unwatch_room(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  // Also one that is gone: only the app's own are in the list.
  const auto was_there = call.services.events.desk.unwatch(*zone, RoomId{call.args.number("room")});
  if (!was_there) return fail(of_directory(was_there.error(), "room"));
  if (!*was_there) return refuse(ErrorCode::not_found, "this room is not watched", "room");
  return json::object{{"room", call.args.number("room")}, {"watched", false}};
}

Answer list_watched(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto limit = page_limit(call);
  const auto sources = call.services.events.log.watched(call.app.id, zone->id,
                                                        RoomId{call.args.number("after")}, limit);
  if (!sources) return fail(of_directory(sources.error()));
  json::array list;
  for (const auto& source : *sources) list.emplace_back(shown(source));
  json::object answer{{"rooms", std::move(list)}};
  add_next(answer, sources->size(), limit, sources->empty() ? RoomId{} : sources->back().room);
  return answer;
}

}  // namespace plaza::backend
