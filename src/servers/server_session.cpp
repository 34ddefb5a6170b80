#include "servers/server_session.h"

#include <algorithm>

#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/secret_box.h"
#include "net/shard.h"
#include "servers/server_port.h"

namespace plaza::servers {

using backend::ApiError;
using backend::ApiResult;
using backend::ErrorCode;
using net::FrameVerdict;

namespace {

constexpr std::uint32_t kFrameBeforeLoginBytesMax = 4 * 1024;
constexpr std::int64_t kBusyRetryMs = 1000;
constexpr std::size_t kChallengeBytes = 32;

const metrics::Counter g_events{"plaza_server_events_pushed_total",
                                "Events sent to the apps' servers over their connections."};
const metrics::Counter g_held{"plaza_server_held_back_total",
                              "Times that a server's connection was held back because it reads too slowly."};

ApiError busy() {
  return {.code = ErrorCode::try_again, .message = "too many requests wait", .retry_after_ms = kBusyRetryMs};
}

}  // namespace

ApiError server_stops() { return {.code = ErrorCode::try_again, .message = "the server is stopping"}; }

ServerSession::ServerSession(ServerPort& port, Followers::Where where,
                             std::unique_ptr<net::Connection> connection)
    : port_(port),
      where_(where),
      challenge_(to_hex(random_bytes(kChallengeBytes))),
      connection_(std::move(connection)) {}

ServerSession::~ServerSession() {
  if (app_) port_.followers().leave(app_, where_.id);
}

void ServerSession::start() {
  connection_->shard().timers().arm(*this, port_.options().login_deadline_ms);
  connection_->set_frame_bytes_max(std::min(kFrameBeforeLoginBytesMax, port_.options().frame_bytes_max));
  connection_->set_outbound_bytes_max(port_.options().outbound_bytes_max);
  connection_->start(*this);
}

// Login ------------------------------------------------------------------------------------------------------------------

void ServerSession::on_open() {
  if (port_.draining()) return end_with(server_stops());
  send(hello(challenge_));
}

FrameVerdict ServerSession::log_in(std::span<const char> json) {
  auto frame = parse_frame({json.data(), json.size()});
  const auto* login = frame ? std::get_if<backend::ConnectionLogin>(&frame->asked) : nullptr;
  if (!login) {
    end_with(frame ? ApiError{.code = ErrorCode::unauthorized, .message = "SERVER_LOGIN comes first"}
                   : frame.error().error);
    return FrameVerdict::pause;
  }
  state_ = State::checking;
  const bool taken = port_.api().run([&port = port_, where = where_, rid = frame->rid, given = *login,
                                      challenge = challenge_, remote = connection_->remote(),
                                      tls = connection_->is_tls()] {
    auto caller = port.api().authenticator().authenticate(given, challenge, remote, tls);
    port.tell(where, [rid, key = given.key, caller = std::move(caller)](ServerSession& session) {
      session.logged_in(rid, key, caller);
    });
  });
  if (!taken) end_with(busy());
  return FrameVerdict::pause;
}

void ServerSession::logged_in(std::optional<std::uint64_t> rid, const std::string& key,
                              const ApiResult<backend::Caller>& caller) {
  if (closing_) return;
  auto refused = caller ? std::nullopt : std::optional(caller.error());
  if (!refused && !port_.followers().enter(caller->app.id, where_)) {
    refused = ApiError{
        .code = ErrorCode::limit_reached,
        .message = "this app has as many connections as it may (backend.connections_per_app_max)"};
  }
  if (refused) {
    send(refusal(Msg::login_ack, rid, *refused));
    return end_with(*refused);
  }
  cancel();
  state_ = State::logged_in;
  key_ = key;
  app_ = caller->app.id;
  connection_->set_frame_bytes_max(port_.options().frame_bytes_max);
  send(answer(Msg::login_ack, rid, app_named(caller->app.name)));
  read_on();
}

// Calls ------------------------------------------------------------------------------------------------------------------

FrameVerdict ServerSession::on_frame(std::span<const char> json) {
  if (state_ != State::logged_in) return log_in(json);
  queue_.emplace_back(json.data(), json.size());
  queued_bytes_ += json.size();
  begin_next();
  return full() || closing_ ? FrameVerdict::pause : FrameVerdict::continue_;
}

bool ServerSession::full() const {
  return queue_.size() >= port_.options().calls_waiting_max ||
         queued_bytes_ >= port_.options().frame_bytes_max;
}

void ServerSession::begin_next() {
  while (!calling_ && !closing_ && !queue_.empty() && !held_back()) {
    std::string text = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= text.size();
    calling_ = true;
    const bool taken = port_.api().run(
        [&port = port_, where = where_, key = key_, remote = connection_->remote(), text]() mutable {
          Served served = serve(port, key, remote, text);
          port.tell(where, [served = std::move(served)](ServerSession& session) mutable {
            session.answered(std::move(served));
          });
        });
    if (taken) return;
    calling_ = false;
    const auto frame = parse_frame(text);
    send(frame ? refusal(answer_to(*frame), frame->rid, busy())
               : refusal(frame.error().answer, frame.error().rid, frame.error().error));
  }
}

ServerSession::Served ServerSession::serve(ServerPort& port, const std::string& key,
                                           const net::Address& remote, const std::string& text) {
  const auto frame = parse_frame(text);
  if (!frame) return {.frame = refusal(frame.error().answer, frame.error().rid, frame.error().error)};
  const auto with = answer_to(*frame);
  const auto caller = port.api().authenticator().again(key, remote);
  if (!caller) {
    Served served{.frame = refusal(with, frame->rid, caller.error())};
    const auto code = caller.error().code;
    if (code == ErrorCode::unauthorized || code == ErrorCode::app_disabled) served.ends = caller.error();
    return served;
  }
  if (std::holds_alternative<Follow>(frame->asked)) return serve_follow(port, *caller, *frame);
  if (std::holds_alternative<backend::ConnectionLogin>(frame->asked)) {
    return {.frame = refusal(with, frame->rid,
                             {.code = ErrorCode::conflict, .message = "this connection is logged in"})};
  }
  if (std::holds_alternative<Heartbeat>(frame->asked)) return {.frame = answer(with, frame->rid, "{}")};
  const auto& call = std::get<Call>(frame->asked);
  const auto done = port.api().call(*caller, call.op, call.params);
  if (!done) return {.frame = refusal(with, frame->rid, done.error())};
  Served served{.frame = answer(with, frame->rid, done->result, done->replayed)};
  if (served.frame.size() > port.options().answer_bytes_max) {
    served.frame = refusal(
        with, frame->rid,
        {.code = ErrorCode::too_large,
         .message = "it is done, but the answer is larger than allowed: ask for less at once"});
  }
  return served;
}

ServerSession::Served ServerSession::serve_follow(ServerPort& port, const backend::Caller& caller,
                                                  const Frame& frame) {
  const std::uint64_t after = std::get<Follow>(frame.asked).after;
  const auto state = port.events().log(caller.app.id);
  if (!state) return {.frame = refusal(Msg::follow_ack, frame.rid, backend::of_directory(state.error()))};
  if (after > state->head) {
    // Behind what there is: of another server's log, or of one that an older copy was put back for. Waiting would skip events.
    return {.frame = refusal(Msg::follow_ack, frame.rid,
                             {.code = ErrorCode::conflict,
                              .message = "the log of this app does not go so far",
                              .field = "after",
                              .allowed = "a number from 0 to " + std::to_string(state->head)})};
  }
  return {.frame = answer(Msg::follow_ack, frame.rid, log_at(state->head, state->trimmed)), .follow = after};
}

void ServerSession::answered(Served served) {
  calling_ = false;
  if (closing_) return;
  send(served.frame);
  if (served.ends) return end_with(*served.ends);
  if (served.follow) {
    ++following_;
    position_ = *served.follow;
    behind_ = true;
  }
  begin_next();
  read_events();
  read_on();
}

// Events -----------------------------------------------------------------------------------------------------------------

void ServerSession::wake() {
  behind_ = true;
  read_events();
}

void ServerSession::read_events() {
  if (following_ == 0 || !behind_ || reading_ || closing_ || draining_ || armed() || held_back()) return;
  // Before the log is looked at: what comes after that look wakes it.
  port_.followers().wait(app_, where_.id);
  behind_ = false;
  reading_ = port_.api().run([&port = port_, where = where_, key = key_, app = app_,
                              remote = connection_->remote(), after = position_, following = following_] {
    const auto& options = port.options();
    const auto caller = port.api().authenticator().again(key, remote);
    EventsRead read{.page = caller ? backend::events_behind(port.events(), app, after,
                                                            options.events_per_push, options.bytes_per_push)
                                   : fail(caller.error()),
                    .following = following};
    port.tell(where,
              [read = std::move(read)](ServerSession& session) mutable { session.push(std::move(read)); });
  });
  if (reading_) return;
  behind_ = true;
  connection_->shard().timers().arm(*this, port_.options().retry_ms);
}

void ServerSession::push(EventsRead read) {
  reading_ = false;
  if (closing_) return;
  if (!read.page) {
    const auto code = read.page.error().code;
    if (code == ErrorCode::unauthorized || code == ErrorCode::app_disabled)
      return end_with(read.page.error());
    behind_ = true;
    connection_->shard().timers().arm(*this, port_.options().retry_ms);
    return;
  }
  // Otherwise it was said meanwhile from where to go on.
  if (read.following == following_) {
    const auto& page = *read.page;
    if (page.count > 0 || page.lost > 0) send(events(page));
    g_events.add(page.count);
    position_ = page.last;
    if (position_ < page.head) behind_ = true;
  }
  read_events();
}

void ServerSession::on_timer() {
  if (state_ == State::logged_in) return read_events();
  end_with({.code = ErrorCode::unauthorized, .message = "no login in time"});
}

// Output and life --------------------------------------------------------------------------------------------------------

void ServerSession::send(std::string_view frame) {
  const auto& options = port_.options();
  // It is only sent while little waits, so it fits always; the bound is for what comes behind it.
  const std::size_t needed = connection_->outbound_bytes() + frame.size() + 1;
  connection_->set_outbound_bytes_max(
      std::max(options.outbound_bytes_max, static_cast<std::uint32_t>(needed)));
  static_cast<void>(connection_->send(frame));
  connection_->set_outbound_bytes_max(options.outbound_bytes_max);
  if (!held_back()) return;
  g_held.add();
  connection_->tell_when_writable();
}

bool ServerSession::held_back() const {
  return connection_->outbound_bytes() > port_.options().outbound_bytes_max / 2;
}

void ServerSession::on_writable_again() {
  if (state_ != State::logged_in) return;
  begin_next();
  read_events();
  read_on();
}

void ServerSession::read_on() {
  if (connection_->paused() && !full() && !closing_ && !draining_) connection_->resume();
}

void ServerSession::stop_reading() {
  draining_ = true;
  if (!closing_ && connection_->is_open()) connection_->pause();
}

void ServerSession::end_with(const ApiError& why) {
  if (closing_) return;
  closing_ = true;
  cancel();
  queue_.clear();
  if (!connection_->is_open()) return connection_->abort();
  send(goodbye(why));
  connection_->close();
}

void ServerSession::on_protocol_error(net::FrameError error, std::string_view text) {
  const bool large = error == net::FrameError::too_large;
  const bool out = state_ != State::logged_in;
  ApiError why{.code = large ? ErrorCode::too_large : ErrorCode::bad_request, .message = std::string(text)};
  if (large) {
    const auto most = out ? std::min(kFrameBeforeLoginBytesMax, port_.options().frame_bytes_max)
                          : port_.options().frame_bytes_max;
    why.allowed = "frames of at most " + std::to_string(most) + " bytes" + (out ? " before login" : "");
  }
  end_with(why);
}

void ServerSession::on_closed(net::CloseReason reason) {
  PLAZA_LOG(debug, "servers", "a server's connection from {} closed: {}", connection_->remote().text(),
            net::close_reason_name(reason));
  port_.remove(where_.shard, where_.id);  // destroys this
}

}  // namespace plaza::servers
