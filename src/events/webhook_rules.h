#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ports/webhooks.h"

namespace plaza::events {

/// What is posted: {"app":"chess","webhook":3,"events":[...]}. `lost`: so many events before these were removed unread, 0: none.
/// `again`: these were given up before.
struct WebhookBody {
  std::string_view app;
  ports::WebhookId webhook;
  std::uint64_t lost = 0;
  bool again = false;
};
[[nodiscard]] std::string webhook_json(const WebhookBody& about, std::span<const ports::AppEvent> events);

/// HMAC-SHA-256 in hexadecimal, under the webhook's secret, of three lines, the last without an end:
///
///   PLAZA-WEBHOOK-SHA256
///   1700000000000                           the header Plaza-Time: Unix time in milliseconds
///   e3b0c44298fc1c149afbf4c8996fb924...     SHA-256 of the body, hexadecimal
[[nodiscard]] std::string webhook_signature(std::string_view secret, std::int64_t time_ms,
                                            std::string_view body);

/// How long to wait after so many failures in a row (1, 2, ...): doubled each time from first_ms to longest_ms, and of that a part
/// between a half and the whole, by `random`. (Exponential backoff with equal jitter, M. Brooker, AWS Architecture Blog 2015.)
[[nodiscard]] std::int64_t backoff_ms(std::uint32_t failures, std::int64_t first_ms, std::int64_t longest_ms,
                                      std::uint64_t random);

}  // namespace plaza::events
