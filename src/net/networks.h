#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace plaza::net {

/// "10.0.0.0/8", "192.168.1.7", "2001:db8::/32", "::1": addresses that begin alike. IPv4 and IPv4-mapped IPv6 are the same.
struct Network {
  std::array<std::uint8_t, 16> ip{};
  int bits = 128;  ///< of the IPv6 form

  /// Nothing when the text is no network, or has bits behind its prefix.
  [[nodiscard]] static std::optional<Network> parse(std::string_view text);
  [[nodiscard]] bool has(const Address& address) const;
};

[[nodiscard]] bool in_any(const std::vector<Network>& networks, const Address& address);
/// The same of texts; one that is no network has nobody.
[[nodiscard]] bool in_any(const std::vector<std::string>& networks, const Address& address);
/// 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback(const Address& address);

}  // namespace plaza::net
