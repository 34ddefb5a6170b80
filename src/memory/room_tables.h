#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rooms/room_rows.h"

namespace plaza::memory {

/// The rows of rooms in plain maps.
///
/// Thread   One at a time: its directory has the lock.
class RoomTables final : public rooms::RoomRows {
 public:
  using NicknameOf = std::function<std::optional<std::string>(ZoneId, MemberId)>;

  RoomTables(std::uint8_t region, NicknameOf nickname_of)
      : region_(region), nickname_of_(std::move(nickname_of)) {}

  std::optional<rooms::RoomRow> room(ZoneId zone, RoomId room) override;
  bool name_taken(ZoneId zone, const std::string& name_key) override;
  RoomId add_room(const rooms::RoomRow& row) override;
  void save_room(const rooms::RoomRow& row) override;
  void dissolve_room(const rooms::RoomRow& row) override;

  std::optional<std::string> nickname(ZoneId zone, MemberId member) override;
  std::optional<rooms::Membership> membership(RoomId room, MemberId member) override;
  void add_membership(RoomId room, MemberId member, const rooms::Membership& membership) override;
  void save_membership(RoomId room, MemberId member, const rooms::Membership& membership) override;
  void remove_membership(RoomId room, MemberId member) override;
  std::vector<MemberId> members(RoomId room) override;
  std::uint32_t rooms_of(MemberId member) override;

  std::optional<ports::RoomListed> listed(RoomId room, ports::RoomList list, MemberId member) override;
  void put_listed(RoomId room, ports::RoomList list, const ports::RoomListed& entry) override;
  bool remove_listed(RoomId room, ports::RoomList list, MemberId member) override;
  std::uint32_t count_listed(RoomId room, ports::RoomList list) override;
  std::uint32_t count_listed_of(MemberId member, ports::RoomList list) override;
  void drop_ended_bans(RoomId room, std::int64_t now_ms) override;

  std::vector<ports::RoomPin> pins(RoomId room) override;
  void add_pin(RoomId room, const ports::RoomPin& pin) override;
  void remove_pin(RoomId room, std::uint64_t cseq) override;

  std::vector<ports::RoomEvent> events(RoomId room) override;
  std::optional<ports::RoomEvent> event(RoomId room, std::uint64_t version) override;
  void add_event(const ports::RoomEvent& event) override;
  void remove_event(RoomId room, std::uint64_t version) override;

  /// With its members, lists, pins and events.
  void erase(RoomId room);

  // For reading only.
  /// Dissolved ones included, ascending.
  [[nodiscard]] std::vector<RoomId> all_in(ZoneId zone) const;
  [[nodiscard]] std::uint64_t rooms_in(ZoneId zone) const;
  [[nodiscard]] std::optional<RoomId> named(ZoneId zone, const std::string& name_key) const;
  [[nodiscard]] const std::set<RoomId>& rooms_with(MemberId member) const;
  [[nodiscard]] const std::map<MemberId, rooms::Membership>& members_in(RoomId room) const;
  [[nodiscard]] const std::map<MemberId, ports::RoomListed>& all_listed(RoomId room,
                                                                        ports::RoomList list) const;
  [[nodiscard]] std::vector<RoomId> rooms_listing(MemberId member, ports::RoomList list) const;
  using Events = std::map<std::pair<RoomId, std::uint64_t>, ports::RoomEvent>;
  [[nodiscard]] const Events& all_events() const { return events_; }

 private:
  struct Data {
    rooms::RoomRow row;
    std::map<MemberId, rooms::Membership> members;
    std::map<ports::RoomList, std::map<MemberId, ports::RoomListed>> lists;
    std::map<std::uint64_t, ports::RoomPin> pins;
  };

  // Constant after construction.
  const std::uint8_t region_;
  const NicknameOf nickname_of_;
  // One thread at a time.
  std::uint64_t last_room_ = 0;
  std::map<RoomId, Data> rooms_;
  std::map<std::pair<ZoneId, std::string>, RoomId> keys_;
  std::map<MemberId, std::set<RoomId>> rooms_of_;
  Events events_;
};

}  // namespace plaza::memory
