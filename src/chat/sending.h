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

  // The rules one by one, for those who change messages. Each is false after refusing.
  bool check_mute(Session& session, const Asked& asked);
  /// Refuses a text that has words the zone does not want, or puts the masked one in its place, which lives until the next call.
  bool check_words(Session& session, const Asked& asked, protocol::Content& content);
  bool check_content(Session& session, const Asked& asked, const protocol::Content& content);
  /// Whether the app may have one more message; `frees`: it takes less afterwards, so that a full app may have that, too.
  bool check_app(Session& session, const Asked& asked, bool frees = false);
  bool check_rate(Session& session, const Asked& asked);
  /// As Attaching::attach(), for a body that takes the place of another.
  std::optional<Verdict> attach(Session& session, const Asked& asked, protocol::Content& content) {
    return attaching_.attach(session, asked, content);
  }
  bool check_room_rate(Session& session, const Asked& asked, const rooms::RoomView& room);
  /// Whether one of the two has blocked the other.
  static bool check_block(Session& session, const Asked& asked, MemberId peer, std::string_view field);
  /// Whether the room lets the member speak now.
  bool may_speak(Session& session, const Asked& asked, const rooms::RoomView& view,
                 const ports::RoomStanding& standing);
  bool charge_request(Session& session, const Asked& asked);
  /// The send_id was accepted before: the store has the answer.
  static bool accepted_before(const Session& session, const Asked& asked);

  /// What is put into the turn's outbox.
  struct Outgoing {
    ports::MessageKind kind = ports::MessageKind::text;
    std::string body;
    ports::StreamId conversation;
    std::shared_ptr<const ports::MessageExtra> extra;
    std::shared_ptr<const std::vector<MemberId>> fanout;
    ports::Reach reach = ports::Reach::inboxes;
  };
  Verdict put(Session& session, const Asked& asked, Outgoing outgoing);

 private:
  /// Without its body, which may be masked yet.
  static Outgoing outgoing_of(const protocol::Content& content, std::uint64_t reply_to,
                              ports::StreamId conversation);
  static bool check_reply(Session& session, const Asked& asked, std::uint64_t reply_to,
                          std::uint64_t visible_from);
  static Refusal rate_limited(std::int64_t wait_ms, std::string message = {});

  ShardState& state_;
  Attaching attaching_;
  std::string masked_;  ///< what is sent instead of the text at hand
};

}  // namespace plaza::chat
