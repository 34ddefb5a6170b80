#pragma once
#include <algorithm>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace plaza::rooms {

/// Which shards of this node have sessions that follow a large room, so that what is said there is handed to these only.
///
/// Thread  Any. The mutex is taken when the first session of a shard begins to follow a room, when the last one ends, and once for each
///         report of the store that has messages of large rooms; never on the way of any other message.
/// Limit   The rooms that somebody who is online follows: a room that nobody uses is not here.
class RoomShards {
 public:
  void add(RoomId room, std::uint32_t shard) {
    const std::lock_guard lock(mutex_);
    rooms_[room].push_back(shard);
  }
  void remove(RoomId room, std::uint32_t shard) {
    const std::lock_guard lock(mutex_);
    const auto at = rooms_.find(room);
    if (at == rooms_.end()) return;
    std::erase(at->second, shard);
    if (at->second.empty()) rooms_.erase(at);
  }
  /// Sets those of `concerned` whose shard follows one of the rooms.
  void mark(const std::vector<RoomId>& rooms, std::vector<bool>& concerned) const {
    const std::lock_guard lock(mutex_);
    for (const RoomId room : rooms) {
      const auto at = rooms_.find(room);
      if (at == rooms_.end()) continue;
      for (const std::uint32_t shard : at->second) concerned[shard] = true;
    }
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return rooms_.size();
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<RoomId, std::vector<std::uint32_t>> rooms_;
};

}  // namespace plaza::rooms
