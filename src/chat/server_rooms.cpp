#include "chat/server_rooms.h"

#include <utility>
#include <variant>

#include "chat/room_reading.h"

namespace plaza::chat {

using ports::DirectoryResult;
using ports::RoomChanged;
using protocol::GroupEventKind;

void ServerRooms::create(ZoneId zone, MemberId owner, ports::NewRoom wanted, Outcome outcome) {
  changing_.run_for_server(
      [zone, owner, wanted = std::move(wanted), &clock = state_.node.clock](ports::Directory& directory) {
        return directory.create_room(zone, ports::ServerActor{}, owner, wanted, clock.wall_ms());
      },
      [this, outcome = std::move(outcome)](const DirectoryResult<RoomChanged>& created) mutable {
        if (created) groups_.tell(*created, GroupEventKind::joined, Doer(ports::ServerActor{}));
        outcome(created);
      });
}

void ServerRooms::change(ZoneId zone, RoomId room, ports::RoomChange change, Outcome outcome) {
  const auto* add = std::get_if<ports::change::Add>(&change);
  const MemberId added = add ? add->member : MemberId{};
  RoomChanging::Find find;
  if (added) {
    // Only where it can succeed: what is refused changes no list.
    find = [zone, room, added](ports::Directory& directory) {
      const auto standing = directory.standing(zone, room, added);
      return directory.member(zone, added) && standing && !standing->joined ? room : RoomId{};
    };
  }
  changing_.run_for_server(
      [zone, room, change, &clock = state_.node.clock](ports::Directory& directory) {
        return directory.change(zone, ports::ServerActor{}, room, change, clock.wall_ms());
      },
      [this, change, outcome = std::move(outcome)](const DirectoryResult<RoomChanged>& changed) mutable {
        if (changed) tell(change, *changed);
        outcome(changed);
      },
      added, std::move(find));
}

// What is said -----------------------------------------------------------------------------------------------------------

struct ServerRooms::Saying {
  std::shared_ptr<ports::Message> message;
  Refused refused;
  ServerSends::Done done;
  int looked_up = 0;

  [[nodiscard]] RoomId room() const { return RoomId{message->conversation.first()}; }
};

void ServerRooms::say(std::shared_ptr<ports::Message> message, Refused refused, ServerSends::Done done) {
  auto saying = std::make_shared<Saying>();
  saying->message = std::move(message);
  saying->refused = std::move(refused);
  saying->done = std::move(done);
  say(saying);
}

void ServerRooms::say(const SayingPtr& saying) {
  const ports::Message& message = *saying->message;
  const rooms::RoomView* view = state_.rooms.find(saying->room());
  if (view && view->room.zone != message.zone)
    return saying->refused({ports::DirectoryCode::not_found, "room"});
  const ports::RoomStanding* standing = view && message.sender ? view->standing(message.sender) : nullptr;
  if (!view || (message.sender && !standing)) return look_up(saying);
  if (standing && !standing->joined)
    return saying->refused({ports::DirectoryCode::not_member, "it is not in the room"});
  ports::Append append;
  append.message = saying->message;
  append.reach = view->room.large_from == 0 ? ports::Reach::inboxes : ports::Reach::conversation;
  append.fanout = view->members;
  append.origin_shard = state_.shard;
  append.origin_session = state_.server_sends.expect(std::move(saying->done));
  state_.outbox.push_back(std::move(append));
}

/// Reads what the shard does not know of the room, and tries again: when the room has changed meanwhile what was read is dropped.
void ServerRooms::look_up(const SayingPtr& saying) {
  constexpr int kTriesMax = 100;
  const ports::DirectoryError busy{ports::DirectoryCode::unavailable, {}};
  if (++saying->looked_up > kTriesMax) return saying->refused(busy);
  Node& node = state_.node;
  const RoomId room = saying->room();
  const std::uint32_t generation = state_.rooms.generation(room);
  const bool known = state_.rooms.find(room) != nullptr;
  const bool started = node.executor.blocking([this, &node, saying, room, generation, known] {
    auto loaded = read_room(node.directory, saying->message->zone, room, saying->message->sender, known);
    node.executor.post(
        state_.shard, [this, &node, saying, room, generation, loaded = std::move(loaded)]() mutable {
          if (!loaded) return saying->refused(loaded.error());
          if (loaded->view) {
            loaded->view->rate = node.room_rates.of(room, node.executor.now_ms());
            state_.rooms.put(std::move(*loaded->view), generation);
          }
          if (saying->message->sender)
            state_.rooms.put_standing(room, saying->message->sender, loaded->standing, generation);
          say(saying);
        });
  });
  if (!started) saying->refused(busy);
}

void ServerRooms::tell(const ports::RoomChange& change, const RoomChanged& changed) {
  const Doer server{ports::ServerActor{}};
  if (changed.move == ports::RoomMove::came) return groups_.tell(changed, GroupEventKind::joined, server);
  if (changed.move == ports::RoomMove::went) return groups_.tell(changed, GroupEventKind::removed, server);
  if (changed.gone) return groups_.tell_all(changed, GroupEventKind::dissolved, server);
  if (std::holds_alternative<ports::change::Invite>(change))
    return groups_.tell_only(changed, GroupEventKind::invited, server);
  if (std::holds_alternative<ports::change::Refuse>(change))
    groups_.tell_only(changed, GroupEventKind::refused, server);
}

}  // namespace plaza::chat
