#include "events/webhook_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "base/digest.h"
#include "events/event_bodies.h"

namespace plaza::events {

std::string webhook_json(const WebhookBody& about, std::span<const ports::AppEvent> events) {
  std::string text = fmt::format(R"({{"app":{},"webhook":{},)",
                                 boost::json::serialize(boost::json::string(about.app)), about.webhook.value);
  if (about.lost > 0) text += fmt::format(R"("lost":{},)", about.lost);
  if (about.again) text += R"("again":true,)";
  text += R"("events":[)";
  for (const auto& event : events) {
    if (&event != events.data()) text += ',';
    text += to_json(event);
  }
  return text + "]}";
}

std::string webhook_signature(std::string_view secret, std::int64_t time_ms, std::string_view body) {
  return to_hex(
      hmac_sha256(secret, fmt::format("PLAZA-WEBHOOK-SHA256\n{}\n{}", time_ms, to_hex(sha256(body)))));
}

std::int64_t backoff_ms(std::uint32_t failures, std::int64_t first_ms, std::int64_t longest_ms,
                        std::uint64_t random) {
  std::int64_t whole = first_ms;
  for (std::uint32_t i = 1; i < failures && whole < longest_ms; ++i) whole *= 2;
  whole = std::min(whole, longest_ms);
  const std::int64_t half = whole / 2;
  return half + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(whole - half + 1));
}

}  // namespace plaza::events
