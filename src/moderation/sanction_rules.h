#pragma once
#include <cstdint>

#include "moderation/result.h"
#include "ports/moderation.h"

namespace plaza::moderation {

/// Whether a sanction may be set now: who decided is named, the reason is not too long, and it does not end in the past.
[[nodiscard]] Outcome<void> check_sanction(const ports::Sanction& sanction, std::int64_t now_ms);

/// A text that somebody gave: at most `bytes_max`, and no control characters, which would break a line of a log.
[[nodiscard]] Outcome<void> check_text(const char* field, const std::string& text, std::size_t bytes_max);
/// The same, and not empty.
[[nodiscard]] Outcome<void> check_name(const char* field, const std::string& text, std::size_t bytes_max);

}  // namespace plaza::moderation
