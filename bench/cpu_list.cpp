#include "bench/cpu_list.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>

namespace plaza::bench {

namespace {

bool parse_number(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0 && out < CPU_SETSIZE;
}

bool parse_range(std::string_view text, CpuList& out) {
  const std::size_t dash = text.find('-');
  int first = 0, last = 0;
  if (dash == std::string_view::npos) {
    if (!parse_number(text, first)) return false;
    last = first;
  } else if (!parse_number(text.substr(0, dash), first) || !parse_number(text.substr(dash + 1), last) ||
             last < first) {
    return false;
  }
  for (int cpu = first; cpu <= last; ++cpu) out.push_back(cpu);
  return true;
}

}  // namespace

Result<CpuList, std::string> parse_cpu_list(std::string_view text) {
  CpuList cpus;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (!parse_range(text.substr(at, comma - at), cpus)) {
      return fail(fmt::format("\"{}\" is not a list of processors like 0 or 0,2 or 0-3", text));
    }
    at = comma + 1;
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string to_string(const CpuList& cpus) { return fmt::format("{}", fmt::join(cpus, ",")); }

CpuList allowed_cpus() {
  cpu_set_t set;
  CpuList cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

bool pin_this_thread(const CpuList& cpus) {
  if (cpus.empty()) return true;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

Placement default_placement(const CpuList& allowed) {
  if (allowed.empty()) return {};
  return {{allowed.front()}, {allowed.size() > 1 ? allowed[1] : allowed.front()}};
}

}  // namespace plaza::bench
