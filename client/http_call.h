#pragma once
// One HTTP request after the other over a blocking socket. Private to file_transfer.cpp and its test.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace plaza::client {

struct HttpReply {
  int status = 0;
  std::string upload_offset;  ///< of that header; empty when it is not there
  std::string body;           ///< not what went to a sink
};

/// A connection to an HTTP server, made when it is needed and kept.
///
/// Thread   One at a time; blocks, kTimeout at most for each step.
/// Errors   A text when the connection cannot be made or has broken: then the next call makes another one.
class HttpCall {
 public:
  HttpCall(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}
  ~HttpCall() { drop(); }
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
  Result<void, std::string> send_all(std::string_view bytes);
  Result<HttpReply, std::string> receive(bool no_body, const Sink& sink);
  void drop();

  const std::string host_;
  const std::uint16_t port_;
  int fd_ = -1;
};

}  // namespace plaza::client
