#include "sql/soci_apps.h"

#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::App;
using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::ZoneRecord;

namespace {

using AppRow = std::tuple<long long, std::string, long long>;
using ZoneRow = std::tuple<long long, long long, std::string, std::string, long long, long long, long long,
                           long long>;

// The column `disabled` of both.
constexpr long long kDeleting = 2;

std::uint64_t id_of(long long value) { return static_cast<std::uint64_t>(value); }

App to_app(const AppRow& row) {
  const auto& [id, name, disabled] = row;
  return {.id = AppId{id_of(id)}, .name = name, .disabled = disabled != 0, .deleting = disabled == kDeleting};
}

DirectoryResult<App> find_app(Connection& db, AppId app) {
  const auto rows = db.rows<long long, std::string, long long>(
      "SELECT id, name, disabled FROM app WHERE id = :id", app.value);
  if (rows.empty()) return not_found("app");
  return to_app(rows.front());
}

/// One that may be changed.
template <class T>
DirectoryResult<T> unless_deleting(DirectoryResult<T> found) {
  if (found && found->deleting) return refuse(DirectoryCode::conflict, "it is being deleted");
  return found;
}

bool app_name_taken(Connection& db, const std::string& name, AppId but) {
  return !db.rows<long long>("SELECT id FROM app WHERE name = :name AND id <> :id", name, but.value).empty();
}

ZoneRecord to_zone(const ZoneRow& row) {
  const auto& [id, app, app_name, name, friends, messages, devices, disabled] = row;
  return {.zone = {.id = ZoneId{id_of(id)},
                   .app = AppId{id_of(app)},
                   .app_name = app_name,
                   .zone_name = name,
                   .friends = static_cast<ports::FriendPolicy>(friends),
                   .messages = static_cast<ports::MessagePolicy>(messages),
                   .devices = static_cast<ports::DevicePolicy>(devices)},
          .disabled = disabled != 0,
          .deleting = disabled == kDeleting};
}

DirectoryResult<ZoneRecord> find_zone(Connection& db, AppId app, ZoneId zone) {
  const auto rows = db.rows<long long, long long, std::string, std::string, long long, long long, long long,
                            long long>(
      "SELECT z.id, z.app, a.name, z.name, z.friends, z.messages, z.devices, z.disabled FROM zone z"
      " JOIN app a ON a.id = z.app WHERE z.id = :id AND z.app = :app",
      zone.value, app.value);
  if (rows.empty()) return not_found("zone");
  return to_zone(rows.front());
}

bool zone_name_taken(Connection& db, AppId app, const std::string& name, ZoneId but) {
  return !db.rows<long long>("SELECT id FROM zone WHERE app = :app AND name = :name AND id <> :id", app.value,
                             name, but.value)
              .empty();
}

}  // namespace

// Apps ---------------------------------------------------------------------------------------------------------------

DirectoryResult<App> SociApps::create_app(const std::string& name) {
  return database_.write([&](Connection& db) -> DirectoryResult<App> {
    if (app_name_taken(db, name, {})) return refuse(DirectoryCode::name_taken, "app");
    const AppId id{next_id(db, region_, "app")};
    db.run("INSERT INTO app (id, name, disabled) VALUES (:id, :name, 0)", id.value, name);
    return App{.id = id, .name = name};
  });
}

DirectoryResult<App> SociApps::app(const std::string& name) {
  return database_.read([&](Connection& db) -> DirectoryResult<App> {
    const auto rows = db.rows<long long, std::string, long long>(
        "SELECT id, name, disabled FROM app WHERE name = :name", name);
    if (rows.empty()) return not_found("app");
    return to_app(rows.front());
  });
}

