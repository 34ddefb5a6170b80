#pragma once
#include <string>

namespace plaza::app {

/// The answer to GET /metrics: everything registered in base/metrics.h, in the Prometheus text format.
/// Any thread; takes the registry's lock, never one that counting takes.
std::string metrics_text();

/// Its Content-Type.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/// Open descriptors of this process. Walking /proc/self/fd costs a microsecond for each; this does not.
double open_descriptors();

/// Registers what can be said of any process: plaza_build_info, process_resident_memory_bytes, process_open_fds,
/// process_cpu_seconds_total, process_start_time_seconds. Calling it again changes nothing.
void register_process_metrics();

}  // namespace plaza::app
