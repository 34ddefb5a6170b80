#include "memory/memory_erasures.h"

#include <algorithm>
#include <ranges>

namespace plaza::memory {

using ports::DirectoryResult;
using ports::Doomed;
using ports::ZonePiece;

// Every public method begins so.
#define PLAZA_MEMORY_ERASURES_ENTER()    \
  const std::lock_guard lock(d_.mutex_); \
  if (d_.unavailable_) return fail(ports::DirectoryError{ports::DirectoryCode::unavailable, "switched off"})

DirectoryResult<std::optional<Doomed>> MemoryErasures::next() {
  PLAZA_MEMORY_ERASURES_ENTER();
  if (!d_.deleting_zones_.empty()) {
    const ZoneId zone = *d_.deleting_zones_.begin();
    return Doomed{.app = d_.zones_.at(zone).app, .zone = zone};
  }
  if (d_.deleting_apps_.empty()) return std::nullopt;
  return Doomed{.app = *d_.deleting_apps_.begin(), .zone = {}};
}

DirectoryResult<ZonePiece> MemoryErasures::piece(ZoneId zone, std::uint32_t limit) {
  PLAZA_MEMORY_ERASURES_ENTER();
  ZonePiece piece;
  if (!d_.deleting_zones_.contains(zone)) return piece;
  piece.rooms = d_.rooms_.all_in(zone);
  if (piece.rooms.size() > limit) piece.rooms.resize(limit);
  if (!piece.empty()) return piece;
  for (const auto& [key, channel] : d_.channels_) {
    if (key.first == zone && piece.channels.size() < limit) piece.channels.push_back(channel.id);
  }
  if (!piece.empty()) return piece;
  for (const auto& [id, member] : d_.members_) {
    if (member.zone == zone && piece.members.size() < limit) piece.members.push_back(id);
  }
  return piece;
}

void MemoryErasures::drop_member_locked(MemberId id) {
  const auto at = d_.members_.find(id);
  if (at == d_.members_.end()) return;
  const AccountId account = at->second.account;
  const ZoneId zone = at->second.zone;
  d_.members_.erase(at);
  std::erase_if(d_.nickname_keys_, [id](const auto& entry) { return entry.second == id; });
  d_.relations_.erase(id);
  std::erase_if(d_.tokens_, [&](const auto& entry) {
    return entry.second.account == account && entry.second.zone == zone;
  });
  if (std::ranges::any_of(d_.members_ | std::views::values,
                          [account](const ports::Member& other) { return other.account == account; })) {
    return;
  }
  const auto of_account = [account](const auto& entry) { return entry.second == account; };
  std::erase_if(d_.tokens_, [account](const auto& entry) { return entry.second.account == account; });
  std::erase_if(d_.account_keys_, of_account);
  std::erase_if(d_.third_party_, of_account);
  d_.accounts_.erase(account);
}

DirectoryResult<bool> MemoryErasures::drop(ZoneId zone, const ZonePiece& piece, std::uint32_t) {
  PLAZA_MEMORY_ERASURES_ENTER();
  if (!d_.deleting_zones_.contains(zone)) return false;
  for (const RoomId room : piece.rooms) {
    if (d_.rooms_.room(zone, room)) d_.rooms_.erase(room);
  }
  std::erase_if(d_.channels_, [&](const auto& entry) {
    return entry.first.first == zone &&
           std::ranges::find(piece.channels, entry.second.id) != piece.channels.end();
  });
  for (const MemberId member : piece.members) {
    if (d_.find_member_locked(zone, member)) drop_member_locked(member);
  }
  return false;
}

void MemoryErasures::drop_app_locked(AppId app) {
  std::erase_if(apps_.keys_, [&](const ports::ApiKey& key) {
    const auto server = apps_.servers_.find(key.server);
    return server != apps_.servers_.end() && server->second.app == app;
  });
  std::erase_if(apps_.servers_, [app](const auto& entry) { return entry.second.app == app; });
  std::erase_if(d_.apps_, [app](const auto& entry) { return entry.second == app; });
  d_.quotas_.erase(app);
  d_.disabled_apps_.erase(app);
  d_.deleting_apps_.erase(app);
}

DirectoryResult<bool> MemoryErasures::drop_rest(const Doomed& what, std::uint32_t) {
  PLAZA_MEMORY_ERASURES_ENTER();
  if (!what.zone) {
    if (!d_.deleting_apps_.contains(what.app)) return false;
    for (const auto& zone : d_.zones_ | std::views::values) {
      if (zone.app == what.app) return true;
    }
    drop_app_locked(what.app);
    return false;
  }
  if (!d_.deleting_zones_.contains(what.zone)) return false;
  const bool inhabited = !d_.rooms_.all_in(what.zone).empty() ||
                         std::ranges::any_of(d_.members_ | std::views::values,
                                             [&](const auto& member) { return member.zone == what.zone; });
  if (inhabited) return true;
  d_.zones_.erase(what.zone);
  d_.disabled_zones_.erase(what.zone);
  d_.deleting_zones_.erase(what.zone);
  return false;
}

}  // namespace plaza::memory
