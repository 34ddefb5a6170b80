// The rooms of SociDirectory: what a change does stands in rooms/room_changes.h, its rows in soci_room_rows.h.
#include "rooms/room_changes.h"
#include "sql/room_columns.h"
#include "sql/soci_directory.h"
#include "sql/soci_quotas.h"
#include "sql/soci_room_rows.h"

namespace plaza::sql {

using ports::DirectoryResult;
using ports::Room;

namespace {

MemberId member_id(long long value) { return MemberId{static_cast<std::uint64_t>(value)}; }

bool room_exists(Connection& db, ZoneId zone, RoomId room) {
  return !db.rows<long long>("SELECT id FROM room WHERE id = :id AND zone = :zone AND dissolved = 0",
                             room.value, zone.value)
              .empty();
}

}  // namespace

DirectoryResult<ports::RoomChanged> SociDirectory::create_room(ZoneId zone, const ports::RoomActor& actor,
                                                               MemberId owner, const ports::NewRoom& wanted,
                                                               std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<ports::RoomChanged> {
    if (auto full = over_quota(db, zone, ports::Quota::rooms, limits_.app)) return fail(std::move(*full));
    SociRoomRows rows(db, region_);
    return rooms::RoomChanges(rows, limits_.rooms, now_ms).create(zone, actor, owner, wanted);
  });
}

DirectoryResult<ports::RoomChanged> SociDirectory::change(ZoneId zone, const ports::RoomActor& actor,
                                                          RoomId room, const ports::RoomChange& change,
                                                          std::int64_t now_ms) {
  return database_.write([&](Connection& db) {
    SociRoomRows rows(db, region_);
    return rooms::RoomChanges(rows, limits_.rooms, now_ms).change(zone, actor, room, change);
  });
}

DirectoryResult<Room> SociDirectory::room(ZoneId zone, RoomId room) {
  return database_.read([&](Connection& db) -> DirectoryResult<Room> {
    auto found = rooms_by_id(db, zone, room);
    if (found.empty()) return not_found("room");
    return std::move(found.front());
  });
}

DirectoryResult<Room> SociDirectory::room_by_name(ZoneId zone, const std::string& name_key) {
  return database_.read([&](Connection& db) -> DirectoryResult<Room> {
    const auto rows =
        db.rows<PLAZA_ROOM_TYPES>("SELECT " PLAZA_ROOM_COLUMNS("") " FROM room WHERE zone = :zone AND name_key "
                                  "= :key AND dissolved = 0",
                                  zone.value, name_key);
    if (rows.empty()) return not_found("room");
    return to_room(rows.front());
  });
}

DirectoryResult<std::vector<Room>> SociDirectory::rooms_of(ZoneId zone, MemberId member) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Room>> {
    std::vector<Room> found;
    for (const auto& row : db.rows<PLAZA_ROOM_TYPES, long long>(
             "SELECT " PLAZA_ROOM_COLUMNS(
                 "r.") ", m.role FROM room_member m JOIN room r ON r.id = m.room"
                       " WHERE m.member = :m AND r.zone = :z AND r.dissolved = 0 ORDER BY r.id",
             member.value, zone.value)) {
      found.push_back(to_room(row));
      found.back().role = static_cast<ports::RoomRole>(std::get<15>(row));
    }
    // Members are never removed, so this needs no common snapshot with the above.
    if (found.empty() && !member_exists(db, zone, member)) return not_found("member");
    return found;
  });
}

DirectoryResult<ports::RoomStanding> SociDirectory::standing(ZoneId zone, RoomId room, MemberId member) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ports::RoomStanding> {
    if (!room_exists(db, zone, room)) return not_found("room");
    const auto membership = SociRoomRows(db, region_).membership(room, member);
    if (!membership) return ports::RoomStanding{};
    return ports::RoomStanding{.joined = true,
                               .role = membership->role,
                               .muted_until_ms = membership->muted_until_ms,
                               .visible_from = membership->visible_from};
  });
}

DirectoryResult<ports::RoomMemberPage> SociDirectory::members(ZoneId zone, RoomId room, MemberId after,
                                                              std::uint32_t limit) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ports::RoomMemberPage> {
    if (!room_exists(db, zone, room)) return not_found("room");
    ports::RoomMemberPage page;
    for (const auto& [id, name, avatar, role, muted] :
         db.rows<long long, std::string, std::string, long long, long long>(
             "SELECT r.member, m.nickname, m.avatar, r.role, r.muted_until_ms FROM room_member r"
             " JOIN member m ON m.id = r.member WHERE r.room = :room AND r.member > :after ORDER BY r.member "
             "LIMIT :count",
             room.value, after.value, limit + 1)) {
      page.members.push_back({.id = member_id(id),
                              .name = name,
                              .avatar = avatar,
                              .role = static_cast<ports::RoomRole>(role),
                              .muted_until_ms = muted});
    }
    page.more = page.members.size() > limit;
    if (page.more) page.members.pop_back();
    return page;
  });
}

