#include "words/folded_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace plaza::words {
namespace {

constexpr auto kFold = static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
                                                      UTF8PROC_DECOMPOSE);
constexpr std::size_t kDecomposedMax = 32;  // the longest decomposition has 18 code points

const utf8proc_uint8_t* raw(std::string_view text, std::size_t at) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at);
}

/// The code point at `at`; its bytes. What is no UTF-8 counts as one byte that is no letter.
std::size_t read_character(std::string_view text, std::size_t at, utf8proc_int32_t& point) {
  const auto got = utf8proc_iterate(raw(text, at), static_cast<utf8proc_ssize_t>(text.size() - at), &point);
  if (got > 0) return static_cast<std::size_t>(got);
  point = -1;
  return 1;
}

bool is_wordlike(utf8proc_int32_t point) {
  if (point < 0) return false;
  const auto category = utf8proc_category(point);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;  // L*, M*, N*
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::size_t character_bytes(std::string_view text, std::size_t at) {
  utf8proc_int32_t point = 0;
  return read_character(text, at, point);
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  utf8proc_int32_t point = -1;
  if (end < text.size()) {
    read_character(text, end, point);
    if (is_wordlike(point)) return false;
  }
  if (begin == 0) return true;
  std::size_t before = begin - 1;
  while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xc0) == 0x80) --before;
  read_character(text, before, point);
  return !is_wordlike(point);
}

FoldedText::FoldedText(std::string_view original) : original_(original) {
  const auto other = std::find_if_not(original.begin(), original.end(), is_ascii);
  const auto plain = static_cast<std::size_t>(other - original.begin());
  folded_.resize(plain);
  std::transform(original.begin(), other, folded_.begin(), lower);
  if (plain == original.size()) return;
  origin_.resize(plain);
  for (std::size_t i = 0; i < plain; ++i) origin_[i] = static_cast<std::uint32_t>(i);
  fold_from(plain);
}

void FoldedText::fold_from(std::size_t at) {
  std::array<utf8proc_int32_t, kDecomposedMax> points{};
  while (at < original_.size()) {
    utf8proc_int32_t point = 0;
    const std::size_t bytes = read_character(original_, at, point);
    int boundary = 0;
    const auto count = point < 0 ? 0
                                 : utf8proc_decompose_char(point, points.data(),
                                                           static_cast<utf8proc_ssize_t>(points.size()),
                                                           kFold, &boundary);
    for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, kDecomposedMax); ++i) {
      std::array<utf8proc_uint8_t, 4> encoded{};
      const auto size = utf8proc_encode_char(points[static_cast<std::size_t>(i)], encoded.data());
      folded_.append(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size));
    }
    origin_.resize(folded_.size(), static_cast<std::uint32_t>(at));
    at += bytes;
  }
}

std::size_t FoldedText::end_of(std::size_t at) const {
  const std::size_t begin = begin_of(at);
  return begin + character_bytes(original_, begin);
}

}  // namespace plaza::words
