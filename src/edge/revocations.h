#pragma once
#include <cstdint>
#include <deque>
#include <utility>

#include "base/ids.h"

namespace plaza::edge {

/// What was revoked lately on this shard, for logins that were verified before and arrive after.
///
/// A revocation closes the sessions that are there. A login that the service has already verified is not there yet: its
/// answer is on its way to a shard, or the session is between two shards. When it arrives it asks here.
///
/// Thread  The shard's.
/// Limit   Entries of the last kKeepMs, which is longer than a login can be on its way; a scan of them per login.
class Revocations {
 public:
  static constexpr std::int64_t kKeepMs = 30'000;

  void add(TokenId token, std::int64_t now_ms) {
    forget(now_ms);
    tokens_.emplace_back(token, now_ms);
  }
  /// ending: the number of this end of the account's sessions (EdgeNode::endings).
  void add(AccountId account, std::uint64_t ending, std::int64_t now_ms) {
    forget(now_ms);
    accounts_.push_back({account, ending, now_ms});
  }

  [[nodiscard]] bool has(TokenId token) const {
    if (!token) return false;
    for (const auto& [revoked, when] : tokens_) {
      if (revoked == token) return true;
    }
    return false;
  }
  /// Whether all sessions of the account were ended by one that a login had not `seen` when it was asked for.
  [[nodiscard]] bool ended_after(AccountId account, std::uint64_t seen) const {
    for (const Ended& ended : accounts_) {
      if (ended.account == account && ended.ending > seen) return true;
    }
    return false;
  }

 private:
  void forget(std::int64_t now_ms) {
    while (!tokens_.empty() && tokens_.front().second + kKeepMs < now_ms) tokens_.pop_front();
    while (!accounts_.empty() && accounts_.front().when_ms + kKeepMs < now_ms) accounts_.pop_front();
  }

  struct Ended {
    AccountId account;
    std::uint64_t ending = 0;
    std::int64_t when_ms = 0;
  };

  std::deque<std::pair<TokenId, std::int64_t>> tokens_;
  std::deque<Ended> accounts_;
};

}  // namespace plaza::edge
