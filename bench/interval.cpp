#include "bench/interval.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace plaza::bench {

namespace {

constexpr double kOthersWorthTelling = 0.03;

double steady_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// How long these processors have been busy with anything since the machine started, added up (proc(5), /proc/stat).
double busy_seconds(const CpuList& cpus) {
  std::ifstream file("/proc/stat");
  std::uint64_t ticks = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    if (!name.starts_with("cpu") || name.size() == 3) continue;
    if (std::ranges::find(cpus, std::atoi(name.c_str() + 3)) == cpus.end()) continue;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    fields >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    ticks += user + nice + system + irq + softirq + steal;
  }
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Stopwatch::Stopwatch(ProcessMeter server, CpuList server_cpus)
    : server_(server), server_cpus_(std::move(server_cpus)), client_cpus_(allowed_cpus()) {}

Stopwatch::Reading Stopwatch::read() const {
  return {steady_seconds(), server_.cpu_seconds(), own_cpu_seconds(), busy_seconds(server_cpus_),
          busy_seconds(client_cpus_)};
}

void Stopwatch::start(std::uint64_t operations) {
  operations_ = operations;
  from_ = read();
}

Interval Stopwatch::stop(std::uint64_t operations) const {
  const Reading to = read();
  Interval interval;
  interval.seconds = to.seconds - from_.seconds;
  interval.operations = operations - operations_;
  interval.server_cpu_s = to.server_cpu_s - from_.server_cpu_s;
  interval.client_cpu_s = to.client_cpu_s - from_.client_cpu_s;
  const bool shared = server_cpus_ == client_cpus_;
  const auto others = [&](double busy, double own, double other) {
    return std::max(0.0, busy - own - (shared ? other : 0));
  };
  if (!server_cpus_.empty()) {
    interval.others_on_server_cpus_s = others(to.server_cpus_busy_s - from_.server_cpus_busy_s,
                                              interval.server_cpu_s, interval.client_cpu_s);
  }
  interval.others_on_client_cpus_s = others(to.client_cpus_busy_s - from_.client_cpus_busy_s,
                                            interval.client_cpu_s, interval.server_cpu_s);
  return interval;
}

void tell_interval(Report& report, const Interval& interval, bool server_known) {
  report.seconds = interval.seconds;
  report.operations = interval.operations;
  const auto percent = [&](double seconds) {
    return fmt::format("{:.0f} %", 100 * seconds / interval.seconds);
  };
  if (server_known) {
    report.server_cpu_s_per_million = interval.server_cpu_s_per_million();
    report.notes.emplace_back("server", percent(interval.server_cpu_s) + " of one processor");
  }
  report.notes.emplace_back("load", percent(interval.client_cpu_s) + " of one processor");
  const double others = std::max(interval.others_on_server_cpus_s, interval.others_on_client_cpus_s) /
                        interval.seconds;
  report.params.emplace_back("others_on_server_cpus", interval.others_on_server_cpus_s / interval.seconds);
  report.params.emplace_back("others_on_client_cpus", interval.others_on_client_cpus_s / interval.seconds);
  if (others < kOthersWorthTelling) return;
  report.notes.emplace_back(
      "BUSY MACHINE",
      fmt::format("other programs took {} of the server's processor and {} of the load's",
                  percent(interval.others_on_server_cpus_s), percent(interval.others_on_client_cpus_s)));
}

}  // namespace plaza::bench
