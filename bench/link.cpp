#include "bench/link.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/check.h"

namespace plaza::bench {

namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kFrameBytesMax = 16 * 1024 * 1024;
constexpr std::uint64_t kPortsPerSource = 20000;  // fewer than the default ephemeral range of Linux (28,232)
// RFC 6455 wants a key that an attacker cannot foresee; a load generator has none to fear, and the work is the same.
constexpr std::array<unsigned char, 4> kMaskKey = {0x5a, 0x13, 0xc7, 0x9e};

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

std::uint64_t big_endian(const char* data, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(data[i]);
  return value;
}

}  // namespace

std::int64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void Link::send(std::string_view frame) {
  if (state_ != State::open) return;
  switch (framing_) {
    case Framing::lines:
      out_.append(frame);
      out_.push_back('\n');
      break;
    case Framing::websocket: send_websocket(frame, 0x1); break;
    case Framing::lengths: {
      const auto size = static_cast<std::uint32_t>(frame.size());
      out_.append(reinterpret_cast<const char*>(&size), sizeof size);
      out_.append(frame);
      break;
    }
  }
  if (!dirty_) {
    dirty_ = true;
    loop_->dirty_.push_back(this);
  }
}

void Link::send_websocket(std::string_view payload, std::uint8_t opcode) {
  out_.push_back(static_cast<char>(0x80 | opcode));
  const std::size_t size = payload.size();
  const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out_.push_back(static_cast<char>(0x80 | (bytes == 0 ? size : bytes == 2 ? 126 : 127)));
  for (int i = bytes - 1; i >= 0; --i) out_.push_back(static_cast<char>(size >> (8 * i)));
  out_.append(reinterpret_cast<const char*>(kMaskKey.data()), kMaskKey.size());
  const std::size_t start = out_.size();
  out_.append(payload);
  for (std::size_t i = 0; i < size; ++i)
    out_[start + i] = static_cast<char>(out_[start + i] ^ kMaskKey[i & 3]);
}

LinkLoop::LinkLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes) {
  PLAZA_CHECK(epoll_ >= 0);
}

LinkLoop::~LinkLoop() {
  for (Link& link : links_) close(link);
  ::close(epoll_);
}

Link& LinkLoop::add(LinkHandler& handler, std::uint32_t tag) {
  Link& link = add(tag);
  link.handler = &handler;
  return link;
}

Link& LinkLoop::add(std::uint32_t tag) {
  Link& link = links_.emplace_back(nullptr, tag);
  link.loop_ = this;
  return link;
}

void LinkLoop::open(Link& link, const Target& target) {
  PLAZA_CHECK(link.state_ == Link::State::closed);
  sockaddr_storage address{};
  const std::uint32_t length = target.address.to_socket(address);
  link.fd_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (link.fd_ < 0) {
    failed_.emplace_back(&link, fmt::format("no socket: {}", std::strerror(errno)));
    return;
  }
  const int on = 1;
  ::setsockopt(link.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(link.fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  // One address has 28,000 ports towards one listener; 127.0.0.0/8 has enough addresses.
  const std::uint64_t source = opened_++ / kPortsPerSource % 200;
  if (target.address.is_v4() && target.address.ip[12] == 127 && source != 0) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f000001u + static_cast<std::uint32_t>(source));
    ::setsockopt(link.fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    ::bind(link.fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  }
  link.framing_ = target.framing;
  link.state_ = Link::State::connecting;
  ++link.generation_;
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = &link}};
  const int connected = ::connect(link.fd_, reinterpret_cast<const sockaddr*>(&address), length);
  if ((connected != 0 && errno != EINPROGRESS) || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, link.fd_, &event) != 0) {
    failed_.emplace_back(
        &link, fmt::format("cannot connect to {}: {}", target.address.text(), std::strerror(errno)));
    return;
  }
  link.writable_wanted_ = true;
}

void LinkLoop::shut(Link& link) {
  if (link.fd_ >= 0) ::close(link.fd_);
  link.fd_ = -1;
  link.state_ = Link::State::closed;
  link.writable_wanted_ = false;
  link.in_.clear();
  link.out_.clear();
}

void LinkLoop::close(Link& link) {
  std::erase_if(failed_, [&](const auto& entry) { return entry.first == &link; });
  shut(link);
}

