#include "rooms/room_cache.h"

#include <iterator>

namespace plaza::rooms {

const RoomView* RoomCache::find(RoomId id) {
  const auto at = views_.find(id);
  if (at == views_.end()) return nullptr;
  order_.splice(order_.begin(), order_, at->second);
  return &order_.front();
}

bool RoomCache::put(RoomView view, std::uint32_t generation) {
  const RoomId id = view.room.id;
  if (generation != generations_[slot(id)]) return false;
  if (const auto at = views_.find(id); at != views_.end()) drop(at->second);
  standings_ += view.standings.size();
  order_.push_front(std::move(view));
  views_.emplace(id, order_.begin());
  if (views_.size() > rooms_max_) drop(std::prev(order_.end()));
  return true;
}

bool RoomCache::put_standing(RoomId id, MemberId member, const ports::RoomStanding& standing,
                             std::uint32_t generation) {
  if (generation != generations_[slot(id)] || !find(id)) return false;
  RoomView& view = order_.front();
  standings_ += view.standings.insert_or_assign(member, standing).second ? 1 : 0;
  while (standings_ > standings_max_ && order_.size() > 1) drop(std::prev(order_.end()));
  if (standings_ > standings_max_) {
    // All of one room: it begins anew.
    view.standings = {{member, standing}};
    standings_ = 1;
  }
  return true;
}

void RoomCache::invalidate(RoomId id) {
  ++generations_[slot(id)];
  if (const auto at = views_.find(id); at != views_.end()) drop(at->second);
  if (on_invalidated_) on_invalidated_(id);
}

void RoomCache::invalidate(RoomId id, MemberId member) {
  ++generations_[slot(id)];
  if (const auto at = views_.find(id); at != views_.end()) standings_ -= at->second->standings.erase(member);
}

void RoomCache::drop(Order::iterator at) {
  standings_ -= at->standings.size();
  views_.erase(at->room.id);
  order_.erase(at);
}

}  // namespace plaza::rooms
