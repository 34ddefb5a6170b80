#include "sql/directory_schema.h"

#include <array>
#include <vector>

#include "sql/sql_directory.h"

namespace plaza::sql {
namespace {

// Append only: what was released is never changed; a change is a further migration. Portable SQL: types and statements that
// SQLite, PostgreSQL and MariaDB take alike, no NULLs, ids from id_counter.
using Migration = std::vector<const char*>;

const Migration kFirst{
    "CREATE TABLE id_counter (kind VARCHAR(16) NOT NULL PRIMARY KEY, last BIGINT NOT NULL)",
    "INSERT INTO id_counter (kind, last) VALUES ('app', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('zone', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('account', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('member', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('token', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('room', 0)",

    "CREATE TABLE app (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL UNIQUE)",
    "CREATE TABLE zone (id BIGINT NOT NULL PRIMARY KEY, app BIGINT NOT NULL REFERENCES app (id),"
    " name VARCHAR(64) NOT NULL, friends SMALLINT NOT NULL, messages SMALLINT NOT NULL, devices SMALLINT NOT "
    "NULL,"
    " UNIQUE (app, name))",

    // A third-party account has a row in third_party instead of one in account_name, and no password_hash.
    "CREATE TABLE account (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL,"
    " password_hash VARCHAR(160) NOT NULL)",
    "CREATE TABLE account_name (name_key VARCHAR(192) NOT NULL PRIMARY KEY,"
    " account BIGINT NOT NULL REFERENCES account (id))",
    "CREATE TABLE third_party (vendor VARCHAR(32) NOT NULL, vendor_user VARCHAR(128) NOT NULL,"
    " account BIGINT NOT NULL REFERENCES account (id), PRIMARY KEY (vendor, vendor_user))",

    "CREATE TABLE member (id BIGINT NOT NULL PRIMARY KEY, account BIGINT NOT NULL REFERENCES account (id),"
    " zone BIGINT NOT NULL REFERENCES zone (id), nickname VARCHAR(128) NOT NULL, nickname_key VARCHAR(192) "
    "NOT NULL,"
    " avatar VARCHAR(256) NOT NULL, UNIQUE (zone, nickname_key))",
    "CREATE INDEX member_account ON member (account, zone)",

    // hash: hexadecimal. member: 0 for a token of an account.
    "CREATE TABLE token (id BIGINT NOT NULL PRIMARY KEY, kind SMALLINT NOT NULL, hash CHAR(64) NOT NULL "
    "UNIQUE,"
    " account BIGINT NOT NULL REFERENCES account (id), member BIGINT NOT NULL, zone BIGINT NOT NULL "
    "REFERENCES zone (id),"
    " device VARCHAR(32) NOT NULL, created_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL)",
    "CREATE INDEX token_account ON token (account)",
    "CREATE INDEX token_expires ON token (expires_ms)",

    // Two rows for two members, each from one's side; a block is written in both, so that one look tells all.
    "CREATE TABLE friend (member BIGINT NOT NULL REFERENCES member (id), peer BIGINT NOT NULL REFERENCES "
    "member (id),"
    " friendship SMALLINT NOT NULL, blocked_by_me SMALLINT NOT NULL, blocked_by_them SMALLINT NOT NULL,"
    " remark VARCHAR(256) NOT NULL, PRIMARY KEY (member, peer))",

    "CREATE TABLE room (id BIGINT NOT NULL PRIMARY KEY, zone BIGINT NOT NULL REFERENCES zone (id),"
    " name VARCHAR(128) NOT NULL, name_key VARCHAR(192) NOT NULL, description VARCHAR(1024) NOT NULL,"
    " members BIGINT NOT NULL, UNIQUE (zone, name_key))",
    "CREATE TABLE room_member (room BIGINT NOT NULL REFERENCES room (id),"
    " member BIGINT NOT NULL REFERENCES member (id), role SMALLINT NOT NULL, PRIMARY KEY (room, member))",
    "CREATE INDEX room_member_member ON room_member (member)",
};

/// One row: the number that this database shares with the one of the streams, so that neither is taken for another's.
const Migration kSecond{
    "CREATE TABLE installation (id BIGINT NOT NULL)",
};

/// Apps and zones can be closed; an app's own servers with their keys; calls that may be repeated; the audit log.
const Migration kAdministration{
    "ALTER TABLE app ADD COLUMN disabled SMALLINT NOT NULL DEFAULT 0",
    "ALTER TABLE zone ADD COLUMN disabled SMALLINT NOT NULL DEFAULT 0",
    "INSERT INTO id_counter (kind, last) VALUES ('server', 0)",

    // networks: separated by blanks.
    "CREATE TABLE backend_server (id BIGINT NOT NULL PRIMARY KEY, app BIGINT NOT NULL REFERENCES app (id),"
    " name VARCHAR(64) NOT NULL, networks VARCHAR(2048) NOT NULL, created_ms BIGINT NOT NULL, UNIQUE (app, "
    "name))",
    // sealed_secret: hexadecimal, see base/secret_box.h. revoked_ms: 0 for one that is good.
    "CREATE TABLE api_key (id VARCHAR(64) NOT NULL PRIMARY KEY, server BIGINT NOT NULL REFERENCES "
    "backend_server (id),"
    " sealed_secret VARCHAR(512) NOT NULL, created_ms BIGINT NOT NULL, revoked_ms BIGINT NOT NULL)",
    "CREATE INDEX api_key_server ON api_key (server, created_ms)",

    // done: 0 while the call is being made by `run`.
    "CREATE TABLE repeatable_call (app BIGINT NOT NULL, call_key VARCHAR(64) NOT NULL, operation VARCHAR(64) "
    "NOT NULL,"
    " request_hash CHAR(64) NOT NULL, run VARCHAR(64) NOT NULL, claimed_ms BIGINT NOT NULL, done SMALLINT "
    "NOT NULL,"
    " answer TEXT NOT NULL, PRIMARY KEY (app, call_key))",
    "CREATE INDEX repeatable_call_claimed ON repeatable_call (claimed_ms)",

    "CREATE TABLE audit (seq BIGINT NOT NULL PRIMARY KEY, time_ms BIGINT NOT NULL, app BIGINT NOT NULL,"
    " actor VARCHAR(160) NOT NULL, action VARCHAR(64) NOT NULL, target VARCHAR(512) NOT NULL, outcome "
    "VARCHAR(256) NOT "
    "NULL,"
    " digest VARCHAR(64) NOT NULL, hash CHAR(64) NOT NULL)",
    "CREATE INDEX audit_app ON audit (app, seq)",
    // One row: the newest entry, so that removing the last ones is seen.
    "CREATE TABLE audit_head (seq BIGINT NOT NULL, hash VARCHAR(64) NOT NULL)",
    "INSERT INTO audit_head (seq, hash) VALUES (0, '')",
};

/// The channels that apps declare. history_age_ms and rate_per_s: 0 is no limit.
const Migration kChannels{
    "INSERT INTO id_counter (kind, last) VALUES ('channel', 0)",
    "CREATE TABLE channel (id BIGINT NOT NULL PRIMARY KEY, zone BIGINT NOT NULL REFERENCES zone (id),"
    " name VARCHAR(64) NOT NULL, persistent SMALLINT NOT NULL, publish SMALLINT NOT NULL,"
    " history_max BIGINT NOT NULL, history_age_ms BIGINT NOT NULL, rate_per_s BIGINT NOT NULL,"
    " rate_burst BIGINT NOT NULL, UNIQUE (zone, name))",
};

/// Who is muted and banned, what was reported, which words a zone does not want. until_ms: 0 is without end. reporter: 0 is the
/// word filter.
const Migration kModeration{
    "INSERT INTO id_counter (kind, last) VALUES ('report', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('word_rule', 0)",
    "CREATE TABLE sanction (member BIGINT NOT NULL REFERENCES member (id), kind SMALLINT NOT NULL,"
    " zone BIGINT NOT NULL REFERENCES zone (id), since_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL,"
    " reason VARCHAR(256) NOT NULL, decided_by VARCHAR(128) NOT NULL, PRIMARY KEY (member, kind))",
    "CREATE INDEX sanction_zone ON sanction (zone, member, kind)",
    "CREATE INDEX sanction_until ON sanction (until_ms)",
    "CREATE TABLE report (id BIGINT NOT NULL PRIMARY KEY, zone BIGINT NOT NULL REFERENCES zone (id),"
    " reporter BIGINT NOT NULL, time_ms BIGINT NOT NULL, reason VARCHAR(256) NOT NULL,"
    " stream_a BIGINT NOT NULL, stream_b BIGINT NOT NULL, stream_seq BIGINT NOT NULL, message BIGINT NOT "
    "NULL,"
    " sender BIGINT NOT NULL, sender_name VARCHAR(128) NOT NULL, sent_ms BIGINT NOT NULL, kind SMALLINT NOT "
    "NULL,"
    " body TEXT NOT NULL, state SMALLINT NOT NULL, closed_by VARCHAR(128) NOT NULL,"
    " resolution VARCHAR(256) NOT NULL, closed_ms BIGINT NOT NULL, UNIQUE (message, reporter))",
    "CREATE INDEX report_zone ON report (zone, state, id)",
    "CREATE TABLE word_rule (id BIGINT NOT NULL PRIMARY KEY, zone BIGINT NOT NULL REFERENCES zone (id),"
    " matching SMALLINT NOT NULL, action SMALLINT NOT NULL, text VARCHAR(256) NOT NULL,"
    " UNIQUE (zone, matching, text))",
};

/// number: 0 while it is scheduled. announcement_member: whom one is for that names members, or is for a room.
const Migration kAnnouncements{
    "INSERT INTO id_counter (kind, last) VALUES ('announcement', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('announcement_nr', 0)",
    "CREATE TABLE announcement (id BIGINT NOT NULL PRIMARY KEY, app BIGINT NOT NULL REFERENCES app (id),"
    " target SMALLINT NOT NULL, zone BIGINT NOT NULL, room BIGINT NOT NULL, name VARCHAR(128) NOT NULL,"
    " kind SMALLINT NOT NULL, body TEXT NOT NULL, created_ms BIGINT NOT NULL, not_before_ms BIGINT NOT NULL,"
    " until_ms BIGINT NOT NULL, made_by VARCHAR(128) NOT NULL, state SMALLINT NOT NULL, number BIGINT NOT "
    "NULL)",
    "CREATE INDEX announcement_app ON announcement (app, id)",
    "CREATE INDEX announcement_state ON announcement (state, not_before_ms)",
    "CREATE TABLE announcement_member (announcement BIGINT NOT NULL REFERENCES announcement (id),"
    " member BIGINT NOT NULL, PRIMARY KEY (announcement, member))",
};

/// Rooms with settings, roles and lists. admins, fanout: member ids as soci_room_rows.h writes them.
const Migration kRooms{
    "ALTER TABLE room ADD COLUMN avatar VARCHAR(256) NOT NULL DEFAULT ''",
    "ALTER TABLE room ADD COLUMN join_policy SMALLINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN speak_policy SMALLINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN members_max BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN slow_mode_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN history_visible SMALLINT NOT NULL DEFAULT 1",
    "ALTER TABLE room ADD COLUMN muted_until_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN owner BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN admins VARCHAR(4096) NOT NULL DEFAULT ''",
    "ALTER TABLE room ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN large_from BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room ADD COLUMN dissolved SMALLINT NOT NULL DEFAULT 0",
    "UPDATE room SET owner = COALESCE((SELECT MIN(m.member) FROM room_member m"
    " WHERE m.room = room.id AND m.role = 2), 0)",
    "ALTER TABLE room_member ADD COLUMN muted_until_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE room_member ADD COLUMN visible_from BIGINT NOT NULL DEFAULT 0",

    // list: requests, invitations and bans, see ports::RoomList.
    "CREATE TABLE room_listed (room BIGINT NOT NULL REFERENCES room (id), list SMALLINT NOT NULL,"
    " member BIGINT NOT NULL REFERENCES member (id), by_member BIGINT NOT NULL, time_ms BIGINT NOT NULL,"
    " until_ms BIGINT NOT NULL, PRIMARY KEY (room, list, member))",
    "CREATE INDEX room_listed_member ON room_listed (member, list)",
    "CREATE TABLE room_pin (room BIGINT NOT NULL REFERENCES room (id), cseq BIGINT NOT NULL,"
    " message BIGINT NOT NULL, by_member BIGINT NOT NULL, time_ms BIGINT NOT NULL, PRIMARY KEY (room, cseq))",
    // Events that are not messages yet, also of rooms that are gone.
    "CREATE TABLE room_event (room BIGINT NOT NULL, version BIGINT NOT NULL, zone BIGINT NOT NULL,"
    " body TEXT NOT NULL, stream_only SMALLINT NOT NULL, fanout TEXT NOT NULL, effect SMALLINT NOT NULL,"
    " member BIGINT NOT NULL, PRIMARY KEY (room, version))",
};

/// What the apps' own servers are told of, and where it is posted to. room: 0 for the reports of the zone. zone of an event: its name.
const Migration kAppEvents{
    "INSERT INTO id_counter (kind, last) VALUES ('webhook', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('dead_letter', 0)",
    "CREATE TABLE app_log (app BIGINT NOT NULL PRIMARY KEY REFERENCES app (id), kinds BIGINT NOT NULL,"
    " head BIGINT NOT NULL, trimmed BIGINT NOT NULL)",
    "CREATE TABLE app_event (app BIGINT NOT NULL REFERENCES app (id), seq BIGINT NOT NULL,"
    " time_ms BIGINT NOT NULL, kind SMALLINT NOT NULL, zone VARCHAR(64) NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (app, seq))",
    "CREATE TABLE event_source (app BIGINT NOT NULL REFERENCES app (id),"
    " zone BIGINT NOT NULL REFERENCES zone (id), room BIGINT NOT NULL, epoch BIGINT NOT NULL,"
    " position BIGINT NOT NULL, PRIMARY KEY (app, zone, room))",
    "CREATE TABLE webhook (id BIGINT NOT NULL PRIMARY KEY, app BIGINT NOT NULL REFERENCES app (id),"
    " url VARCHAR(1024) NOT NULL, sealed_secret VARCHAR(512) NOT NULL, created_ms BIGINT NOT NULL,"
    " position BIGINT NOT NULL)",
    "CREATE INDEX webhook_app ON webhook (app, id)",
    // again: 1 for one that is to be tried once more.
    "CREATE TABLE dead_letter (id BIGINT NOT NULL PRIMARY KEY, app BIGINT NOT NULL REFERENCES app (id),"
    " webhook BIGINT NOT NULL REFERENCES webhook (id), seq BIGINT NOT NULL, time_ms BIGINT NOT NULL,"
    " kind SMALLINT NOT NULL, zone VARCHAR(64) NOT NULL, body TEXT NOT NULL, why VARCHAR(256) NOT NULL,"
    " failed_ms BIGINT NOT NULL, again SMALLINT NOT NULL)",
    "CREATE INDEX dead_letter_app ON dead_letter (app, id)",
    "CREATE INDEX dead_letter_webhook ON dead_letter (webhook, again, id)",
};

/// What an app may have, where an operator has said so (ports::Quota), and what it has.
const Migration kQuotas{
    "CREATE TABLE app_quota (app BIGINT NOT NULL REFERENCES app (id), quota SMALLINT NOT NULL,"
    " amount BIGINT NOT NULL, PRIMARY KEY (app, quota))",
    "CREATE TABLE app_usage (app BIGINT NOT NULL PRIMARY KEY REFERENCES app (id), members BIGINT NOT NULL,"
    " rooms BIGINT NOT NULL)",
    "INSERT INTO app_usage (app, members, rooms) SELECT a.id,"
    " (SELECT COUNT(*) FROM member m JOIN zone z ON z.id = m.zone WHERE z.app = a.id),"
    " (SELECT COUNT(*) FROM room r JOIN zone z ON z.id = r.zone WHERE z.app = a.id AND r.dissolved = 0)"
    " FROM app a",
};

/// What members set of themselves, and the app of them. custom: a JSON object, or empty. The last two: ports::MemberSettings.
const Migration kMembers{
    "ALTER TABLE member ADD COLUMN custom VARCHAR(4096) NOT NULL DEFAULT ''",
    "ALTER TABLE member ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE member ADD COLUMN friends_from SMALLINT NOT NULL DEFAULT 0",
    "ALTER TABLE member ADD COLUMN messages_from SMALLINT NOT NULL DEFAULT 0",
};

/// For members that go, and accounts that go with their last member. app.disabled, zone.disabled: 2 while it is being deleted.
const Migration kErasures{
    "CREATE INDEX account_name_account ON account_name (account)",
    "CREATE INDEX third_party_account ON third_party (account)",
    // Both sides go with either member, since each refers to both.
    "CREATE INDEX friend_peer ON friend (peer)",
};

const std::array kMigrations{&kFirst,      &kSecond,        &kAdministration, &kChannels,
                             &kModeration, &kAnnouncements, &kRooms,          &kAppEvents,
                             &kQuotas,     &kMembers,       &kErasures};

}  // namespace

std::uint32_t directory_schema_version() { return static_cast<std::uint32_t>(kMigrations.size()); }

DirectoryQuestions directory_questions() {
  return {.is_used = "SELECT EXISTS(SELECT 1 FROM account)", .installation = "SELECT id FROM installation"};
}

ports::DirectoryResult<std::uint32_t> migrate_directory(Connection& db, std::int64_t installation) {
  db.once(
      "CREATE TABLE IF NOT EXISTS schema_version (part VARCHAR(32) NOT NULL PRIMARY KEY, version BIGINT NOT "
      "NULL)");
  const auto rows = db.rows<long long>("SELECT version FROM schema_version WHERE part = 'directory'");
  const auto found = rows.empty() ? 0u : static_cast<std::uint32_t>(std::get<0>(rows.front()));
  if (found > kMigrations.size()) {
    return fail(ports::DirectoryError{.code = ports::DirectoryCode::conflict,
                                      .detail = "the database has directory schema " + std::to_string(found) +
                                                ", made by a newer plaza; this one knows " +
                                                std::to_string(kMigrations.size()) +
                                                ". Start the newer plaza, or restore a backup of before."});
  }
  for (std::size_t i = found; i < kMigrations.size(); ++i) {
    for (const char* statement : *kMigrations[i]) db.once(statement);
  }
  const long long version = static_cast<long long>(kMigrations.size());
  if (rows.empty()) {
    db.run("INSERT INTO schema_version (part, version) VALUES ('directory', :v)", version);
  } else if (found < kMigrations.size()) {
    db.run("UPDATE schema_version SET version = :v WHERE part = 'directory'", version);
  }
  if (installation != 0 && db.rows<long long>("SELECT id FROM installation").empty())
    db.run("INSERT INTO installation (id) VALUES (:id)", installation);
  return found;
}

}  // namespace plaza::sql
