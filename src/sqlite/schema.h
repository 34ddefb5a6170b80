#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "sqlite/connection.h"

namespace plaza::sqlite {

struct OpenOptions {
  std::string path;
  std::string vfs;
  std::uint32_t busy_timeout_ms = 2'000;
  std::uint32_t new_epoch = 1;    ///< of the streams of a database that is created now
  std::int64_t installation = 0;  ///< for one that has no such number yet; 0: it stays without
};

/// Opens or creates the database for the writer, checks that it is one of ours, and brings its schema to this
/// program's version. The error is for an operator: it names the file, what is wrong, and what to do.
[[nodiscard]] Result<void, std::string> open_for_writing(Connection& connection, const OpenOptions& options);

/// Opens it read-only, beside the writer.
[[nodiscard]] Result<void, std::string> open_for_reading(Connection& connection, const OpenOptions& options);

}  // namespace plaza::sqlite
