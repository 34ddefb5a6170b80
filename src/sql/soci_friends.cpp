#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::Friendship;
using ports::Relation;

namespace {

/// One member's row about another, and whether it is stored.
struct Side {
  Relation relation;
  bool stored = false;
};

/// What counts against friends_max: what the member itself did. Being blocked or asked by others costs nothing.
bool own(const Relation& r) {
  return r.friendship == Friendship::friends || r.friendship == Friendship::requested_by_me ||
         r.blocked_by_me;
}

Side read_side(Connection& db, MemberId member, MemberId peer) {
  Side side;
  side.relation.peer = peer;
  for (const auto& [friendship, by_me, by_them, remark] :
       db.rows<long long, long long, long long, std::string>(
           "SELECT friendship, blocked_by_me, blocked_by_them, remark FROM friend WHERE member = :member AND "
           "peer = :peer",
           member.value, peer.value)) {
    side.relation.friendship = static_cast<Friendship>(friendship);
    side.relation.blocked_by_me = by_me != 0;
    side.relation.blocked_by_them = by_them != 0;
    side.relation.remark = remark;
    side.stored = true;
  }
  return side;
}

/// A remark lives as long as a friendship, a request or an own block; a row that has nothing to say goes.
void write_side(Connection& db, MemberId member, Side& side) {
  Relation& r = side.relation;
  const bool alive = r.friendship != Friendship::none || r.blocked_by_me;
  if (!alive) r.remark.clear();
  const auto friendship = static_cast<int>(r.friendship), by_me = int{r.blocked_by_me},
             by_them = int{r.blocked_by_them};
  if (!alive && !r.blocked_by_them) {
    if (side.stored) db.run("DELETE FROM friend WHERE member = :m AND peer = :p", member.value, r.peer.value);
  } else if (side.stored) {
    db.run(
        "UPDATE friend SET friendship = :f, blocked_by_me = :bm, blocked_by_them = :bt, remark = :r"
        " WHERE member = :m AND peer = :p",
        friendship, by_me, by_them, r.remark, member.value, r.peer.value);
  } else {
    db.run(
        "INSERT INTO friend (member, peer, friendship, blocked_by_me, blocked_by_them, remark)"
        " VALUES (:m, :p, :f, :bm, :bt, :r)",
        member.value, r.peer.value, friendship, by_me, by_them, r.remark);
  }
}

bool mutual_at_once(Connection& db, ZoneId zone) {
  return db.value<long long>("SELECT friends FROM zone WHERE id = :id", zone.value) ==
         static_cast<long long>(ports::FriendPolicy::mutual_at_once);
}

ports::FriendsFrom friends_from(Connection& db, MemberId member) {
  return static_cast<ports::FriendsFrom>(
      db.value<long long>("SELECT friends_from FROM member WHERE id = :id", member.value));
}

}  // namespace

bool SociDirectory::friends_full(Connection& db, MemberId member) const {
  // 1 and 2: friends, requested_by_me.
  return db.value<long long>(
             "SELECT COUNT(*) FROM friend WHERE member = :m AND (friendship IN (1, 2) OR blocked_by_me = 1)",
             member.value) >= limits_.friends_max;
}

bool SociDirectory::requests_full(Connection& db, MemberId member) const {
  // 3: requested_by_them.
  return db.value<long long>("SELECT COUNT(*) FROM friend WHERE member = :m AND friendship = 3",
                             member.value) >= limits_.friends_max;
}

DirectoryResult<std::vector<Relation>> SociDirectory::relations(ZoneId zone, MemberId member) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Relation>> {
    std::vector<Relation> found;
    for (const auto& [peer, name, avatar, friendship, by_me, by_them, remark] :
         db.rows<long long, std::string, std::string, long long, long long, long long, std::string>(
             "SELECT f.peer, p.nickname, p.avatar, f.friendship, f.blocked_by_me, f.blocked_by_them, f.remark"
             " FROM member m JOIN friend f ON f.member = m.id JOIN member p ON p.id = f.peer"
             " WHERE m.id = :m AND m.zone = :z ORDER BY f.peer",
             member.value, zone.value)) {
      found.push_back({.peer = MemberId{static_cast<std::uint64_t>(peer)},
                       .peer_name = name,
                       .peer_avatar = avatar,
                       .friendship = static_cast<Friendship>(friendship),
                       .blocked_by_me = by_me != 0,
                       .blocked_by_them = by_them != 0,
                       .remark = remark});
    }
    // Members are never removed, so this needs no common snapshot with the above.
    if (found.empty() && !member_exists(db, zone, member)) return not_found("member");
    return found;
  });
}

