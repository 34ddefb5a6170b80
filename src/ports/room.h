#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"

namespace plaza::ports {

// Stored as numbers: append only.
enum class RoomRole : std::uint8_t { member = 0, admin = 1, owner = 2 };
enum class RoomJoinPolicy : std::uint8_t { open = 0, approval = 1, invitation = 2 };
enum class RoomSpeakPolicy : std::uint8_t { everyone = 0, admins = 1 };

/// A mute or a ban without an end. Times here are Unix times in ms; 0 is "not at all".
inline constexpr std::int64_t kForEverMs = static_cast<std::int64_t>(kIdMax);
/// The position before which nothing is visible, of one whose joining is not in the room's order yet.
inline constexpr std::uint64_t kNothingVisible = kIdMax;

/// The rules that the owner sets.
struct RoomSettings {
  RoomJoinPolicy join = RoomJoinPolicy::open;
  RoomSpeakPolicy speak = RoomSpeakPolicy::everyone;
  std::uint32_t members_max = 0;   ///< 0: as many as the server allows
  std::uint32_t slow_mode_ms = 0;  ///< a member's messages are at least so far apart; 0: no such rule
  bool history_visible = true;     ///< those who join see what was said before

  bool operator==(const RoomSettings&) const = default;
};

struct Room {
  RoomId id;
  ZoneId zone;
  std::string name, description;
  std::string avatar;  ///< a reference that the app understands, <= 256 bytes
  RoomSettings settings;
  MemberId owner;
  std::uint32_t members = 0;
  std::uint64_t version = 0;     ///< number of the newest change that is a message in the room's order
  std::uint64_t large_from = 0;  ///< 0: small. Else messages past this cseq are in the room's stream only
  bool growing = false;          ///< its event "grown" has no place yet: it becomes a large one at any moment
  std::int64_t muted_until_ms = 0;   ///< until then only its owner and admins may speak
  RoomRole role = RoomRole::member;  ///< rooms_of(): of the member that was asked for
};

struct NewRoom {
  std::string name, name_key;  ///< the key is unique in the zone
  std::string description, avatar;
  RoomSettings settings;
};

struct RoomMember {
  MemberId id;
  std::string name, avatar;
  RoomRole role = RoomRole::member;
  std::int64_t muted_until_ms = 0;
};
struct RoomMemberPage {
  std::vector<RoomMember> members;  ///< by id, ascending
  bool more = false;
};

/// What a member may do in a room depends on this. Of one who is not in it `joined` is false and the rest says nothing.
struct RoomStanding {
  bool joined = false;
  RoomRole role = RoomRole::member;
  std::int64_t muted_until_ms = 0;
  std::uint64_t visible_from = 0;  ///< entries of the room's stream before this one are not for this member

  bool operator==(const RoomStanding&) const = default;
};

/// Members that are not in the room, and stand in a list of it. Stored as numbers: append only.
enum class RoomList : std::uint8_t { requests = 1, invitations = 2, bans = 3 };
struct RoomListed {
  MemberId id;
  std::string name;
  MemberId by;  ///< who invited or banned; none: the app's server
  std::int64_t time_ms = 0;
  std::int64_t until_ms = 0;  ///< of a ban
};
struct RoomListPage {
  std::vector<RoomListed> entries;  ///< by member id, ascending
  bool more = false;
};

/// A room that a member was invited to.
struct RoomInvitation {
  Room room;
  MemberId by;
  std::int64_t time_ms = 0;
};

struct RoomPin {
  std::uint64_t cseq = 0;  ///< the position of the message
  MessageId message;
  MemberId by;
  std::int64_t time_ms = 0;
};

/// What the place of an event in the room's order decides, when it is known. Stored as numbers: append only.
enum class RoomEventEffect : std::uint8_t {
  none = 0,
  visible_from = 1,  ///< the member who joined sees what comes from here on
  large_from = 2,    ///< the room is a large one from here on
};

/// A change of a room on its way into the room's order.
struct RoomEvent {
  ZoneId zone;
  RoomId room;
  std::uint64_t version = 0;
  std::string body;              ///< compact JSON: {"event":"joined",...}
  bool stream_only = false;      ///< a large room's: no inbox gets it
  std::vector<MemberId> fanout;  ///< else these get it: sorted, as the room was in the change's transaction
  RoomEventEffect effect = RoomEventEffect::none;
  MemberId member;  ///< who came to the room by it, and has nothing to catch up with before it
};
/// An event that is stored as a message.
struct RoomEventPlace {
  RoomId room;
  std::uint64_t version = 0;
  std::uint64_t cseq = 0;                          ///< 0: not known any more
  RoomEventEffect effect = RoomEventEffect::none;  ///< the event's; for who keeps a copy of rooms
};

}  // namespace plaza::ports
