#include "sql/soci_app_events.h"

#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::AppEvent;
using ports::AppEventKinds;
using ports::DirectoryResult;
using ports::EventLogState;
using ports::EventSource;

namespace {

std::uint64_t number(long long value) { return static_cast<std::uint64_t>(value); }

AppEventKinds kinds_of(long long bits) { return {.bits = static_cast<std::uint32_t>(bits)}; }

void put_log(Connection& db, const EventLogState& state, bool is_new) {
  if (is_new) {
    db.run("INSERT INTO app_log (app, kinds, head, trimmed) VALUES (:app, :kinds, :head, :trimmed)",
           state.app.value, state.kinds.bits, state.head, state.trimmed);
  } else {
    db.run("UPDATE app_log SET kinds = :kinds, head = :head, trimmed = :trimmed WHERE app = :app",
           state.kinds.bits, state.head, state.trimmed, state.app.value);
  }
}

bool has_log(Connection& db, AppId app) {
  return db.value<long long>("SELECT COUNT(*) FROM app_log WHERE app = :app", app.value) != 0;
}

template <class... In>
std::vector<EventSource> read_sources(Connection& db, const char* sql, const In&... in) {
  std::vector<EventSource> found;
  for (const auto& [app, zone, room, epoch, position] :
       db.rows<long long, long long, long long, long long, long long>(sql, in...)) {
    found.push_back({.app = AppId{number(app)},
                     .zone = ZoneId{number(zone)},
                     .room = RoomId{number(room)},
                     .epoch = static_cast<std::uint32_t>(epoch),
                     .position = number(position)});
  }
  return found;
}

constexpr const char* kOneSource =
    "SELECT app, zone, room, epoch, position FROM event_source"
    " WHERE app = :app AND zone = :zone AND room = :room";

/// False when the source is not where the batch was read from.
bool move_source(Connection& db, const ports::EventBatch& batch) {
  const EventSource& from = *batch.from;
  const EventSource& to = *batch.to;
  return db.run(
             "UPDATE event_source SET epoch = :epoch, position = :position WHERE app = :app AND zone = :zone"
             " AND room = :room AND epoch = :was_epoch AND position = :was_position",
             to.epoch, to.position, from.app.value, from.zone.value, from.room.value, from.epoch,
             from.position) == 1;
}

void append_batch(Connection& db, const ports::EventBatch& batch) {
  if (batch.from && !move_source(db, batch)) return;
  EventLogState state = read_event_log(db, batch.app);
  const std::uint64_t before = state.head;
  for (const AppEvent& event : batch.events) {
    if (!state.kinds.has(event.kind)) continue;
    db.run(
        "INSERT INTO app_event (app, seq, time_ms, kind, zone, body)"
        " VALUES (:app, :seq, :time, :kind, :zone, :body)",
        batch.app.value, ++state.head, event.time_ms, static_cast<int>(event.kind), event.zone, event.body);
  }
  if (state.head != before) put_log(db, state, false);
}

}  // namespace

EventLogState read_event_log(Connection& db, AppId app) {
  const auto rows = db.rows<long long, long long, long long>(
      "SELECT kinds, head, trimmed FROM app_log WHERE app = :app", app.value);
  if (rows.empty()) return {.app = app};
  const auto& [kinds, head, trimmed] = rows.front();
  return {.app = app, .kinds = kinds_of(kinds), .head = number(head), .trimmed = number(trimmed)};
}

DirectoryResult<EventLogState> SociAppEvents::log(AppId app) {
  return database_.read(
      [&](Connection& db) -> DirectoryResult<EventLogState> { return read_event_log(db, app); });
}

DirectoryResult<EventLogState> SociAppEvents::subscribe(AppId app, AppEventKinds kinds) {
  return database_.write([&](Connection& db) -> DirectoryResult<EventLogState> {
    EventLogState state = read_event_log(db, app);
    state.kinds = kinds;
    put_log(db, state, !has_log(db, app));
    return state;
  });
}

DirectoryResult<std::vector<EventLogState>> SociAppEvents::logs() {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<EventLogState>> {
    std::vector<EventLogState> all;
    for (const auto& [app, kinds, head, trimmed] : db.rows<long long, long long, long long, long long>(
             "SELECT app, kinds, head, trimmed FROM app_log ORDER BY app")) {
      all.push_back({.app = AppId{number(app)},
                     .kinds = kinds_of(kinds),
                     .head = number(head),
                     .trimmed = number(trimmed)});
    }
    return all;
  });
}

