#pragma once
// For the tests of this folder: a blocking client socket, and a handler that records what a connection tells
// it.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/shard.h"

namespace plaza::net::test {

inline constexpr int kWaitMs = 10'000;  // how long a test waits before it says that something never comes

/// A plain blocking client.
class Client {
 public:
  explicit Client(const Address& to, int receive_buffer = 0) {
    sockaddr_storage storage;
    const socklen_t length = to.to_socket(storage);
    fd_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&storage), length) == 0;
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  ~Client() { close(); }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return fd_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }
  /// Some bytes; empty at the end of the connection or when nothing comes.
  std::string receive_some(std::size_t max = 64 * 1024) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, kWaitMs) <= 0) return {};
    std::string text(max, '\0');
    const ssize_t got = ::recv(fd_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  std::string receive(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      const std::string more = receive_some(bytes - text.size());
      if (more.empty()) break;
      text += more;
    }
    return text;
  }
  std::string receive_line() {
    std::string line;
    do {
      const std::string byte = receive(1);
      if (byte.empty()) break;
      line += byte;
    } while (line.back() != '\n');
    return line;
  }
  std::string receive_until(std::string_view end) {
    std::string text;
    while (!text.ends_with(end)) {
      const std::string byte = receive(1);
      if (byte.empty()) break;
      text += byte;
    }
    return text;
  }
  std::string receive_to_end() {
    std::string text;
    for (std::string more; !(more = receive_some()).empty();) text += more;
    return text;
  }
  void end_of_input() { ::shutdown(fd_, SHUT_WR); }
  /// Ends with a reset instead of in order.
  void reset() {
    const linger none{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

/// What happened to a connection, for any thread to wait for.
class Log {
 public:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  [[nodiscard]] bool wait_for(const std::function<bool(const std::vector<std::string>&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(kWaitMs), [&] { return condition(events_); });
  }
  [[nodiscard]] bool wait_for_event(const std::string& event) {
    return wait_for([&](const auto& events) { return std::ranges::find(events, event) != events.end(); });
  }
  [[nodiscard]] bool wait_for_count(std::size_t count) {
    return wait_for([&](const auto& events) { return events.size() >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

class Peer;

/// The Peers that live. Those left at the end are destroyed with it, when the shards have stopped.
class Peers {
 public:
  Peer& add(std::unique_ptr<Peer> peer);
  void end(Peer* peer);
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return peers_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

/// Owns one connection: writes what happens into the log, and does what the test says with a frame.
class Peer final : public ConnectionHandler {
 public:
  using OnFrame = std::function<FrameVerdict(Peer&, std::string)>;

  Peer(Peers& peers, Log& log, OnFrame on_frame) : peers_(peers), log_(log), on_frame_(std::move(on_frame)) {}
  static FrameVerdict echo(Peer& peer, const std::string& frame) {
    peer.connection->send(frame);
    return FrameVerdict::continue_;
  }

  void on_open() override { log_.add("open"); }
  FrameVerdict on_frame(std::span<const char> json) override {
    const std::string frame(json.begin(), json.end());
    log_.add(frame);
    return on_frame_(*this, frame);
  }
  std::optional<HttpResponse> on_http(HttpRequest request) override {
    log_.add(request.method + " " + request.target);
    if (request.path() == "/healthz") return HttpResponse{.body = "ok\n", .headers = {}};
    if (request.path() == "/large") return HttpResponse{.body = std::string(1'000'000, 'x'), .headers = {}};
    if (request.path() == "/echo") return HttpResponse{.body = request.body, .headers = {}};
    if (request.path() == "/later") return std::nullopt;
    return ConnectionHandler::on_http(std::move(request));
  }
  void on_protocol_error(FrameError error, std::string_view text) override {
    log_.add("error: " + std::string(text));
    connection->send("{\"error\":" + std::to_string(static_cast<int>(error)) + "}");
    connection->close();
  }
  void on_closed(CloseReason reason) override {
    connection.reset();
    log_.add("closed: " + std::string(close_reason_name(reason)));
    peers_.end(this);
  }
  void on_writable_again() override { log_.add("writable again"); }

  std::unique_ptr<Connection> connection;
  void set_on_frame(OnFrame on_frame) { on_frame_ = std::move(on_frame); }

 private:
  Peers& peers_;
  Log& log_;
  OnFrame on_frame_;
};

inline Peer& Peers::add(std::unique_ptr<Peer> peer) {
  const std::lock_guard lock(mutex_);
  peers_.push_back(std::move(peer));
  return *peers_.back();
}
inline void Peers::end(Peer* peer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(peers_, [peer](const auto& item) { return item.get() == peer; });
}

/// Some shards and one listener whose connections are Peers.
class Server {
 public:
  explicit Server(ListenerOptions options = {}, Peer::OnFrame on_frame = Peer::echo,
                  std::uint32_t shard_count = 1, std::shared_ptr<ConnectionLimits> limits = nullptr,
                  ShardOptions shard_options = {})
      : shards(shard_count, shard_options) {
    shards.start();
    auto opened = Listener::open(shards, 0, std::move(options), std::move(limits),
                                 [this, on_frame](std::unique_ptr<Connection> connection) {
                                   Peer& peer = peers.add(std::make_unique<Peer>(peers, log, on_frame));
                                   peer.connection = std::move(connection);
                                   peer.connection->start(peer);
                                 });
    if (!opened) throw std::runtime_error(opened.error());
    listener = std::move(*opened);
  }
  ~Server() {
    listener.reset();
    shards.stop();
  }
  [[nodiscard]] const Address& address() const { return listener->address(); }

  Log log;
  ShardGroup shards;
  Peers peers;
  std::unique_ptr<Listener> listener;
};

}  // namespace plaza::net::test
