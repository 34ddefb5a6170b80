#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "net/http_message.h"

namespace plaza::backend {

/// "Authorization: Bearer KEY.SECRET": only over TLS or from this machine.
struct BearerCredentials {
  std::string key, secret;
};
/// The headers Plaza-Key, Plaza-Time, Plaza-Nonce and Plaza-Signature: the secret itself does not travel.
struct SignedCredentials {
  std::string key;
  std::int64_t time_ms = 0;
  std::string nonce;      ///< 8..64 bytes, never the same twice
  std::string signature;  ///< 32 bytes
};
/// monostate: none, or broken ones.
using Credentials = std::variant<std::monostate, BearerCredentials, SignedCredentials>;

[[nodiscard]] Credentials credentials_of(const net::HttpRequest& request);

/// What is signed with HMAC-SHA-256 under the secret: seven lines, the last without an end.
///
///   PLAZA-HMAC-SHA256
///   POST
///   /api/v1/zones/default/members
///   limit=3                                 the query as sent, without '?'; empty when there is none
///   1700000000000                           Plaza-Time: Unix time in milliseconds
///   5f1c...                                 Plaza-Nonce
///   e3b0c44298fc1c149afbf4c8996fb924...     SHA-256 of the body, hexadecimal
[[nodiscard]] std::string signed_text(const net::HttpRequest& request, std::int64_t time_ms,
                                      std::string_view nonce);
/// The signature, 32 bytes.
[[nodiscard]] std::string sign(std::string_view secret, const net::HttpRequest& request, std::int64_t time_ms,
                               std::string_view nonce);

}  // namespace plaza::backend
