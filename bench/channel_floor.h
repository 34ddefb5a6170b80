#pragma once
#include <string>

#include "base/result.h"
#include "bench/cpu_list.h"
#include "bench/interval.h"
#include "bench/options.h"
#include "bench/progress.h"

namespace plaza::bench {

/// The same subscribers, window and payload as `channel`, by the same load loop, through the bare relay, which hands each frame of
/// the publisher to all others.
[[nodiscard]] Result<Interval, std::string> measure_channel_floor(const Options& options,
                                                                  const CpuList& relay_cpus,
                                                                  Progress& progress);

}  // namespace plaza::bench
