#include "protocol/json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace plaza::protocol {

static_assert(JsonReader::kPadding >= simdjson::SIMDJSON_PADDING);

JsonReader::JsonReader(std::size_t bytes_max, std::size_t depth_max) : depth_max_(depth_max) {
  unescaped_.reserve(bytes_max);
  keys_.reserve(bytes_max / 5 + 1);  // `"":0,`
}

bool JsonReader::finish() {
  skip_whitespace();
  if (at_ != end_) return wrong(JsonFault::syntax);
  if (!not_ascii_) return true;
  return simdjson::validate_utf8(begin_, static_cast<std::size_t>(end_ - begin_)) || wrong(JsonFault::utf8);
}

/// At the first backslash of the string that began at `first`.
bool JsonReader::string_with_escapes(const char* first, std::string_view& out) {
  const std::size_t start = unescaped_.size();
  for (;;) {
    unescaped_.append(first, at_);
    if (*at_ == '"') break;
    ++at_;
    if (!escape()) return wrong(JsonFault::string);
    first = at_;
    if (!scan_string()) return false;
  }
  ++at_;
  out = std::string_view(unescaped_).substr(start);
  return true;
}

bool JsonReader::hex4(std::uint32_t& out) {
  if (end_ - at_ < 4) return false;
  out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = *at_++;
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      out = out * 16 + static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      out = out * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return false;
    }
  }
  return true;
}

/// Behind a backslash.
bool JsonReader::escape() {
  switch (at_ < end_ ? *at_++ : '\0') {
    case '"': return unescaped_.push_back('"'), true;
    case '\\': return unescaped_.push_back('\\'), true;
    case '/': return unescaped_.push_back('/'), true;
    case 'b': return unescaped_.push_back('\b'), true;
    case 'f': return unescaped_.push_back('\f'), true;
    case 'n': return unescaped_.push_back('\n'), true;
    case 'r': return unescaped_.push_back('\r'), true;
    case 't': return unescaped_.push_back('\t'), true;
    case 'u': break;
    default: return false;
  }
  std::uint32_t code = 0;
  if (!hex4(code)) return false;
  if (code >= 0xdc00 && code < 0xe000) return false;  // the second half of a pair, alone
  if (code >= 0xd800 && code < 0xdc00) {
    std::uint32_t low = 0;
    if (!take('\\') || !take('u') || !hex4(low) || low < 0xdc00 || low >= 0xe000) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  const auto put = [&](std::uint32_t byte) { unescaped_.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)),
        put(0x80 | (code & 0x3f));
  }
  return true;
}

bool JsonReader::number(Number& out) {
  const char* const first = at_;
  const bool negative = take('-');
  const char* const digits = at_;
  std::uint64_t value = 0;
  while (at_ < end_ && *at_ >= '0' && *at_ <= '9')
    value = value * 10 + static_cast<std::uint64_t>(*at_++ - '0');
  const auto count = at_ - digits;
  if (count == 0 || (count > 1 && *digits == '0'))
    return wrong(count == 0 && !negative ? JsonFault::syntax : JsonFault::number);
  const char next = peek();
  const bool integer = next != '.' && next != 'e' && next != 'E';
  if (integer && count <= 18) [[likely]] {
    out = {!negative || value == 0, value};
    return true;
  }
  out = {};
  return long_number(first, integer, negative) || wrong(JsonFault::number);
}

/// A number that is not just a few digits: at_ is behind its first run of digits.
bool JsonReader::long_number(const char* first, bool integer, bool negative) {
  if (integer) {
    if (negative) {
      std::int64_t value = 0;
      return std::from_chars(first, at_, value).ec == std::errc();
    }
    std::uint64_t value = 0;
    return std::from_chars(first, at_, value).ec == std::errc();
  }
  const auto run = [&] {
    const char* const start = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != start;
  };
  if (take('.') && !run()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!run()) return false;
  }
  double value = 0;
  if (std::from_chars(first, at_, value).ec == std::errc()) return true;
  // Too large, or too close to zero: only the first is refused. Rare enough to ask the one who knows, with a
  // copy.
  simdjson::dom::parser judge;
  return judge.parse(std::string(first, at_)).error() == simdjson::SUCCESS;
}

bool JsonReader::skip_value(std::size_t depth) {
  std::string_view text;
  Number ignored;
  switch (peek()) {
    case '"': return string(text);
    case '{': return skip_object(depth);
    case '[': return skip_array(depth);
    case 't': return literal("true");
    case 'f': return literal("false");
    case 'n': return literal("null");
    default: return number(ignored);
  }
}

bool JsonReader::skip_object(std::size_t depth) {
  if (depth > depth_max_) return wrong(JsonFault::depth);
  ++at_;
  const std::size_t from = keys_.size();
  skip_whitespace();
  if (take('}')) return true;
  do {
    skip_whitespace();
    std::string_view key;
    if (!string(key)) return false;
    keys_.push_back(key);
    skip_whitespace();
    if (!expect(':')) return false;
    skip_whitespace();
    if (!skip_value(depth + 1)) return false;
    skip_whitespace();
  } while (take(','));
  if (!expect('}')) return false;
  check_keys(from);
  keys_.resize(from);
  return true;
}

bool JsonReader::skip_array(std::size_t depth) {
  if (depth > depth_max_) return wrong(JsonFault::depth);
  ++at_;
  skip_whitespace();
  if (take(']')) return true;
  do {
    skip_whitespace();
    if (!skip_value(depth + 1)) return false;
    skip_whitespace();
  } while (take(','));
  return expect(']');
}

/// Looks for two equal ones among keys_[from..]; they may change places.
void JsonReader::check_keys(std::size_t from) {
  const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(from);
  constexpr std::ptrdiff_t kFew = 8;
  auto twice = keys_.end();
  if (keys_.end() - first <= kFew) {
    for (auto i = first; i != keys_.end() && twice == keys_.end(); ++i) {
      if (std::find(i + 1, keys_.end(), *i) != keys_.end()) twice = i;
    }
  } else {
    // Sorting keeps a text full of keys at n log n: comparing each with each would hold up the shard.
    std::sort(first, keys_.end());
    twice = std::adjacent_find(first, keys_.end());
  }
  if (twice == keys_.end() || has_doubled_) return;
  has_doubled_ = true;
  doubled_ = *twice;
}

}  // namespace plaza::protocol