DirectoryResult<std::vector<MemberId>> SociDirectory::fanout(ZoneId zone, RoomId room) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<std::vector<MemberId>> {
    const auto found = rooms_by_id(db, zone, room);
    if (found.empty()) return not_found("room");
    if (found.front().large_from != 0) return std::vector<MemberId>{};
    return SociRoomRows(db, region_).members(room);
  });
}

DirectoryResult<ports::RoomListPage> SociDirectory::listed(ZoneId zone, RoomId room, ports::RoomList list,
                                                           MemberId after, std::uint32_t limit,
                                                           std::int64_t now_ms) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ports::RoomListPage> {
    if (!room_exists(db, zone, room)) return not_found("room");
    // Only a ban has an end.
    const std::int64_t ends_after = list == ports::RoomList::bans ? now_ms : -1;
    ports::RoomListPage page;
    for (const auto& [id, name, by, time_ms, until_ms] :
         db.rows<long long, std::string, long long, long long, long long>(
             "SELECT l.member, m.nickname, l.by_member, l.time_ms, l.until_ms FROM room_listed l JOIN member "
             "m"
             " ON m.id = l.member WHERE l.room = :room AND l.list = :list AND l.member > :after"
             " AND l.until_ms > :now ORDER BY l.member LIMIT :count",
             room.value, static_cast<int>(list), after.value, ends_after, limit + 1)) {
      page.entries.push_back(
          {.id = member_id(id), .name = name, .by = member_id(by), .time_ms = time_ms, .until_ms = until_ms});
    }
    page.more = page.entries.size() > limit;
    if (page.more) page.entries.pop_back();
    return page;
  });
}

DirectoryResult<std::vector<ports::RoomInvitation>> SociDirectory::invitations_of(ZoneId zone,
                                                                                  MemberId member) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<ports::RoomInvitation>> {
    std::vector<ports::RoomInvitation> found;
    for (const auto& row : db.rows<PLAZA_ROOM_TYPES, long long, long long>(
             "SELECT " PLAZA_ROOM_COLUMNS("r.") ", l.by_member, l.time_ms FROM room_listed l JOIN room r"
                                                " ON r.id = l.room WHERE l.member = :m AND l.list = :list "
                                                "AND r.zone = :z AND r.dissolved = 0"
                                                " ORDER BY r.id",
             member.value, static_cast<int>(ports::RoomList::invitations), zone.value)) {
      found.push_back(
          {.room = to_room(row), .by = member_id(std::get<15>(row)), .time_ms = std::get<16>(row)});
    }
    if (found.empty() && !member_exists(db, zone, member)) return not_found("member");
    return found;
  });
}

DirectoryResult<std::vector<ports::RoomPin>> SociDirectory::pins(ZoneId zone, RoomId room) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<std::vector<ports::RoomPin>> {
    if (!room_exists(db, zone, room)) return not_found("room");
    return SociRoomRows(db, region_).pins(room);
  });
}

DirectoryResult<std::vector<ports::RoomEvent>> SociDirectory::pending_events(RoomId after_room,
                                                                             std::uint64_t after_version,
                                                                             std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<ports::RoomEvent>> {
    return to_events(db.rows<long long, long long, long long, std::string, long long, std::string, long long,
                             long long>(
        "SELECT zone, room, version, body, stream_only, fanout, effect, member FROM room_event"
        " WHERE room > :above OR (room = :room AND version > :version) ORDER BY room, version LIMIT :count",
        after_room.value, after_room.value, after_version, limit));
  });
}

DirectoryResult<void> SociDirectory::events_stored(const std::vector<ports::RoomEventPlace>& stored) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    SociRoomRows rows(db, region_);
    rooms::RoomChanges changes(rows, limits_.rooms, 0);
    for (const auto& place : stored) changes.stored(place);
    return {};
  });
}

DirectoryResult<void> SociDirectory::set_large(ZoneId zone, RoomId room, std::uint64_t cseq) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    if (!room_exists(db, zone, room)) return not_found("room");
    db.run("UPDATE room SET large_from = :cseq WHERE id = :id AND large_from <= 0", cseq, room.value);
    return {};
  });
}

DirectoryResult<std::uint32_t> SociDirectory::sweep_rooms(std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto gone = db.rows<long long>("SELECT id FROM room WHERE dissolved = 1 ORDER BY id LIMIT 1");
    if (gone.empty()) return 0u;
    const long long room = std::get<0>(gone.front());
    const auto members = db.rows<long long>(
        "SELECT member FROM room_member WHERE room = :room ORDER BY member LIMIT :count", room, limit);
    for (const auto& [member] : members)
      db.run("DELETE FROM room_member WHERE room = :room AND member = :member", room, member);
    if (members.size() < limit) db.run("DELETE FROM room WHERE id = :id", room);
    return static_cast<std::uint32_t>(members.size());
  });
}

}  // namespace plaza::sql
