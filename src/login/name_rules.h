#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plaza::login {

inline constexpr std::size_t kNameCodePointsMin = 2;
inline constexpr std::size_t kNameCodePointsMax = 24;
inline constexpr std::size_t kNameKeyBytesMax = 192;

/// A name that may be shown and stored.
struct Name {
  std::string display;  ///< NFC; what people see
  std::string key;      ///< NFKC + case fold; two names with one key are the same name
};

/// Why a name is refused.
struct NameError {
  std::string detail;   ///< what is wrong with this one ("it has a control character at position 3")
  std::string allowed;  ///< what would be right
};

/// The one rule for names of accounts, members (nicknames) and rooms: valid UTF-8; 2..24 code points (variation selectors
/// do not count); no control, zero-width, bidirectional, private or unassigned characters; the only blank is U+0020, single
/// and inside; does not begin with a combining mark.
///
/// Thread   Any thread; pure.
Result<Name, NameError> check_name(std::string_view text);

/// The text of NameError::allowed, for documentation and other refusals.
std::string_view name_allowed();

}  // namespace plaza::login
