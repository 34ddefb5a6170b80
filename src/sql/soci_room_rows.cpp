#include "sql/soci_room_rows.h"

#include <charconv>

#include "sql/room_columns.h"
#include "sql/soci_quotas.h"

namespace plaza::sql {

using ports::RoomEvent;
using ports::RoomList;
using ports::RoomListed;
using rooms::Membership;
using rooms::RoomRow;

std::string to_text(const std::vector<MemberId>& ids) {
  std::string text;
  std::uint64_t before = 0;
  for (const MemberId id : ids) {
    if (!text.empty()) text += ',';
    text += std::to_string(id.value - before);
    before = id.value;
  }
  return text;
}

std::vector<MemberId> ids_of(const std::string& text) {
  std::vector<MemberId> ids;
  std::uint64_t before = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    std::uint64_t step = 0;
    at = std::from_chars(at, end, step).ptr;
    ids.push_back(MemberId{before += step});
  }
  return ids;
}

// Rooms -----------------------------------------------------------------------------------------------------------------

std::optional<RoomRow> SociRoomRows::room(ZoneId zone, RoomId room) {
  auto rooms = rooms_by_id(db_, zone, room);
  if (rooms.empty()) return std::nullopt;
  const auto rest = db_.rows<std::string, std::string>("SELECT name_key, admins FROM room WHERE id = :id",
                                                       room.value);
  return RoomRow{.room = std::move(rooms.front()),
                 .name_key = std::get<0>(rest.front()),
                 .admins = ids_of(std::get<1>(rest.front()))};
}

bool SociRoomRows::name_taken(ZoneId zone, const std::string& name_key) {
  return !db_.rows<long long>("SELECT id FROM room WHERE zone = :zone AND name_key = :key", zone.value,
                              name_key)
              .empty();
}

RoomId SociRoomRows::add_room(const RoomRow& row) {
  db_.run("UPDATE id_counter SET last = last + 1 WHERE kind = 'room'");
  const auto counter = db_.value<long long>("SELECT last FROM id_counter WHERE kind = 'room'");
  const RoomId id{make_id(region_, static_cast<std::uint64_t>(counter))};
  db_.run(
      "INSERT INTO room (id, zone, name, name_key, description, members) VALUES (:id, :zone, :name, :key, "
      ":d, 1)",
      id.value, row.room.zone.value, row.room.name, row.name_key, row.room.description);
  count_rooms(db_, row.room.zone, 1);
  RoomRow stored = row;
  stored.room.id = id;
  save_room(stored);
  return id;
}

void SociRoomRows::save_room(const RoomRow& row) {
  const ports::Room& r = row.room;
  db_.run(
      "UPDATE room SET name = :name, name_key = :key, description = :d, avatar = :a, members = :members,"
      " join_policy = :join, speak_policy = :speak, members_max = :max, slow_mode_ms = :slow,"
      " history_visible = :history, muted_until_ms = :muted, owner = :owner, admins = :admins,"
      " version = :version, large_from = :large WHERE id = :id",
      r.name, row.name_key, r.description, r.avatar, r.members, static_cast<int>(r.settings.join),
      static_cast<int>(r.settings.speak), r.settings.members_max, r.settings.slow_mode_ms,
      static_cast<int>(r.settings.history_visible), r.muted_until_ms, r.owner.value, to_text(row.admins),
      r.version, r.growing ? kGrowing : static_cast<long long>(r.large_from), r.id.value);
}

void SociRoomRows::dissolve_room(const RoomRow& row) {
  const RoomId id = row.room.id;
  count_rooms(db_, row.room.zone, -1);
  db_.run("DELETE FROM room_listed WHERE room = :room", id.value);
  db_.run("DELETE FROM room_pin WHERE room = :room", id.value);
  // A large room's memberships would hold the lock for long: they go in pieces (sweep_rooms), and the room after them.
  constexpr std::uint32_t kAtOnce = 1'000;
  if (row.room.members > kAtOnce) {
    db_.run("UPDATE room SET dissolved = 1, name_key = :key WHERE id = :id",
            "\x01" + std::to_string(id.value), id.value);
    return;
  }
  db_.run("DELETE FROM room_member WHERE room = :room", id.value);
  db_.run("DELETE FROM room WHERE id = :id", id.value);
}

