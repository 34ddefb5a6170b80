#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_bytes.h"

namespace plaza::protocol {

enum class JsonFault : std::uint8_t { none, syntax, string, number, depth, utf8 };

/// Reads one JSON text (RFC 8259) token by token, strictly, in place.
///
/// Use      start(), then the methods below in the order of the grammar; each gives false once something is
///          wrong (fault() says what), and nothing may be called after that. finish() at the end: only then
///          the text is known to be valid, since UTF-8 is checked there, for the whole text, when any byte
///          was not ASCII.
/// Strict   Escapes in whole surrogate pairs; numbers as the grammar says, and such that they fit 64 bits or
///          a double (who reads them after us may know no others); depth_max levels; within skip_value() no
///          key twice in an object.
/// Memory   Strings are views of the text, or of an internal buffer when they had escapes; valid until the
///          next start(). Nothing is allocated for texts of at most bytes_max bytes.
/// Thread   One thread's.
///
/// Why not simdjson: for frames of 100 to 300 bytes its two passes, and a third over the result to find
/// doubled keys, cost more than one pass by hand (parser_bench). It judges this reader in the fuzz target
/// and in the tests.
class JsonReader {
 public:
  /// Readable bytes that must follow the text; their value means nothing.
  static constexpr std::size_t kPadding = 64;

  JsonReader(std::size_t bytes_max, std::size_t depth_max);

  void start(std::span<const char> text) {
    at_ = text.data(), begin_ = text.data(), end_ = text.data() + text.size();
    fault_ = JsonFault::none, not_ascii_ = false, has_doubled_ = false;
    unescaped_.clear(), keys_.clear();
  }
  [[nodiscard]] JsonFault fault() const { return fault_; }
  /// Only whitespace is left, and all of it was UTF-8.
  bool finish();

  void skip_whitespace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  /// The next byte, 0 at the end (which begins no token either).
  [[nodiscard]] char peek() const { return at_ < end_ ? *at_ : '\0'; }
  [[nodiscard]] const char* position() const { return at_; }
  /// Takes this byte if it is the next one.
  bool take(char c) {
    if (at_ < end_ && *at_ == c) return ++at_, true;
    return false;
  }
  bool expect(char c) { return take(c) || wrong(JsonFault::syntax); }
  bool string(std::string_view& out) {
    if (!expect('"')) return false;
    const char* const first = at_;
    if (!scan_string()) return false;
    if (*at_ == '"') [[likely]] {
      out = {first, at_};
      ++at_;
      return true;
    }
    return string_with_escapes(first, out);
  }

  struct Number {
    bool is_natural = false;  ///< digits only, at most 18 of them
    std::uint64_t value = 0;
  };
  bool number(Number& out);
  bool literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0) {
      return wrong(JsonFault::syntax);
    }
    at_ += word.size();
    return true;
  }
  /// Any value, whose own objects and arrays begin at this depth (1 is the text's outermost).
  bool skip_value(std::size_t depth);

  /// For the caller's own object, at depth 1: the key is one of those that must not stand twice.
  void remember_key(std::string_view key) { keys_.push_back(key); }
  /// Checks those remembered.
  void check_remembered_keys() { check_keys(0); }
  /// A key stood twice in some object: the text is JSON all the same, so reading goes on.
  [[nodiscard]] bool has_doubled_key() const { return has_doubled_; }
  [[nodiscard]] std::string_view doubled_key() const { return doubled_; }

  bool wrong(JsonFault fault) { return fault_ = fault, false; }

 private:
  /// Moves to the quote, backslash or control byte that ends a run of plain bytes; false when there is none.
  bool scan_string() {
#if defined(__SSE2__)
    for (; at_ < end_; at_ += 16) {  // may look at up to 15 bytes of the padding
      const __m128i bytes = detail::load16(at_);
      const unsigned mask = detail::bytes_to_escape(bytes);
      not_ascii_ |= _mm_movemask_epi8(bytes) != 0;
      if (mask == 0) continue;
      at_ += std::countr_zero(mask);
      break;
    }
#else
    at_ += detail::plain_prefix(at_, static_cast<std::size_t>(end_ - at_));
    not_ascii_ = true;  // not looked at here: finish() does
#endif
    if (at_ < end_ && (*at_ == '"' || *at_ == '\\')) [[likely]]
      return true;
    return wrong(at_ < end_ ? JsonFault::string : JsonFault::syntax);
  }
  bool string_with_escapes(const char* first, std::string_view& out);
  bool escape();
  bool hex4(std::uint32_t& out);
  bool long_number(const char* first, bool integer, bool negative);
  bool skip_object(std::size_t depth);
  bool skip_array(std::size_t depth);
  void check_keys(std::size_t from);

  const char* at_ = nullptr;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  JsonFault fault_ = JsonFault::none;
  bool not_ascii_ = false;
  bool has_doubled_ = false;
  const std::size_t depth_max_;
  std::string unescaped_;               // of all strings with escapes; never longer than the text
  std::vector<std::string_view> keys_;  // a stack: those of the innermost object on top
  std::string_view doubled_;
};

}  // namespace plaza::protocol
