#include "base/secret_box.h"

#include <sodium.h>

#include "base/check.h"
#include "base/digest.h"

namespace plaza {
namespace {

void sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  PLAZA_CHECK(ready);
}

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string random_bytes(std::size_t count) {
  sodium_is_ready();
  std::string random(count, '\0');
  randombytes_buf(random.data(), random.size());
  return random;
}

std::string random_text(std::size_t count) {
  const std::string random = random_bytes(count);
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(count, kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes(random), random.size(), kVariant);
  text.resize(text.find('\0'));
  return text;
}

SecretBox::SecretBox(std::string key) : key_(std::move(key)), box_key_(hmac_sha256(key_, "secretbox")) {
  PLAZA_CHECK(key_.size() == kKeyBytes);
}

std::string SecretBox::derived(std::string_view use) const {
  return hmac_sha256(key_, "use:" + std::string(use));
}

std::string SecretBox::seal(std::string_view text) const {
  std::string sealed = random_bytes(crypto_secretbox_NONCEBYTES);
  const std::string nonce = sealed;
  std::string box(crypto_secretbox_MACBYTES + text.size(), '\0');
  crypto_secretbox_easy(bytes(box), bytes(text), text.size(), bytes(std::string_view(nonce)),
                        bytes(std::string_view(box_key_)));
  return to_hex(sealed + box);
}

std::optional<std::string> SecretBox::open(std::string_view sealed) const {
  const std::string all = from_hex(sealed);
  constexpr std::size_t kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (all.size() < kOverhead) return std::nullopt;
  const std::string_view nonce = std::string_view(all).substr(0, crypto_secretbox_NONCEBYTES);
  const std::string_view box = std::string_view(all).substr(crypto_secretbox_NONCEBYTES);
  std::string text(all.size() - kOverhead, '\0');
  if (crypto_secretbox_open_easy(bytes(text), bytes(box), box.size(), bytes(nonce),
                                 bytes(std::string_view(box_key_))) != 0) {
    return std::nullopt;
  }
  return text;
}

}  // namespace plaza
