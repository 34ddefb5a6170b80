#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace plaza::net {

/// Checks a text that comes in pieces: strict UTF-8 (no surrogates, nothing overlong, nothing above
/// U+10FFFF).
///
/// Cost     16 ASCII bytes at a time; other text byte by byte.
/// Source   Well-formed byte sequences: The Unicode Standard, table 3-7.
class Utf8Validator {
 public:
  /// False: the text is no UTF-8, whatever follows.
  [[nodiscard]] bool feed(std::span<const char> piece);
  /// The text may end here.
  [[nodiscard]] bool complete() const { return missing_ == 0; }
  void reset() { *this = Utf8Validator{}; }

 private:
  std::uint8_t missing_ = 0;      // continuation bytes of the character under way
  std::uint8_t next_min_ = 0x80;  // range of the next one: narrower for the second byte of E0, ED, F0, F4
  std::uint8_t next_max_ = 0xbf;
};

}  // namespace plaza::net
