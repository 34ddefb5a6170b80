#include "chat/room_watches.h"

#include <algorithm>

#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/channel_replies.h"

namespace plaza::chat {

bool RoomWatches::watch(Session& session, RoomId room, const Members& members, std::uint32_t rooms_max) {
  if (std::ranges::find(session.watches, room) != session.watches.end()) return true;
  if (session.watches.size() >= rooms_max) return false;
  const auto [at, made] = rooms_.try_emplace(room);
  Watched& watched = at->second;
  if (made) {
    node_.watches.fetch_add(1);
    watched.members = members;
    for (const MemberId member : *members) by_member_[member].push_back(room);
  }
  watched.sessions.push_back(&session);
  session.watches.push_back(room);
  return true;
}

void RoomWatches::drop(Rooms::iterator room) {
  for (const MemberId member : *room->second.members) {
    const auto at = by_member_.find(member);
    std::erase(at->second, room->first);
    if (at->second.empty()) by_member_.erase(at);
  }
  rooms_.erase(room);
  node_.watches.fetch_sub(1);
}

void RoomWatches::unwatch(Session& session, RoomId room) {
  if (std::erase(session.watches, room) == 0) return;
  const auto at = rooms_.find(room);
  std::erase(at->second.sessions, &session);
  if (at->second.sessions.empty()) drop(at);
}

void RoomWatches::leave(Session& session) {
  while (!session.watches.empty()) unwatch(session, session.watches.back());
}

void RoomWatches::ended(RoomId room) {
  const auto at = rooms_.find(room);
  if (at == rooms_.end()) return;
  const std::vector<Session*> sessions = std::move(at->second.sessions);
  drop(at);
  for (Session* session : sessions) {
    std::erase(session->watches, room);
    std::string& frame = frame_buffer();
    protocol::encode(frame, protocol::WatchEndedPush{.groupid = room});
    session->out->send(frame);
  }
}

void RoomWatches::deliver(MemberId member, std::string_view frame, const std::vector<MemberId>& told) {
  const auto at = by_member_.find(member);
  if (at == by_member_.end()) return;
  std::vector<Session*> once;
  for (const RoomId room : at->second) {
    for (Session* session : rooms_.at(room).sessions) {
      const MemberId who = session->member->who.id;
      if (who == member || std::ranges::binary_search(told, who) ||
          std::ranges::find(once, session) != once.end())
        continue;
      once.push_back(session);
      SharedTail tail{.text = frame, .shared = {}};
      session->out->push({}, tail);
    }
  }
}

}  // namespace plaza::chat