// Memberships -----------------------------------------------------------------------------------------------------------

std::optional<std::string> SociRoomRows::nickname(ZoneId zone, MemberId member) {
  auto rows = db_.rows<std::string>("SELECT nickname FROM member WHERE id = :id AND zone = :zone",
                                    member.value, zone.value);
  if (rows.empty()) return std::nullopt;
  return std::get<0>(std::move(rows.front()));
}

std::optional<Membership> SociRoomRows::membership(RoomId room, MemberId member) {
  const auto rows = db_.rows<long long, long long, long long>(
      "SELECT role, muted_until_ms, visible_from FROM room_member WHERE room = :room AND member = :member",
      room.value, member.value);
  if (rows.empty()) return std::nullopt;
  const auto& [role, muted, visible] = rows.front();
  return Membership{.role = static_cast<ports::RoomRole>(role),
                    .muted_until_ms = muted,
                    .visible_from = static_cast<std::uint64_t>(visible)};
}

void SociRoomRows::add_membership(RoomId room, MemberId member, const Membership& membership) {
  db_.run(
      "INSERT INTO room_member (room, member, role, muted_until_ms, visible_from)"
      " VALUES (:room, :member, :role, :muted, :visible)",
      room.value, member.value, static_cast<int>(membership.role), membership.muted_until_ms,
      membership.visible_from);
}

void SociRoomRows::save_membership(RoomId room, MemberId member, const Membership& membership) {
  db_.run(
      "UPDATE room_member SET role = :role, muted_until_ms = :muted, visible_from = :visible"
      " WHERE room = :room AND member = :member",
      static_cast<int>(membership.role), membership.muted_until_ms, membership.visible_from, room.value,
      member.value);
}

void SociRoomRows::remove_membership(RoomId room, MemberId member) {
  db_.run("DELETE FROM room_member WHERE room = :room AND member = :member", room.value, member.value);
}

std::vector<MemberId> SociRoomRows::members(RoomId room) {
  std::vector<MemberId> ids;
  for (const auto& [id] :
       db_.rows<long long>("SELECT member FROM room_member WHERE room = :room ORDER BY member", room.value))
    ids.push_back(MemberId{static_cast<std::uint64_t>(id)});
  return ids;
}

std::uint32_t SociRoomRows::rooms_of(MemberId member) {
  return static_cast<std::uint32_t>(
      db_.value<long long>("SELECT COUNT(*) FROM room_member m JOIN room r ON r.id = m.room WHERE m.member = "
                           ":m AND r.dissolved = 0",
                           member.value));
}

// Lists -----------------------------------------------------------------------------------------------------------------

std::optional<RoomListed> SociRoomRows::listed(RoomId room, RoomList list, MemberId member) {
  const auto rows = db_.rows<long long, long long, long long>(
      "SELECT by_member, time_ms, until_ms FROM room_listed"
      " WHERE room = :room AND list = :list AND member = :member",
      room.value, static_cast<int>(list), member.value);
  if (rows.empty()) return std::nullopt;
  const auto& [by, time_ms, until_ms] = rows.front();
  return RoomListed{.id = member,
                    .name = {},
                    .by = MemberId{static_cast<std::uint64_t>(by)},
                    .time_ms = time_ms,
                    .until_ms = until_ms};
}

void SociRoomRows::put_listed(RoomId room, RoomList list, const RoomListed& entry) {
  remove_listed(room, list, entry.id);
  db_.run(
      "INSERT INTO room_listed (room, list, member, by_member, time_ms, until_ms)"
      " VALUES (:room, :list, :member, :by, :time, :until)",
      room.value, static_cast<int>(list), entry.id.value, entry.by.value, entry.time_ms, entry.until_ms);
}

