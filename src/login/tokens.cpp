#include "login/tokens.h"

#include <sodium.h>

#include <array>

#include "login/sodium_ready.h"

namespace plaza::login {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenChars = 43;  // base64url of 32 bytes without padding
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
using TokenBytes = std::array<unsigned char, kTokenBytes>;

std::string hash_of(const TokenBytes& bytes) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), bytes.data(), bytes.size());
  return hash;
}

}  // namespace

NewToken make_token() {
  sodium_ready();
  TokenBytes bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, kTokenChars + 1> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kBase64);
  return {.text = std::string(kTokenPrefix) + text.data(), .hash = hash_of(bytes)};
}

std::optional<std::string> token_hash(std::string_view text) {
  if (!text.starts_with(kTokenPrefix)) return std::nullopt;
  text.remove_prefix(kTokenPrefix.size());
  if (text.size() != kTokenChars) return std::nullopt;
  TokenBytes bytes{};
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, &end,
                        kBase64) != 0 ||
      size != bytes.size() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return hash_of(bytes);
}

}  // namespace plaza::login
