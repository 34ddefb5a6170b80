#pragma once
#include <cstdint>

#include "bench/cpu_list.h"
#include "bench/process_meter.h"
#include "bench/report.h"

namespace plaza::bench {

/// What happened between two moments.
struct Interval {
  double seconds = 0;
  std::uint64_t operations = 0;
  double server_cpu_s = 0;  ///< of the measured process
  double client_cpu_s = 0;  ///< of this one
  // Of these processors' time, used by neither: then the figures are worse than the machine.
  double others_on_server_cpus_s = 0;
  double others_on_client_cpus_s = 0;

  [[nodiscard]] double rate_per_s() const {
    return seconds > 0 ? static_cast<double>(operations) / seconds : 0;
  }
  [[nodiscard]] double server_cpu_s_per_million() const {
    return operations > 0 ? server_cpu_s * 1e6 / static_cast<double>(operations) : 0;
  }
};

/// Measures an interval.
/// Thread   The one that makes the load: where it may run is taken to be where the load runs.
class Stopwatch {
 public:
  /// `server` may be unknown (pid 0): then its CPU time is 0.
  Stopwatch(ProcessMeter server, CpuList server_cpus);

  /// The interval begins; `operations` is the count so far.
  void start(std::uint64_t operations);
  [[nodiscard]] Interval stop(std::uint64_t operations) const;

 private:
  struct Reading {
    double seconds, server_cpu_s, client_cpu_s, server_cpus_busy_s, client_cpus_busy_s;
  };
  [[nodiscard]] Reading read() const;

  const ProcessMeter server_;
  const CpuList server_cpus_, client_cpus_;
  Reading from_{};
  std::uint64_t operations_ = 0;
};

/// Puts rate, CPU time and who else was busy into the report.
void tell_interval(Report& report, const Interval& interval, bool server_known);

}  // namespace plaza::bench
