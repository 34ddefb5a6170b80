#include "net/utf8.h"

#include <cstring>

namespace plaza::net {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

/// How many bytes from `at` on are certainly ASCII, in steps of 16.
std::size_t skip_ascii(std::span<const char> text, std::size_t at) {
  const std::size_t begin = at;
  while (text.size() - at >= 16) {
    std::uint64_t words[2];
    std::memcpy(words, text.data() + at, sizeof words);
    if (((words[0] | words[1]) & kHighBits) != 0) break;
    at += 16;
  }
  return at - begin;
}

}  // namespace

bool Utf8Validator::feed(std::span<const char> piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    const auto byte = static_cast<std::uint8_t>(piece[at]);
    if (missing_ > 0) {
      if (byte < next_min_ || byte > next_max_) return false;
      next_min_ = 0x80;
      next_max_ = 0xbf;
      --missing_;
      ++at;
      continue;
    }
    if (byte < 0x80) {
      const std::size_t ascii = skip_ascii(piece, at);
      at += ascii > 0 ? ascii : 1;
      continue;
    }
    if (byte < 0xc2 || byte > 0xf4) return false;
    missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0) next_min_ = 0xa0;  // else overlong
    if (byte == 0xed) next_max_ = 0x9f;  // else a surrogate
    if (byte == 0xf0) next_min_ = 0x90;  // else overlong
    if (byte == 0xf4) next_max_ = 0x8f;  // else above U+10FFFF
    ++at;
  }
  return true;
}

}  // namespace plaza::net
