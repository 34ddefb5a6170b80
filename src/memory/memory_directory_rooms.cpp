// The rooms of MemoryDirectory: what a change does stands in rooms/room_changes.h.
#include <algorithm>

#include "memory/memory_directory.h"
#include "rooms/room_changes.h"

namespace plaza::memory {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;

namespace {
std::unexpected<DirectoryError> no_room() { return fail(DirectoryError{DirectoryCode::not_found, "room"}); }
}  // namespace

#define PLAZA_MEMORY_DIRECTORY_ENTER() \
  const std::lock_guard lock(mutex_);  \
  if (unavailable_) return fail(DirectoryError{DirectoryCode::unavailable, "switched off"})

DirectoryResult<ports::RoomChanged> MemoryDirectory::create_room(ZoneId zone, const ports::RoomActor& actor,
                                                                 MemberId owner, const ports::NewRoom& wanted,
                                                                 std::int64_t now_ms) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (auto full = over_quota_locked(zone, ports::Quota::rooms)) return fail(std::move(*full));
  return rooms::RoomChanges(rooms_, limits_.rooms, now_ms).create(zone, actor, owner, wanted);
}

DirectoryResult<ports::RoomChanged> MemoryDirectory::change(ZoneId zone, const ports::RoomActor& actor,
                                                            RoomId room, const ports::RoomChange& change,
                                                            std::int64_t now_ms) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  return rooms::RoomChanges(rooms_, limits_.rooms, now_ms).change(zone, actor, room, change);
}

DirectoryResult<ports::Room> MemoryDirectory::room(ZoneId zone, RoomId room) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto row = rooms_.room(zone, room);
  if (!row) return no_room();
  return row->room;
}

DirectoryResult<ports::Room> MemoryDirectory::room_by_name(ZoneId zone, const std::string& name_key) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto id = rooms_.named(zone, name_key);
  if (!id) return no_room();
  return rooms_.room(zone, *id)->room;
}

DirectoryResult<std::vector<ports::Room>> MemoryDirectory::rooms_of(ZoneId zone, MemberId member) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!find_member_locked(zone, member)) return fail(DirectoryError{DirectoryCode::not_found, "member"});
  std::vector<ports::Room> found;
  for (const RoomId id : rooms_.rooms_with(member)) {
    found.push_back(rooms_.room(zone, id)->room);
    found.back().role = rooms_.membership(id, member)->role;
  }
  return found;
}

DirectoryResult<ports::RoomStanding> MemoryDirectory::standing(ZoneId zone, RoomId room, MemberId member) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!rooms_.room(zone, room)) return no_room();
  const auto membership = rooms_.membership(room, member);
  if (!membership) return ports::RoomStanding{};
  return ports::RoomStanding{.joined = true,
                             .role = membership->role,
                             .muted_until_ms = membership->muted_until_ms,
                             .visible_from = membership->visible_from};
}

DirectoryResult<ports::RoomMemberPage> MemoryDirectory::members(ZoneId zone, RoomId room, MemberId after,
                                                                std::uint32_t limit) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!rooms_.room(zone, room)) return no_room();
  const auto& all = rooms_.members_in(room);
  ports::RoomMemberPage page;
  for (auto at = all.upper_bound(after); at != all.end(); ++at) {
    if (page.members.size() == limit) {
      page.more = true;
      break;
    }
    page.members.push_back({.id = at->first,
                            .name = members_.at(at->first).nickname,
                            .avatar = members_.at(at->first).avatar,
                            .role = at->second.role,
                            .muted_until_ms = at->second.muted_until_ms});
  }
  return page;
}

DirectoryResult<std::vector<MemberId>> MemoryDirectory::fanout(ZoneId zone, RoomId room) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto row = rooms_.room(zone, room);
  if (!row) return no_room();
  if (row->room.large_from != 0) return std::vector<MemberId>{};
  return rooms_.members(room);
}

DirectoryResult<ports::RoomListPage> MemoryDirectory::listed(ZoneId zone, RoomId room, ports::RoomList list,
                                                             MemberId after, std::uint32_t limit,
                                                             std::int64_t now_ms) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!rooms_.room(zone, room)) return no_room();
  const auto& all = rooms_.all_listed(room, list);
  ports::RoomListPage page;
  for (auto at = all.upper_bound(after); at != all.end(); ++at) {
    if (list == ports::RoomList::bans && at->second.until_ms <= now_ms) continue;
    if (page.entries.size() == limit) {
      page.more = true;
      break;
    }
    page.entries.push_back(at->second);
    page.entries.back().name = members_.at(at->first).nickname;
  }
  return page;
}

DirectoryResult<std::vector<ports::RoomInvitation>> MemoryDirectory::invitations_of(ZoneId zone,
                                                                                    MemberId member) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!find_member_locked(zone, member)) return fail(DirectoryError{DirectoryCode::not_found, "member"});
  std::vector<ports::RoomInvitation> found;
  for (const RoomId id : rooms_.rooms_listing(member, ports::RoomList::invitations)) {
    const auto entry = rooms_.listed(id, ports::RoomList::invitations, member);
    found.push_back({.room = rooms_.room(zone, id)->room, .by = entry->by, .time_ms = entry->time_ms});
  }
  return found;
}

DirectoryResult<std::vector<ports::RoomPin>> MemoryDirectory::pins(ZoneId zone, RoomId room) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!rooms_.room(zone, room)) return no_room();
  return rooms_.pins(room);
}

DirectoryResult<std::vector<ports::RoomEvent>> MemoryDirectory::pending_events(RoomId after_room,
                                                                               std::uint64_t after_version,
                                                                               std::uint32_t limit) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto& all = rooms_.all_events();
  std::vector<ports::RoomEvent> found;
  for (auto at = all.upper_bound({after_room, after_version}); at != all.end() && found.size() < limit; ++at)
    found.push_back(at->second);
  return found;
}

DirectoryResult<void> MemoryDirectory::events_stored(const std::vector<ports::RoomEventPlace>& stored) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  rooms::RoomChanges changes(rooms_, limits_.rooms, 0);
  for (const auto& place : stored) changes.stored(place);
  return {};
}

DirectoryResult<void> MemoryDirectory::set_large(ZoneId zone, RoomId room, std::uint64_t cseq) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  auto row = rooms_.room(zone, room);
  if (!row) return no_room();
  if (row->room.large_from != 0) return {};
  row->room.large_from = cseq;
  row->room.growing = false;
  rooms_.save_room(*row);
  return {};
}

/// Nothing stays behind here.
DirectoryResult<std::uint32_t> MemoryDirectory::sweep_rooms(std::uint32_t /*limit*/) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  return 0;
}

#undef PLAZA_MEMORY_DIRECTORY_ENTER

}  // namespace plaza::memory
