#pragma once
#include <cstdint>

#include "ports/directory.h"
#include "sql/connection.h"

namespace plaza::sql {

/// Brings the schema of the directory to this program's version, in the caller's transaction. `conflict` when it is newer
/// than that. A database without a number of its installation gets this one, unless it is 0. Gives the version it found.
ports::DirectoryResult<std::uint32_t> migrate_directory(Connection& db, std::int64_t installation);

}  // namespace plaza::sql
