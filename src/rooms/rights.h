#pragma once
#include <cstdint>

#include "ports/room.h"

namespace plaza::rooms {

/// Who acts. In the order of power.
enum class Acting : std::uint8_t { stranger, member, admin, owner, server };
/// Whom it is about.
enum class Target : std::uint8_t { nobody, oneself, stranger, member, admin, owner };

enum class Action : std::uint8_t {
  look,          ///< see the room's settings, members and pins
  speak,         ///< send messages while nothing is against it
  speak_freely,  ///< also when only admins may speak, when all are muted, and faster than the slow mode
  leave,
  invite,
  answer,      ///< approve or refuse requests, take invitations back
  look_lists,  ///< see requests, invitations and bans
  kick,
  ban,
  unban,
  mute,
  mute_all,
  pin,
  set_profile,  ///< name, description, avatar
  set_rules,    ///< join policy, limits, who may speak, history
  make_admin,
  remove_admin,
  transfer,
  dissolve,
  add,     ///< without being asked
  recall,  ///< a message of somebody, who may have left meanwhile
};
inline constexpr int kActions = static_cast<int>(Action::recall) + 1;

enum class Right : std::uint8_t {
  yes,
  not_in_room,    ///< whoever acts is not in the room
  not_permitted,  ///< the role is too low, for the action or against this target
  wrong_target,   ///< nobody may do that to such a one: kick a stranger, make an admin of an admin
};

/// The table of rights. Pure; rights_test.cpp has it written out.
[[nodiscard]] Right right(Acting acting, Action action, Target target = Target::nobody);

constexpr Acting acting_of(ports::RoomRole role) {
  switch (role) {
    case ports::RoomRole::member: return Acting::member;
    case ports::RoomRole::admin: return Acting::admin;
    case ports::RoomRole::owner: return Acting::owner;
  }
  return Acting::member;
}
constexpr Target target_of(ports::RoomRole role) {
  switch (role) {
    case ports::RoomRole::member: return Target::member;
    case ports::RoomRole::admin: return Target::admin;
    case ports::RoomRole::owner: return Target::owner;
  }
  return Target::member;
}

}  // namespace plaza::rooms
