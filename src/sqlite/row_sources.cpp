#include "sqlite/row_sources.h"

#include <string_view>

#include "streams/stored_blobs.h"

namespace plaza::sqlite {
namespace {

void give(sqlite3_context* result, std::uint64_t value) {
  sqlite3_result_int64(result, static_cast<sqlite3_int64>(value));
}

void give(sqlite3_context* result, std::string_view text) {
  sqlite3_result_text(result, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

/// The methods of a virtual table over a Source: it is read from its first row to its last, nothing else.
/// https://www.sqlite.org/vtab.html; without xCreate the table exists by its name alone.
template <class Source>
struct SourceTable {
  struct Table {
    sqlite3_vtab base;
    Source* source;
  };
  struct Cursor {
    sqlite3_vtab_cursor base;
    std::size_t row;
  };

  static Source& source_of(sqlite3_vtab_cursor* cursor) {
    return *reinterpret_cast<Table*>(cursor->pVtab)->source;
  }
  static std::size_t& row_of(sqlite3_vtab_cursor* cursor) { return reinterpret_cast<Cursor*>(cursor)->row; }

  static int connect(sqlite3* db, void* source, int, const char* const*, sqlite3_vtab** table, char**) {
    const int code = sqlite3_declare_vtab(db, Source::kColumns);
    if (code == SQLITE_OK) *table = &(new Table{{}, static_cast<Source*>(source)})->base;
    return code;
  }
  static int disconnect(sqlite3_vtab* table) {
    delete reinterpret_cast<Table*>(table);
    return SQLITE_OK;
  }
  static int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
    info->estimatedCost = 1;
    return SQLITE_OK;
  }
  static int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
    *cursor = &(new Cursor{{}, 0})->base;
    return SQLITE_OK;
  }
  static int close(sqlite3_vtab_cursor* cursor) {
    delete reinterpret_cast<Cursor*>(cursor);
    return SQLITE_OK;
  }
  static int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
    row_of(cursor) = 0;
    return SQLITE_OK;
  }
  static int next(sqlite3_vtab_cursor* cursor) {
    ++row_of(cursor);
    return SQLITE_OK;
  }
  static int at_end(sqlite3_vtab_cursor* cursor) {
    return row_of(cursor) >= source_of(cursor).rows() ? 1 : 0;
  }
  static int column(sqlite3_vtab_cursor* cursor, sqlite3_context* result, int number) {
    source_of(cursor).column(row_of(cursor), number, result);
    return SQLITE_OK;
  }
  static int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = static_cast<sqlite3_int64>(row_of(cursor));
    return SQLITE_OK;
  }

  static int add(const Connection& connection, Source& source) {
    static const sqlite3_module module = [] {
      sqlite3_module methods{};
      methods.xConnect = connect;
      methods.xBestIndex = best_index;
      methods.xDisconnect = disconnect;
      methods.xOpen = open;
      methods.xClose = close;
      methods.xFilter = filter;
      methods.xNext = next;
      methods.xEof = at_end;
      methods.xColumn = column;
      methods.xRowid = row_id;
      return methods;
    }();
    return sqlite3_create_module(connection.raw(), Source::kName, &module, &source);
  }
};

}  // namespace

void MessageSource::column(std::size_t row, int column, sqlite3_context* result) {
  const ports::Message& message = *messages_[row];
  switch (column) {
    case 0: return give(result, message.id.value);
    case 1: return sqlite3_result_int64(result, message.time_ms);
    case 2: return give(result, message.zone.value);
    case 3: return give(result, message.sender.value);
    case 4: return give(result, message.sender_name);
    case 5: return give(result, message.device);
    case 6: return give(result, message.send_id);
    case 7: return give(result, static_cast<std::uint64_t>(message.kind));
    case 8: return give(result, message.conversation.a);
    case 9: return give(result, message.conversation.b);
    case 10: return give(result, message.conversation_seq);
    case 11:
      streams::encode_deliveries(message.deliveries, deliveries_);
      return sqlite3_result_blob(result, deliveries_.data(), static_cast<int>(deliveries_.size()),
                                 SQLITE_STATIC);
    case 12: return give(result, message.body);
    default:
      if (!message.extra) return sqlite3_result_null(result);
      streams::encode_extra(*message.extra, extra_);
      return sqlite3_result_blob(result, extra_.data(), static_cast<int>(extra_.size()), SQLITE_STATIC);
  }
}

void RunSource::column(std::size_t row, int column, sqlite3_context* result) {
  const streams::IndexRun& run = runs_[row];
  switch (column) {
    case 0: return give(result, run.stream.a);
    case 1: return give(result, run.stream.b);
    case 2: return give(result, run.first);
    case 3: return give(result, run.first + run.messages.size() - 1);
    default:
      streams::encode_run(run.messages, messages_);
      return sqlite3_result_blob(result, messages_.data(), static_cast<int>(messages_.size()), SQLITE_STATIC);
  }
}

int RowSources::add_to(const Connection& connection) {
  const int code = SourceTable<MessageSource>::add(connection, messages);
  return code != SQLITE_OK ? code : SourceTable<RunSource>::add(connection, runs);
}

}  // namespace plaza::sqlite