void LinkLoop::fail(Link& link, const std::string& why) {
  shut(link);
  link.handler->on_closed(link, why);
}

void LinkLoop::later(std::int64_t delay_ms, std::function<void()> what) {
  due_.push({now_ns() + delay_ms * 1'000'000, due_order_++, std::move(what)});
}

void LinkLoop::run_due() {
  while (!due_.empty() && due_.top().at_ns <= now_ns()) {
    const auto what = due_.top().what;
    due_.pop();
    what();
  }
}

void LinkLoop::turn(std::int64_t wait_ns) {
  run_due();
  if (!failed_.empty()) {
    for (auto& [link, why] : std::exchange(failed_, {})) fail(*link, why);
    wait_ns = 0;
  }
  flush();
  if (!due_.empty()) wait_ns = std::clamp<std::int64_t>(due_.top().at_ns - now_ns(), 0, wait_ns);
  std::array<epoll_event, 512> events;
  const timespec timeout{.tv_sec = wait_ns / 1'000'000'000, .tv_nsec = wait_ns % 1'000'000'000};
  const int ready = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < ready; ++i)
    on_event(*static_cast<Link*>(events[static_cast<std::size_t>(i)].data.ptr),
             events[static_cast<std::size_t>(i)].events);
  flush();
}

// An event may be from before the link was closed and opened again within the same turn: so the flags only say what to try,
// and the call on the socket says what is true.
void LinkLoop::on_event(Link& link, std::uint32_t events) {
  if (link.state_ == Link::State::closed) return;
  if (link.state_ == Link::State::connecting) {
    on_connected(link);
    if (link.state_ == Link::State::closed || link.state_ == Link::State::connecting) return;
  } else if ((events & EPOLLOUT) != 0) {
    write_out(link);
  }
  if ((events & ~EPOLLOUT) != 0 && link.state_ != Link::State::closed) read(link);
}

void LinkLoop::on_connected(Link& link) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(link.fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(link, fmt::format("cannot connect: {}", std::strerror(error)));
  sockaddr_storage peer{};
  size = sizeof peer;
  if (::getpeername(link.fd_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return;  // not yet
  want_writable(link, false);
  if (link.framing_ != Framing::websocket) {
    link.state_ = Link::State::open;
    link.handler->on_open(link);
    return;
  }
  link.state_ = Link::State::upgrading;
  link.out_ =
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: cGxhemEgYmVuY2ggbG9hZA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  write_out(link);
}

void LinkLoop::flush() {
  // write_out() can end a link and its handler may send on others, so the list is taken first.
  while (!dirty_.empty()) {
    std::vector<Link*> now;
    now.swap(dirty_);
    for (Link* link : now) {
      link->dirty_ = false;
      if (link->state_ != Link::State::closed && !link->writable_wanted_) write_out(*link);
    }
    if (dirty_.empty()) {
      now.clear();
      dirty_.swap(now);  // keeps the memory
    }
  }
}

void LinkLoop::write_out(Link& link) {
  std::size_t sent = 0;
  while (sent < link.out_.size()) {
    const ssize_t n = ::send(link.fd_, link.out_.data() + sent, link.out_.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      bytes_written_ += static_cast<std::uint64_t>(n);
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && !would_block()) {
      return fail(link, fmt::format("write: {}", std::strerror(errno)));
    } else {
      break;
    }
  }
  link.out_.erase(0, sent);
  want_writable(link, !link.out_.empty());
}

void LinkLoop::want_writable(Link& link, bool wanted) {
  if (link.writable_wanted_ == wanted) return;
  link.writable_wanted_ = wanted;
  epoll_event event{.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.ptr = &link}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, link.fd_, &event);
}

void LinkLoop::read(Link& link) {
  const std::size_t before = link.in_.size();
  if (buffer_.size() < before + kReadBytes) buffer_.resize(before + kReadBytes);
  const ssize_t n = ::recv(link.fd_, buffer_.data() + before, buffer_.size() - before, 0);
  if (n < 0 && (would_block() || errno == EINTR)) return;
  if (n <= 0)
    return fail(link, n == 0 ? "closed by the server" : fmt::format("read: {}", std::strerror(errno)));
  bytes_read_ += static_cast<std::uint64_t>(n);
  if (before != 0) {
    std::memcpy(buffer_.data(), link.in_.data(), before);
    link.in_.clear();
  }
  take_frames(link, buffer_.data(), before + static_cast<std::size_t>(n));
}

void LinkLoop::take_frames(Link& link, const char* data, std::size_t size) {
  const std::uint32_t generation = link.generation_;
  std::size_t taken = 0;
  if (link.state_ == Link::State::upgrading) {
    taken = take_upgrade(link, data, size);
    if (link.state_ == Link::State::closed || link.generation_ != generation) return;
  }
  if (link.state_ == Link::State::open) {
    switch (link.framing_) {
      case Framing::lines: taken += take_lines(link, data + taken, size - taken); break;
      case Framing::websocket: taken += take_websocket(link, data + taken, size - taken); break;
      case Framing::lengths: taken += take_lengths(link, data + taken, size - taken); break;
    }
  }
  if (link.state_ == Link::State::closed || link.generation_ != generation) return;
  link.in_.assign(data + taken, size - taken);
  if (link.in_.size() > kFrameBytesMax) fail(link, "the server sent a frame of more than 16 MiB");
}

std::size_t LinkLoop::take_upgrade(Link& link, const char* data, std::size_t size) {
  const std::string_view text(data, size);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!text.starts_with("HTTP/1.1 101")) {
    fail(link, fmt::format("WebSocket refused: {}", text.substr(0, text.find('\r'))));
    return 0;
  }
  link.state_ = Link::State::open;
  link.handler->on_open(link);
  return end + 4;
}

