#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ports/room.h"

namespace plaza::cache {

/// When rooms changed: so that a list of rooms that was read before is known to be old, and a change of a room with 100,000
/// members touches one number and not their 100,000 lists.
///
/// Order    A list that was read after stamp() was taken is fresh(list, stamp) until one of its rooms changes. Rooms share numbers
///          by hash: a list may be held for old that is not.
/// Thread   Any.
class RoomChangesSeen {
 public:
  [[nodiscard]] std::uint64_t stamp() const { return last_.load(); }

  void changed(RoomId room) {
    const std::uint64_t now = last_.fetch_add(1) + 1;
    std::atomic<std::uint64_t>& at = at_of(room);
    for (std::uint64_t before = at.load(); before < now && !at.compare_exchange_weak(before, now);) {}
  }

  [[nodiscard]] bool fresh(const std::vector<ports::Room>& rooms, std::uint64_t stamp) const {
    for (const ports::Room& room : rooms) {
      if (changed_[slot(room.id)].load() > stamp) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kSlots = 4096;
  static std::size_t slot(RoomId room) { return mix64(room.value) % kSlots; }
  std::atomic<std::uint64_t>& at_of(RoomId room) { return changed_[slot(room)]; }

  // Any thread (atomic).
  std::atomic<std::uint64_t> last_{0};
  std::array<std::atomic<std::uint64_t>, kSlots> changed_{};  ///< the number that its newest change got
};

}  // namespace plaza::cache
