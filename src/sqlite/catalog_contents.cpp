#include "sqlite/catalog_contents.h"

#include <utility>

#include "sqlite/connection.h"

namespace plaza::sqlite {

struct CatalogContents::Open {
  std::string path;
  Connection connection;
  Statement after, used, drop;

  [[nodiscard]] std::unexpected<std::string> failed() const {
    return fail(path + ": " + connection.failure().text);
  }
};

CatalogContents::CatalogContents(std::unique_ptr<Open> open) : open_(std::move(open)) {}
CatalogContents::~CatalogContents() = default;

Result<std::unique_ptr<CatalogContents>, std::string> CatalogContents::open(const std::string& path,
                                                                            std::uint32_t busy_timeout_ms) {
  auto open = std::make_unique<Open>();
  open->path = path;
  const bool good = open->connection.open(path, Connection::Mode::create, {}, busy_timeout_ms) == SQLITE_OK &&
                    // What serves the database checkpoints it.
                    open->connection.run("PRAGMA wal_autocheckpoint = 0") == SQLITE_OK &&
                    open->after.prepare(open->connection,
                                        "SELECT hash, max(thumbnail_bytes) > 0 FROM file WHERE hash > ?1 "
                                        "GROUP BY hash ORDER BY hash LIMIT ?2") == SQLITE_OK &&
                    open->used.prepare(open->connection,
                                       "SELECT EXISTS(SELECT 1 FROM file WHERE hash = ?1)") == SQLITE_OK &&
                    open->drop.prepare(open->connection, "DELETE FROM file WHERE hash = ?1") == SQLITE_OK;
  if (!good) return open->failed();
  return std::unique_ptr<CatalogContents>(new CatalogContents(std::move(open)));
}

Result<std::vector<CatalogContent>, std::string> CatalogContents::after(const std::string& hash,
                                                                        std::uint32_t limit) {
  Statement& rows = open_->after;
  const Rewind rewind(rows);
  rows.bind_text(1, hash);
  rows.bind(2, std::uint64_t{limit});
  std::vector<CatalogContent> found;
  int code = SQLITE_ROW;
  while ((code = rows.step()) == SQLITE_ROW)
    found.push_back({.hash = std::string(rows.bytes(0)), .thumbnail = rows.uint(1) != 0});
  if (code != SQLITE_DONE) return open_->failed();
  return found;
}

Result<bool, std::string> CatalogContents::used(const std::string& hash) {
  const Rewind rewind(open_->used);
  open_->used.bind_text(1, hash);
  if (open_->used.step() != SQLITE_ROW) return open_->failed();
  return open_->used.uint(0) != 0;
}

Result<std::uint64_t, std::string> CatalogContents::drop(const std::string& hash) {
  open_->drop.bind_text(1, hash);
  if (!open_->drop.run()) return open_->failed();
  return static_cast<std::uint64_t>(sqlite3_changes64(open_->connection.raw()));
}

}  // namespace plaza::sqlite