DirectoryResult<App> SociApps::rename_app(AppId app, const std::string& name) {
  return database_.write([&](Connection& db) -> DirectoryResult<App> {
    auto found = unless_deleting(find_app(db, app));
    if (!found) return found;
    if (app_name_taken(db, name, app)) return refuse(DirectoryCode::name_taken, "app");
    db.run("UPDATE app SET name = :name WHERE id = :id", name, app.value);
    found->name = name;
    return found;
  });
}

DirectoryResult<App> SociApps::disable_app(AppId app, bool disabled) {
  return database_.write([&](Connection& db) -> DirectoryResult<App> {
    auto found = unless_deleting(find_app(db, app));
    if (!found) return found;
    db.run("UPDATE app SET disabled = :disabled WHERE id = :id", disabled ? 1 : 0, app.value);
    found->disabled = disabled;
    return found;
  });
}

DirectoryResult<App> SociApps::delete_app(AppId app) {
  return database_.write([&](Connection& db) -> DirectoryResult<App> {
    auto found = find_app(db, app);
    if (!found) return found;
    db.run("UPDATE app SET disabled = :deleting WHERE id = :id", kDeleting, app.value);
    db.run("UPDATE zone SET disabled = :deleting WHERE app = :app", kDeleting, app.value);
    found->disabled = found->deleting = true;
    return found;
  });
}

DirectoryResult<std::vector<App>> SociApps::apps(AppId after, std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<App>> {
    std::vector<App> found;
    for (const auto& row : db.rows<long long, std::string, long long>(
             "SELECT id, name, disabled FROM app WHERE id > :after ORDER BY id LIMIT :count", after.value,
             limit)) {
      found.push_back(to_app(row));
    }
    return found;
  });
}

// Zones --------------------------------------------------------------------------------------------------------------

DirectoryResult<ZoneRecord> SociApps::create_zone(const ports::Zone& wanted, std::uint32_t zones_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<ZoneRecord> {
    const auto app = unless_deleting(find_app(db, wanted.app));
    if (!app) return fail(app.error());
    if (zone_name_taken(db, wanted.app, wanted.zone_name, {}))
      return refuse(DirectoryCode::name_taken, "zone");
    if (db.value<long long>("SELECT COUNT(*) FROM zone WHERE app = :app", wanted.app.value) >= zones_max)
      return at_limit("zones_max", zones_max);
    ports::Zone zone = wanted;
    zone.id = ZoneId{next_id(db, region_, "zone")};
    zone.app_name = app->name;
    db.run(
        "INSERT INTO zone (id, app, name, friends, messages, devices, disabled) VALUES (:id, :app, :name, "
        ":f, :m, "
        ":d, 0)",
        zone.id.value, zone.app.value, zone.zone_name, static_cast<int>(zone.friends),
        static_cast<int>(zone.messages), static_cast<int>(zone.devices));
    return ZoneRecord{.zone = std::move(zone)};
  });
}

DirectoryResult<ZoneRecord> SociApps::zone_record(AppId app, const std::string& name) {
  return database_.read([&](Connection& db) -> DirectoryResult<ZoneRecord> {
    const auto rows = db.rows<long long, long long, std::string, std::string, long long, long long, long long,
                              long long>(
        "SELECT z.id, z.app, a.name, z.name, z.friends, z.messages, z.devices, z.disabled FROM zone z"
        " JOIN app a ON a.id = z.app WHERE z.app = :app AND z.name = :name",
        app.value, name);
    if (rows.empty()) return not_found("zone");
    return to_zone(rows.front());
  });
}

DirectoryResult<ZoneRecord> SociApps::rename_zone(AppId app, ZoneId zone, const std::string& name) {
  return database_.write([&](Connection& db) -> DirectoryResult<ZoneRecord> {
    auto found = unless_deleting(find_zone(db, app, zone));
    if (!found) return found;
    if (zone_name_taken(db, app, name, zone)) return refuse(DirectoryCode::name_taken, "zone");
    db.run("UPDATE zone SET name = :name WHERE id = :id", name, zone.value);
    found->zone.zone_name = name;
    return found;
  });
}

