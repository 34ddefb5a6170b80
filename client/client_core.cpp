#include "client/client_core.h"

#include <algorithm>
#include <random>
#include <utility>

#include "client/frame_check.h"
#include "client/wire.h"
#include "net/dialer.h"
#include "net/shard.h"
#include "net/tls_context.h"

namespace plaza::client {
namespace {

constexpr std::uint32_t kFrameBytesMax = 16 * 1024 *
                                         1024;  // a page of the server is at most 256 KiB of bodies, escaped
constexpr std::uint32_t kDepthMax = 64;
constexpr std::uint32_t kOutboundBytesMax = 8 * 1024 *
                                            1024;  // more than a full window of the largest messages
constexpr std::int64_t kLeaveMs = 1000;

std::uint64_t seed_of(const ClientOptions& options) {
  return options.seed != 0 ? options.seed : std::random_device{}() * 0x9e3779b97f4a7c15ULL;
}

std::string closed_text(net::CloseReason reason, const Endpoint& endpoint) {
  switch (reason) {
    case net::CloseReason::connect_failed: return "cannot reach " + endpoint.text();
    case net::CloseReason::tls_failed:
      return "TLS with " + endpoint.text() + " failed (is its certificate trusted?)";
    case net::CloseReason::refused: return endpoint.text() + " does not speak WebSocket there";
    case net::CloseReason::peer_closed: return "the server closed the connection";
    case net::CloseReason::protocol_error: return "the server sent what is no frame";
    default: return "the connection broke";
  }
}

}  // namespace

ClientCore::ClientCore(net::Shard& shard, ClientOptions options, ClientEvents& events)
    : shard_(shard),
      options_(std::move(options)),
      events_(&events),
      backoff_(options_.rules.reconnect_base_ms, options_.rules.reconnect_cap_ms, seed_of(options_)),
      rules_(std::make_unique<SessionRules>(options_.rules, seed_of(options_))),
      wake_timer_([this] { pump(); }),
      deadline_timer_([this] { on_deadline(); }),
      retry_timer_([this] { connect(); }),
      heartbeat_timer_([this] { on_heartbeat(); }),
      request_timer_([this] { expire_requests(); }),
      channel_timer_([this] { on_channel_retry(); }) {
  net::ConnectionOptions connection;
  connection.frame_bytes_max = kFrameBytesMax;
  connection.depth_max = kDepthMax;
  connection.outbound_bytes_max = kOutboundBytesMax;
  connection_options_ = std::make_shared<const net::ConnectionOptions>(std::move(connection));
}

ClientCore::~ClientCore() = default;

std::int64_t ClientCore::now_ms() const { return shard_.now_ms(); }

void ClientCore::set_state(ClientState state, const std::string& why) {
  state_ = state;
  if (events_ != nullptr) events_->on_state(state, why);
}

void ClientCore::start() {
  if (running_ || events_ == nullptr) return;
  running_ = true;
  if (state_ == ClientState::offline) connect();
}

void ClientCore::leave(std::move_only_function<void()> stopped) {
  const bool online = state_ == ClientState::online;
  const bool nobody = state_ == ClientState::connected;
  const bool revoke = options_.revoke_on_stop && !(nobody && issued_.empty());
  if (!link_open() || !(online || revoke)) {
    stop();
    return stopped();
  }
  if (online) {
    for (const Frame& frame : rules_->last_frames()) write(encode_frame(frame));
  }
  events_ = nullptr;
  running_ = false;
  stopped_ = std::move(stopped);
  for (net::Timer* timer : {&wake_timer_, &retry_timer_, &heartbeat_timer_, &request_timer_, &channel_timer_})
    timer->cancel();
  shard_.timers().arm(deadline_timer_, kLeaveMs);
  requests_.clear();
  if (!revoke) return hang_up();
  if (nobody) return revoke_rest([this] { hang_up(); });
  ask(protocol::Loginout{.id = {}, .revoke = true}, [this](const Reply& reply) {
    if (reply.ok()) session_revoked(session_tokens_);
    revoke_rest([this] { hang_up(); });
  });
}

void ClientCore::hang_up() {
  if (link_open()) connection_->close();
  open_ = false;
}

void ClientCore::stop() {
  events_ = nullptr;
  running_ = false;
  for (net::Timer* timer :
       {&wake_timer_, &deadline_timer_, &retry_timer_, &heartbeat_timer_, &request_timer_, &channel_timer_})
    timer->cancel();
  connection_.reset();
  open_ = false;
  state_ = ClientState::offline;
  requests_.clear();
  sends_.clear();
  later_.clear();
  login_done_ = nullptr;
}

// Never without TLS where TLS was asked for: the login carries a password.
bool ClientCore::make_tls() {
  if (!options_.endpoint.tls || tls_) return true;
  auto tls = net::TlsContext::client({.ca_file = options_.ca_file, .verify = options_.verify_certificate});
  if (tls) {
    tls_ = std::move(*tls);
    return true;
  }
  ended_ = true;
  set_state(ClientState::ended, tls.error());
  Reply reply;
  reply.message.refusal.error = protocol::Errno::unavailable;
  reply.message.refusal.message = tls.error();
  tell_login(reply);
  fail_sent_requests(tls.error());
  return false;
}

void ClientCore::connect() {
  if (!running_ || ended_ || connection_) return;
  retry_timer_.cancel();
  if (!make_tls()) return;
  set_state(ClientState::connecting);
  shard_.timers().arm(deadline_timer_, options_.connect_timeout_ms);
  const Endpoint& to = options_.endpoint;
  const std::string host = to.host.find(':') == std::string::npos ? to.host : "[" + to.host + "]";
  if (const auto literal = net::Address::parse(host + ":" + std::to_string(to.port))) return dial(*literal);
  if (!resolver_) resolver_ = std::make_unique<WorkerPool>("plaza-resolve", 1, 1);
  const bool taken = resolver_->try_run([self = shared_from_this(), host = to.host, port = to.port] {
    self->shard_.post([self, addresses = net::resolve_blocking(host, port)]() mutable {
      self->resolved(std::move(addresses));
    });
  });
  if (!taken) retry_later("the look-up of " + to.host + " takes long");
}

void ClientCore::resolved(Result<std::vector<net::Address>, std::string> addresses) {
  if (state_ != ClientState::connecting || connection_) return;  // stopped, or given up meanwhile
  if (!addresses) return retry_later(addresses.error());
  if (addresses->empty()) return retry_later("no address is known for " + options_.endpoint.host);
  dial(addresses->at(address_turn_++ % addresses->size()));
}

void ClientCore::dial(const net::Address& address) {
  net::DialOptions dial{.to = address,
                        .tls = tls_,
                        .host = options_.endpoint.host,
                        .path = options_.endpoint.path,
                        .origin = {},
                        .connection = connection_options_};
  if (options_.endpoint.websocket) dial.protocol = net::DialOptions::Protocol::websocket;
  auto connection = net::Dialer::dial(shard_, dial, *this);
  if (!connection) return retry_later(connection.error());
  // It may be open by now: on_open() cannot tell us before we hold it.
  connection_ = std::move(*connection);
  if (connection_->is_open() && !open_) on_open();
}

void ClientCore::on_open() {
  if (!connection_) return;  // within dial(): comes again from there
  open_ = true;
  heard_ = false;
  last_why_.clear();
  fault_.reset();
  last_sent_ms_ = now_ms();
  begin_login();
}

net::FrameVerdict ClientCore::on_frame(std::span<const char> json) {
  const auto alive = shared_from_this();
  heard_ = true;
  auto message = parser_.parse({json.data(), json.size()});
  if (!message) {
    last_why_ = "the server sent something unreadable: " + message.error();
    connection_->abort();
    open_ = false;
  } else {
    dispatch(std::move(*message));
  }
  return link_open() ? net::FrameVerdict::continue_ : net::FrameVerdict::closed;
}

void ClientCore::on_protocol_error(net::FrameError error, std::string_view text) {
  if (!heard_ && error == net::FrameError::not_an_object && !options_.endpoint.websocket) {
    Endpoint http = options_.endpoint;
    http.websocket = true;
    last_why_ = options_.endpoint.text() + " is no Plaza TCP port (an HTTP port? use " + http.text() + ")";
    ended_ = true;
    return;
  }
  last_why_ = "the server broke the framing: " + std::string(text);
}

void ClientCore::on_closed(net::CloseReason reason) {
  const auto alive = shared_from_this();
  if (stopped_) return on_deadline();
  link_lost(last_why_.empty() ? closed_text(reason, options_.endpoint) : last_why_);
}

void ClientCore::link_lost(std::string why) {
  const bool was_open = open_;
  connection_.reset();
  open_ = false;
  last_why_.clear();
  for (net::Timer* timer : {&wake_timer_, &deadline_timer_, &heartbeat_timer_}) timer->cancel();
  // One that ends as soon as it begins is no success: a client of which something ends every session must not come back at once
  // each time.
  if (const auto since = std::exchange(online_since_ms_, std::nullopt)) {
    if (now_ms() - *since >= options_.rules.session_settled_ms) backoff_.reset();
  }
  if (fault_) {
    rules_->faulted(static_cast<int>(fault_->error), refusal_text(*fault_));
    fault_.reset();
    arm_pump();  // the outcome, if it is known whose fault it was
  }
  rules_->disconnected();
  channels_.disconnected();
  const ClientState before = state_;
  state_ = ClientState::waiting;
  fail_sent_requests(why);
  if (!running_) return;
  if (ended_) {
    set_state(ClientState::ended, why);
    Reply reply;
    reply.message.refusal.error = protocol::Errno::unavailable;
    reply.message.refusal.message = why;
    return tell_login(reply);
  }
  // The server ends connections on which nobody logs in: that is no trouble, and the next request connects again.
  const bool nobody = !credentials_ && member_token_.empty() && requests_.empty();
  if (was_open && nobody && before == ClientState::connected) return set_state(ClientState::offline);
  retry_later(why);
}

void ClientCore::retry_later(const std::string& why) {
  deadline_timer_.cancel();
  shard_.timers().arm(retry_timer_, backoff_.next(std::exchange(retry_after_ms_, 0)));
  set_state(ClientState::waiting, why);
}

void ClientCore::on_deadline() {
  if (stopped_) {
    stop();
    return std::exchange(stopped_, nullptr)();
  }
  const std::string why = "no answer from " + options_.endpoint.text() + " in time";
  if (!connection_) return retry_later(why);  // the look-up of the name hangs
  last_why_ = why;
  connection_->abort();
  open_ = false;
}

void ClientCore::on_heartbeat() {
  if (!link_open()) return;
  if (now_ms() - connection_->last_heard_ms() > 2 * heartbeat_ms_) {
    last_why_ = "the server is silent";
    connection_->abort();
    open_ = false;
    return;
  }
  if (now_ms() - last_sent_ms_ >= heartbeat_ms_ / 2) {
    std::string frame;
    protocol::encode(frame, protocol::Heartbeat{});
    write(frame);
  }
  shard_.timers().arm(heartbeat_timer_, heartbeat_ms_ / 4);
}

void ClientCore::write(const std::string& frame) {
  if (!link_open()) return;
  last_sent_ms_ = now_ms();
  if (connection_->send(frame) != net::Offer::overflow) return;
  last_why_ = "the server does not read";
  connection_->abort();
  open_ = false;
}

void ClientCore::send(Outgoing message, Client::SendCallback done) {
  if (events_ == nullptr) return;
  message.tag = next_tag_++;
  const std::uint64_t tag = message.tag;
  if (const auto refusal = refusal_of(message, body_bytes_max_)) {
    SendOutcome never{.message = std::move(message),
                      .error = static_cast<int>(refusal->error),
                      .text = refusal_text(*refusal)};
    if (done) done(never);
    return;
  }
  if (!rules_->send(message)) {
    SendOutcome full{.message = std::move(message),
                     .error = static_cast<int>(protocol::Errno::try_again),
                     .text = "too many messages wait to be sent"};
    if (done) done(full);
    return;
  }
  if (done) sends_.emplace(tag, std::move(done));
  arm_pump();
}

void ClientCore::mark_read(Conversation conversation, std::uint64_t cseq) {
  rules_->mark_read(conversation, cseq, now_ms());
  arm_pump();
}

void ClientCore::run_later(std::int64_t delay_ms, std::move_only_function<void()> task) {
  if (events_ == nullptr) return;
  std::erase_if(later_, [](const auto& timer) { return !timer->armed(); });
  later_.push_back(std::make_unique<net::CallbackTimer>(std::move(task)));
  shard_.timers().arm(*later_.back(), delay_ms);
}

// One pump per turn of the shard, however many frames and calls came in it.
void ClientCore::arm_pump() {
  if (std::exchange(pump_armed_, true)) return;
  shard_.defer([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->pump();
  });
}

void ClientCore::pump() {
  pump_armed_ = false;
  if (!running_) return;
  give_events();
  if (state_ != ClientState::online) return;
  for (const Frame& frame : rules_->take_frames(now_ms())) write(encode_frame(frame));
  if (const auto wake = rules_->next_wake_ms()) {
    shard_.timers().arm(wake_timer_, std::max<std::int64_t>(0, *wake - now_ms()));
  }
}

void ClientCore::give_events() {
  for (const Event& event : rules_->take_events()) {
    if (events_ == nullptr) return;
    if (const auto* message = std::get_if<Message>(&event)) {
      events_->on_message(*message);
    } else if (const auto* gap = std::get_if<Gap>(&event)) {
      events_->on_gap(*gap);
    } else {
      const auto& outcome = std::get<SendOutcome>(event);
      if (auto done = sends_.extract(outcome.message.tag)) done.mapped()(outcome);
    }
  }
}

}  // namespace plaza::client
