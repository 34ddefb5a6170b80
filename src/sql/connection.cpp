#include "sql/connection.h"

#include <soci/sqlite3/soci-sqlite3.h>

namespace plaza::sql {
namespace {

void set_up_sqlite(soci::session& session, const Target& target, Access access) {
  const auto set = [&session](const std::string& pragma) { session << "PRAGMA " + pragma; };
  set("busy_timeout=" + std::to_string(target.busy_timeout_ms));
  if (access == Access::read) {
    // Not a read-only open: that one cannot make the shared index file of WAL when it is missing.
    set("query_only=ON");
    return;
  }
  set("journal_mode=WAL");
  set("synchronous=FULL");
  set("foreign_keys=ON");
}

}  // namespace

Connection::Connection(const Target& target, Access access) : sqlite_(target.backend == "sqlite3") {
  // The backend itself rather than its name: by name SOCI would look for a shared library to load at run time.
  PLAZA_CHECK(sqlite_);
  session_.open(*soci::factory_sqlite3(), target.connect_string);
  if (sqlite_) set_up_sqlite(session_, target, access);
}

void Connection::begin(Access access) {
  if (sqlite_ && access == Access::write) {
    run("BEGIN IMMEDIATE");  // takes the write lock now, when waiting for it is still possible
  } else {
    run("BEGIN");
  }
}

void Connection::commit() { run("COMMIT"); }
void Connection::rollback() { run("ROLLBACK"); }

void Connection::savepoint() { run("SAVEPOINT one_of_many"); }
void Connection::release() { run("RELEASE SAVEPOINT one_of_many"); }
void Connection::rollback_to_savepoint() {
  run("ROLLBACK TO SAVEPOINT one_of_many");
  release();  // undone, it would still be there
}

}  // namespace plaza::sql
