#include "edge/edge_shard.h"

#include <algorithm>

#include "edge/edge_metrics.h"
#include "edge/edge_node.h"

namespace plaza::edge {

/// Works off what the store reported, after the turn's mailbox.
class EdgeShard::Deliveries final : public net::TurnSource {
 public:
  explicit Deliveries(EdgeShard& edge) : edge_(edge) {}
  bool run_turn() override { return edge_.hub_.run(edge_.limits_.deliveries_per_turn); }

 private:
  EdgeShard& edge_;
};

/// The domain's clock: runs only while the domain has something to wait for.
class EdgeShard::Tick final : private net::Timer {
 public:
  explicit Tick(EdgeShard& edge) : edge_(edge) {}
  ~Tick() override { cancel(); }
  void arm_if_wanted() {
    if (armed_ || !edge_.hub_.wants_tick()) return;
    armed_ = true;
    edge_.shard_.timers().arm(*this, chat::Hub::kTickMs);
  }

 private:
  void on_timer() override {
    armed_ = false;
    edge_.hub_.tick();
    arm_if_wanted();
  }

  EdgeShard& edge_;
  bool armed_ = false;
};

/// Hands the turn's sends to the store, after all requests of the turn.
class EdgeShard::Sends final : public net::TurnSource {
 public:
  explicit Sends(EdgeShard& edge) : edge_(edge) {}
  bool run_turn() override {
    edge_.hub_.end_of_turn();
    edge_.tick_->arm_if_wanted();
    return false;
  }

 private:
  EdgeShard& edge_;
};

EdgeShard::EdgeShard(EdgeNode& node, net::Shard& shard, const Limits& limits)
    : node_(node),
      shard_(shard),
      limits_(limits),
      hub_(node.chat(), shard.index(), limits.chat),
      parser_(limits.frame_bytes_max),
      accounts_(*this),
      members_(*this),
      deliveries_(std::make_unique<Deliveries>(*this)),
      sends_(std::make_unique<Sends>(*this)),
      tick_(std::make_unique<Tick>(*this)) {
  shard_.add_source(net::TurnPhase::mailbox, *deliveries_);
  shard_.add_source(net::TurnPhase::end_of_turn, *sends_);
}

EdgeShard::~EdgeShard() {
  sessions_.clear();
  shard_.remove_source(*deliveries_);
  shard_.remove_source(*sends_);
}

void EdgeShard::accept(std::unique_ptr<net::Connection> connection, net::Door door) {
  metrics().accepted.add();
  const chat::SessionId id = node_.next_session_id();
  auto session = std::make_unique<Session>(*this, id, std::move(connection), door);
  Session& started = *session;
  sessions_.emplace(id, std::move(session));
  started.start();
}

void EdgeShard::enter_at_home(Session& session, chat::EnterAs as) {
  // Its connection may have ended while it waited (a reset is seen also when nothing is read) and not be buried yet: on_closed
  // follows. It cannot move any more, and should not take the place of another session of its device.
  if (session.closing() || !session.connection().is_open()) return;
  const std::uint32_t home = home_shard(as.member.id, node_.parts().shards.size());
  if (home == shard_.index()) return hub_.enter(session.chat(), std::move(as));
  const auto at = sessions_.find(session.id());
  std::unique_ptr<Session> moving = std::move(at->second);
  sessions_.erase(at);
  moving->depart();
  node_.parts().shards.at(home).post_arrival(
      [&target = node_.shard(home), moving = std::move(moving), as = std::move(as)]() mutable {
        target.adopt(std::move(moving), std::move(as));
      });
}

void EdgeShard::adopt(std::unique_ptr<Session> session, chat::EnterAs as) {
  Session& arrived = *session;
  sessions_.emplace(arrived.id(), std::move(session));
  arrived.arrive(*this);
  // It was on its way when the others were told.
  if (node_.draining()) return arrived.close_with(protocol::Errno::server_closing, {}, true);
  if (close_if_revoked(arrived) || !arrived.connection().is_open()) return;
  hub_.enter(arrived.chat(), std::move(as));
}

void EdgeShard::remove(chat::SessionId id) { sessions_.erase(id); }

void EdgeShard::for_each(const std::function<void(Session&)>& visit) {
  for (auto& [id, session] : sessions_) visit(*session);
}

void EdgeShard::set_limits(const Limits& limits) {
  limits_ = limits;
  hub_.set_limits(limits.chat);
  for_each([&](Session& session) {
    if (session.is_client()) session.connection().set_outbound_bytes_max(limits.outbound_bytes_max);
  });
}

void EdgeShard::revoke(const std::vector<TokenId>& tokens) {
  for (const TokenId token : tokens) revocations_.add(token, shard_.now_ms());
  const auto revoked = [&](TokenId token) {
    return token && std::find(tokens.begin(), tokens.end(), token) != tokens.end();
  };
  for_each([&](Session& session) {
    if (revoked(session.chat().login_token) || revoked(session.chat().member_token)) {
      session.close_with(protocol::Errno::revoked, {}, false);
    }
  });
}

void EdgeShard::close_account(AccountId account, std::uint64_t ending) {
  revocations_.add(account, ending, shard_.now_ms());
  for_each([&](Session& session) {
    if (session.chat().account == account && session.endings_seen() < ending)
      session.close_with(protocol::Errno::revoked, {}, false);
  });
}

void EdgeShard::close_zone(ZoneId zone, bool closed) {
  if (!closed) {
    closed_zones_.erase(zone);
    return;
  }
  closed_zones_.insert(zone);
  for_each([&](Session& session) {
    if (session.chat().zone == zone)
      session.close_with(protocol::Errno::revoked, "this zone is closed", false);
  });
}

bool EdgeShard::close_if_revoked(Session& session) {
  const chat::Session& chat = session.chat();
  if (closed_zones_.contains(chat.zone)) {
    session.close_with(protocol::Errno::revoked, "this zone is closed", false);
    return true;
  }
  if (!revocations_.has(chat.login_token) && !revocations_.has(chat.member_token) &&
      !revocations_.ended_after(chat.account, session.endings_seen())) {
    return false;
  }
  session.close_with(protocol::Errno::revoked, {}, false);
  return true;
}

}  // namespace plaza::edge
