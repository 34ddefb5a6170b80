#include "net/dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/connection_stages.h"
#include "net/shard.h"
#include "net/tls_context.h"
#include "net/ws_handshake.h"

namespace plaza::net {
namespace {

/// A socket on its way to `address`, or the errno.
Result<int, int> begin_connect(const Address& address) {
  sockaddr_storage storage;
  const socklen_t length = address.to_socket(storage);
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(errno);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return fail(error);
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<Connection>, std::string> Dialer::dial(Shard& shard, const DialOptions& options,
                                                              ConnectionHandler& handler) {
  PLAZA_CHECK(shard.on_shard());
  const auto fd = begin_connect(options.to);
  if (!fd) return fail("cannot connect to " + options.to.text() + ": " + std::strerror(fd.error()));
  const std::string host = options.host.empty() ? options.to.ip_text() : options.host;
  ssl_st* ssl = nullptr;
  if (options.tls) {
    ssl = options.tls->connect_on(*fd, host);
    if (ssl == nullptr) {
      ::close(*fd);
      return fail("cannot connect to " + options.to.text() + ": TLS cannot be set up for '" + host + "'");
    }
  }
  auto settings = options.connection ? options.connection : std::make_shared<const ConnectionOptions>();
  std::unique_ptr<Connection> connection(
      new Connection(shard, Transport(*fd, ssl), Connection::Kind::json, std::move(settings), options.to));
  connection->dial_ = std::make_unique<Connection::DialStage>(connection->options_->http_header_bytes_max);
  if (options.protocol == DialOptions::Protocol::websocket) {
    const std::string key = make_websocket_key();
    const bool is_v6_ip = host.find(':') != std::string::npos;
    connection->dial_->accept_key = websocket_accept_key(key);
    connection->dial_->request = encode_websocket_request(
        (is_v6_ip ? "[" + host + "]" : host) + ":" + std::to_string(options.to.port), options.path,
        options.origin, key);
  }
  connection->handler_ = &handler;
  connection->last_heard_ms_ = shard.now_ms();
  connection->stage_ = Connection::Stage::connecting;
  connection->register_fd();
  return connection;
}

}  // namespace plaza::net
