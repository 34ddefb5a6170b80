#include "sql/directory_schema.h"
#include "sql/soci_directory.h"
#include "sql/soci_quotas.h"

namespace plaza::sql {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;

std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
std::unexpected<DirectoryError> not_found(const char* what) { return refuse(DirectoryCode::not_found, what); }
std::unexpected<DirectoryError> at_limit(const char* name, std::uint32_t limit) {
  return refuse(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}

namespace {

using ZoneRow = std::tuple<long long, long long, std::string, std::string, long long, long long, long long>;
using MemberRow = std::tuple<long long, long long, long long, std::string, std::string, std::string,
                             long long, long long, long long>;
using AccountRow = std::tuple<long long, std::string, std::string>;

std::uint64_t id_of(long long value) { return static_cast<std::uint64_t>(value); }

DirectoryResult<ports::Zone> first_zone(const std::vector<ZoneRow>& rows) {
  if (rows.empty()) return not_found("zone");
  const auto& [id, app, app_name, name, friends, messages, devices] = rows.front();
  return ports::Zone{.id = ZoneId{id_of(id)},
                     .app = AppId{id_of(app)},
                     .app_name = app_name,
                     .zone_name = name,
                     .friends = static_cast<ports::FriendPolicy>(friends),
                     .messages = static_cast<ports::MessagePolicy>(messages),
                     .devices = static_cast<ports::DevicePolicy>(devices)};
}

ports::Member to_member(const MemberRow& row) {
  const auto& [id, account, zone, nickname, avatar, custom, friends_from, messages_from, version] = row;
  return {.id = MemberId{id_of(id)},
          .account = AccountId{id_of(account)},
          .zone = ZoneId{id_of(zone)},
          .nickname = nickname,
          .avatar = avatar,
          .custom = custom,
          .settings = {.friends_from = static_cast<ports::FriendsFrom>(friends_from),
                       .messages_from = static_cast<ports::MessagesFrom>(messages_from)},
          .version = id_of(version)};
}
// A literal, because its address names the prepared statement.
#define PLAZA_MEMBERS_WHERE                                                                               \
  "SELECT id, account, zone, nickname, avatar, custom, friends_from, messages_from, version FROM member " \
  "WHERE "

template <class... Values>
std::vector<MemberRow> member_rows(Connection& db, const char* sql, const Values&... values) {
  return db.rows<long long, long long, long long, std::string, std::string, std::string, long long, long long,
                 long long>(sql, values...);
}
DirectoryResult<ports::Member> first_member(const std::vector<MemberRow>& rows) {
  if (rows.empty()) return not_found("member");
  return to_member(rows.front());
}

DirectoryResult<ports::Account> first_account(const std::vector<AccountRow>& rows) {
  if (rows.empty()) return not_found("account");
  const auto& [id, name, hash] = rows.front();
  return ports::Account{.id = AccountId{id_of(id)}, .name = name, .password_hash = hash};
}

std::vector<AccountRow> third_party_rows(Connection& db, const std::string& vendor, const std::string& user) {
  return db.rows<long long, std::string, std::string>(
      "SELECT a.id, a.name, a.password_hash FROM third_party t JOIN account a ON a.id = t.account"
      " WHERE t.vendor = :vendor AND t.vendor_user = :user",
      vendor, user);
}

bool zone_exists(Connection& db, ZoneId zone) {
  return !db.rows<long long>("SELECT id FROM zone WHERE id = :id", zone.value).empty();
}
bool nickname_taken(Connection& db, ZoneId zone, const std::string& key) {
  return !db.rows<long long>("SELECT id FROM member WHERE zone = :zone AND nickname_key = :key", zone.value,
                             key)
              .empty();
}

}  // namespace

std::uint64_t next_id(Connection& db, std::uint8_t region, const char* kind) {
  const std::string name = kind;
  db.run("UPDATE id_counter SET last = last + 1 WHERE kind = :kind", name);
  return make_id(region, id_of(db.value<long long>("SELECT last FROM id_counter WHERE kind = :kind", name)));
}

bool member_exists(Connection& db, ZoneId zone, MemberId member) {
  return !db.rows<long long>("SELECT id FROM member WHERE id = :id AND zone = :zone", member.value,
                             zone.value)
              .empty();
}

SociDirectory::SociDirectory(Target target, const SqlDirectoryOptions& options)
    : limits_(options.limits),
      region_(options.region),
      installation_(options.installation),
      database_(std::move(target), options.readers),
      apps_(database_, options.region),
      idempotency_(database_),
      audit_(database_, options.audit_key),
      moderation_(database_, options.moderation, options.region),
      announcements_(database_, options.announcements, options.region),
      app_events_(database_),
      webhooks_(database_, options.region) {}

DirectoryResult<std::uint32_t> SociDirectory::migrate() {
  return database_.write([this](Connection& db) { return migrate_directory(db, installation_); });
}

std::uint64_t SociDirectory::next_id(Connection& db, const char* kind) const {
  return sql::next_id(db, region_, kind);
}

// Apps and zones -----------------------------------------------------------------------------------------------------

DirectoryResult<ports::Zone> SociDirectory::zone(const std::string& app, const std::string& zone) {
  return database_.read([&](Connection& db) {
    return first_zone(
        db.rows<long long, long long, std::string, std::string, long long, long long, long long>(
            "SELECT z.id, z.app, a.name, z.name, z.friends, z.messages, z.devices FROM app a JOIN zone z ON "
            "z.app = a.id"
            " WHERE a.name = :app AND z.name = :zone AND z.disabled = 0 AND a.disabled = 0",
            app, zone));
  });
}

DirectoryResult<ports::Zone> SociDirectory::zone(ZoneId id) {
  return database_.read([&](Connection& db) {
    return first_zone(
        db.rows<long long, long long, std::string, std::string, long long, long long, long long>(
            "SELECT z.id, z.app, a.name, z.name, z.friends, z.messages, z.devices FROM zone z JOIN app a ON "
            "a.id = z.app"
            " WHERE z.id = :id AND z.disabled = 0 AND a.disabled = 0",
            id.value));
  });
}

DirectoryResult<ports::Zone> SociDirectory::put_zone(const ports::Zone& wanted) {
  return database_.write([&](Connection& db) -> DirectoryResult<ports::Zone> {
    ports::Zone zone = wanted;
    const auto apps = db.rows<long long>("SELECT id FROM app WHERE name = :name", wanted.app_name);
    zone.app = AppId{apps.empty() ? next_id(db, "app") : id_of(std::get<0>(apps.front()))};
    if (apps.empty())
      db.run("INSERT INTO app (id, name) VALUES (:id, :name)", zone.app.value, wanted.app_name);

    const auto friends = static_cast<int>(wanted.friends), messages = static_cast<int>(wanted.messages),
               devices = static_cast<int>(wanted.devices);
    const auto zones = db.rows<long long>("SELECT id FROM zone WHERE app = :app AND name = :name",
                                          zone.app.value, wanted.zone_name);
    if (zones.empty()) {
      zone.id = ZoneId{next_id(db, "zone")};
      db.run(
          "INSERT INTO zone (id, app, name, friends, messages, devices) VALUES (:id, :app, :name, :f, :m, "
          ":d)",
          zone.id.value, zone.app.value, wanted.zone_name, friends, messages, devices);
    } else {
      zone.id = ZoneId{id_of(std::get<0>(zones.front()))};
      db.run("UPDATE zone SET friends = :f, messages = :m, devices = :d WHERE id = :id", friends, messages,
             devices, zone.id.value);
    }
    return zone;
  });
}

// Accounts -----------------------------------------------------------------------------------------------------------

DirectoryResult<ports::Member> SociDirectory::register_account(const std::string& name,
                                                               const std::string& name_key,
                                                               const std::string& password_hash,
                                                               ZoneId zone) {
  return database_.write([&](Connection& db) -> DirectoryResult<ports::Member> {
    if (!zone_exists(db, zone)) return not_found("zone");
    if (!db.rows<long long>("SELECT account FROM account_name WHERE name_key = :key", name_key).empty()) {
      return refuse(DirectoryCode::name_taken, "account name");
    }
    if (nickname_taken(db, zone, name_key)) return refuse(DirectoryCode::name_taken, "nickname");
    const AccountId id{next_id(db, "account")};
    db.run("INSERT INTO account (id, name, password_hash) VALUES (:id, :name, :hash)", id.value, name,
           password_hash);
    db.run("INSERT INTO account_name (name_key, account) VALUES (:key, :account)", name_key, id.value);
    return insert_member(db, {.id = {}, .account = id, .zone = zone, .nickname = name, .avatar = {}},
                         name_key);
  });
}

DirectoryResult<ports::Account> SociDirectory::account(AccountId id) {
  return database_.read([&](Connection& db) {
    return first_account(db.rows<long long, std::string, std::string>(
        "SELECT id, name, password_hash FROM account WHERE id = :id", id.value));
  });
}

DirectoryResult<ports::Account> SociDirectory::account_by_name(const std::string& name_key) {
  return database_.read([&](Connection& db) {
    return first_account(db.rows<long long, std::string, std::string>(
        "SELECT a.id, a.name, a.password_hash FROM account_name n JOIN account a ON a.id = n.account"
        " WHERE n.name_key = :key",
        name_key));
  });
}

DirectoryResult<ports::Account> SociDirectory::third_party_account(const std::string& vendor,
                                                                   const std::string& vendor_user) {
  auto known = database_.read(
      [&](Connection& db) { return first_account(third_party_rows(db, vendor, vendor_user)); });
  if (known || known.error().code != DirectoryCode::not_found) return known;
  return database_.write([&](Connection& db) -> DirectoryResult<ports::Account> {
    if (auto now = first_account(third_party_rows(db, vendor, vendor_user))) return now;
    const AccountId id{next_id(db, "account")};
    db.run("INSERT INTO account (id, name, password_hash) VALUES (:id, '', '')", id.value);
    db.run("INSERT INTO third_party (vendor, vendor_user, account) VALUES (:vendor, :user, :account)", vendor,
           vendor_user, id.value);
    return ports::Account{.id = id, .name = {}, .password_hash = {}};
  });
}

DirectoryResult<void> SociDirectory::set_password(AccountId id, const std::string& password_hash) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    if (db.run("UPDATE account SET password_hash = :hash WHERE id = :id", password_hash, id.value) == 0) {
      return not_found("account");
    }
    return {};
  });
}