// Sources ------------------------------------------------------------------------------------------------------------

DirectoryResult<EventSource> SociAppEvents::watch(const EventSource& wanted, std::uint32_t rooms_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<EventSource> {
    const auto there = read_sources(db, kOneSource, wanted.app.value, wanted.zone.value, wanted.room.value);
    if (!there.empty()) return there.front();
    const auto rooms = db.value<long long>("SELECT COUNT(*) FROM event_source WHERE app = :app AND room <> 0",
                                           wanted.app.value);
    if (wanted.room && rooms >= rooms_max) return at_limit("watched rooms of an app", rooms_max);
    db.run(
        "INSERT INTO event_source (app, zone, room, epoch, position)"
        " VALUES (:app, :zone, :room, :epoch, :position)",
        wanted.app.value, wanted.zone.value, wanted.room.value, wanted.epoch, wanted.position);
    return wanted;
  });
}

DirectoryResult<bool> SociAppEvents::unwatch(AppId app, ZoneId zone, RoomId room) {
  return database_.write([&](Connection& db) -> DirectoryResult<bool> {
    return db.run("DELETE FROM event_source WHERE app = :app AND zone = :zone AND room = :room", app.value,
                  zone.value, room.value) != 0;
  });
}

DirectoryResult<std::vector<EventSource>> SociAppEvents::sources(const EventSource& after,
                                                                 std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<EventSource>> {
    return read_sources(db,
                        "SELECT app, zone, room, epoch, position FROM event_source WHERE app > :app1"
                        " OR (app = :app2 AND (zone > :zone1 OR (zone = :zone2 AND room > :room)))"
                        " ORDER BY app, zone, room LIMIT :count",
                        after.app.value, after.app.value, after.zone.value, after.zone.value,
                        after.room.value, limit);
  });
}

DirectoryResult<std::vector<EventSource>> SociAppEvents::watched(AppId app, ZoneId zone, RoomId after,
                                                                 std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<EventSource>> {
    return read_sources(db,
                        "SELECT app, zone, room, epoch, position FROM event_source WHERE app = :app"
                        " AND zone = :zone AND room > :room ORDER BY room LIMIT :count",
                        app.value, zone.value, after.value, limit);
  });
}

// Events -------------------------------------------------------------------------------------------------------------

DirectoryResult<void> SociAppEvents::append(const std::vector<ports::EventBatch>& batches) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    for (const auto& batch : batches) append_batch(db, batch);
    return {};
  });
}

DirectoryResult<ports::EventPage> SociAppEvents::read(AppId app, std::uint64_t after, std::uint32_t limit,
                                                      std::size_t bytes_max) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ports::EventPage> {
    ports::EventPage page{.state = read_event_log(db, app), .events = {}};
    std::size_t bytes = 0;
    for (auto& [seq, time_ms, kind, zone, body] :
         db.rows<long long, long long, long long, std::string, std::string>(
             "SELECT seq, time_ms, kind, zone, body FROM app_event WHERE app = :app AND seq > :after"
             " ORDER BY seq LIMIT :count",
             app.value, after, limit)) {
      bytes += body.size();
      if (!page.events.empty() && bytes > bytes_max) break;
      page.events.push_back({.seq = number(seq),
                             .time_ms = time_ms,
                             .kind = static_cast<ports::AppEventKind>(kind),
                             .zone = zone,
                             .body = std::move(body)});
    }
    return page;
  });
}

DirectoryResult<std::uint32_t> SociAppEvents::trim(AppId app, std::int64_t before_ms, std::uint64_t kept_max,
                                                   std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    EventLogState state = read_event_log(db, app);
    const std::uint64_t too_many = state.head > kept_max ? state.head - kept_max : 0;
    std::uint64_t upto = state.trimmed;
    for (const auto& [seq, time_ms] : db.rows<long long, long long>(
             "SELECT seq, time_ms FROM app_event WHERE app = :app ORDER BY seq LIMIT :count", app.value,
             limit)) {
      if (time_ms >= before_ms && number(seq) > too_many) break;
      upto = number(seq);
    }
    const auto gone = static_cast<std::uint32_t>(upto - state.trimmed);
    if (gone == 0) return gone;
    db.run("DELETE FROM app_event WHERE app = :app AND seq <= :upto", app.value, upto);
    state.trimmed = upto;
    put_log(db, state, false);
    return gone;
  });
}

}  // namespace plaza::sql
