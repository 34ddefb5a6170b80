#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "app/backup/file_contents_copy.h"
#include "app/backup/manifest.h"
#include "base/result.h"

namespace plaza::app {

struct BackupOptions {
  std::string data_dir;
  std::string to;       ///< a folder that is made
  std::string version;  ///< of this program
};
struct BackupMade {
  Manifest manifest;
  std::chrono::microseconds held{};  ///< for how long no writer got on
  ContentsCopied contents;           ///< of files
};

/// Copies what a server keeps, as it is at one moment, also while the server runs: sqlite/online_copy.h says how. The bytes
/// of files follow (file_contents_copy.h). The folder has
/// its name only when all of it is on the disk; until then it is `to`.partial-PID.
///
/// Thread   The caller's; blocking.
/// Failure  The text is for a person. Nothing is left of the folder, unless the process is killed.
[[nodiscard]] Result<BackupMade, std::string> make_backup(const BackupOptions& options);

}  // namespace plaza::app
