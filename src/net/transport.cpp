#include "net/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace plaza::net {
namespace {

// One TLS record. What is gathered is copied here once, so that many small frames become one record.
constexpr std::size_t kRecordBytesMax = 16 * 1024;

}  // namespace

Transport& Transport::operator=(Transport&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    ssl_ = std::exchange(other.ssl_, nullptr);
  }
  return *this;
}

IoResult Transport::read(std::span<char> into) {
  if (ssl_ != nullptr) return read_tls(into);
  for (;;) {
    const ssize_t got = ::recv(fd_, into.data(), into.size(), 0);
    if (got > 0) return {IoStatus::ok, static_cast<std::size_t>(got)};
    if (got == 0) return {IoStatus::closed, 0};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? IoStatus::would_block : IoStatus::failed, 0};
  }
}

IoResult Transport::write(std::span<const iovec> pieces) {
  if (ssl_ != nullptr) return write_tls(pieces);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    // One piece is the usual case, and send() spares the kernel the copying of a message header.
    const ssize_t put = pieces.size() == 1 ? ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                           : ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (put >= 0) return {IoStatus::ok, static_cast<std::size_t>(put)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? IoStatus::would_block : IoStatus::failed, 0};
  }
}

IoStatus Transport::tls_status(int result) const {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return IoStatus::would_block;
    case SSL_ERROR_ZERO_RETURN: return IoStatus::closed;
    default: return IoStatus::failed;
  }
}

IoResult Transport::read_tls(std::span<char> into) {
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  if (result == 1) return {IoStatus::ok, got};
  return {tls_status(result), 0};
}

IoResult Transport::write_tls(std::span<const iovec> pieces) {
  static thread_local std::array<char, kRecordBytesMax> record;
  std::size_t total = 0;
  std::size_t piece = 0, offset = 0;
  while (piece < pieces.size()) {
    std::size_t size = 0;
    while (piece < pieces.size() && size < record.size()) {
      const std::size_t part = std::min(pieces[piece].iov_len - offset, record.size() - size);
      std::memcpy(record.data() + size, static_cast<const char*>(pieces[piece].iov_base) + offset, part);
      size += part;
      offset += part;
      if (offset == pieces[piece].iov_len) {
        ++piece;
        offset = 0;
      }
    }
    if (size == 0) break;
    ERR_clear_error();
    std::size_t put = 0;
    const int result = SSL_write_ex(ssl_, record.data(), size, &put);
    if (result != 1) {
      const IoStatus status = tls_status(result);
      return total > 0 && status == IoStatus::would_block ? IoResult{IoStatus::ok, total}
                                                          : IoResult{status, 0};
    }
    total += put;
    if (put < size) break;
  }
  return {IoStatus::ok, total};
}

IoStatus Transport::handshake() {
  if (ssl_ == nullptr) return IoStatus::ok;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? IoStatus::ok : tls_status(result);
}

bool Transport::handshake_done() const { return ssl_ == nullptr || SSL_is_init_finished(ssl_) == 1; }

bool Transport::has_buffered() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

void Transport::shutdown_write() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_)) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  ::shutdown(fd_, SHUT_WR);
}

void Transport::close() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  ssl_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace plaza::net
