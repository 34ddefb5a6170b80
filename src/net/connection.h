#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/frame_error.h"
#include "net/http_message.h"
#include "net/json_framer.h"
#include "net/outbound_queue.h"
#include "net/pollable.h"
#include "net/shared_frame.h"
#include "net/transport.h"

namespace plaza::net {

class ConnectionLimits;
class Shard;
enum class WsRole : std::uint8_t;

/// This many bytes behind every frame handed out are readable (simdjson parses in place); their value means
/// nothing.
inline constexpr std::size_t kFramePadding = 64;

enum class FrameVerdict : std::uint8_t {
  continue_,  // deliver the next one
  pause,   // deliver nothing until resume(); what has arrived is kept, then the client is slowed down by TCP
  closed,  // the handler closed or destroyed the connection: it is not touched again
};

/// Why on_closed() came. The numbers are stable (metrics, logs).
enum class CloseReason : std::uint8_t {
  by_us = 0,           // close() or abort()
  peer_closed = 1,     // the peer ended the connection
  reset = 2,           // broken: reset, timed out by TCP, any other error of the socket
  protocol_error = 3,  // after on_protocol_error(), or a request that is no HTTP
  flush_timeout = 4,   // close(): the peer did not take what was queued in time
  tls_failed = 5,
  connect_failed = 6,  // client side: refused, unreachable
  refused = 7,         // client side: the server answered the WebSocket request with something else
  http_done = 8,       // an HTTP connection without keep-alive has its answer
};
[[nodiscard]] std::string_view close_reason_name(CloseReason reason);

/// Status codes of WebSocket close frames (RFC 6455 section 7.4.1) that we send.
enum class WsCloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_data = 1007,
  policy_violation = 1008,
  too_big = 1009,
  internal_error = 1011,
  try_again_later = 1013,
};

/// What one Connection tells its owner (the edge's session, a client).
///
/// Thread   The connection's shard.
/// Calls    on_open, then any of the others, then on_closed exactly once, last; nothing comes after the
///          handler destroyed or detached the connection. Never called from inside a call into the
///          Connection: on_closed comes in a later phase than the close() that caused it.
/// May      In every callback: send, close, abort, pause, resume. Destroying or detaching the connection: in
///          on_frame (then return FrameVerdict::closed) and in on_closed.
/// Time     Nothing here has a deadline except close(): whoever owns the connection arms one (login,
///          heartbeat) and looks at last_heard_ms(). It must be armed before on_open: a client that stays
///          silent in its TLS handshake or in the middle of an HTTP request never gets there.
class ConnectionHandler {
 public:
  /// Frames can be sent and will come: at start() for a JSON listener, after the upgrade for a WebSocket,
  /// after the connect for a client. Never for a connection that only asks for HTTP pages.
  virtual void on_open() {}
  /// One JSON object (a WebSocket's message; the object's inside is not checked). Readable kFramePadding
  /// bytes past the end, and writable; valid during the call.
  virtual FrameVerdict on_frame(std::span<const char> json) = 0;
  /// A request for anything but the WebSocket's path. Nothing: Connection::respond() follows, now or later; until then no
  /// further request is delivered. The default answers 404.
  virtual std::optional<HttpResponse> on_http(HttpRequest request);
  /// What was given of a response's stream is written: Connection::send_piece() follows with more, later.
  virtual void on_http_piece_wanted(const std::shared_ptr<HttpBody>& body) { static_cast<void>(body); }
  /// The peer broke the framing; nothing more is delivered. Send what tells it (ERROR, GOODBYE), then
  /// close(); a handler that does not is closed for it. `text` is for people and contains nothing the peer
  /// sent.
  virtual void on_protocol_error(FrameError error, std::string_view text) = 0;
  virtual void on_closed(CloseReason reason) = 0;
  /// After an Offer::overflow: the queue is below half of its bound again.
  virtual void on_writable_again() {}

 protected:
  ~ConnectionHandler() = default;
};

/// What all connections of one listener (or client) have in common. Must outlive them.
struct ConnectionOptions {
  std::uint32_t frame_bytes_max = 4 * 1024;  // until set_frame_bytes_max()
  std::uint32_t depth_max = 32;              // nesting of a raw JSON frame
  std::uint32_t outbound_bytes_max = 256 * 1024;
  std::int64_t close_deadline_ms = 2000;  // close() waits this long for the peer to take what is queued
  std::uint32_t http_header_bytes_max = 8 * 1024;
  std::uint32_t http_body_bytes_max = 64 * 1024;
  std::uint32_t http_response_bytes_max = 16 * 1024 * 1024;
  std::string websocket_path = "/ws";
  /// Exact origins ("https://chat.example.org") or "*". A page of the same host, and a client that sends no
  /// Origin (not a browser), are always allowed.
  std::vector<std::string> origins;
};