std::size_t LinkLoop::take_lines(Link& link, const char* data, std::size_t size) {
  const std::uint32_t generation = link.generation_;
  std::size_t at = 0;
  while (const void* newline = std::memchr(data + at, '\n', size - at)) {
    const std::size_t length = static_cast<std::size_t>(static_cast<const char*>(newline) - (data + at));
    link.handler->on_frame(link, {data + at, length});
    if (link.state_ != Link::State::open || link.generation_ != generation) return size;
    at += length + 1;
  }
  return at;
}

std::size_t LinkLoop::take_lengths(Link& link, const char* data, std::size_t size) {
  const std::uint32_t generation = link.generation_;
  std::size_t at = 0;
  while (size - at >= 4) {
    std::uint32_t length = 0;
    std::memcpy(&length, data + at, sizeof length);
    if (size - at - 4 < length) break;
    link.handler->on_frame(link, {data + at + 4, length});
    if (link.state_ != Link::State::open || link.generation_ != generation) return size;
    at += 4 + std::size_t{length};
  }
  return at;
}

// The server's frames are unmasked and, in Plaza, never fragmented.
std::size_t LinkLoop::take_websocket(Link& link, const char* data, std::size_t size) {
  const std::uint32_t generation = link.generation_;
  std::size_t at = 0;
  while (size - at >= 2) {
    const auto first = static_cast<unsigned char>(data[at]);
    const auto second = static_cast<unsigned char>(data[at + 1]);
    const std::size_t length_bytes = second == 126 ? 2 : second == 127 ? 8 : 0;
    if (size - at < 2 + length_bytes) break;
    const std::uint64_t length = length_bytes == 0 ? second : big_endian(data + at + 2, length_bytes);
    if (second > 127 || length > kFrameBytesMax) {
      fail(link, "the server sent a WebSocket frame that is masked or too long");
      return size;
    }
    if (size - at - 2 - length_bytes < length) break;
    const std::string_view payload(data + at + 2 + length_bytes, static_cast<std::size_t>(length));
    at += 2 + length_bytes + payload.size();
    if (first == 0x81) {
      link.handler->on_frame(link, payload);
    } else if (first == 0x89) {
      link.send_websocket(payload, 0xA);
      if (!std::exchange(link.dirty_, true)) dirty_.push_back(&link);
    } else if (first == 0x88) {
      fail(link, fmt::format("closed by the server, code {}",
                             payload.size() < 2 ? 0 : big_endian(payload.data(), 2)));
    } else {
      fail(link, fmt::format("the server sent a WebSocket frame 0x{:02x}", first));
    }
    if (link.state_ != Link::State::open || link.generation_ != generation) return size;
  }
  return at;
}

}  // namespace plaza::bench
