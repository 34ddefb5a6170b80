#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "cache/room_changes_seen.h"
#include "ports/directory.h"

namespace plaza::cache {

struct MemberListsCacheOptions {
  /// Relations and rooms that are remembered, of all members together; a member counts as one more. About 120 bytes each.
  std::size_t items_max = 400'000;
  /// How long a list is believed without reading it again: bounds what a lost event of another node can do.
  std::int64_t fresh_ms = 60'000;
};

/// Relations and rooms of the members that were looked at lately.
///
/// Thread   Any, also a shard's: 16 stripes, each with a lock held for one look-up and the copy of a list.
/// Limit    items_max, the least recently used member out first, per stripe; a member with more than a stripe may hold is not
///          remembered.
/// Order    After forget(member) has returned no list is found that was read before, also when its put() comes later:
///          put() wants the ticket() that was taken before the reading.
class MemberListsCache {
 public:
  explicit MemberListsCache(MemberListsCacheOptions options) : options_(options) {}

  [[nodiscard]] std::optional<std::vector<ports::Relation>> relations(ZoneId zone, MemberId member,
                                                                      std::int64_t now_ms);
  [[nodiscard]] std::optional<std::vector<ports::Room>> rooms(ZoneId zone, MemberId member,
                                                              std::int64_t now_ms);
  /// Both or nothing.
  [[nodiscard]] std::optional<ports::MemberLists> both(ZoneId zone, MemberId member, std::int64_t now_ms);

  /// Take it before reading what is then put().
  [[nodiscard]] std::uint32_t ticket(MemberId member);
  void put(ZoneId zone, MemberId member, const std::vector<ports::Relation>& relations, std::int64_t now_ms,
           std::uint32_t ticket);
  void put(ZoneId zone, MemberId member, const std::vector<ports::Room>& rooms, std::int64_t now_ms,
           std::uint32_t ticket, std::uint64_t room_stamp);
  void forget(MemberId member);
  /// The same for the rooms of all members who are in this one, whoever they are.
  void room_changed(RoomId room) { room_changes_.changed(room); }
  /// Take it before reading rooms.
  [[nodiscard]] std::uint64_t room_stamp() const { return room_changes_.stamp(); }
  [[nodiscard]] std::size_t items() const;

 private:
  template <class T>
  struct List {
    std::vector<T> items;
    std::int64_t read_ms = 0;
    std::uint64_t room_stamp = 0;  ///< of rooms
    bool known = false;
  };
  struct Entry {
    MemberId member;
    ZoneId zone;
    List<ports::Relation> relations;
    List<ports::Room> rooms;
    [[nodiscard]] std::size_t items() const { return 1 + relations.items.size() + rooms.items.size(); }
  };
  using Order = std::list<Entry>;
  static constexpr std::size_t kStripes = 16;
  static constexpr std::size_t kGenerations = 256;
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    // Guarded by mutex.
    Order order;  ///< most recently used first
    std::unordered_map<MemberId, Order::iterator> index;
    std::size_t items = 0;
    std::array<std::uint32_t, kGenerations>
        generations{};  ///< counted up by forget(); members share them by hash
  };

  Stripe& stripe(MemberId member) { return stripes_[mix64(member.value) % kStripes]; }
  static std::uint32_t& generation(Stripe& s, MemberId member) {
    return s.generations[mix64(member.value) / kStripes % kGenerations];
  }
  static Entry* find(Stripe& s, ZoneId zone, MemberId member);
  static void erase(Stripe& s, Order::iterator at);
  template <class T>
  [[nodiscard]] bool good(const List<T>& list, std::int64_t now_ms) const {
    return list.known && now_ms - list.read_ms < options_.fresh_ms;
  }
  [[nodiscard]] bool good_rooms(const Entry& entry, std::int64_t now_ms) const {
    return good(entry.rooms, now_ms) && room_changes_.fresh(entry.rooms.items, entry.rooms.room_stamp);
  }
  template <class T>
  void put(List<T> Entry::* which, ZoneId zone, MemberId member, const std::vector<T>& items,
           std::int64_t now_ms, std::uint32_t ticket, std::uint64_t room_stamp);

  // Constant after construction.
  const MemberListsCacheOptions options_;
  // Any thread.
  std::array<Stripe, kStripes> stripes_;
  RoomChangesSeen room_changes_;
};

}  // namespace plaza::cache