/// One client over TCP or TLS, speaking JSON objects either bare or in WebSocket messages.
///
/// Thread   Its shard (asserted); while detached, whoever holds it.
/// Owner    Whoever started it (unique_ptr). Destroying it closes the socket at once, without a callback.
/// Flow     bytes -> shared read buffer of the shard -> framer -> on_frame (in place, no copy); only the
///          incomplete rest is copied here. send() -> OutboundQueue -> one gathered write at the end of the
///          turn.
/// Limit    frame_bytes_max per frame, outbound_bytes_max waiting. 64 frames and 64 KiB per turn
///          (ShardOptions).
/// Memory   About 300 bytes; nothing on the heap while idle (a WebSocket: one small block; TLS: OpenSSL's).
/// Stop     close() flushes with a deadline; abort() does not.
class Connection final : private Pollable {
 public:
  enum class Kind : std::uint8_t { json, http };

  /// Takes the socket over (non-blocking, connected). Nothing happens before start().
  Connection(Shard& shard, Transport transport, Kind kind, std::shared_ptr<const ConnectionOptions> options,
             const Address& remote, std::shared_ptr<ConnectionLimits> limits = nullptr);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins; `handler` lives until on_closed() or until it destroys the connection. on_open() may come within
  /// this call.
  void start(ConnectionHandler& handler);
  /// Another handler from now on (a session that takes over after the login).
  void set_handler(ConnectionHandler& handler) { handler_ = &handler; }

  /// One frame. Accepted means: written in order unless the connection breaks.
  Offer send(std::string_view json);
  Offer send(const SharedFrame& frame);
  /// One frame of two parts, of which the second is shared: pushes whose first bytes differ per recipient.
  Offer send_parts(std::string_view head, const SharedFrame& tail);
  /// Several frames that were framed for this kind of connection already: lines, or text messages of a WebSocket server.
  /// Taken all or none.
  Offer send_framed(const SharedFrame& framed, std::uint32_t frames);

  /// The answer to the request that on_http() did not answer itself. The next request is delivered when this is written. Without
  /// effect when no request waits for one: the connection is closing, or a deadline has answered.
  void respond(const HttpResponse& response);
  /// A request was delivered and has no answer yet.
  [[nodiscard]] bool owes_response() const;
  /// More of the stream that a response has. None at all, or more than it said: the connection is cut, so that the peer takes what it
  /// got for no whole. Without effect when no piece is wanted.
  void send_piece(std::string piece);
  /// A response is being sent piece by piece.
  [[nodiscard]] bool streaming() const;

  /// Nothing more is delivered or accepted. What is queued is written, a WebSocket gets a close frame with
  /// this code and reason (<= 123 bytes, else cut), and the peer has close_deadline_ms to take it; then
  /// on_closed(by_us).
  void close(WsCloseCode code = WsCloseCode::normal, std::string_view reason = {});
  /// Ends at once; on_closed(by_us) follows.
  void abort();

  void pause();
  void resume();
  [[nodiscard]] bool paused() const { return paused_; }
  void set_frame_bytes_max(std::uint32_t bytes) { frame_bytes_max_ = bytes; }
  void set_outbound_bytes_max(std::uint32_t bytes) { outbound_.set_bytes_max(bytes); }
  /// on_writable_again() will come as after an overflow: for an owner who stops offering before the bound.
  /// Something must be queued now.
  void tell_when_writable() { overflowed_ = true; }

  [[nodiscard]] const Address& remote() const { return remote_; }
  [[nodiscard]] bool is_websocket() const { return websocket_; }
  [[nodiscard]] bool is_open() const { return stage_ == Stage::json || stage_ == Stage::websocket; }
  [[nodiscard]] bool is_tls() const { return transport_.is_tls(); }
  /// Shard::now_ms() of the last byte that came; of start() before the first.
  [[nodiscard]] std::int64_t last_heard_ms() const { return last_heard_ms_; }
  /// The beginning of a frame has come, and its end has not.
  [[nodiscard]] bool mid_frame() const { return rest_size_ > 0 && !rest_whole_; }
  [[nodiscard]] std::size_t outbound_bytes() const { return outbound_.bytes(); }
  [[nodiscard]] Shard& shard() const { return *shard_; }

