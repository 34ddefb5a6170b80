#pragma once
#include <string>
#include <vector>

#include "rooms/room_rows.h"
#include "sql/connection.h"

namespace plaza::sql {

/// The rows of rooms in one transaction of the directory's database.
///
/// Thread   That of the connection. What the database throws goes through.
class SociRoomRows final : public rooms::RoomRows {
 public:
  SociRoomRows(Connection& db, std::uint8_t region) : db_(db), region_(region) {}

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

 private:
  Connection& db_;
  const std::uint8_t region_;
};

// Member ids in one text, ascending: the differences in decimal, "7,1,12" for 7, 8, 20.
std::string to_text(const std::vector<MemberId>& ids);
std::vector<MemberId> ids_of(const std::string& text);

}  // namespace plaza::sql
