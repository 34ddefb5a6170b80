// Any text against words and patterns taken from the same bytes: every hit is whole characters of the text, and masking leaves as
// many characters as there were. Nothing here may be slow: the fuzzer's own limit finds what is not linear.
#include <utf8proc.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "words/compiler.h"

namespace {
bool begins_character(std::string_view text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
}
bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                        static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    if (bytes <= 0) return false;
    at += static_cast<std::size_t>(bytes);
  }
  return true;
}
}  // namespace

/// kind byte, rule up to the first zero byte, text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view rest = all.substr(1);
  const std::size_t zero = rest.find('\0');
  if (zero == std::string_view::npos || zero > 64) return 0;
  const std::string_view text = rest.substr(zero + 1);
  if (!is_utf8(rest.substr(0, zero)) || !is_utf8(text)) return 0;
  const plaza::ports::WordRule rule{
      .id = {},
      .match = static_cast<plaza::ports::WordMatch>(static_cast<std::uint8_t>(all[0]) % 3),
      .action = plaza::ports::WordAction::mask,
      .text = std::string(rest.substr(0, zero))};
  const auto filter = plaza::words::Compiler().compile({rule});
  if (!filter || !*filter) return 0;
  std::vector<plaza::ports::WordHit> hits;
  (*filter)->find(text, hits);
  for (const auto& hit : hits) {
    if (hit.begin >= hit.end || hit.end > text.size()) std::abort();
    if (!begins_character(text, hit.begin) || !begins_character(text, hit.end)) std::abort();
  }
  return 0;
}