  /// Takes it off its shard: no callback comes until attach(). What has arrived, and what waits to be
  /// written, is kept. Not while closing. From a FrameVerdict: return closed.
  void detach();
  /// Goes on on `shard`, with `handler`.
  void attach(Shard& shard, ConnectionHandler& handler);
  [[nodiscard]] bool attached() const { return attached_; }

 private:
  friend class Dialer;
  enum class Stage : std::uint8_t {
    idle,           // before start()
    connecting,     // client: the TCP handshake
    tls_handshake,  // client
    http,           // server: requests, until one of them is the upgrade
    http_client,    // client: waits for the answer to the upgrade
    json,
    websocket,
    closing,    // what is queued is written
    lingering,  // our side is shut; input is thrown away until the peer ends
    closed,     // waits to be buried
  };
  struct ReadPass;
  struct HttpStage;
  struct DialStage;
  struct WsStage;
  struct Closing;
  enum class Pass : std::uint8_t { need_more, budget_spent, stopped };

  // Pollable.
  void on_events(std::uint32_t events) override;
  bool serve(TurnBudget& budget) override;
  void flush() override;
  void bury() override;

  // Output (connection_output.cpp).
  Offer after_offer(Offer offer, std::uint32_t frames = 1);
  Offer send_masked(std::uint8_t opcode, std::string_view first, std::string_view second);
  void send_control(std::uint8_t opcode, std::string_view payload);
  void write_ready();

  // Input (connection_input.cpp).
  bool read_and_deliver(TurnBudget& budget);
  bool after_pass(const ReadPass& pass, Pass result, IoStatus status);
  Pass deliver(ReadPass& pass, std::uint32_t& frames);
  Pass deliver_json(ReadPass& pass, std::uint32_t& frames);
  Pass deliver_websocket(ReadPass& pass, std::uint32_t& frames);
  Pass give_frame(ReadPass& pass, std::span<const char> json);
  void break_framing(ReadPass& pass, FrameError error);
  void keep_rest(const ReadPass& pass);
  void drop_rest();
  bool discard_input();

  // Before the frames: HTTP of both sides, and the client's way there (connection_http.cpp).
  Pass deliver_http(ReadPass& pass, std::uint32_t& frames);
  Pass answer_http(ReadPass& pass, HttpRequest request);
  Pass upgrade(ReadPass& pass, const HttpRequest& request);
  void queue_response(const HttpResponse& response, bool keep_alive, bool head_only);
  void want_piece();
  Pass deliver_http_client(ReadPass& pass);
  void begin_protocol();
  void begin_websocket(WsRole role);
  bool continue_dial();

  // Life (connection.cpp).
  void begin_close(CloseReason reason);
  void finish(CloseReason reason);
  bool register_fd();
  void release();

  // Set by start() and attach().
  Shard* shard_;
  ConnectionHandler* handler_ = nullptr;
  // Constant after construction.
  const std::shared_ptr<const ConnectionOptions> options_;
  std::shared_ptr<ConnectionLimits> limits_;
  const Address remote_;
  const Kind kind_;
  // On the shard only.
  Stage stage_ = Stage::idle;
  CloseReason close_reason_ = CloseReason::by_us;
  FrameError broken_ = FrameError::none;
  bool websocket_ = false;
  bool attached_ = false;
  bool paused_ = false;
  bool readable_ = false;    // the socket may have more
  bool hangup_ = false;      // the peer's end is near: read until it comes
  bool reset_ = false;       // and both directions are over
  bool blocked_ = false;     // the socket takes no more: wait for EPOLLOUT
  bool overflowed_ = false;  // owes on_writable_again()
  bool rest_whole_ = false;  // rest_ may hold complete frames (the budget was spent, or paused)
  std::uint32_t frame_bytes_max_;
  std::uint32_t rest_size_ = 0;
  std::uint32_t rest_capacity_ = 0;
  JsonFramer framer_;
  std::int64_t last_heard_ms_ = 0;
  Transport transport_;
  OutboundQueue outbound_;
  std::unique_ptr<char[]> rest_;  // the incomplete end of what was read
  ReadPass* pass_ = nullptr;      // while input is being delivered
  std::unique_ptr<HttpStage> http_;
  std::unique_ptr<DialStage> dial_;
  std::unique_ptr<WsStage> ws_;
  std::unique_ptr<Closing> closing_;
};

}  // namespace plaza::net
