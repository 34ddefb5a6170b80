#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;
struct sockaddr_storage;

namespace plaza::net {

/// An IP address and a port, in 19 bytes. IPv4 is kept as IPv4-mapped IPv6 (::ffff:a.b.c.d), so that equal
/// peers compare equal.
struct Address {
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;

  /// "127.0.0.1:7600", "[::1]:7600", "0.0.0.0:0", ":7600" (all of IPv6 and IPv4). The error says what is
  /// expected.
  [[nodiscard]] static Result<Address, std::string> parse(std::string_view text);
  [[nodiscard]] static Address from_socket(const sockaddr* address);
  /// Fills `out` and returns its length.
  std::uint32_t to_socket(sockaddr_storage& out) const;

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] std::string ip_text() const;
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Looks a name up ("localhost", "chat.example.org", "10.0.0.7"). Blocks: never on a shard.
[[nodiscard]] Result<std::vector<Address>, std::string> resolve_blocking(const std::string& host,
                                                                         std::uint16_t port);

}  // namespace plaza::net
