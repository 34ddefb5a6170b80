#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace plaza::protocol {

/// Appends JSON to a string that its owner reuses.
///
/// Use      One writer at a time on a string; the string is complete (and its size right) after finish() or
///          destruction. Keys are literals of plain ASCII. Strings are valid UTF-8 already; only what JSON
///          demands is escaped.
/// Cost     Nothing is allocated while the string's capacity suffices; it grows by doubling.
/// Output   Compact and deterministic: the same calls give the same bytes.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out), at_(out.size()) { take_capacity(); }
  ~JsonWriter() { finish(); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  /// Sets the string's size to what was written.
  void finish() {
    if (data_ != nullptr) out_.resize(at_);
    data_ = nullptr;
  }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  template <std::size_t N>
  void key(const char (&name)[N]) {
    need(N + 4);
    if (comma_) data_[at_++] = ',';
    data_[at_++] = '"';
    std::memcpy(data_ + at_, name, N - 1);
    at_ += N - 1;
    data_[at_++] = '"';
    data_[at_++] = ':';
    comma_ = false;
  }
  /// The same for a name known at run time; it must need no escapes.
  void key(std::string_view name) {
    need(name.size() + 4);
    if (comma_) data_[at_++] = ',';
    data_[at_++] = '"';
    std::memcpy(data_ + at_, name.data(), name.size());
    at_ += name.size();
    data_[at_++] = '"';
    data_[at_++] = ':';
    comma_ = false;
  }

  void number(std::uint64_t value);
  void string(std::string_view text);
  void boolean(bool value) { raw(value ? std::string_view("true") : std::string_view("false")); }
  /// A value that is JSON already.
  void raw(std::string_view json) {
    need(json.size() + 1);
    if (comma_) data_[at_++] = ',';
    std::memcpy(data_ + at_, json.data(), json.size());
    at_ += json.size();
    comma_ = true;
  }
  /// Bytes as they are, with no comma before them; `comma_after` tells whether the next value needs one.
  void splice(std::string_view bytes, bool comma_after) {
    need(bytes.size());
    std::memcpy(data_ + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    comma_ = comma_after;
  }

  template <std::size_t N>
  void member(const char (&name)[N], std::uint64_t value) {
    key(name), number(value);
  }
  template <std::size_t N>
  void member(const char (&name)[N], std::string_view text) {
    key(name), string(text);
  }
  template <std::size_t N>
  void member_flag(const char (&name)[N], bool value) {
    key(name), boolean(value);
  }

 private:
  void take_capacity() {
    const std::size_t capacity = out_.capacity();
    out_.resize_and_overwrite(capacity, [](char*, std::size_t n) { return n; });
    data_ = out_.data();
    room_ = capacity;
  }
  void need(std::size_t bytes) {
    if (room_ - at_ < bytes) [[unlikely]]
      grow(bytes);
  }
  void grow(std::size_t bytes) {
    const std::size_t wanted = at_ + bytes > 2 * room_ ? at_ + bytes : 2 * room_;
    out_.reserve(wanted < 256 ? 256 : wanted);
    take_capacity();
  }
  void open(char c) {
    need(2);
    if (comma_) data_[at_++] = ',';
    data_[at_++] = c;
    comma_ = false;
  }
  void close(char c) {
    need(1);
    data_[at_++] = c;
    comma_ = true;
  }
  void escape(unsigned char c);

  std::string& out_;
  std::size_t at_;
  char* data_ = nullptr;
  std::size_t room_ = 0;
  bool comma_ = false;
};

namespace detail {
inline constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
static_assert(sizeof kDigitPairs == 201);

/// Writes the decimal digits of value to `to` (20 bytes are enough); gives how many.
inline std::size_t write_digits(char* to, std::uint64_t value) {
  char digits[20];
  std::size_t at = sizeof digits;
  while (value >= 100) {
    at -= 2;
    std::memcpy(digits + at, kDigitPairs + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    at -= 2;
    std::memcpy(digits + at, kDigitPairs + 2 * value, 2);
  } else {
    digits[--at] = static_cast<char>('0' + value);
  }
  std::memcpy(to, digits + at, sizeof digits - at);
  return sizeof digits - at;
}

/// How many bytes at the start of [from, from + size) need no escape.
inline std::size_t plain_prefix(const char* from, std::size_t size) {
  std::size_t i = 0;
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  for (; i + 16 <= size; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    // Unsigned "<= 0x1f": the smaller of the two is the byte itself.
    const __m128i bad = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
        _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(bad));
    if (mask != 0) return i + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, from + i, 8);
    // A byte that is <= 0x1f, '"' or '\\' (Mycroft's zero-byte test, 1987). It may also fire on a byte above
    // such a one, never without one: then the loop below finds the right place.
    constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
    const std::uint64_t q = word ^ (kOnes * '"'), b = word ^ (kOnes * '\\');
    if ((((word - kOnes * 0x20) & ~word) | ((q - kOnes) & ~q) | ((b - kOnes) & ~b)) & kHigh) break;
  }
  for (; i < size; ++i) {
    const auto c = static_cast<unsigned char>(from[i]);
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return i;
}
}  // namespace detail

inline void JsonWriter::number(std::uint64_t value) {
  need(21);
  if (comma_) data_[at_++] = ',';
  at_ += detail::write_digits(data_ + at_, value);
  comma_ = true;
}

inline void JsonWriter::string(std::string_view text) {
  need(text.size() + 3);
  if (comma_) data_[at_++] = ',';
  data_[at_++] = '"';
  for (;;) {
    const std::size_t plain = detail::plain_prefix(text.data(), text.size());
    if (plain != 0) std::memcpy(data_ + at_, text.data(), plain);
    at_ += plain;
    if (plain == text.size()) break;
    need(6 + (text.size() - plain) + 1);
    escape(static_cast<unsigned char>(text[plain]));
    text.remove_prefix(plain + 1);
  }
  data_[at_++] = '"';
  comma_ = true;
}

inline void JsonWriter::escape(unsigned char c) {
  const auto two = [&](char second) { data_[at_++] = '\\', data_[at_++] = second; };
  switch (c) {
    case '"': return two('"');
    case '\\': return two('\\');
    case '\b': return two('b');
    case '\f': return two('f');
    case '\n': return two('n');
    case '\r': return two('r');
    case '\t': return two('t');
    default:
      std::memcpy(data_ + at_, "\\u00", 4);
      data_[at_ + 4] = static_cast<char>('0' + (c >> 4));
      data_[at_ + 5] = "0123456789abcdef"[c & 15];
      at_ += 6;
  }
}

}  // namespace plaza::protocol
