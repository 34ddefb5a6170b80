#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/networks.h"
#include "net/proxy_gate.h"

namespace plaza::net {

class ShardGroup;
class TlsContext;

struct ListenerOptions {
  std::string address = "127.0.0.1:0";  // port 0: any; Listener::address() says which
  std::string unix_path;  // not empty: a Unix socket there instead, which goes with the listener
  Connection::Kind kind = Connection::Kind::json;
  int backlog = 4096;
  std::uint32_t accepts_per_turn = 64;
  std::shared_ptr<TlsContext> tls;  // null: plain
  ConnectionOptions connection;
  /// Written (best effort) to a client that is refused because a limit is reached, before it is closed. Not
  /// with TLS.
  std::string refusal;
  /// Connections from here begin with a PROXY header, and are of whom it names. From elsewhere none is taken.
  std::vector<Network> balancers;
  ProxyGate::Options balancer;
};

/// How many connections there may be, in all and from one address; shared by listeners.
///
/// Thread   Any.
/// Owner    Each admitted connection holds it until it ends.
class ConnectionLimits;
struct ConnectionLimitsOptions {
  std::uint32_t connections_max = 100'000;
  std::uint32_t per_address_max = 100'000;
};
[[nodiscard]] std::shared_ptr<ConnectionLimits> make_connection_limits(
    const ConnectionLimitsOptions& options);
/// Connections open at the moment.
[[nodiscard]] std::uint32_t connections_open(const ConnectionLimits& limits);

/// Accepts connections and deals them out to the shards in turn.
///
/// Thread   open(), stop() and the destructor: any thread (they wait for the listener's shard). accepting
///          happens on that shard, `on_accept` on the connection's.
/// Limit    accepts_per_turn; ConnectionLimits. Out of descriptors: the waiting client is closed at once
///          through a kept spare descriptor, accepting pauses 100 ms, and it is logged at most once a minute.
class Listener {
 public:
  /// Must take the connection and start() it (or drop it). May still come after stop(), for a connection that
  /// was on its way to its shard.
  using OnAccept = std::function<void(std::unique_ptr<Connection>)>;

  /// Binds at once; accepts from now on when the shards run. The error names what to do.
  [[nodiscard]] static Result<std::unique_ptr<Listener>, std::string> open(
      ShardGroup& shards, std::uint32_t on_shard, ListenerOptions options,
      std::shared_ptr<ConnectionLimits> limits, OnAccept on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// No more connections; the port is free afterwards.
  void stop();
  /// Where it listens, with the port that was chosen. Nothing of meaning for a Unix socket.
  [[nodiscard]] const Address& address() const;

 private:
  class Acceptor;
  explicit Listener(std::unique_ptr<Acceptor> acceptor);
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace plaza::net
