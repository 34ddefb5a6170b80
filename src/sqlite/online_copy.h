#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace plaza::sqlite {

struct FileCopy {
  std::string from;  ///< a database; must be there
  std::string to;    ///< must not be there
};
struct OnlineCopyOptions {
  std::uint32_t wait_ms = 10'000;  ///< for a moment in which no transaction writes to any of them
  std::uint32_t attempt_ms = 500;  ///< how long the first may be held while the next is waited for
  std::uint32_t busy_timeout_ms = 2'000;
  int pages_per_step = 256;
};
struct OnlineCopy {
  std::uint64_t bytes = 0;           ///< of all copies
  std::chrono::microseconds held{};  ///< for how long nobody could write
  std::chrono::system_clock::time_point
      moment;  ///< what is committed before it is in the copies, nothing later is
};

/// Copies several databases, each to a file of its own, as all of them are at one moment, while other processes read and write.
/// The write locks of all are held together only until each copy has its snapshot, so writers wait for less than a
/// millisecond as a rule; the copying itself disturbs nobody. Each copy is read whole afterwards (quick_check).
///
/// Thread   The caller's; blocking.
/// Failure  The text names the file, what is wrong, and what to do. What was written to `to` until then is left: the caller
///          owns the folder.
///
/// Why one moment: the databases refer to each other, and each process that writes to them commits to one before the other. A
/// copy of one made a second after the other would hold what follows from something that the other does not know.
[[nodiscard]] Result<OnlineCopy, std::string> copy_together(std::span<const FileCopy> files,
                                                            const OnlineCopyOptions& options);

}  // namespace plaza::sqlite
