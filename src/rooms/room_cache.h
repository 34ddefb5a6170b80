#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/rate_limit.h"
#include "ports/room.h"

namespace plaza::rooms {

/// What sending to a room and reading from it need to know, as it was when it was read.
struct RoomView {
  ports::Room room;
  /// By id, ascending; shared with the messages in flight. Empty in a large room.
  std::shared_ptr<const std::vector<MemberId>> members;
  std::shared_ptr<SharedRateLimit> rate;  ///< one per room on this node, shared by the shards' caches
  /// Of those who used the room from this shard, also of some who are not in it.
  std::unordered_map<MemberId, ports::RoomStanding> standings;

  [[nodiscard]] bool larger_than(std::size_t members_max) const {
    return room.large_from != 0 || members->size() > members_max;
  }
  /// Null when it has to be read first.
  [[nodiscard]] const ports::RoomStanding* standing(MemberId member) const {
    const auto at = standings.find(member);
    return at == standings.end() ? nullptr : &at->second;
  }
};

/// The rooms that a shard has used lately.
///
/// A change of a room invalidates: the next use reads the directory again. Replacing the view by the result of the
/// change instead would be wrong, since the results of two changes can arrive in the other order.
///
/// Thread  The shard's.
/// Limit   rooms_max views with standings_max standings together; the least recently used room goes first, so a room that
///         nobody uses costs nothing.
class RoomCache {
 public:
  explicit RoomCache(std::size_t rooms_max, std::size_t standings_max = 65'536)
      : rooms_max_(rooms_max), standings_max_(standings_max) {}

  /// Null when it has to be read first.
  [[nodiscard]] const RoomView* find(RoomId id);
  /// To be handed to put() with what was read.
  [[nodiscard]] std::uint32_t generation(RoomId id) const { return generations_[slot(id)]; }
  /// False when the room was invalidated since `generation`: the view may be out of date; read it again.
  bool put(RoomView view, std::uint32_t generation);
  /// The same for one member's standing in a room that find() gives; false also when it does not.
  bool put_standing(RoomId id, MemberId member, const ports::RoomStanding& standing,
                    std::uint32_t generation);
  void invalidate(RoomId id);
  /// The same for one member's standing: in a large room people come and go all the time.
  void invalidate(RoomId id, MemberId member);
  /// Is called by invalidate(), whether the room was here or not.
  void on_invalidated(std::function<void(RoomId)> call) { on_invalidated_ = std::move(call); }
  [[nodiscard]] std::size_t size() const { return views_.size(); }
  [[nodiscard]] std::size_t standings() const { return standings_; }

 private:
  using Order = std::list<RoomView>;
  static constexpr std::size_t kGenerations = 1024;
  static std::size_t slot(RoomId id) { return mix64(id.value) % kGenerations; }
  void drop(Order::iterator at);

  // Constant after construction.
  const std::size_t rooms_max_, standings_max_;
  // On the shard only.
  std::array<std::uint32_t, kGenerations>
      generations_{};  // counted up by invalidate(); rooms share them by hash
  Order order_;        // most recently used first
  std::unordered_map<RoomId, Order::iterator> views_;
  std::function<void(RoomId)> on_invalidated_;
  std::size_t standings_ = 0;
};

}  // namespace plaza::rooms
