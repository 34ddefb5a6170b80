#include "memory/room_tables.h"

#include <algorithm>

namespace plaza::memory {

using ports::RoomList;
using ports::RoomListed;
using rooms::Membership;
using rooms::RoomRow;

std::optional<RoomRow> RoomTables::room(ZoneId zone, RoomId room) {
  const auto at = rooms_.find(room);
  if (at == rooms_.end() || at->second.row.room.zone != zone) return std::nullopt;
  return at->second.row;
}

std::optional<RoomId> RoomTables::named(ZoneId zone, const std::string& name_key) const {
  const auto at = keys_.find({zone, name_key});
  if (at == keys_.end()) return std::nullopt;
  return at->second;
}

std::uint64_t RoomTables::rooms_in(ZoneId zone) const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      rooms_, [zone](const auto& entry) { return entry.second.row.room.zone == zone; }));
}

std::vector<RoomId> RoomTables::all_in(ZoneId zone) const {
  std::vector<RoomId> found;
  for (const auto& [id, data] : rooms_) {
    if (data.row.room.zone == zone) found.push_back(id);
  }
  return found;
}

void RoomTables::erase(RoomId room) {
  const auto at = rooms_.find(room);
  if (at == rooms_.end()) return;
  dissolve_room(rooms::RoomRow(at->second.row));
  std::erase_if(events_, [room](const auto& entry) { return entry.first.first == room; });
}

bool RoomTables::name_taken(ZoneId zone, const std::string& name_key) {
  return named(zone, name_key).has_value();
}

RoomId RoomTables::add_room(const RoomRow& row) {
  const RoomId id{make_id(region_, ++last_room_)};
  Data& data = rooms_[id];
  data.row = row;
  data.row.room.id = id;
  keys_[{row.room.zone, row.name_key}] = id;
  return id;
}

void RoomTables::save_room(const RoomRow& row) {
  Data& data = rooms_.at(row.room.id);
  keys_.erase({row.room.zone, data.row.name_key});
  keys_[{row.room.zone, row.name_key}] = row.room.id;
  data.row = row;
}

void RoomTables::dissolve_room(const RoomRow& row) {
  for (const auto& [member, membership] : rooms_.at(row.room.id).members)
    rooms_of_[member].erase(row.room.id);
  keys_.erase({row.room.zone, rooms_.at(row.room.id).row.name_key});
  rooms_.erase(row.room.id);
}

std::optional<std::string> RoomTables::nickname(ZoneId zone, MemberId member) {
  return nickname_of_(zone, member);
}

std::optional<Membership> RoomTables::membership(RoomId room, MemberId member) {
  const auto& members = members_in(room);
  const auto at = members.find(member);
  if (at == members.end()) return std::nullopt;
  return at->second;
}

void RoomTables::add_membership(RoomId room, MemberId member, const Membership& membership) {
  rooms_.at(room).members[member] = membership;
  rooms_of_[member].insert(room);
}

void RoomTables::save_membership(RoomId room, MemberId member, const Membership& membership) {
  rooms_.at(room).members.at(member) = membership;
}

void RoomTables::remove_membership(RoomId room, MemberId member) {
  rooms_.at(room).members.erase(member);
  rooms_of_[member].erase(room);
}

std::vector<MemberId> RoomTables::members(RoomId room) {
  std::vector<MemberId> ids;
  for (const auto& [id, membership] : members_in(room)) ids.push_back(id);
  return ids;
}

const std::map<MemberId, Membership>& RoomTables::members_in(RoomId room) const {
  static const std::map<MemberId, Membership> kNone;
  const auto at = rooms_.find(room);
  return at == rooms_.end() ? kNone : at->second.members;
}

const std::set<RoomId>& RoomTables::rooms_with(MemberId member) const {
  static const std::set<RoomId> kNone;
  const auto at = rooms_of_.find(member);
  return at == rooms_of_.end() ? kNone : at->second;
}

std::uint32_t RoomTables::rooms_of(MemberId member) {
  return static_cast<std::uint32_t>(rooms_with(member).size());
}

const std::map<MemberId, RoomListed>& RoomTables::all_listed(RoomId room, RoomList list) const {
  static const std::map<MemberId, RoomListed> kNone;
  const auto at = rooms_.find(room);
  if (at == rooms_.end()) return kNone;
  const auto entries = at->second.lists.find(list);
  return entries == at->second.lists.end() ? kNone : entries->second;
}

std::vector<RoomId> RoomTables::rooms_listing(MemberId member, RoomList list) const {
  std::vector<RoomId> found;
  for (const auto& [id, data] : rooms_) {
    if (all_listed(id, list).contains(member)) found.push_back(id);
  }
  return found;
}

std::optional<RoomListed> RoomTables::listed(RoomId room, RoomList list, MemberId member) {
  const auto& all = all_listed(room, list);
  const auto at = all.find(member);
  if (at == all.end()) return std::nullopt;
  return at->second;
}

void RoomTables::put_listed(RoomId room, RoomList list, const RoomListed& entry) {
  rooms_.at(room).lists[list][entry.id] = entry;
}

bool RoomTables::remove_listed(RoomId room, RoomList list, MemberId member) {
  return rooms_.at(room).lists[list].erase(member) != 0;
}

std::uint32_t RoomTables::count_listed(RoomId room, RoomList list) {
  return static_cast<std::uint32_t>(all_listed(room, list).size());
}

std::uint32_t RoomTables::count_listed_of(MemberId member, RoomList list) {
  return static_cast<std::uint32_t>(rooms_listing(member, list).size());
}

void RoomTables::drop_ended_bans(RoomId room, std::int64_t now_ms) {
  std::erase_if(rooms_.at(room).lists[RoomList::bans],
                [now_ms](const auto& entry) { return entry.second.until_ms <= now_ms; });
}

std::vector<ports::RoomPin> RoomTables::pins(RoomId room) {
  std::vector<ports::RoomPin> found;
  if (const auto at = rooms_.find(room); at != rooms_.end()) {
    for (const auto& [cseq, pin] : at->second.pins) found.push_back(pin);
  }
  return found;
}

void RoomTables::add_pin(RoomId room, const ports::RoomPin& pin) { rooms_.at(room).pins[pin.cseq] = pin; }

void RoomTables::remove_pin(RoomId room, std::uint64_t cseq) { rooms_.at(room).pins.erase(cseq); }

std::vector<ports::RoomEvent> RoomTables::events(RoomId room) {
  std::vector<ports::RoomEvent> found;
  for (auto at = events_.lower_bound({room, 0}); at != events_.end() && at->first.first == room; ++at)
    found.push_back(at->second);
  return found;
}

std::optional<ports::RoomEvent> RoomTables::event(RoomId room, std::uint64_t version) {
  const auto at = events_.find({room, version});
  if (at == events_.end()) return std::nullopt;
  return at->second;
}

void RoomTables::add_event(const ports::RoomEvent& event) { events_[{event.room, event.version}] = event; }

void RoomTables::remove_event(RoomId room, std::uint64_t version) { events_.erase({room, version}); }

}  // namespace plaza::memory
