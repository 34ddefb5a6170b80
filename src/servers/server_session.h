#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "backend/authenticator.h"
#include "net/connection.h"
#include "net/timer_wheel.h"
#include "servers/followers.h"
#include "servers/wire.h"

namespace plaza::servers {

class ServerPort;

/// What everybody is told when the server stops.
[[nodiscard]] backend::ApiError server_stops();

/// One connection of an app's server.
///
///   frame -> queue -> (a worker) parse -> is the key still good? -> Api::call -> answer      one after the other
///   woken -> (a worker) is the key still good? -> a page of the app's log -> pushed          one page at a time
///
/// Thread  Its shard's. What blocks is done on the Api's workers, with copies; what comes of it is posted back, and finds no one when
///         the connection has ended meanwhile.
/// Order   Calls are made and answered in the order in which they came: what was asked later sees what was asked before. Events come by
///         number, each once on this connection.
/// Limit   calls_waiting_max, then the connection is not read. While more than half of outbound_bytes_max waits to be read by
///         the server, no call is begun and no page is read: a slow reader holds itself back, and nothing piles up.
/// Stop    end_with() says why, and what is queued is written within the connection's deadline.
class ServerSession final : public net::ConnectionHandler, private net::Timer {
 public:
  ServerSession(ServerPort& port, Followers::Where where, std::unique_ptr<net::Connection> connection);
  ~ServerSession() override;

  void start();
  /// There may be further events.
  void wake();
  void stop_reading();
  void end_with(const backend::ApiError& why);
  /// Nothing that it asked waits for an answer.
  [[nodiscard]] bool idle() const { return !calling_ && queue_.empty(); }

 private:
  /// What a worker made of a frame.
  struct Served {
    std::string frame;                        ///< the answer
    std::optional<backend::ApiError> ends{};  ///< the key is not good any more
    std::optional<std::uint64_t> follow{};    ///< events behind this from now on
  };
  struct EventsRead {
    backend::ApiResult<backend::EventsBehind> page;
    std::uint64_t following = 0;
  };
  enum class State : std::uint8_t { logged_out, checking, logged_in };

  // net::ConnectionHandler
  void on_open() override;
  net::FrameVerdict on_frame(std::span<const char> json) override;
  void on_protocol_error(net::FrameError error, std::string_view text) override;
  void on_closed(net::CloseReason reason) override;
  void on_writable_again() override;
  // net::Timer
  void on_timer() override;

  net::FrameVerdict log_in(std::span<const char> json);
  void logged_in(std::optional<std::uint64_t> rid, const std::string& key,
                 const backend::ApiResult<backend::Caller>& caller);
  void begin_next();
  void answered(Served served);
  static Served serve(ServerPort& port, const std::string& key, const net::Address& remote,
                      const std::string& text);
  static Served serve_follow(ServerPort& port, const backend::Caller& caller, const Frame& frame);

  void read_events();
  void push(EventsRead read);

  void send(std::string_view frame);
  [[nodiscard]] bool held_back() const;
  [[nodiscard]] bool full() const;
  void read_on();

  // Constant after construction.
  ServerPort& port_;
  const Followers::Where where_;
  const std::string challenge_;
  // On the shard only.
  std::unique_ptr<net::Connection> connection_;
  State state_ = State::logged_out;
  bool closing_ = false;
  bool draining_ = false;
  std::string key_;
  AppId app_;
  // Calls.
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool calling_ = false;
  // Events.
  std::uint64_t following_ = 0;  ///< how often it was said from where; 0: never
  std::uint64_t position_ = 0;
  bool behind_ = false;   ///< there may be events behind the position
  bool reading_ = false;  ///< a page
};

}  // namespace plaza::servers
