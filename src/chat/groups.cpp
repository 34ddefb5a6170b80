#include "chat/groups.h"

#include <algorithm>
#include <variant>

#include "chat/group_words.h"
#include "chat/hub.h"
#include "chat/notices.h"
#include "chat/reply_size.h"
#include "login/name_rules.h"

namespace plaza::chat {

using ports::DirectoryResult;
using ports::Room;
using ports::RoomChanged;
using protocol::Errno;
using protocol::GroupEventKind;

namespace {
// Larger rooms are not told of each one who comes and goes but by its event: they look at the member list.
constexpr std::size_t kEventRoomMembersMax = 200;
// Of a room with more members the answer to a join lists none: they come by GROUP_MEMBERS.
constexpr std::uint32_t kJoinUsersMax = 500;
}  // namespace

protocol::Role shown(ports::RoomRole role) {
  switch (role) {
    case ports::RoomRole::member: return protocol::Role::member;
    case ports::RoomRole::admin: return protocol::Role::admin;
    case ports::RoomRole::owner: return protocol::Role::owner;
  }
  return protocol::Role::member;
}

std::vector<protocol::UserEntry> user_entries(const ports::Presence& presence,
                                              const std::vector<ports::RoomMember>& members) {
  std::vector<MemberId> ids;
  ids.reserve(members.size());
  for (const auto& member : members) ids.push_back(member.id);
  const std::vector<std::uint8_t> online = presence.online(ids);
  std::vector<protocol::UserEntry> users;
  users.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    users.push_back({.id = members[i].id,
                     .name = members[i].name,
                     .avatar = members[i].avatar,
                     .role = shown(members[i].role),
                     .online = online[i] != 0,
                     .muted_until_ms = members[i].muted_until_ms});
  }
  return users;
}

// Creating, joining, leaving --------------------------------------------------------------------------------------------

