#include "chat/server_rooms.h"

#include <utility>
#include <variant>

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
