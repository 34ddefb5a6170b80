#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

struct iovec;
struct ssl_st;

namespace plaza::net {

enum class IoStatus : std::uint8_t {
  ok,
  would_block,
  closed,  // the peer ended the connection in order
  failed,  // reset, or a TLS error
};

struct IoResult {
  IoStatus status;
  std::size_t bytes;
};

/// A connected non-blocking socket, plain or with TLS, with one way to read and one to write.
///
/// Thread   The connection's shard only.
/// Owner    Owns the descriptor and the TLS state; closes both.
class Transport {
 public:
  Transport() = default;
  /// Takes both over; `ssl` may be null. It is set to accept or connect already.
  explicit Transport(int fd, ssl_st* ssl = nullptr) : fd_(fd), ssl_(ssl) {}
  ~Transport() { close(); }
  Transport(Transport&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}
  Transport& operator=(Transport&& other) noexcept;

  /// Plain: bytes < into.size() also means "would block next". TLS: the handshake is done on the way.
  [[nodiscard]] IoResult read(std::span<char> into);
  /// Writes what the socket takes. Bytes given after would_block must begin with the same bytes again.
  [[nodiscard]] IoResult write(std::span<const iovec> pieces);
  /// TLS: goes on with the handshake; ok when it is complete. Plain: ok.
  [[nodiscard]] IoStatus handshake();
  [[nodiscard]] bool handshake_done() const;
  /// No more will be written; the peer sees the end.
  void shutdown_write();
  void close();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_tls() const { return ssl_ != nullptr; }
  /// TLS: decrypted bytes wait that epoll knows nothing of.
  [[nodiscard]] bool has_buffered() const;

 private:
  IoResult read_tls(std::span<char> into);
  IoResult write_tls(std::span<const iovec> pieces);
  IoStatus tls_status(int result) const;

  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
};

}  // namespace plaza::net
