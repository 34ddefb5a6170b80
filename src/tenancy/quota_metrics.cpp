#include "tenancy/quota_metrics.h"

#include <array>
#include <string>

#include "base/metrics.h"

namespace plaza::tenancy {
namespace {

metrics::Counter counter(ports::Quota quota) {
  return {"plaza_quota_refusals_total",
          "Requests refused because their app has as much as it may, by quota.",
          {{"quota", std::string(name_of(quota))}}};
}

// In the order of the enum.
const std::array<metrics::Counter, ports::kQuotas> g_refusals{
    counter(ports::Quota::members),      counter(ports::Quota::rooms),
    counter(ports::Quota::sessions),     counter(ports::Quota::message_rate),
    counter(ports::Quota::message_rate), counter(ports::Quota::stored_bytes)};

}  // namespace

void count_refusal(ports::Quota quota) { g_refusals[static_cast<std::size_t>(quota)].add(); }

}  // namespace plaza::tenancy
