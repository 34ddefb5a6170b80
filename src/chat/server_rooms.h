#pragma once
#include <memory>

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

  using Refused = std::move_only_function<void(const ports::DirectoryError&)>;
  /// A message to the room, of the server itself or of a member who is in it: it goes the way of members' messages, so that whoever was
  /// told "joined" before gets it. One of the two is called.
  void say(std::shared_ptr<ports::Message> message, Refused refused, ServerSends::Done done);

 private:
  struct Saying;
  using SayingPtr = std::shared_ptr<Saying>;
  void say(const SayingPtr& saying);
  void look_up(const SayingPtr& saying);
  void tell(const ports::RoomChange& change, const ports::RoomChanged& changed);

  ShardState& state_;
  Groups& groups_;
  RoomChanging changing_;
};

}  // namespace plaza::chat
