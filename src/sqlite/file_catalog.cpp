#include "sqlite/file_catalog.h"

#include <fmt/format.h>

#include <initializer_list>
#include <map>
#include <utility>

#include "sqlite/connection.h"

namespace plaza::sqlite {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;
using ports::FileId;
using ports::FileUpload;
using ports::StoredFile;
using ports::UploadId;

namespace {

/// "PLZf": see schema.cpp.
constexpr std::int64_t kApplicationId = 0x504C5A66;

/// Version 1. Append only, as in schema.cpp: what came later is in kSecond. AUTOINCREMENT: ids are never used again.
constexpr const char* kSchema = R"sql(
CREATE TABLE upload(id INTEGER PRIMARY KEY AUTOINCREMENT, zone INTEGER NOT NULL, owner INTEGER NOT NULL,
  size INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL);
CREATE INDEX upload_owner ON upload(owner, size);
CREATE INDEX upload_created ON upload(created_ms);
CREATE TABLE file(id INTEGER PRIMARY KEY AUTOINCREMENT, zone INTEGER NOT NULL, owner INTEGER NOT NULL, upload INTEGER NOT NULL,
  hash TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  thumbnail_bytes INTEGER NOT NULL, created_ms INTEGER NOT NULL);
CREATE INDEX file_owner ON file(owner, size);
CREATE INDEX file_hash ON file(hash);
CREATE UNIQUE INDEX file_upload ON file(upload);
)sql";

/// Version 2, for zones that are deleted.
constexpr const char* kSecond = R"sql(
CREATE INDEX upload_zone ON upload(zone);
CREATE INDEX file_zone ON file(zone);
)sql";
constexpr std::int64_t kVersion = 2;

#define PLAZA_UPLOAD_COLUMNS "id, zone, owner, size, type, name, created_ms"
#define PLAZA_FILE_COLUMNS \
  "id, zone, owner, upload, hash, size, type, name, width, height, thumbnail_bytes, created_ms"

FileUpload upload_of(const Statement& row) {
  return {.id = UploadId{row.uint(0)},
          .zone = ZoneId{row.uint(1)},
          .owner = MemberId{row.uint(2)},
          .size = row.uint(3),
          .type = std::string(row.bytes(4)),
          .name = std::string(row.bytes(5)),
          .created_ms = row.sint(6)};
}

StoredFile file_of(const Statement& row) {
  return {.id = FileId{row.uint(0)},
          .zone = ZoneId{row.uint(1)},
          .owner = MemberId{row.uint(2)},
          .upload = UploadId{row.uint(3)},
          .hash = std::string(row.bytes(4)),
          .size = row.uint(5),
          .type = std::string(row.bytes(6)),
          .name = std::string(row.bytes(7)),
          .width = static_cast<std::uint32_t>(row.uint(8)),
          .height = static_cast<std::uint32_t>(row.uint(9)),
          .thumbnail_bytes = static_cast<std::uint32_t>(row.uint(10)),
          .created_ms = row.sint(11)};
}

std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}

}  // namespace

struct StoredFileCatalog::Open {
  Connection connection;  // first, so that it is closed last
  Statement put_upload, get_upload, drop_upload, old_uploads, put_file, get_file, made_of, drop_file, uses,
      bytes, sizes, uploads, uploads_in, files_in;

