#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "bench/cpu_list.h"
#include "bench/interval.h"
#include "bench/options.h"
#include "bench/progress.h"

namespace plaza::bench {

/// The same pairs, window and payload as `direct`, by the same load loop, through the bare relay. The window is kept by what
/// the receiver sees: both ends are in this process. Order and completeness are checked too.
[[nodiscard]] Result<Interval, std::string> measure_floor(const Options& options, const CpuList& relay_cpus,
                                                          Progress& progress);

}  // namespace plaza::bench
