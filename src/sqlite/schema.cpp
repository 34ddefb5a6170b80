#include "sqlite/schema.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "base/check.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/look.h"

namespace plaza::sqlite {
namespace {

/// "PLZs": in the header of the file, so that another program's database is not taken for ours.
constexpr std::int64_t kApplicationId = 0x504C5A73;

/// Migration i brings version i to i + 1. Append only: a database in the field has run the old ones.
///
/// message       in order of id; `deliveries` and `extra` are formats of streams/stored_blobs.h. Appended, and then changed in body and
///               extra alone, when it is edited or recalled
/// version       the bodies that a message had before its edits; the present one is the message's own
/// quiet         the places of changes in their conversations: they are nothing to read
/// stream_run    the index of the streams, complete up to meta.indexed_upto, which is written with its last
///               part: a row has the message ids of the entries first..last, as streams/stored_blobs.h says
/// stream, sender, mark: as of a message id >= indexed_upto; what is newer follows from `message`
/// mark          removed_at: null = in the member's list; else the conversation's head when the member took
///               it out
/// stream        quiet: the newest place of those in `quiet`
/// cursor        what a device has received; written at once
/// zone_bytes    as of meta.indexed_upto: see ports::ZoneBytes
/// Few columns are NOT NULL: SQLite checks that row by row, and one writer writes them all.
constexpr std::array kMigrations{
    R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE message(
  id INTEGER PRIMARY KEY, time_ms INTEGER, zone INTEGER, sender INTEGER, sender_name TEXT, device TEXT, send_id INTEGER,
  kind INTEGER, conv_a INTEGER, conv_b INTEGER, conv_seq INTEGER, deliveries BLOB, body TEXT);
CREATE TABLE stream_run(a INTEGER, b INTEGER, first INTEGER, last INTEGER, messages BLOB,
  PRIMARY KEY(a, b, first)) WITHOUT ROWID;
CREATE TABLE stream(a INTEGER, b INTEGER, head INTEGER, epoch INTEGER, trimmed INTEGER, PRIMARY KEY(a, b)) WITHOUT ROWID;
CREATE TABLE sender(member INTEGER, device TEXT, last_send_id INTEGER, last_message INTEGER,
  PRIMARY KEY(member, device)) WITHOUT ROWID;
CREATE TABLE mark(member INTEGER, a INTEGER, b INTEGER, delivered INTEGER, read INTEGER, removed_at INTEGER,
  PRIMARY KEY(member, a, b)) WITHOUT ROWID;
CREATE TABLE cursor(member INTEGER, device TEXT, received INTEGER, PRIMARY KEY(member, device)) WITHOUT ROWID;
INSERT INTO meta VALUES('indexed_upto', 0), ('indexed_time_ms', 0);
)sql",
    R"sql(
CREATE TABLE zone_bytes(zone INTEGER PRIMARY KEY, bytes INTEGER);
INSERT INTO zone_bytes SELECT zone, sum(length(CAST(body AS BLOB)) + 128) FROM message
  WHERE id <= (SELECT value FROM meta WHERE key = 'indexed_upto') GROUP BY zone;
)sql",
    // Messages that are answered, edited and recalled.
    R"sql(
ALTER TABLE message ADD COLUMN extra BLOB;
ALTER TABLE stream ADD COLUMN quiet INTEGER;
CREATE TABLE version(message INTEGER, number INTEGER, time_ms INTEGER, body TEXT, PRIMARY KEY(message, number)) WITHOUT ROWID;
CREATE TABLE quiet(a INTEGER, b INTEGER, seq INTEGER, PRIMARY KEY(a, b, seq)) WITHOUT ROWID;
)sql",
};

std::string advice(const SqlFailure& failure) {
  switch (failure.code & 0xFF) {
    case SQLITE_NOTADB:
      return "it is not a database, or its beginning is overwritten: restore it from a backup together "
             "with the other database, or move both away to begin anew";
    case SQLITE_CORRUPT: return "it is damaged: restore it from a backup, together with the other database";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program holds a lock on it: end that program";
    case SQLITE_FULL: return "the disk is full: free some space";
    case SQLITE_READONLY:
      return "it cannot be written: check its owner, its mode, and whether the file system is mounted "
             "read-only";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "it cannot be opened: check that the folder exists and that this user may write there";
    case SQLITE_IOERR: return "the disk reports errors: see the system's log";
    default: return "see SQLite's result codes";
  }
}

std::string explain(const Connection& connection, const OpenOptions& options) {
  const SqlFailure failure = connection.failure();
  return fmt::format("{}: {}; {}", options.path, failure.text, advice(failure));
}

/// A virgin file has no tables; anything else must carry our id.
Result<void, std::string> check_identity(Connection& connection, const OpenOptions& options, bool& virgin) {
  std::int64_t application = 0;
  std::int64_t tables = 0;
  if (connection.query_int("PRAGMA application_id", application) != SQLITE_ROW ||
      connection.query_int("SELECT count(*) FROM sqlite_schema", tables) != SQLITE_ROW) {
    return fail(explain(connection, options));
  }
  virgin = tables == 0;
  if (!virgin && application != kApplicationId) {
    return fail(
        fmt::format("{}: this is another program's SQLite database (application id {}); choose another file",
                    options.path, application));
  }
  return {};
}

