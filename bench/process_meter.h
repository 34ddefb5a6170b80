#pragma once
#include <sys/types.h>

#include <cstdint>

namespace plaza::bench {

/// What the kernel says about one process. Zeros when it is gone or not ours to look at.
///
/// Source   proc(5): utime + stime of /proc/PID/stat, all threads, also those that ended; the kernel scales them to the
///          run time it measured exactly, in ticks of 10 ms.
class ProcessMeter {
 public:
  explicit ProcessMeter(pid_t pid) : pid_(pid) {}

  [[nodiscard]] explicit operator bool() const { return pid_ > 0; }
  [[nodiscard]] double cpu_seconds() const;
  /// Resident memory in bytes, from smaps_rollup (exact), else statm (the kernel's batched counters).
  [[nodiscard]] std::uint64_t resident_bytes() const;

 private:
  pid_t pid_ = 0;
};

}  // namespace plaza::bench
