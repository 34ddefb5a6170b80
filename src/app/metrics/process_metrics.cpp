#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <deque>
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

/// How many descriptors the table has room for: none is higher.
int descriptor_slots() {
  std::ifstream file("/proc/self/status");
  std::string word;
  int slots = 0;
  while (file >> word) {
    if (word == "FDSize:") file >> slots;
  }
  return slots;
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

double open_descriptors() {
  // Since Linux 6.2 the size of the directory is their number; before it is 0.
  struct stat folder{};
  if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) return static_cast<double>(folder.st_size);
  double count = 0;
  for (int fd = 0, slots = descriptor_slots(); fd < slots; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

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
