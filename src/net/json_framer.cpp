#include "net/json_framer.h"

#include <algorithm>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace plaza::net {
namespace {

/// One bit per byte of a block of 64.
struct BlockMasks {
  std::uint64_t quote = 0;
  std::uint64_t backslash = 0;
  std::uint64_t open = 0;     // { [
  std::uint64_t close = 0;    // } ]
  std::uint64_t control = 0;  // below 0x20
};

// '{' and '[' differ in bit 0x20 only, as '}' and ']' do; no other byte becomes 0x7b or 0x7d by setting that
// bit.
#if defined(__SSE2__)
BlockMasks scan_block(const char* bytes) {
  BlockMasks masks;
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
    const __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
    const auto mask = [i](__m128i equal) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(equal))) << (16 * i);
    };
    masks.quote |= mask(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    masks.backslash |= mask(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    masks.open |= mask(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')));
    masks.close |= mask(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
    masks.control |= mask(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
  }
  return masks;
}
#else
BlockMasks scan_block(const char* bytes) {
  BlockMasks masks;
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (bytes[i] == '"') masks.quote |= bit;
    if (bytes[i] == '\\') masks.backslash |= bit;
    if ((bytes[i] | 0x20) == '{') masks.open |= bit;
    if ((bytes[i] | 0x20) == '}') masks.close |= bit;
    if (static_cast<unsigned char>(bytes[i]) < 0x20) masks.control |= bit;
  }
  return masks;
}
#endif

/// Bit i is set when an odd number of bits 0..i is.
std::uint64_t prefix_xor(std::uint64_t x) {
  for (int shift = 1; shift < 64; shift *= 2) x ^= x << shift;
  return x;
}

/// The bytes that a backslash before them escapes; `carry` says so of byte 0, and is set for the byte after
/// the n-th.
std::uint64_t escaped_bytes(std::uint64_t backslash, std::size_t n, bool& carry) {
  std::uint64_t escaped = carry ? 1 : 0;
  carry = false;
  std::uint64_t left = backslash & ~escaped;
  while (left != 0) {
    const auto at = static_cast<std::size_t>(std::countr_zero(left));
    if (at + 1 == n) {
      carry = true;
      break;
    }
    escaped |= std::uint64_t{2} << at;
    left &= ~(std::uint64_t{3} << at);
  }
  return escaped;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

JsonFramer::Step JsonFramer::next(const char* data, std::size_t size, std::size_t bytes_max,
                                  std::uint32_t depth_max) {
  std::size_t begin = 0;
  if (scanned_ == 0) {
    while (begin < size && is_space(data[begin])) ++begin;
    if (begin == size) return {Kind::need_more, FrameError::none, begin, 0};
    if (data[begin] != '{') return {Kind::error, FrameError::not_an_object, begin, 0};
  }
  const char* object = data + begin;
  const std::size_t limit = std::min(size - begin, bytes_max);
  std::size_t at = scanned_;
  while (at < limit) {
    const std::size_t n = std::min<std::size_t>(limit - at, 64);
    const std::uint64_t valid = n == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
    const BlockMasks masks = scan_block(object + at);
    const std::uint64_t quotes = masks.quote & valid & ~escaped_bytes(masks.backslash & valid, n, escaped_);
    const std::uint64_t inside = prefix_xor(quotes) ^ (in_string_ ? ~std::uint64_t{0} : 0);
    in_string_ = (inside >> (n - 1) & 1) != 0;
    const std::uint64_t open = masks.open & valid & ~inside;
    const std::uint64_t close = masks.close & valid & ~inside;
    const std::uint64_t wrong = masks.control & valid & inside;
    const auto opens = static_cast<std::uint32_t>(std::popcount(open));
    const auto closes = static_cast<std::uint32_t>(std::popcount(close));
    if (wrong == 0 && depth_ + opens <= depth_max && closes < depth_) {
      // Neither limit can be met inside this block, whatever the order.
      depth_ = static_cast<std::uint16_t>(depth_ + opens - closes);
    } else {
      for (std::uint64_t left = open | close | wrong; left != 0; left &= left - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(left));
        if ((wrong >> bit & 1) != 0) return {Kind::error, FrameError::malformed, begin, 0};
        if ((open >> bit & 1) != 0) {
          if (++depth_ > depth_max) return {Kind::error, FrameError::too_deep, begin, 0};
        } else if (--depth_ == 0) {
          *this = JsonFramer{};
          return {Kind::frame, FrameError::none, begin, begin + at + bit + 1};
        }
      }
    }
    at += n;
  }
  if (at >= bytes_max) return {Kind::error, FrameError::too_large, begin, 0};
  scanned_ = static_cast<std::uint32_t>(at);
  return {Kind::need_more, FrameError::none, begin, 0};
}

}  // namespace plaza::net
