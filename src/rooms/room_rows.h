#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ports/room.h"

namespace plaza::rooms {

/// A room as it is stored.
struct RoomRow {
  ports::Room room;  ///< but `role`
  std::string name_key;
  std::vector<MemberId> admins;  ///< by id; without the owner
};

struct Membership {
  ports::RoomRole role = ports::RoomRole::member;
  std::int64_t muted_until_ms = 0;
  std::uint64_t visible_from = 0;
};

/// The rows of rooms in one transaction: what RoomChanges reads and writes. A directory implements it over its tables.
///
/// Order    RoomChanges writes only after its last refusal, so that an implementation need not take back anything then. Whatever
///          a method throws goes through to whoever began the transaction.
/// Thread   As the transaction's.
class RoomRows {
 public:
  virtual ~RoomRows() = default;

  /// Nothing when there is no such room in the zone, or it was dissolved.
  virtual std::optional<RoomRow> room(ZoneId zone, RoomId room) = 0;
  virtual bool name_taken(ZoneId zone, const std::string& name_key) = 0;
  /// Stores it under a new id, which it gives.
  virtual RoomId add_room(const RoomRow& row) = 0;
  virtual void save_room(const RoomRow& row) = 0;
  /// Nobody finds it any more and its name is free. Its memberships may go later (Rooms::sweep_rooms), the rest goes now but
  /// its events.
  virtual void dissolve_room(const RoomRow& row) = 0;

  /// The member's nickname, nothing when the zone has no such member.
  virtual std::optional<std::string> nickname(ZoneId zone, MemberId member) = 0;
  virtual std::optional<Membership> membership(RoomId room, MemberId member) = 0;
  virtual void add_membership(RoomId room, MemberId member, const Membership& membership) = 0;
  virtual void save_membership(RoomId room, MemberId member, const Membership& membership) = 0;
  virtual void remove_membership(RoomId room, MemberId member) = 0;
  /// All of the room, by id.
  virtual std::vector<MemberId> members(RoomId room) = 0;
  virtual std::uint32_t rooms_of(MemberId member) = 0;

  virtual std::optional<ports::RoomListed> listed(RoomId room, ports::RoomList list, MemberId member) = 0;
  /// Adds the entry, or replaces the member's; `name` is not stored.
  virtual void put_listed(RoomId room, ports::RoomList list, const ports::RoomListed& entry) = 0;
  virtual bool remove_listed(RoomId room, ports::RoomList list, MemberId member) = 0;
  virtual std::uint32_t count_listed(RoomId room, ports::RoomList list) = 0;
  virtual std::uint32_t count_listed_of(MemberId member, ports::RoomList list) = 0;
  virtual void drop_ended_bans(RoomId room, std::int64_t now_ms) = 0;

  virtual std::vector<ports::RoomPin> pins(RoomId room) = 0;
  virtual void add_pin(RoomId room, const ports::RoomPin& pin) = 0;
  virtual void remove_pin(RoomId room, std::uint64_t cseq) = 0;

  /// Of this room, by version.
  virtual std::vector<ports::RoomEvent> events(RoomId room) = 0;
  virtual std::optional<ports::RoomEvent> event(RoomId room, std::uint64_t version) = 0;
  virtual void add_event(const ports::RoomEvent& event) = 0;
  virtual void remove_event(RoomId room, std::uint64_t version) = 0;
};

}  // namespace plaza::rooms
