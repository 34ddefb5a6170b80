#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace plaza {

inline constexpr std::size_t kDigestBytes = 32;

/// 32 bytes. Any thread, all of these.
[[nodiscard]] std::string sha256(std::string_view text);
/// 32 bytes; a key of any length (RFC 2104).
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

/// Lower-case hexadecimal, two characters a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// The bytes; empty when the text is no such thing.
[[nodiscard]] std::string from_hex(std::string_view text);

/// Compares without telling by its time where the first difference is. The length is not secret.
[[nodiscard]] bool same_secret(std::string_view one, std::string_view other);

}  // namespace plaza
