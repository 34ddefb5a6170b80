#pragma once
// What the handlers of rooms share.
#include "backend/call.h"

namespace plaza::backend {

inline constexpr std::array<std::string_view, 3> kRoomRoles{"member", "admin", "owner"};

struct OpenRoom {
  ports::Zone zone;
  ports::Room room;
};
/// The room named by the parameter "room", in the zone named by "zone".
ApiResult<OpenRoom> open_room(const Call& call);
boost::json::object shown(const ports::Room& room);

}  // namespace plaza::backend
