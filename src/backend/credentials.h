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

/// What a server says of itself at the beginning of a connection (src/servers).
struct ConnectionLogin {
  std::string key;
  std::string secret;  ///< only over TLS or from this machine; empty: there is a proof
  std::string proof;   ///< 32 bytes
};
/// HMAC-SHA-256 under the secret, 32 bytes, of three lines, the last without an end. The challenge is of this connection alone, so a
/// proof that somebody has heard opens no other.
///
///   PLAZA-CONNECTION-SHA256
///   pk_1f0c...                              the key
///   9f86d081884c7d659a2feaa0c55ad015...     the challenge, as the server sent it
[[nodiscard]] std::string connection_proof(std::string_view secret, std::string_view key,
                                           std::string_view challenge);

}  // namespace plaza::backend
