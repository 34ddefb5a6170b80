#include "bench/process_meter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace plaza::bench {

namespace {

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

double ProcessMeter::cpu_seconds() const {
  if (pid_ <= 0) return 0;
  const std::string stat = read_all(fmt::format("/proc/{}/stat", pid_));
  // The name in parentheses may hold anything; fields are counted from behind it, beginning with the 3rd.
  const std::size_t end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(end + 1));
  std::string word;
  std::uint64_t utime = 0, stime = 0;
  for (int field = 3; field < 14; ++field) fields >> word;
  fields >> utime >> stime;
  return static_cast<double>(utime + stime) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t ProcessMeter::resident_bytes() const {
  if (pid_ <= 0) return 0;
  const std::string rollup = read_all(fmt::format("/proc/{}/smaps_rollup", pid_));
  if (const std::size_t at = rollup.find("Rss:"); at != std::string::npos) {
    return std::strtoull(rollup.c_str() + at + 4, nullptr, 10) * 1024;
  }
  std::istringstream fields(read_all(fmt::format("/proc/{}/statm", pid_)));
  std::uint64_t total = 0, resident = 0;
  fields >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace plaza::bench
