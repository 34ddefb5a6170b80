#include "chat/groups.h"

#include <algorithm>

#include "chat/hub.h"
#include "chat/notices.h"
#include "chat/reply_size.h"
#include "login/name_rules.h"

namespace plaza::chat {

using ports::DirectoryResult;
using ports::Room;
using ports::RoomWithMembers;
using ports::StreamId;
using protocol::Errno;
using protocol::GroupEventKind;

namespace {
// Larger rooms are not told of each one who comes and goes: they look at the member list.
constexpr std::size_t kEventRoomMembersMax = 200;
// Users listed in the answer to a join; the rest comes by GROUP_MEMBERS.
constexpr std::size_t kJoinUsersMax = 500;
// Descriptions in one list, all together; beyond it rooms are listed without theirs (FIND and joining tell it).
constexpr std::size_t kDescriptionsBytesMax = 64 * 1024;
}  // namespace

protocol::Role shown(ports::RoomRole role) {
  switch (role) {
    case ports::RoomRole::member: return protocol::Role::member;
    case ports::RoomRole::admin: return protocol::Role::admin;
    case ports::RoomRole::owner: return protocol::Role::owner;
  }
  return protocol::Role::member;
}

std::vector<protocol::UserEntry> user_entries(const ports::Presence& presence, const std::vector<ports::RoomMember>& members) {
  std::vector<MemberId> ids;
  ids.reserve(members.size());
  for (const auto& member : members) ids.push_back(member.id);
  const std::vector<std::uint8_t> online = presence.online(ids);
  std::vector<protocol::UserEntry> users;
  users.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    users.push_back({.id = members[i].id, .name = members[i].name, .role = shown(members[i].role), .online = online[i] != 0});
  }
  return users;
}

