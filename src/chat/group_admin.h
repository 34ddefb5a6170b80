#pragma once
#include "chat/answers.h"
#include "chat/groups.h"
#include "chat/room_changing.h"
#include "chat/shard_state.h"
#include "protocol/group_requests.h"

namespace plaza::chat {

/// What owners and admins do to rooms and those in them, and what they look at for it.
///
/// Who may do what is decided by the directory, in the change's transaction (rooms/rights.h).
/// Thread  The shard's.
class GroupAdmin {
 public:
  GroupAdmin(ShardState& state, Groups& groups) : state_(state), groups_(groups), changing_(state) {}

  Verdict set(Session& session, const protocol::Request& request);
  Verdict change_member(Session& session, const protocol::Request& request);
  Verdict pin(Session& session, const protocol::Request& request);
  Verdict dissolve(Session& session, const protocol::Request& request);
  Verdict mute(Session& session, const protocol::Request& request);

  Verdict info(Session& session, const protocol::Request& request);
  Verdict list(Session& session, const protocol::Request& request);
  Verdict invitations(Session& session, const protocol::Request& request);

 private:
  using Told = void (GroupAdmin::*)(Session& session, const ports::RoomChanged& changed);
  /// Carries out a change that is answered by OK; `told` says who else hears of it.
  Verdict change(Session& session, const Asked& asked, RoomId room, ports::RoomChange change,
                 Told told = nullptr);
  Verdict find_and_pin(Session& session, const Asked& asked, const protocol::Pin& wanted);
  void tell_of_member(Session& session, const ports::RoomChanged& changed);
  void tell_of_invitation(Session& session, const ports::RoomChanged& changed);
  void tell_of_refusal(Session& session, const ports::RoomChanged& changed);
  void tell_of_end(Session& session, const ports::RoomChanged& changed);
  [[nodiscard]] std::int64_t until(std::optional<std::uint64_t> for_ms) const;

  ShardState& state_;
  Groups& groups_;
  RoomChanging changing_;
};

}  // namespace plaza::chat
