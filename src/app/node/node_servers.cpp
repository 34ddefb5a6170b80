#include "app/node/node_servers.h"

#include "app/node/options.h"

namespace plaza::app {
namespace {
// What one connection more than allowed is told before it is closed.
constexpr const char* kTooManyConnections =
    R"({"msgid":148,"status":503,"error":{"code":"try_again","message":"the server has as many connections as it may","retry_after_ms":5000}})"
    "\n";
}  // namespace

NodeServers::NodeServers(const Parts& parts, const Config& config)
    : parts_(parts), port_(parts.shards, parts.api, parts.events, port_options(config)) {}

Result<void, std::string> NodeServers::listen(const Config& config) {
  net::ListenerOptions options;
  options.address = to_string(config.backend.listen);
  options.tls = parts_.tls;
  options.connection = connection_options(config);
  options.refusal = kTooManyConnections;
  put_balancers(options, config.backend.balancers, config);
  auto opened = net::Listener::open(
      parts_.shards, 0, std::move(options), parts_.limits,
      [this](std::unique_ptr<net::Connection> connection) { port_.accept(std::move(connection)); });
  if (!opened) return fail("backend.listen: " + opened.error());
  listener_ = std::move(*opened);
  return {};
}

void NodeServers::stop(std::int64_t drain_ms) {
  // None: it never listened, and the shards may not run.
  if (!listener_) return;
  listener_->stop();
  port_.drain(drain_ms);
}

}  // namespace plaza::app
