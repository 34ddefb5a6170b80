#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ports/room.h"

namespace plaza::ports {

/// The app's own server, which acts without being a member and may do everything.
struct ServerActor {
  std::string name = "server";  ///< shown in the event
};
using RoomActor = std::variant<MemberId, ServerActor>;

/// Everything that can be changed in a room. `member` is whom it is about; `until_ms` a Unix time or kForEverMs.
namespace change {
/// Fields that are set. Name, description and avatar are the room's profile, the rest its rules: see rooms/rights.h.
struct Set {
  std::optional<std::string> name, name_key;  ///< both or neither
  std::optional<std::string> description, avatar;
  std::optional<RoomJoinPolicy> join;
  std::optional<RoomSpeakPolicy> speak;
  std::optional<std::uint32_t> members_max, slow_mode_ms;
  std::optional<bool> history_visible;
};
struct Join {};   ///< the actor itself: at once, as invited, or as a request where approval is needed
struct Leave {};  ///< the actor itself
struct Add {      ///< by the app's server, whatever the join policy
  MemberId member;
};
struct Invite {
  MemberId member;
};
struct Approve {
  MemberId member;
};
/// Ends a request or an invitation: by those who may answer them, or by the member that it is about.
struct Refuse {
  MemberId member;
};
struct Kick {
  MemberId member;
};
struct Ban {  ///< kicks as well
  MemberId member;
  std::int64_t until_ms = kForEverMs;
};
struct Unban {
  MemberId member;
};
struct Mute {  ///< until_ms 0 ends it
  MemberId member;
  std::int64_t until_ms = kForEverMs;
};
struct MuteAll {  ///< until_ms 0 ends it
  std::int64_t until_ms = kForEverMs;
};
struct MakeAdmin {
  MemberId member;
};
struct RemoveAdmin {
  MemberId member;
};
struct Transfer {  ///< the owner becomes an admin
  MemberId member;
};
struct Pin {
  std::uint64_t cseq = 0;
  MessageId message;
};
struct Unpin {
  std::uint64_t cseq = 0;
};
struct Dissolve {};
}  // namespace change

using RoomChange = std::variant<change::Set, change::Join, change::Leave, change::Add, change::Invite,
                                change::Approve, change::Refuse, change::Kick, change::Ban, change::Unban,
                                change::Mute, change::MuteAll, change::MakeAdmin, change::RemoveAdmin,
                                change::Transfer, change::Pin, change::Unpin, change::Dissolve>;

/// What a change did to the membership of RoomChanged::member.
enum class RoomMove : std::uint8_t { none, came, went };

/// What came of a change.
struct RoomChanged {
  Room room;          ///< as it is now; of one that is gone, as it was
  bool gone = false;  ///< the room was dissolved, or its last member left
  std::uint64_t version =
      0;  ///< of this change's event; 0: nobody in the room sees it differently (requests, invitations)
  bool waits = false;  ///< Join: it became a request
  RoomMove move = RoomMove::none;
  MemberId member;  ///< whom it was about: who joined, went, was invited, muted...
  std::string member_name;
  std::vector<RoomEvent>
      events;  ///< those of the room that are not stored yet, by version; this change's are the last
  std::vector<MemberId> answerers;  ///< of a new request: those who may answer it
  std::uint64_t cseq = 0;           ///< of its event, once that is stored; the directory does not set it
};

}  // namespace plaza::ports
