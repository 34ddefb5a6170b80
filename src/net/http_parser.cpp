// The one file that includes Beast: it takes long to compile.
#include "net/http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>

namespace plaza::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kLastChunkBytesMin = 5;  // "0\r\n\r\n"

int status_for(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_transfer_encoding) return 501;
  return 400;
}

template <class Parser>
HttpStep put(Parser& parser, const char* data, std::size_t size) {
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::const_buffer(data, size), error);
  if (error == http::error::need_more) error = {};
  if (error) return {.kind = HttpStep::Kind::error, .consumed = used, .error_status = status_for(error)};
  return {.kind = HttpStep::Kind::need_more, .consumed = used};
}

}  // namespace

struct HttpRequestParser::State {
  std::optional<http::request_parser<http::string_body>> parser;
  std::size_t header_bytes = 0;  // consumed so far
};

HttpRequestParser::HttpRequestParser(std::uint32_t header_bytes_max, std::uint32_t body_bytes_max)
    : header_bytes_max_(std::max<std::uint32_t>(header_bytes_max, kLastChunkBytesMin)),
      body_bytes_max_(body_bytes_max),
      state_(std::make_unique<State>()) {}
HttpRequestParser::~HttpRequestParser() = default;

HttpStep HttpRequestParser::next(const char* data, std::size_t size) {
  if (!state_->parser) {
    state_->parser.emplace();
    state_->parser->header_limit(header_bytes_max_);
    state_->parser->body_limit(body_bytes_max_);
    state_->header_bytes = 0;
  }
  auto& parser = *state_->parser;
  std::size_t consumed = 0;
  // Beast stops at boundaries of its own (header, chunk); it is done when it takes nothing more.
  while (consumed < size && !parser.is_done()) {
    const bool in_header = !parser.is_header_done();
    // Beast asserts five bytes after an incomplete last chunk, and so ends the process for "0\r\nx" in two pieces. Nothing is
    // lost by waiting: a chunked body ends with five bytes at least.
    if (!in_header && parser.chunked() && size - consumed < kLastChunkBytesMin) break;
    // The head of a chunk that is longer than this is refused, however it arrived.
    HttpStep step = put(
        parser, data + consumed,
        in_header ? size - consumed : std::min<std::size_t>(size - consumed, header_bytes_max_));
    if (in_header) state_->header_bytes += step.consumed;
    step.consumed += consumed;
    if (step.kind == HttpStep::Kind::error) return step;
    if (step.consumed == consumed) break;
    consumed = step.consumed;
  }
  // Beast's limit holds for the first line and for the fields, each; ours for both together, also before their end. The
  // head of a chunk with its extensions, and the trailer, have no limit of Beast's: it takes them once their end is here.
  const bool done = parser.is_done();
  const std::size_t waiting = done ? 0 : size - consumed;
  const std::size_t header_bytes = parser.is_header_done() && !done ? 0 : state_->header_bytes;
  if (header_bytes + waiting > header_bytes_max_) {
    return {.kind = HttpStep::Kind::error, .consumed = consumed, .error_status = 431};
  }
  return {.kind = done ? HttpStep::Kind::complete : HttpStep::Kind::need_more, .consumed = consumed};
}

HttpRequest HttpRequestParser::take() {
  http::request<http::string_body> message = state_->parser->release();
  state_->parser.reset();
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  request.keep_alive = message.keep_alive();
  request.http_1_0 = message.version() < 11;
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  request.body = std::move(message.body());
  return request;
}

struct HttpResponseParser::State {
  http::response_parser<http::empty_body> parser;
};

HttpResponseParser::HttpResponseParser(std::uint32_t header_bytes_max) : state_(std::make_unique<State>()) {
  state_->parser.header_limit(header_bytes_max);
  state_->parser.skip(true);
}
HttpResponseParser::~HttpResponseParser() = default;

HttpStep HttpResponseParser::next(const char* data, std::size_t size) {
  HttpStep step = put(state_->parser, data, size);
  if (step.kind == HttpStep::Kind::need_more && state_->parser.is_header_done())
    step.kind = HttpStep::Kind::complete;
  return step;
}

int HttpResponseParser::status() const { return state_->parser.get().result_int(); }
std::string HttpResponseParser::header(const std::string& name) const { return state_->parser.get()[name]; }

}  // namespace plaza::net
