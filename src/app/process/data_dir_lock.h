#pragma once
#include <string>

#include "base/result.h"

namespace plaza::app {

/// The right to use a data directory: one process at a time has it.
///
/// Owner    The node, for as long as it runs; taken before anything else in the directory is touched.
/// Stop     The destructor releases it. So does the kernel when the process dies, however it dies: a left-over lock file
///          means nothing, only the lock on it does.
class DataDirLock {
 public:
  /// Creates the directory (mode 0700) when it is missing. The error is complete, for a person: it names the directory,
  /// and the process that has the lock.
  static Result<DataDirLock, std::string> take(const std::string& data_dir);

  DataDirLock(DataDirLock&& other) noexcept;
  DataDirLock& operator=(DataDirLock&&) = delete;
  ~DataDirLock();

 private:
  explicit DataDirLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// Warning for a person when others of this machine than the owner have any right on the directory; empty when they have none.
/// One that was made by somebody else (systemd's StateDirectory, a package) keeps the mode it came with.
std::string open_to_others(const std::string& data_dir);

}  // namespace plaza::app