Verdict Groups::create(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::CreateGroup>(request);
  const Asked asked = Asked::from(request);
  if (wanted.id && *wanted.id != session.member->who.id) {
    return refuse(session, asked, {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  const auto name = login::check_name(wanted.groupname);
  if (!name) {
    return refuse(session, asked,
                  {.error = Errno::create_group_failed,
                   .message = "the name of the group: " + name.error().detail,
                   .field = "groupname",
                   .allowed = name.error().allowed});
  }
  if (wanted.groupdesc.size() > state_.limits.room_description_bytes_max) {
    return refuse(session, asked,
                  {.error = Errno::create_group_failed,
                   .field = "groupdesc",
                   .allowed = "at most " + std::to_string(state_.limits.room_description_bytes_max) + " bytes"});
  }
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id, display = name->display, key = name->key,
       text = std::string(wanted.groupdesc)] { return directory.create_room(zone, me, display, key, text); },
      [this, asked](Session& s, DirectoryResult<Room> room) {
        if (!room) {
          Refusal why = refusal_of(room.error(), Errno::create_group_failed, Errno::create_group_failed);
          if (room.error().code == ports::DirectoryCode::name_taken) why.field = "groupname";
          return refuse(s, asked, std::move(why));
        }
        follow_then(s, room->id, [asked, created = *room](Session& still, bool followed) {
          if (!followed) return static_cast<void>(refuse(still, asked, storage_unavailable()));
          answer(still, asked.rid,
                 protocol::CreateGroupAck{.groupid = created.id, .groupname = created.name, .groupdesc = created.description});
        });
        return Verdict::wait;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict Groups::join(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::AddGroup>(request);
  const Asked asked = Asked::from(request);
  if (wanted.id && *wanted.id != session.member->who.id) {
    return refuse(session, asked, {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  std::string key;
  if (wanted.groupname) {
    const auto name = login::check_name(*wanted.groupname);
    if (!name) return refuse(session, asked, {.error = Errno::add_group_failed, .message = "no such group", .field = "groupname"});
    key = name->key;
  }
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id, id = wanted.groupid,
       key]() -> DirectoryResult<RoomWithMembers> {
        RoomId room = id.value_or(RoomId{});
        if (!id) {
          const auto found = directory.room_by_name(zone, key);
          if (!found) return fail(found.error());
          room = found->id;
        }
        return directory.join_room(zone, me, room);
      },
      [this, asked](Session& s, DirectoryResult<RoomWithMembers> result) { return joined(s, asked, std::move(result)); });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict Groups::joined(Session& session, const Asked& asked, DirectoryResult<RoomWithMembers> result) {
  if (!result) {
    Refusal why = refusal_of(result.error(), Errno::add_group_failed, Errno::add_group_failed);
    if (result.error().code == ports::DirectoryCode::not_found) why.message = "no such group";
    if (result.error().code == ports::DirectoryCode::limit) why.error = Errno::add_group_failed;
    why.field = "groupid";
    return refuse(session, asked, std::move(why));
  }
  auto room = std::make_shared<const RoomWithMembers>(std::move(*result));
  follow_then(session, room->room.id, [this, asked, room](Session& still, bool followed) {
    if (!followed) return static_cast<void>(refuse(still, asked, storage_unavailable()));
    protocol::AddGroupAck ack;
    ack.groupid = room->room.id;
    ack.groupname = room->room.name;
    ack.groupdesc = room->room.description;
    std::vector<ports::RoomMember> listed = room->members;
    if (listed.size() > kJoinUsersMax) listed.resize(kJoinUsersMax);
    ack.users = user_entries(state_.node.presence, listed);
    answer(still, asked.rid, ack);
    tell_members(*room, GroupEventKind::joined, still);
  });
  return Verdict::wait;
}

/// The room enters the member's conversations, every shard forgets its old view, then `then` runs here and the session goes
/// on.
void Groups::follow_then(Session& session, RoomId room, std::move_only_function<void(Session&, bool)> then) {
  state_.node.store.follow(
      session.member->who.id, StreamId::room(room),
      state_.answer<ports::Marked>(
          session, [this, room, then = std::move(then)](Session& s, Result<ports::Marked, ports::StoreError> followed) mutable {
            on_shards_then(
                state_.node, state_.shard, all_shards(state_.node), [room](Hub& hub) { hub.state().rooms.invalidate(room); },
                [this, id = s.id, followed = followed.has_value(), then = std::move(then)]() mutable {
                  Session* still = state_.session(id);
                  if (!still) return;
                  then(*still, followed);
                  still->out->resume(Resume::next);
                });
            return Verdict::wait;
          }));
}

Verdict Groups::leave(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::LeaveGroup>(request);
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id, room = wanted.groupid] {
        return directory.leave_room(zone, me, room);
      },
      [this, asked](Session& s, DirectoryResult<RoomWithMembers> result) {
        if (!result) {
          const bool owner = result.error().code == ports::DirectoryCode::conflict;
          Refusal why = refusal_of(result.error(), Errno::no_such_group, owner ? Errno::conflict : Errno::not_in_group);
          why.field = "groupid";
          return refuse(s, asked, std::move(why));
        }
        auto room = std::make_shared<const RoomWithMembers>(std::move(*result));
        const RoomId id = room->room.id;
        state_.node.store.unfollow(s.member->who.id, StreamId::room(id), [](auto) {});
        on_shards_then(
            state_.node, state_.shard, all_shards(state_.node), [id](Hub& hub) { hub.state().rooms.invalidate(id); },
            [this, asked, room, session_id = s.id] {
              Session* still = state_.session(session_id);
              if (!still) return;
              ok(*still, asked);
              tell_members(*room, GroupEventKind::left, *still);
              still->out->resume(Resume::next);
            });
        return Verdict::wait;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

void Groups::tell_members(const RoomWithMembers& room, GroupEventKind event, const Session& who) {
  if (room.members.size() > kEventRoomMembersMax) return;
  std::string frame;
  protocol::encode(frame, protocol::GroupEventPush{.event = event,
                                                   .groupid = room.room.id,
                                                   .id = who.member->who.id,
                                                   .name = who.member->who.nickname});
  Notices notices(state_);
  for (const auto& member : room.members) {
    if (member.id != who.member->who.id) notices.tell(member.id, frame);
  }
}

Verdict Groups::list(Session& session, const protocol::Request& request) {
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session, [&directory, zone = session.zone, me = session.member->who.id] { return directory.rooms_of(zone, me); },
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
  const bool started = state_.await(
      session, [&directory, zone = session.zone, room = wanted.groupid] { return directory.room(zone, room); },
      [this, asked, after = wanted.after_id, limit = std::min(wanted.limit, state_.limits.list_entries_max)](
          Session& s, DirectoryResult<RoomWithMembers> room) {
        if (!room) return refuse(s, asked, refusal_of(room.error(), Errno::no_such_group, Errno::conflict));
        const auto& all = room->members;
        const auto by_id = [](const ports::RoomMember& member, MemberId id) { return member.id < id; };
        const auto me = std::lower_bound(all.begin(), all.end(), s.member->who.id, by_id);
        if (me == all.end() || me->id != s.member->who.id) {
          return refuse(s, asked, {.error = Errno::not_in_group, .field = "groupid"});
        }
        auto from = std::lower_bound(all.begin(), all.end(), MemberId{after.value + 1}, by_id);
        const auto count = std::min<std::ptrdiff_t>(limit, all.end() - from);
        protocol::GroupMembersAck ack;
        ack.groupid = room->room.id;
        ack.users = user_entries(state_.node.presence, {from, from + count});
        ack.more = from + count != all.end();
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

std::vector<protocol::GroupEntry> group_entries(const std::vector<Room>& rooms) {
  std::vector<protocol::GroupEntry> entries;
  entries.reserve(rooms.size());
  for (const Room& room : rooms) {
    entries.push_back({.id = room.id,
                       .groupname = room.name,
                       .groupdesc = described <= kDescriptionsBytesMax ? room.description : std::string(),
                       .members = room.members,
                       .role = shown(room.role)});
  }
  return entries;
}

}  // namespace plaza::chat
  std::size_t described = 0;
    described += json_bytes(room.description);
