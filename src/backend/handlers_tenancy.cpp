// What an app may have and do, and what it has.
#include <algorithm>
#include <mutex>

#include "backend/call.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

ApiResult<json::object> shown(const Call& call, const ports::OwnQuotas& own) {
  const auto counted = call.services.apps.usage(call.app.id);
  if (!counted) return fail(of_directory(counted.error(), "app"));
  const AppFigures live = call.services.live.figures(call.app.id);
  json::object quotas;
  json::array set;
  for (std::size_t i = 0; i < ports::kQuotas; ++i) {
    quotas[ports::kQuotaNames[i]] = live.quotas.amounts[i];
    if (own.amounts[i]) set.emplace_back(ports::kQuotaNames[i]);
  }
  return json::object{{"quotas", std::move(quotas)},
                      {"own", std::move(set)},
                      {"usage",
                       {{"members", counted->members},
                        {"rooms", counted->rooms},
                        {"sessions", live.sessions},
                        {"stored_bytes", live.stored_bytes}}}};
}

}  // namespace

ApiResult<void> within_quota(const Call& call, const ports::Zone& zone, Kept kept) {
  const auto over = call.services.live.count_message(zone, kept);
  if (!over) return {};
  const std::string quota(name_of(over->quota));
  if (over->quota != ports::Quota::message_rate) return refuse(ErrorCode::quota_reached, quota);
  return fail(ApiError{.code = ErrorCode::rate_limited,
                       .message = "too many messages of this app: " + quota,
                       .field = {},
                       .allowed = {},
                       .retry_after_ms = over->wait_ms});
}

Answer show_quotas(Call& call) {
  const auto own = call.services.apps.quotas(call.app.id);
  if (!own) return fail(of_directory(own.error(), "app"));
  return shown(call, *own);
}

Answer set_quotas(Call& call) {
  // Read, changed, stored and put in force by one at a time.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  auto own = call.services.apps.quotas(call.app.id);
  if (!own) return fail(of_directory(own.error(), "app"));
  for (const auto& name : call.args.texts("as_settings")) {
    const auto at = std::ranges::find(ports::kQuotaNames, name);
    if (at == ports::kQuotaNames.end())
      return refuse(
          ErrorCode::bad_request, "there is no such quota", "as_settings",
          "members_max, rooms_max, sessions_max, message_rate_per_s, message_burst, stored_bytes_max");
    own->amounts[static_cast<std::size_t>(at - ports::kQuotaNames.begin())].reset();
  }
  for (std::size_t i = 0; i < ports::kQuotas; ++i) {
    if (call.args.has(ports::kQuotaNames[i])) own->amounts[i] = call.args.number(ports::kQuotaNames[i]);
  }
  const auto stored = call.services.apps.set_quotas(call.app.id, *own);
  if (!stored) return fail(of_directory(stored.error(), "app"));
  call.services.live.set_quotas(call.app.id, *stored);
  return shown(call, *stored);
}

}  // namespace plaza::backend