DirectoryResult<ZoneRecord> SociApps::disable_zone(AppId app, ZoneId zone, bool disabled) {
  return database_.write([&](Connection& db) -> DirectoryResult<ZoneRecord> {
    auto found = unless_deleting(find_zone(db, app, zone));
    if (!found) return found;
    db.run("UPDATE zone SET disabled = :disabled WHERE id = :id", disabled ? 1 : 0, zone.value);
    found->disabled = disabled;
    return found;
  });
}

DirectoryResult<ZoneRecord> SociApps::delete_zone(AppId app, ZoneId zone) {
  return database_.write([&](Connection& db) -> DirectoryResult<ZoneRecord> {
    auto found = find_zone(db, app, zone);
    if (!found) return found;
    db.run("UPDATE zone SET disabled = :deleting WHERE id = :id", kDeleting, zone.value);
    found->disabled = found->deleting = true;
    return found;
  });
}

DirectoryResult<ports::AppUsage> SociApps::left_in(AppId app, ZoneId zone) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ports::AppUsage> {
    if (const auto found = find_zone(db, app, zone); !found) return fail(found.error());
    return ports::AppUsage{
        .members = id_of(db.value<long long>("SELECT COUNT(*) FROM member WHERE zone = :z", zone.value)),
        .rooms = id_of(db.value<long long>("SELECT COUNT(*) FROM room WHERE zone = :z", zone.value))};
  });
}

DirectoryResult<std::vector<ZoneRecord>> SociApps::zones(AppId app, ZoneId after, std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<ZoneRecord>> {
    std::vector<ZoneRecord> found;
    for (const auto& row :
         db.rows<long long, long long, std::string, std::string, long long, long long, long long, long long>(
             "SELECT z.id, z.app, a.name, z.name, z.friends, z.messages, z.devices, z.disabled FROM zone z"
             " JOIN app a ON a.id = z.app WHERE z.app = :app AND z.id > :after ORDER BY z.id LIMIT :count",
             app.value, after.value, limit)) {
      found.push_back(to_zone(row));
    }
    return found;
  });
}

DirectoryResult<bool> SociApps::is_shared(AccountId account, AppId app) {
  return database_.read([&](Connection& db) -> DirectoryResult<bool> {
    return db.value<long long>(
               "SELECT EXISTS(SELECT 1 FROM member m JOIN zone z ON z.id = m.zone WHERE m.account = :account"
               " AND z.app <> :app)",
               account.value, app.value) != 0;
  });
}

DirectoryResult<std::vector<ports::AccountMember>> SociApps::account_members(AccountId account) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<ports::AccountMember>> {
    std::vector<ports::AccountMember> found;
    for (const auto& [id, nickname, avatar, custom, friends, messages, zone, zone_name, app, app_name] :
         db.rows<long long, std::string, std::string, std::string, long long, long long, long long,
                 std::string, long long, std::string>(
             "SELECT m.id, m.nickname, m.avatar, m.custom, m.friends_from, m.messages_from, z.id, z.name,"
             " a.id, a.name FROM member m JOIN zone z ON z.id = m.zone"
             " JOIN app a ON a.id = z.app WHERE m.account = :account ORDER BY m.id",
             account.value)) {
      found.push_back({.member = {.id = MemberId{static_cast<std::uint64_t>(id)},
                                  .account = account,
                                  .zone = ZoneId{static_cast<std::uint64_t>(zone)},
                                  .nickname = nickname,
                                  .avatar = avatar,
                                  .custom = custom,
                                  .settings = {.friends_from = static_cast<ports::FriendsFrom>(friends),
                                               .messages_from = static_cast<ports::MessagesFrom>(messages)}},
                       .app = AppId{static_cast<std::uint64_t>(app)},
                       .app_name = app_name,
                       .zone_name = zone_name});
    }
    return found;
  });
}

}  // namespace plaza::sql
