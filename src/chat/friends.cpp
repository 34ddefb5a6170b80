#include "chat/friends.h"

#include <algorithm>

#include "chat/hub.h"
#include "chat/notices.h"
#include "login/name_rules.h"

namespace plaza::chat {

using ports::DirectoryResult;
using ports::Relation;
using protocol::Errno;
using protocol::FriendEventKind;

protocol::Friendship shown(ports::Friendship friendship) {
  switch (friendship) {
    case ports::Friendship::none: return protocol::Friendship::none;
    case ports::Friendship::friends: return protocol::Friendship::friends;
    case ports::Friendship::requested_by_me: return protocol::Friendship::requested;
    case ports::Friendship::requested_by_them: return protocol::Friendship::asked;
  }
  return protocol::Friendship::none;
}

protocol::MemberSettings shown(const ports::MemberSettings& settings) {
  protocol::MemberSettings words;
  if (settings.friends_from == ports::FriendsFrom::on_request) words.friends_from = "request";
  if (settings.friends_from == ports::FriendsFrom::nobody) words.friends_from = "nobody";
  if (settings.messages_from == ports::MessagesFrom::friends) words.messages_from = "friends";
  return words;
}

void Friends::apply(ShardState& state, MemberId member, const Relations& relations) {
  MemberState* online = state.member(member);
  if (!online || relations.version <= online->peers_version) return;
  online->peers_version = relations.version;
  online->peers = peers_of(relations.list);
}

/// change(directory, zone, me, peer) -> DirectoryResult<Relation> runs where it may block; answer(session, Relation) here,
/// when both members' shards know the new state.
template <class Change, class Answer>
Verdict Friends::change(Session& session, const Asked& asked, MemberId peer, Errno otherwise,
                        Change change_it, Answer answer_it) {
  const MemberId me = session.member->who.id;
  if (!peer || peer == me) {
    return refuse(session, asked,
                  {.error = peer ? otherwise : Errno::no_such_peer,
                   .field = "friendid",
                   .allowed = "another member's id"});
  }
  auto finish = [this, id = session.id, login = session.login, asked, otherwise,
                 answer_it](const Changed& changed) {
    Session* still = state_.session(id, login);
    if (!still) return;
    if (changed.relation) {
      answer_it(*still, *changed.relation);
    } else {
      Refusal why = refusal_of(changed.relation.error(), Errno::no_such_peer, otherwise);
      why.field = "friendid";
      refuse(*still, asked, std::move(why));
    }
    still->out->resume(Resume::next);
  };
  // In force also when the session that asked is gone by then: the directory has it.
  const bool started = state_.node.executor.blocking(
      session.app.value, [this, zone = session.zone, me, peer, change_it, finish] {
        Node& node = state_.node;
        const auto changed = std::make_shared<const Changed>(
            make_change(node.directory, zone, me, peer, change_it));
        if (!changed->relation)
          return node.executor.post(state_.shard, [finish, changed] { finish(*changed); });
        const std::uint32_t shards = node.executor.shards();
        on_shards_then(
            node, state_.shard, {home_shard(me, shards), home_shard(peer, shards)},
            [me, peer, changed](Hub& hub) {
              apply(hub.state(), me, changed->mine);
              apply(hub.state(), peer, changed->theirs);
            },
            [finish, changed] { finish(*changed); });
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

template <class Change>
Friends::Changed Friends::make_change(ports::Directory& directory, ZoneId zone, MemberId me, MemberId peer,
                                      const Change& change_it) {
  Changed changed{change_it(directory, zone, me, peer), {}, {}};
  if (!changed.relation) return changed;
  // When one of these fails the change is made but not everywhere known: answering "unavailable" makes the client ask again,
  // and the next change or login reads the state.
  auto mine = read_relations(directory, zone, me);
  auto theirs = read_relations(directory, zone, peer);
  if (!mine || !theirs) return {fail(mine ? theirs.error() : mine.error()), {}, {}};
  changed.mine = std::move(*mine);
  changed.theirs = std::move(*theirs);
  return changed;
}

void Friends::tell(MemberId member, FriendEventKind event, MemberId who, const std::string& name,
                   SessionId except) {
  std::string frame;
  const bool online = event == FriendEventKind::friends && state_.node.presence.online(who);
  protocol::encode(
      frame, protocol::FriendEventPush{.event = event, .friendid = who, .name = name, .online = online});
  Notices(state_).tell(member, std::move(frame), except);
}

/// The member's other devices show the same friends as the one that changed them.
void Friends::tell_own_others(const Session& session, FriendEventKind event, const Relation& relation) {
  tell(session.member->who.id, event, relation.peer, relation.peer_name, session.id);
}

Verdict Friends::add(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::AddFriend>(request);
  const Asked asked = Asked::from(request);
  if (wanted.id && *wanted.id != session.member->who.id) {
    return refuse(session, asked,
                  {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  return change(
      session, asked, wanted.friendid, Errno::add_friend_failed,
      [](ports::Directory& directory, ZoneId zone, MemberId me, MemberId peer) {
        return directory.add_friend(zone, me, peer);
      },
      [this, asked](Session& s, const Relation& relation) {
        const bool friends = relation.friendship == ports::Friendship::friends;
        protocol::AddFriendAck ack;
        ack.friendid = relation.peer;
        ack.name = relation.peer_name;
        ack.friendship = shown(relation.friendship);
        ack.online = friends && state_.node.presence.online(relation.peer);
        answer(s, asked.rid, ack);
        tell(relation.peer, friends ? FriendEventKind::friends : FriendEventKind::requested, s.member->who.id,
             s.member->who.nickname);
        if (friends) tell_own_others(s, FriendEventKind::friends, relation);
      });
}

Verdict Friends::answer_request(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::AnswerFriend>(request);
  const Asked asked = Asked::from(request);
  return change(
      session, asked, wanted.friendid, Errno::conflict,
      [accept = wanted.accept](ports::Directory& directory, ZoneId zone, MemberId me, MemberId peer) {
        return directory.answer_friend(zone, me, peer, accept);
      },
      [this, asked, accept = wanted.accept](Session& s, const Relation& relation) {
        ok(s, asked);
        tell(relation.peer, accept ? FriendEventKind::friends : FriendEventKind::refused, s.member->who.id,
             s.member->who.nickname);
        if (accept) tell_own_others(s, FriendEventKind::friends, relation);
      });
}

Verdict Friends::remove(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::RemoveFriend>(request);
  const Asked asked = Asked::from(request);
  return change(
      session, asked, wanted.friendid, Errno::conflict,
      [](ports::Directory& directory, ZoneId zone, MemberId me, MemberId peer) {
        return directory.remove_friend(zone, me, peer);
      },
      [this, asked](Session& s, const Relation& relation) {
        ok(s, asked);
        tell(relation.peer, FriendEventKind::removed, s.member->who.id, s.member->who.nickname);
        tell_own_others(s, FriendEventKind::removed, relation);
      });
}

Verdict Friends::block(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Block>(request);
  const Asked asked = Asked::from(request);
  return change(
      session, asked, wanted.friendid, Errno::conflict,
      [blocked = wanted.blocked](ports::Directory& directory, ZoneId zone, MemberId me, MemberId peer) {
        return directory.set_blocked(zone, me, peer, blocked);
      },
      // The peer is not told: that somebody blocks it shows only when it writes.
      [asked](Session& s, const Relation&) { ok(s, asked); });
}

Verdict Friends::remark(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Remark>(request);
  const Asked asked = Asked::from(request);
  if (wanted.remark.size() > state_.limits.remark_bytes_max) {
    return refuse(session, asked,
                  {.error = Errno::too_large,
                   .field = "remark",
                   .allowed = "at most " + std::to_string(state_.limits.remark_bytes_max) + " bytes"});
  }
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id, peer = wanted.friendid,
       text = std::string(wanted.remark)] { return directory.set_remark(zone, me, peer, text); },
      [asked](Session& s, DirectoryResult<Relation> relation) {
        if (relation) return ok(s, asked);
        return refuse(s, asked,
                      refusal_of(relation.error(), Errno::no_such_peer, Errno::conflict, "friendid"));
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict Friends::list(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Friends>(request);
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id] {
        return directory.relations(zone, me);
      },
      [this, asked, after = wanted.after_id, limit = std::min(wanted.limit, state_.limits.list_entries_max)](
          Session& s, DirectoryResult<std::vector<Relation>> relations) {
        if (!relations)
          return refuse(s, asked, refusal_of(relations.error(), Errno::no_such_peer, Errno::conflict));
        std::sort(relations->begin(), relations->end(),
                  [](const Relation& x, const Relation& y) { return x.peer < y.peer; });
        protocol::FriendsAck ack;
        for (const Relation& relation : *relations) {
          // A peer that only blocks us is not ours to see.
          if (relation.peer <= after) continue;
          if (relation.friendship == ports::Friendship::none && !relation.blocked_by_me &&
              relation.remark.empty())
            continue;
          if (ack.friends.size() == limit) {
            ack.more = true;
            break;
          }
          ack.friends.push_back(friend_entry(state_.node.presence, relation));
        }
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict Friends::find(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Find>(request);
  const Asked asked = Asked::from(request);
  struct Found {
    std::optional<DirectoryResult<ports::Member>> member;
    std::optional<DirectoryResult<ports::Room>> room;
  };
  auto& directory = state_.node.directory;
  const bool by_room = wanted.groupname.has_value();
  const std::string_view name = by_room ? *wanted.groupname : wanted.nickname.value_or(std::string_view{});
  const std::string field = by_room ? "groupname" : wanted.id ? "id" : "nickname";
  // A name that no one can have is simply not found.
  const auto rule = login::check_name(name);
  if (!wanted.id && !rule) {
    return refuse(session, asked,
                  {.error = by_room ? Errno::no_such_group : Errno::no_such_peer, .field = field});
  }
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, id = wanted.id, by_room, key = rule ? rule->key : std::string()] {
        Found found;
        if (id) {
          found.member = directory.member(zone, *id);
        } else if (by_room) {
          found.room = directory.room_by_name(zone, key);
        } else {
          found.member = directory.member_by_nickname(zone, key);
        }
        return found;
      },
      [this, asked, field](Session& s, const Found& found) {
        protocol::FindAck ack;
        if (found.room) {
          const auto& room = *found.room;
          if (!room)
            return refuse(s, asked,
                          refusal_of(room.error(), Errno::no_such_group, Errno::no_such_group, field));
          ack.groupid = room->id;
          ack.groupname = room->name;
          ack.groupdesc = room->description;
        } else {
          const auto& member = *found.member;
          if (!member)
            return refuse(s, asked,
                          refusal_of(member.error(), Errno::no_such_peer, Errno::no_such_peer, field));
          ack.id = member->id;
          ack.name = member->nickname;
          ack.avatar = member->avatar;
          ack.custom = member->custom;
          ack.online = state_.node.presence.online(member->id);
        }
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

protocol::FriendEntry friend_entry(const ports::Presence& presence, const Relation& relation) {
  const bool friends = relation.friendship == ports::Friendship::friends;
  return {.id = relation.peer,
          .name = relation.peer_name,
          .avatar = relation.peer_avatar,
          .online = friends && presence.online(relation.peer),
          .remark = relation.remark,
          .friendship = shown(relation.friendship),
          .blocked = relation.blocked_by_me};
}

}  // namespace plaza::chat
