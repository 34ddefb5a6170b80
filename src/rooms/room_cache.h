#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/rate_limit.h"

namespace plaza::rooms {

/// What sending to a room needs to know of it, as it was when it was read.
struct RoomView {
  RoomId id;
  ZoneId zone;
  std::string name;
  std::shared_ptr<const std::vector<MemberId>>
      members;                            ///< by id, ascending; shared with the messages in flight
  std::shared_ptr<SharedRateLimit> rate;  ///< one per room on this node, shared by the shards' caches

  [[nodiscard]] bool has(MemberId member) const;
};

/// The rooms that a shard has used lately.
///
/// A membership change invalidates: the next use reads the directory again. Replacing the view by the result of the
/// change instead would be wrong, since the results of two changes can arrive in the other order.
///
/// Thread  The shard's.
/// Limit   rooms_max views; the least recently used goes first, so a room that nobody uses costs nothing.
class RoomCache {
 public:
  explicit RoomCache(std::size_t rooms_max) : rooms_max_(rooms_max) {}

  /// Null when it has to be read first.
  [[nodiscard]] const RoomView* find(RoomId id);
  /// To be handed to put() with what was read.
  [[nodiscard]] std::uint32_t generation(RoomId id) const { return generations_[slot(id)]; }
  /// False when the room was invalidated since `generation`: the view may be out of date; read it again.
  bool put(RoomView view, std::uint32_t generation);
  void invalidate(RoomId id);
  /// Is called by invalidate(), whether the room was here or not.
  void on_invalidated(std::function<void(RoomId)> call) { on_invalidated_ = std::move(call); }
  [[nodiscard]] std::size_t size() const { return views_.size(); }

 private:
  using Order = std::list<RoomView>;
  static constexpr std::size_t kGenerations = 1024;
  static std::size_t slot(RoomId id) { return mix64(id.value) % kGenerations; }

  // Constant after construction.
  const std::size_t rooms_max_;
  // On the shard only.
  std::array<std::uint32_t, kGenerations>
      generations_{};  // counted up by invalidate(); rooms share them by hash
  Order order_;        // most recently used first
  std::unordered_map<RoomId, Order::iterator> views_;
  std::function<void(RoomId)> on_invalidated_;
};

}  // namespace plaza::rooms
