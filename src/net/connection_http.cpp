// Connection: what comes before frames, on both sides: HTTP requests and the upgrade, a client's connect and
// handshakes.
#include <sys/socket.h>

#include <algorithm>

#include "base/check.h"
#include "net/connection.h"
#include "net/connection_stages.h"
#include "net/shard.h"
#include "net/ws_handshake.h"

namespace plaza::net {
namespace {
// A request and its page count as much as so many frames in a turn's budget: header fields, and up to some ten KB to write.
constexpr std::uint32_t kFramesPerHttpRequest = 16;
}  // namespace

void Connection::begin_protocol() {
  if (kind_ == Kind::http) {
    stage_ = Stage::http;
    http_ = std::make_unique<HttpStage>(*options_);
    return;
  }
  stage_ = Stage::json;
  handler_->on_open();
}

void Connection::begin_websocket(WsRole role) {
  stage_ = Stage::websocket;
  websocket_ = true;
  ws_ = std::make_unique<WsStage>(role);
  http_.reset();
  dial_.reset();
  outbound_.set_bytes_max(options_->outbound_bytes_max);
}

// Server ----------------------------------------------------------------------------------------------------

Connection::Pass Connection::deliver_http(ReadPass& pass, std::uint32_t& frames) {
  if (frames == 0) return Pass::budget_spent;
  const HttpStep step = http_->parser.next(pass.data + pass.begin, pass.end - pass.begin);
  pass.begin += step.consumed;
  if (step.kind == HttpStep::Kind::need_more) return Pass::need_more;
  if (step.kind == HttpStep::Kind::error) {
    queue_response(
        {.status = step.error_status, .body = "The request cannot be understood.\n", .headers = {}}, false,
        false);
    begin_close(CloseReason::protocol_error);
    return Pass::stopped;
  }
  frames -= std::min(frames, kFramesPerHttpRequest);
  HttpRequest request = http_->parser.take();
  if (request.path() == options_->websocket_path && asks_for_websocket(request))
    return upgrade(pass, request);
  return answer_http(pass, std::move(request));
}

// The next request waits until the response to this one is written: one bounds what waits.
Connection::Pass Connection::answer_http(ReadPass& pass, HttpRequest request) {
  http_->answering = true;
  http_->keep_alive = request.keep_alive;
  http_->head_only = request.method == "HEAD";
  const auto response = handler_->on_http(std::move(request));
  if (!pass.gone && response) respond(*response);
  return Pass::stopped;
}

void Connection::respond(const HttpResponse& response) {
  PLAZA_CHECK(shard_->on_shard());
  if (!owes_response()) return;
  http_->answering = false;
  const bool keep_alive = http_->keep_alive && !response.close;
  queue_response(response, keep_alive, http_->head_only);
  const bool streams = response.stream && !http_->head_only && response.stream->bytes() > 0;
  if (streams && stage_ == Stage::http) {
    // The head is queued; flush() asks for the first piece when it is written.
    http_->keep_alive = keep_alive;
    http_->stream = response.stream;
    http_->stream_left = response.stream->bytes();
  } else if (!keep_alive) {
    begin_close(CloseReason::http_done);
  }
}

bool Connection::streaming() const { return stage_ == Stage::http && http_->stream != nullptr; }

void Connection::want_piece() {
  if (http_->piece_asked) return;
  http_->piece_asked = true;
  handler_->on_http_piece_wanted(http_->stream);
}

void Connection::send_piece(std::string piece) {
  PLAZA_CHECK(shard_->on_shard());
  if (!streaming() || !http_->piece_asked) return;
  http_->piece_asked = false;
  if (piece.empty() || piece.size() > http_->stream_left) return abort();
  http_->stream_left -= piece.size();
  const bool last = http_->stream_left == 0;
  if (last) http_->stream.reset();
  if (after_offer(outbound_.offer(piece)) != Offer::accepted) return abort();
  if (last && !http_->keep_alive) begin_close(CloseReason::http_done);
}

bool Connection::owes_response() const { return stage_ == Stage::http && http_->answering; }

Connection::Pass Connection::upgrade(ReadPass& pass, const HttpRequest& request) {
  const auto answer = answer_websocket_request(request, options_->origins);
  if (!answer) {
    queue_response(answer.error(), false, false);
    begin_close(CloseReason::protocol_error);
    return Pass::stopped;
  }
  queue_response(*answer, true, false);
  begin_websocket(WsRole::server);
  handler_->on_open();
  return pass.gone || stage_ != Stage::websocket || paused_ ? Pass::stopped : Pass::need_more;
}

void Connection::queue_response(const HttpResponse& response, bool keep_alive, bool head_only) {
  if (after_offer(outbound_.offer(encode_response(response, keep_alive, head_only))) == Offer::accepted)
    return;
  const HttpResponse too_large{.status = 500, .body = "The answer is larger than allowed.\n", .headers = {}};
  [[maybe_unused]] const Offer offer = after_offer(
      outbound_.offer(encode_response(too_large, keep_alive, head_only)));
}

// Client ----------------------------------------------------------------------------------------------------

// True: input may be read now.
bool Connection::continue_dial() {
  if (stage_ == Stage::connecting) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(transport_.fd(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
      finish(CloseReason::connect_failed);
      return false;
    }
    stage_ = Stage::tls_handshake;
  }
  const IoStatus status = transport_.handshake();
  if (status == IoStatus::would_block) return false;
  if (status != IoStatus::ok) {
    finish(CloseReason::tls_failed);
    return false;
  }
  if (dial_->request.empty()) {
    dial_.reset();
    begin_protocol();
  } else {
    stage_ = Stage::http_client;
    after_offer(outbound_.offer(dial_->request));
  }
  return stage_ == Stage::json || stage_ == Stage::http_client;
}

Connection::Pass Connection::deliver_http_client(ReadPass& pass) {
  const HttpStep step = dial_->parser.next(pass.data + pass.begin, pass.end - pass.begin);
  pass.begin += step.consumed;
  if (step.kind == HttpStep::Kind::need_more) return Pass::need_more;
  if (step.kind == HttpStep::Kind::error || dial_->parser.status() != 101 ||
      dial_->parser.header("Sec-WebSocket-Accept") != dial_->accept_key) {
    finish(CloseReason::refused);
    return Pass::stopped;
  }
  begin_websocket(WsRole::client);
  handler_->on_open();
  return pass.gone || stage_ != Stage::websocket || paused_ ? Pass::stopped : Pass::need_more;
}

}  // namespace plaza::net
