#include "memory/memory_directory.h"

#include <algorithm>

namespace plaza::memory {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;
using ports::Friendship;
using ports::Relation;

namespace {

std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
std::unexpected<DirectoryError> not_found(std::string what) {
  return refuse(DirectoryCode::not_found, std::move(what));
}
std::unexpected<DirectoryError> at_limit(const char* name, std::uint32_t limit) {
  return refuse(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}
/// What counts against friends_max: what the member itself did. Being blocked or asked by others costs nothing.
bool own(const Relation& r) {
  return r.friendship == Friendship::friends || r.friendship == Friendship::requested_by_me ||
         r.blocked_by_me;
}

}  // namespace

// Every public method begins so.
#define PLAZA_MEMORY_DIRECTORY_ENTER() \
  const std::lock_guard lock(mutex_);  \
  if (unavailable_) return refuse(DirectoryCode::unavailable, "switched off")

MemoryDirectory::MemoryDirectory(ports::DirectoryLimits limits, std::uint8_t region)
    : limits_(limits), region_(region), rooms_(region, [this](ZoneId zone, MemberId id) {
        const auto* found = find_member_locked(zone, id);
        return found ? std::optional(found->nickname) : std::nullopt;
      }) {}

void MemoryDirectory::set_remembering(bool remembering) {
  const std::lock_guard lock(mutex_);
  remembering_ = remembering;
}

void MemoryDirectory::set_unavailable(bool unavailable) {
  const std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

// Apps and zones -----------------------------------------------------------------------------------------------------

const ports::Zone* MemoryDirectory::find_zone_locked(ZoneId id) const {
  const auto at = zones_.find(id);
  return at == zones_.end() ? nullptr : &at->second;
}

bool MemoryDirectory::has_app(AppId app) {
  const std::lock_guard lock(mutex_);
  return std::any_of(apps_.begin(), apps_.end(), [app](const auto& known) { return known.second == app; });
}

bool MemoryDirectory::open_locked(const ports::Zone& zone) const {
  return !disabled_zones_.contains(zone.id) && !disabled_apps_.contains(zone.app);
}

DirectoryResult<ports::Zone> MemoryDirectory::zone(const std::string& app, const std::string& zone) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  for (const auto& [id, z] : zones_) {
    if (z.app_name == app && z.zone_name == zone && open_locked(z)) return z;
  }
  return not_found("zone");
}

DirectoryResult<ports::Zone> MemoryDirectory::zone(ZoneId id) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto* z = find_zone_locked(id); z && open_locked(*z)) return *z;
  return not_found("zone");
}

DirectoryResult<ports::Zone> MemoryDirectory::put_zone(const ports::Zone& wanted) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  AppId& app = apps_[wanted.app_name];
  if (!app) app = AppId{make_id(region_, ++last_app_)};
  ports::Zone zone = wanted;
  zone.app = app;
  zone.id = {};
  for (const auto& [id, z] : zones_) {
    if (z.app == app && z.zone_name == wanted.zone_name) zone.id = id;
  }
  if (!zone.id) zone.id = ZoneId{make_id(region_, ++last_zone_)};
  zones_[zone.id] = zone;
  return zone;
}

// Accounts -----------------------------------------------------------------------------------------------------------

DirectoryResult<ports::Member> MemoryDirectory::register_account(const std::string& name,
                                                                 const std::string& name_key,
                                                                 const std::string& password_hash,
                                                                 ZoneId zone) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!find_zone_locked(zone)) return not_found("zone");
  if (account_keys_.contains(name_key)) return refuse(DirectoryCode::name_taken, "account name");
  if (nickname_keys_.contains({zone, name_key})) return refuse(DirectoryCode::name_taken, "nickname");
  if (auto full = over_quota_locked(zone, ports::Quota::members)) return fail(std::move(*full));
  const AccountId id{make_id(region_, ++last_account_)};
  accounts_[id] = {.id = id, .name = name, .password_hash = password_hash};
  account_keys_[name_key] = id;
  return add_member_locked({.id = {}, .account = id, .zone = zone, .nickname = name, .avatar = {}}, name_key);
}

DirectoryResult<ports::Account> MemoryDirectory::account(AccountId id) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = accounts_.find(id);
  if (at == accounts_.end()) return not_found("account");
  return at->second;
}

DirectoryResult<ports::Account> MemoryDirectory::account_by_name(const std::string& name_key) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = account_keys_.find(name_key);
  if (at == account_keys_.end()) return not_found("account");
  return accounts_.at(at->second);
}

DirectoryResult<ports::Account> MemoryDirectory::third_party_account(const std::string& vendor,
                                                                     const std::string& vendor_user) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  AccountId& id = third_party_[{vendor, vendor_user}];
  if (!id) {
    id = AccountId{make_id(region_, ++last_account_)};
    accounts_[id] = {.id = id, .name = {}, .password_hash = {}};
  }
  return accounts_.at(id);
}

