#include "sql/soci_directory.h"
#include "sql/soci_moderation.h"

namespace plaza::sql {

using ports::DirectoryResult;
using ports::Sanction;
using ports::SanctionKind;

namespace {

/// `sql` selects the columns of a sanction in the order of the row.
template <class... In>
std::vector<Sanction> read_sanctions(Connection& db, const char* sql, const In&... in) {
  std::vector<Sanction> found;
  for (const auto& [zone, member, kind, since_ms, until_ms, reason, by] :
       db.rows<long long, long long, long long, long long, long long, std::string, std::string>(sql, in...)) {
    found.push_back({.zone = ZoneId{static_cast<std::uint64_t>(zone)},
                     .member = MemberId{static_cast<std::uint64_t>(member)},
                     .kind = static_cast<SanctionKind>(kind),
                     .since_ms = since_ms,
                     .until_ms = until_ms,
                     .reason = reason,
                     .by = by});
  }
  return found;
}

constexpr const char* kOfMember =
    "SELECT zone, member, kind, since_ms, until_ms, reason, decided_by FROM sanction"
    " WHERE member = :member AND zone = :zone AND (until_ms = 0 OR until_ms > :now) ORDER BY kind";
constexpr const char* kPageOfZone =
    "SELECT zone, member, kind, since_ms, until_ms, reason, decided_by FROM sanction"
    " WHERE zone = :zone AND (member > :m OR (member = :n AND kind > :kind)) AND (until_ms = 0 OR until_ms > "
    ":now)"
    " ORDER BY member, kind LIMIT :limit";
constexpr const char* kPageOfAll =
    "SELECT zone, member, kind, since_ms, until_ms, reason, decided_by FROM sanction"
    " WHERE (member > :m OR (member = :n AND kind > :kind)) AND (until_ms = 0 OR until_ms > :now)"
    " ORDER BY member, kind LIMIT :limit";

}  // namespace

DirectoryResult<void> SociModeration::put_sanction(const Sanction& s) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    if (!member_exists(db, s.zone, s.member)) return not_found("member");
    const auto kind = static_cast<int>(s.kind);
    const auto changed = db.run(
        "UPDATE sanction SET since_ms = :s, until_ms = :u, reason = :r, decided_by = :b"
        " WHERE member = :m AND kind = :k",
        s.since_ms, s.until_ms, s.reason, s.by, s.member.value, kind);
    if (changed != 0) return {};
    if (db.value<long long>("SELECT COUNT(*) FROM sanction WHERE zone = :zone", s.zone.value) >=
        limits_.sanctions_per_zone_max) {
      return at_limit("sanctions_per_zone_max", limits_.sanctions_per_zone_max);
    }
    db.run(
        "INSERT INTO sanction (member, kind, zone, since_ms, until_ms, reason, decided_by)"
        " VALUES (:m, :k, :z, :s, :u, :r, :b)",
        s.member.value, kind, s.zone.value, s.since_ms, s.until_ms, s.reason, s.by);
    return {};
  });
}

DirectoryResult<bool> SociModeration::lift_sanction(ZoneId zone, MemberId member, SanctionKind kind,
                                                    std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<bool> {
    if (!member_exists(db, zone, member)) return not_found("member");
    const auto number = static_cast<int>(kind);
    const bool in_force = !db.rows<long long>(
                                 "SELECT kind FROM sanction WHERE member = :m AND kind = :k"
                                 " AND (until_ms = 0 OR until_ms > :now)",
                                 member.value, number, now_ms)
                               .empty();
    db.run("DELETE FROM sanction WHERE member = :m AND kind = :k", member.value, number);
    return in_force;
  });
}

DirectoryResult<std::vector<Sanction>> SociModeration::sanctions_of(ZoneId zone, MemberId member,
                                                                    std::int64_t now_ms) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<std::vector<Sanction>> {
    if (!member_exists(db, zone, member)) return not_found("member");
    return read_sanctions(db, kOfMember, member.value, zone.value, now_ms);
  });
}

DirectoryResult<std::vector<Sanction>> SociModeration::sanctions(ZoneId zone, ports::SanctionKey after,
                                                                 std::int64_t now_ms, std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Sanction>> {
    const auto kind = static_cast<int>(after.kind);
    const auto member = after.member.value;
    return zone ? read_sanctions(db, kPageOfZone, zone.value, member, member, kind, now_ms, limit)
                : read_sanctions(db, kPageOfAll, member, member, kind, now_ms, limit);
  });
}

DirectoryResult<std::uint32_t> SociModeration::expire_sanctions(std::int64_t now_ms, std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto over = db.rows<long long, long long>(
        "SELECT member, kind FROM sanction WHERE until_ms > 0 AND until_ms <= :now ORDER BY until_ms LIMIT "
        ":limit",
        now_ms, limit);
    for (const auto& [member, kind] : over)
      db.run("DELETE FROM sanction WHERE member = :m AND kind = :k", member, kind);
    return static_cast<std::uint32_t>(over.size());
  });
}

}  // namespace plaza::sql
