#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/address.h"

namespace plaza::bench {

/// Instead of a name: for every connection that has one, but the sender's.
inline constexpr std::uint32_t kRelayToEverybody = 0xfffffffe;

/// The least that a message server can do: takes frames of 4 bytes length and that many bytes, whose first 4 name a
/// connection, and hands each to that connection (or to all but the sender: kRelayToEverybody). It stores nothing, checks nothing and knows nobody; it is what
/// `plaza bench direct` compares the server with (the floor).
///
/// A connection's first frame names itself (4 bytes) and comes back: from then on others reach it. One thread, one epoll; what became ready in one turn goes out with one
/// write a connection. Not for anything but measuring: a frame may name any connection.
///
/// Thread   run() on the caller's.
/// Limit    Frames of 1 MiB, connections up to the limit of open files; a slow reader's bytes pile up without a bound.
class RawRelay {
 public:
  /// Listens; port 0 takes any.
  [[nodiscard]] static Result<RawRelay, std::string> listen(const net::Address& address);
  RawRelay(RawRelay&& other) noexcept;
  RawRelay& operator=(RawRelay&&) = delete;
  ~RawRelay();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Relays as long as `keep_going` says so; asked at least every 100 ms.
  void run(bool (*keep_going)());

 private:
  RawRelay(int listener, std::uint16_t port) : listener_(listener), port_(port) {}

  int listener_;
  std::uint16_t port_;
};

/// `plaza bench raw-relay --listen ADDR:PORT`: prints {"port":N} and relays until SIGTERM.
int raw_relay_main(const std::string& listen);

}  // namespace plaza::bench
