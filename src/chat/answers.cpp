#include "chat/answers.h"

#include <utility>

namespace plaza::chat {

using protocol::Errno;

std::string& frame_buffer() {
  // Keeps its capacity from frame to frame, up to a page of messages.
  thread_local std::string buffer;
  if (buffer.capacity() > 512 * 1024) buffer = {};
  buffer.clear();
  return buffer;
}

Verdict refuse(Session& session, const Asked& asked, Refusal why) {
  why.send_id = asked.send_id.value_or(0);
  std::string& frame = frame_buffer();
  protocol::encode_refusal(frame, asked.msgid, asked.rid, why);
  session.out->send(frame);
  return Verdict::done;
}

Verdict ok(Session& session, const Asked& asked) {
  if (asked.rid)
    answer(session, asked.rid,
           protocol::OkReply{.to = asked.msgid, .received = {}, .delivered = {}, .read = {}});
  return Verdict::done;
}

Refusal refusal_of(const ports::DirectoryError& error, Errno not_found, Errno otherwise,
                   std::string_view field) {
  const auto about = [&](Errno why, std::string message) {
    return Refusal{.error = why, .message = std::move(message), .field = std::string(field)};
  };
  switch (error.code) {
    case ports::DirectoryCode::not_found: return about(not_found, {});
    case ports::DirectoryCode::name_taken: return about(otherwise, error.detail + " is taken");
    case ports::DirectoryCode::limit: return about(Errno::limit_reached, error.detail);
    case ports::DirectoryCode::quota:
      return {.error = Errno::quota_reached,
              .message = "the app has reached its quota " + error.detail.substr(0, error.detail.find(' ')),
              .allowed = error.detail};
    case ports::DirectoryCode::conflict:
    case ports::DirectoryCode::not_member:
    case ports::DirectoryCode::forbidden:
    case ports::DirectoryCode::banned:
    case ports::DirectoryCode::no_target: return about(otherwise, error.detail);
    case ports::DirectoryCode::unavailable: break;
  }
  return storage_unavailable();
}

Refusal refusal_of(ports::AppendRefusal why, std::string_view field) {
  Refusal refusal{.error = Errno::no_such_message,
                  .message = {},
                  .field = std::string(field),
                  .allowed = "the cseq of a message that is there"};
  switch (why) {
    case ports::AppendRefusal::none:
    case ports::AppendRefusal::no_such_message: break;
    case ports::AppendRefusal::recalled:
      refusal.error = Errno::message_recalled;
      refusal.allowed.clear();
      break;
    case ports::AppendRefusal::not_changeable:
      refusal.error = Errno::not_permitted;
      refusal.message = "this cannot be changed";
      refusal.allowed = "a message of that kind";
      break;
  }
  return refusal;
}

Refusal busy() { return {.error = Errno::try_again, .message = "the server is busy", .retry_after_ms = 500}; }

Refusal storage_unavailable() {
  return {.error = Errno::unavailable,
          .message = "the server cannot reach its storage just now",
          .retry_after_ms = 1000};
}

}  // namespace plaza::chat
