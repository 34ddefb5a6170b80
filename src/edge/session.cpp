#include "edge/session.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "edge/edge_metrics.h"
#include "edge/edge_node.h"
#include "edge/edge_shard.h"
#include "net/ws_codec.h"
#include "protocol/replies.h"

namespace plaza::edge {

using chat::Resume;
using chat::SessionState;
using chat::Verdict;
using protocol::Errno;

namespace {

protocol::State protocol_state(SessionState state) {
  switch (state) {
    case SessionState::logged_out: return protocol::State::logged_out;
    case SessionState::authenticated:
    case SessionState::entering: return protocol::State::authenticated;
    case SessionState::entered: return protocol::State::entered;
    case SessionState::ready: return protocol::State::ready;
  }
  return protocol::State::logged_out;
}

net::WsCloseCode close_code(Errno why) {
  switch (why) {
    case Errno::server_closing: return net::WsCloseCode::going_away;
    case Errno::too_large: return net::WsCloseCode::too_big;
    case Errno::bad_request: return net::WsCloseCode::invalid_data;
    case Errno::unavailable: return net::WsCloseCode::internal_error;
    case Errno::try_again: return net::WsCloseCode::try_again_later;
    default: return net::WsCloseCode::policy_violation;
  }
}

}  // namespace

Session::Session(EdgeShard& shard, chat::SessionId id, std::unique_ptr<net::Connection> connection,
                 net::Door door)
    : door_(door), shard_(&shard), connection_(std::move(connection)) {
  chat_.id = id;
  chat_.out = this;
}

Session::~Session() = default;

void Session::start() {
  settle();
  connection_->start(*this);
}

void Session::on_open() {
  is_client_ = true;
  connection_->set_outbound_bytes_max(shard_->limits().outbound_bytes_max);
  if (shard_->node().draining()) return close_with(Errno::server_closing, {}, true);
  // Pages that were asked for before the upgrade gave it longer than a client has for its login.
  net::Shard& shard = shard_->shard();
  deadline_ms_ = std::min(deadline_ms_, shard.now_ms() + shard_->limits().login_deadline_ms);
  shard.timers().arm(*this, std::max<std::int64_t>(deadline_ms_ - shard.now_ms(), 1));
}

void Session::depart() {
  cancel();
  connection_->detach();
}

void Session::arrive(EdgeShard& shard) {
  shard_ = &shard;
  connection_->attach(shard.shard(), *this);
  settle();
}

void Session::settle() {
  const Limits& limits = shard_->limits();
  const bool out = chat_.state == SessionState::logged_out;
  connection_->set_frame_bytes_max(out ? limits.frame_before_login_bytes_max : limits.frame_bytes_max);
  if (out) {
    if (deadline_ms_ == 0) deadline_ms_ = shard_->shard().now_ms() + limits.login_deadline_ms;
  } else {
    deadline_ms_ = 0;
  }
  shard_->shard().timers().arm(
      *this, out ? std::max<std::int64_t>(deadline_ms_ - shard_->shard().now_ms(), 1) : limits.heartbeat_ms);
}

// Input ------------------------------------------------------------------------------------------------------------------

net::FrameVerdict Session::on_frame(std::span<const char> json) {
  metrics().frames_in.add();
  const auto parsed = shard_->parser().parse(json);
  if (!parsed) {
    refuse_frame(parsed.error());
    return closing_ ? net::FrameVerdict::pause : net::FrameVerdict::continue_;
  }
  in_frame_ = true;
  resumed_ = false;
  const Verdict verdict = handle(**parsed);
  in_frame_ = false;
  if (verdict != Verdict::done && !resumed_) {
    if (verdict == Verdict::again) held_ = std::make_unique<std::string>(json.begin(), json.end());
    paused_ |= Pause::request;
  }
  return paused_ != 0 || closing_ ? net::FrameVerdict::pause : net::FrameVerdict::continue_;
}

void Session::refuse_frame(const protocol::ParseError& error) {
  metrics().refused.add();
  std::string& frame = chat::frame_buffer();
  protocol::encode_refusal(frame, error);
  send(frame);
  if (error.stream_broken) close_with(error.error, "what follows a broken frame cannot be trusted", true);
}

Verdict Session::handle(const protocol::Request& request) {
  const Errno allowed = protocol::check_state(request.msgid, protocol_state(chat_.state));
  if (allowed != Errno::ok) {
    metrics().refused.add();
    const bool logged_in = allowed == Errno::already_logged_in;
    return chat::refuse(
        chat_, chat::Asked::from(request),
        {.error = allowed, .allowed = logged_in ? "LOGINOUT first, or another connection" : ""});
  }
  if (AccountRequests::takes(request.msgid)) {
    if (!within_account_rate(request)) return Verdict::done;
    return shard_->accounts().request(*this, request);
  }
  if (request.msgid == protocol::Msg::set_member) {
    if (!within_account_rate(request)) return Verdict::done;
    return shard_->members().set_member(*this, request);
  }
  if (chat_.member) return shard_->hub().request(chat_, request);
  // Between login and ENTER only a heartbeat is left, and it has no stream to tell of.
  protocol::HeartbeatAck ack;
  ack.time_ms = shard_->node().parts().clock.wall_ms();
  chat::answer(chat_, request.rid(), ack);
  return Verdict::done;
}

/// Each of these costs a transaction or a hash: a connection may not ask for them as fast as it can write.
bool Session::within_account_rate(const protocol::Request& request) {
  std::int64_t wait_ms = 0;
  if (account_requests_.take(shard_->limits().account_requests, shard_->shard().now_ms(), wait_ms))
    return true;
  metrics().refused.add();
  chat::refuse(chat_, chat::Asked::from(request),
               {.error = Errno::rate_limited, .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
  return false;
}

void Session::resume(Resume with) {
  if (in_frame_) {
    // The answer was there at once; a request that has to be delivered again is never answered within itself.
    PLAZA_CHECK(with == Resume::next);
    resumed_ = true;
    return;
  }
  const auto frame = std::exchange(held_, nullptr);
  if (chat_.state != SessionState::entering) settle();
  if (with == Resume::same && frame && !closing_) {
    const auto parsed = shard_->parser().parse_copy(*frame);
    PLAZA_CHECK(parsed.has_value());  // it was accepted before
    in_frame_ = true;
    resumed_ = false;
    const Verdict verdict = handle(**parsed);
    in_frame_ = false;
    if (verdict != Verdict::done && !resumed_) {
      if (verdict == Verdict::again) held_ = std::make_unique<std::string>(*frame);
      return;
    }
  }
  set_pause(Pause::request, false);
}

void Session::set_pause(Pause reason, bool on) {
  const std::uint8_t before = paused_;
  paused_ = static_cast<std::uint8_t>(on ? paused_ | reason : paused_ & ~reason);
  if (closing_ || in_frame_) return;
  if (before == 0 && paused_ != 0) connection_->pause();
  if (before != 0 && paused_ == 0) connection_->resume();
}

void Session::stop_reading() { set_pause(Pause::draining, true); }

// HTTP ------------------------------------------------------------------------------------------------------------------

void Session::arm_deadline(std::int64_t ms) {
  deadline_ms_ = shard_->shard().now_ms() + ms;
  shard_->shard().timers().arm(*this, ms);
}

std::optional<net::HttpResponse> Session::on_http(net::HttpRequest request) {
  net::HttpExchange exchange{.request = std::move(request),
                             .remote = connection_->remote(),
                             .tls = connection_->is_tls(),
                             .door = door_};
  auto answer = [shard = shard_, id = chat_.id](net::HttpResponse response) {
    shard->shard().post([shard, id, response = std::move(response)] {
      if (Session* still = shard->find(id)) still->respond(response);
    });
  };
  auto response = shard_->node().parts().http(std::move(exchange), std::move(answer));
  // It will not log in: from request to request it may be quiet for longer.
  arm_deadline(response ? shard_->limits().http_idle_ms : shard_->limits().http_answer_deadline_ms);
  return response;
}

void Session::respond(const net::HttpResponse& response) {
  if (!connection_->owes_response()) return;
  arm_deadline(shard_->limits().http_idle_ms);
  connection_->respond(response);
}

void Session::on_http_piece_wanted(const std::shared_ptr<net::HttpBody>& body) {
  arm_deadline(shard_->limits().http_answer_deadline_ms);
  body->next(body, [shard = shard_, id = chat_.id](std::string piece) {
    shard->shard().post([shard, id, piece = std::move(piece)]() mutable {
      if (Session* still = shard->find(id)) still->send_piece(std::move(piece));
    });
  });
}

void Session::send_piece(std::string piece) {
  arm_deadline(shard_->limits().http_idle_ms);
  connection_->send_piece(std::move(piece));
}

bool Session::answering_http() const {
  return !is_client_ &&
         (connection_->owes_response() || connection_->streaming() || connection_->outbound_bytes() > 0);
}

void Session::on_protocol_error(net::FrameError error, std::string_view text) {
  metrics().broken_frames.add();
  framing_broken_ = true;
  const bool large = error == net::FrameError::too_large;
  if (connection_->is_open()) {
    protocol::ParseError answer;
    answer.error = large ? Errno::too_large : Errno::bad_request;
    answer.message = text;
    if (large) {
      answer.allowed = "frames of at most " +
                       std::to_string(chat_.state == SessionState::logged_out
                                          ? shard_->limits().frame_before_login_bytes_max
                                          : shard_->limits().frame_bytes_max) +
                       " bytes" + (chat_.state == SessionState::logged_out ? " before login" : "");
    } else if (error == net::FrameError::malformed) {
      answer.allowed = "one JSON object";
    } else if (error == net::FrameError::not_an_object) {
      answer.allowed = "JSON objects, one after the other";
    } else if (error == net::FrameError::too_deep) {
      answer.allowed = "at most " + std::to_string(protocol::kJsonDepthMax) + " levels";
    }
    std::string& frame = chat::frame_buffer();
    protocol::encode_refusal(frame, answer);
    send(frame);
  }
  close_with(large ? Errno::too_large : Errno::bad_request, text, true);
}

void Session::on_closed(net::CloseReason reason) {
  PLAZA_LOG(debug, "edge", "session {} from {} closed: {}", chat_.id, connection_->remote().text(),
            net::close_reason_name(reason));
  metrics().closed.add();
  shard_->hub().leave(chat_);
  shard_->remove(chat_.id);  // destroys this
}

// Output -----------------------------------------------------------------------------------------------------------------

bool Session::send(std::string_view frame) {
  if (closing_) return false;
  const Limits& limits = shard_->limits();
  metrics().frames_out.add();
  switch (connection_->send(frame)) {
    case net::Offer::accepted: break;
    case net::Offer::closed: return false;
    case net::Offer::overflow:
      // It asks without reading the answers, beyond what pausing can hold back.
      metrics().overflows.add();
      PLAZA_LOG(info, "edge", "session {} from {} does not read its answers: closed", chat_.id,
                connection_->remote().text());
      connection_->abort();
      closing_ = true;
      return false;
  }
  said_ms_ = shard_->shard().now_ms();
  if (connection_->outbound_bytes() > limits.outbound_bytes_max / 2 && (paused_ & Pause::backlog) == 0) {
    connection_->tell_when_writable();
    set_pause(Pause::backlog, true);
  }
  return true;
}

/// Behind the pushes an answer must fit: a page is up to half of the queue, and a sixteenth is for what goes around it.
bool Session::has_room_to_push(std::size_t bytes) {
  const std::size_t room = shard_->limits().outbound_bytes_max / 16 * 7;
  if (connection_->outbound_bytes() + bytes <= room || connection_->outbound_bytes() == 0) return true;
  metrics().fell_to_pull.add();
  connection_->tell_when_writable();
  return false;
}

bool Session::push(std::string_view head, chat::SharedTail& tail) {
  // Nobody will read it. Taken for handed over, it would count as received by a classic client.
  if (closing_ || !has_room_to_push(head.size() + tail.text.size())) return false;
  net::Offer offer;
  if (tail.text.size() < net::OutboundQueue::kShareBytesMin) {
    // Cheaper to copy than to share; one frame in one piece. Not in frame_buffer(): the parts may stand there.
    static thread_local std::string frame;
    frame.assign(head).append(tail.text);
    offer = connection_->send(frame);
  } else {
    if (!tail.shared) tail.shared = std::make_shared<const net::SharedFrame>(tail.text);
    offer = connection_->send_parts(head, *static_cast<const net::SharedFrame*>(tail.shared.get()));
  }
  if (offer != net::Offer::accepted) return false;
  metrics().frames_out.add();
  said_ms_ = shard_->shard().now_ms();
  return true;
}

bool Session::push_frames(chat::SharedFrames& frames) {
  if (closing_ || !has_room_to_push(frames.lines.size())) return false;
  const bool websocket = connection_->is_websocket();
  auto& framed = websocket ? frames.websocket : frames.plain;
  if (!framed) {
    framed = websocket
                 ? std::make_shared<const net::SharedFrame>(net::ws_text_frames(frames.lines, frames.ends))
                 : std::make_shared<const net::SharedFrame>(frames.lines);
  }
  const auto count = static_cast<std::uint32_t>(frames.ends.size());
  if (connection_->send_framed(*static_cast<const net::SharedFrame*>(framed.get()), count) !=
      net::Offer::accepted)
    return false;
  metrics().frames_out.add(count);
  said_ms_ = shard_->shard().now_ms();
  return true;
}

bool Session::push_if_idle(std::string_view frame) {
  if (closing_ || connection_->outbound_bytes() > shard_->limits().outbound_bytes_max / 16) return false;
  chat::SharedTail tail{.text = frame, .shared = {}};
  return push({}, tail);
}

void Session::on_writable_again() {
  set_pause(Pause::backlog, false);
  if (chat_.member) shard_->hub().writable(chat_);
}

void Session::close_with(Errno why, std::string_view text, bool reconnect) {
  close({.error = why, .message = std::string(text), .reconnect = reconnect});
}

void Session::close(const protocol::GoodbyePush& goodbye) {
  if (closing_) return;
  metrics().closed_by_us.add();
  if (!connection_->is_open()) {
    closing_ = true;
    return connection_->abort();
  }
  std::string& frame = chat::frame_buffer();
  protocol::encode(frame, goodbye);
  static_cast<void>(connection_->send(frame));
  closing_ = true;
  // Of broken framing the connection knows more than our errno tells: unmasked, binary, no UTF-8...
  connection_->close(framing_broken_ ? net::WsCloseCode::normal : close_code(goodbye.error),
                     protocol::name_of(goodbye.error));
}

// Time -------------------------------------------------------------------------------------------------------------------

void Session::on_timer() {
  const std::int64_t now = shard_->shard().now_ms();
  const Limits& limits = shard_->limits();
  if (deadline_ms_ != 0) {
    if (now >= deadline_ms_) {
      if (connection_->owes_response()) {
        // What comes later could be taken for the answer to another request: this was the last one here.
        connection_->respond({.status = 503, .body = "No answer in time.\n", .headers = {}, .close = true});
        return;
      }
      metrics().login_deadlines.add();
      return close_with(Errno::timeout, "no login in time", true);
    }
    return shard_->shard().timers().arm(*this, deadline_ms_ - now);
  }
  // A classic client knows no heartbeat: TCP's keep-alive finds out that it is gone. But who has begun a frame owes its end.
  const bool owes_the_end = connection_->mid_frame() &&
                            now - connection_->last_heard_ms() >= limits.dead_after_ms;
  if (chat_.classic && !owes_the_end) {
    shard_->hub().writable(chat_);
    return shard_->shard().timers().arm(*this, limits.heartbeat_ms);
  }
  const std::int64_t quiet_ms = now - connection_->last_heard_ms();
  if (quiet_ms >= limits.dead_after_ms) {
    metrics().dead.add();
    return close_with(Errno::timeout, "no sign of life", true);
  }
  if (quiet_ms >= limits.heartbeat_ms) shard_->hub().heartbeat(chat_);
  shard_->shard().timers().arm(*this, std::min(limits.heartbeat_ms, limits.dead_after_ms - quiet_ms));
}

}  // namespace plaza::edge
