#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "chat/member_state.h"

namespace plaza::chat {

class ShardState;

/// That members of this shard came and went, told to their friends and to who watches a room of theirs.
///
///   changed() -> told at once, or, when it was told of lately, at the end of the interval, as it is then -> each shard: friends,
///   watchers (RoomWatches)
///
/// Thread  The shard's.
/// Limit   A member that comes and goes is told of at most once in presence_interval_ms, and never twice the same. It is
///         remembered for that long; past members_max of them, changes are told at once.
class PresenceNews {
 public:
  explicit PresenceNews(ShardState& state) : state_(state) {}

  void changed(const MemberState& member, bool online);
  /// Tells what was put off. Now and then, while size() is not 0.
  void tick();
  [[nodiscard]] std::size_t size() const { return lately_.size(); }

  static constexpr std::size_t members_max = 64 * 1024;

 private:
  struct Told {
    std::int64_t when_ms = 0;
    bool online = false;            ///< as it was told
    bool now = false;               ///< as it is
    std::vector<MemberId> friends;  ///< of one that has gone: it cannot be asked any more
  };
  void tell(MemberId member, const std::vector<MemberId>& friends, bool online);

  ShardState& state_;
  std::unordered_map<MemberId, Told> lately_;
};

}  // namespace plaza::chat
