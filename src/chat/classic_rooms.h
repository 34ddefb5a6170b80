#pragma once
#include "chat/large_rooms.h"

namespace plaza::chat {

/// What classic clients missed of their large rooms: they cannot sync, so the rooms are read for them.
///
/// Where such a client is in a large room is the member's delivered mark there. What was said before the room grew, or while it did, and
/// came to the member's inbox, comes from there (Reading::pump()).
///
/// Thread  The shard's. One page of a session is read at a time, a room after the other.
class ClassicRooms {
 public:
  ClassicRooms(ShardState& state, LargeRooms& large_rooms) : state_(state), large_rooms_(large_rooms) {}

  /// Pushes what the session is behind, until it has caught up or takes no more. To be called at login and whenever the connection
  /// can take more. Nothing for a full client.
  void pump(Session& session);

 private:
  void pumped(Session& session, RoomId room, const ports::Page& page);

  ShardState& state_;
  LargeRooms& large_rooms_;
};

}  // namespace plaza::chat
