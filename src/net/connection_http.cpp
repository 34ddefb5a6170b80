// Connection: the HTTP stages before a WebSocket, of both sides.
#include "base/check.h"
#include "net/connection.h"
#include "net/connection_stages.h"
#include "net/shard.h"

namespace plaza::net {

void Connection::begin_protocol() {
  stage_ = Stage::json;
  handler_->on_open();
}

bool Connection::continue_dial() { return false; }

Offer Connection::send(std::string_view json) {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (!is_open()) return Offer::closed;
  return after_offer(outbound_.offer(json, "\n"));
}

Offer Connection::send(const SharedFrame& frame) {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (!is_open()) return Offer::closed;
  return after_offer(outbound_.offer_shared({}, frame, frame.size() + 1));
}

Offer Connection::send_parts(std::string_view head, const SharedFrame& tail) {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (!is_open()) return Offer::closed;
  return after_offer(outbound_.offer_shared(head, tail, tail.size() + 1));
}

void Connection::close(WsCloseCode, std::string_view) {
  PLAZA_CHECK(shard_->on_shard());
  if (stage_ == Stage::closing || stage_ == Stage::lingering || stage_ == Stage::closed) return;
  begin_close(broken_ == FrameError::none ? CloseReason::by_us : CloseReason::protocol_error);
}

}  // namespace plaza::net
