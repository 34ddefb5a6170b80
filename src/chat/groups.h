#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/answers.h"
#include "chat/room_changing.h"
#include "chat/shard_state.h"
#include "protocol/group_requests.h"

namespace plaza::chat {

/// Who is said to have done something; its own session is not told.
struct Doer {
  MemberId id;  ///< none: the app's server
  std::string name;
  SessionId session = 0;

  Doer(const Session& s) : id(s.member->who.id), name(s.member->who.nickname), session(s.id) {}
  explicit Doer(const ports::ServerActor& server) : name(server.name) {}
};

/// Creating, joining, leaving and listing rooms (groups, on the wire).
///
/// Thread  The shard's.
class Groups {
 public:
  explicit Groups(ShardState& state) : state_(state), changing_(state) {}

  Verdict create(Session& session, const protocol::Request& request);
  Verdict join(Session& session, const protocol::Request& request);
  Verdict leave(Session& session, const protocol::Request& request);
  Verdict list(Session& session, const protocol::Request& request);
  Verdict members(Session& session, const protocol::Request& request);

  // GROUP_EVENT, a hint for those who are there; the room's order has the event itself.
  /// That somebody came or went: to that member, and to the others of a room that is not too large.
  void tell(const ports::RoomChanged& changed, protocol::GroupEventKind event, const Doer& by);
  /// To the member whom a change is about, and who did it.
  void tell_only(const ports::RoomChanged& changed, protocol::GroupEventKind event, const Doer& by);
  /// To all in a small room.
  void tell_all(const ports::RoomChanged& changed, protocol::GroupEventKind event, const Doer& by);

 private:
  void joined(Session& session, const Asked& asked, const ports::RoomChanged& joined,
              const std::vector<ports::RoomMember>& listed);
  void tell_answerers(const ports::RoomChanged& changed, const Session& who);

  ShardState& state_;
  RoomChanging changing_;
};

/// Descriptions in one list, all together; beyond it rooms are listed without theirs (FIND and joining tell it).
inline constexpr std::size_t kDescriptionsBytesMax = 64 * 1024;
/// Why the member may not look into the room; nothing when it is in it. Where it may block.
std::optional<ports::DirectoryError> not_in_room(ports::Directory& directory, ZoneId zone, RoomId room,
                                                 MemberId member);
protocol::Role shown(ports::RoomRole role);
std::vector<protocol::GroupEntry> group_entries(const std::vector<ports::Room>& rooms);
std::vector<protocol::UserEntry> user_entries(const ports::Presence& presence,
                                              const std::vector<ports::RoomMember>& members);

}  // namespace plaza::chat
