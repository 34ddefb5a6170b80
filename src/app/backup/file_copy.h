#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace plaza::app {

struct FileSum {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< hexadecimal
};

/// All of these: the caller's thread, blocking; errors are for a person and name the file.
[[nodiscard]] Result<FileSum, std::string> sum_of(const std::string& path);
/// To a new file of mode 0600 that is on the disk when this returns. The sum is of what was read.
[[nodiscard]] Result<FileSum, std::string> copy_file(const std::string& from, const std::string& to);
/// The same of a file that never changes: where the file system can, `to` is another name of it, and nothing is copied. Without a
/// value: there is no `from`.
[[nodiscard]] Result<std::optional<FileSum>, std::string> share_file(const std::string& from,
                                                                     const std::string& to);
[[nodiscard]] Result<void, std::string> write_file(const std::string& path, const std::string& text);
[[nodiscard]] Result<std::string, std::string> read_file(const std::string& path);
/// What was written to a file or a folder survives a loss of power when this returns.
[[nodiscard]] Result<void, std::string> sync_to_disk(const std::string& path);

}  // namespace plaza::app
