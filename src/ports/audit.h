#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ports/directory.h"

namespace plaza::ports {

/// What an administrator or a backend server did.
struct AuditEntry {
  std::uint64_t seq = 0;  ///< 1, 2, 3...; given by the log
  std::int64_t time_ms = 0;
  AppId app;            ///< 0: none
  std::string actor;    ///< "operator:0", "server:game-1/pk_..."
  std::string action;   ///< "members.create"
  std::string target;   ///< "zone eu-1 member 17"
  std::string outcome;  ///< "asked", or why it was refused
  std::string digest;   ///< SHA-256 of the request, hexadecimal: nothing private is kept
  std::string hash;     ///< of all the above and of the entry before; given by the log

  bool operator==(const AuditEntry&) const = default;
};

/// The newest entry: what the chain must end with.
struct AuditHead {
  std::uint64_t seq = 0;
  std::string hash;

  bool operator==(const AuditHead&) const = default;
};

/// The hash of an entry behind `before` (empty for the first), hexadecimal. Keyed, so that who can write to the database, and has no
/// key, cannot make a chain anew.
[[nodiscard]] std::string audit_hash(const std::string& key, const AuditEntry& entry,
                                     const std::string& before);

/// Everything that was done, in order, append only.
///
/// Contract  append() gives the entry its seq and hash, in one transaction with the head. Nothing is ever changed or removed.
/// Thread    Blocks. Any thread but a shard's; thread-safe.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  virtual DirectoryResult<AuditEntry> append(AuditEntry entry) = 0;
  /// Those with seq > after, ascending, at most limit; of one app, or (0) of all.
  virtual DirectoryResult<std::vector<AuditEntry>> entries(AppId app, std::uint64_t after,
                                                           std::uint32_t limit) = 0;
  virtual DirectoryResult<AuditHead> head() = 0;
};

/// What a look at the whole log found.
struct AuditVerdict {
  std::uint64_t entries = 0;  ///< that are right, from the first on
  AuditHead head;             ///< as it is stored
  std::string wrong;          ///< empty: all is right; otherwise what is not, and where
};

/// Reads the whole log and finds any entry that was changed, removed (the last ones too), added or put elsewhere since it was written,
/// by whoever has not the key. What an older copy of the database lacks it cannot know: compare the head with one you noted.
DirectoryResult<AuditVerdict> verify_audit(AuditLog& log, const std::string& key);

}  // namespace plaza::ports
