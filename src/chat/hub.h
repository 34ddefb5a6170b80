#pragma once
#include <cstdint>

#include "chat/delivering.h"
#include "chat/entering.h"
#include "chat/friends.h"
#include "chat/groups.h"
#include "chat/reading.h"
#include "chat/sending.h"
#include "chat/shard_state.h"

namespace plaza::chat {

/// The chat domain of one shard: everything that its sessions, as members, can ask for.
///
/// Thread  Its shard's. What comes from other threads comes through Executor::post().
/// Owner   The node (or the simulator), one per shard; sessions outlive their leave().
/// Turn    The owner calls run() for deliveries and end_of_turn() once, after all requests of the turn.
class Hub {
 public:
  Hub(Node& node, std::uint32_t shard, const Limits& limits)
      : state_(node, shard, limits),
        sending_(state_),
        reading_(state_, sending_),
        friends_(state_),
        groups_(state_),
        entering_(state_, friends_, reading_),
        delivering_(state_, reading_) {}

  [[nodiscard]] ShardState& state() { return state_; }
  void set_limits(const Limits& limits) { state_.limits = limits; }

  void enter(Session& session, EnterAs as) { entering_.enter(session, std::move(as)); }
  /// The session logs out or its connection is gone. Its pushes and requests end here.
  void leave(Session& session) { entering_.leave(session); }

  /// A request that the protocol's table allows in the session's state, which is entered or ready.
  [[nodiscard]] Verdict request(Session& session, const protocol::Request& request);

  void committed(Delivering::Batch batch) { delivering_.committed(std::move(batch)); }
  [[nodiscard]] bool run(std::size_t deliveries_max) { return delivering_.run(deliveries_max); }
  void end_of_turn() { state_.flush(); }

  /// The connection has room for pushes again (and, as a safety net, now and then): what a classic client missed is read
  /// for it; a full one was told the head and syncs.
  void writable(Session& session) { reading_.pump(session); }
  /// HEARTBEAT of the server to a session that heard nothing for a while.
  void heartbeat(Session& session);

 private:
  [[nodiscard]] bool within_rate(Session& session, const protocol::Request& request);

  ShardState state_;
  Sending sending_;
  Reading reading_;
  Friends friends_;
  Groups groups_;
  Entering entering_;
  Delivering delivering_;
};

}  // namespace plaza::chat
