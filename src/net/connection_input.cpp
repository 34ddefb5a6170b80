// Connection: from readable bytes to frames.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/metrics.h"
#include "net/connection.h"
#include "net/connection_stages.h"
#include "net/read_buffer.h"
#include "net/shard.h"

namespace plaza::net {
namespace {

const metrics::Counter g_frames_received{"plaza_net_frames_received_total", "Frames delivered to sessions."};
const metrics::Counter g_bytes_read{"plaza_net_read_bytes_total", "Bytes read from connections (after TLS)."};
const metrics::Counter g_framing_errors{"plaza_net_framing_errors_total",
                                        "Connections ended because their framing broke."};

constexpr std::size_t kBytesPerFrame = 4096;  // so many bytes count as much as a frame in a turn's budget

static_assert(ReadBuffer::kPadding >= kFramePadding && ReadBuffer::kPadding >= JsonFramer::kReadAhead);

}  // namespace

std::optional<HttpResponse> ConnectionHandler::on_http(HttpRequest request) {
  return HttpResponse{
      .status = 404, .body = "Nothing is at " + std::string(request.path()) + ".\n", .headers = {}};
}

bool Connection::serve(TurnBudget& budget) {
  switch (stage_) {
    case Stage::idle:
    case Stage::closed: return false;
    case Stage::connecting:
    case Stage::tls_handshake:
      if (!continue_dial()) return false;
      break;
    case Stage::closing:
    case Stage::lingering: return discard_input();
    default: break;
  }
  if (paused_ || owes_response() || streaming()) {
    if (reset_) finish(CloseReason::reset);
    return false;
  }
  if (stage_ == Stage::http && !outbound_.empty()) return false;  // flush() comes back to it
  return read_and_deliver(budget);
}

bool Connection::read_and_deliver(TurnBudget& budget) {
  const ShardOptions& limits = shard_->options();
  std::size_t bytes_left = limits.read_bytes_per_connection;
  ReadPass pass{shard_->read_buffer().prepare(rest_size_ + bytes_left), 0, rest_size_};
  if (rest_size_ > 0) std::memcpy(pass.data, rest_.get(), rest_size_);
  const std::uint32_t frames_max = std::min(budget.frames, limits.frames_per_connection);
  std::uint32_t frames = frames_max;
  bool parse = std::exchange(rest_whole_, false);
  Pass result = Pass::need_more;
  IoStatus status = IoStatus::ok;
  pass_ = &pass;
  for (;;) {
    if (parse) {
      result = deliver(pass, frames);
      if (result != Pass::need_more) break;
    }
    if (!readable_ || bytes_left == 0) break;
    const IoResult io = transport_.read({pass.data + pass.end, bytes_left});
    status = io.status;
    if (status != IoStatus::ok) {
      readable_ = false;
      break;
    }
    g_bytes_read.add(io.bytes);
    last_heard_ms_ = shard_->now_ms();
    // A short read has emptied the socket; reading again only to hear so would cost a system call per
    // message. When the peer's end was reported there is one more thing to read.
    if (io.bytes < bytes_left && !transport_.is_tls() && !hangup_) readable_ = false;
    pass.end += io.bytes;
    bytes_left -= io.bytes;
    parse = true;
  }
  // What was read without becoming a frame is work too.
  const std::size_t bytes_read = limits.read_bytes_per_connection - bytes_left;
  const auto spent = std::max(frames_max - frames,
                              static_cast<std::uint32_t>(1 + bytes_read / kBytesPerFrame));
  budget.frames -= std::min(spent, budget.frames);
  if (pass.gone) return false;
  pass_ = nullptr;
  return after_pass(pass, result, status);
}

// True: stay on the list of the ready.
bool Connection::after_pass(const ReadPass& pass, Pass result, IoStatus status) {
  if (stage_ == Stage::closed) return false;
  if (stage_ == Stage::closing) return readable_;
  keep_rest(pass);
  if (status == IoStatus::closed) {
    finish(CloseReason::peer_closed);
    return false;
  }
  if (status == IoStatus::failed) {
    finish(transport_.handshake_done() ? CloseReason::reset : CloseReason::tls_failed);
    return false;
  }
  if (result != Pass::need_more) rest_whole_ = rest_size_ > 0;
  if (result == Pass::stopped) return false;
  return rest_whole_ || readable_;
}

Connection::Pass Connection::deliver(ReadPass& pass, std::uint32_t& frames) {
  for (;;) {
    const Stage before = stage_;
    Pass result = Pass::stopped;
    switch (stage_) {
      case Stage::json: return deliver_json(pass, frames);
      case Stage::websocket: return deliver_websocket(pass, frames);
      case Stage::http: result = deliver_http(pass, frames); break;
      case Stage::http_client: result = deliver_http_client(pass); break;
      default: return Pass::stopped;
    }
    // After an upgrade the bytes behind the header are frames.
    if (pass.gone || result != Pass::need_more || stage_ == before) return result;
  }
}

Connection::Pass Connection::deliver_json(ReadPass& pass, std::uint32_t& frames) {
  while (pass.begin < pass.end) {
    if (frames == 0) return Pass::budget_spent;
    const JsonFramer::Step step = framer_.next(pass.data + pass.begin, pass.end - pass.begin,
                                               frame_bytes_max_, options_->depth_max);
    if (step.kind == JsonFramer::Kind::need_more) {
      pass.begin += step.begin;
      return Pass::need_more;
    }
    if (step.kind == JsonFramer::Kind::error) {
      break_framing(pass, step.error);
      return Pass::stopped;
    }
    const std::span<const char> json(pass.data + pass.begin + step.begin, step.end - step.begin);
    pass.begin += step.end;
    --frames;
    const Pass result = give_frame(pass, json);
    if (result != Pass::need_more) return result;
  }
  return Pass::need_more;
}

// Control frames and fragments count against the budget too: a flood of pings is a flood.
Connection::Pass Connection::deliver_websocket(ReadPass& pass, std::uint32_t& frames) {
  for (; pass.begin < pass.end; --frames) {
    if (frames == 0) return Pass::budget_spent;
    const WsDecoder::Step step = ws_->decoder.next(pass.data + pass.begin, pass.end - pass.begin,
                                                   frame_bytes_max_);
    pass.begin += step.consumed;
    Pass result = Pass::need_more;
    switch (step.kind) {
      case WsDecoder::Kind::need_more: return Pass::need_more;
      case WsDecoder::Kind::fragment:
      case WsDecoder::Kind::pong: break;
      case WsDecoder::Kind::ping:
        send_control(static_cast<std::uint8_t>(WsOpcode::pong), {step.payload.data(), step.payload.size()});
        break;
      case WsDecoder::Kind::text: result = give_frame(pass, step.payload); break;
      case WsDecoder::Kind::binary: break_framing(pass, FrameError::not_an_object); return Pass::stopped;
      case WsDecoder::Kind::error: break_framing(pass, step.error); return Pass::stopped;
      case WsDecoder::Kind::close:
        // Answered with the same code (section 5.5.1); 1005 means that there was none.
        send_control(static_cast<std::uint8_t>(WsOpcode::close),
                     step.close_code == 1005 ? std::string() : ws_close_payload(step.close_code, {}));
        begin_close(CloseReason::peer_closed);
        return Pass::stopped;
    }
    if (result != Pass::need_more) return result;
  }
  return Pass::need_more;
}

Connection::Pass Connection::give_frame(ReadPass& pass, std::span<const char> json) {
  g_frames_received.add();
  pass.resumed = false;
  const FrameVerdict verdict = handler_->on_frame(json);
  if (pass.gone) return Pass::stopped;
  if (!is_open()) return Pass::stopped;
  if (verdict == FrameVerdict::closed) {
    abort();  // it said so, but did neither close nor detach
    return Pass::stopped;
  }
  if (verdict == FrameVerdict::pause && !pass.resumed) paused_ = true;
  return paused_ ? Pass::stopped : Pass::need_more;
}

void Connection::break_framing(ReadPass& pass, FrameError error) {
  g_framing_errors.add();
  broken_ = error;
  handler_->on_protocol_error(error, frame_error_text(error));
  if (!pass.gone) close();
}

void Connection::keep_rest(const ReadPass& pass) {
  const std::size_t size = pass.end - pass.begin;
  if (size == 0) {
    drop_rest();
    return;
  }
  if (rest_capacity_ < size) {
    rest_ = std::make_unique_for_overwrite<char[]>(size);
    rest_capacity_ = static_cast<std::uint32_t>(size);
  }
  std::memcpy(rest_.get(), pass.data + pass.begin, size);
  rest_size_ = static_cast<std::uint32_t>(size);
}

void Connection::drop_rest() {
  rest_.reset();
  rest_size_ = rest_capacity_ = 0;
  rest_whole_ = false;
}

// While closing, input is read only to see the peer's end: a socket closed with unread input would be reset,
// and the peer would lose what we wrote last.
bool Connection::discard_input() {
  std::size_t bytes_left = shard_->options().read_bytes_per_connection;
  char* const data = shard_->read_buffer().prepare(bytes_left);
  while (bytes_left > 0) {
    const IoResult io = transport_.read({data, bytes_left});
    bytes_left -= io.bytes;
    if (io.status == IoStatus::ok) continue;
    readable_ = false;
    if (io.status == IoStatus::failed || (io.status == IoStatus::closed && stage_ == Stage::lingering)) {
      finish(closing_->reason);
    }
    if (io.status == IoStatus::closed) closing_->peer_ended = true;
    return false;
  }
  return true;
}

}  // namespace plaza::net
