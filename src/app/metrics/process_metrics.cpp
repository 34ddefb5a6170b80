#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/metrics/exposition.h"
#include "base/metrics.h"

namespace plaza::app {
namespace {

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return count;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void register_process_metrics() {
  using metrics::Observed;
  using metrics::Type;
  static const double
      start = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  static std::deque<Observed> all;
  if (!all.empty()) return;
  all.emplace_back(Type::gauge, "plaza_build_info", "1; the version is in the label.",
                   metrics::Labels{{"version", PLAZA_VERSION}}, [] { return 1.0; });
  all.emplace_back(Type::gauge, "process_resident_memory_bytes", "Resident memory size in bytes.",
                   metrics::Labels{}, resident_bytes);
  all.emplace_back(Type::gauge, "process_open_fds", "Open file descriptors.", metrics::Labels{},
                   open_descriptors);
  all.emplace_back(Type::counter, "process_cpu_seconds_total", "User and system CPU time in seconds.",
                   metrics::Labels{}, cpu_seconds);
  all.emplace_back(Type::gauge, "process_start_time_seconds", "Start of the process, Unix time in seconds.",
                   metrics::Labels{}, [] { return start; });
}

}  // namespace plaza::app
