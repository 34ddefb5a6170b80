#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::Room;
using ports::RoomRole;
using ports::RoomWithMembers;

namespace {

using RoomRow = std::tuple<long long, long long, std::string, std::string, long long>;

Room to_room(const RoomRow& row) {
  const auto& [id, zone, name, description, members] = row;
  return {.id = RoomId{static_cast<std::uint64_t>(id)},
          .zone = ZoneId{static_cast<std::uint64_t>(zone)},
          .name = name,
          .description = description,
          .members = static_cast<std::uint32_t>(members)};
}

DirectoryResult<Room> read_room(Connection& db, ZoneId zone, RoomId room) {
  const auto rows = db.rows<long long, long long, std::string, std::string, long long>(
      "SELECT id, zone, name, description, members FROM room WHERE id = :id AND zone = :zone", room.value,
      zone.value);
  if (rows.empty()) return not_found("room");
  return to_room(rows.front());
}

std::optional<RoomRole> read_role(Connection& db, RoomId room, MemberId member) {
  const auto rows = db.rows<long long>("SELECT role FROM room_member WHERE room = :room AND member = :member",
                                       room.value, member.value);
  if (rows.empty()) return std::nullopt;
  return static_cast<RoomRole>(std::get<0>(rows.front()));
}

RoomWithMembers with_members(Connection& db, Room room) {
  RoomWithMembers view{.room = std::move(room), .members = {}};
  view.members.reserve(view.room.members);
  for (const auto& [id, name, role] : db.rows<long long, std::string, long long>(
           "SELECT r.member, m.nickname, r.role FROM room_member r JOIN member m ON m.id = r.member"
           " WHERE r.room = :room ORDER BY r.member",
           view.room.id.value)) {
    view.members.push_back(
        {.id = MemberId{static_cast<std::uint64_t>(id)}, .name = name, .role = static_cast<RoomRole>(role)});
  }
  return view;
}

void insert_role(Connection& db, RoomId room, MemberId member, RoomRole role) {
  db.run("INSERT INTO room_member (room, member, role) VALUES (:room, :member, :role)", room.value,
         member.value, static_cast<int>(role));
}

}  // namespace

bool SociDirectory::rooms_full(Connection& db, MemberId member) const {
  return db.value<long long>("SELECT COUNT(*) FROM room_member WHERE member = :m", member.value) >=
         limits_.rooms_per_member_max;
}

DirectoryResult<Room> SociDirectory::create_room(ZoneId zone, MemberId owner, const std::string& name,
                                                 const std::string& name_key,
                                                 const std::string& description) {
  return database_.write([&](Connection& db) -> DirectoryResult<Room> {
    if (!member_exists(db, zone, owner)) return not_found("member");
    if (rooms_full(db, owner)) return at_limit("rooms_per_member_max", limits_.rooms_per_member_max);
    if (!db.rows<long long>("SELECT id FROM room WHERE zone = :zone AND name_key = :key", zone.value,
                            name_key)
             .empty()) {
      return refuse(DirectoryCode::name_taken, "room name");
    }
    const RoomId id{next_id(db, "room")};
    db.run(
        "INSERT INTO room (id, zone, name, name_key, description, members) VALUES (:id, :zone, :name, :key, "
        ":d, 1)",
        id.value, zone.value, name, name_key, description);
    insert_role(db, id, owner, RoomRole::owner);
    return Room{.id = id, .zone = zone, .name = name, .description = description, .members = 1};
  });
}

DirectoryResult<RoomWithMembers> SociDirectory::join_room(ZoneId zone, MemberId member, RoomId room) {
  return database_.write([&](Connection& db) -> DirectoryResult<RoomWithMembers> {
    if (!member_exists(db, zone, member)) return not_found("member");
    auto found = read_room(db, zone, room);
    if (!found) return fail(found.error());
    if (read_role(db, room, member)) return refuse(DirectoryCode::conflict, "already in the room");
    if (found->members >= limits_.room_members_max)
      return at_limit("room_members_max", limits_.room_members_max);
    if (rooms_full(db, member)) return at_limit("rooms_per_member_max", limits_.rooms_per_member_max);
    insert_role(db, room, member, RoomRole::member);
    db.run("UPDATE room SET members = members + 1 WHERE id = :id", room.value);
    ++found->members;
    return with_members(db, std::move(*found));
  });
}

DirectoryResult<RoomWithMembers> SociDirectory::leave_room(ZoneId zone, MemberId member, RoomId room) {
  return database_.write([&](Connection& db) -> DirectoryResult<RoomWithMembers> {
    auto found = read_room(db, zone, room);
    if (!found) return fail(found.error());
    const auto role = read_role(db, room, member);
    if (!role) return refuse(DirectoryCode::conflict, "not in the room");
    if (*role == RoomRole::owner && found->members > 1)
      return refuse(DirectoryCode::conflict, "the owner leaves last");
    db.run("DELETE FROM room_member WHERE room = :room AND member = :member", room.value, member.value);
    if (--found->members == 0) {
      db.run("DELETE FROM room WHERE id = :id", room.value);
    } else {
      db.run("UPDATE room SET members = members - 1 WHERE id = :id", room.value);
    }
    return with_members(db, std::move(*found));
  });
}

DirectoryResult<RoomWithMembers> SociDirectory::room(ZoneId zone, RoomId room) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<RoomWithMembers> {
    auto found = read_room(db, zone, room);
    if (!found) return fail(found.error());
    return with_members(db, std::move(*found));
  });
}

DirectoryResult<Room> SociDirectory::room_by_name(ZoneId zone, const std::string& name_key) {
  return database_.read([&](Connection& db) -> DirectoryResult<Room> {
    const auto rows = db.rows<long long, long long, std::string, std::string, long long>(
        "SELECT id, zone, name, description, members FROM room WHERE zone = :zone AND name_key = :key",
        zone.value, name_key);
    if (rows.empty()) return not_found("room");
    return to_room(rows.front());
  });
}

DirectoryResult<std::vector<Room>> SociDirectory::rooms_of(ZoneId zone, MemberId member) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Room>> {
    std::vector<Room> found;
    for (const auto& [id, room_zone, name, description, members, role] :
         db.rows<long long, long long, std::string, std::string, long long, long long>(
             "SELECT r.id, r.zone, r.name, r.description, r.members, m.role FROM room_member m JOIN room r "
             "ON r.id = m.room"
             " WHERE m.member = :m AND r.zone = :z ORDER BY r.id",
             member.value, zone.value)) {
      found.push_back(to_room({id, room_zone, name, description, members}));
      found.back().role = static_cast<RoomRole>(role);
    }
    // Members are never removed, so this needs no common snapshot with the above.
    if (found.empty() && !member_exists(db, zone, member)) return not_found("member");
    return found;
  });
}

}  // namespace plaza::sql