// Members ------------------------------------------------------------------------------------------------------------

DirectoryResult<ports::Member> SociDirectory::insert_member(Connection& db, ports::Member member,
                                                            const std::string& key) const {
  if (auto full = over_quota(db, member.zone, ports::Quota::members, limits_.app))
    return fail(std::move(*full));
  count_members(db, member.zone, 1);
  member.id = MemberId{next_id(db, "member")};
  db.run(
      "INSERT INTO member (id, account, zone, nickname, nickname_key, avatar)"
      " VALUES (:id, :account, :zone, :nickname, :key, :avatar)",
      member.id.value, member.account.value, member.zone.value, member.nickname, key, member.avatar);
  return member;
}

DirectoryResult<ports::Member> SociDirectory::create_member(AccountId account, ZoneId zone,
                                                            const std::string& nickname,
                                                            const std::string& nickname_key,
                                                            const std::string& avatar) {
  return database_.write([&](Connection& db) -> DirectoryResult<ports::Member> {
    if (db.rows<long long>("SELECT id FROM account WHERE id = :id", account.value).empty())
      return not_found("account");
    if (!zone_exists(db, zone)) return not_found("zone");
    const auto count = db.value<long long>(
        "SELECT COUNT(*) FROM member WHERE account = :account AND zone = :zone", account.value, zone.value);
    if (count >= limits_.members_per_account_max) {
      return at_limit("members_per_account_max", limits_.members_per_account_max);
    }
    if (nickname_taken(db, zone, nickname_key)) return refuse(DirectoryCode::name_taken, "nickname");
    return insert_member(db,
                         {.id = {}, .account = account, .zone = zone, .nickname = nickname, .avatar = avatar},
                         nickname_key);
  });
}

