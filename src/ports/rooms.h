#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ports/directory_result.h"
#include "ports/room.h"
#include "ports/room_change.h"

namespace plaza::ports {

struct RoomLimits {
  std::uint32_t rooms_per_member_max = 500;
  std::uint32_t members_max = 100'000;   ///< of any room, whatever its own limit
  std::uint32_t inbox_fanout_max = 500;  ///< a room that gets more members becomes a large one
  std::uint32_t admins_max = 50;         ///< of one room, besides its owner
  std::uint32_t bans_max = 1'000;        ///< of one room, as the next three
  std::uint32_t requests_max = 1'000;
  std::uint32_t invitations_max = 1'000;
  std::uint32_t pins_max = 50;
  std::uint32_t invitations_per_member_max = 100;  ///< that one member has got
  std::uint32_t slow_mode_ms_max = 3'600'000;
  std::uint32_t
      events_waiting_max = 64;  ///< of one room, while they cannot be stored; then changes are refused
};

/// Rooms: settings, who is in them and how, and the changes of both.
///
/// Rights    change() asks the rights table (rooms/rights.h) in its own transaction, so that nobody acts by a right that was
///           taken from him. Refusals: not_member, forbidden, no_target, and conflict where the state is against it.
/// Order     A change that members see gets the room's next version and an event, which is kept here from the change's
///           transaction until event_stored(): whoever crashes in between finds it again (pending_events()). Appended with the
///           version as send_id the event is in the room's order exactly once.
/// Cost      No method reads all members of a room but fanout(), and change() where the room is small
///           (<= inbox_fanout_max): joining a large room costs the same however many are in it.
/// Large     The change that gives a room more members than inbox_fanout_max has a second event, "grown"; its place in the
///           order becomes large_from, and until it has one the room is `growing`. From then on events are for the room's stream only.
///           A room never becomes small again.
/// Thread, Zone  As ports::Directory.
class Rooms {
 public:
  virtual ~Rooms() = default;

  /// The owner is the actor, or whom the app's server names. name_taken when the key is in use in the zone.
  virtual DirectoryResult<RoomChanged> create_room(ZoneId zone, const RoomActor& actor, MemberId owner,
                                                   const NewRoom& wanted, std::int64_t now_ms) = 0;
  virtual DirectoryResult<RoomChanged> change(ZoneId zone, const RoomActor& actor, RoomId room,
                                              const RoomChange& change, std::int64_t now_ms) = 0;

  virtual DirectoryResult<Room> room(ZoneId zone, RoomId room) = 0;
  virtual DirectoryResult<Room> room_by_name(ZoneId zone, const std::string& name_key) = 0;
  /// By id, each with the member's role.
  virtual DirectoryResult<std::vector<Room>> rooms_of(ZoneId zone, MemberId member) = 0;
  /// not_found when there is no such room; one who is not in it has a standing that says so.
  virtual DirectoryResult<RoomStanding> standing(ZoneId zone, RoomId room, MemberId member) = 0;
  /// Those with id > after.
  virtual DirectoryResult<RoomMemberPage> members(ZoneId zone, RoomId room, MemberId after,
                                                  std::uint32_t limit) = 0;
  /// All of a small room, by id; of a large one none.
  virtual DirectoryResult<std::vector<MemberId>> fanout(ZoneId zone, RoomId room) = 0;
  /// Those with id > after, without bans that have ended.
  virtual DirectoryResult<RoomListPage> listed(ZoneId zone, RoomId room, RoomList list, MemberId after,
                                               std::uint32_t limit, std::int64_t now_ms) = 0;
  virtual DirectoryResult<std::vector<RoomInvitation>> invitations_of(ZoneId zone, MemberId member) = 0;
  /// By cseq, ascending.
  virtual DirectoryResult<std::vector<RoomPin>> pins(ZoneId zone, RoomId room) = 0;

  /// Events that are not stored yet, of all rooms, by room and version, after this one.
  virtual DirectoryResult<std::vector<RoomEvent>> pending_events(RoomId after_room,
                                                                 std::uint64_t after_version,
                                                                 std::uint32_t limit) = 0;
  /// They are messages now: forgets them and lets their effects take place. Unknown ones are fine.
  virtual DirectoryResult<void> events_stored(const std::vector<RoomEventPlace>& stored) = 0;
  /// The room is a large one from this position on, if it was not before.
  virtual DirectoryResult<void> set_large(ZoneId zone, RoomId room, std::uint64_t cseq) = 0;
  /// Removes what dissolved rooms have left, at most `limit` memberships. Gives how many.
  virtual DirectoryResult<std::uint32_t> sweep_rooms(std::uint32_t limit) = 0;
};

}  // namespace plaza::ports