DirectoryResult<void> MemoryDirectory::set_password(AccountId id, const std::string& password_hash) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = accounts_.find(id);
  if (at == accounts_.end()) return not_found("account");
  at->second.password_hash = password_hash;
  return {};
}

// Members ------------------------------------------------------------------------------------------------------------

const ports::Member* MemoryDirectory::find_member_locked(ZoneId zone, MemberId id) const {
  const auto at = members_.find(id);
  return at == members_.end() || at->second.zone != zone ? nullptr : &at->second;
}

DirectoryResult<ports::Member> MemoryDirectory::add_member_locked(const ports::Member& wanted,
                                                                  const std::string& key) {
  if (auto full = over_quota_locked(wanted.zone, ports::Quota::members)) return fail(std::move(*full));
  ports::Member member = wanted;
  member.id = MemberId{make_id(region_, ++last_member_)};
  members_[member.id] = member;
  nickname_keys_[{member.zone, key}] = member.id;
  return member;
}

DirectoryResult<ports::Member> MemoryDirectory::create_member(AccountId account, ZoneId zone,
                                                              const std::string& nickname,
                                                              const std::string& nickname_key,
                                                              const std::string& avatar) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!accounts_.contains(account)) return not_found("account");
  if (!find_zone_locked(zone)) return not_found("zone");
  const auto count = std::count_if(members_.begin(), members_.end(), [&](const auto& entry) {
    return entry.second.account == account && entry.second.zone == zone;
  });
  if (static_cast<std::uint64_t>(count) >= limits_.members_per_account_max) {
    return at_limit("members_per_account_max", limits_.members_per_account_max);
  }
  if (nickname_keys_.contains({zone, nickname_key})) return refuse(DirectoryCode::name_taken, "nickname");
  return add_member_locked(
      {.id = {}, .account = account, .zone = zone, .nickname = nickname, .avatar = avatar}, nickname_key);
}

DirectoryResult<ports::Member> MemoryDirectory::update_member(ZoneId zone, MemberId id,
                                                              const ports::MemberChange& change) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!find_member_locked(zone, id)) return not_found("member");
  ports::Member& member = members_.at(id);
  if (change.nickname) {
    const auto taken = nickname_keys_.find({zone, *change.nickname_key});
    if (taken != nickname_keys_.end() && taken->second != id)
      return refuse(DirectoryCode::name_taken, "nickname");
    std::erase_if(nickname_keys_, [id](const auto& entry) { return entry.second == id; });
    nickname_keys_[{zone, *change.nickname_key}] = id;
    member.nickname = *change.nickname;
  }
  if (change.avatar) member.avatar = *change.avatar;
  if (change.custom) member.custom = *change.custom;
  if (change.friends_from) member.settings.friends_from = *change.friends_from;
  if (change.messages_from) member.settings.messages_from = *change.messages_from;
  ++member.version;
  return member;
}

DirectoryResult<ports::Member> MemoryDirectory::member(ZoneId zone, MemberId id) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto* m = find_member_locked(zone, id)) return *m;
  return not_found("member");
}

DirectoryResult<ports::Member> MemoryDirectory::member_by_id(MemberId id) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = members_.find(id);
  if (at == members_.end()) return not_found("member");
  return at->second;
}

DirectoryResult<ports::Member> MemoryDirectory::member_by_nickname(ZoneId zone,
                                                                   const std::string& nickname_key) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = nickname_keys_.find({zone, nickname_key});
  if (at == nickname_keys_.end()) return not_found("member");
  return members_.at(at->second);
}

DirectoryResult<std::vector<ports::Member>> MemoryDirectory::members_of(AccountId account, ZoneId zone) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  std::vector<ports::Member> found;
  for (const auto& [id, m] : members_) {
    if (m.account == account && m.zone == zone) found.push_back(m);
  }
  return found;
}

// Tokens -------------------------------------------------------------------------------------------------------------

DirectoryResult<TokenId> MemoryDirectory::put_token(const ports::Token& token) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!accounts_.contains(token.account)) return not_found("account");
  if (tokens_.contains(token.hash)) return refuse(DirectoryCode::conflict, "token");
  ports::Token stored = token;
  stored.id = TokenId{make_id(region_, ++last_token_)};
  tokens_[stored.hash] = stored;
  return stored.id;
}

DirectoryResult<ports::Token> MemoryDirectory::token(const std::string& hash, std::int64_t now_ms) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = tokens_.find(hash);
  if (at == tokens_.end() || at->second.expires_ms <= now_ms) return not_found("token");
  return at->second;
}

