#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/rate_limit.h"
#include "chat/hub.h"
#include "chat/session.h"
#include "net/connection.h"
#include "net/http_exchange.h"
#include "net/timer_wheel.h"
#include "protocol/request.h"

namespace plaza::edge {

class EdgeShard;

/// One client: its connection, its deadlines, and the session that the domain sees.
///
///   frame -> RequestParser -> allowed in this state? -> account request (AccountRequests) or member request (chat::Hub)
///
/// Thread  The shard that has it; it moves to its member's home shard when it enters. Owner: EdgeShard.
/// Limit   One request at a time besides sends: while one is waited for, the connection is not read. Answers may fill the
///         outbound queue to half, then reading pauses until it drained; pushes may fill 7/16, then the session
///         falls to pull: a page of the longest kind, which is half, still fits behind them.
/// Stop    close_with() says GOODBYE, flushes with the connection's deadline; on_closed() is the end.
class Session final : public net::ConnectionHandler, public chat::SessionOut, private net::Timer {
 public:
  Session(EdgeShard& shard, chat::SessionId id, std::unique_ptr<net::Connection> connection, net::Door door);
  ~Session() override;

  void start();
  [[nodiscard]] chat::SessionId id() const { return chat_.id; }
  [[nodiscard]] chat::Session& chat() { return chat_; }
  [[nodiscard]] net::Connection& connection() { return *connection_; }
  [[nodiscard]] bool closing() const { return closing_; }
  /// It speaks frames: not one that has only asked for HTTP pages so far.
  [[nodiscard]] bool is_client() const { return is_client_; }
  /// An HTTP request waits for its answer, or the answer to be written.
  [[nodiscard]] bool answering_http() const;

  /// How many times the sessions of some account had been ended (EdgeNode::endings) when its login was asked for.
  [[nodiscard]] std::uint64_t endings_seen() const { return endings_seen_; }
  void set_endings_seen(std::uint64_t endings) { endings_seen_ = endings; }

  /// Leaves this shard for another: nothing happens to it until arrive().
  void depart();
  void arrive(EdgeShard& shard);

  /// After the state changed (logged in, entered, logged out): limits and deadlines of that state.
  void settle();
  void close_with(protocol::Errno why, std::string_view text, bool reconnect);
  /// No more requests from now on; what is answered still goes out. For the drain at the end.
  void stop_reading();

  // chat::SessionOut
  bool send(std::string_view frame) override;
  bool push(std::string_view head, chat::SharedTail& tail) override;
  bool push_frames(chat::SharedFrames& frames) override;
  void close(const protocol::GoodbyePush& goodbye) override;
  bool push_if_idle(std::string_view frame) override;
  void resume(chat::Resume with) override;

 private:
  // net::ConnectionHandler
  void on_open() override;
  net::FrameVerdict on_frame(std::span<const char> json) override;
  std::optional<net::HttpResponse> on_http(net::HttpRequest request) override;
  void on_http_piece_wanted(const std::shared_ptr<net::HttpBody>& body) override;
  void on_protocol_error(net::FrameError error, std::string_view text) override;
  void on_closed(net::CloseReason reason) override;
  void on_writable_again() override;
  // net::Timer
  void on_timer() override;

  enum Pause : std::uint8_t { request = 1, backlog = 2, draining = 4 };
  chat::Verdict handle(const protocol::Request& request);
  [[nodiscard]] bool within_account_rate(const protocol::Request& request);
  void refuse_frame(const protocol::ParseError& error);
  [[nodiscard]] bool has_room_to_push(std::size_t bytes);
  void set_pause(Pause reason, bool on);
  void respond(const net::HttpResponse& response);
  void send_piece(std::string piece);
  void arm_deadline(std::int64_t ms);

  const net::Door door_;
  EdgeShard* shard_;
  std::unique_ptr<net::Connection> connection_;
  chat::Session chat_;
  std::unique_ptr<std::string> held_;  ///< the frame to be delivered again at resume(Resume::same)
  std::int64_t deadline_ms_ = 0;  ///< for the login, the next HTTP request or its answer; 0 when logged in
  RateLimit account_requests_;    ///< logins, tokens, members: of the connection, whoever is logged in
  std::uint64_t endings_seen_ = 0;
  std::int64_t said_ms_ = 0;  ///< when something was last sent
  std::uint8_t paused_ = 0;
  bool in_frame_ = false;  ///< inside on_frame(): a resume() now means "do not pause"
  bool resumed_ = false;
  bool closing_ = false;
  bool is_client_ = false;
  bool framing_broken_ = false;
};

}  // namespace plaza::edge
