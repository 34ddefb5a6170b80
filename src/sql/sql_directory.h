#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "ports/announcements.h"
#include "ports/app_events.h"
#include "ports/apps.h"
#include "ports/audit.h"
#include "ports/channels.h"
#include "ports/directory.h"
#include "ports/erasures.h"
#include "ports/idempotency.h"
#include "ports/moderation.h"
#include "ports/webhooks.h"

namespace plaza::sql {

struct SqlDirectoryOptions {
  ports::DirectoryLimits limits;
  ports::ModerationLimits moderation;
  ports::AnnouncementLimits announcements;
  std::uint8_t region = 0;        ///< in the high bits of every id it makes
  std::int64_t installation = 0;  ///< for a database that has no such number yet; 0: it stays without
  std::string audit_key;          ///< of the chain of the audit log
  std::uint32_t readers = 4;      ///< connections for reading, besides the one that writes
  std::uint32_t
      busy_timeout_ms = 2'000;  ///< how long to wait for another process's lock before `unavailable`
};

/// Accounts, zones, members, tokens, relations, rooms and channels in a SQL database (SQLite through SOCI).
///
/// Thread    Blocks on the disk. Any thread but a shard's. One connection writes, so that SQLite never has two
///           writers of ours, and what waits for it shares a transaction; `readers` others read at the same time and see what is committed.
/// Owner     app/ owns one. It owns its connections and closes them in its destructor.
/// Durable   SQLite: WAL, synchronous=FULL: a method that changed something returns after the fsync.
/// Failure   Whatever the database throws becomes `unavailable`, with its text for the log in `detail`; a connection that
///           failed is opened anew at the next call, so a disk that was full or locked needs no restart.
/// Limit     DirectoryLimits. A reader that finds no free connection waits for one.
class SqlDirectory : public ports::Directory, public ports::Channels {
 public:
  /// Opens or creates the database and brings its schema to the version of this program. `target` is a file path (an
  /// embedded SQLite database), or `sqlite3://` and what SOCI takes. Fails with a text for an operator when it cannot be
  /// opened, is damaged, or has a schema that is newer than this program.
  static ports::DirectoryResult<std::unique_ptr<SqlDirectory>> open(const std::string& target,
                                                                    SqlDirectoryOptions options = {});

  /// In the same database; each lives as long as this.
  [[nodiscard]] virtual ports::Apps& apps() = 0;
  [[nodiscard]] virtual ports::Erasures& erasures() = 0;
  [[nodiscard]] virtual ports::Idempotency& idempotency() = 0;
  [[nodiscard]] virtual ports::AuditLog& audit() = 0;
  [[nodiscard]] virtual ports::Moderation& moderation() = 0;
  [[nodiscard]] virtual ports::Announcements& announcements() = 0;
  [[nodiscard]] virtual ports::AppEvents& app_events() = 0;
  [[nodiscard]] virtual ports::Webhooks& webhooks() = 0;
};

/// Queries that tell something of a database of any version before it is opened: the first column of the first row; 0, or no such
/// table, means no.
struct DirectoryQuestions {
  const char* is_used;       ///< is there an account?
  const char* installation;  ///< the number it shares with the database of the streams
};
DirectoryQuestions directory_questions();

/// The schema version that this program writes.
std::uint32_t directory_schema_version();

}  // namespace plaza::sql
