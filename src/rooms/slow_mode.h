#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ids.h"

namespace plaza::rooms {

/// When who may speak again in rooms where messages have to be some time apart.
///
/// Thread  The shard's: a member sends from its home shard only. Times are those of one steady clock.
/// Limit   entries_max; those whose time has come go first, and when none has, any other one, who may then speak earlier. A new
///         start forgets all.
class SlowMode {
 public:
  explicit SlowMode(std::size_t entries_max) : entries_max_(entries_max) {}

  /// 0: now.
  [[nodiscard]] std::int64_t wait_ms(RoomId room, MemberId member, std::int64_t now_ms) const {
    const auto at = next_.find({room, member});
    return at == next_.end() || at->second <= now_ms ? 0 : at->second - now_ms;
  }
  void spoke(RoomId room, MemberId member, std::int64_t apart_ms, std::int64_t now_ms) {
    if (next_.size() >= entries_max_) {
      std::erase_if(next_, [now_ms](const auto& entry) { return entry.second <= now_ms; });
      if (next_.size() >= entries_max_) next_.erase(next_.begin());
    }
    next_[{room, member}] = now_ms + apart_ms;
  }
  [[nodiscard]] std::size_t size() const { return next_.size(); }

 private:
  struct Key {
    RoomId room;
    MemberId member;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return mix64(key.room.value ^ mix64(key.member.value)); }
  };

  const std::size_t entries_max_;
  std::unordered_map<Key, std::int64_t, Hash> next_;
};

}  // namespace plaza::rooms
