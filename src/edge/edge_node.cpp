#include "edge/edge_node.h"

#include <chrono>
#include <latch>
#include <random>
#include <thread>

#include "chat/announcement_metrics.h"
#include "chat/screening_metrics.h"

namespace plaza::edge {

void NodeExecutor::post(std::uint32_t shard, Task task) {
  net::Shard* here = net::Shard::current();
  // What one turn of a shard has for another travels as one entry of its mailbox.
  if (here && here != &shards_.at(shard)) {
    here->post_batched(shards_.at(shard), std::move(task));
  } else {
    shards_.at(shard).post(std::move(task));
  }
}

EdgeNode::EdgeNode(EdgeParts parts, const Limits& limits)
    : parts_(std::move(parts)),
      executor_(parts_.shards, parts_.sql_workers),
      chat_{.executor = executor_,
            .store = parts_.store,
            .directory = parts_.directory,
            .channels = parts_.channels,
            .moderation = parts_.moderation,
            .presence = parts_.presence,
            .clock = parts_.clock,
            .room_rates = room_rates_,
            .id = parts_.id,
            .channel_epochs = std::random_device{}(),
            .hubs = {}},
      moderator_(chat_, parts_.moderation),
      announcer_(chat_, parts_.announcements, limits.announcements),
      word_lists_(chat_, parts_.moderation, parts_.word_compiler),
      router_(chat_) {
  // Counted from the start, so that nothing has happened yet is a number as well.
  chat::announcement_metrics();
  chat::screening_metrics();
  for (std::uint32_t i = 0; i < parts_.shards.size(); ++i) {
    edges_.push_back(std::make_unique<EdgeShard>(*this, parts_.shards.at(i), limits));
    chat_.hubs.push_back(&edges_.back()->hub());
  }
}

EdgeNode::~EdgeNode() = default;

void EdgeNode::accept(std::unique_ptr<net::Connection> connection, net::Door door) {
  const std::uint32_t shard = connection->shard().index();
  edges_[shard]->accept(std::move(connection), door);
}

void EdgeNode::set_limits(const Limits& limits) {
  for (std::uint32_t i = 0; i < edges_.size(); ++i) {
    parts_.shards.at(i).post([edge = edges_[i].get(), limits] { edge->set_limits(limits); });
  }
}

void EdgeNode::revoke(std::vector<TokenId> tokens) {
  if (tokens.empty()) return;
  for (std::uint32_t i = 0; i < edges_.size(); ++i) {
    executor_.post(i, [edge = edges_[i].get(), tokens] { edge->revoke(tokens); });
  }
}

void EdgeNode::close_account(AccountId account, std::vector<TokenId> tokens, Session& asking) {
  const std::uint64_t ending = endings_.fetch_add(1) + 1;
  asking.set_endings_seen(ending);
  close_account(account, std::move(tokens), ending);
}

void EdgeNode::close_account(AccountId account, std::vector<TokenId> tokens) {
  close_account(account, std::move(tokens), endings_.fetch_add(1) + 1);
}

void EdgeNode::close_account(AccountId account, std::vector<TokenId> tokens, std::uint64_t ending) {
  for (std::uint32_t i = 0; i < edges_.size(); ++i) {
    executor_.post(i, [edge = edges_[i].get(), account, tokens, ending] {
      edge->revoke(tokens);
      edge->close_account(account, ending);
    });
  }
}

void EdgeNode::close_zones(const std::vector<ZoneId>& zones, bool closed) {
  on_every_shard([&](EdgeShard& edge) {
    for (const ZoneId zone : zones) edge.close_zone(zone, closed);
  });
}

void EdgeNode::on_every_shard(const std::function<void(EdgeShard&)>& task) {
  std::latch done(static_cast<std::ptrdiff_t>(edges_.size()));
  for (std::uint32_t i = 0; i < edges_.size(); ++i) {
    parts_.shards.at(i).post([&task, &done, edge = edges_[i].get()] {
      task(*edge);
      done.count_down();
    });
  }
  done.wait();
}

void EdgeNode::drain(std::int64_t deadline_ms, const std::function<void()>& stop_pages) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(deadline_ms);
  const auto half = Clock::now() + std::chrono::milliseconds(deadline_ms / 2);
  const auto wait_until_none = [&](Clock::time_point until, auto count) {
    for (;;) {
      std::atomic<std::size_t> left{0};
      on_every_shard([&](EdgeShard& edge) { left += count(edge); });
      if (left == 0 || Clock::now() >= until) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  };
  draining_ = true;
  const auto for_each_client = [](EdgeShard& edge, const std::function<void(Session&)>& visit) {
    edge.for_each([&](Session& session) {
      if (session.is_client()) visit(session);
    });
  };
  on_every_shard([&](EdgeShard& edge) { for_each_client(edge, [](Session& s) { s.stop_reading(); }); });
  wait_until_none(half, [](EdgeShard& edge) {
    std::size_t waiting = 0;
    edge.for_each([&](Session& session) { waiting += session.chat().unacknowledged; });
    return waiting;
  });
  on_every_shard([&](EdgeShard& edge) {
    for_each_client(edge, [](Session& s) { s.close_with(protocol::Errno::server_closing, {}, true); });
  });
  wait_until_none(deadline, [&](EdgeShard& edge) {
    std::size_t clients = 0;
    for_each_client(edge, [&](Session&) { ++clients; });
    return clients;
  });
  stop_pages();
  wait_until_none(deadline, [](EdgeShard& edge) {
    std::size_t waiting = 0;
    edge.for_each([&](Session& session) { waiting += session.answering_http() ? 1 : 0; });
    return waiting;
  });
  // Who is left did not take its goodbye in time. Its connection goes with it.
  on_every_shard([](EdgeShard& edge) {
    std::vector<chat::SessionId> left;
    edge.for_each([&](Session& session) { left.push_back(session.id()); });
    for (const chat::SessionId id : left) {
      edge.hub().leave(edge.find(id)->chat());
      edge.remove(id);
    }
  });
}

}  // namespace plaza::edge
