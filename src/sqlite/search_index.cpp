#include "sqlite/search_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "sqlite/connection.h"
#include "sqlite/search_query.h"

namespace plaza::sqlite {

using ports::SearchDocument;
using ports::SearchError;
using ports::SearchPosition;

namespace {

/// "PLZw": see schema.cpp.
constexpr std::int64_t kApplicationId = 0x504C5A77;
constexpr std::uint32_t kSchemaVersion = 1;

/// FTS5's `ascii` takes letters, digits and every byte >= 0x80 as parts of words, which is what the words are made of. The index of
/// beginnings of three characters makes those cheap that are asked most. No ranking: no sizes of columns.
constexpr const char* kMakeDocuments =
    "CREATE VIRTUAL TABLE document USING fts5(place, words, characters, tokenize='ascii', prefix='3', "
    "columnsize=0);";
constexpr const char* kMakeMeta = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('log', 0), ('upto', 0), ('mark', 0);
)sql";

std::int64_t version_of(const FtsSearchIndexOptions& options) {
  return std::int64_t{kSchemaVersion} << 16U | options.words_version;
}

std::unexpected<SearchError> failed(const Connection& connection) {
  return fail(SearchError{connection.failure().text});
}

void remove_files(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code none;
    std::filesystem::remove(path + suffix, none);
  }
}

}  // namespace

struct FtsSearchIndex::Writer {
  Connection connection;  // first, so that it is closed last
  Statement position, set, put, remove, oldest, in_place;

  /// Whether it is an index of this version; a virgin file becomes one.
  Result<bool, std::string> open(const FtsSearchIndexOptions& options);
  bool prepare();
  bool write(const SearchDocument& document);
  bool set_position(const SearchPosition& to);
  bool erase(MessageId id);
  /// A transaction of what takes the place of words, or removes them: of them nothing is left in free pages of the file.
  template <class Work>
  SearchIndex::Answer<void> clean_transaction(Work work) {
    if (connection.run("PRAGMA secure_delete = ON") != SQLITE_OK) return failed(connection);
    auto done = transaction(std::move(work));
    if (connection.run("PRAGMA secure_delete = FAST") != SQLITE_OK && done) return failed(connection);
    return done;
  }
  /// Those that this statement, which is bound, gives.
  SearchIndex::Answer<std::uint32_t> drop(Statement& which);
  /// Runs `work`, which tells whether all of it was done, in one transaction.
  template <class Work>
  SearchIndex::Answer<void> transaction(Work work) {
    if (connection.run("BEGIN IMMEDIATE") == SQLITE_OK && work() && connection.run("COMMIT") == SQLITE_OK)
      return {};
    auto why = failed(connection);
    if (connection.in_transaction()) connection.run("ROLLBACK");
    return why;
  }
};

Result<bool, std::string> FtsSearchIndex::Writer::open(const FtsSearchIndexOptions& options) {
  const auto failure = [&] { return fail(fmt::format("{}: {}", options.path, connection.failure().text)); };
  if (connection.open(options.path, Connection::Mode::create, {}, options.busy_timeout_ms) != SQLITE_OK)
    return failure();
  std::int64_t application = 0, version = 0, tables = 0;
  if (connection.run(
          "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; "
          "PRAGMA secure_delete = FAST; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;") !=
          SQLITE_OK ||
      connection.query_int("SELECT count(*) FROM sqlite_schema", tables) != SQLITE_ROW ||
      connection.query_int("PRAGMA application_id", application) != SQLITE_ROW ||
      connection.query_int("PRAGMA user_version", version) != SQLITE_ROW) {
    return failure();
  }
  std::string mode;
  if (connection.query_text("PRAGMA journal_mode = WAL", mode) != SQLITE_ROW || mode != "wal")
    return failure();
  if (tables == 0) {
    const std::string script = fmt::format(
        "BEGIN IMMEDIATE; {} {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;", kMakeMeta,
        kMakeDocuments, kApplicationId, version_of(options));
    if (connection.run(script.c_str()) != SQLITE_OK) return failure();
  } else if (application != kApplicationId || version != version_of(options)) {
    return false;
  }
  if (!prepare()) return failure();
  return true;
}

