#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace plaza::app {

struct ContentsCopied {
  static constexpr std::size_t kNamed = 5;

  std::uint64_t contents = 0;
  std::uint64_t bytes = 0;  ///< with thumbnails
  /// Contents that files have and that were damaged or missing before: not in the backup, and neither are those files.
  std::uint64_t lost = 0;
  std::vector<std::string> lost_names;  ///< the first of them
};

/// Gives a backup the bytes of the files that its copy of files.db has, and a list of them with their sums. They are read from
/// `data_dir` while a server may remove some and add others; a content never changes, so those that are still there are those of
/// the copy's moment. What was removed since then is removed from the copy as well: afterwards each file in it has its bytes.
///
/// On one file system a content in the backup is another name of the server's, and costs no room. All are read, in both cases.
///
/// Thread   The caller's; blocking.
/// Failure  The text is for a person. What was copied until then is left: the caller owns the folder.
[[nodiscard]] Result<ContentsCopied, std::string> copy_contents(const std::string& data_dir,
                                                                const std::string& backup);

/// Copies what the list in `staging` names from the backup to `staging`. The error is about the first that is not there or not as
/// the list says.
[[nodiscard]] Result<ContentsCopied, std::string> copy_contents_back(const std::string& backup,
                                                                     const std::string& staging);

}  // namespace plaza::app
