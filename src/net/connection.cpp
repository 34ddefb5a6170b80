#include "net/connection.h"

#include <sys/epoll.h>
#include <sys/uio.h>

#include <array>

#include "base/check.h"
#include "base/metrics.h"
#include "net/connection_limits.h"
#include "net/connection_stages.h"
#include "net/poller.h"
#include "net/shard.h"

namespace plaza::net {
namespace {

constexpr std::size_t kPiecesPerWrite = 64;

const metrics::Counter g_bytes_written{"plaza_net_written_bytes_total", "Bytes written to connections (before TLS)."};
const metrics::Counter g_writes{"plaza_net_writes_total", "Gathered writes; frames per write says how well they coalesce."};
const metrics::Counter g_frames_sent{"plaza_net_frames_sent_total", "Frames accepted for sending."};
const metrics::Counter g_overflows{"plaza_net_overflows_total", "Frames refused because a client reads too slowly."};

}  // namespace

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

Connection::Connection(Shard& shard, Transport transport, Kind kind, std::shared_ptr<const ConnectionOptions> options,
                       const Address& remote, std::shared_ptr<ConnectionLimits> limits)
    : shard_(&shard), options_(std::move(options)), limits_(std::move(limits)), remote_(remote), kind_(kind),
      frame_bytes_max_(options_->frame_bytes_max), transport_(std::move(transport)),
      outbound_(options_->outbound_bytes_max) {}

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

// Sending ----------------------------------------------------------------------------------------------------------

Offer Connection::after_offer(Offer offer) {
  if (offer == Offer::overflow) {
    overflowed_ = true;
    g_overflows.add();
    return offer;
  }
  g_frames_sent.add();
  if (!blocked_ && attached_) shard_->mark_dirty(*this);
  return offer;
}

void Connection::flush() {
  if (!outbound_.empty()) write_ready();
  if (!outbound_.empty() || stage_ == Stage::closed) return;
  if (stage_ == Stage::closing) {
    transport_.shutdown_write();
    stage_ = Stage::lingering;
    if (closing_->peer_ended) {
      finish(closing_->reason);
      return;
    }
    readable_ = true;
    shard_->mark_ready(*this);
  } else if (stage_ == Stage::http && (rest_whole_ || readable_)) {
    shard_->mark_ready(*this);  // the next pipelined request waited for this answer to be written
  }
}

void Connection::write_ready() {
  while (!outbound_.empty()) {
    std::array<iovec, kPiecesPerWrite> pieces;
    const std::size_t count = outbound_.gather(pieces);
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) total += pieces[i].iov_len;
    const IoResult result = transport_.write({pieces.data(), count});
    if (result.status == IoStatus::would_block) {
      blocked_ = true;
      break;
    }
    if (result.status != IoStatus::ok) {
      outbound_.clear();
      finish(CloseReason::reset);
      return;
    }
    g_writes.add();
    g_bytes_written.add(result.bytes);
    outbound_.consume(result.bytes);
    if (result.bytes < total) {
      blocked_ = true;
      break;
    }
  }
  if (overflowed_ && outbound_.bytes() <= outbound_.bytes_max() / 2 && is_open()) {
    overflowed_ = false;
    handler_->on_writable_again();
  }
}

// Ending -----------------------------------------------------------------------------------------------------------

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

// Pausing and moving ---------------------------------------------------------------------------------------------------

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
  // The new epoll set reports at once what can be read and whether can be written; what is already here it cannot know.
  readable_ = transport_.has_buffered();
  blocked_ = false;
  rest_whole_ = rest_size_ > 0;
  if (!register_fd()) return;
  if (readable_ || rest_whole_) shard_->mark_ready(*this);
  if (!outbound_.empty()) shard_->mark_dirty(*this);
}

// Readiness --------------------------------------------------------------------------------------------------------

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
