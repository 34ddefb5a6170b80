#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace plaza::ports {

/// What the bytes of a file say that it is.
struct FileFacts {
  std::string type;  ///< "image/png"; "application/octet-stream" when nothing is known of it
  std::uint32_t width = 0, height = 0;  ///< of a picture that could be read, else 0
  std::string thumbnail;                ///< a small JPEG of it; empty: none
};
struct InspectError {
  std::string detail;  ///< for the log
};

/// Looks into files that strangers have made.
///
/// Contract  A file that cannot be understood, or that would cost too much, has facts all the same: a type, and no picture. The error
///           is for when nothing could be looked at.
/// Thread    Blocks, for a bounded time. Any thread but a shard's may call.
class FileInspector {
 public:
  virtual ~FileInspector() = default;
  /// `fd` is open for reading at its beginning, and stays the caller's.
  virtual Result<FileFacts, InspectError> inspect(int fd) = 0;
};

}  // namespace plaza::ports
