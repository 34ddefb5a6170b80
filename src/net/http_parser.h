#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "net/http_message.h"

namespace plaza::net {

/// Where an incremental parser of HTTP/1.x stands.
struct HttpStep {
  enum class Kind : std::uint8_t { need_more, complete, error };
  Kind kind;
  std::size_t consumed = 0;  // from the front of what was given; the rest is given again, with more behind it
  int error_status = 0;      // what to answer: 400, 413 (body), 431 (header), 501
};

/// Requests of one connection, one after the other. Boost.Beast's parser, without its sockets and streams.
///
/// Limit    header_bytes_max: the header; also the head of a chunk with its extensions, and the trailer. body_bytes_max: the
///          body without those. What is given again never grows beyond the former.
/// Pure: no clock, no socket.
class HttpRequestParser {
 public:
  HttpRequestParser(std::uint32_t header_bytes_max, std::uint32_t body_bytes_max);
  ~HttpRequestParser();

  [[nodiscard]] HttpStep next(const char* data, std::size_t size);
  /// The complete request; the parser is ready for the next one.
  [[nodiscard]] HttpRequest take();

 private:
  struct State;
  // Constant after construction.
  const std::uint32_t header_bytes_max_;
  const std::uint32_t body_bytes_max_;
  std::unique_ptr<State> state_;
};

/// The header of the one response that a WebSocket client waits for. A body is not read.
class HttpResponseParser {
 public:
  explicit HttpResponseParser(std::uint32_t header_bytes_max);
  ~HttpResponseParser();

  [[nodiscard]] HttpStep next(const char* data, std::size_t size);
  [[nodiscard]] int status() const;
  [[nodiscard]] std::string header(const std::string& name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plaza::net