Verdict Groups::create(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::CreateGroup>(request);
  const Asked asked = Asked::from(request);
  if (wanted.id && *wanted.id != session.member->who.id) {
    return refuse(session, asked,
                  {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  const auto name = login::check_name(wanted.groupname);
  if (!name) {
    return refuse(session, asked,
                  {.error = Errno::create_group_failed,
                   .message = "the name of the group: " + name.error().detail,
                   .field = "groupname",
                   .allowed = name.error().allowed});
  }
  if (auto why = check_description(wanted.groupdesc, state_.limits, Errno::create_group_failed))
    return refuse(session, asked, std::move(*why));
  ports::change::Set set;
  if (auto why = read_settings(wanted.settings, set)) return refuse(session, asked, std::move(*why));
  ports::NewRoom room{.name = name->display,
                      .name_key = name->key,
                      .description = std::string(wanted.groupdesc),
                      .avatar = set.avatar.value_or(""),
                      .settings = {}};
  room.settings.join = set.join.value_or(room.settings.join);
  room.settings.speak = set.speak.value_or(room.settings.speak);
  room.settings.members_max = set.members_max.value_or(0);
  room.settings.slow_mode_ms = set.slow_mode_ms.value_or(0);
  room.settings.history_visible = set.history_visible.value_or(true);
  return changing_.run(
      session, asked,
      [zone = session.zone, me = session.member->who.id, room = std::move(room), &clock = state_.node.clock](
          ports::Directory& directory) { return directory.create_room(zone, me, me, room, clock.wall_ms()); },
      [asked](Session& s, const ports::DirectoryError& error) {
        Refusal why = refusal_of_change(error, Errno::create_group_failed);
        if (error.code == ports::DirectoryCode::name_taken) {
          why.error = Errno::create_group_failed;
          why.field = "groupname";
        }
        refuse(s, asked, std::move(why));
      },
      [this, asked](Session& s, const RoomChanged& created) {
        answer(s, asked.rid,
               protocol::CreateGroupAck{.groupid = created.room.id,
                                        .groupname = created.room.name,
                                        .groupdesc = created.room.description});
        tell(created, GroupEventKind::joined, s);
      });
}

Verdict Groups::join(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::AddGroup>(request);
  const Asked asked = Asked::from(request);
  if (wanted.id && *wanted.id != session.member->who.id) {
    return refuse(session, asked,
                  {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  std::string key;
  if (wanted.groupname) {
    const auto name = login::check_name(*wanted.groupname);
    if (!name)
      return refuse(session, asked,
                    {.error = Errno::add_group_failed, .message = "no such group", .field = "groupname"});
    key = name->key;
  }
  const ZoneId zone = session.zone;
  const MemberId me = session.member->who.id;
  const auto room_of = [id = wanted.groupid, key, zone](ports::Directory& directory) {
    return id ? directory.room(zone, *id) : directory.room_by_name(zone, key);
  };
  auto listed = std::make_shared<std::vector<ports::RoomMember>>();
  return changing_.run(
      session, asked,
      [room_of, zone, me, listed,
       &clock = state_.node.clock](ports::Directory& directory) -> DirectoryResult<RoomChanged> {
        const auto room = room_of(directory);
        if (!room) return fail(room.error());
        auto joined = directory.change(zone, me, room->id, ports::change::Join{}, clock.wall_ms());
        if (!joined || joined->waits || joined->room.members > kJoinUsersMax) return joined;
        if (auto page = directory.members(zone, room->id, {}, kJoinUsersMax))
          *listed = std::move(page->members);
        return joined;
      },
      [asked, field = wanted.groupid ? "groupid" : "groupname"](Session& s,
                                                                const ports::DirectoryError& error) {
        Refusal why = refusal_of_change(error, Errno::add_group_failed);
        if (error.code == ports::DirectoryCode::not_found)
          why = {.error = Errno::add_group_failed, .message = "no such group"};
        if (error.code == ports::DirectoryCode::limit) why.error = Errno::add_group_failed;
        why.field = field;
        refuse(s, asked, std::move(why));
      },
      [this, asked, listed](Session& s, const RoomChanged& joined) {
        this->joined(s, asked, joined, *listed);
      },
      // Only where the join can succeed at once: what is refused changes no list.
      [room_of, zone, me](ports::Directory& directory) {
        const auto room = room_of(directory);
        if (!room || room->settings.join != ports::RoomJoinPolicy::open) return RoomId{};
        const auto standing = directory.standing(zone, room->id, me);
        return standing && !standing->joined ? room->id : RoomId{};
      });
}

void Groups::joined(Session& session, const Asked& asked, const RoomChanged& joined,
                    const std::vector<ports::RoomMember>& listed) {
  if (joined.waits) {
    refuse(session, asked, {.error = Errno::join_requested});
    return tell_answerers(joined, session);
  }
  protocol::AddGroupAck ack;
  ack.groupid = joined.room.id;
  ack.groupname = joined.room.name;
  ack.groupdesc = joined.room.description;
  ack.users = user_entries(state_.node.presence, listed);
  ack.large = state_.node.hubs[state_.shard]->large_rooms().joined(joined);
  answer(session, asked.rid, ack);
  tell(joined, GroupEventKind::joined, session);
}

Verdict Groups::leave(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::LeaveGroup>(request);
  const Asked asked = Asked::from(request);
  return changing_.run(
      session, asked, changing_.changing(session, wanted.groupid, ports::change::Leave{}),
      [asked](Session& s, const ports::DirectoryError& error) {
        refuse(s, asked, refusal_of_change(error, Errno::conflict, "groupid"));
      },
      [this, asked](Session& s, const RoomChanged& left) {
        ok(s, asked);
        tell(left, GroupEventKind::left, s);
      });
}

// Who is told -----------------------------------------------------------------------------------------------------------

namespace {
std::string frame_of(const RoomChanged& changed, GroupEventKind event, MemberId id, const std::string& name,
                     std::optional<protocol::LargeGroup> large = {}) {
  std::string frame;
  protocol::encode(frame, protocol::GroupEventPush{.event = event,
                                                   .groupid = changed.room.id,
                                                   .groupname = changed.room.name,
                                                   .id = id,
                                                   .name = name,
                                                   .large = large});
  return frame;
}

/// To one who has joined a large room, by the shard that pushes to this member: it knows what was pushed already. Who misses this
/// would take what is pushed for nothing of its own, so a session that is too slow is told the head.
void tell_joined(Node& node, const RoomChanged& joined, SessionId except) {
  const std::uint32_t home = home_shard(joined.member, node.executor.shards());
  node.executor.post(home, [hub = node.hubs[home], joined, except] {
    LargeRooms& rooms = hub->large_rooms();
    const auto large = rooms.joined(joined);
    Notices::deliver(hub->state(), joined.member,
                     frame_of(joined, GroupEventKind::joined, joined.member, joined.member_name, large),
                     except, [&](Session& missed) { rooms.missed_the_news(missed, joined.room.id); });
  });
}

/// That a large room is no more: to those who are there, since nobody has the list of all its members.
void tell_followers(Node& node, RoomId room, const std::string& frame, SessionId except) {
  for (std::uint32_t shard = 0; shard < node.executor.shards(); ++shard) {
    node.executor.post(shard, [hub = node.hubs[shard], room, frame, except] {
      hub->large_rooms().dissolved(room, frame, except);
    });
  }
}
}  // namespace

/// The member whom it is about always, but for the session that asked; the other members unless there are too many.
void Groups::tell(const RoomChanged& changed, GroupEventKind event, const Doer& by) {
  if (!changed.member) return;
  const std::string frame = frame_of(changed, event, changed.member, changed.member_name);
  Notices notices(state_);
  if (event == GroupEventKind::joined && LargeRooms::followed(changed.room)) {
    tell_joined(state_.node, changed, by.session);
  } else {
    notices.tell(changed.member, frame, by.session);
  }
  if (changed.events.empty() || changed.events.back().fanout.size() > kEventRoomMembersMax) return;
  for (const MemberId member : changed.events.back().fanout) {
    if (member != changed.member) notices.tell(member, frame, by.session);
  }
}

void Groups::tell_only(const RoomChanged& changed, GroupEventKind event, const Doer& by) {
  Notices(state_).tell(changed.member, frame_of(changed, event, by.id, by.name), by.session);
}

void Groups::tell_answerers(const RoomChanged& changed, const Session& who) {
  const std::string frame = frame_of(changed, GroupEventKind::requested, who.member->who.id,
                                     who.member->who.nickname);
  for (const MemberId member : changed.answerers) Notices(state_).tell(member, frame);
}

void Groups::tell_all(const RoomChanged& changed, GroupEventKind event, const Doer& by) {
  const std::string frame = frame_of(changed, event, by.id, by.name);
  for (const MemberId member : changed.events.back().fanout) Notices(state_).tell(member, frame, by.session);
  if (changed.events.back().stream_only) tell_followers(state_.node, changed.room.id, frame, by.session);
}

// Lists -----------------------------------------------------------------------------------------------------------------

Verdict Groups::list(Session& session, const protocol::Request& request) {
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id] { return directory.rooms_of(zone, me); },
      [asked](Session& s, DirectoryResult<std::vector<Room>> rooms) {
        if (!rooms) return refuse(s, asked, refusal_of(rooms.error(), Errno::no_such_group, Errno::conflict));
        protocol::GroupsAck ack;
        ack.groups = group_entries(*rooms);
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict Groups::members(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::GroupMembers>(request);
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const std::uint32_t limit = std::min(wanted.limit, state_.limits.list_entries_max);
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id, wanted,
       limit]() -> DirectoryResult<ports::RoomMemberPage> {
        if (auto why = not_in_room(directory, zone, wanted.groupid, me)) return fail(std::move(*why));
        return directory.members(zone, wanted.groupid, wanted.after_id, limit);
      },
      [this, asked, room = wanted.groupid](Session& s, DirectoryResult<ports::RoomMemberPage> page) {
        if (!page) return refuse(s, asked, refusal_of_change(page.error(), Errno::conflict, "groupid"));
        const std::int64_t now_ms = state_.node.clock.wall_ms();
        for (auto& member : page->members) {
          if (member.muted_until_ms <= now_ms) member.muted_until_ms = 0;
        }
        protocol::GroupMembersAck ack;
        ack.groupid = room;
        ack.users = user_entries(state_.node.presence, page->members);
        ack.more = page->more;
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

std::optional<ports::DirectoryError> not_in_room(ports::Directory& directory, ZoneId zone, RoomId room,
                                                 MemberId member) {
  const auto standing = directory.standing(zone, room, member);
  if (!standing) return standing.error();
  if (standing->joined) return std::nullopt;
  return ports::DirectoryError{.code = ports::DirectoryCode::not_member, .detail = "not in the room"};
}

std::vector<protocol::GroupEntry> group_entries(const std::vector<Room>& rooms) {
  std::vector<protocol::GroupEntry> entries;
  entries.reserve(rooms.size());
  std::size_t described = 0;
  for (const Room& room : rooms) {
    described += json_bytes(room.description);
    entries.push_back({.id = room.id,
                       .groupname = room.name,
                       .groupdesc = described <= kDescriptionsBytesMax ? room.description : std::string(),
                       .members = room.members,
                       .role = shown(room.role),
                       .large = {}});
  }
  return entries;
}

}  // namespace plaza::chat