bool FtsSearchIndex::Writer::prepare() {
  const std::pair<Statement*, const char*> all[] = {
      {&position,
       "SELECT (SELECT value FROM meta WHERE key = 'log'), (SELECT value FROM meta WHERE key = 'upto'), "
       "(SELECT value FROM meta WHERE key = 'mark')"},
      {&set, "UPDATE meta SET value = CASE key WHEN 'log' THEN ?1 WHEN 'upto' THEN ?2 ELSE ?3 END"},
      {&put, "REPLACE INTO document(rowid, place, words, characters) VALUES(?1, ?2, ?3, ?4)"},
      {&remove, "DELETE FROM document WHERE rowid = ?1"},
      {&in_place, "SELECT rowid FROM document WHERE document MATCH ?1 LIMIT ?2"},
      {&oldest, "SELECT rowid FROM document WHERE rowid < ?1 ORDER BY rowid LIMIT ?2"},
  };
  for (const auto& [statement, sql] : all) {
    if (statement->prepare(connection, sql) != SQLITE_OK) return false;
  }
  return true;
}

bool FtsSearchIndex::Writer::write(const SearchDocument& document) {
  const std::string place = place_words(document.conversation);
  put.bind(1, document.id.value);
  put.bind_text(2, place);
  put.bind_text(3, document.words);
  put.bind_text(4, document.characters);
  return put.run();
}

bool FtsSearchIndex::Writer::set_position(const SearchPosition& to) {
  set.bind(1, to.log);
  set.bind(2, to.upto.value);
  set.bind(3, to.mark);
  return set.run();
}

bool FtsSearchIndex::Writer::erase(MessageId id) {
  remove.bind(1, id.value);
  return remove.run();
}

ports::SearchIndex::Answer<std::uint32_t> FtsSearchIndex::Writer::drop(Statement& which) {
  std::vector<MessageId> gone;
  {
    const Rewind rewind(which);
    int code = SQLITE_ROW;
    while ((code = which.step()) == SQLITE_ROW) gone.push_back(MessageId{which.uint(0)});
    if (code != SQLITE_DONE) return failed(connection);
  }
  if (gone.empty()) return 0;
  const auto dropped = clean_transaction(
      [&] { return std::ranges::all_of(gone, [this](MessageId id) { return erase(id); }); });
  if (!dropped) return fail(dropped.error());
  return static_cast<std::uint32_t>(gone.size());
}

struct FtsSearchIndex::Reader {
  Connection connection;  // first, so that it is closed last
  Statement find;

  Result<void, std::string> open(const FtsSearchIndexOptions& options) {
    if (connection.open(options.path, Connection::Mode::read_only, {}, options.busy_timeout_ms) ==
            SQLITE_OK &&
        connection.run("PRAGMA cache_size = -8192;") == SQLITE_OK &&
        find.prepare(connection,
                     "SELECT rowid FROM document WHERE document MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC "
                     "LIMIT ?3") == SQLITE_OK) {
      return {};
    }
    return fail(fmt::format("{}: {}", options.path, connection.failure().text));
  }
};

FtsSearchIndex::FtsSearchIndex() = default;
FtsSearchIndex::~FtsSearchIndex() = default;

Result<std::unique_ptr<FtsSearchIndex>, std::string> FtsSearchIndex::open(FtsSearchIndexOptions options) {
  std::unique_ptr<FtsSearchIndex> index(new FtsSearchIndex());
  index->writer_ = std::make_unique<Writer>();
  auto opened = index->writer_->open(options);
  if (!opened || !*opened) {
    PLAZA_LOG(warn, "search", "{}: the index of words is made again: {}", options.path,
              opened ? "it is of another version" : opened.error());
    index->writer_ = std::make_unique<Writer>();  // closed, before its file goes
    remove_files(options.path);
    opened = index->writer_->open(options);
    if (!opened) return fail(opened.error());
  }
  for (std::uint32_t i = 0; i < options.readers; ++i) {
    auto& reader = index->readers_.emplace_back(std::make_unique<Reader>());
    if (auto good = reader->open(options); !good) return fail(good.error());
    index->free_.push_back(reader.get());
  }
  return index;
}

