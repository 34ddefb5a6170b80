#pragma once
// One HTTP request after the other over a blocking socket. Private to file_transfer.cpp and its test.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/blocking_tls.h"
#include "net/tls_context.h"

namespace plaza::client {

struct HttpReply {
  int status = 0;
  std::string upload_offset;  ///< of that header; empty when it is not there
  std::string body;           ///< not what went to a sink
};

/// A connection to an HTTP server, made when it is needed and kept.
///
/// Thread   One at a time; blocks, kTimeout at most for each step.
/// Errors   A text when the connection cannot be made or has broken, or the certificate is not the host's: then the next call makes
///          another one.
class HttpCall {
 public:
  /// With `tls`, over TLS.
  HttpCall(std::string host, std::uint16_t port, std::shared_ptr<net::TlsContext> tls = nullptr)
      : host_(std::move(host)), port_(port), context_(std::move(tls)) {}
  ~HttpCall() { drop(); }
  HttpCall(HttpCall&& other) noexcept;
  HttpCall& operator=(HttpCall&&) = delete;
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// Takes pieces of the body of a 2xx answer as they come; false ends it.
  using Sink = std::function<bool(std::string_view)>;
  Result<HttpReply, std::string> ask(const std::string& method, const std::string& target,
                                     const Headers& headers, std::string_view body,
                                     const Sink& sink = nullptr);

 private:
  Result<void, std::string> connect();
  Result<void, std::string> connect_socket();
  Result<void, std::string> shake_hands();
  Result<void, std::string> send_all(std::string_view bytes);
  Result<HttpReply, std::string> receive(bool no_body, const Sink& sink);
  /// The next bytes; an error when there are none left.
  Result<std::string_view, std::string> receive_some();
  void drop();

  const std::string host_;
  const std::uint16_t port_;
  const std::shared_ptr<net::TlsContext> context_;  ///< null: without TLS
  int fd_ = -1;
  std::unique_ptr<net::BlockingTls> tls_;  ///< while connected over TLS
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace plaza::client
