#include "net/connection.h"

#include <sys/epoll.h>

#include "base/check.h"
#include "net/connection_limits.h"
#include "net/connection_stages.h"
#include "net/poller.h"
#include "net/shard.h"

namespace plaza::net {

std::string_view close_reason_name(CloseReason reason) {
  switch (reason) {
    case CloseReason::by_us: return "by_us";
    case CloseReason::peer_closed: return "peer_closed";
    case CloseReason::reset: return "reset";
    case CloseReason::protocol_error: return "protocol_error";
    case CloseReason::flush_timeout: return "flush_timeout";
    case CloseReason::tls_failed: return "tls_failed";
    case CloseReason::connect_failed: return "connect_failed";
    case CloseReason::refused: return "refused";
    case CloseReason::http_done: return "http_done";
  }
  return "unknown";
}

namespace {

WsCloseCode close_code_of(FrameError error) {
  switch (error) {
    case FrameError::not_an_object: return WsCloseCode::unsupported_data;
    case FrameError::too_large: return WsCloseCode::too_big;
    case FrameError::malformed:
    case FrameError::not_utf8: return WsCloseCode::invalid_data;
    case FrameError::too_deep: return WsCloseCode::policy_violation;
    case FrameError::websocket:
    case FrameError::none: break;
  }
  return WsCloseCode::protocol_error;
}

}  // namespace

Connection::Connection(Shard& shard, Transport transport, Kind kind,
                       std::shared_ptr<const ConnectionOptions> options, const Address& remote,
                       std::shared_ptr<ConnectionLimits> limits)
    : shard_(&shard),
      options_(std::move(options)),
      limits_(std::move(limits)),
      remote_(remote),
      kind_(kind),
      frame_bytes_max_(options_->frame_bytes_max),
      transport_(std::move(transport)),
      outbound_(kind == Kind::http ? options_->http_response_bytes_max : options_->outbound_bytes_max) {}

Connection::~Connection() {
  PLAZA_CHECK(!attached_ || shard_->on_shard());
  if (pass_ != nullptr) pass_->gone = true;
  release();
}

void Connection::release() {
  leave_turn();
  closing_.reset();
  outbound_.clear();
  drop_rest();
  transport_.close();  // which takes it out of the epoll set
  attached_ = false;
  if (limits_) limits_->release(remote_);
  limits_.reset();
}

void Connection::start(ConnectionHandler& handler) {
  PLAZA_CHECK(shard_->on_shard() && stage_ == Stage::idle);
  handler_ = &handler;
  last_heard_ms_ = shard_->now_ms();
  if (!register_fd()) return;
  begin_protocol();
}

bool Connection::register_fd() {
  attached_ = true;
  if (shard_->poller().add(transport_.fd(), *this)) return true;
  finish(CloseReason::reset);
  return false;
}

// Ending
// -----------------------------------------------------------------------------------------------------------

void Connection::begin_close(CloseReason reason) {
  drop_rest();
  if (stage_ == Stage::idle || stage_ == Stage::connecting || stage_ == Stage::tls_handshake) {
    finish(reason);
    return;
  }
  stage_ = Stage::closing;
  paused_ = false;
  closing_ = std::make_unique<Closing>(*this, reason);
  shard_->timers().arm(*closing_, options_->close_deadline_ms);
  if (!blocked_) shard_->mark_dirty(*this);
}

void Connection::close(WsCloseCode code, std::string_view reason) {
  PLAZA_CHECK(shard_->on_shard());
  if (stage_ == Stage::closing || stage_ == Stage::lingering || stage_ == Stage::closed) return;
  if (stage_ == Stage::websocket) {
    if (broken_ != FrameError::none && code == WsCloseCode::normal) code = close_code_of(broken_);
    send_control(static_cast<std::uint8_t>(WsOpcode::close),
                 ws_close_payload(static_cast<std::uint16_t>(code), reason));
  }
  begin_close(broken_ == FrameError::none ? CloseReason::by_us : CloseReason::protocol_error);
}

void Connection::abort() {
  PLAZA_CHECK(shard_->on_shard());
  outbound_.clear();
  finish(broken_ == FrameError::none ? CloseReason::by_us : CloseReason::protocol_error);
}

void Connection::finish(CloseReason reason) {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  close_reason_ = reason;
  if (closing_) closing_->cancel();
  drop_rest();
  if (handler_ != nullptr) shard_->mark_gone(*this);
}

void Connection::bury() {
  release();
  handler_->on_closed(close_reason_);
}

// Pausing and moving
// ---------------------------------------------------------------------------------------------------

void Connection::pause() {
  PLAZA_CHECK(shard_->on_shard());
  paused_ = true;
}

void Connection::resume() {
  PLAZA_CHECK(shard_->on_shard());
  if (pass_ != nullptr) pass_->resumed = true;
  paused_ = false;
  if (attached_ && stage_ != Stage::closed && (readable_ || rest_whole_)) shard_->mark_ready(*this);
}

void Connection::detach() {
  PLAZA_CHECK(shard_->on_shard() && attached_ && (is_open() || stage_ == Stage::http));
  if (pass_ != nullptr) {
    keep_rest(*pass_);
    pass_->gone = true;
    pass_ = nullptr;
  }
  shard_->poller().remove(transport_.fd());
  leave_turn();
  attached_ = false;
}

void Connection::attach(Shard& shard, ConnectionHandler& handler) {
  PLAZA_CHECK(shard.on_shard() && !attached_);
  shard_ = &shard;
  handler_ = &handler;
  paused_ = false;
  hangup_ = false;
  // The new epoll set reports at once what can be read and whether can be written; what is already here it
  // cannot know.
  readable_ = transport_.has_buffered();
  blocked_ = false;
  rest_whole_ = rest_size_ > 0;
  if (!register_fd()) return;
  if (readable_ || rest_whole_) shard_->mark_ready(*this);
  if (!outbound_.empty()) shard_->mark_dirty(*this);
}

// Readiness
// --------------------------------------------------------------------------------------------------------

void Connection::on_events(std::uint32_t events) {
  if (stage_ == Stage::closed) return;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    readable_ = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hangup_ = true;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) reset_ = true;
    shard_->mark_ready(*this);
  }
  if ((events & EPOLLOUT) != 0 || transport_.is_tls()) {  // TLS: a write may have waited for a read
    if (blocked_) {
      blocked_ = false;
      shard_->mark_dirty(*this);
    }
    if (stage_ == Stage::connecting || stage_ == Stage::tls_handshake) shard_->mark_ready(*this);
  }
}

}  // namespace plaza::net
