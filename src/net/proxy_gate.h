#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "net/address.h"

namespace plaza::net {

class Shard;

/// Connections of balancers that have not said yet for whom they speak (proxy_header.h).
///
///   accepted socket -> its header is looked at where it lies -> whole: taken out of the socket -> `through` with the real peer
///
/// What follows the header stays in the socket: a TLS handshake, frames or a request come from there as from any other.
///
/// Thread   One shard's, destruction included.
/// Owner    The listener's acceptor. Sockets that wait are closed with it.
/// Limit    waiting_max sockets; one more, one without a whole header after deadline_ms, and one that begins with anything else is
///          closed.
class ProxyGate {
 public:
  struct Options {
    std::int64_t deadline_ms = 5'000;
    std::uint32_t waiting_max = 1024;
  };
  /// Takes the socket. The second: of whom it is; of the balancer when it speaks for itself.
  using Through = std::function<void(int, const Address&)>;

  ProxyGate(Shard& shard, const Options& options, Through through);
  ~ProxyGate();

  /// Takes the socket of a balancer.
  void wait(int fd, const Address& balancer);

 private:
  class Waiting;
  void refuse(const Address& balancer, const char* why);
  void end(Waiting* waiting);

  Shard& shard_;
  const Options options_;
  const Through through_;
  std::int64_t logged_ms_ = 0;
  std::unordered_map<Waiting*, std::unique_ptr<Waiting>> waiting_;
};

}  // namespace plaza::net
