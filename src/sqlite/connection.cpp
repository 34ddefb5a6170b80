#include "sqlite/connection.h"

#include <fmt/format.h>

namespace plaza::sqlite {
namespace {

/// SQLite would count its memory under a lock that all connections share, at every allocation. Before main(),
/// because it is only possible before SQLite's first use.
[[maybe_unused]] const int g_no_memory_count = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

}  // namespace

int Connection::open(const std::string& path, Mode mode, const std::string& vfs,
                     std::uint32_t busy_timeout_ms) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                          : SQLITE_OPEN_READONLY);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, vfs.empty() ? nullptr : vfs.c_str());
  db_.reset(db);
  if (code == SQLITE_OK) sqlite3_busy_timeout(db, static_cast<int>(busy_timeout_ms));
  return code;
}

int Connection::run(const char* sql) { return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); }

int Connection::query_int(const char* sql, std::int64_t& value) {
  Statement statement;
  int code = statement.prepare(*this, sql);
  if (code != SQLITE_OK) return code;
  code = statement.step();
  if (code == SQLITE_ROW) value = statement.sint(0);
  return code;
}

int Connection::query_text(const char* sql, std::string& value) {
  Statement statement;
  int code = statement.prepare(*this, sql);
  if (code != SQLITE_OK) return code;
  code = statement.step();
  if (code == SQLITE_ROW) value = statement.bytes(0);
  return code;
}

SqlFailure Connection::failure() const {
  if (!db_) return {.code = SQLITE_NOMEM, .text = "no connection"};
  const int code = sqlite3_extended_errcode(db_.get());
  return {.code = code,
          .text = fmt::format("{} (SQLite {}, system error {})", sqlite3_errmsg(db_.get()), code,
                              sqlite3_system_errno(db_.get()))};
}

int Statement::prepare(const Connection& connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection.raw(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  return code;
}

}  // namespace plaza::sqlite
