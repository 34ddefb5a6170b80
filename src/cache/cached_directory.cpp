#include "cache/cached_directory.h"

#include <utility>

namespace plaza::cache {

using ports::Account;
using ports::DirectoryResult;
using ports::Member;
using ports::MemberLists;
using ports::Relation;
using ports::Room;
using ports::RoomChanged;
using ports::Token;
using ports::Zone;

// What is remembered ---------------------------------------------------------------------------------------------------

/// Also after a refusal: `unavailable` may be a lost answer to a change that was made.
template <class T>
T CachedDirectory::changed(T answer, MemberId member, MemberId peer) {
  lists_.forget(member);
  if (peer) lists_.forget(peer);
  return answer;
}

/// A room says what it is called and how many members it has, so that all of them see another room now. Of a large one the number is
/// left to age: people come and go in it all the time, and everybody's next login would have to read.
DirectoryResult<RoomChanged> CachedDirectory::changed_room(DirectoryResult<RoomChanged> answer,
                                                           const ports::RoomActor& actor, Seen seen) {
  if (const auto* member = std::get_if<MemberId>(&actor)) lists_.forget(*member);
  if (!answer) return answer;
  if (answer->member) lists_.forget(answer->member);
  if (answer->room.large_from == 0 || seen == Seen::by_all) lists_.room_changed(answer->room.id);
  return answer;
}

DirectoryResult<std::vector<Relation>> CachedDirectory::relations(ZoneId zone, MemberId member) {
  const std::int64_t now_ms = clock_.steady_ms();
  if (auto known = lists_.relations(zone, member, now_ms)) return std::move(*known);
  const std::uint32_t ticket = lists_.ticket(member);
  auto read = behind_.relations(zone, member);
  if (read) lists_.put(zone, member, *read, now_ms, ticket);
  return read;
}

DirectoryResult<std::vector<Room>> CachedDirectory::rooms_of(ZoneId zone, MemberId member) {
  const std::int64_t now_ms = clock_.steady_ms();
  if (auto known = lists_.rooms(zone, member, now_ms)) return std::move(*known);
  const std::uint32_t ticket = lists_.ticket(member);
  const std::uint64_t stamp = lists_.room_stamp();
  auto read = behind_.rooms_of(zone, member);
  if (read) lists_.put(zone, member, *read, now_ms, ticket, stamp);
  return read;
}

std::optional<MemberLists> CachedDirectory::remembered(ZoneId zone, MemberId member) {
  return lists_.both(zone, member, clock_.steady_ms());
}

DirectoryResult<Relation> CachedDirectory::add_friend(ZoneId zone, MemberId member, MemberId peer) {
  return changed(behind_.add_friend(zone, member, peer), member, peer);
}
DirectoryResult<Relation> CachedDirectory::answer_friend(ZoneId zone, MemberId member, MemberId peer,
                                                         bool accept) {
  return changed(behind_.answer_friend(zone, member, peer, accept), member, peer);
}
DirectoryResult<Relation> CachedDirectory::remove_friend(ZoneId zone, MemberId member, MemberId peer) {
  return changed(behind_.remove_friend(zone, member, peer), member, peer);
}
DirectoryResult<Relation> CachedDirectory::set_blocked(ZoneId zone, MemberId member, MemberId peer,
                                                       bool blocked) {
  return changed(behind_.set_blocked(zone, member, peer, blocked), member, peer);
}
DirectoryResult<Relation> CachedDirectory::set_remark(ZoneId zone, MemberId member, MemberId peer,
                                                      const std::string& remark) {
  return changed(behind_.set_remark(zone, member, peer, remark), member);
}

DirectoryResult<RoomChanged> CachedDirectory::create_room(ZoneId zone, const ports::RoomActor& actor,
                                                          MemberId owner, const ports::NewRoom& wanted,
                                                          std::int64_t now_ms) {
  lists_.forget(owner);
  return changed_room(behind_.create_room(zone, actor, owner, wanted, now_ms), actor, Seen::by_all);
}
DirectoryResult<RoomChanged> CachedDirectory::change(ZoneId zone, const ports::RoomActor& actor, RoomId room,
                                                     const ports::RoomChange& change, std::int64_t now_ms) {
  namespace of = ports::change;
  const bool by_all = std::holds_alternative<of::Set>(change) ||
                      std::holds_alternative<of::Transfer>(change) ||
                      std::holds_alternative<of::Dissolve>(change);
  return changed_room(behind_.change(zone, actor, room, change, now_ms), actor,
                      by_all ? Seen::by_all : Seen::by_those_concerned);
}
DirectoryResult<void> CachedDirectory::set_large(ZoneId zone, RoomId room, std::uint64_t cseq) {
  auto answer = behind_.set_large(zone, room, cseq);
  lists_.room_changed(room);
  return answer;
}
DirectoryResult<void> CachedDirectory::events_stored(const std::vector<ports::RoomEventPlace>& stored) {
  auto answer = behind_.events_stored(stored);
  for (const auto& place : stored) {
    if (place.effect == ports::RoomEventEffect::large_from) lists_.room_changed(place.room);
  }
  return answer;
}

// What goes through ----------------------------------------------------------------------------------------------------

DirectoryResult<Zone> CachedDirectory::zone(const std::string& app, const std::string& zone) {
  return behind_.zone(app, zone);
}
DirectoryResult<Zone> CachedDirectory::zone(ZoneId id) { return behind_.zone(id); }
DirectoryResult<Zone> CachedDirectory::put_zone(const Zone& wanted) { return behind_.put_zone(wanted); }

DirectoryResult<Member> CachedDirectory::register_account(const std::string& name,
                                                          const std::string& name_key,
                                                          const std::string& password_hash, ZoneId zone) {
  return behind_.register_account(name, name_key, password_hash, zone);
}
DirectoryResult<Account> CachedDirectory::account(AccountId id) { return behind_.account(id); }
DirectoryResult<Account> CachedDirectory::account_by_name(const std::string& name_key) {
  return behind_.account_by_name(name_key);
}
DirectoryResult<Account> CachedDirectory::third_party_account(const std::string& vendor,
                                                              const std::string& vendor_user) {
  return behind_.third_party_account(vendor, vendor_user);
}
DirectoryResult<void> CachedDirectory::set_password(AccountId id, const std::string& password_hash) {
  return behind_.set_password(id, password_hash);
}

DirectoryResult<Member> CachedDirectory::create_member(AccountId account, ZoneId zone,
                                                       const std::string& nickname,
                                                       const std::string& nickname_key,
                                                       const std::string& avatar) {
  return behind_.create_member(account, zone, nickname, nickname_key, avatar);
}
/// Its relations show it by its name and avatar; who has it among them is also among its own.
DirectoryResult<Member> CachedDirectory::update_member(ZoneId zone, MemberId id,
                                                       const ports::MemberChange& change) {
  auto answer = behind_.update_member(zone, id, change);
  if (!change.nickname && !change.avatar) return answer;
  if (const auto relations = behind_.relations(zone, id)) {
    for (const auto& relation : *relations) lists_.forget(relation.peer);
  }
  return answer;
}
DirectoryResult<Member> CachedDirectory::member(ZoneId zone, MemberId id) { return behind_.member(zone, id); }
DirectoryResult<Member> CachedDirectory::member_by_id(MemberId id) { return behind_.member_by_id(id); }
DirectoryResult<Member> CachedDirectory::member_by_nickname(ZoneId zone, const std::string& nickname_key) {
  return behind_.member_by_nickname(zone, nickname_key);
}
DirectoryResult<std::vector<Member>> CachedDirectory::members_of(AccountId account, ZoneId zone) {
  return behind_.members_of(account, zone);
}

DirectoryResult<TokenId> CachedDirectory::put_token(const Token& token) { return behind_.put_token(token); }
DirectoryResult<Token> CachedDirectory::token(const std::string& hash, std::int64_t now_ms) {
  return behind_.token(hash, now_ms);
}
DirectoryResult<Token> CachedDirectory::take_token(const std::string& hash, std::int64_t now_ms) {
  return behind_.take_token(hash, now_ms);
}
DirectoryResult<std::vector<Token>> CachedDirectory::revoke_tokens(AccountId account,
                                                                   std::optional<std::string> device,
                                                                   std::optional<TokenId> only) {
  return behind_.revoke_tokens(account, std::move(device), only);
}
DirectoryResult<std::vector<Token>> CachedDirectory::tokens_of(AccountId account, std::int64_t now_ms) {
  return behind_.tokens_of(account, now_ms);
}
DirectoryResult<std::uint32_t> CachedDirectory::expire_tokens(std::int64_t now_ms, std::uint32_t limit) {
  return behind_.expire_tokens(now_ms, limit);
}

DirectoryResult<Room> CachedDirectory::room(ZoneId zone, RoomId room) { return behind_.room(zone, room); }
DirectoryResult<Room> CachedDirectory::room_by_name(ZoneId zone, const std::string& name_key) {
  return behind_.room_by_name(zone, name_key);
}
DirectoryResult<ports::RoomStanding> CachedDirectory::standing(ZoneId zone, RoomId room, MemberId member) {
  return behind_.standing(zone, room, member);
}
DirectoryResult<ports::RoomMemberPage> CachedDirectory::members(ZoneId zone, RoomId room, MemberId after,
                                                                std::uint32_t limit) {
  return behind_.members(zone, room, after, limit);
}
DirectoryResult<std::vector<MemberId>> CachedDirectory::fanout(ZoneId zone, RoomId room) {
  return behind_.fanout(zone, room);
}
DirectoryResult<ports::RoomListPage> CachedDirectory::listed(ZoneId zone, RoomId room, ports::RoomList list,
                                                             MemberId after, std::uint32_t limit,
                                                             std::int64_t now_ms) {
  return behind_.listed(zone, room, list, after, limit, now_ms);
}
DirectoryResult<std::vector<ports::RoomInvitation>> CachedDirectory::invitations_of(ZoneId zone,
                                                                                    MemberId member) {
  return behind_.invitations_of(zone, member);
}
DirectoryResult<std::vector<ports::RoomPin>> CachedDirectory::pins(ZoneId zone, RoomId room) {
  return behind_.pins(zone, room);
}
DirectoryResult<std::vector<ports::RoomEvent>> CachedDirectory::pending_events(RoomId after_room,
                                                                               std::uint64_t after_version,
                                                                               std::uint32_t limit) {
  return behind_.pending_events(after_room, after_version, limit);
}
DirectoryResult<std::uint32_t> CachedDirectory::sweep_rooms(std::uint32_t limit) {
  return behind_.sweep_rooms(limit);
}

}  // namespace plaza::cache
