// Zones, and what the handlers share.
#include <algorithm>

#include "backend/call.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 2> kFriends{"mutual_at_once", "on_request"};
constexpr std::array<std::string_view, 2> kMessages{"anyone", "friends_only"};
constexpr std::array<std::string_view, 3> kDevices{"allow", "kick", "reject"};

/// Of one that is being deleted, what is left.
Answer shown(const Call& call, const ports::ZoneRecord& record) {
  const auto& zone = record.zone;
  json::object answer{{"zone", zone.zone_name},
                      {"id", zone.id.value},
                      {"friends", kFriends[static_cast<std::size_t>(zone.friends)]},
                      {"messages", kMessages[static_cast<std::size_t>(zone.messages)]},
                      {"devices", kDevices[static_cast<std::size_t>(zone.devices)]},
                      {"disabled", record.disabled}};
  if (!record.deleting) return answer;
  const auto left = call.services.apps.left_in(zone.app, zone.id);
  // It may have gone in this moment.
  if (!left) return fail(of_directory(left.error(), "zone"));
  answer["deleting"] = true;
  answer["left"] = json::object{{"members", left->members}, {"rooms", left->rooms}};
  return answer;
}

ApiResult<ports::ZoneRecord> record_of(const Call& call) {
  auto record = call.services.apps.zone_record(call.app.id, call.args.text("zone"));
  if (!record) return fail(of_directory(record.error(), "zone"));
  return std::move(*record);
}

Answer set_zone_disabled(Call& call, bool disabled) {
  const auto record = record_of(call);
  if (!record) return fail(record.error());
  const auto changed = call.services.apps.disable_zone(call.app.id, record->zone.id, disabled);
  if (!changed) return fail(of_directory(changed.error(), "zone"));
  if (!call.services.live.close_zones({record->zone.id}, disabled)) return refuse(ErrorCode::unavailable);
  return shown(call, *changed);
}

}  // namespace

ApiResult<ports::Zone> open_zone(const Call& call) {
  auto record = record_of(call);
  if (!record) return fail(record.error());
  if (record->disabled || call.app.disabled) return refuse(ErrorCode::not_found, "zone", "zone");
  return std::move(record->zone);
}

ApiResult<ports::Member> member_in(const Call& call, const ports::Zone& zone) {
  auto member = call.services.directory.member(zone.id, MemberId{call.args.number("member")});
  if (!member) return fail(of_directory(member.error(), "member"));
  return std::move(*member);
}

std::uint32_t page_limit(const Call& call) {
  const std::uint32_t most = call.services.limits.page_entries_max;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(call.args.number("limit", most), most));
}

std::int64_t until_ms(const Call& call, std::int64_t otherwise) {
  if (!call.args.has("for_ms")) return otherwise;
  return call.services.clock.wall_ms() + static_cast<std::int64_t>(call.args.number("for_ms"));
}

Answer create_zone(Call& call) {
  ports::Zone wanted;
  wanted.app = call.app.id;
  wanted.zone_name = call.args.text("zone");
  wanted.friends = chosen(call, "friends", kFriends, wanted.friends);
  wanted.messages = chosen(call, "messages", kMessages, wanted.messages);
  wanted.devices = chosen(call, "devices", kDevices, wanted.devices);
  const auto record = call.services.apps.create_zone(wanted, call.services.limits.zones_per_app_max);
  if (!record) return fail(of_directory(record.error(), "zone"));
  call.services.events.desk.zones_changed();
  return shown(call, *record);
}

Answer list_zones(Call& call) {
  const auto limit = page_limit(call);
  const auto zones = call.services.apps.zones(call.app.id, ZoneId{call.args.number("after")}, limit);
  if (!zones) return fail(of_directory(zones.error()));
  json::array list;
  for (const auto& record : *zones) {
    if (auto one = shown(call, record)) list.emplace_back(std::move(*one));
  }
  json::object answer{{"zones", std::move(list)}};
  add_next(answer, zones->size(), limit, zones->empty() ? ZoneId{} : zones->back().zone.id);
  return answer;
}

Answer show_zone(Call& call) {
  const auto record = record_of(call);
  if (!record) return fail(record.error());
  return shown(call, *record);
}

Answer rename_zone(Call& call) {
  const auto record = record_of(call);
  if (!record) return fail(record.error());
  const auto changed = call.services.apps.rename_zone(call.app.id, record->zone.id, call.args.text("name"));
  if (!changed) return fail(of_directory(changed.error(), "name"));
  call.services.events.desk.zones_changed();
  return shown(call, *changed);
}

Answer delete_zone(Call& call) {
  const auto record = record_of(call);
  if (!record) return fail(record.error());
  // Before anything of it is removed nobody is in any more.
  if (!call.services.live.close_zones({record->zone.id}, true)) return refuse(ErrorCode::unavailable);
  const auto changed = call.services.apps.delete_zone(call.app.id, record->zone.id);
  if (!changed) {
    if (!record->disabled) static_cast<void>(call.services.live.close_zones({record->zone.id}, false));
    return fail(of_directory(changed.error(), "zone"));
  }
  auto answer = shown(call, *changed);
  call.services.live.erase();
  return answer;
}

Answer disable_zone(Call& call) { return set_zone_disabled(call, true); }
Answer enable_zone(Call& call) { return set_zone_disabled(call, false); }

}  // namespace plaza::backend
