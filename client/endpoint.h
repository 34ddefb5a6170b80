#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace plaza::client {

/// Where a server is and how to speak to it.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7600;
  bool websocket = false;
  bool tls = false;
  std::string path = "/ws";  ///< websocket only

  /// As parse_endpoint() takes it.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// "HOST", "HOST:PORT", "[::1]:7600", "tcp://HOST[:PORT]", "tls://HOST[:PORT]", "ws://HOST[:PORT][/PATH]", "wss://...".
/// Without a port 7600, and for ws and wss 7680. The error says what is expected.
[[nodiscard]] Result<Endpoint, std::string> parse_endpoint(std::string_view text);

}  // namespace plaza::client
