// Rooms: as the app's server, which is in none and may change all.
#include "backend/call.h"
#include "login/name_rules.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 3> kRoles{"member", "admin", "owner"};

json::object shown(const ports::Room& room) {
  return {{"room", room.id.value},
          {"name", room.name},
          {"description", room.description},
          {"owner", room.owner.value},
          {"members", room.members}};
}

json::array shown(const std::vector<ports::RoomMember>& members) {
  json::array list;
  for (const auto& member : members) {
    list.emplace_back(json::object{{"member", member.id.value},
                                   {"nickname", member.name},
                                   {"role", kRoles[static_cast<std::size_t>(member.role)]}});
  }
  return list;
}

/// `field`: the parameter that a refusal is about.
Answer answer_of(const std::optional<RoomOutcome>& outcome, std::string_view field) {
  if (!outcome) return refuse(ErrorCode::unavailable);
  if (!*outcome) {
    if (outcome->error().code == ports::DirectoryCode::forbidden)
      return refuse(ErrorCode::conflict, "that cannot be done to the owner of the room", std::string(field));
    return fail(of_directory(outcome->error(), field));
  }
  return shown((*outcome)->room);
}

RoomId room_id(const Call& call) { return RoomId{call.args.number("room")}; }

/// The change of one member, whom it names by "member".
template <class Change>
Answer change_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto room = call.services.directory.room(zone->id, room_id(call));
  if (!room) return fail(of_directory(room.error(), "room"));
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  return answer_of(call.services.live.change_room(zone->id, room->id, Change{member->id}), "member");
}

}  // namespace

Answer create_room(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto owner = call.services.directory.member(zone->id, MemberId{call.args.number("owner")});
  if (!owner) return fail(of_directory(owner.error(), "owner"));
  const auto name = login::check_name(call.args.text("name"));
  if (!name) return refuse(ErrorCode::bad_request, name.error().detail, "name", name.error().allowed);
  const std::string description = call.args.text("description");
  if (description.size() > call.services.limits.description_bytes_max) {
    return refuse(ErrorCode::bad_request, {}, "description",
                  "at most " + std::to_string(call.services.limits.description_bytes_max) + " bytes");
  }
  const ports::NewRoom wanted{
      .name = name->display, .name_key = name->key, .description = description, .avatar = {}, .settings = {}};
  return answer_of(call.services.live.create_room(zone->id, owner->id, wanted), "name");
}

Answer show_room(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto room = call.services.directory.room(zone->id, room_id(call));
  if (!room) return fail(of_directory(room.error(), "room"));
  const auto limit = page_limit(call);
  const auto page = call.services.directory.members(zone->id, room->id, MemberId{call.args.number("after")},
                                                    limit);
  if (!page) return fail(of_directory(page.error(), "room"));
  json::object out = shown(*room);
  out["list"] = shown(page->members);
  if (page->more && !page->members.empty()) out["next"] = page->members.back().id.value;
  return out;
}

Answer find_room(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto name = login::check_name(call.args.text("name"));
  if (!name) return refuse(ErrorCode::not_found, "room", "name");
  const auto room = call.services.directory.room_by_name(zone->id, name->key);
  if (!room) return fail(of_directory(room.error(), "name"));
  return shown(*room);
}

Answer add_room_member(Call& call) { return change_member<ports::change::Add>(call); }
Answer remove_room_member(Call& call) { return change_member<ports::change::Kick>(call); }

}  // namespace plaza::backend
