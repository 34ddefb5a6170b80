#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace plaza {

/// `bytes` unguessable bytes. Any thread.
[[nodiscard]] std::string random_bytes(std::size_t bytes);
/// The same as text: base64url without padding.
[[nodiscard]] std::string random_text(std::size_t bytes);

/// Encrypts what has to be stored and read again (libsodium's secretbox: XSalsa20-Poly1305), under one key.
///
/// Thread   Any; constant after construction.
/// Purpose  Keys for different uses are derived from the one: derived("audit") has nothing to do with derived("secrets").
class SecretBox {
 public:
  static constexpr std::size_t kKeyBytes = 32;

  /// `key`: kKeyBytes bytes (checked).
  explicit SecretBox(std::string key);
  /// Hexadecimal; a new nonce each time, so the same text gives another result.
  [[nodiscard]] std::string seal(std::string_view text) const;
  /// Nothing when it was not sealed under this key, or was changed since.
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const;
  /// A key of its own for another use.
  [[nodiscard]] std::string derived(std::string_view use) const;

 private:
  const std::string key_;
  const std::string box_key_;
};

}  // namespace plaza
