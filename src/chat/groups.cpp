#include "chat/groups.h"

#include <algorithm>

#include "chat/hub.h"
#include "chat/notices.h"
#include "chat/reply_size.h"
#include "login/name_rules.h"

namespace plaza::chat {

using ports::DirectoryResult;
using ports::Executor;
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

RoomId nothing_first(ports::Directory& /*directory*/, ZoneId /*zone*/, MemberId /*me*/) { return {}; }
}  // namespace

bool is_in(const ports::RoomWithMembers& room, MemberId member) {
  return std::any_of(room.members.begin(), room.members.end(),
                     [member](const ports::RoomMember& other) { return other.id == member; });
}

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
                     .role = shown(members[i].role),
                     .online = online[i] != 0});
  }
  return users;
}

/// A change on its way: what the callbacks of both databases share until it is answered.
template <class Job, class Finish>
struct Groups::Run {
  MemberId me;
  ZoneId zone;
  Job job;
  Finish finish;
};

template <class Find, class Job, class Refused, class Done>
Verdict Groups::change(Session& session, const Asked& asked, Change kind, Find find, Job job, Refused refused,
                       Done done) {
  // Runs on the session's shard when the change is in force, or was refused.
  auto finish = [this, id = session.id, login = session.login, asked, refused = std::move(refused),
                 done = std::move(done)](const DirectoryResult<RoomPtr>& room, bool listed) mutable {
    Session* still = state_.session(id, login);
    if (!still) return;
    if (!room) {
      refused(*still, room.error());
    } else if (!listed) {
      refuse(*still, asked, storage_unavailable());
    } else {
      done(*still, **room);
    }
    still->out->resume(Resume::next);
  };
  using ThisRun = Run<Job, decltype(finish)>;
  auto run = std::make_shared<ThisRun>(session.member->who.id, session.zone, std::move(job),
                                       std::move(finish));
  const bool started = state_.node.executor.blocking([this, kind, run, find = std::move(find)]() mutable {
    Node& node = state_.node;
    const RoomId listed_first = find(node.directory, run->zone, run->me);
    if (!listed_first) return carry_out(kind, run);
    // In the member's list before it is in the room: were it the other way round, a store that is away would leave a member
    // whose list lacks the room, or a membership that others have seen would have to be taken back.
    node.store.follow(run->me, StreamId::room(listed_first), [this, kind, run](auto marked) {
      Executor& executor = state_.node.executor;
      if (marked && executor.blocking([this, kind, run] { carry_out(kind, run); })) return;
      executor.post(state_.shard, [run] { run->finish(RoomPtr{}, false); });
    });
  });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

/// Where it may block.
template <class RunPtr>
void Groups::carry_out(Change kind, RunPtr run) {
  Node& node = state_.node;
  DirectoryResult<RoomWithMembers> result = run->job(node.directory, run->zone, run->me);
  if (!result) {
    return node.executor.post(state_.shard, [run, error = std::move(result.error())]() mutable {
      run->finish(fail(std::move(error)), false);
    });
  }
  const RoomPtr room = std::make_shared<const RoomWithMembers>(std::move(*result));
  const StreamId stream = StreamId::room(room->room.id);
  auto in_force = [this, room, run](bool listed) {
    on_shards_then(
        state_.node, state_.shard, all_shards(state_.node),
        [id = room->room.id](Hub& hub) { hub.state().rooms.invalidate(id); },
        [room, run, listed] { run->finish(room, listed); });
  };
  switch (kind) {
    case Change::joins: return in_force(true);
    case Change::leaves:
      // Also when the store cannot say so now: whoever lists conversations leaves out rooms that the member is not in.
      return node.store.unfollow(run->me, stream, [in_force](auto) { in_force(true); });
    case Change::creates:
      // Nobody else knows the room yet: when the store is away it is taken back, for what is refused has changed nothing.
      return node.store.follow(run->me, stream, [&node, run, room, in_force](auto marked) {
        if (marked) return in_force(true);
        const bool started = node.executor.blocking([&node, run, room, in_force] {
          static_cast<void>(node.directory.leave_room(run->zone, run->me, room->room.id));
          in_force(false);
        });
        if (!started) in_force(false);  // the room is there, and the answer says that this is unknown
      });
  }
}

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
  if (wanted.groupdesc.size() > state_.limits.room_description_bytes_max) {
    return refuse(
        session, asked,
        {.error = Errno::create_group_failed,
         .field = "groupdesc",
         .allowed = "at most " + std::to_string(state_.limits.room_description_bytes_max) + " bytes"});
  }
  return change(
      session, asked, Change::creates, nothing_first,
      [display = name->display, key = name->key, text = std::string(wanted.groupdesc)](
          ports::Directory& directory, ZoneId zone, MemberId me) -> DirectoryResult<RoomWithMembers> {
        auto room = directory.create_room(zone, me, display, key, text);
        if (!room) return fail(room.error());
        return RoomWithMembers{std::move(*room), {}};
      },
      [asked](Session& s, const ports::DirectoryError& error) {
        Refusal why = refusal_of(error, Errno::create_group_failed, Errno::create_group_failed);
        if (error.code == ports::DirectoryCode::name_taken) why.field = "groupname";
        refuse(s, asked, std::move(why));
      },
      [this, asked](Session& s, const RoomWithMembers& created) {
        answer(s, asked.rid,
               protocol::CreateGroupAck{.groupid = created.room.id,
                                        .groupname = created.room.name,
                                        .groupdesc = created.room.description});
        tell_members(created, GroupEventKind::joined, s);
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
  return change(
      session, asked, Change::joins,
      [id = wanted.groupid, key](ports::Directory& directory, ZoneId zone, MemberId me) {
        RoomId room = id.value_or(RoomId{});
        if (!id) {
          const auto named = directory.room_by_name(zone, key);
          if (named) room = named->id;
        }
        // Only where the join below can succeed: what it refuses changes no list.
        const auto found = directory.room(zone, room);
        return found && !is_in(*found, me) ? room : RoomId{};
      },
      [id = wanted.groupid, key](ports::Directory& directory, ZoneId zone,
                                 MemberId me) -> DirectoryResult<RoomWithMembers> {
        RoomId room = id.value_or(RoomId{});
        if (!id) {
          const auto found = directory.room_by_name(zone, key);
          if (!found) return fail(found.error());
          room = found->id;
        }
        return directory.join_room(zone, me, room);
      },
      [asked, field = wanted.groupid ? "groupid" : "groupname"](Session& s,
                                                                const ports::DirectoryError& error) {
        Refusal why = refusal_of(error, Errno::add_group_failed, Errno::add_group_failed);
        if (error.code == ports::DirectoryCode::not_found) why.message = "no such group";
        if (error.code == ports::DirectoryCode::limit) why.error = Errno::add_group_failed;
        why.field = field;
        refuse(s, asked, std::move(why));
      },
      [this, asked](Session& s, const RoomWithMembers& room) { joined(s, asked, room); });
}

void Groups::joined(Session& session, const Asked& asked, const RoomWithMembers& room) {
  protocol::AddGroupAck ack;
  ack.groupid = room.room.id;
  ack.groupname = room.room.name;
  ack.groupdesc = room.room.description;
  std::vector<ports::RoomMember> listed = room.members;
  if (listed.size() > kJoinUsersMax) listed.resize(kJoinUsersMax);
  ack.users = user_entries(state_.node.presence, listed);
  answer(session, asked.rid, ack);
  tell_members(room, GroupEventKind::joined, session);
}

Verdict Groups::leave(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::LeaveGroup>(request);
  const Asked asked = Asked::from(request);
  // Set by the job when the refusal is that the member is not in the room (the directory says conflict to that too).
  auto stranger = std::make_shared<bool>(false);
  return change(
      session, asked, Change::leaves, nothing_first,
      [id = wanted.groupid, stranger](ports::Directory& directory, ZoneId zone, MemberId me) {
        auto result = directory.leave_room(zone, me, id);
        if (!result && result.error().code == ports::DirectoryCode::conflict) {
          const auto room = directory.room(zone, id);
          *stranger = room && !is_in(*room, me);
        }
        return result;
      },
      [asked, stranger](Session& s, const ports::DirectoryError& error) {
        Refusal why = refusal_of(error, Errno::no_such_group,
                                 *stranger ? Errno::not_in_group : Errno::conflict);
        why.field = "groupid";
        refuse(s, asked, std::move(why));
      },
      [this, asked](Session& s, const RoomWithMembers& room) {
        ok(s, asked);
        tell_members(room, GroupEventKind::left, s);
      });
}

/// The member's own other sessions always, the other members unless there are too many.
void Groups::tell_members(const RoomWithMembers& room, GroupEventKind event, const Session& who) {
  std::string frame;
  protocol::encode(frame, protocol::GroupEventPush{.event = event,
                                                   .groupid = room.room.id,
                                                   .groupname = room.room.name,
                                                   .id = who.member->who.id,
                                                   .name = who.member->who.nickname});
  Notices notices(state_);
  notices.tell(who.member->who.id, frame, who.id);
  if (room.members.size() > kEventRoomMembersMax) return;
  for (const auto& member : room.members) {
    if (member.id != who.member->who.id) notices.tell(member.id, frame);
  }
}

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
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, room = wanted.groupid] { return directory.room(zone, room); },
      [this, asked, after = wanted.after_id, limit = std::min(wanted.limit, state_.limits.list_entries_max)](
          Session& s, DirectoryResult<RoomWithMembers> room) {
        if (!room)
          return refuse(s, asked, refusal_of(room.error(), Errno::no_such_group, Errno::conflict, "groupid"));
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
  std::size_t described = 0;
  for (const Room& room : rooms) {
    described += json_bytes(room.description);
    entries.push_back({.id = room.id,
                       .groupname = room.name,
                       .groupdesc = described <= kDescriptionsBytesMax ? room.description : std::string(),
                       .members = room.members,
                       .role = shown(room.role)});
  }
  return entries;
}

}  // namespace plaza::chat
