#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "chat/answers.h"
#include "chat/shard_state.h"

namespace plaza::chat {

/// Carries out one change of a room, for a session or for an app's server.
///
///   request -> joins: store: the member's list -> directory (rights, rows, event: one transaction) -> every shard forgets its view of the
///           room -> store: the event, in the room's order (room_events.h) -> answer
///
/// A change is answered when it is in force: whoever was told "joined" gets every message that is sent from then on, and whoever was told that a
/// member is muted sees no later message of that member. It also comes into force when the session that asked is gone by then: the directory
/// has it. While the store is away the answer does not wait for the event, which comes when the store is back.
///
/// Thread  The shard's.
class RoomChanging {
 public:
  using Job = std::move_only_function<ports::DirectoryResult<ports::RoomChanged>(ports::Directory&)>;
  /// The room that is put into the member's list before the job, or none.
  using Find = std::move_only_function<RoomId(ports::Directory&)>;
  using Refused = std::move_only_function<void(Session&, const ports::DirectoryError&)>;
  using Done = std::move_only_function<void(Session&, const ports::RoomChanged&)>;
  using Outcome = std::move_only_function<void(const ports::DirectoryResult<ports::RoomChanged>&)>;

  explicit RoomChanging(ShardState& state) : state_(state) {}

  /// Job and Find run where they may block. Then refused or done here, unless the session is gone.
  Verdict run(Session& session, const Asked& asked, Job job, Refused refused, Done done, Find find = {});
  /// For nobody who is here: the same way, and the outcome on this shard. Find names the room that `added` comes to.
  void run_for_server(Job job, Outcome outcome, MemberId added = {}, Find find = {});
  /// The change as the session's member, now.
  [[nodiscard]] Job changing(const Session& session, RoomId room, ports::RoomChange change) const;

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;
  using Changed = std::shared_ptr<ports::RoomChanged>;

  bool start(const RunPtr& run, MemberId listed, Find find);
  void carry_out(const RunPtr& run);
  void in_force(const RunPtr& run, const Changed& changed);
  void announced(const RunPtr& run, const Changed& changed, std::uint64_t cseq);
  void finish(std::move_only_function<void()> with);

  ShardState& state_;
};

}  // namespace plaza::chat