  Result<void, std::string> open(const std::string& path, std::uint8_t region, std::uint32_t busy_timeout_ms);
  Result<void, std::string> make(const std::string& path, std::uint8_t region);
  bool prepare();
  [[nodiscard]] std::unexpected<DirectoryError> failed() const {
    return refuse(DirectoryCode::unavailable, connection.failure().text);
  }
  /// Runs `work` in one transaction, which counts when it gives something.
  template <class T, class Work>
  DirectoryResult<T> write(Work work) {
    if (connection.run("BEGIN IMMEDIATE") != SQLITE_OK) return failed();
    DirectoryResult<T> result = work();
    if (result && connection.run("COMMIT") != SQLITE_OK) result = failed();
    if (connection.in_transaction()) connection.run("ROLLBACK");
    return result;
  }
  /// The size of what is gone, 0 when there was nothing.
  DirectoryResult<std::uint64_t> drop(Statement& statement, std::uint64_t id) const {
    const Rewind rewind(statement);
    statement.bind(1, id);
    int code = statement.step();
    const std::uint64_t size = code == SQLITE_ROW ? statement.uint(0) : 0;
    // It is gone with the end of the statement.
    if (code == SQLITE_ROW) code = statement.step();
    if (code != SQLITE_DONE) return failed();
    return size;
  }
  /// All rows of a statement whose first parameter is bound.
  template <class T>
  DirectoryResult<std::vector<T>> all(Statement& rows, std::uint32_t limit,
                                      T (*read)(const Statement&)) const {
    const Rewind rewind(rows);
    rows.bind(2, std::uint64_t{limit});
    std::vector<T> found;
    int code = SQLITE_ROW;
    while ((code = rows.step()) == SQLITE_ROW) found.push_back(read(rows));
    if (code != SQLITE_DONE) return failed();
    return found;
  }
  DirectoryResult<std::uint64_t> number(Statement& statement, std::uint64_t of) const {
    const Rewind rewind(statement);
    statement.bind(1, of);
    if (statement.step() != SQLITE_ROW) return failed();
    return statement.uint(0);
  }
};

Result<void, std::string> StoredFileCatalog::Open::make(const std::string& path, std::uint8_t region) {
  // The first id has the region in its high bits, and so have all that follow.
  const std::uint64_t before_first = make_id(region, 1) - 1;
  const std::string script = fmt::format(
      "BEGIN IMMEDIATE; {} {} INSERT INTO sqlite_sequence(name, seq) VALUES('upload', {}), ('file', {});"
      "PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
      kSchema, kSecond, before_first, before_first, kApplicationId, kVersion);
  if (connection.run(script.c_str()) == SQLITE_OK) return {};
  return fail(path + ": " + connection.failure().text);
}

Result<void, std::string> StoredFileCatalog::Open::open(const std::string& path, std::uint8_t region,
                                                        std::uint32_t busy_timeout_ms) {
  const auto failure = [&] { return fail(path + ": " + connection.failure().text); };
  std::int64_t application = 0, version = 0, tables = 0;
  std::string mode;
  if (connection.open(path, Connection::Mode::create, {}, busy_timeout_ms) != SQLITE_OK ||
      connection.run("PRAGMA synchronous = FULL; PRAGMA cache_size = -4096;") != SQLITE_OK ||
      connection.query_text("PRAGMA journal_mode = WAL", mode) != SQLITE_ROW ||
      connection.query_int("SELECT count(*) FROM sqlite_schema", tables) != SQLITE_ROW ||
      connection.query_int("PRAGMA application_id", application) != SQLITE_ROW ||
      connection.query_int("PRAGMA user_version", version) != SQLITE_ROW) {
    return failure();
  }
  if (tables == 0) {
    if (auto made = make(path, region); !made) return made;
  } else if (application != kApplicationId) {
    return fail(path + ": this is another program's SQLite database");
  } else if (version > kVersion) {
    return fail(path + ": its schema is newer than this program: start a newer program");
  } else if (version < kVersion) {
    const std::string script = fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version = {}; COMMIT;", kSecond,
                                           kVersion);
    if (connection.run(script.c_str()) != SQLITE_OK) return failure();
  }
  if (!prepare()) return failure();
  return {};
}

