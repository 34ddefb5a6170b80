#include "search/pieces.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace plaza::search {
namespace {

// First and last code points of the scripts that are written without spaces between words, and of Korean (Unicode 15, Blocks.txt),
// as they are after folding.
constexpr std::array<std::pair<std::int32_t, std::int32_t>, 18> kWithoutSpaces{{
    {0x0E00, 0x0EFF},    // Thai, Lao
    {0x0F00, 0x0FFF},    // Tibetan
    {0x1000, 0x109F},    // Myanmar
    {0x1100, 0x11FF},    // Hangul Jamo: what Korean syllables are folded to
    {0x1780, 0x17FF},    // Khmer
    {0x1950, 0x19DF},    // Tai Le, New Tai Lue
    {0x1A20, 0x1AAF},    // Tai Tham
    {0x2E80, 0x2FDF},    // CJK and Kangxi radicals
    {0x3005, 0x3007},    // repetition, zero
    {0x3031, 0x303C},    // kana repetition
    {0x3041, 0x30FF},    // Hiragana, Katakana
    {0x3100, 0x312F},    // Bopomofo
    {0x31A0, 0x31FF},    // Bopomofo and Katakana extensions
    {0x3400, 0x4DBF},    // CJK extension A
    {0x4E00, 0x9FFF},    // CJK
    {0xA960, 0xA97F},    // Hangul Jamo extended A
    {0xF900, 0xFAFF},    // CJK compatibility
    {0x20000, 0x3FFFF},  // CJK extensions
}};

std::optional<Piece::Kind> kind_of(std::int32_t point) {
  const auto category = utf8proc_category(point);
  const bool belongs = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;  // L*, M*, N*
  if (!belongs) return std::nullopt;
  const auto after = std::ranges::upper_bound(kWithoutSpaces, point, {},
                                              [](const auto& r) { return r.first; });
  if (after != kWithoutSpaces.begin() && point <= std::prev(after)->second) return Piece::Kind::run;
  return Piece::Kind::word;
}

/// The code point at `at` and its bytes; what is no UTF-8 counts as one byte that separates.
std::pair<std::int32_t, std::size_t> character_at(std::string_view text, std::size_t at) {
  utf8proc_int32_t point = -1;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                      static_cast<utf8proc_ssize_t>(text.size() - at), &point);
  if (bytes <= 0) return {-1, 1};
  return {point, static_cast<std::size_t>(bytes)};
}

}  // namespace

std::vector<Piece> pieces_of(const words::FoldedText& folded) {
  std::vector<Piece> pieces;
  const std::string_view text = folded.bytes();
  bool open = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, bytes] = character_at(text, at);
    const auto kind = point < 0 ? std::nullopt : kind_of(point);
    // A mark of its own stays with what it marks, whatever the script.
    const bool mark = kind && utf8proc_category(point) >= UTF8PROC_CATEGORY_MN &&
                      utf8proc_category(point) <= UTF8PROC_CATEGORY_ME;
    if (kind && (!open || (!mark && pieces.back().kind != *kind))) {
      pieces.push_back({.kind = *kind, .text = {}, .at = at, .starts = {}});
      open = true;
    }
    if (kind) {
      Piece& piece = pieces.back();
      piece.starts.push_back(at - piece.at);
      piece.text = text.substr(piece.at, at + bytes - piece.at);
    } else {
      open = false;
    }
    at += bytes;
  }
  return pieces;
}

}  // namespace plaza::search
