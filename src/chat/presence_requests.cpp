#include "chat/presence_requests.h"

#include <algorithm>

#include "chat/hub.h"
#include "chat/notices.h"
#include "protocol/channel_replies.h"

namespace plaza::chat {

using protocol::Errno;

namespace {
/// Conversations of one member that are remembered for their typing; the oldest makes room.
constexpr std::size_t kTypingMax = 8;
}  // namespace

bool PresenceRequests::told_lately(MemberState& member, ports::StreamId conversation, bool typing) const {
  const std::int64_t now_ms = state_.node.executor.now_ms();
  auto& told = member.typing;
  const auto at = std::ranges::find_if(
      told, [&](const TypingTold& one) { return one.conversation == conversation && one.typing == typing; });
  if (at != told.end()) {
    if (now_ms - at->when_ms < state_.limits.typing_interval_ms) return true;
    told.erase(at);
  }
  if (told.size() == kTypingMax) told.erase(told.begin());
  if (state_.limits.typing_interval_ms != 0) told.push_back({conversation, now_ms, typing});
  return false;
}

const rooms::RoomView* PresenceRequests::own_room(Session& session, const Asked& asked, RoomId id,
                                                  Verdict& verdict) {
  const rooms::RoomView* room = state_.rooms.find(id);
  if (!room) {
    verdict = sending_.load_room(session, asked, id);
    return nullptr;
  }
  const bool here = room->room.zone == session.zone;
  const ports::RoomStanding* standing = here ? room->standing(session.member->who.id) : nullptr;
  if (standing && standing->joined) return room;
  if (here && !standing) {
    verdict = sending_.load_room(session, asked, id);
  } else {
    verdict = refuse(session, asked,
                     {.error = here ? Errno::not_in_group : Errno::no_such_group, .field = "groupid"});
  }
  return nullptr;
}

Verdict PresenceRequests::typing(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Typing>(request);
  const Asked asked = Asked::from(request);
  MemberState& member = *session.member;
  if (wanted.of.groupid) {
    Verdict verdict = Verdict::done;
    const rooms::RoomView* room = own_room(session, asked, *wanted.of.groupid, verdict);
    if (!room) return verdict;
    if (!room->larger_than(state_.limits.typing_members_max) &&
        !told_lately(member, ports::StreamId::room(room->room.id), wanted.typing))
      tell_room(session, *room, wanted.typing);
    return ok(session, asked);
  }
  const MemberId to = wanted.of.friendid.value_or(MemberId{});
  if (!to) return refuse(session, asked, {.error = Errno::no_such_peer, .field = "friendid"});
  const auto takes = state_.known.find(to, session.zone);
  if (!takes) return sending_.load_member(session, asked, to, "friendid");
  const Peer* peer = member.peer(to);
  // Whom a message would not reach sees no typing; that it is so is not told here.
  const bool blocked = peer && (peer->blocked_by_me || peer->blocked_by_them);
  const bool strangers = (member.zone->messages == ports::MessagePolicy::friends_only ||
                          *takes == ports::MessagesFrom::friends) &&
                         !(peer && peer->friends);
  if (to != member.who.id && !blocked && !strangers &&
      !told_lately(member, ports::StreamId::pair(member.who.id, to), wanted.typing)) {
    std::string frame;
    protocol::TypingPush push;
    push.id = push.friendid = member.who.id;
    push.typing = wanted.typing;
    protocol::encode(frame, push);
    Notices(state_).tell_if_idle({to}, frame);
  }
  return ok(session, asked);
}

void PresenceRequests::tell_room(const Session& session, const rooms::RoomView& room, bool typing) {
  std::string frame;
  protocol::TypingPush push;
  push.id = session.member->who.id;
  push.groupid = room.room.id;
  push.typing = typing;
  protocol::encode(frame, push);
  std::vector<MemberId> others = *room.members;
  std::erase(others, session.member->who.id);
  Notices(state_).tell_if_idle(others, frame);
}

Verdict PresenceRequests::watch(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::WatchPresence>(request);
  const Asked asked = Asked::from(request);
  protocol::WatchPresenceAck ack;
  ack.groupid = wanted.groupid;
  ack.watch = wanted.watch;
  if (!wanted.watch) {
    state_.watches.unwatch(session, wanted.groupid);
    answer(session, asked.rid, ack);
    return Verdict::done;
  }
  Verdict verdict = Verdict::done;
  const rooms::RoomView* room = own_room(session, asked, wanted.groupid, verdict);
  if (!room) return verdict;
  if (room->larger_than(state_.limits.presence_room_members_max)) {
    return refuse(session, asked,
                  {.error = Errno::limit_reached,
                   .message = "presence is not told in groups of this size",
                   .field = "groupid",
                   .allowed = "groups of at most " + std::to_string(state_.limits.presence_room_members_max) +
                              " members"});
  }
  // First the watch, then the look: who comes in between is told, and not missed.
  if (!state_.watches.watch(session, room->room.id, room->members, state_.limits.watches_per_session_max)) {
    return refuse(session, asked,
                  {.error = Errno::limit_reached,
                   .message = "this session watches as many groups as it may",
                   .allowed = std::to_string(state_.limits.watches_per_session_max) + " groups"});
  }
  const auto online = state_.node.presence.online(*room->members);
  for (std::size_t i = 0; i < online.size(); ++i) {
    if (online[i] != 0) ack.online.push_back((*room->members)[i]);
  }
  answer(session, asked.rid, ack);
  return Verdict::done;
}

}  // namespace plaza::chat
