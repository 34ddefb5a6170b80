#include "servers/server_port.h"

#include <chrono>
#include <latch>
#include <thread>

#include "servers/server_session.h"

namespace plaza::servers {

ServerPort::ServerPort(net::ShardGroup& shards, backend::Api& api, ports::AppEvents& events,
                       const PortOptions& options)
    : shards_(shards),
      api_(api),
      events_(events),
      options_(options),
      followers_(options.connections_per_app_max),
      sessions_(shards.size()) {}

ServerPort::~ServerPort() = default;

void ServerPort::accept(std::unique_ptr<net::Connection> connection) {
  const std::uint32_t shard = connection->shard().index();
  const ConnectionId id = ids_.fetch_add(1, std::memory_order_relaxed);
  auto session = std::make_unique<ServerSession>(*this, Followers::Where{.shard = shard, .id = id},
                                                 std::move(connection));
  ServerSession& started = *session;
  sessions_[shard].emplace(id, std::move(session));
  open_.fetch_add(1, std::memory_order_relaxed);
  started.start();
}

ServerSession* ServerPort::find(std::uint32_t shard, ConnectionId id) const {
  const auto at = sessions_[shard].find(id);
  return at == sessions_[shard].end() ? nullptr : at->second.get();
}

void ServerPort::remove(std::uint32_t shard, ConnectionId id) {
  if (sessions_[shard].erase(id) > 0) open_.fetch_sub(1, std::memory_order_relaxed);
}

void ServerPort::tell(Followers::Where where, std::move_only_function<void(ServerSession&)> task) {
  shards_.at(where.shard).post([this, where, task = std::move(task)]() mutable {
    if (ServerSession* session = find(where.shard, where.id)) task(*session);
  });
}

void ServerPort::happened(AppId app) {
  for (const auto where : followers_.wake(app)) tell(where, [](ServerSession& session) { session.wake(); });
}

// The end ----------------------------------------------------------------------------------------------------------------

void ServerPort::on_every_shard(const std::function<void(Sessions&)>& task) {
  std::latch done(static_cast<std::ptrdiff_t>(sessions_.size()));
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    shards_.at(i).post([&task, &done, of_shard = &sessions_[i]] {
      task(*of_shard);
      done.count_down();
    });
  }
  done.wait();
}

void ServerPort::wait_until(std::int64_t deadline_ms,
                            const std::function<bool(const ServerSession&)>& is_done) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::milliseconds(deadline_ms);
  for (;;) {
    std::atomic<std::uint32_t> left{0};
    on_every_shard([&](Sessions& sessions) {
      for (const auto& [id, session] : sessions) left += is_done(*session) ? 0 : 1;
    });
    if (left == 0 || Clock::now() >= until) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void ServerPort::drain(std::int64_t deadline_ms) {
  draining_ = true;
  on_every_shard([](Sessions& sessions) {
    for (auto& [id, session] : sessions) session->stop_reading();
  });
  wait_until(deadline_ms / 2, [](const ServerSession& session) { return session.idle(); });
  on_every_shard([](Sessions& sessions) {
    for (auto& [id, session] : sessions) session->end_with(server_stops());
  });
  wait_until(deadline_ms / 2, [](const ServerSession&) { return false; });
  // Who is left did not take its goodbye in time. Its connection goes with it.
  on_every_shard([this](Sessions& sessions) {
    open_.fetch_sub(static_cast<std::uint32_t>(sessions.size()), std::memory_order_relaxed);
    sessions.clear();
  });
}

}  // namespace plaza::servers
