#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "ports/moderation.h"

namespace plaza::moderation {

using SharedSanction = std::shared_ptr<const ports::Sanction>;

/// Who of a shard's members is muted or banned, so that nobody who enters or sends has to ask a database.
///
/// Thread   One shard's.
/// Owner    Its ShardState. The sanctions are shared with the states of the members that are online.
/// Limit    An entry for each member with a sanction, which the store bounds per zone; those that are over go when the
///          table has grown by as many as it had.
class SanctionTable {
 public:
  /// Everything that is known of the member from now on; none: nothing.
  void set(MemberId member, const std::vector<ports::Sanction>& sanctions, std::int64_t now_ms);
  /// The sanction of this kind, null when there is none in force.
  [[nodiscard]] SharedSanction find(MemberId member, ports::SanctionKind kind, std::int64_t now_ms) const;
  [[nodiscard]] std::size_t size() const { return members_.size(); }

 private:
  struct Entry {
    SharedSanction mute, ban;
    [[nodiscard]] bool over(std::int64_t now_ms) const {
      return (!mute || !mute->in_force(now_ms)) && (!ban || !ban->in_force(now_ms));
    }
  };
  static constexpr std::size_t kSweepAtLeast = 64;

  std::unordered_map<MemberId, Entry> members_;
  std::size_t sweep_at_ = kSweepAtLeast;
};

}  // namespace plaza::moderation
