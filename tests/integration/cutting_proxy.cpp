#include "tests/integration/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/ids.h"

namespace plaza::tests {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int listen_on_any_port(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(fd, 512) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

void reset(int fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(fd);
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct CuttingProxy::Pair {
  int client, server;
  std::optional<std::size_t> bytes_left = {};  ///< until it is cut
};

CuttingProxy::CuttingProxy(std::uint16_t server_port, std::uint64_t seed)
    : server_port_(server_port), random_(mix64(seed)) {
  listener_ = listen_on_any_port(port_);
  thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  thread_.join();
  for (const Pair& pair : pairs_) {
    reset(pair.client);
    reset(pair.server);
  }
  close(listener_);
}

void CuttingProxy::run() {
  while (!stopping_) {
    std::vector<pollfd> polled{{.fd = listener_, .events = POLLIN, .revents = 0}};
    std::vector<std::list<Pair>::iterator> order;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); ++pair) {
      order.push_back(pair);
      polled.push_back({.fd = pair->client, .events = POLLIN, .revents = 0});
      polled.push_back({.fd = pair->server, .events = POLLIN, .revents = 0});
    }
    if (poll(polled.data(), polled.size(), 10) < 0 && errno != EINTR) return;
    if (polled[0].revents != 0) accept_one();
    for (std::size_t i = 0; i < order.size(); ++i) {
      const bool up = polled[1 + 2 * i].revents != 0;
      const bool down = polled[2 + 2 * i].revents != 0;
      if ((up && !pass(*order[i], true)) || (down && !pass(*order[i], false))) {
        reset(order[i]->client);
        reset(order[i]->server);
        pairs_.erase(order[i]);
      }
    }
    choose_cuts();
  }
}

void CuttingProxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    reset(client);
    close(server);
    return;
  }
  pairs_.push_back({.client = client, .server = server});
}

/// False: it is over, by itself or by a cut.
bool CuttingProxy::pass(Pair& pair, bool up) {
  std::array<char, 16 * 1024> bytes;
  const ssize_t got = recv(up ? pair.client : pair.server, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  auto size = static_cast<std::size_t>(got);
  bool cut = false;
  if (pair.bytes_left) {
    cut = size >= *pair.bytes_left;
    if (cut) size = *pair.bytes_left;
    *pair.bytes_left -= size;
  }
  const int to = up ? pair.server : pair.client;
  for (std::size_t at = 0; at < size;) {
    const ssize_t sent = send(to, bytes.data() + at, size - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  if (cut) ++cuts_;
  return !cut;
}

void CuttingProxy::choose_cuts() {
  const std::uint32_t rate = cuts_per_second_;
  const std::int64_t now = now_ms();
  if (rate == 0 || pairs_.empty()) {
    cuts_due_ms_ = now;
    return;
  }
  for (; cuts_due_ms_ <= now; cuts_due_ms_ += 1'000 / rate) {
    random_ = mix64(random_);
    auto pair = pairs_.begin();
    std::advance(pair, static_cast<std::ptrdiff_t>(random_ % pairs_.size()));
    if (!pair->bytes_left) pair->bytes_left = 1 + (random_ >> 32U) % 600;
  }
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  close(listen_on_any_port(port));
  return port;
}

}  // namespace plaza::tests
