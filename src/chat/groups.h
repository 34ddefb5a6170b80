#pragma once
#include <memory>

#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// Creating, joining, leaving and listing rooms (groups, on the wire).
///
///   request -> join: store: the member's list -> directory (one transaction) -> leave, create: store: the member's list
///           -> every shard forgets its view of the room -> answer -> the others are told
///
/// A change is answered when it is in force: whoever was told "joined" gets every message that is sent from then on. It also comes
/// into force when the session that asked is gone by then: the directory has it, and at its next login the member is shown it.
///
/// Thread  The shard's.
class Groups {
 public:
  explicit Groups(ShardState& state) : state_(state) {}

  Verdict create(Session& session, const protocol::Request& request);
  Verdict join(Session& session, const protocol::Request& request);
  Verdict leave(Session& session, const protocol::Request& request);
  Verdict list(Session& session, const protocol::Request& request);
  Verdict members(Session& session, const protocol::Request& request);

 private:
  enum class Change : std::uint8_t { creates, joins, leaves };
  using RoomPtr = std::shared_ptr<const ports::RoomWithMembers>;
  template <class Job, class Finish>
  struct Run;
  /// find(directory, zone, member) -> the room that is put into the member's list first, or none; then job(directory, zone,
  /// member) -> DirectoryResult<RoomWithMembers>; both where it may block. Then refused(session, error) or done(session,
  /// room) here.
  template <class Find, class Job, class Refused, class Done>
  Verdict change(Session& session, const Asked& asked, Change kind, Find find, Job job, Refused refused,
                 Done done);
  template <class RunPtr>
  void carry_out(Change kind, RunPtr run);
  void joined(Session& session, const Asked& asked, const ports::RoomWithMembers& room);
  void tell_members(const ports::RoomWithMembers& room, protocol::GroupEventKind event, const Session& who);

  ShardState& state_;
};

bool is_in(const ports::RoomWithMembers& room, MemberId member);
protocol::Role shown(ports::RoomRole role);
std::vector<protocol::GroupEntry> group_entries(const std::vector<ports::Room>& rooms);
std::vector<protocol::UserEntry> user_entries(const ports::Presence& presence,
                                              const std::vector<ports::RoomMember>& members);

}  // namespace plaza::chat
