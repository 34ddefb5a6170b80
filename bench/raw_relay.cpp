#include "bench/raw_relay.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/interrupt.h"
#include "bench/link.h"

namespace plaza::bench {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint32_t kFrameBytesMax = 1024 * 1024;
constexpr std::uint32_t kNoName = ~std::uint32_t{0};
constexpr std::uint32_t kNameMax = 1'000'000;
constexpr int kBacklog = 4096;
constexpr int kWaitMs = 100;

struct Peer {
  int fd = -1;
  std::uint32_t name = kNoName;
  bool dirty = false;
  bool writable_wanted = false;
  std::string in, out;
};

std::uint32_t word_at(const char* data) {
  std::uint32_t word = 0;
  std::memcpy(&word, data, sizeof word);
  return word;
}

class Relaying {
 public:
  explicit Relaying(int listener) : listener_(listener), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }
  ~Relaying() {
    for (auto& [fd, peer] : peers_) ::close(fd);
    ::close(epoll_);
  }

  void turn() {
    std::array<epoll_event, 512> events;
    const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kWaitMs);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto* peer = static_cast<Peer*>(event.data.ptr);
      if (peer == nullptr) {
        accept_all();
        continue;
      }
      if ((event.events & EPOLLOUT) != 0) write_out(*peer);
      if ((event.events & ~EPOLLOUT) != 0) read(*peer);
    }
    for (Peer* peer : std::exchange(dirty_, {})) {
      peer->dirty = false;
      if (peer->fd >= 0 && !peer->writable_wanted) write_out(*peer);
    }
    gone_.clear();
  }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto peer = std::make_unique<Peer>();
      peer->fd = fd;
      epoll_event event{.events = EPOLLIN, .data = {.ptr = peer.get()}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
      peers_[fd] = std::move(peer);
    }
  }

  void drop(Peer& peer) {
    if (peer.name != kNoName && by_name_[peer.name] == &peer) by_name_[peer.name] = nullptr;
    const auto at = peers_.find(peer.fd);
    ::close(peer.fd);
    peer.fd = -1;
    gone_.push_back(std::move(at->second));  // this turn may still point to it
    peers_.erase(at);
  }

  void read(Peer& peer) {
    if (peer.fd < 0) return;
    const std::size_t before = peer.in.size();
    if (buffer_.size() < before + kReadBytes) buffer_.resize(before + kReadBytes);
    const ssize_t n = ::recv(peer.fd, buffer_.data() + before, kReadBytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return drop(peer);
    if (before != 0) std::memcpy(buffer_.data(), peer.in.data(), before);
    const std::size_t size = before + static_cast<std::size_t>(n);
    std::size_t at = 0;
    while (size - at >= 8) {
      const std::uint32_t length = word_at(buffer_.data() + at);
      if (length < 4 || length > kFrameBytesMax) return drop(peer);
      if (size - at < 4 + std::size_t{length}) break;
      take(peer, {buffer_.data() + at, 4 + std::size_t{length}});
      at += 4 + std::size_t{length};
    }
    peer.in.assign(buffer_.data() + at, size - at);
  }

  void take(Peer& from, std::string_view frame) {
    const std::uint32_t name = word_at(frame.data() + 4);
    if (name == kRelayToEverybody) {
      for (Peer* to : by_name_) {
        if (to != nullptr && to != &from) hand(*to, frame);
      }
      return;
    }
    if (name > kNameMax) return;
    if (from.name == kNoName) {
      from.name = name;
      if (by_name_.size() <= name) by_name_.resize(std::size_t{name} + 1);
      by_name_[name] = &from;
      hand(from, frame);
      return;
    }
    Peer* to = name < by_name_.size() ? by_name_[name] : nullptr;
    if (to != nullptr) hand(*to, frame);
  }

  void hand(Peer& to, std::string_view frame) {
    to.out.append(frame);
    if (!std::exchange(to.dirty, true)) dirty_.push_back(&to);
  }

  void write_out(Peer& peer) {
    if (peer.fd < 0) return;
    const ssize_t n = ::send(peer.fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return drop(peer);
    peer.out.erase(0, n > 0 ? static_cast<std::size_t>(n) : 0);
    const bool wanted = !peer.out.empty();
    if (wanted == peer.writable_wanted) return;
    peer.writable_wanted = wanted;
    epoll_event event{.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.ptr = &peer}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.fd, &event);
  }

  const int listener_, epoll_;
  std::unordered_map<int, std::unique_ptr<Peer>> peers_;
  std::vector<std::unique_ptr<Peer>> gone_;
  std::vector<Peer*> by_name_, dirty_;
  std::vector<char> buffer_;
};

}  // namespace

Result<RawRelay, std::string> RawRelay::listen(const net::Address& address) {
  sockaddr_storage storage{};
  socklen_t length = address.to_socket(storage);
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
      ::listen(fd, kBacklog) != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return fail(fmt::format("cannot listen on {}: {}", address.text(), why));
  }
  length = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return RawRelay(fd, net::Address::from_socket(reinterpret_cast<const sockaddr*>(&storage)).port);
}

RawRelay::RawRelay(RawRelay&& other) noexcept
    : listener_(std::exchange(other.listener_, -1)), port_(other.port_) {}

RawRelay::~RawRelay() {
  if (listener_ >= 0) ::close(listener_);
}

void RawRelay::run(bool (*keep_going)()) {
  Relaying relaying(listener_);
  while (keep_going()) relaying.turn();
}

int raw_relay_main(const std::string& listen) {
  raise_file_limit();
  const auto address = net::Address::parse(listen);
  if (!address) return fmt::print(stderr, "plaza bench raw-relay: {}\n", address.error()), 2;
  auto relay = RawRelay::listen(*address);
  if (!relay) return fmt::print(stderr, "plaza bench raw-relay: {}\n", relay.error()), 1;
  fmt::print("{{\"port\":{}}}\n", relay->port());
  std::fflush(stdout);
  relay->run([] { return !interrupted(); });
  return 0;
}

}  // namespace plaza::bench
