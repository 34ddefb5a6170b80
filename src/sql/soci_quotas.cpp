#include "sql/soci_quotas.h"

#include "sql/soci_apps.h"
#include "sql/soci_directory.h"
#include "tenancy/quota_metrics.h"

namespace plaza::sql {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;
using ports::OwnQuotas;
using ports::Quota;

namespace {

bool app_exists(Connection& db, AppId app) {
  return !db.rows<long long>("SELECT id FROM app WHERE id = :id", app.value).empty();
}

/// `update` counts in the row of the zone's app; `insert` makes it.
void count(Connection& db, const char* update, const char* insert, ZoneId zone, int more) {
  if (db.run(update, more, zone.value) == 0) db.run(insert, more, zone.value);
}

}  // namespace

std::optional<DirectoryError> over_quota(Connection& db, ZoneId zone, Quota quota,
                                         const ports::Quotas& settings) {
  const auto rows = db.rows<long long, long long, long long>(
      "SELECT COALESCE(u.members, 0), COALESCE(u.rooms, 0), COALESCE(q.amount, -1) FROM zone z"
      " LEFT JOIN app_usage u ON u.app = z.app LEFT JOIN app_quota q ON q.app = z.app AND q.quota = :quota"
      " WHERE z.id = :zone",
      static_cast<int>(quota), zone.value);
  if (rows.empty()) return std::nullopt;
  const auto& [members, rooms, own] = rows.front();
  const std::uint64_t most = own < 0 ? settings.of(quota) : static_cast<std::uint64_t>(own);
  const auto has = static_cast<std::uint64_t>(quota == Quota::members ? members : rooms);
  if (most == 0 || has < most) return std::nullopt;
  tenancy::count_refusal(quota);
  return DirectoryError{DirectoryCode::quota, ports::quota_detail(quota, most)};
}

void count_members(Connection& db, ZoneId zone, int more) {
  count(db,
        "UPDATE app_usage SET members = members + :more WHERE app = (SELECT app FROM zone WHERE id = :zone)",
        "INSERT INTO app_usage (app, members, rooms) SELECT app, :more, 0 FROM zone WHERE id = :zone", zone,
        more);
}

void count_rooms(Connection& db, ZoneId zone, int more) {
  count(db, "UPDATE app_usage SET rooms = rooms + :more WHERE app = (SELECT app FROM zone WHERE id = :zone)",
        "INSERT INTO app_usage (app, members, rooms) SELECT app, 0, :more FROM zone WHERE id = :zone", zone,
        more);
}

OwnQuotas own_quotas(Connection& db, AppId app) {
  OwnQuotas own;
  for (const auto& [quota, amount] : db.rows<long long, long long>(
           "SELECT quota, amount FROM app_quota WHERE app = :app ORDER BY quota", app.value)) {
    own.amounts.at(static_cast<std::size_t>(quota)) = static_cast<std::uint64_t>(amount);
  }
  return own;
}

// Apps ---------------------------------------------------------------------------------------------------------------

DirectoryResult<OwnQuotas> SociApps::quotas(AppId app) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<OwnQuotas> {
    if (!app_exists(db, app)) return not_found("app");
    return own_quotas(db, app);
  });
}

DirectoryResult<OwnQuotas> SociApps::set_quotas(AppId app, const OwnQuotas& wanted) {
  return database_.write([&](Connection& db) -> DirectoryResult<OwnQuotas> {
    if (!app_exists(db, app)) return not_found("app");
    db.run("DELETE FROM app_quota WHERE app = :app", app.value);
    for (std::size_t quota = 0; quota < ports::kQuotas; ++quota) {
      if (!wanted.amounts[quota]) continue;
      db.run("INSERT INTO app_quota (app, quota, amount) VALUES (:app, :quota, :amount)", app.value,
             static_cast<int>(quota), *wanted.amounts[quota]);
    }
    return wanted;
  });
}

DirectoryResult<ports::AppUsage> SociApps::usage(AppId app) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<ports::AppUsage> {
    if (!app_exists(db, app)) return not_found("app");
    const auto rows = db.rows<long long, long long>("SELECT members, rooms FROM app_usage WHERE app = :app",
                                                    app.value);
    if (rows.empty()) return ports::AppUsage{};
    const auto& [members, rooms] = rows.front();
    return ports::AppUsage{.members = static_cast<std::uint64_t>(members),
                           .rooms = static_cast<std::uint64_t>(rooms)};
  });
}

}  // namespace plaza::sql
