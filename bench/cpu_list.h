#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plaza::bench {

/// Processors by number, ascending, each once.
using CpuList = std::vector<int>;

/// "0", "0,2" or "0-3,6". The error says what is expected.
[[nodiscard]] Result<CpuList, std::string> parse_cpu_list(std::string_view text);
[[nodiscard]] std::string to_string(const CpuList& cpus);

/// The processors this process may run on.
[[nodiscard]] CpuList allowed_cpus();
/// Binds the calling thread, and what it starts later, to these. False when the machine refuses. Empty: does nothing.
bool pin_this_thread(const CpuList& cpus);

/// Where server and generator run when nothing was said: the first processor, and the second. With one processor both share
/// it.
struct Placement {
  CpuList server, client;
};
[[nodiscard]] Placement default_placement(const CpuList& allowed);

}  // namespace plaza::bench
