#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace plaza::net {

/// "https://host:port/path?query", where something is to be posted to.
struct HttpUrl {
  bool tls = true;
  std::string host;  ///< a name or an IP address, without brackets
  std::uint16_t port = 443;
  std::string target = "/";  ///< path and query

  static constexpr std::size_t kBytesMax = 1024;

  /// The error says what is wrong. No user, password or fragment; at most kBytesMax bytes.
  [[nodiscard]] static Result<HttpUrl, std::string> parse(std::string_view text);
  /// As in the header Host: the port only when it is not that of the scheme.
  [[nodiscard]] std::string host_header() const;
};

/// Where an address leads, for requests that others have this server make.
enum class AddressReach : std::uint8_t {
  everywhere,  ///< a host of the internet
  inside,      ///< this machine, or a private network
  nowhere,  ///< nobody has business there: link-local (cloud metadata), multicast, reserved, v4 hidden in v6
};
[[nodiscard]] AddressReach reach_of(const Address& address);

}  // namespace plaza::net
