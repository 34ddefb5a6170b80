#include "cache/cached_directory.h"

#include <utility>

namespace plaza::cache {

using ports::Account;
using ports::DirectoryResult;
using ports::Member;
using ports::MemberLists;
using ports::Relation;
using ports::Room;
using ports::RoomMember;
using ports::RoomWithMembers;
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

/// A room says how many members it has, so that all of them see another room now.
DirectoryResult<RoomWithMembers> CachedDirectory::changed_room(DirectoryResult<RoomWithMembers> answer,
                                                               MemberId member) {
  lists_.forget(member);
  if (answer) {
    for (const RoomMember& other : answer->members) lists_.forget(other.id);
  }
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
  auto read = behind_.rooms_of(zone, member);
  if (read) lists_.put(zone, member, *read, now_ms, ticket);
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

DirectoryResult<Room> CachedDirectory::create_room(ZoneId zone, MemberId owner, const std::string& name,
                                                   const std::string& name_key,
                                                   const std::string& description) {
  return changed(behind_.create_room(zone, owner, name, name_key, description), owner);
}
DirectoryResult<RoomWithMembers> CachedDirectory::join_room(ZoneId zone, MemberId member, RoomId room) {
  return changed_room(behind_.join_room(zone, member, room), member);
}
DirectoryResult<RoomWithMembers> CachedDirectory::leave_room(ZoneId zone, MemberId member, RoomId room) {
  return changed_room(behind_.leave_room(zone, member, room), member);
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

DirectoryResult<RoomWithMembers> CachedDirectory::room(ZoneId zone, RoomId room) {
  return behind_.room(zone, room);
}
DirectoryResult<Room> CachedDirectory::room_by_name(ZoneId zone, const std::string& name_key) {
  return behind_.room_by_name(zone, name_key);
}

}  // namespace plaza::cache
