#pragma once
// What is said by a call: the parameters msg, body, kind and name, which several operations have.
#include <string>

#include "backend/call.h"
#include "ports/message.h"

namespace plaza::backend {

struct Content {
  ports::MessageKind kind = ports::MessageKind::text;
  std::string body;
};
/// A text in `msg`, or an object of another kind in `body`.
ApiResult<Content> content_of(const Call& call, std::size_t bytes_max);

/// A message of the server itself, or of the member `from`, to a conversation that is not set yet. With an idempotency_key it has
/// a device of its own, whose one send_id is stored once, whatever happens in between.
ApiResult<ports::Message> message_of(const Call& call, const ports::Zone& zone);

/// Under which number the message is stored: one of the key's own with an idempotency_key, else the next.
void name_send(const Call& call, ports::Message& message);

/// The messages of a stream behind `after`: {"messages":[...],"head":...,"next":...}.
Answer messages_page(const Call& call, ports::StreamId stream);
/// A message as an object, with where it stands in the stream that was read.
boost::json::object shown(const ports::Entry& entry);
/// Its body: as `msg`, or as `body`.
void add_content(boost::json::object& answer, ports::MessageKind kind, const std::string& body);

}  // namespace plaza::backend
