#pragma once
#include <memory>
#include <string>

#include "chat/answers.h"
#include "chat/reading.h"
#include "chat/sending.h"
#include "chat/shard_state.h"
#include "protocol/message_requests.h"

namespace plaza::chat {

/// RECALL, EDIT and VERSIONS: what is done to messages that were sent.
///
/// A change is a message itself (kind `change`): it has a send_id like any send, stands in the conversation's order, and is stored
/// in the transaction that changes the other one. So a repeated one is known, and everybody learns of it who reads on.
///
///   request -> may this member see the conversation? -> edit: may it speak, what may it say? -> rates -> the message as it is now
///           -> its own, and not too late? or a group's admin, against a lower role -> outbox -> store
///
/// Who may what is decided on the message as it was read; whether it is still there and not recalled the store decides once more.
///
/// Thread  The shard's.
/// Limit   recall_window_ms, edit_window_ms, edits_max. Changes count as messages for the rates.
class Changing {
 public:
  Changing(ShardState& state, Sending& sending, Reading& reading)
      : state_(state), sending_(sending), reading_(reading) {}

  Verdict recall(Session& session, const protocol::Request& request);
  Verdict edit(Session& session, const protocol::Request& request);
  Verdict versions(Session& session, const protocol::Request& request);

 private:
  /// A change on its way to the store.
  struct Wish {
    Asked asked;
    ports::MessageChange change;
    Sending::Outgoing outgoing;
    RoomId room;  ///< none: between two members
  };

  static Wish wish_of(const Session& session, const Asked& asked, const protocol::ConversationRef& of,
                      ports::ChangeAction action, std::uint64_t cseq);
  bool may_edit(Session& session, const Wish& wish, protocol::Content& content);
  bool check_rates(Session& session, const Wish& wish);
  /// Refuses, or goes on when the message has been read.
  Verdict look(Session& session, Wish wish, std::uint64_t visible_from);
  Verdict decide(Session& session, Wish wish, const ports::Message& target);
  Verdict decide_own(Session& session, Wish wish, const ports::Message& target);
  Verdict decide_as_admin(Session& session, Wish wish, MemberId author);
  Verdict put(Session& session, Wish wish);

  ShardState& state_;
  Sending& sending_;
  Reading& reading_;
};

}  // namespace plaza::chat
