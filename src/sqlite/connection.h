#pragma once
// SQLite's C API with destructors and types, and nothing else. Private to this folder.
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace plaza::sqlite {

/// A result code that went wrong, with the words for an operator.
struct SqlFailure {
  int code = SQLITE_OK;  ///< extended
  std::string text;
};

/// One connection.
///
/// Thread   One at a time; SQLite's own locks are off (NOMUTEX).
/// Owner    Whoever opened it; statements are finalised before it.
class Connection {
 public:
  enum class Mode : std::uint8_t { create, read_only };

  /// SQLITE_OK, or why not; failure() then has the words.
  int open(const std::string& path, Mode mode, const std::string& vfs, std::uint32_t busy_timeout_ms);
  void close() { db_.reset(); }
  /// Runs statements that give no rows.
  int run(const char* sql);
  /// The first column of the first row; SQLITE_ROW when there was one.
  int query_int(const char* sql, std::int64_t& value);
  int query_text(const char* sql, std::string& value);
  [[nodiscard]] bool in_transaction() const { return db_ && sqlite3_get_autocommit(db_.get()) == 0; }
  [[nodiscard]] bool read_only() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }
  [[nodiscard]] SqlFailure failure() const;
  [[nodiscard]] sqlite3* raw() const { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

/// A prepared statement, kept for the life of its connection.
///
///   statement.bind(1, id); int rc = statement.step(); ... statement.reset();
///
/// Text and blobs are bound without a copy: they live until reset().
class Statement {
 public:
  int prepare(const Connection& connection, std::string_view sql);
  void finalize() { statement_.reset(); }

  void bind(int at, std::uint64_t value) {
    sqlite3_bind_int64(statement_.get(), at, static_cast<sqlite3_int64>(value));
  }
  void bind_signed(int at, std::int64_t value) { sqlite3_bind_int64(statement_.get(), at, value); }
  void bind_null(int at) { sqlite3_bind_null(statement_.get(), at); }
  void bind_text(int at, std::string_view text) {
    sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind_blob(int at, std::string_view bytes) {
    sqlite3_bind_blob(statement_.get(), at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  }

  /// SQLITE_ROW, SQLITE_DONE, or a failure.
  int step() { return sqlite3_step(statement_.get()); }
  int reset() { return sqlite3_reset(statement_.get()); }
  /// step() and reset() of a statement that gives no rows; true when it is done.
  bool run() {
    const int code = step();
    reset();
    return code == SQLITE_DONE;
  }

  [[nodiscard]] std::uint64_t uint(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
  }
  [[nodiscard]] std::int64_t sint(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  /// Until the next step() or reset().
  [[nodiscard]] std::string_view bytes(int column) const {
    const void* const data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view{}
                           : std::string_view{static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of a scope, also on an early return.
class Rewind {
 public:
  explicit Rewind(Statement& statement) : statement_(statement) {}
  ~Rewind() { statement_.reset(); }
  Rewind(const Rewind&) = delete;
  Rewind& operator=(const Rewind&) = delete;

 private:
  Statement& statement_;
};

}  // namespace plaza::sqlite
