#pragma once
#include <cstdint>

#include "ports/directory.h"
#include "sql/connection.h"

namespace plaza::sql {

/// Brings the schema of the directory to this program's version, in the caller's transaction. `conflict` when it is newer
/// than that. Gives the version it found.
ports::DirectoryResult<std::uint32_t> migrate_directory(Connection& db);

}  // namespace plaza::sql
