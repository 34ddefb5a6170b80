#include "sql/soci_erasures.h"

#include <array>

#include "sql/dropped_rows.h"
#include "sql/soci_directory.h"
#include "sql/soci_quotas.h"

namespace plaza::sql {

using ports::DirectoryResult;
using ports::Doomed;
using ports::ZonePiece;

namespace {

// Stored in `disabled`, see soci_apps.cpp.
#define PLAZA_DELETING "disabled = 2"

template <class Id>
std::vector<Id> ids(const std::vector<std::tuple<long long>>& rows) {
  std::vector<Id> found;
  for (const auto& [id] : rows) found.push_back(Id{static_cast<std::uint64_t>(id)});
  return found;
}

bool is_doomed(Connection& db, ZoneId zone) {
  return !db.rows<long long>("SELECT id FROM zone WHERE id = :id AND " PLAZA_DELETING, zone.value).empty();
}

bool drop_room(Connection& db, ZoneId zone, RoomId room, DroppedRows& dropped) {
  const auto found = db.rows<long long>("SELECT dissolved FROM room WHERE id = :id AND zone = :zone",
                                        room.value, zone.value);
  if (found.empty()) return true;
  const bool all = dropped.drop<long long>(
                       "SELECT member FROM room_member WHERE room = :r ORDER BY member LIMIT :n",
                       "DELETE FROM room_member WHERE member = :m AND room = :r", room.value) &&
                   dropped.drop<long long>(
                       "SELECT DISTINCT member FROM room_listed WHERE room = :r ORDER BY member LIMIT :n",
                       "DELETE FROM room_listed WHERE member = :m AND room = :r", room.value) &&
                   dropped.drop<long long>("SELECT cseq FROM room_pin WHERE room = :r ORDER BY cseq LIMIT :n",
                                           "DELETE FROM room_pin WHERE cseq = :c AND room = :r",
                                           room.value) &&
                   dropped.drop<long long>(
                       "SELECT version FROM room_event WHERE room = :r ORDER BY version LIMIT :n",
                       "DELETE FROM room_event WHERE version = :v AND room = :r", room.value);
  if (!all) return false;
  db.run("DELETE FROM room WHERE id = :id", room.value);
  if (std::get<0>(found.front()) == 0) count_rooms(db, zone, -1);
  return true;
}

void drop_account(Connection& db, long long account) {
  if (!db.rows<long long>("SELECT id FROM member WHERE account = :a LIMIT 1", account).empty()) return;
  db.run("DELETE FROM token WHERE account = :a", account);
  db.run("DELETE FROM account_name WHERE account = :a", account);
  db.run("DELETE FROM third_party WHERE account = :a", account);
  db.run("DELETE FROM account WHERE id = :a", account);
}

bool drop_member(Connection& db, ZoneId zone, MemberId member, DroppedRows& dropped) {
  const auto found = db.rows<long long>("SELECT account FROM member WHERE id = :id AND zone = :zone",
                                        member.value, zone.value);
  if (found.empty()) return true;
  const long long account = std::get<0>(found.front());
  const bool all = dropped.drop<long long>(
                       "SELECT id FROM token WHERE account = :a AND zone = :z ORDER BY id LIMIT :n",
                       "DELETE FROM token WHERE id = :id AND account = :a AND zone = :z", account,
                       zone.value) &&
                   dropped.drop<long long>("SELECT peer FROM friend WHERE member = :m ORDER BY peer LIMIT :n",
                                           "DELETE FROM friend WHERE peer = :p AND member = :m",
                                           member.value) &&
                   dropped.drop<long long>(
                       "SELECT member FROM friend WHERE peer = :p ORDER BY member LIMIT :n",
                       "DELETE FROM friend WHERE member = :m AND peer = :p", member.value) &&
                   dropped.drop<long long>(
                       "SELECT kind FROM sanction WHERE member = :m ORDER BY kind LIMIT :n",
                       "DELETE FROM sanction WHERE kind = :k AND member = :m", member.value);
  if (!all) return false;
  db.run("DELETE FROM member WHERE id = :id", member.value);
  count_members(db, zone, -1);
  drop_account(db, account);
  return true;
}

/// With whom each is for.
bool drop_announcements(Connection& db, const std::vector<std::tuple<long long>>& found,
                        DroppedRows& dropped) {
  for (const auto& [id] : found) {
    if (!dropped.drop<long long>(
            "SELECT member FROM announcement_member WHERE announcement = :a ORDER BY member LIMIT :n",
            "DELETE FROM announcement_member WHERE member = :m AND announcement = :a", id)) {
      return false;
    }
    db.run("DELETE FROM announcement WHERE id = :id", id);
  }
  return true;
}

bool drop_events_of_zone(const Doomed& what, const std::string& name, DroppedRows& dropped) {
  return dropped.drop<long long>(
             "SELECT room FROM event_source WHERE app = :a AND zone = :z ORDER BY room LIMIT :n",
             "DELETE FROM event_source WHERE room = :r AND app = :a AND zone = :z", what.app.value,
             what.zone.value) &&
         dropped.drop<long long>(
             "SELECT seq FROM app_event WHERE app = :a AND zone = :name ORDER BY seq LIMIT :n",
             "UPDATE app_event SET kind = 0, body = '{\"why\":\"deleted\"}', zone = ''"
             " WHERE seq = :s AND app = :a AND zone = :name",
             what.app.value, name) &&
         dropped.drop<long long>(
             "SELECT id FROM dead_letter WHERE app = :a AND zone = :name ORDER BY id LIMIT :n",
             "DELETE FROM dead_letter WHERE id = :id AND app = :a AND zone = :name", what.app.value, name);
}

/// True: the zone is no more.
bool drop_zone(Connection& db, const Doomed& what, DroppedRows& dropped) {
  const auto found = db.rows<std::string>(
      "SELECT name FROM zone WHERE id = :id AND app = :app AND " PLAZA_DELETING, what.zone.value,
      what.app.value);
  if (found.empty()) return true;
  const auto announcements = db.rows<long long>(
      "SELECT id FROM announcement WHERE app = :a AND zone = :z ORDER BY id LIMIT 100", what.app.value,
      what.zone.value);
  const bool all = dropped.drop<long long>("SELECT id FROM report WHERE zone = :z ORDER BY id LIMIT :n",
                                           "DELETE FROM report WHERE id = :id AND zone = :z",
                                           what.zone.value) &&
                   dropped.drop<long long>("SELECT id FROM word_rule WHERE zone = :z ORDER BY id LIMIT :n",
                                           "DELETE FROM word_rule WHERE id = :id AND zone = :z",
                                           what.zone.value) &&
                   // Of accounts that logged in and have no member here.
                   dropped.drop<long long>("SELECT id FROM token WHERE zone = :z ORDER BY id LIMIT :n",
                                           "DELETE FROM token WHERE id = :id AND zone = :z",
                                           what.zone.value) &&
                   // Of changes of rooms that were dissolved before.
                   dropped.drop<long long>(
                       "SELECT DISTINCT room FROM room_event WHERE zone = :z ORDER BY room LIMIT :n",
                       "DELETE FROM room_event WHERE room = :r AND zone = :z", what.zone.value) &&
                   drop_announcements(db, announcements, dropped) && announcements.size() < 100 &&
                   drop_events_of_zone(what, std::get<0>(found.front()), dropped);
  if (!all) return false;
  // Who came in between is found by the next piece.
  for (const char* const inside :
       {"SELECT id FROM member WHERE zone = :z LIMIT 1", "SELECT id FROM room WHERE zone = :z LIMIT 1",
        "SELECT id FROM channel WHERE zone = :z LIMIT 1"}) {
    if (!db.rows<long long>(inside, what.zone.value).empty()) return false;
  }
  db.run("DELETE FROM zone WHERE id = :id", what.zone.value);
  return true;
}

bool drop_servers(Connection& db, AppId app, DroppedRows& dropped) {
  for (const auto& [server] :
       db.rows<long long>("SELECT id FROM backend_server WHERE app = :a ORDER BY id", app.value)) {
    if (!dropped.drop<std::string>("SELECT id FROM api_key WHERE server = :s ORDER BY id LIMIT :n",
                                   "DELETE FROM api_key WHERE id = :id AND server = :s", server)) {
      return false;
    }
    db.run("DELETE FROM backend_server WHERE id = :id", server);
  }
  return true;
}

bool drop_events(AppId app, DroppedRows& dropped) {
  return dropped.drop<long long>("SELECT zone FROM event_source WHERE app = :a ORDER BY zone LIMIT :n",
                                 "DELETE FROM event_source WHERE zone = :z AND app = :a", app.value) &&
         dropped.drop<long long>("SELECT id FROM dead_letter WHERE app = :a ORDER BY id LIMIT :n",
                                 "DELETE FROM dead_letter WHERE id = :id AND app = :a", app.value) &&
         dropped.drop<long long>("SELECT id FROM webhook WHERE app = :a ORDER BY id LIMIT :n",
                                 "DELETE FROM webhook WHERE id = :id AND app = :a", app.value) &&
         dropped.drop<long long>("SELECT seq FROM app_event WHERE app = :a ORDER BY seq LIMIT :n",
                                 "DELETE FROM app_event WHERE seq = :s AND app = :a", app.value);
}

/// Tables that have one row of an app, or a few.
constexpr std::array kFewRowsOfApp{
    "DELETE FROM app_log WHERE app = :a",
    "DELETE FROM app_quota WHERE app = :a",
    "DELETE FROM app_usage WHERE app = :a",
};

/// True: the app is no more.
bool drop_app(Connection& db, AppId app, DroppedRows& dropped) {
  if (db.rows<long long>("SELECT id FROM app WHERE id = :id AND " PLAZA_DELETING, app.value).empty())
    return true;
  if (!db.rows<long long>("SELECT id FROM zone WHERE app = :app LIMIT 1", app.value).empty()) return false;
  const auto announcements = db.rows<long long>(
      "SELECT id FROM announcement WHERE app = :a ORDER BY id LIMIT 100", app.value);
  const bool all = drop_announcements(db, announcements, dropped) && announcements.size() < 100 &&
                   drop_events(app, dropped) &&
                   dropped.drop<std::string>("SELECT call_key FROM repeatable_call WHERE app = :a LIMIT :n",
                                             "DELETE FROM repeatable_call WHERE call_key = :k AND app = :a",
                                             app.value) &&
                   drop_servers(db, app, dropped);
  if (!all) return false;
  for (const char* const few : kFewRowsOfApp) db.run(few, app.value);
  db.run("DELETE FROM app WHERE id = :a", app.value);
  return true;
}

}  // namespace

DirectoryResult<std::optional<Doomed>> SociErasures::next() {
  return database_.read_together([](Connection& db) -> DirectoryResult<std::optional<Doomed>> {
    const auto zones = db.rows<long long, long long>("SELECT app, id FROM zone WHERE " PLAZA_DELETING
                                                     " ORDER BY id LIMIT 1");
    if (!zones.empty()) {
      const auto& [app, zone] = zones.front();
      return Doomed{AppId{static_cast<std::uint64_t>(app)}, ZoneId{static_cast<std::uint64_t>(zone)}};
    }
    const auto apps = db.rows<long long>("SELECT id FROM app WHERE " PLAZA_DELETING " ORDER BY id LIMIT 1");
    if (apps.empty()) return std::nullopt;
    return Doomed{.app = ids<AppId>(apps).front(), .zone = {}};
  });
}

DirectoryResult<ZonePiece> SociErasures::piece(ZoneId zone, std::uint32_t limit) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ZonePiece> {
    ZonePiece piece;
    if (!is_doomed(db, zone)) return piece;
    piece.rooms = ids<RoomId>(db.rows<long long>(
        "SELECT id FROM room WHERE zone = :z ORDER BY name_key LIMIT :n", zone.value, limit));
    if (!piece.empty()) return piece;
    piece.channels = ids<ChannelId>(db.rows<long long>(
        "SELECT id FROM channel WHERE zone = :z ORDER BY name LIMIT :n", zone.value, limit));
    if (!piece.empty()) return piece;
    piece.members = ids<MemberId>(db.rows<long long>(
        "SELECT id FROM member WHERE zone = :z ORDER BY nickname_key LIMIT :n", zone.value, limit));
    return piece;
  });
}

DirectoryResult<bool> SociErasures::drop(ZoneId zone, const ZonePiece& piece, std::uint32_t rows_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<bool> {
    if (!is_doomed(db, zone)) return false;
    DroppedRows dropped(db, rows_max);
    for (const RoomId room : piece.rooms) {
      if (!drop_room(db, zone, room, dropped)) return true;
    }
    for (const ChannelId channel : piece.channels)
      db.run("DELETE FROM channel WHERE id = :id AND zone = :z", channel.value, zone.value);
    for (const MemberId member : piece.members) {
      if (!drop_member(db, zone, member, dropped)) return true;
    }
    return false;
  });
}

DirectoryResult<bool> SociErasures::drop_rest(const Doomed& what, std::uint32_t rows_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<bool> {
    DroppedRows dropped(db, rows_max);
    return what.zone ? !drop_zone(db, what, dropped) : !drop_app(db, what.app, dropped);
  });
}

}  // namespace plaza::sql
