#pragma once
#include <cstdint>
#include <string>

#include "app/backup/file_contents_copy.h"
#include "app/backup/manifest.h"
#include "base/result.h"

namespace plaza::app {

struct RestoreOptions {
  std::string from;      ///< a folder that make_backup() made
  std::string data_dir;  ///< made when it is missing; must have no databases and no files
  std::int64_t wall_ms = 0;
};
struct Restored {
  Manifest manifest;
  std::uint32_t epoch = 0;
  ContentsCopied contents;  ///< of files
};

/// Puts a backup in the place of a data directory, in a new epoch (sqlite/new_epoch.h says why). Everything is copied to
/// data_dir/restoring, compared with the manifest and put into its epoch there, and only then takes its name; the database of the
/// messages last, so that no server starts on a part.
///
/// Thread   The caller's; blocking. The lock of the data directory is held.
/// Failure  The text is for a person. When it is about the backup or the disk, the data directory is as it was before.
[[nodiscard]] Result<Restored, std::string> restore_backup(const RestoreOptions& options);

}  // namespace plaza::app
