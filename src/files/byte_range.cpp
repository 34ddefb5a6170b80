#include "files/byte_range.h"

#include <algorithm>

#include "base/ids.h"

namespace plaza::files {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// More than there is counts as the largest number: a range may end beyond the end.
std::optional<std::uint64_t> position(std::string_view digits) {
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return parse_number(digits).value_or(kIdMax);
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > kIdMax) return std::nullopt;
  }
  return value;
}

ByteRange parse_range(std::string_view header, std::uint64_t size) {
  const ByteRange everything{.kind = ByteRange::Kind::all, .first = 0, .count = size};
  const std::string_view text = trimmed(header);
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return everything;
  const std::string_view range = trimmed(text.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return everything;
  const std::string_view from = trimmed(range.substr(0, dash)), to = trimmed(range.substr(dash + 1));
  const auto first = position(from), last = position(to);
  const ByteRange nothing{.kind = ByteRange::Kind::unsatisfiable, .first = 0, .count = 0};
  if (from.empty()) {  // the last so many bytes
    if (!last) return everything;
    if (*last == 0 || size == 0) return nothing;
    const std::uint64_t count = std::min(*last, size);
    return {.kind = ByteRange::Kind::part, .first = size - count, .count = count};
  }
  if (!first || (!to.empty() && !last) || (last && *last < *first)) return everything;
  if (*first >= size) return nothing;
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {.kind = ByteRange::Kind::part, .first = *first, .count = end - *first + 1};
}

}  // namespace plaza::files
