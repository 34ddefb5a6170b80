#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace plaza {

/// A hash table from keys that an object carries itself to these objects. The objects do not move; the table
/// does.
///
/// `Traits` says what a key is: `using Key`, `static std::uint64_t hash(const Key&)` well mixed, and
/// `static bool is(const Object&, const Key&)`.
///
/// Thread   One at a time.
/// Owner    The table owns the objects; pointers to them are good until they are erased or swept.
/// Order    None.
/// Limit    The caller's: sweep() is how a cache keeps to one.
///
/// Why not std::unordered_map: one allocation less per object, and a look-up touches one line of the table
/// besides the object, because the full hash is kept beside the pointer.
template <class Object, class Traits>
class FlatMap {
 public:
  using Key = typename Traits::Key;

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] Object* find(const Key& key) const {
    if (slots_.empty()) return nullptr;
    const std::uint64_t hash = Traits::hash(key);
    for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
      const Slot& slot = slots_[i];
      if (!slot.object) return nullptr;
      if (slot.hash == hash && Traits::is(*slot.object, key)) return slot.object.get();
    }
  }

  /// The key must not be there yet.
  Object& insert(const Key& key, std::unique_ptr<Object> object) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    Object& inserted = *object;
    place({Traits::hash(key), std::move(object)});
    ++size_;
    return inserted;
  }

  bool erase(const Key& key) {
    if (slots_.empty()) return false;
    const std::uint64_t hash = Traits::hash(key);
    for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
      if (!slots_[i].object) return false;
      if (slots_[i].hash == hash && Traits::is(*slots_[i].object, key)) {
        erase_slot(i);
        return true;
      }
    }
  }

  /// Looks at the next `slots` slots, beginning where the last call ended, and erases the objects for which
  /// `drop` is true.
  template <class Drop>
  void sweep(std::size_t slots, Drop drop) {
    for (; slots > 0 && size_ > 0; --slots) {
      hand_ &= mask();
      if (slots_[hand_].object && drop(*slots_[hand_].object)) {
        erase_slot(hand_);  // another object may have moved here: look again
      } else {
        ++hand_;
      }
    }
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.object) visit(*slot.object);
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<Object> object;
  };

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }

  void place(Slot slot) {
    std::size_t i = slot.hash & mask();
    while (slots_[i].object) i = (i + 1) & mask();
    slots_[i] = std::move(slot);
  }

  void grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 16 : slots_.size() * 2));
    for (Slot& slot : old) {
      if (slot.object) place(std::move(slot));
    }
  }

  /// Linear probing without tombstones: what comes after and does not stand at its own place moves up (Knuth
  /// 6.4, R).
  void erase_slot(std::size_t hole) {
    slots_[hole].object.reset();
    --size_;
    for (std::size_t i = (hole + 1) & mask(); slots_[i].object; i = (i + 1) & mask()) {
      const std::size_t home = slots_[i].hash & mask();
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = std::move(slots_[i]);
        hole = i;
      }
    }
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t size_ = 0;
  std::size_t hand_ = 0;
};

}  // namespace plaza
