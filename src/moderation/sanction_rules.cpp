#include "moderation/sanction_rules.h"

#include <algorithm>

namespace plaza::moderation {

Outcome<void> check_text(const char* field, const std::string& text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return invalid(field, "at most " + std::to_string(bytes_max) + " bytes");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) return invalid(field, "no control characters");
  return {};
}

Outcome<void> check_name(const char* field, const std::string& text, std::size_t bytes_max) {
  if (text.empty()) return invalid(field, "1 to " + std::to_string(bytes_max) + " bytes");
  return check_text(field, text, bytes_max);
}

Outcome<void> check_sanction(const ports::Sanction& sanction, std::int64_t now_ms) {
  if (const auto good = check_name("by", sanction.by, ports::kActorBytesMax); !good) return good;
  if (const auto good = check_text("reason", sanction.reason, ports::kReasonBytesMax); !good) return good;
  if (sanction.until_ms < 0 || sanction.until_ms > static_cast<std::int64_t>(kIdMax))
    return invalid("until_ms", "0 or a Unix time in ms");
  if (!sanction.in_force(now_ms)) return invalid("until_ms", "0 or a time to come");
  return {};
}

}  // namespace plaza::moderation
