#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// The writer's two pointers stay in registers only if what is called for every member is inlined, whatever its size.
#define PLAZA_JSON_INLINE [[gnu::always_inline]] inline

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
  PLAZA_JSON_INLINE explicit JsonWriter(std::string& out) : out_(out) { set(extend(out, out.size(), 0)); }
  PLAZA_JSON_INLINE ~JsonWriter() { finish(); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  /// Sets the string's size to what was written.
  PLAZA_JSON_INLINE void finish() {
    if (at_ != nullptr) shrink(out_, at_);
    at_ = nullptr;
  }

  PLAZA_JSON_INLINE void begin_object() { open('{'); }
  PLAZA_JSON_INLINE void end_object() { close('}'); }
  PLAZA_JSON_INLINE void begin_array() { open('['); }
  PLAZA_JSON_INLINE void end_array() { close(']'); }

  template <std::size_t N>
  PLAZA_JSON_INLINE void key(const char (&name)[N]) {
    need(N + 4);
    comma();
    *at_++ = '"';
    std::memcpy(at_, name, N - 1);
    at_ += N - 1;
    *at_++ = '"';
    *at_++ = ':';
    comma_ = false;
  }
  /// The same for a name known at run time; it must need no escapes.
  void key(std::string_view name) {
    need(name.size() + 4);
    comma();
    *at_++ = '"';
    put(name);
    *at_++ = '"';
    *at_++ = ':';
    comma_ = false;
  }

  PLAZA_JSON_INLINE void number(std::uint64_t value);
  PLAZA_JSON_INLINE void string(std::string_view text);
  PLAZA_JSON_INLINE void boolean(bool value) {
    raw(value ? std::string_view("true") : std::string_view("false"));
  }
  /// A value that is JSON already.
  void raw(std::string_view json) {
    need(json.size() + 1);
    comma();
    put(json);
    comma_ = true;
  }
  /// Bytes as they are, with no comma before them; `comma_after` tells whether the next value needs one.
  void splice(std::string_view bytes, bool comma_after) {
    need(bytes.size());
    put(bytes);
    comma_ = comma_after;
  }

  template <std::size_t N>
  PLAZA_JSON_INLINE void member(const char (&name)[N], std::uint64_t value) {
    key(name), number(value);
  }
  template <std::size_t N>
  PLAZA_JSON_INLINE void member(const char (&name)[N], std::string_view text) {
    key(name), string(text);
  }
  template <std::size_t N>
  PLAZA_JSON_INLINE void member_flag(const char (&name)[N], bool value) {
    key(name), boolean(value);
  }

 private:
  struct Room {
    char* at;
    char* end;
  };
  /// Room for at least `bytes` behind the first `used` bytes of `out`. Takes no `this`, so that the compiler
  /// may keep a writer's pointers in registers.
  [[gnu::noinline]] static Room extend(std::string& out, std::size_t used, std::size_t bytes) {
    if (out.capacity() - used < bytes) {
      out.resize(used);
      const std::size_t doubled = 2 * out.capacity();
      out.reserve(std::max({used + bytes, doubled, kBytesMin}));
    }
    // All of the capacity is in use while the writer lives; its bytes are not touched before they are
    // written.
    out.resize_and_overwrite(out.capacity(), [](char*, std::size_t n) { return n; });
    return {out.data() + used, out.data() + out.size()};
  }
  [[gnu::noinline]] static void shrink(std::string& out, const char* at) {
    out.resize(static_cast<std::size_t>(at - out.data()));
  }
  PLAZA_JSON_INLINE void set(Room room) { at_ = room.at, end_ = room.end; }
  PLAZA_JSON_INLINE void need(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]] {
      set(extend(out_, static_cast<std::size_t>(at_ - out_.data()), bytes));
    }
  }
  PLAZA_JSON_INLINE void comma() {
    *at_ = ',';
    at_ += comma_;
  }
  void put(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  PLAZA_JSON_INLINE void open(char c) {
    need(2);
    comma();
    *at_++ = c;
    comma_ = false;
  }
  PLAZA_JSON_INLINE void close(char c) {
    need(1);
    *at_++ = c;
    comma_ = true;
  }
  [[gnu::noinline]] static Room quoted(std::string& out, Room room, std::string_view text, bool comma);

  static constexpr std::size_t kBytesMin = 256;

  std::string& out_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  bool comma_ = false;
};

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

inline void JsonWriter::number(std::uint64_t value) {
  need(21);
  comma();
  at_ += detail::write_digits(at_, value);
  comma_ = true;
}

inline void JsonWriter::string(std::string_view text) {
  set(quoted(out_, {at_, end_}, text, comma_));
  comma_ = true;
}

/// The string with its quotes, and a comma before it.
inline JsonWriter::Room JsonWriter::quoted(std::string& out, Room room, std::string_view text, bool comma) {
  const auto need = [&](std::size_t bytes) {
    if (static_cast<std::size_t>(room.end - room.at) < bytes) [[unlikely]] {
      room = extend(out, static_cast<std::size_t>(room.at - out.data()), bytes);
    }
  };
  need(text.size() + 3);
  *room.at = ',';
  room.at += comma;
  *room.at++ = '"';
  for (;;) {
    const std::size_t plain = detail::plain_prefix(text.data(), text.size());
    if (plain != 0) std::memcpy(room.at, text.data(), plain);
    room.at += plain;
    if (plain == text.size()) break;
    need(6 + (text.size() - plain) + 1);
    room.at = detail::write_escape(room.at, static_cast<unsigned char>(text[plain]));
    text.remove_prefix(plain + 1);
  }
  *room.at++ = '"';
  return room;
}

}  // namespace plaza::protocol

#undef PLAZA_JSON_INLINE