DirectoryResult<ports::Member> SociDirectory::update_member(ZoneId zone, MemberId id,
                                                            const ports::MemberChange& change) {
  return database_.write([&](Connection& db) -> DirectoryResult<ports::Member> {
    auto member = first_member(
        member_rows(db, PLAZA_MEMBERS_WHERE "id = :id AND zone = :zone", id.value, zone.value));
    if (!member) return member;
    if (change.nickname) {
      const auto owner = member_rows(db, PLAZA_MEMBERS_WHERE "zone = :zone AND nickname_key = :key",
                                     zone.value, *change.nickname_key);
      if (!owner.empty() && to_member(owner.front()).id != id)
        return refuse(DirectoryCode::name_taken, "nickname");
      member->nickname = *change.nickname;
      db.run("UPDATE member SET nickname = :nickname, nickname_key = :key WHERE id = :id", *change.nickname,
             *change.nickname_key, id.value);
    }
    if (change.avatar) member->avatar = *change.avatar;
    if (change.custom) member->custom = *change.custom;
    if (change.friends_from) member->settings.friends_from = *change.friends_from;
    if (change.messages_from) member->settings.messages_from = *change.messages_from;
    ++member->version;
    const auto friends_from = static_cast<int>(member->settings.friends_from),
               messages_from = static_cast<int>(member->settings.messages_from);
    db.run(
        "UPDATE member SET avatar = :avatar, custom = :custom, friends_from = :ff, messages_from = :mf,"
        " version = :version WHERE id = :id",
        member->avatar, member->custom, friends_from, messages_from, member->version, id.value);
    return member;
  });
}

DirectoryResult<ports::Member> SociDirectory::member(ZoneId zone, MemberId id) {
  return database_.read([&](Connection& db) {
    return first_member(
        member_rows(db, PLAZA_MEMBERS_WHERE "id = :id AND zone = :zone", id.value, zone.value));
  });
}

DirectoryResult<ports::Member> SociDirectory::member_by_id(MemberId id) {
  return database_.read([&](Connection& db) {
    return first_member(member_rows(db, PLAZA_MEMBERS_WHERE "id = :id", id.value));
  });
}

DirectoryResult<ports::Member> SociDirectory::member_by_nickname(ZoneId zone,
                                                                 const std::string& nickname_key) {
  return database_.read([&](Connection& db) {
    return first_member(member_rows(db, PLAZA_MEMBERS_WHERE "zone = :zone AND nickname_key = :key",
                                    zone.value, nickname_key));
  });
}

DirectoryResult<std::vector<ports::Member>> SociDirectory::members_of(AccountId account, ZoneId zone) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<ports::Member>> {
    std::vector<ports::Member> found;
    for (const auto& row :
         member_rows(db, PLAZA_MEMBERS_WHERE "account = :account AND zone = :zone ORDER BY id", account.value,
                     zone.value)) {
      found.push_back(to_member(row));
    }
    return found;
  });
}

}  // namespace plaza::sql
