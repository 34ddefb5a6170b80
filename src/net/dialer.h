#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "net/address.h"
#include "net/connection.h"

namespace plaza::net {

class TlsContext;

struct DialOptions {
  enum class Protocol : std::uint8_t { json, websocket };

  Address to;  // resolve_blocking() finds it
  Protocol protocol = Protocol::json;
  std::shared_ptr<TlsContext> tls;  // null: plain
  std::string host;                 // for the certificate and the Host header; empty: the address
  std::string path = "/ws";
  std::string origin;                                   // empty: none is sent
  std::shared_ptr<const ConnectionOptions> connection;  // null: the defaults
};

/// The client's end: opens a connection without blocking.
///
/// Thread   dial() on `shard`; the result lives there.
/// Flow     connect -> TLS -> WebSocket request -> handler.on_open(); or on_closed(connect_failed,
///          tls_failed, refused). The caller arms the deadline.
class Dialer {
 public:
  /// The error is the system's own (no descriptor left, network unreachable).
  [[nodiscard]] static Result<std::unique_ptr<Connection>, std::string> dial(Shard& shard,
                                                                             const DialOptions& options,
                                                                             ConnectionHandler& handler);
};

}  // namespace plaza::net
