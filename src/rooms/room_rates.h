#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/ids.h"
#include "base/rate_limit.h"

namespace plaza::rooms {

/// One rate limit per room and node, shared by the views that the shards hold.
///
/// Thread  Any thread; the mutex is taken when a room is read from the directory, never when a message is sent.
/// Limit   As many as there are views, and those of rooms that were used in the last seconds; the others are dropped while
///         more are made.
///
/// A rate that still counts something outlives the views: they are dropped at every change of a membership, and joining and
/// leaving must not make a room's rate new.
class RoomRates {
 public:
  std::shared_ptr<SharedRateLimit> of(RoomId room, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    if (rates_.size() >= sweep_at_) sweep(now_ms);
    auto& rate = rates_[room];
    if (!rate) rate = std::make_shared<SharedRateLimit>();
    return rate;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return rates_.size();
  }

 private:
  void sweep(std::int64_t now_ms) {
    std::erase_if(rates_, [now_ms](const auto& entry) {
      return entry.second.use_count() == 1 && entry.second->idle(now_ms);
    });
    sweep_at_ = rates_.size() * 2 + 1024;
  }

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<RoomId, std::shared_ptr<SharedRateLimit>> rates_;  ///< shared with the shards' views
  std::size_t sweep_at_ = 1024;
};

}  // namespace plaza::rooms
