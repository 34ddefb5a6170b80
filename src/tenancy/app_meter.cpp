#include "tenancy/app_meter.h"

#include <algorithm>

namespace plaza::tenancy {

using ports::Quota;

namespace {
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kNsPerS = 1'000'000'000;
}  // namespace

void AppMeter::set(const ports::Quotas& quotas) {
  // What was used up of another rate says nothing of this one: an app that gets more would have to wait as if it had not.
  const auto changes = [&](Quota which) { return quota(which) != quotas.of(which); };
  if (changes(Quota::message_rate) || changes(Quota::message_burst))
    next_ns_.store(0, std::memory_order_relaxed);
  for (std::size_t i = 0; i < ports::kQuotas; ++i)
    quotas_[i].store(quotas.amounts[i], std::memory_order_relaxed);
}

bool AppMeter::enter() {
  const std::uint64_t most = quota(Quota::sessions);
  std::uint64_t seen = sessions_.load(std::memory_order_relaxed);
  do {
    if (most != 0 && seen >= most) return false;
  } while (!sessions_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed));
  return true;
}

bool AppMeter::take_bytes(std::uint64_t bytes) {
  const std::uint64_t most = quota(Quota::stored_bytes);
  std::uint64_t seen = stored_bytes_.load(std::memory_order_relaxed);
  do {
    if (most != 0 && (seen > most || bytes > most - seen)) return false;
  } while (!stored_bytes_.compare_exchange_weak(seen, seen + bytes, std::memory_order_relaxed));
  return true;
}

// The generic cell rate algorithm, as base/rate_limit.h has it, in nanoseconds: an app may have a rate of many thousands a second.
bool AppMeter::send(std::int64_t now_ms, std::int64_t& wait_ms) {
  wait_ms = 0;
  const std::uint64_t per_s = std::min(quota(Quota::message_rate), kNsPerS);
  if (per_s == 0) return true;
  const auto step_ns = static_cast<std::int64_t>(kNsPerS / per_s);
  const std::uint64_t at_once = std::clamp<std::uint64_t>(quota(Quota::message_burst), 1, kNsPerS);
  const std::int64_t tolerance_ns = step_ns * static_cast<std::int64_t>(at_once - 1);
  const std::int64_t now_ns = now_ms * kNsPerMs;
  std::int64_t seen = next_ns_.load(std::memory_order_relaxed);
  std::int64_t start = 0;
  do {
    start = std::max(seen, now_ns);
    if (start - now_ns > tolerance_ns) {
      wait_ms = (start - now_ns - tolerance_ns + kNsPerMs - 1) / kNsPerMs;
      return false;
    }
  } while (!next_ns_.compare_exchange_weak(seen, start + step_ns, std::memory_order_relaxed));
  return true;
}

}  // namespace plaza::tenancy
