#include "rooms/room_cache.h"

#include <algorithm>

namespace plaza::rooms {

bool RoomView::has(MemberId member) const {
  return members && std::binary_search(members->begin(), members->end(), member);
}

const RoomView* RoomCache::find(RoomId id) {
  const auto at = views_.find(id);
  if (at == views_.end()) return nullptr;
  order_.splice(order_.begin(), order_, at->second);
  return &order_.front();
}

bool RoomCache::put(RoomView view, std::uint32_t generation) {
  if (generation != generations_[slot(view.id)]) return false;
  const RoomId id = view.id;
  if (const auto at = views_.find(id); at != views_.end()) {
    order_.erase(at->second);
    views_.erase(at);
  }
  order_.push_front(std::move(view));
  views_.emplace(id, order_.begin());
  if (views_.size() > rooms_max_) {
    views_.erase(order_.back().id);
    order_.pop_back();
  }
  return true;
}

void RoomCache::invalidate(RoomId id) {
  ++generations_[slot(id)];
  if (const auto at = views_.find(id); at != views_.end()) {
    order_.erase(at->second);
    views_.erase(at);
  }
  if (on_invalidated_) on_invalidated_(id);
}

}  // namespace plaza::rooms
