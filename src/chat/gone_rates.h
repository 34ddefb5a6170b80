#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ids.h"
#include "base/rate_limit.h"

namespace plaza::chat {

/// What a member may do per second, as far as it was used up.
struct MemberRates {
  RateLimit messages;
  RateLimit requests;
  RateLimit publications;
  MinuteRateLimit reports;
  MinuteRateLimit searches;
  [[nodiscard]] bool idle(std::int64_t now_ms) const {
    return messages.idle(now_ms) && requests.idle(now_ms) && publications.idle(now_ms) &&
           reports.idle(now_ms) && searches.idle(now_ms);
  }
};

/// The rates of members who went offline with something still counted: logging out and in again must not make them new.
///
/// Thread  The shard's.
/// Limit   members_max; at it, those that count nothing any more go, and then any until half are left.
class GoneRates {
 public:
  explicit GoneRates(std::size_t members_max) : members_max_(members_max) {}

  void keep(MemberId member, const MemberRates& rates, std::int64_t now_ms) {
    if (rates.idle(now_ms)) return;
    if (rates_.size() >= members_max_) {
      std::erase_if(rates_, [now_ms](const auto& entry) { return entry.second.idle(now_ms); });
      // At once half of them, so that a crowd that leaves together does not pay for the sweep one by one.
      while (rates_.size() > members_max_ / 2) rates_.erase(rates_.begin());
    }
    rates_.insert_or_assign(member, rates);
  }
  /// New ones for who is not here.
  MemberRates take(MemberId member) {
    const auto node = rates_.extract(member);
    return node.empty() ? MemberRates{} : node.mapped();
  }
  [[nodiscard]] std::size_t size() const { return rates_.size(); }

 private:
  // Constant after construction.
  const std::size_t members_max_;
  // On the shard only.
  std::unordered_map<MemberId, MemberRates> rates_;
};

}  // namespace plaza::chat
