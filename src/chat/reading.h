#pragma once
#include <functional>

#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

class LargeRooms;
class Sending;

/// SYNC, HISTORY, RECEIVED, MARK, CONVERSATIONS, and the reading that the server does for classic clients.
///
///   request -> may this member see the stream? -> store -> page -> answer
///
/// Thread  The shard's.
/// Limit   A page ends at page_entries_max entries or page_bytes_max bytes as they are sent, whichever comes first; one entry is
///         always served.
class Reading {
 public:
  Reading(ShardState& state, Sending& sending, LargeRooms& large_rooms)
      : state_(state), sending_(sending), large_rooms_(large_rooms) {}

  Verdict sync(Session& session, const protocol::Request& request);
  Verdict history(Session& session, const protocol::Request& request);
  Verdict received(Session& session, const protocol::Request& request);
  Verdict mark(Session& session, const protocol::Request& request);
  Verdict conversations(Session& session, const protocol::Request& request);

  /// The stream that a request names, or nothing after refusing or starting to read the room.
  struct Target {
    ports::StreamId stream;
    Verdict verdict = Verdict::done;
    std::uint64_t visible_from = 0;  ///< entries before it are not for this member
  };
  Target target(Session& session, const Asked& asked, const protocol::ConversationRef& of);

  /// Classic: pushes what the session's inbox has past `pushed`, page by page, until it has caught up; then it is pushed
  /// live. To be called at login and whenever the connection can take more. Nothing for a full client.
  void pump(Session& session);
  /// Classic: `pushed` moved. The cursor is stored now and then, and at the end by store_cursor().
  void keep_cursor(Session& session);
  void store_cursor(Session& session);

 private:
  static void hide(ports::Page& page, std::uint64_t hidden, bool backward);
  Verdict sync_answer(Session& session, const Asked& asked, ports::StreamId stream, ports::Page page);
  void pumped(Session& session, const ports::Page& page);
  Verdict move_marks(Session& session, const Asked& asked, ports::StreamId stream, ports::Marks marks);
  void tell_receipt(const Session& session, ports::StreamId stream, const ports::Marks& marks);
  Verdict list_conversations(Session& session, const Asked& asked, ports::ConversationPage page);

  ShardState& state_;
  Sending& sending_;
  LargeRooms& large_rooms_;
};

}  // namespace plaza::chat
