#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace plaza::files {

/// A whole number of decimal digits and nothing else, as in Upload-Offset and Content-Length; nothing when it is not one, or is larger
/// than 2^53-1.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

/// What of `size` bytes a request wants (RFC 9110, section 14).
struct ByteRange {
  enum class Kind : std::uint8_t {
    all,            ///< no Range, or one that need not be understood: answer with everything
    part,           ///< answer 206 with these
    unsatisfiable,  ///< answer 416
  };
  Kind kind = Kind::all;
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  bool operator==(const ByteRange&) const = default;
};
/// `header` is the value of Range, empty when there is none. Of several ranges none is served: everything is.
[[nodiscard]] ByteRange parse_range(std::string_view header, std::uint64_t size);

}  // namespace plaza::files