bool SociRoomRows::remove_listed(RoomId room, RoomList list, MemberId member) {
  return db_.run("DELETE FROM room_listed WHERE room = :room AND list = :list AND member = :member",
                 room.value, static_cast<int>(list), member.value) != 0;
}

std::uint32_t SociRoomRows::count_listed(RoomId room, RoomList list) {
  return static_cast<std::uint32_t>(
      db_.value<long long>("SELECT COUNT(*) FROM room_listed WHERE room = :room AND list = :list", room.value,
                           static_cast<int>(list)));
}

std::uint32_t SociRoomRows::count_listed_of(MemberId member, RoomList list) {
  return static_cast<std::uint32_t>(
      db_.value<long long>("SELECT COUNT(*) FROM room_listed WHERE member = :member AND list = :list",
                           member.value, static_cast<int>(list)));
}

void SociRoomRows::drop_ended_bans(RoomId room, std::int64_t now_ms) {
  db_.run("DELETE FROM room_listed WHERE room = :room AND list = :list AND until_ms <= :now", room.value,
          static_cast<int>(RoomList::bans), now_ms);
}

// Pins ------------------------------------------------------------------------------------------------------------------

std::vector<ports::RoomPin> SociRoomRows::pins(RoomId room) {
  std::vector<ports::RoomPin> found;
  for (const auto& [cseq, message, by, time_ms] : db_.rows<long long, long long, long long, long long>(
           "SELECT cseq, message, by_member, time_ms FROM room_pin WHERE room = :room ORDER BY cseq",
           room.value)) {
    found.push_back({.cseq = static_cast<std::uint64_t>(cseq),
                     .message = MessageId{static_cast<std::uint64_t>(message)},
                     .by = MemberId{static_cast<std::uint64_t>(by)},
                     .time_ms = time_ms});
  }
  return found;
}

void SociRoomRows::add_pin(RoomId room, const ports::RoomPin& pin) {
  db_.run(
      "INSERT INTO room_pin (room, cseq, message, by_member, time_ms) VALUES (:room, :cseq, :message, :by, "
      ":time)",
      room.value, pin.cseq, pin.message.value, pin.by.value, pin.time_ms);
}

void SociRoomRows::remove_pin(RoomId room, std::uint64_t cseq) {
  db_.run("DELETE FROM room_pin WHERE room = :room AND cseq = :cseq", room.value, cseq);
}

// Events ----------------------------------------------------------------------------------------------------------------

std::vector<RoomEvent> SociRoomRows::events(RoomId room) {
  return to_events(
      db_.rows<long long, long long, long long, std::string, long long, std::string, long long, long long>(
          "SELECT zone, room, version, body, stream_only, fanout, effect, member FROM room_event"
          " WHERE room = :room ORDER BY version",
          room.value));
}

std::optional<RoomEvent> SociRoomRows::event(RoomId room, std::uint64_t version) {
  auto found = to_events(
      db_.rows<long long, long long, long long, std::string, long long, std::string, long long, long long>(
          "SELECT zone, room, version, body, stream_only, fanout, effect, member FROM room_event"
          " WHERE room = :room AND version = :version",
          room.value, version));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void SociRoomRows::add_event(const RoomEvent& event) {
  db_.run(
      "INSERT INTO room_event (room, version, zone, body, stream_only, fanout, effect, member)"
      " VALUES (:room, :version, :zone, :body, :stream, :fanout, :effect, :member)",
      event.room.value, event.version, event.zone.value, event.body, static_cast<int>(event.stream_only),
      to_text(event.fanout), static_cast<int>(event.effect), event.member.value);
}

void SociRoomRows::remove_event(RoomId room, std::uint64_t version) {
  db_.run("DELETE FROM room_event WHERE room = :room AND version = :version", room.value, version);
}

}  // namespace plaza::sql
