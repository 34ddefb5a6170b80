#include "client/frame_check.h"

#include <string>

#include "client/wire.h"
#include "protocol/request_parser.h"

namespace plaza::client {
namespace {

using protocol::Errno;
using protocol::Refusal;

protocol::RequestParser& parser() {
  thread_local protocol::RequestParser one;
  return one;
}

Refusal to_refusal(const protocol::ParseError& error) {
  return {.error = error.error, .message = error.message, .field = error.field, .allowed = error.allowed};
}

Refusal too_large(std::string_view field, std::string allowed) {
  return {
      .error = Errno::too_large, .message = {}, .field = std::string(field), .allowed = std::move(allowed)};
}

}  // namespace

std::optional<Refusal> refusal_of(const Outgoing& message, std::uint64_t body_bytes_max) {
  const bool recall = message.change.action == Change::Action::recall;
  const BodyKind kind = message.kind == BodyKind::change ? message.change.kind : message.kind;
  const bool text = kind == BodyKind::text;
  const std::string_view field = text ? "msg" : "body";
  if (message.body.size() > body_bytes_max) {
    return too_large(field, "at most " + std::to_string(body_bytes_max) + " bytes");
  }
  // With the longest numbers there are: a retry may have longer ones than the first try.
  const std::string frame = encode_frame(
      SendFrame{.rid = protocol::kIntegerMax, .send_id = protocol::kIntegerMax, .message = message});
  if (frame.size() > protocol::kFrameBytesMax) {
    return too_large(field, "at most " + std::to_string(protocol::kFrameBytesMax) +
                                " bytes as JSON, where quotes and control characters take more than one");
  }
  if (!text && !recall) {
    // By itself: what closes the object early and goes on with fields of its own is no object.
    const auto body = parser().parse_copy(message.body);
    if (!body && body.error().stream_broken) {
      Refusal refusal = to_refusal(body.error());
      refusal.field = field;
      refusal.allowed = "one JSON object in UTF-8";
      return refusal;
    }
  }
  const auto parsed = parser().parse_copy(frame);
  if (parsed) return std::nullopt;
  return to_refusal(parsed.error());
}

std::optional<Refusal> refusal_of(std::string_view request) {
  const auto parsed = parser().parse_copy(request);
  if (!parsed && parsed.error().stream_broken) return to_refusal(parsed.error());
  const protocol::Msg msgid = parsed ? (*parsed)->msgid : parsed.error().msgid;
  const bool before_login = msgid == protocol::Msg::login || msgid == protocol::Msg::reg;
  if (before_login && request.size() > protocol::kFrameBeforeLoginBytesMax) {
    return too_large({}, "frames of at most " + std::to_string(protocol::kFrameBeforeLoginBytesMax) +
                             " bytes before the login");
  }
  return std::nullopt;
}

}  // namespace plaza::client