DirectoryResult<ports::Token> MemoryDirectory::take_token(const std::string& hash, std::int64_t now_ms) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  const auto at = tokens_.find(hash);
  if (at == tokens_.end() || at->second.expires_ms <= now_ms) return not_found("token");
  ports::Token taken = std::move(at->second);
  tokens_.erase(at);
  return taken;
}

DirectoryResult<std::vector<ports::Token>> MemoryDirectory::revoke_tokens(AccountId account,
                                                                          std::optional<std::string> device,
                                                                          std::optional<TokenId> only) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  std::vector<ports::Token> revoked;
  std::erase_if(tokens_, [&](const auto& entry) {
    const ports::Token& t = entry.second;
    const bool matches = t.account == account && (!device || t.device == *device) && (!only || t.id == *only);
    if (matches) revoked.push_back(t);
    return matches;
  });
  std::ranges::sort(revoked, {}, &ports::Token::id);
  return revoked;
}

DirectoryResult<std::vector<ports::Token>> MemoryDirectory::tokens_of(AccountId account,
                                                                      std::int64_t now_ms) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  std::vector<ports::Token> found;
  for (const auto& [hash, t] : tokens_) {
    if (t.account == account && t.expires_ms > now_ms) found.push_back(t);
  }
  std::ranges::sort(found, {}, &ports::Token::id);
  return found;
}

DirectoryResult<std::uint32_t> MemoryDirectory::expire_tokens(std::int64_t now_ms, std::uint32_t limit) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  std::uint32_t removed = 0;
  for (auto at = tokens_.begin(); at != tokens_.end() && removed < limit;) {
    if (at->second.expires_ms <= now_ms) {
      at = tokens_.erase(at);
      ++removed;
    } else {
      ++at;
    }
  }
  return removed;
}

// Friends and blocks -------------------------------------------------------------------------------------------------

DirectoryResult<void> MemoryDirectory::check_pair_locked(ZoneId zone, MemberId member, MemberId peer) const {
  if (!find_member_locked(zone, member)) return not_found("member");
  if (!find_member_locked(zone, peer)) return not_found("peer");
  if (member == peer) return refuse(DirectoryCode::conflict, "oneself");
  return {};
}

Relation& MemoryDirectory::relation_locked(MemberId member, MemberId peer) {
  Relation& r = relations_[member][peer];
  r.peer = peer;
  r.peer_name = members_.at(peer).nickname;
  r.peer_avatar = members_.at(peer).avatar;
  return r;
}

/// Rows that have nothing to say go, and a remark lives as long as a friendship, a request or an own block.
void MemoryDirectory::tidy_locked(MemberId member, MemberId peer) {
  const auto tidy_one = [this](MemberId a, MemberId b) {
    const auto of = relations_.find(a);
    if (of == relations_.end()) return;
    const auto at = of->second.find(b);
    if (at == of->second.end()) return;
    Relation& r = at->second;
    if (r.friendship != Friendship::none || r.blocked_by_me) return;
    r.remark.clear();
    if (!r.blocked_by_them) of->second.erase(at);
  };
  tidy_one(member, peer);
  tidy_one(peer, member);
}

bool MemoryDirectory::relations_full_locked(MemberId member) const {
  const auto of = relations_.find(member);
  if (of == relations_.end()) return limits_.friends_max == 0;
  const auto count = std::ranges::count_if(of->second, [](const auto& entry) { return own(entry.second); });
  return static_cast<std::uint64_t>(count) >= limits_.friends_max;
}

bool MemoryDirectory::requests_full_locked(MemberId member) const {
  const auto of = relations_.find(member);
  if (of == relations_.end()) return limits_.friends_max == 0;
  const auto count = std::ranges::count_if(
      of->second, [](const auto& entry) { return entry.second.friendship == Friendship::requested_by_them; });
  return static_cast<std::uint64_t>(count) >= limits_.friends_max;
}

DirectoryResult<std::vector<Relation>> MemoryDirectory::relations(ZoneId zone, MemberId member) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (!find_member_locked(zone, member)) return not_found("member");
  std::vector<Relation> found;
  if (const auto of = relations_.find(member); of != relations_.end()) {
    for (const auto& [peer, r] : of->second) {
      found.push_back(r);
      found.back().peer_name = members_.at(peer).nickname;
      found.back().peer_avatar = members_.at(peer).avatar;
    }
  }
  return found;
}

