#pragma once
#include <string>
#include <tuple>
#include <vector>

#include "ports/room.h"
#include "sql/connection.h"
#include "sql/soci_room_rows.h"

// How rows of rooms become values: shared by those who read them.
namespace plaza::sql {

/// id, zone, name, description, avatar, members, and the settings and numbers in the order of PLAZA_ROOM_COLUMNS.
#define PLAZA_ROOM_COLUMNS(r)                                                                          \
  r "id, " r "zone, " r "name, " r "description, " r "avatar, " r "members, " r "join_policy, " r      \
    "speak_policy, " r "members_max, " r "slow_mode_ms, " r "history_visible, " r "muted_until_ms, " r \
    "owner, " r "version, " r "large_from"
#define PLAZA_ROOM_TYPES                                                                                   \
  long long, long long, std::string, std::string, std::string, long long, long long, long long, long long, \
      long long, long long, long long, long long, long long, long long
using RoomColumns = std::tuple<PLAZA_ROOM_TYPES>;

/// In the column large_from of a room that grows.
inline constexpr long long kGrowing = -1;

/// Of a row that begins with the columns of a room.
template <class... More>
ports::Room to_room(const std::tuple<PLAZA_ROOM_TYPES, More...>& row) {
  const auto number = []<class T>(T value) { return static_cast<std::uint64_t>(value); };
  ports::Room room;
  room.id = RoomId{number(std::get<0>(row))};
  room.zone = ZoneId{number(std::get<1>(row))};
  room.name = std::get<2>(row);
  room.description = std::get<3>(row);
  room.avatar = std::get<4>(row);
  room.members = static_cast<std::uint32_t>(std::get<5>(row));
  room.settings = {.join = static_cast<ports::RoomJoinPolicy>(std::get<6>(row)),
                   .speak = static_cast<ports::RoomSpeakPolicy>(std::get<7>(row)),
                   .members_max = static_cast<std::uint32_t>(std::get<8>(row)),
                   .slow_mode_ms = static_cast<std::uint32_t>(std::get<9>(row)),
                   .history_visible = std::get<10>(row) != 0};
  room.muted_until_ms = std::get<11>(row);
  room.owner = MemberId{number(std::get<12>(row))};
  room.version = number(std::get<13>(row));
  room.growing = std::get<14>(row) == kGrowing;
  room.large_from = room.growing ? 0 : number(std::get<14>(row));
  return room;
}

/// The room, or none when there is no such one in the zone or it was dissolved.
inline std::vector<ports::Room> rooms_by_id(Connection& db, ZoneId zone, RoomId room) {
  std::vector<ports::Room> found;
  for (const auto& row : db.rows<PLAZA_ROOM_TYPES>(
           "SELECT " PLAZA_ROOM_COLUMNS("") " FROM room WHERE id = :id AND zone = :zone AND dissolved = 0",
           room.value, zone.value))
    found.push_back(to_room(row));
  return found;
}

using EventColumns = std::tuple<long long, long long, long long, std::string, long long, std::string,
                                long long, long long>;
inline std::vector<ports::RoomEvent> to_events(const std::vector<EventColumns>& rows) {
  std::vector<ports::RoomEvent> events;
  for (const auto& [zone, room, version, body, stream_only, fanout, effect, member] : rows) {
    events.push_back({.zone = ZoneId{static_cast<std::uint64_t>(zone)},
                      .room = RoomId{static_cast<std::uint64_t>(room)},
                      .version = static_cast<std::uint64_t>(version),
                      .body = body,
                      .stream_only = stream_only != 0,
                      .fanout = ids_of(fanout),
                      .effect = static_cast<ports::RoomEventEffect>(effect),
                      .member = MemberId{static_cast<std::uint64_t>(member)}});
  }
  return events;
}

}  // namespace plaza::sql
