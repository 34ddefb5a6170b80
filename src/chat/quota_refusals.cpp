#include "chat/quota_refusals.h"

#include "tenancy/quota_metrics.h"

namespace plaza::chat {

using ports::Quota;
using protocol::Errno;

namespace {
Refusal quota_refused(const tenancy::AppMeter& app, Quota quota) {
  tenancy::count_refusal(quota);
  return {.error = Errno::quota_reached,
          .message = "the app has reached its quota " + std::string(name_of(quota)),
          .allowed = ports::quota_detail(quota, app.quota(quota))};
}
}  // namespace

Refusal sessions_refused(const tenancy::AppMeter& app) { return quota_refused(app, Quota::sessions); }

std::optional<Refusal> message_refused(tenancy::AppMeter& app, std::int64_t now_ms) {
  std::int64_t wait_ms = 0;
  if (app.send(now_ms, wait_ms)) return std::nullopt;
  tenancy::count_refusal(Quota::message_rate);
  return Refusal{.error = Errno::app_rate_limited,
                 .allowed = ports::quota_detail(Quota::message_rate, app.quota(Quota::message_rate)),
                 .retry_after_ms = static_cast<std::uint64_t>(wait_ms)};
}

std::optional<Refusal> storing_refused(const tenancy::AppMeter& app) {
  if (!app.full()) return std::nullopt;
  return quota_refused(app, Quota::stored_bytes);
}

}  // namespace plaza::chat
