#pragma once
#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// ONE_CHAT and GROUP_CHAT up to the store: who may say what to whom, how much and how often.
///
/// What is refused here has consumed nothing: the store never saw its send_id. What passes is in the turn's outbox in the
/// order in which the session's requests came; the store decides send_ids in that order.
///
///   request -> sender is the session's member -> content -> rate -> recipient exists in the zone -> not blocked -> outbox
///
/// Thread  The shard's.
class Sending {
 public:
  explicit Sending(ShardState& state) : state_(state) {}

  Verdict one_chat(Session& session, const protocol::Request& request);
  Verdict group_chat(Session& session, const protocol::Request& request);

  /// Hands the turn's sends to the store. Called at the end of every turn.
  void flush();

  /// Reads the room into the shard's cache, then the request is delivered again.
  Verdict load_room(Session& session, const Asked& asked, RoomId room);
  /// Learns whether the member exists in the session's zone, then the request is delivered again.
  Verdict load_member(Session& session, const Asked& asked, MemberId member);

 private:
  bool check_content(Session& session, const Asked& asked, const protocol::Content& content);
  bool check_rate(Session& session, const Asked& asked);
  bool may_look_up(Session& session, const Asked& asked);
  Verdict put(Session& session, const Asked& asked, const protocol::Content& content, ports::StreamId conversation,
              std::shared_ptr<const std::vector<MemberId>> fanout);

  ShardState& state_;
};

}  // namespace plaza::chat
