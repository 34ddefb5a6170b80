#pragma once
#include "chat/groups.h"
#include "chat/room_changing.h"
#include "chat/shard_state.h"

namespace plaza::chat {

/// What an app's servers do to rooms: the same changes on the same way as members', by one who is in no room and may do
/// everything but what is done to oneself (rooms/rights.h).
///
/// Thread  The shard's, any does; the outcome is told there when the change is in force and whoever is there was told, or with why it
///         was refused. While the store is away it does not wait for the event.
class ServerRooms {
 public:
  using Outcome = RoomChanging::Outcome;

  ServerRooms(ShardState& state, Groups& groups) : state_(state), groups_(groups), changing_(state) {}

  void create(ZoneId zone, MemberId owner, ports::NewRoom wanted, Outcome outcome);
  void change(ZoneId zone, RoomId room, ports::RoomChange change, Outcome outcome);

 private:
  void tell(const ports::RoomChange& change, const ports::RoomChanged& changed);

  ShardState& state_;
  Groups& groups_;
  RoomChanging changing_;
};

}  // namespace plaza::chat
