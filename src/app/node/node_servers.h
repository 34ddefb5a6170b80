#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "app/config/config.h"
#include "net/listener.h"
#include "net/tls_context.h"
#include "servers/server_port.h"

namespace plaza::app {

/// The backend port of this node: its listener, and the connections of the apps' servers.
///
/// Owner    The node. What it is built on outlives it.
/// Thread   The owner's; happened() from any.
/// Stop     stop() while the shards and the Api run.
class NodeServers {
 public:
  struct Parts {
    net::ShardGroup& shards;
    backend::Api& api;
    ports::AppEvents& events;
    std::shared_ptr<net::ConnectionLimits> limits;
    std::shared_ptr<net::TlsContext> tls;  ///< null: plain
  };
  NodeServers(const Parts& parts, const Config& config);

  /// Accepts from now on. The error is for a person.
  Result<void, std::string> listen(const Config& config);
  /// The app has further events.
  void happened(AppId app) { port_.happened(app); }
  void stop(std::int64_t drain_ms);
  [[nodiscard]] std::uint16_t tcp_port() const { return listener_->address().port; }
  [[nodiscard]] std::uint32_t connections() const { return port_.connections(); }

 private:
  const Parts parts_;
  servers::ServerPort port_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace plaza::app