DirectoryResult<Relation> MemoryDirectory::add_friend(ZoneId zone, MemberId member, MemberId peer) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto ok = check_pair_locked(zone, member, peer); !ok) return fail(ok.error());
  Relation& mine = relation_locked(member, peer);
  Relation& theirs = relation_locked(peer, member);
  const auto answer = [&]() -> DirectoryResult<Relation> {
    if (mine.friendship == Friendship::friends) return refuse(DirectoryCode::conflict, "already friends");
    if (mine.blocked_by_them) return refuse(DirectoryCode::conflict, "blocked by them");
    const ports::FriendsFrom takes = members_.at(peer).settings.friends_from;
    const bool crossing = mine.friendship == Friendship::requested_by_them;
    const bool at_once = crossing || (takes == ports::FriendsFrom::anyone &&
                                      find_zone_locked(zone)->friends == ports::FriendPolicy::mutual_at_once);
    if (!at_once && mine.friendship == Friendship::requested_by_me) return mine;
    if (!crossing && takes == ports::FriendsFrom::nobody)
      return refuse(DirectoryCode::conflict, "takes no requests");
    if (!own(mine) && relations_full_locked(member)) return at_limit("friends_max", limits_.friends_max);
    if (at_once) {
      if (!own(theirs) && relations_full_locked(peer)) return at_limit("friends_max", limits_.friends_max);
      mine.friendship = theirs.friendship = Friendship::friends;
    } else {
      if (requests_full_locked(peer)) return at_limit("friends_max", limits_.friends_max);
      mine.friendship = Friendship::requested_by_me;
      theirs.friendship = Friendship::requested_by_them;
    }
    return mine;
  }();
  tidy_locked(member, peer);
  return answer;
}

DirectoryResult<Relation> MemoryDirectory::answer_friend(ZoneId zone, MemberId member, MemberId peer,
                                                         bool accept) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto ok = check_pair_locked(zone, member, peer); !ok) return fail(ok.error());
  Relation& mine = relation_locked(member, peer);
  Relation& theirs = relation_locked(peer, member);
  const auto answer = [&]() -> DirectoryResult<Relation> {
    if (mine.friendship != Friendship::requested_by_them)
      return refuse(DirectoryCode::conflict, "no request");
    if (accept && !own(mine) && relations_full_locked(member))
      return at_limit("friends_max", limits_.friends_max);
    mine.friendship = theirs.friendship = accept ? Friendship::friends : Friendship::none;
    if (!accept && !mine.blocked_by_me) mine.remark.clear();
    return mine;
  }();
  tidy_locked(member, peer);
  return answer;
}

DirectoryResult<Relation> MemoryDirectory::remove_friend(ZoneId zone, MemberId member, MemberId peer) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto ok = check_pair_locked(zone, member, peer); !ok) return fail(ok.error());
  Relation& mine = relation_locked(member, peer);
  Relation& theirs = relation_locked(peer, member);
  const auto answer = [&]() -> DirectoryResult<Relation> {
    if (mine.friendship != Friendship::friends && mine.friendship != Friendship::requested_by_me) {
      return refuse(DirectoryCode::conflict, "not friends");
    }
    mine.friendship = theirs.friendship = Friendship::none;
    if (!mine.blocked_by_me) mine.remark.clear();
    return mine;
  }();
  tidy_locked(member, peer);
  return answer;
}

DirectoryResult<Relation> MemoryDirectory::set_blocked(ZoneId zone, MemberId member, MemberId peer,
                                                       bool blocked) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto ok = check_pair_locked(zone, member, peer); !ok) return fail(ok.error());
  Relation& mine = relation_locked(member, peer);
  Relation& theirs = relation_locked(peer, member);
  const auto answer = [&]() -> DirectoryResult<Relation> {
    if (blocked && !own(mine) && relations_full_locked(member))
      return at_limit("friends_max", limits_.friends_max);
    mine.blocked_by_me = theirs.blocked_by_them = blocked;
    if (!blocked && mine.friendship == Friendship::none) mine.remark.clear();
    return mine;
  }();
  tidy_locked(member, peer);
  return answer;
}

DirectoryResult<Relation> MemoryDirectory::set_remark(ZoneId zone, MemberId member, MemberId peer,
                                                      const std::string& remark) {
  PLAZA_MEMORY_DIRECTORY_ENTER();
  if (const auto ok = check_pair_locked(zone, member, peer); !ok) return fail(ok.error());
  Relation& mine = relation_locked(member, peer);
  const auto answer = [&]() -> DirectoryResult<Relation> {
    if (mine.friendship == Friendship::none && !mine.blocked_by_me) {
      return refuse(DirectoryCode::conflict, "no relation");
    }
    mine.remark = remark;
    return mine;
  }();
  tidy_locked(member, peer);
  return answer;
}

#undef PLAZA_MEMORY_DIRECTORY_ENTER

std::optional<ports::MemberLists> MemoryDirectory::remembered(ZoneId zone, MemberId member) {
  {
    const std::lock_guard lock(mutex_);
    if (!remembering_) return std::nullopt;
  }
  auto relations = this->relations(zone, member);
  auto rooms = rooms_of(zone, member);
  if (!relations || !rooms) return std::nullopt;
  return ports::MemberLists{std::move(*relations), std::move(*rooms)};
}

}  // namespace plaza::memory
