#pragma once
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/ids.h"
#include "base/rate_limit.h"

namespace plaza::rooms {

/// One rate limit per room and node, shared by the views that the shards hold.
///
/// Thread  Any thread; the mutex is taken when a room is read from the directory, never when a message is sent.
/// Limit   As many as there are views; those that nobody holds are dropped while others are made.
class RoomRates {
 public:
  std::shared_ptr<SharedRateLimit> of(RoomId room) {
    const std::lock_guard lock(mutex_);
    if (rates_.size() >= sweep_at_) sweep();
    auto& slot = rates_[room];
    auto rate = slot.lock();
    if (!rate) slot = rate = std::make_shared<SharedRateLimit>();
    return rate;
  }

 private:
  void sweep() {
    std::erase_if(rates_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = rates_.size() * 2 + 1024;
  }

  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<RoomId, std::weak_ptr<SharedRateLimit>> rates_;
  std::size_t sweep_at_ = 1024;
};

}  // namespace plaza::rooms
