#pragma once
#include "chat/answers.h"
#include "chat/attaching.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// ONE_CHAT and GROUP_CHAT up to the store: who may say what to whom, how much and how often.
///
/// What is refused here has consumed nothing: the store never saw its send_id. What passes is in the turn's outbox in the
/// order in which the session's requests came; the store decides send_ids in that order.
///
///   request -> sender is the session's member -> not muted -> content -> rate -> recipient exists in the zone -> not blocked -> words -> outbox
///                                                     -> room: member of it, not muted, may speak, slow mode -> rates -> outbox
///
/// A send_id that was accepted before is no new send: it goes to the store for its answer, whatever the rules say by now, and counts as
/// a request, not as a message. The client that repeats it has not heard that its message is stored, and a refusal would tell it
/// that it is not: where it must be put off, or an earlier try is not decided, the answer is "try again".
///
/// Thread  The shard's.
class Sending {
 public:
  explicit Sending(ShardState& state) : state_(state), attaching_(state) {}

  Verdict one_chat(Session& session, const protocol::Request& request);
  Verdict group_chat(Session& session, const protocol::Request& request);

  /// Refuses for good, or for now when the same send_id is stored or may be.
  static Verdict refuse_send(Session& session, const Asked& asked, Refusal why);

  /// Reads the room and the member's standing in it into the shard's cache, then the request is delivered again.
  Verdict load_room(Session& session, const Asked& asked, RoomId room);
  /// Learns whether the member, named by `field`, exists in the session's zone, then the request is delivered again.
  Verdict load_member(Session& session, const Asked& asked, MemberId member, std::string_view field);

 private:
  bool check_mute(Session& session, const Asked& asked);
  /// Refuses a text that has words the zone does not want, or puts the masked one in its place, which lives until the next call.
  bool check_words(Session& session, const Asked& asked, protocol::Content& content);
  bool check_content(Session& session, const Asked& asked, const protocol::Content& content);
  bool check_app(Session& session, const Asked& asked);
  bool check_rate(Session& session, const Asked& asked);
  /// Whether the room lets the member speak now; false after refusing.
  bool may_speak(Session& session, const Asked& asked, const rooms::RoomView& view,
                 const ports::RoomStanding& standing);
  bool charge_request(Session& session, const Asked& asked);
  static Refusal rate_limited(std::int64_t wait_ms, std::string message = {});
  Verdict put(Session& session, const Asked& asked, const protocol::Content& content,
              ports::StreamId conversation, std::shared_ptr<const std::vector<MemberId>> fanout,
              ports::Reach reach = ports::Reach::inboxes);

  ShardState& state_;
  Attaching attaching_;
  std::string masked_;  ///< what is sent instead of the text at hand
};

}  // namespace plaza::chat
