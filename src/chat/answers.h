#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/session.h"
#include "ports/directory.h"
#include "ports/stream_store.h"
#include "protocol/replies.h"
#include "protocol/request.h"
#include "protocol/table.h"

namespace plaza::chat {

using protocol::Refusal;

/// What of a request an answer needs, also when it comes later than the request's text lives.
struct Asked {
  protocol::Msg msgid = protocol::Msg::none;
  protocol::Rid rid;
  std::optional<std::uint64_t> send_id;

  static Asked from(const protocol::Request& request) {
    return {request.msgid, request.rid(),
            request.has(protocol::Field::send_id) ? std::optional(request.number(protocol::Field::send_id))
                                                  : std::nullopt};
  }
};

/// A buffer to encode one frame into, empty. Valid until the next call on this thread.
std::string& frame_buffer();

/// Sends one reply. False: the connection is closing.
template <class Reply>
bool answer(Session& session, protocol::Rid rid, const Reply& reply) {
  std::string& frame = frame_buffer();
  protocol::encode(frame, rid, reply);
  return session.out->send(frame);
}

/// Answers with the request's own ack (or OK / ERROR where it has none) and the refusal. Gives Verdict::done.
Verdict refuse(Session& session, const Asked& asked, Refusal why);
/// Answers OK when the request carried a rid: requests without a rid and without an ack of their own stay unanswered.
Verdict ok(Session& session, const Asked& asked);

/// The refusal for a directory failure: `not_found` and `otherwise` (conflicts) depend on what was asked for, and `field`
/// named it.
Refusal refusal_of(const ports::DirectoryError& error, protocol::Errno not_found, protocol::Errno otherwise,
                   std::string_view field = {});
/// Why the store refused an answer to, or a change of, a message that `field` named.
Refusal refusal_of(ports::AppendRefusal why, std::string_view field);
Refusal busy();
Refusal storage_unavailable();

}  // namespace plaza::chat
