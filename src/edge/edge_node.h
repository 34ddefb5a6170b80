#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/worker_pool.h"
#include "chat/announcer.h"
#include "chat/moderator.h"
#include "chat/outcome_router.h"
#include "chat/shard_state.h"
#include "chat/word_lists.h"
#include "edge/edge_shard.h"
#include "edge/limits.h"
#include "login/login_service.h"
#include "net/http_exchange.h"
#include "net/shard.h"
#include "ports/executor.h"

namespace plaza::edge {

/// The domain's way to other threads, on this node's shards and worker pools.
class NodeExecutor final : public ports::Executor {
 public:
  NodeExecutor(net::ShardGroup& shards, WorkerPool& sql_workers)
      : shards_(shards), sql_workers_(sql_workers) {}
  [[nodiscard]] std::uint32_t shards() const override { return shards_.size(); }
  [[nodiscard]] std::uint32_t self() const override { return net::Shard::current()->index(); }
  [[nodiscard]] std::int64_t now_ms() const override { return net::Shard::current()->now_ms(); }
  void post(std::uint32_t shard, Task task) override;
  using Executor::blocking;
  [[nodiscard]] bool blocking(Share share, Task job) override {
    return sql_workers_.try_run(std::move(job), share);
  }

 private:
  net::ShardGroup& shards_;
  WorkerPool& sql_workers_;
};

/// What an EdgeNode is built on; everything outlives it.
struct EdgeParts {
  net::ShardGroup& shards;
  WorkerPool& sql_workers;       ///< jobs that wait for SQL
  WorkerPool& password_workers;  ///< jobs that wait for a password hash as well
  ports::StreamStore& store;
  ports::Directory& directory;
  ports::Channels& channels;
  ports::Moderation& moderation;
  ports::Announcements& announcements;
  const ports::WordCompiler& word_compiler;
  ports::Presence& presence;
  const ports::Clock& clock;
  login::LoginService& login;
  ports::NodeId id;
  /// Answers what is asked over HTTP, at once, or gives nothing and calls the answer later. Any shard; does not block.
  std::function<std::optional<net::HttpResponse>(net::HttpExchange, net::HttpAnswer)> http;
};

/// All client sessions of this node.
///
/// Thread  Built and destroyed by the owner's thread while the shards do not run; the other methods from any thread but a
///         shard's, unless they say otherwise.
/// Stop    drain() ends the sessions; then the owner stops shards and store.
class EdgeNode {
 public:
  EdgeNode(EdgeParts parts, const Limits& limits);
  ~EdgeNode();

  /// For the store: where outcomes go.
  [[nodiscard]] ports::AppendSink& sink() { return router_; }
  /// On the connection's shard.
  void accept(std::unique_ptr<net::Connection> connection, net::Door door = net::Door::clients);
  void set_limits(const Limits& limits);
  /// Any thread, shards included.
  void revoke(std::vector<TokenId> tokens);
  /// A password was changed: closes all sessions of the account whose login was asked for before this call, but the asking
  /// one; also those that live under no token. Who logs in with the new password after the change was answered stays, however
  /// late a shard hears of it.
  void close_account(AccountId account, std::vector<TokenId> tokens, Session& asking);
  /// The same, for somebody else than the account's owner: all of them.
  void close_account(AccountId account, std::vector<TokenId> tokens);
  /// Any thread but a shard's: nobody is in these zones, or comes in, from when it returns; or may again.
  void close_zones(const std::vector<ZoneId>& zones, bool closed);
  /// Runs `task` on every shard and returns when all have.
  void on_every_shard(const std::function<void(EdgeShard&)>& task);
  /// Any thread: how often close_account() was called. A number and not a time: two shards' clocks may differ by a turn.
  [[nodiscard]] std::uint64_t endings() const { return endings_.load(); }
  /// Reads no more requests, waits until every send is decided, says GOODBYE, and waits until the connections are gone:
  /// at most deadline_ms in all. Whoever opens a session meanwhile gets its GOODBYE at once. HTTP pages are served all the time,
  /// until `stop_pages`, which has come when the clients are gone, and takes no new connections from then on. What was asked over
  /// HTTP by then gets its answer, if that is there in time.
  void drain(std::int64_t deadline_ms, const std::function<void()>& stop_pages = [] {});
  [[nodiscard]] bool draining() const { return draining_; }

  /// Mutes, bans and kicks. Its load() belongs between the start of the shards and the first listener.
  [[nodiscard]] chat::Moderator& moderator() { return moderator_; }
  /// Announcements. Its load() belongs to the same place.
  [[nodiscard]] chat::Announcer& announcer() { return announcer_; }
  /// Words that zones do not want. Its load() belongs to the same place.
  [[nodiscard]] chat::WordLists& word_lists() { return word_lists_; }
  [[nodiscard]] EdgeParts& parts() { return parts_; }
  [[nodiscard]] chat::Node& chat() { return chat_; }
  [[nodiscard]] EdgeShard& shard(std::uint32_t index) { return *edges_[index]; }
  [[nodiscard]] chat::SessionId next_session_id() {
    return session_ids_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  void close_account(AccountId account, std::vector<TokenId> tokens, std::uint64_t ending);

  EdgeParts parts_;
  NodeExecutor executor_;
  rooms::RoomRates room_rates_;
  chat::Node chat_;
  chat::Moderator moderator_;
  chat::Announcer announcer_;
  chat::WordLists word_lists_;
  chat::OutcomeRouter router_;
  std::vector<std::unique_ptr<EdgeShard>> edges_;
  std::atomic<chat::SessionId> session_ids_{1};
  std::atomic<std::uint64_t> endings_{0};
  std::atomic<bool> draining_{false};
};

}  // namespace plaza::edge
