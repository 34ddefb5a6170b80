#pragma once
#include "chat/answers.h"
#include "chat/sending.h"
#include "chat/shard_state.h"
#include "protocol/channel_requests.h"

namespace plaza::chat {

/// TYPING and WATCH_PRESENCE: who is there and what they are doing, for as long as somebody looks. Nothing of it is stored.
///
/// Thread  The shard's.
/// Limit   Above a size rooms are told nothing and cannot be watched. Of one conversation a member's typing, and its end,
///         are each told at most once in typing_interval_ms: so a writer's client may say it with every key, and the end is not lost
///         because the beginning was told a moment ago.
class PresenceRequests {
 public:
  PresenceRequests(ShardState& state, Sending& sending) : state_(state), sending_(sending) {}

  Verdict typing(Session& session, const protocol::Request& request);
  Verdict watch(Session& session, const protocol::Request& request);

 private:
  /// The room, or null with the verdict after refusing or starting to read it.
  const rooms::RoomView* own_room(Session& session, const Asked& asked, RoomId room, Verdict& verdict);
  [[nodiscard]] bool told_lately(MemberState& member, ports::StreamId conversation, bool typing) const;
  void tell_room(const Session& session, const rooms::RoomView& room, bool typing);

  ShardState& state_;
  Sending& sending_;
};

}  // namespace plaza::chat
