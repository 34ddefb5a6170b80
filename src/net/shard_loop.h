#pragma once
#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace plaza::net {

/// The io_context of a shard, which watches the shard's epoll set as one descriptor: blocking in it waits for
/// both.
///
/// Thread   The shard's only (what Asio allows from other threads, it allows here too).
class ShardLoop {
 public:
  explicit ShardLoop(int poller_fd);
  ~ShardLoop();

  [[nodiscard]] boost::asio::io_context& io();
  /// Waits until the epoll set is readable, a handler of Asio's ran, or the time is over (-1: for ever).
  void block(std::int64_t timeout_ms);
  /// Runs what is ready now, a bounded number of handlers.
  void poll();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plaza::net
