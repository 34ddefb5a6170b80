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
  void add(AccountId account, std::int64_t now_ms) {
    forget(now_ms);
    accounts_.emplace_back(account, now_ms);
  }

  [[nodiscard]] bool has(TokenId token) const {
    if (!token) return false;
    for (const auto& [revoked, when] : tokens_) {
      if (revoked == token) return true;
    }
    return false;
  }
  /// Whether all sessions of the account were ended at `since_ms` or later: whoever began to log in before that is out.
  [[nodiscard]] bool ended_since(AccountId account, std::int64_t since_ms) const {
    for (const auto& [ended, when] : accounts_) {
      if (ended == account && when >= since_ms) return true;
    }
    return false;
  }

 private:
  void forget(std::int64_t now_ms) {
    while (!tokens_.empty() && tokens_.front().second + kKeepMs < now_ms) tokens_.pop_front();
    while (!accounts_.empty() && accounts_.front().second + kKeepMs < now_ms) accounts_.pop_front();
  }

  std::deque<std::pair<TokenId, std::int64_t>> tokens_;
  std::deque<std::pair<AccountId, std::int64_t>> accounts_;
};

}  // namespace plaza::edge
