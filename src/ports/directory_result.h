#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace plaza::ports {

enum class DirectoryCode : std::uint8_t {
  not_found,    ///< no such thing, or it belongs to another zone
  name_taken,   ///< account name, nickname or room name rule of uniqueness
  limit,        ///< a bound (members per account, friends, rooms, room members) is reached
  conflict,     ///< the state does not allow it: already a friend, not a member, no such request
  unavailable,  ///< the database does not answer or refuses; nothing was changed
  not_member,   ///< whoever asks is not in the room
  forbidden,    ///< whoever asks has not the right
  banned,       ///< whoever asks is banned from the room
  no_target,    ///< the member it is about does not exist, or is not what the change needs
  quota,        ///< the app has as many as it may (ports/quotas.h); nothing was changed
};
struct DirectoryError {
  DirectoryCode code = DirectoryCode::unavailable;
  std::string detail;  ///< names the thing ("account name", "nickname", "friends_max 500"); safe to show
};
template <class T>
using DirectoryResult = Result<T, DirectoryError>;

}  // namespace plaza::ports
