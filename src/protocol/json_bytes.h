#pragma once
// The loops over single bytes that reading and writing JSON have in common.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace plaza::protocol {

namespace detail {
inline constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
static_assert(sizeof kDigitPairs == 201);

inline constexpr std::uint64_t kPowersOfTen[] = {0,
                                                 10,
                                                 100,
                                                 1000,
                                                 10000,
                                                 100000,
                                                 1000000,
                                                 10000000,
                                                 100000000,
                                                 1000000000,
                                                 10000000000,
                                                 100000000000,
                                                 1000000000000,
                                                 10000000000000,
                                                 100000000000000,
                                                 1000000000000000,
                                                 10000000000000000,
                                                 100000000000000000,
                                                 1000000000000000000,
                                                 10000000000000000000U};

/// How many decimal digits: from the number of bits, times log10(2) as 1233/4096, corrected by a table (the
/// "integer log base 10" of S. E. Anderson's "Bit Twiddling Hacks").
inline std::size_t digit_count(std::uint64_t value) {
  const auto guess = static_cast<std::size_t>(std::bit_width(value | 1) * 1233) >> 12;
  return guess + (value >= kPowersOfTen[guess]);
}

/// Writes the decimal digits of value to `to` (20 bytes are enough); gives how many.
[[gnu::noinline]] inline std::size_t write_digits(char* to, std::uint64_t value) {
  const std::size_t count = digit_count(value);
  char* at = to + count;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, kDigitPairs + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(to, kDigitPairs + 2 * value, 2);
  } else {
    *to = static_cast<char>('0' + value);
  }
  return count;
}

#if defined(__SSE2__)
/// One bit for each of the 16 bytes that JSON wants escaped in a string.
inline unsigned bytes_to_escape(__m128i bytes) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  // Unsigned "<= 0x1f": the smaller of the two is the byte itself.
  const __m128i special = _mm_or_si128(
      _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
      _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
  return static_cast<unsigned>(_mm_movemask_epi8(special));
}
inline __m128i load16(const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
#endif

/// Is one of the 8 bytes <= 0x1f, '"' or '\\'? Mycroft's zero-byte test (1987): its answer for the word is
/// exact, that for a single byte need not be.
inline bool has_byte_to_escape(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, 8);
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const std::uint64_t q = word ^ (kOnes * '"'), b = word ^ (kOnes * '\\');
  return ((((word - kOnes * 0x20) & ~word) | ((q - kOnes) & ~q) | ((b - kOnes) & ~b)) & kHigh) != 0;
}

/// Writes the escape of a byte that needs one (at most 6 bytes); gives where it ends.
inline char* write_escape(char* to, unsigned char c) {
  const auto two = [&](char second) {
    to[0] = '\\', to[1] = second;
    return to + 2;
  };
  switch (c) {
    case '"': return two('"');
    case '\\': return two('\\');
    case '\b': return two('b');
    case '\f': return two('f');
    case '\n': return two('n');
    case '\r': return two('r');
    case '\t': return two('t');
    default: break;
  }
  std::memcpy(to, "\\u00", 4);
  to[4] = static_cast<char>('0' + (c >> 4));
  to[5] = "0123456789abcdef"[c & 15];
  return to + 6;
}

/// How many bytes at the start of [from, from + size) need no escape.
inline std::size_t plain_prefix(const char* from, std::size_t size) {
  std::size_t i = 0;
#if defined(__SSE2__)
  for (; i + 16 <= size; i += 16) {
    if (const unsigned mask = bytes_to_escape(load16(from + i)))
      return i + static_cast<std::size_t>(std::countr_zero(mask));
  }
  if (size >= 16) {  // the rest, together with bytes that are known to be plain
    const unsigned mask = bytes_to_escape(load16(from + size - 16));
    return mask == 0 ? size : size - 16 + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  for (; i + 8 <= size && !has_byte_to_escape(from + i); i += 8) {}
  if (i + 8 > size && size >= 8 && !has_byte_to_escape(from + size - 8)) return size;
  for (; i < size; ++i) {
    const auto c = static_cast<unsigned char>(from[i]);
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return i;
}
}  // namespace detail

}  // namespace plaza::protocol
