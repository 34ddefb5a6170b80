#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "chat/hub.h"
#include "edge/account_requests.h"
#include "edge/limits.h"
#include "edge/member_requests.h"
#include "edge/revocations.h"
#include "edge/session.h"
#include "net/shard.h"
#include "protocol/request_parser.h"

namespace plaza::edge {

class EdgeNode;

/// The sessions of one shard, and the domain they talk to.
///
/// Thread  The shard's, but for construction and destruction (shards stopped).
/// Owner   EdgeNode, one per shard.
/// Turn    Deliveries from the store run in the mailbox phase, a bounded piece each turn; sends go to the store at its end.
class EdgeShard {
 public:
  EdgeShard(EdgeNode& node, net::Shard& shard, const Limits& limits);
  ~EdgeShard();

  /// A connection that a listener accepted for this shard.
  void accept(std::unique_ptr<net::Connection> connection, net::Door door);
  /// Takes the session to its member's home shard and lets it enter there.
  void enter_at_home(Session& session, chat::EnterAs as);
  void remove(chat::SessionId id);

  [[nodiscard]] Session* find(chat::SessionId id) const {
    const auto at = sessions_.find(id);
    return at == sessions_.end() ? nullptr : at->second.get();
  }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  void for_each(const std::function<void(Session&)>& visit);
  void set_limits(const Limits& limits);
  /// Closes what lives under one of these tokens, now or when it arrives.
  void revoke(const std::vector<TokenId>& tokens);
  /// Closes all sessions of the account that have not seen this ending, now or when they arrive.
  void close_account(AccountId account, std::uint64_t ending);
  /// Closes all sessions of the zone, now or when they arrive; or lets them in again.
  void close_zone(ZoneId zone, bool closed);
  /// A session that was logged in, or came from another shard: closes it when it was revoked on its way. True when it was.
  bool close_if_revoked(Session& session);

  [[nodiscard]] EdgeNode& node() { return node_; }
  [[nodiscard]] net::Shard& shard() { return shard_; }
  [[nodiscard]] chat::Hub& hub() { return hub_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] protocol::RequestParser& parser() { return parser_; }
  [[nodiscard]] AccountRequests& accounts() { return accounts_; }
  [[nodiscard]] MemberRequests& members() { return members_; }

 private:
  class Deliveries;
  class Sends;
  class Tick;
  void adopt(std::unique_ptr<Session> session, chat::EnterAs as);

  EdgeNode& node_;
  net::Shard& shard_;
  Limits limits_;
  chat::Hub hub_;
  protocol::RequestParser parser_;
  AccountRequests accounts_;
  MemberRequests members_;
  std::unordered_map<chat::SessionId, std::unique_ptr<Session>> sessions_;
  Revocations revocations_;
  std::unordered_set<ZoneId> closed_zones_;  ///< while this process runs: afterwards the directory says so
  std::unique_ptr<Deliveries> deliveries_;
  std::unique_ptr<Sends> sends_;
  std::unique_ptr<Tick> tick_;
};

}  // namespace plaza::edge
