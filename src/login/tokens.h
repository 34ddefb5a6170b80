#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plaza::login {

/// Every token begins so: secret scanners and people recognise one in a log or a repository.
inline constexpr std::string_view kTokenPrefix = "plz_";

struct TokenTimes {
  std::int64_t account_ms = 30LL * 24 * 3'600 * 1'000;
  std::int64_t member_ms = 30LL * 24 * 3'600 * 1'000;
  std::int64_t handover_ms = 60'000;
};

/// A token that was just made: `text` goes to its owner and is kept nowhere, `hash` is stored.
struct NewToken {
  std::string text;  ///< kTokenPrefix + 43 characters base64url of 32 random bytes
  std::string hash;  ///< 32 bytes: SHA-256 of the 32 random bytes
};

/// Thread   Any thread, both.
NewToken make_token();
/// The stored form of a token's text; nothing when the text cannot be a token.
std::optional<std::string> token_hash(std::string_view text);

}  // namespace plaza::login