ports::SearchIndex::Answer<SearchPosition> FtsSearchIndex::position() {
  const std::lock_guard lock(write_mutex_);
  const Rewind rewind(writer_->position);
  if (writer_->position.step() != SQLITE_ROW) return failed(writer_->connection);
  return SearchPosition{.log = writer_->position.uint(0),
                        .upto = MessageId{writer_->position.uint(1)},
                        .mark = writer_->position.uint(2)};
}

ports::SearchIndex::Answer<void> FtsSearchIndex::add(const std::vector<SearchDocument>& documents,
                                                     const SearchPosition& position) {
  const std::lock_guard lock(write_mutex_);
  return writer_->transaction([&] {
    for (const SearchDocument& document : documents) {
      if (!writer_->write(document)) return false;
    }
    return writer_->set_position(position);
  });
}

ports::SearchIndex::Answer<void> FtsSearchIndex::put(const SearchDocument& document) {
  const std::lock_guard lock(write_mutex_);
  return writer_->clean_transaction([&] { return writer_->write(document); });
}

ports::SearchIndex::Answer<void> FtsSearchIndex::remove(const std::vector<MessageId>& ids) {
  const std::lock_guard lock(write_mutex_);
  return writer_->clean_transaction([&] {
    for (const MessageId id : ids) {
      if (!writer_->erase(id)) return false;
    }
    return true;
  });
}

ports::SearchIndex::Answer<std::uint32_t> FtsSearchIndex::drop_below(MessageId id, std::uint32_t limit) {
  const std::lock_guard lock(write_mutex_);
  writer_->oldest.bind(1, id.value);
  writer_->oldest.bind(2, std::uint64_t{limit});
  return writer_->drop(writer_->oldest);
}

ports::SearchIndex::Answer<std::uint32_t> FtsSearchIndex::drop_in(const ports::SearchScope& scope,
                                                                  std::uint32_t limit) {
  const std::lock_guard lock(write_mutex_);
  const std::string expression = match_expression(scope);
  writer_->in_place.bind_text(1, expression);
  writer_->in_place.bind(2, std::uint64_t{limit});
  return writer_->drop(writer_->in_place);
}

ports::SearchIndex::Answer<void> FtsSearchIndex::clear(std::uint64_t log) {
  const std::lock_guard lock(write_mutex_);
  return writer_->transaction([&] {
    return writer_->connection.run("DROP TABLE document") == SQLITE_OK &&
           writer_->connection.run(kMakeDocuments) == SQLITE_OK &&
           writer_->set_position({.log = log, .upto = {}});
  });
}

FtsSearchIndex::Reader* FtsSearchIndex::take_reader() {
  std::unique_lock lock(read_mutex_);
  reader_free_.wait(lock, [this] { return !free_.empty(); });
  Reader* const reader = free_.back();
  free_.pop_back();
  return reader;
}

void FtsSearchIndex::give_back(Reader* reader) {
  {
    const std::lock_guard lock(read_mutex_);
    free_.push_back(reader);
  }
  reader_free_.notify_one();
}

ports::SearchIndex::Answer<std::vector<MessageId>> FtsSearchIndex::find(const ports::SearchQuery& query) {
  const std::string expression = match_expression(query);
  if (expression.empty()) return std::vector<MessageId>{};
  Reader* const reader = take_reader();
  std::vector<MessageId> found;
  int code = SQLITE_ROW;
  std::unexpected<SearchError> why{SearchError{}};
  {
    const Rewind rewind(reader->find);
    reader->find.bind_text(1, expression);
    reader->find.bind(2, query.before ? query.before.value : kIdMax + 1);
    reader->find.bind(3, std::uint64_t{query.limit});
    while ((code = reader->find.step()) == SQLITE_ROW) found.push_back(MessageId{reader->find.uint(0)});
    if (code != SQLITE_DONE) why = failed(reader->connection);
  }
  give_back(reader);
  if (code != SQLITE_DONE) return why;
  return found;
}

}  // namespace plaza::sqlite
