#include "login/name_rules.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace plaza::login {
namespace {

constexpr std::size_t kInputBytesMax = 512;  // 24 code points fully decomposed are less
constexpr utf8proc_int32_t kTextVariation = 0xFE0E, kEmojiVariation = 0xFE0F, kBrailleBlank = 0x2800;

constexpr std::string_view kAllowed =
    "2 to 24 characters: letters, digits, punctuation, symbols, and single spaces between them; no control, "
    "zero-width, "
    "bidirectional, private-use or unassigned characters";

/// Emoji keyboards append these, so they are let through; they are not counted and not part of the key.
bool is_variation(utf8proc_int32_t c) { return c == kTextVariation || c == kEmojiVariation; }

bool is_mark(utf8proc_category_t category) {
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
         category == UTF8PROC_CATEGORY_ME;
}

/// Why this character may be nowhere in a name; null when it may.
const char* refusal_of(utf8proc_int32_t c, utf8proc_category_t category) {
  switch (category) {
    case UTF8PROC_CATEGORY_CC: return "a control character";
    case UTF8PROC_CATEGORY_CF: return "an invisible (zero-width or bidirectional) character";
    case UTF8PROC_CATEGORY_CS: return "half a surrogate pair";
    case UTF8PROC_CATEGORY_CO: return "a private-use character";
    case UTF8PROC_CATEGORY_CN: return "an unassigned character";
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return "a line separator";
    case UTF8PROC_CATEGORY_ZS: return c == ' ' ? nullptr : "a blank other than the ordinary space";
    default: break;
  }
  if (c == kBrailleBlank) return "a blank other than the ordinary space";
  if (utf8proc_get_property(c)->ignorable && !is_variation(c)) return "an invisible character";
  return nullptr;
}

/// The text mapped by utf8proc; empty when it fails (no memory).
std::string map_text(std::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                 static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  return size < 0 ? std::string()
                  : std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

/// NFKC_Casefold, applied until nothing changes any more (twice is enough), so that the key of a key is itself.
std::string key_of(std::string_view display) {
  constexpr int kFold = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                        UTF8PROC_IGNORE;
  return map_text(map_text(display, kFold), kFold);
}

std::unexpected<NameError> refuse(std::string detail) {
  return fail(NameError{.detail = std::move(detail), .allowed = std::string(kAllowed)});
}

/// Looks at every character; gives how many count.
Result<std::size_t, NameError> check_characters(std::string_view text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  std::size_t position = 0, counted = 0;
  utf8proc_int32_t previous = ' ';  // so that a leading blank is a double one
  while (left > 0) {
    utf8proc_int32_t c = 0;
    const auto size = utf8proc_iterate(at, left, &c);
    if (size <= 0) return refuse("it is not valid UTF-8");
    at += size;
    left -= size;
    ++position;
    const auto category = utf8proc_category(c);
    if (const char* why = refusal_of(c, category)) {
      return refuse(fmt::format("character {} (U+{:04X}) is {}", position, c, why));
    }
    if (c == ' ' && previous == ' ') {
      return refuse(position == 1 ? "it begins with a space" : "it has two spaces in a row");
    }
    if (position == 1 && is_mark(category)) return refuse("it begins with a combining mark");
    previous = c;
    if (!is_variation(c)) ++counted;
  }
  if (position > 0 && previous == ' ') return refuse("it ends with a space");
  return counted;
}

}  // namespace

std::string_view name_allowed() { return kAllowed; }

Result<Name, NameError> check_name(std::string_view text) {
  if (text.size() > kInputBytesMax) return refuse("it is too long");
  if (const auto ok = check_characters(text); !ok) return fail(ok.error());

  // Composing makes characters fewer, so the length that counts is that of the composed form.
  Name name;
  name.display = map_text(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto counted = check_characters(name.display);
  if (!counted) return fail(counted.error());
  if (*counted < kNameCodePointsMin) return refuse(fmt::format("it has {} characters", *counted));
  if (*counted > kNameCodePointsMax) return refuse(fmt::format("it has {} characters", *counted));
  name.key = key_of(name.display);
  if (name.key.empty() || name.key.size() > kNameKeyBytesMax)
    return refuse("it is too long when written out");
  return name;
}

}  // namespace plaza::login