/// Reads both rows of two members, lets `change(db, mine, theirs)` change them, and stores what it allowed.
template <class Change>
DirectoryResult<Relation> SociDirectory::change_pair(ZoneId zone, MemberId member, MemberId peer,
                                                     Change change) {
  return database_.write([&](Connection& db) -> DirectoryResult<Relation> {
    if (!member_exists(db, zone, member)) return not_found("member");
    const auto names = db.rows<std::string, std::string>(
        "SELECT nickname, avatar FROM member WHERE id = :id AND zone = :zone", peer.value, zone.value);
    if (names.empty()) return not_found("peer");
    if (member == peer) return refuse(DirectoryCode::conflict, "oneself");
    Side mine = read_side(db, member, peer);
    Side theirs = read_side(db, peer, member);
    std::tie(mine.relation.peer_name, mine.relation.peer_avatar) = names.front();
    const DirectoryResult<void> allowed = change(db, mine.relation, theirs.relation);
    if (!allowed) return fail(allowed.error());
    write_side(db, member, mine);
    write_side(db, peer, theirs);
    return mine.relation;
  });
}

DirectoryResult<Relation> SociDirectory::add_friend(ZoneId zone, MemberId member, MemberId peer) {
  return change_pair(
      zone, member, peer, [&](Connection& db, Relation& mine, Relation& theirs) -> DirectoryResult<void> {
        if (mine.friendship == Friendship::friends) return refuse(DirectoryCode::conflict, "already friends");
        if (mine.blocked_by_them) return refuse(DirectoryCode::conflict, "blocked by them");
        const ports::FriendsFrom takes = friends_from(db, peer);
        const bool crossing = mine.friendship == Friendship::requested_by_them;
        const bool at_once = crossing || (takes == ports::FriendsFrom::anyone && mutual_at_once(db, zone));
        if (!at_once && mine.friendship == Friendship::requested_by_me) return {};
        if (!crossing && takes == ports::FriendsFrom::nobody)
          return refuse(DirectoryCode::conflict, "takes no requests");
        if (!own(mine) && friends_full(db, member)) return at_limit("friends_max", limits_.friends_max);
        if (at_once) {
          if (!own(theirs) && friends_full(db, peer)) return at_limit("friends_max", limits_.friends_max);
          mine.friendship = theirs.friendship = Friendship::friends;
        } else {
          if (requests_full(db, peer)) return at_limit("friends_max", limits_.friends_max);
          mine.friendship = Friendship::requested_by_me;
          theirs.friendship = Friendship::requested_by_them;
        }
        return {};
      });
}

DirectoryResult<Relation> SociDirectory::answer_friend(ZoneId zone, MemberId member, MemberId peer,
                                                       bool accept) {
  return change_pair(zone, member, peer,
                     [&](Connection& db, Relation& mine, Relation& theirs) -> DirectoryResult<void> {
                       if (mine.friendship != Friendship::requested_by_them)
                         return refuse(DirectoryCode::conflict, "no request");
                       if (accept && !own(mine) && friends_full(db, member))
                         return at_limit("friends_max", limits_.friends_max);
                       mine.friendship = theirs.friendship = accept ? Friendship::friends : Friendship::none;
                       return {};
                     });
}

DirectoryResult<Relation> SociDirectory::remove_friend(ZoneId zone, MemberId member, MemberId peer) {
  return change_pair(
      zone, member, peer, [](Connection&, Relation& mine, Relation& theirs) -> DirectoryResult<void> {
        if (mine.friendship != Friendship::friends && mine.friendship != Friendship::requested_by_me) {
          return refuse(DirectoryCode::conflict, "not friends");
        }
        mine.friendship = theirs.friendship = Friendship::none;
        return {};
      });
}

DirectoryResult<Relation> SociDirectory::set_blocked(ZoneId zone, MemberId member, MemberId peer,
                                                     bool blocked) {
  return change_pair(zone, member, peer,
                     [&](Connection& db, Relation& mine, Relation& theirs) -> DirectoryResult<void> {
                       if (blocked && !own(mine) && friends_full(db, member))
                         return at_limit("friends_max", limits_.friends_max);
                       mine.blocked_by_me = theirs.blocked_by_them = blocked;
                       return {};
                     });
}

DirectoryResult<Relation> SociDirectory::set_remark(ZoneId zone, MemberId member, MemberId peer,
                                                    const std::string& remark) {
  return change_pair(zone, member, peer,
                     [&](Connection&, Relation& mine, Relation&) -> DirectoryResult<void> {
                       if (mine.friendship == Friendship::none && !mine.blocked_by_me) {
                         return refuse(DirectoryCode::conflict, "no relation");
                       }
                       mine.remark = remark;
                       return {};
                     });
}

}  // namespace plaza::sql
