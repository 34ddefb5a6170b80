#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

struct epoll_event;

namespace plaza::net {

class Pollable;

/// The epoll set of one shard.
///
/// Thread   The shard's, except wake(), which any thread may call.
/// Cost     A descriptor is registered once, edge-triggered for both directions, and never again changed: one
///          epoll_ctl in the life of a connection, against one per readiness event with an Asio socket.
/// Limit    events_max events per wait(); the others come with the next.
class Poller {
 public:
  explicit Poller(std::uint32_t events_max);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// False: the system refuses (out of memory or over fs.epoll.max_user_watches).
  [[nodiscard]] bool add(int fd, Pollable& pollable);
  /// Listening sockets: level-triggered, input only.
  [[nodiscard]] bool add_listening(int fd, Pollable& pollable);
  void remove(int fd);
  /// Waits at most timeout_ms (-1: for ever) and calls on_events() of what is ready. Returns how many, a
  /// wake-up included.
  std::size_t wait(std::int64_t timeout_ms);
  /// Makes the current or next wait() return. Any thread.
  void wake() const;
  /// Readable when wait(0) would find something.
  [[nodiscard]] int fd() const { return epoll_fd_; }

 private:
  // Constant after construction.
  const std::uint32_t events_max_;
  int epoll_fd_;
  int wake_fd_;
  // On the shard only.
  std::unique_ptr<epoll_event[]> events_;
};

}  // namespace plaza::net
