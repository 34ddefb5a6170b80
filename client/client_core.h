#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/worker_pool.h"
#include "client/client.h"
#include "client/rules/channel_book.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/timer_wheel.h"

namespace plaza::net {
class Shard;
class TlsContext;
}  // namespace plaza::net

namespace plaza::client {

/// The inside of Client: one connection after another, the login, requests, and the rules between them.
///
/// Thread   The client's shard only, but for next_rid().
/// Owner    Client; held also by its tasks on their way, and by a look-up of the host's name.
/// Flow     connect -> (token | password | nothing) -> ENTER -> READY -> online; frames -> rules -> events.
class ClientCore final : public net::ConnectionHandler, public std::enable_shared_from_this<ClientCore> {
 public:
  ClientCore(net::Shard& shard, ClientOptions options, ClientEvents& events);
  ~ClientCore();

  void start();
  /// Tells the server what is still to be told (receive cursor, marks), and ends the connection in order; then stop().
  /// `stopped` comes once that is done, or after a short deadline.
  void leave(std::move_only_function<void()> stopped);
  void stop();
  /// Not on the shard: a look-up of a name may take seconds. After stop().
  void join_resolver() { resolver_.reset(); }
  void login(Credentials credentials, Client::ReplyCallback done);
  void register_account(const std::string& name, const std::string& password, Client::ReplyCallback done);
  void enter(std::uint64_t member, Client::ReplyCallback done);
  void create_member(const std::string& nickname, const std::string& avatar, Client::ReplyCallback done);
  void logout(bool revoke_token, Client::ReplyCallback done);
  void send(Outgoing message, Client::SendCallback done);
  void mark_read(Conversation conversation, std::uint64_t cseq);
  void subscribe(const std::string& channel, std::uint32_t newest);
  void unsubscribe(const std::string& channel);
  void run_later(std::int64_t delay_ms, std::move_only_function<void()> task);

  /// When a request may go out.
  enum class When : std::uint8_t { connected, online };
  void request(std::uint64_t rid, std::string frame, Client::ReplyCallback done, When when);
  std::uint64_t next_rid() { return next_rid_.fetch_add(1, std::memory_order_relaxed); }

 private:
  struct Pending {
    Client::ReplyCallback done;
    std::int64_t deadline_ms = 0;
    std::string frame;  ///< not sent yet while it is not empty
    When when = When::online;
  };

  // net::ConnectionHandler.
  void on_open() override;
  net::FrameVerdict on_frame(std::span<const char> json) override;
  void on_protocol_error(net::FrameError error, std::string_view text) override;
  void on_closed(net::CloseReason reason) override;

  // Connections (client_core.cpp).
  void set_state(ClientState state, const std::string& why = {});
  bool make_tls();
  void connect();
  void dial(const net::Address& address);
  void resolved(Result<std::vector<net::Address>, std::string> addresses);
  void link_lost(std::string why);
  void retry_later(const std::string& why);
  void on_deadline();
  void on_heartbeat();
  void write(const std::string& frame);
  void send_waiting(When when);
  void fail_sent_requests(const std::string& why);
  void expire_requests();
  void arm_pump();
  void pump();
  void give_events();
  [[nodiscard]] std::int64_t now_ms() const;
  [[nodiscard]] bool link_open() const { return connection_ != nullptr && open_; }
  template <class R>
  void ask(const R& typed, Client::ReplyCallback done, When when = When::connected) {
    const std::uint64_t rid = next_rid();
    std::string frame;
    protocol::encode(frame, typed, rid);
    request(rid, std::move(frame), std::move(done), when);
  }

  // Login (client_login.cpp).
  void begin_login();
  void on_login_reply(const Reply& reply);
  void login_refused(const Reply& reply);
  void choose_member();
  void wait_for_choice(const std::string& why);
  void not_answered();
  void note_token(const std::string& token);
  void session_revoked(const std::vector<std::string>& tokens);
  void revoke_rest(std::move_only_function<void()> then);
  void hang_up();
  void send_enter(std::uint64_t member);
  void enter_refused(const Reply& reply);
  void entered(const protocol::EnterAck& ack);
  void forget_session();
  void tell_login(const Reply& reply);

  // Channels (client_channels.cpp).
  void work_channels();
  void channel_reply(const std::string& channel, const Reply& reply);
  void on_channel_retry();

  // Frames (client_frames.cpp).
  void dispatch(protocol::ServerMessage message);
  void on_push(const protocol::ServerMessage& message);
  void on_goodbye(const protocol::GoodbyePush& goodbye);

  // Constant after construction.
  net::Shard& shard_;
  const ClientOptions options_;
  // Any thread (atomic).
  std::atomic<std::uint64_t> next_rid_{1};
  // On the shard only.
  ClientEvents* events_;  ///< null after stop()
  ClientState state_ = ClientState::offline;
  bool running_ = false;
  std::shared_ptr<const net::ConnectionOptions> connection_options_;
  std::shared_ptr<net::TlsContext> tls_;
  std::unique_ptr<WorkerPool> resolver_;  ///< only for a host that is a name
  std::size_t address_turn_ = 0;
  std::unique_ptr<net::Connection> connection_;
  bool open_ = false;
  bool heard_ = false;    ///< a frame came on this connection
  std::string last_why_;  ///< why this connection is about to end, when we know better than the socket
  std::int64_t retry_after_ms_ = 0;
  std::optional<protocol::Refusal> fault_;  ///< a frame of ours is why the server ends the connection
  std::int64_t last_sent_ms_ = 0, heartbeat_ms_ = 25'000;
  std::optional<std::int64_t> online_since_ms_;
  Backoff backoff_;
  std::unordered_map<std::uint64_t, Pending> requests_;  ///< by rid
  protocol::ServerMessageParser parser_;
  // The login.
  std::optional<Credentials> credentials_;
  std::string member_token_, account_token_, account_;
  std::uint64_t member_ = 0;        ///< that is or was entered last
  std::uint64_t asked_member_ = 0;  ///< that the person asked for by enter(), until its outcome is known
  std::vector<protocol::MemberEntry> members_;
  std::vector<std::string> issued_;  ///< every token of this run that is still valid, as far as we know
  std::vector<std::string> session_tokens_;  ///< those that end with this session's LOGINOUT
  bool ended_ = false;
  Client::ReplyCallback login_done_;
  std::move_only_function<void()> stopped_;  ///< while leaving
  // The session.
  std::unique_ptr<SessionRules> rules_;
  ChannelBook channels_;
  std::uint64_t next_tag_ = 1;
  std::uint64_t body_bytes_max_ = protocol::kBodyBytesMax;         ///< as the last ENTER_ACK said
  std::unordered_map<std::uint64_t, Client::SendCallback> sends_;  ///< by tag
  bool pump_armed_ = false;
  std::vector<std::unique_ptr<net::CallbackTimer>> later_;  ///< fired ones go at the next run_later()
  net::CallbackTimer wake_timer_, deadline_timer_, retry_timer_, heartbeat_timer_, request_timer_,
      channel_timer_;
};

}  // namespace plaza::client
