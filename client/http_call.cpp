#include "client/http_call.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "net/http_parser.h"

namespace plaza::client {
namespace {

constexpr timeval kTimeout{.tv_sec = 60, .tv_usec = 0};
constexpr std::uint32_t kHeaderBytesMax = 16 * 1024;
constexpr std::size_t kBodyBytesMax = 1U << 20U;  // of an answer that goes to nobody's sink

std::unexpected<std::string> broken(const char* what) {
  return fail(std::string(what) + ": " +
              (errno == 0 ? "the server has closed the connection" : std::strerror(errno)));
}

}  // namespace

HttpCall::HttpCall(HttpCall&& other) noexcept
    : host_(other.host_),
      port_(other.port_),
      context_(other.context_),
      fd_(std::exchange(other.fd_, -1)),
      tls_(std::move(other.tls_)) {}

void HttpCall::drop() {
  tls_.reset();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Result<void, std::string> HttpCall::connect() {
  auto connected = connect_socket();
  if (connected && context_) connected = shake_hands();
  if (!connected) drop();
  return connected;
}

Result<void, std::string> HttpCall::shake_hands() {
  auto tls = net::BlockingTls::connect(*context_, fd_, host_);
  if (!tls) return fail("no TLS to " + host_ + ":" + std::to_string(port_) + ": " + tls.error());
  tls_ = std::move(*tls);
  return {};
}

Result<void, std::string> HttpCall::connect_socket() {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &wanted, &found);
  if (error != 0) return fail(host_ + ": " + gai_strerror(error));
  for (const addrinfo* one = found; one != nullptr && fd_ < 0; one = one->ai_next) {
    fd_ = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (fd_ < 0) continue;
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
    if (::connect(fd_, one->ai_addr, one->ai_addrlen) == 0) break;
    const int why = errno;
    drop();
    errno = why;
  }
  freeaddrinfo(found);
  if (fd_ < 0) return broken((host_ + ":" + std::to_string(port_)).c_str());
  return {};
}

Result<void, std::string> HttpCall::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    errno = 0;
    const ssize_t sent = tls_ ? tls_->send(bytes.data(), bytes.size())
                              : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return broken("sending");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string_view, std::string> HttpCall::receive_some() {
  for (;;) {
    errno = 0;
    const ssize_t got = tls_ ? tls_->receive(buffer_.data(), buffer_.size())
                             : recv(fd_, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return broken("receiving");
    return std::string_view(buffer_.data(), static_cast<std::size_t>(got));
  }
}

Result<HttpReply, std::string> HttpCall::receive(bool no_body, const Sink& sink) {
  net::HttpResponseParser parser(kHeaderBytesMax);
  std::string waiting;
  net::HttpStep step{.kind = net::HttpStep::Kind::need_more};
  while (step.kind == net::HttpStep::Kind::need_more) {
    const auto got = receive_some();
    if (!got) return fail(got.error());
    waiting += *got;
    step = parser.next(waiting.data(), waiting.size());
    waiting.erase(0, step.consumed);
  }
  if (step.kind == net::HttpStep::Kind::error) return fail(std::string("the answer cannot be understood"));
  HttpReply reply{.status = parser.status(), .upload_offset = parser.header("Upload-Offset"), .body = {}};
  const std::string length = parser.header("Content-Length");
  std::uint64_t left = 0;
  std::from_chars(length.data(), length.data() + length.size(), left);
  if (no_body) left = 0;
  const bool sinks = sink && reply.status / 100 == 2;
  for (;;) {
    const std::string_view piece = std::string_view(waiting).substr(
        0, std::min<std::uint64_t>(waiting.size(), left));
    left -= piece.size();
    if (sinks && !piece.empty() && !sink(piece)) return fail(std::string("it cannot be stored"));
    if (!sinks) reply.body += piece;
    if (reply.body.size() > kBodyBytesMax) return fail(std::string("the answer is too large"));
    if (left == 0) return reply;
    const auto got = receive_some();
    if (!got) return fail(got.error());
    waiting = *got;
  }
}

Result<HttpReply, std::string> HttpCall::ask(const std::string& method, const std::string& target,
                                             const Headers& headers, std::string_view body,
                                             const Sink& sink) {
  if (fd_ < 0) {
    if (auto connected = connect(); !connected) return fail(std::move(connected.error()));
  }
  std::string head = method + " " + target + " HTTP/1.1\r\nHost: " + host_ + "\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  if (auto sent = send_all(head + std::string(body)); !sent) {
    drop();
    return fail(std::move(sent.error()));
  }
  auto reply = receive(method == "HEAD", sink);
  if (!reply) drop();
  return reply;
}

}  // namespace plaza::client
