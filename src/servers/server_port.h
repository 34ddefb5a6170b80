#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "backend/api.h"
#include "net/connection.h"
#include "net/shard.h"
#include "ports/app_events.h"
#include "servers/followers.h"
#include "servers/port_options.h"

namespace plaza::servers {

class ServerSession;

/// All connections of the apps' servers to this node, which call the API and follow their app's events there.
///
/// Thread  Built and destroyed by the owner's thread while the shards do not run; accept(), find() and remove() on the connection's
///         shard; the others from any thread but a shard's.
/// Owner   The node. The Api, the events and the shards outlive it.
/// Stop    drain(), then the Api is stopped, then the shards.
class ServerPort {
 public:
  ServerPort(net::ShardGroup& shards, backend::Api& api, ports::AppEvents& events,
             const PortOptions& options);
  ~ServerPort();

  void accept(std::unique_ptr<net::Connection> connection);
  /// There are further events of the app. Any thread.
  void happened(AppId app);
  /// No further request is read; those that have come are answered, in half of that time; then everybody is told and closed.
  void drain(std::int64_t deadline_ms);
  [[nodiscard]] std::uint32_t connections() const { return open_.load(std::memory_order_relaxed); }

  // For the sessions.
  [[nodiscard]] ServerSession* find(std::uint32_t shard, ConnectionId id) const;
  void remove(std::uint32_t shard, ConnectionId id);
  /// Runs `task` on the session, if it is still there, on its shard.
  void tell(Followers::Where where, std::move_only_function<void(ServerSession&)> task);
  [[nodiscard]] backend::Api& api() { return api_; }
  [[nodiscard]] ports::AppEvents& events() { return events_; }
  [[nodiscard]] Followers& followers() { return followers_; }
  [[nodiscard]] const PortOptions& options() const { return options_; }
  [[nodiscard]] bool draining() const { return draining_; }

 private:
  using Sessions = std::unordered_map<ConnectionId, std::unique_ptr<ServerSession>>;
  void on_every_shard(const std::function<void(Sessions&)>& task);
  void wait_until(std::int64_t deadline_ms, const std::function<bool(const ServerSession&)>& is_done);

  // Constant after construction.
  net::ShardGroup& shards_;
  backend::Api& api_;
  ports::AppEvents& events_;
  const PortOptions options_;
  // Any thread.
  Followers followers_;
  std::atomic<ConnectionId> ids_{1};
  std::atomic<std::uint32_t> open_{0};
  std::atomic<bool> draining_{false};
  // Each on its shard only.
  std::vector<Sessions> sessions_;
};

}  // namespace plaza::servers