Result<void, std::string> migrate(Connection& connection, const OpenOptions& options, bool virgin) {
  std::int64_t version = 0;
  if (!virgin &&
      connection.query_int("SELECT value FROM meta WHERE key = 'schema_version'", version) != SQLITE_ROW) {
    return fail(explain(connection, options));
  }
  if (version > stream_schema_version()) {
    return fail(fmt::format("{}: its schema is version {}, this program knows {}: start a newer program",
                            options.path, version, stream_schema_version()));
  }
  if (version == stream_schema_version()) return {};
  std::string script = "BEGIN IMMEDIATE;";
  for (auto i = static_cast<std::size_t>(version); i < kMigrations.size(); ++i) script += kMigrations[i];
  if (virgin) script += fmt::format("INSERT INTO meta VALUES('epoch', {});", options.new_epoch);
  script += fmt::format(
      "INSERT INTO meta VALUES('schema_version', {0}) ON CONFLICT(key) DO UPDATE SET value = {0};",
      stream_schema_version());
  script += fmt::format("PRAGMA application_id = {}; COMMIT;", kApplicationId);
  if (connection.run(script.c_str()) != SQLITE_OK) {
    std::string text = explain(connection, options);
    if (connection.in_transaction()) connection.run("ROLLBACK");
    return fail(std::move(text));
  }
  return {};
}

}  // namespace

std::uint32_t stream_schema_version() { return static_cast<std::uint32_t>(kMigrations.size()); }

Result<void, std::string> open_for_writing(Connection& connection, const OpenOptions& options) {
  if (connection.open(options.path, Connection::Mode::create, options.vfs, options.busy_timeout_ms) !=
      SQLITE_OK) {
    return fail(explain(connection, options));
  }
  if (connection.read_only()) {
    return fail(fmt::format(
        "{}: it can only be read: check its owner, its mode, and whether the file system is mounted "
        "read-only",
        options.path));
  }
  bool virgin = false;
  if (auto checked = check_identity(connection, options, virgin); !checked) return checked;
  // page_size counts only before the first table. Checkpoints are the writer's own business.
  if (connection.run("PRAGMA page_size = 8192; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                     "PRAGMA secure_delete = FAST; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;"
                     "PRAGMA foreign_keys = OFF; PRAGMA journal_size_limit = 134217728;") != SQLITE_OK) {
    return fail(explain(connection, options));
  }
  std::string mode;
  if (connection.query_text("PRAGMA journal_mode = WAL", mode) != SQLITE_ROW)
    return fail(explain(connection, options));
  if (mode != "wal") {
    return fail(fmt::format(
        "{}: the file system does not allow a write-ahead log (journal mode {}): use a local disk",
        options.path, mode));
  }
  if (auto migrated = migrate(connection, options, virgin); !migrated) return migrated;
  const std::string number = fmt::format("INSERT OR IGNORE INTO meta VALUES('installation', {})",
                                         options.installation);
  if (options.installation != 0 && connection.run(number.c_str()) != SQLITE_OK)
    return fail(explain(connection, options));
  return {};
}

Result<void, std::string> open_for_reading(Connection& connection, const OpenOptions& options) {
  if (connection.open(options.path, Connection::Mode::read_only, options.vfs, options.busy_timeout_ms) !=
          SQLITE_OK ||
      connection.run("PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456;") != SQLITE_OK) {
    return fail(explain(connection, options));
  }
  return {};
}

Result<FileFacts, std::string> look_into(const std::string& path, const FileQuestions& questions,
                                         std::uint32_t busy_timeout_ms) {
  FileFacts facts;
  std::error_code none;
  const auto bytes = std::filesystem::file_size(path, none);
  if (none || bytes == 0) return facts;
  const OpenOptions options{.path = path, .vfs = {}, .busy_timeout_ms = busy_timeout_ms};
  Connection connection;
  if (connection.open(path, Connection::Mode::create, {}, busy_timeout_ms) != SQLITE_OK ||
      connection.run("BEGIN IMMEDIATE") != SQLITE_OK) {
    return fail(explain(connection, options));
  }
  facts.there = true;
  for (const auto& [question, answer] :
       {std::pair{questions.is_used, &facts.used}, std::pair{questions.installation, &facts.installation}}) {
    const int code = connection.query_int(question, *answer);
    const bool no_such_table = code == SQLITE_ERROR;
    if (code != SQLITE_ROW && code != SQLITE_DONE && !no_such_table)
      return fail(explain(connection, options));
  }
  connection.run("ROLLBACK");
  return facts;
}

FileQuestions stream_questions() {
  return {.is_used = "SELECT EXISTS(SELECT 1 FROM message) OR EXISTS(SELECT 1 FROM stream)",
          .installation = "SELECT value FROM meta WHERE key = 'installation'"};
}

}  // namespace plaza::sqlite
