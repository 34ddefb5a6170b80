#pragma once
#include <optional>

#include "ports/directory.h"
#include "rooms/room_cache.h"

namespace plaza::chat {

/// What sending to a room has to know, read from the directory.
struct LoadedRoom {
  std::optional<rooms::RoomView> view;  ///< unless the shard has it; its rate is set there
  ports::RoomStanding standing;         ///< of `member`; of nobody: as one who is not in the room
};

/// Blocks. not_found when the room is not in the zone. `known`: the shard has the room's view.
ports::DirectoryResult<LoadedRoom> read_room(ports::Directory& directory, ZoneId zone, RoomId room,
                                             MemberId member, bool known);

}  // namespace plaza::chat
