#include "cache/member_lists_cache.h"

#include <iterator>

namespace plaza::cache {

using ports::MemberLists;
using ports::Relation;
using ports::Room;

MemberListsCache::Entry* MemberListsCache::find(Stripe& s, ZoneId zone, MemberId member) {
  const auto at = s.index.find(member);
  if (at == s.index.end() || at->second->zone != zone) return nullptr;
  s.order.splice(s.order.begin(), s.order, at->second);
  return &*at->second;
}

void MemberListsCache::erase(Stripe& s, Order::iterator at) {
  s.items -= at->items();
  s.index.erase(at->member);
  s.order.erase(at);
}

std::optional<std::vector<Relation>> MemberListsCache::relations(ZoneId zone, MemberId member,
                                                                 std::int64_t now_ms) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  const Entry* entry = find(s, zone, member);
  if (!entry || !good(entry->relations, now_ms)) return std::nullopt;
  return entry->relations.items;
}

std::optional<std::vector<Room>> MemberListsCache::rooms(ZoneId zone, MemberId member, std::int64_t now_ms) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  const Entry* entry = find(s, zone, member);
  if (!entry || !good_rooms(*entry, now_ms)) return std::nullopt;
  return entry->rooms.items;
}

std::optional<MemberLists> MemberListsCache::both(ZoneId zone, MemberId member, std::int64_t now_ms) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  const Entry* entry = find(s, zone, member);
  if (!entry || !good(entry->relations, now_ms) || !good_rooms(*entry, now_ms)) return std::nullopt;
  return MemberLists{entry->relations.items, entry->rooms.items};
}

std::uint32_t MemberListsCache::ticket(MemberId member) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  return generation(s, member);
}

template <class T>
void MemberListsCache::put(List<T> Entry::* which, ZoneId zone, MemberId member, const std::vector<T>& items,
                           std::int64_t now_ms, std::uint32_t ticket, std::uint64_t room_stamp) {
  Stripe& s = stripe(member);
  const std::size_t items_max = options_.items_max / kStripes;
  const std::lock_guard lock(s.mutex);
  if (generation(s, member) != ticket) return;
  auto at = s.index.find(member);
  if (at != s.index.end() && at->second->zone != zone) {
    erase(s, at->second);
    at = s.index.end();
  }
  if (at == s.index.end()) {
    s.order.push_front({.member = member, .zone = zone, .relations = {}, .rooms = {}});
    at = s.index.emplace(member, s.order.begin()).first;
    ++s.items;
  }
  List<T>& list = (*at->second).*which;
  s.items = s.items - list.items.size() + items.size();
  list = {.items = items, .read_ms = now_ms, .room_stamp = room_stamp, .known = true};
  s.order.splice(s.order.begin(), s.order, at->second);
  while (s.items > items_max) erase(s, std::prev(s.order.end()));
}

void MemberListsCache::put(ZoneId zone, MemberId member, const std::vector<Relation>& relations,
                           std::int64_t now_ms, std::uint32_t ticket) {
  put(&Entry::relations, zone, member, relations, now_ms, ticket, 0);
}

void MemberListsCache::put(ZoneId zone, MemberId member, const std::vector<Room>& rooms, std::int64_t now_ms,
                           std::uint32_t ticket, std::uint64_t room_stamp) {
  put(&Entry::rooms, zone, member, rooms, now_ms, ticket, room_stamp);
}

void MemberListsCache::forget(MemberId member) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  ++generation(s, member);
  if (const auto at = s.index.find(member); at != s.index.end()) erase(s, at->second);
}

std::size_t MemberListsCache::items() const {
  std::size_t count = 0;
  for (const Stripe& s : stripes_) {
    const std::lock_guard lock(s.mutex);
    count += s.items;
  }
  return count;
}

}  // namespace plaza::cache
