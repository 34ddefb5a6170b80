#pragma once
// What a Connection holds only in some of its stages, so that an idle one stays small. Private to
// connection*.cpp.
#include <cstddef>
#include <string>

#include "net/connection.h"
#include "net/http_parser.h"
#include "net/shard.h"
#include "net/timer_wheel.h"
#include "net/ws_codec.h"

namespace plaza::net {

/// The bytes being delivered: in the shard's read buffer, on the stack of serve(). `gone` is set when a
/// callback destroyed or detached the connection, after which it must not be touched (it may be on another
/// thread already).
struct Connection::ReadPass {
  char* data;
  std::size_t begin;
  std::size_t end;
  bool gone = false;
  bool resumed =
      false;  // resume() was called by the callback that is running: it wins over its FrameVerdict::pause
};

struct Connection::Closing final : Timer {
  Closing(Connection& c, CloseReason r) : connection(c), reason(r) {}
  void on_timer() override {
    connection.finish(connection.stage_ == Stage::lingering ? reason : CloseReason::flush_timeout);
  }

  Connection& connection;
  const CloseReason reason;
  bool peer_ended = false;
};

struct Connection::HttpStage {
  explicit HttpStage(const ConnectionOptions& options)
      : parser(options.http_header_bytes_max, options.http_body_bytes_max) {}
  HttpRequestParser parser;
  // Of the request that was delivered and is not answered yet.
  bool answering = false;
  bool keep_alive = false;
  bool head_only = false;
  // Of the response that is being sent piece by piece.
  std::shared_ptr<HttpBody> stream;
  std::uint64_t stream_left = 0;  // bytes that were not handed over yet
  bool piece_asked = false;
};

struct Connection::WsStage {
  explicit WsStage(WsRole r) : role(r), decoder(r) {}
  const WsRole role;
  WsDecoder decoder;
};

/// A client on its way to on_open().
struct Connection::DialStage {
  explicit DialStage(std::uint32_t header_bytes_max) : parser(header_bytes_max) {}
  std::string request;     // the WebSocket's; empty: raw JSON
  std::string accept_key;  // what the server has to answer
  HttpResponseParser parser;
};

}  // namespace plaza::net
