#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/word_filter.h"

namespace plaza::moderation {

/// What becomes of a text.
struct Judged {
  std::optional<ports::WordAction> action;  ///< the hardest of all hits; nothing: it may pass as it is
  std::string masked;                       ///< with mask: what is said instead
};
[[nodiscard]] Judged judge(const ports::WordFilter& filter, std::string_view text);

/// The text with a `*` for each character inside of a hit that masks. As many characters as before, which same_send() relies on.
[[nodiscard]] std::string mask(std::string_view text, std::vector<ports::WordHit> hits);

}  // namespace plaza::moderation
