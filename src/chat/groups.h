#pragma once
#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// Creating, joining, leaving and listing rooms (groups, on the wire).
///
///   request -> directory (one transaction) -> every shard forgets its view of the room -> answer -> the others are told
///
/// A change is answered when it is in force: whoever was told "joined" gets every message accepted from then on.
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
  Verdict joined(Session& session, const Asked& asked, ports::DirectoryResult<ports::RoomWithMembers> result);
  void follow_then(Session& session, RoomId room, std::move_only_function<void(Session&, bool)> then);
  void tell_members(const ports::RoomWithMembers& room, protocol::GroupEventKind event, const Session& who);

  ShardState& state_;
};

protocol::Role shown(ports::RoomRole role);
std::vector<protocol::GroupEntry> group_entries(const std::vector<ports::Room>& rooms);
std::vector<protocol::UserEntry> user_entries(const ports::Presence& presence, const std::vector<ports::RoomMember>& members);

}  // namespace plaza::chat
