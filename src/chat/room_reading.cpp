#include "chat/room_reading.h"

#include <memory>
#include <utility>
#include <vector>

namespace plaza::chat {

ports::DirectoryResult<LoadedRoom> read_room(ports::Directory& directory, ZoneId zone, RoomId room,
                                             MemberId member, bool known) {
  LoadedRoom loaded;
  if (!known) {
    auto found = directory.room(zone, room);
    if (!found) return fail(std::move(found.error()));
    auto members = directory.fanout(zone, room);
    if (!members) return fail(std::move(members.error()));
    loaded.view = rooms::RoomView{
        .room = std::move(*found),
        .members = std::make_shared<const std::vector<MemberId>>(std::move(*members)),
        .rate = {},
        .standings = {}};
  }
  if (!member) return loaded;
  const auto standing = directory.standing(zone, room, member);
  if (!standing) return fail(standing.error());
  loaded.standing = *standing;
  return loaded;
}

}  // namespace plaza::chat
