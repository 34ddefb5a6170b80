#include "chat/large_rooms.h"

#include <algorithm>

#include "chat/answers.h"
#include "chat/message_view.h"

namespace plaza::chat {

using ports::Message;

namespace {
std::vector<RoomPlace>::iterator place_of(Session& session, RoomId room) {
  return std::lower_bound(session.large_rooms.begin(), session.large_rooms.end(), room,
                          [](const RoomPlace& place, RoomId wanted) { return place.room < wanted; });
}
}  // namespace

// ---- who follows --------------------------------------------------------------------------------

LargeRooms::Follower* LargeRooms::find(Session& session, RoomId room) {
  const auto place = place_of(session, room);
  if (place == session.large_rooms.end() || place->room != room) return nullptr;
  return &rooms_.at(room).followers[place->index];
}

bool LargeRooms::enter(Session& session, const ports::Room& room) {
  const std::vector<RoomMoved>& moves = session.member->moves;
  const bool went = std::ranges::any_of(moves, [&](const RoomMoved& move) {
    return move.room == room.id && !move.in && move.version > room.version;
  });
  if (!went) follow(session, room.id);
  return !went;
}

void LargeRooms::follow(Session& session, RoomId room) {
  const auto place = place_of(session, room);
  if (place != session.large_rooms.end() && place->room == room) return;
  Room& followed = rooms_[room];
  if (followed.followers.empty()) state_.node.room_shards.add(room, state_.shard);
  session.large_rooms.insert(place, {room, static_cast<std::uint32_t>(followed.followers.size())});
  followed.followers.push_back(
      {.session = &session, .told = followed.head, .begin = followed.head, .stored = followed.head});
}

/// The last follower takes the place of the one that goes.
void LargeRooms::remove(Session& session, RoomId room) {
  const auto place = place_of(session, room);
  if (place == session.large_rooms.end() || place->room != room) return;
  const auto at = rooms_.find(room);
  std::vector<Follower>& followers = at->second.followers;
  const std::uint32_t index = place->index;
  store_position(followers[index], room);
  session.large_rooms.erase(place);
  if (index + 1 != followers.size()) {
    followers[index] = followers.back();
    place_of(*followers[index].session, room)->index = index;
  }
  followers.pop_back();
  if (!followers.empty()) return;
  state_.node.room_shards.remove(room, state_.shard);
  rooms_.erase(at);
}

void LargeRooms::leave(Session& session) {
  while (!session.large_rooms.empty()) remove(session, session.large_rooms.back().room);
  session.large_rooms.shrink_to_fit();
}

void LargeRooms::told(Session& session, const ports::Room& room, const ports::Place& place) {
  Follower* const follower = find(session, room.id);
  if (!follower) return;
  Room& followed = rooms_.at(room.id);
  followed.head = std::max(followed.head, place.head.head);
  follower->told = place.head.head;
  follower->begin = place.marks.read;
  if (!session.classic) return;
  // What was said before the room was large is in the inbox.
  follower->told = follower->stored = std::max(place.marks.delivered, room.large_from);
  follower->pulling = follower->told < followed.head;
}

void LargeRooms::ready(Session& session) {
  for (const RoomPlace& place : session.large_rooms) {
    const Room& room = rooms_.at(place.room);
    const Follower& follower = room.followers[place.index];
    if (room.head > follower.told) tell_head(follower, place.room, room.head);
  }
}

// ---- changes of rooms ---------------------------------------------------------------------------

void LargeRooms::changed(const ports::RoomChanged& change) {
  const RoomId room = change.room.id;
  if (change.gone && change.move != ports::RoomMove::went) return;  // see dissolved()
  MemberState* const member = change.move == ports::RoomMove::none ? nullptr : state_.member(change.member);
  const bool in = change.move == ports::RoomMove::came;
  if (!member || !newest_move(*member, {.room = room, .version = change.version, .in = in})) return;
  if (in && followed(change.room)) return came(*member, room);
  if (in) return;
  for (Session* const session : member->sessions) remove(*session, room);
}

/// Remembers it, unless a newer one of the same room is known.
bool LargeRooms::newest_move(MemberState& member, const RoomMoved& move) {
  const auto at = std::ranges::find(member.moves, move.room, &RoomMoved::room);
  if (at != member.moves.end()) {
    if (at->version > move.version) return false;
    member.moves.erase(at);
  }
  if (member.moves.size() == kMovesMax) member.moves.erase(member.moves.begin());
  member.moves.push_back(move);
  return true;
}

void LargeRooms::came(MemberState& member, RoomId room) {
  for (Session* const session : member.sessions) follow(*session, room);
}

void LargeRooms::dissolved(RoomId room, const std::string& frame, SessionId except) {
  const auto followed = rooms_.find(room);
  if (followed == rooms_.end()) return;
  SharedTail tail{.text = frame, .shared = {}};
  for (const Follower& follower : followed->second.followers) {
    Session& session = *follower.session;
    if (session.state == SessionState::ready && !session.classic && session.id != except)
      session.out->push({}, tail);
  }
  for (auto at = followed; at != rooms_.end(); at = rooms_.find(room))
    remove(*at->second.followers.back().session, room);
}

void LargeRooms::grown(const ports::RoomEventPlace& event, const std::vector<MemberId>& members) {
  const std::uint32_t shards = state_.node.executor.shards();
  for (const MemberId id : members) {
    MemberState* const member = home_shard(id, shards) == state_.shard ? state_.member(id) : nullptr;
    const RoomMoved in{.room = event.room, .version = event.version, .in = true};
    if (member && newest_move(*member, in)) came(*member, event.room);
  }
  const auto at = rooms_.find(event.room);
  if (at == rooms_.end()) return;
  for (Follower& follower : at->second.followers) {
    follower.told = follower.stored = std::max(follower.told, event.cseq);
    follower.begin = std::max(follower.begin, event.cseq);
  }
}

// ---- pushes -------------------------------------------------------------------------------------

std::size_t LargeRooms::deliver(const ports::Appended& outcome) {
  const Message& message = *outcome.message;
  if (rooms_.empty() || message.conversation.kind() != ports::StreamKind::room) return 0;
  const auto at = rooms_.find(RoomId{message.conversation.first()});
  if (at == rooms_.end()) return 0;
  Room& room = at->second;
  room.head = std::max(room.head, message.conversation_seq);
  frame_ = {};
  for (Follower& follower : room.followers) push(outcome, follower);
  return room.followers.size();
}

void LargeRooms::push(const ports::Appended& outcome, Follower& follower) {
  Session& session = *follower.session;
  if (session.classic && session.state != SessionState::ready) follower.pulling = true;
  if (session.state != SessionState::ready || follower.pulling) return;
  const Message& message = *outcome.message;
  const RoomId room{message.conversation.first()};
  // The store answers with what it has, also what is on its way here.
  if (session.classic && message.conversation_seq <= follower.told) return;
  if (wants(outcome, session)) {
    const bool own = message.sender == session.member->who.id;
    const bool taken = own ? push_own(session, message) : session.out->push({}, whole_frame(message));
    if (!taken) {
      follower.pulling = true;
      if (follower.told == 0) follower.told = message.conversation_seq - 1;
      return tell_head(follower, room, message.conversation_seq);
    }
  }
  if (session.classic) handed(follower, room, message.conversation_seq);
}

bool LargeRooms::wants(const ports::Appended& outcome, const Session& session) {
  const Message& message = *outcome.message;
  const MemberId me = session.member->who.id;
  // What is in the inbox comes from there.
  if (!message.deliveries.empty() && message.inbox_seq(me) != 0) return false;
  // The ack is the sending session's entry.
  if (message.sender == me && session.id == outcome.append.origin_session) return false;
  return !session.classic || shown_to_classic(message, me);
}

/// The same for all who are not the sender.
SharedTail& LargeRooms::whole_frame(const Message& message) {
  if (frame_.text.empty()) {
    text_.clear();
    protocol::append_chat(text_, view_of(message));
    frame_.text = text_;
  }
  return frame_;
}

/// To another device of the sender.
bool LargeRooms::push_own(Session& session, const Message& message) {
  own_prefix_.clear();
  own_text_.clear();
  protocol::append_chat_prefix(own_prefix_, push_msgid(message), 0, 0, message.send_id, message.device);
  protocol::append_chat_tail(own_text_, view_of(message));
  SharedTail tail{.text = own_text_, .shared = {}};
  return session.out->push(own_prefix_, tail);
}

void LargeRooms::tell_head(const Follower& follower, RoomId room, std::uint64_t head) {
  if (follower.session->classic) return;
  std::string& frame = frame_buffer();
  protocol::encode(frame,
                   protocol::HeadPush{.groupid = room, .epoch = 0, .head = head, .read = follower.begin});
  follower.session->out->send(frame);
}

void LargeRooms::synced(Session& session, RoomId room, std::uint64_t head) {
  Follower* const follower = find(session, room);
  if (!follower || !follower->pulling) return;
  // What was stored while the page was read was not pushed: say so, it syncs again.
  const std::uint64_t now = rooms_.at(room).head;
  if (now > head) return tell_head(*follower, room, now);
  follower->pulling = false;
}

// ---- classic clients ----------------------------------------------------------------------------

std::optional<LargeRooms::Behind> LargeRooms::behind(const Session& session) const {
  for (const RoomPlace& place : session.large_rooms) {
    const Follower& follower = rooms_.at(place.room).followers[place.index];
    if (follower.pulling) return Behind{.room = place.room, .position = follower.told};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> LargeRooms::behind(Session& session, RoomId room) {
  const Follower* const follower = find(session, room);
  return follower && follower->pulling ? std::optional(follower->told) : std::nullopt;
}

void LargeRooms::handed(Session& session, RoomId room, std::uint64_t cseq) {
  if (Follower* const follower = find(session, room)) handed(*follower, room, cseq);
}

void LargeRooms::handed(Follower& follower, RoomId room, std::uint64_t cseq) {
  constexpr std::uint64_t kStoredEvery = 64;
  follower.told = std::max(follower.told, cseq);
  if (follower.told >= follower.stored + kStoredEvery) store_position(follower, room);
}

void LargeRooms::store_position(Follower& follower, RoomId room) {
  if (!follower.session->classic || follower.told <= follower.stored) return;
  follower.stored = follower.told;
  state_.node.store.mark(follower.session->member->who.id, ports::StreamId::room(room),
                         {.delivered = follower.told, .read = 0}, [](auto) {});
}

// -------------------------------------------------------------------------------------------------

std::optional<protocol::LargeGroup> LargeRooms::joined(const ports::RoomChanged& change) {
  if (!followed(change.room)) return std::nullopt;
  const auto at = rooms_.find(change.room.id);
  const std::uint64_t head = std::max(change.cseq, at == rooms_.end() ? 0 : at->second.head);
  const std::uint64_t begin = change.cseq != 0 ? change.cseq : head;
  if (MemberState* const member = state_.member(change.member)) {
    for (Session* const session : member->sessions) {
      Follower* const follower = find(*session, change.room.id);
      if (follower) follower->begin = std::max(follower->begin, begin);
    }
  }
  return protocol::LargeGroup{.epoch = 0, .head = head, .read = begin};
}

void LargeRooms::missed_the_news(Session& session, RoomId room) {
  if (const Follower* const follower = find(session, room)) tell_head(*follower, room, rooms_.at(room).head);
}

}  // namespace plaza::chat