bool StoredFileCatalog::Open::prepare() {
  const std::pair<Statement*, const char*> all[] = {
      {&put_upload,
       "INSERT INTO upload(zone, owner, size, type, name, created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
      {&get_upload, "SELECT " PLAZA_UPLOAD_COLUMNS " FROM upload WHERE id = ?1"},
      {&drop_upload, "DELETE FROM upload WHERE id = ?1 RETURNING size"},
      {&old_uploads,
       "SELECT " PLAZA_UPLOAD_COLUMNS " FROM upload WHERE created_ms < ?1 ORDER BY created_ms, id LIMIT ?2"},
      {&put_file,
       "INSERT INTO file(zone, owner, hash, size, type, name, width, height, thumbnail_bytes, created_ms, "
       "upload) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&get_file, "SELECT " PLAZA_FILE_COLUMNS " FROM file WHERE id = ?1"},
      {&made_of, "SELECT " PLAZA_FILE_COLUMNS " FROM file WHERE upload = ?1"},
      {&drop_file, "DELETE FROM file WHERE id = ?1 RETURNING size"},
      {&uses, "SELECT EXISTS(SELECT 1 FROM file WHERE hash = ?1)"},
      {&bytes,
       "SELECT coalesce((SELECT sum(size) FROM file WHERE owner = ?1), 0) + "
       "coalesce((SELECT sum(size) FROM upload WHERE owner = ?1), 0)"},
      {&sizes, "SELECT zone, size FROM file UNION ALL SELECT zone, size FROM upload"},
      {&uploads_in, "SELECT " PLAZA_UPLOAD_COLUMNS " FROM upload WHERE zone = ?1 ORDER BY id LIMIT ?2"},
      {&files_in, "SELECT " PLAZA_FILE_COLUMNS " FROM file WHERE zone = ?1 ORDER BY id LIMIT ?2"},
      {&uploads, "SELECT count(*) FROM upload WHERE owner = ?1"},
  };
  for (const auto& [statement, sql] : all) {
    if (statement->prepare(connection, sql) != SQLITE_OK) return false;
  }
  return true;
}

StoredFileCatalog::StoredFileCatalog(std::unique_ptr<Open> open) : open_(std::move(open)) {}
StoredFileCatalog::~StoredFileCatalog() = default;

Result<std::unique_ptr<StoredFileCatalog>, std::string> StoredFileCatalog::open(
    const std::string& path, std::uint8_t region, std::uint32_t busy_timeout_ms) {
  auto open = std::make_unique<Open>();
  if (auto opened = open->open(path, region, busy_timeout_ms); !opened)
    return fail(std::move(opened.error()));
  return std::unique_ptr<StoredFileCatalog>(new StoredFileCatalog(std::move(open)));
}

DirectoryResult<FileUpload> StoredFileCatalog::begin_upload(const FileUpload& wanted,
                                                            const ports::FileQuota& quota) {
  const std::lock_guard lock(mutex_);
  return open_->write<FileUpload>([&]() -> DirectoryResult<FileUpload> {
    const auto uploads = open_->number(open_->uploads, wanted.owner.value);
    if (!uploads) return fail(uploads.error());
    if (*uploads >= quota.uploads_max) return refuse(DirectoryCode::limit, "uploads at once");
    const auto used = open_->number(open_->bytes, wanted.owner.value);
    if (!used) return fail(used.error());
    if (wanted.size > quota.bytes_max || *used > quota.bytes_max - wanted.size)
      return refuse(DirectoryCode::limit, "bytes of a member");
    Statement& put = open_->put_upload;
    put.bind(1, wanted.zone.value);
    put.bind(2, wanted.owner.value);
    put.bind(3, wanted.size);
    put.bind_text(4, wanted.type);
    put.bind_text(5, wanted.name);
    put.bind_signed(6, wanted.created_ms);
    if (!put.run()) return open_->failed();
    FileUpload begun = wanted;
    begun.id = UploadId{static_cast<std::uint64_t>(sqlite3_last_insert_rowid(open_->connection.raw()))};
    return begun;
  });
}

DirectoryResult<FileUpload> StoredFileCatalog::upload(ZoneId zone, MemberId owner, UploadId id) {
  const std::lock_guard lock(mutex_);
  Statement& get = open_->get_upload;
  const Rewind rewind(get);
  get.bind(1, id.value);
  const int code = get.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return open_->failed();
  if (code == SQLITE_DONE) return refuse(DirectoryCode::not_found, "upload");
  FileUpload found = upload_of(get);
  if (found.zone != zone || found.owner != owner) return refuse(DirectoryCode::not_found, "upload");
  return found;
}

DirectoryResult<std::uint64_t> StoredFileCatalog::drop_upload(UploadId id) {
  const std::lock_guard lock(mutex_);
  return open_->drop(open_->drop_upload, id.value);
}

DirectoryResult<std::vector<FileUpload>> StoredFileCatalog::uploads_in(ZoneId zone, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  open_->uploads_in.bind(1, zone.value);
  return open_->all(open_->uploads_in, limit, upload_of);
}

DirectoryResult<std::vector<StoredFile>> StoredFileCatalog::files_in(ZoneId zone, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  open_->files_in.bind(1, zone.value);
  return open_->all(open_->files_in, limit, file_of);
}

DirectoryResult<std::vector<FileUpload>> StoredFileCatalog::uploads_before(std::int64_t created_ms,
                                                                           std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  open_->old_uploads.bind_signed(1, created_ms);
  return open_->all(open_->old_uploads, limit, upload_of);
}

DirectoryResult<StoredFile> StoredFileCatalog::finish_upload(UploadId id, const StoredFile& file) {
  const std::lock_guard lock(mutex_);
  return open_->write<StoredFile>([&]() -> DirectoryResult<StoredFile> {
    const auto dropped = open_->drop(open_->drop_upload, id.value);
    if (!dropped) return fail(dropped.error());
    if (sqlite3_changes(open_->connection.raw()) == 0) return refuse(DirectoryCode::not_found, "upload");
    Statement& put = open_->put_file;
    put.bind(1, file.zone.value);
    put.bind(2, file.owner.value);
    put.bind_text(3, file.hash);
    put.bind(4, file.size);
    put.bind_text(5, file.type);
    put.bind_text(6, file.name);
    put.bind(7, std::uint64_t{file.width});
    put.bind(8, std::uint64_t{file.height});
    put.bind(9, std::uint64_t{file.thumbnail_bytes});
    put.bind_signed(10, file.created_ms);
    put.bind(11, id.value);
    if (!put.run()) return open_->failed();
    StoredFile stored = file;
    stored.upload = id;
    stored.id = FileId{static_cast<std::uint64_t>(sqlite3_last_insert_rowid(open_->connection.raw()))};
    return stored;
  });
}

DirectoryResult<StoredFile> StoredFileCatalog::file(ZoneId zone, FileId id) {
  const std::lock_guard lock(mutex_);
  Statement& get = open_->get_file;
  const Rewind rewind(get);
  get.bind(1, id.value);
  const int code = get.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return open_->failed();
  if (code == SQLITE_DONE) return refuse(DirectoryCode::not_found, "file");
  StoredFile found = file_of(get);
  if (found.zone != zone) return refuse(DirectoryCode::not_found, "file");
  return found;
}

DirectoryResult<StoredFile> StoredFileCatalog::file_of_upload(ZoneId zone, MemberId owner, UploadId id) {
  const std::lock_guard lock(mutex_);
  Statement& get = open_->made_of;
  const Rewind rewind(get);
  get.bind(1, id.value);
  const int code = get.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return open_->failed();
  if (code == SQLITE_DONE) return refuse(DirectoryCode::not_found, "upload");
  StoredFile found = file_of(get);
  if (found.zone != zone || found.owner != owner) return refuse(DirectoryCode::not_found, "upload");
  return found;
}

DirectoryResult<bool> StoredFileCatalog::used(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  const Rewind rewind(open_->uses);
  open_->uses.bind_text(1, hash);
  if (open_->uses.step() != SQLITE_ROW) return open_->failed();
  return open_->uses.uint(0) != 0;
}

DirectoryResult<std::uint64_t> StoredFileCatalog::drop_file(FileId id) {
  const std::lock_guard lock(mutex_);
  return open_->drop(open_->drop_file, id.value);
}

DirectoryResult<std::uint64_t> StoredFileCatalog::bytes_of(MemberId owner) {
  const std::lock_guard lock(mutex_);
  return open_->number(open_->bytes, owner.value);
}

DirectoryResult<std::vector<ports::ZoneBytes>> StoredFileCatalog::bytes_of_zones() {
  const std::lock_guard lock(mutex_);
  // Added up here: SQLite would sort all rows by zone first, which takes three times as long.
  Statement& rows = open_->sizes;
  const Rewind rewind(rows);
  std::map<ZoneId, std::uint64_t> sums;
  int code = SQLITE_ROW;
  while ((code = rows.step()) == SQLITE_ROW) sums[ZoneId{rows.uint(0)}] += rows.uint(1);
  if (code != SQLITE_DONE) return open_->failed();
  std::vector<ports::ZoneBytes> found;
  for (const auto& [zone, bytes] : sums) found.push_back({.zone = zone, .bytes = bytes});
  return found;
}

}  // namespace plaza::sqlite
