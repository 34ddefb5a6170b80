#pragma once
#include <optional>

#include "chat/answers.h"
#include "tenancy/app_meter.h"

namespace plaza::chat {

/// The app of the member may have no more sessions.
Refusal sessions_refused(const tenancy::AppMeter& app);

/// What of the app's quotas is against a message now: its rate, which counts this one, and, of what is to be stored, the bytes that
/// it has.
std::optional<Refusal> message_refused(tenancy::AppMeter& app, std::int64_t now_ms);
std::optional<Refusal> storing_refused(const tenancy::AppMeter& app);

}  // namespace plaza::chat
