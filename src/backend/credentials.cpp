#include "backend/credentials.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"

namespace plaza::backend {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kKeyBytesMax = 64;
constexpr std::size_t kSecretBytesMax = 128;
constexpr std::size_t kNonceBytesMin = 8;
constexpr std::size_t kNonceBytesMax = 64;

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Credentials bearer(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == text.npos || dot == 0 || dot > kKeyBytesMax || text.size() - dot - 1 > kSecretBytesMax ||
      !printable(text)) {
    return {};
  }
  return BearerCredentials{.key = std::string(text.substr(0, dot)),
                           .secret = std::string(text.substr(dot + 1))};
}

}  // namespace

Credentials credentials_of(const net::HttpRequest& request) {
  const std::string_view authorization = request.header("Authorization");
  if (authorization.starts_with(kBearer)) return bearer(authorization.substr(kBearer.size()));
  SignedCredentials given;
  given.key = request.header("Plaza-Key");
  given.nonce = request.header("Plaza-Nonce");
  given.signature = from_hex(request.header("Plaza-Signature"));
  const std::string_view time = request.header("Plaza-Time");
  const auto read = std::from_chars(time.data(), time.data() + time.size(), given.time_ms);
  const bool whole = !time.empty() && read.ec == std::errc() && read.ptr == time.data() + time.size();
  if (!whole || given.key.empty() || given.key.size() > kKeyBytesMax || !printable(given.key) ||
      given.nonce.size() < kNonceBytesMin || given.nonce.size() > kNonceBytesMax || !printable(given.nonce) ||
      given.signature.size() != kDigestBytes) {
    return {};
  }
  return given;
}

std::string signed_text(const net::HttpRequest& request, std::int64_t time_ms, std::string_view nonce) {
  std::string text = "PLAZA-HMAC-SHA256\n";
  text += request.method;
  text += '\n';
  text += request.path();
  text += '\n';
  text += request.query();
  text += '\n';
  text += std::to_string(time_ms);
  text += '\n';
  text += nonce;
  text += '\n';
  text += to_hex(sha256(request.body));
  return text;
}

std::string sign(std::string_view secret, const net::HttpRequest& request, std::int64_t time_ms,
                 std::string_view nonce) {
  return hmac_sha256(secret, signed_text(request, time_ms, nonce));
}

std::string connection_proof(std::string_view secret, std::string_view key, std::string_view challenge) {
  std::string text("PLAZA-CONNECTION-SHA256\n");
  text.append(key).append("\n").append(challenge);
  return hmac_sha256(secret, text);
}

}  // namespace plaza::backend
