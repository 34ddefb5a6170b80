// Rooms: as the app's server, which is in none and may change all.
#include "backend/call.h"
#include "backend/rooms.h"
#include "login/name_rules.h"

namespace plaza::backend {

namespace json = boost::json;

namespace change = ports::change;

namespace {

constexpr std::array<std::string_view, 3> kJoin{"open", "approval", "invitation"};
constexpr std::array<std::string_view, 2> kSpeak{"everyone", "admins"};

json::array list_of(const std::vector<ports::RoomMember>& members, std::int64_t now_ms) {
  json::array list;
  for (const auto& member : members) {
    json::object one{
        {"member", member.id.value}, {"nickname", member.name}, {"role", word_of(kRoomRoles, member.role)}};
    if (member.muted_until_ms > now_ms) one["muted_until_ms"] = member.muted_until_ms;
    list.emplace_back(std::move(one));
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

/// Carries out what `make` gives for the room.
template <class Make>
Answer change_room(Call& call, std::string_view field, Make make) {
  const auto found = open_room(call);
  if (!found) return fail(found.error());
  return answer_of(call.services.live.change_room(found->zone.id, found->room.id, make()), field);
}

/// The change of one member, whom it names by "member", of another or of this room.
template <class Make>
Answer change_member(Call& call, Make make) {
  const auto found = open_room(call);
  if (!found) return fail(found.error());
  const auto member = member_in(call, found->zone);
  if (!member) return fail(member.error());
  return answer_of(call.services.live.change_room(found->zone.id, found->room.id, make(member->id)),
                   "member");
}
template <class Change>
Answer change_member(Call& call) {
  return change_member(call, [](MemberId member) { return Change{member}; });
}

ApiResult<void> check_description(const Call& call) {
  if (call.args.text("description").size() <= call.services.limits.description_bytes_max) return {};
  return refuse(ErrorCode::bad_request, {}, "description",
                "at most " + std::to_string(call.services.limits.description_bytes_max) + " bytes");
}

std::uint32_t u32(const Call& call, std::string_view name, std::uint32_t otherwise) {
  return static_cast<std::uint32_t>(call.args.number(name, otherwise));
}

}  // namespace

json::object shown(const ports::Room& room) {
  json::object out{{"room", room.id.value},
                   {"name", room.name},
                   {"description", room.description},
                   {"owner", room.owner.value},
                   {"members", room.members},
                   {"join", word_of(kJoin, room.settings.join)},
                   {"speak", word_of(kSpeak, room.settings.speak)},
                   {"members_max", room.settings.members_max},
                   {"slow_mode_ms", room.settings.slow_mode_ms},
                   {"history_visible", room.settings.history_visible},
                   {"muted_until_ms", room.muted_until_ms}};
  if (!room.avatar.empty()) out["avatar"] = room.avatar;
  return out;
}

ApiResult<OpenRoom> open_room(const Call& call) {
  auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  auto room = call.services.directory.room(zone->id, RoomId{call.args.number("room")});
  if (!room) return fail(of_directory(room.error(), "room"));
  return OpenRoom{.zone = std::move(*zone), .room = std::move(*room)};
}

Answer create_room(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto owner = call.services.directory.member(zone->id, MemberId{call.args.number("owner")});
  if (!owner) return fail(of_directory(owner.error(), "owner"));
  const auto name = login::check_name(call.args.text("name"));
  if (!name) return refuse(ErrorCode::bad_request, name.error().detail, "name", name.error().allowed);
  if (auto good = check_description(call); !good) return fail(good.error());
  ports::RoomSettings settings;
  settings.join = chosen(call, "join", kJoin, settings.join);
  settings.speak = chosen(call, "speak", kSpeak, settings.speak);
  settings.members_max = u32(call, "members_max", settings.members_max);
  settings.slow_mode_ms = u32(call, "slow_mode_ms", settings.slow_mode_ms);
  settings.history_visible = call.args.flag("history_visible").value_or(settings.history_visible);
  const ports::NewRoom wanted{.name = name->display,
                              .name_key = name->key,
                              .description = call.args.text("description"),
                              .avatar = call.args.text("avatar"),
                              .settings = settings};
  return answer_of(call.services.live.create_room(zone->id, owner->id, wanted), "name");
}

Answer set_room(Call& call) {
  const auto found = open_room(call);
  if (!found) return fail(found.error());
  const auto& args = call.args;
  change::Set set;
  if (args.has("name")) {
    const auto name = login::check_name(args.text("name"));
    if (!name) return refuse(ErrorCode::bad_request, name.error().detail, "name", name.error().allowed);
    set.name = name->display;
    set.name_key = name->key;
  }
  if (auto good = check_description(call); !good) return fail(good.error());
  if (args.has("description")) set.description = args.text("description");
  if (args.has("avatar")) set.avatar = args.text("avatar");
  if (args.has("join")) set.join = chosen(call, "join", kJoin, ports::RoomJoinPolicy::open);
  if (args.has("speak")) set.speak = chosen(call, "speak", kSpeak, ports::RoomSpeakPolicy::everyone);
  if (args.has("members_max")) set.members_max = u32(call, "members_max", 0);
  if (args.has("slow_mode_ms")) set.slow_mode_ms = u32(call, "slow_mode_ms", 0);
  set.history_visible = args.flag("history_visible");
  const auto outcome = call.services.live.change_room(found->zone.id, found->room.id, std::move(set));
  const bool by_name = outcome && !*outcome && outcome->error().code == ports::DirectoryCode::name_taken;
  return answer_of(outcome, by_name ? "name" : "");
}

Answer show_room(Call& call) {
  const auto found = open_room(call);
  if (!found) return fail(found.error());
  const auto page = call.services.directory.members(found->zone.id, found->room.id,
                                                    MemberId{call.args.number("after")}, page_limit(call));
  if (!page) return fail(of_directory(page.error(), "room"));
  json::object out = shown(found->room);
  out["list"] = list_of(page->members, call.services.clock.wall_ms());
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

Answer dissolve_room(Call& call) {
  return change_room(call, "room", [] { return change::Dissolve{}; });
}

// Who is in it, and how -----------------------------------------------------------------------------------------------

Answer add_room_member(Call& call) { return change_member<change::Add>(call); }
Answer remove_room_member(Call& call) { return change_member<change::Kick>(call); }
Answer make_room_admin(Call& call) { return change_member<change::MakeAdmin>(call); }
Answer remove_room_admin(Call& call) { return change_member<change::RemoveAdmin>(call); }
Answer transfer_room(Call& call) { return change_member<change::Transfer>(call); }
Answer unban_from_room(Call& call) { return change_member<change::Unban>(call); }
Answer invite_to_room(Call& call) { return change_member<change::Invite>(call); }
Answer approve_room_request(Call& call) { return change_member<change::Approve>(call); }
Answer refuse_room_request(Call& call) { return change_member<change::Refuse>(call); }

Answer ban_from_room(Call& call) {
  return change_member(
      call, [&](MemberId member) { return change::Ban{member, until_ms(call, ports::kForEverMs)}; });
}
Answer mute_in_room(Call& call) {
  return change_member(
      call, [&](MemberId member) { return change::Mute{member, until_ms(call, ports::kForEverMs)}; });
}
Answer unmute_in_room(Call& call) {
  return change_member(call, [](MemberId member) { return change::Mute{member, 0}; });
}
Answer mute_room(Call& call) {
  return change_room(call, "room", [&] { return change::MuteAll{until_ms(call, ports::kForEverMs)}; });
}
Answer unmute_room(Call& call) {
  return change_room(call, "room", [] { return change::MuteAll{0}; });
}

}  // namespace plaza::backend
