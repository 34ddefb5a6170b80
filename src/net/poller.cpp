#include "net/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "base/check.h"
#include "net/pollable.h"

namespace plaza::net {
namespace {

bool add_to(int epoll_fd, int fd, std::uint32_t events, void* pointer) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = pointer;
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Poller::Poller(std::uint32_t events_max)
    : events_max_(events_max),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      events_(std::make_unique<epoll_event[]>(events_max)) {
  // Without these the process cannot work at all; both fail only when it starts without descriptors.
  PLAZA_CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  // Edge-triggered: every write is a new edge, so the counter never needs to be read.
  PLAZA_CHECK(add_to(epoll_fd_, wake_fd_, EPOLLIN | EPOLLET, nullptr));
}

Poller::~Poller() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

bool Poller::add(int fd, Pollable& pollable) {
  return add_to(epoll_fd_, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &pollable);
}

bool Poller::add_listening(int fd, Pollable& pollable) { return add_to(epoll_fd_, fd, EPOLLIN, &pollable); }

void Poller::remove(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

std::size_t Poller::wait(std::int64_t timeout_ms) {
  const int timeout = static_cast<int>(std::clamp<std::int64_t>(timeout_ms, -1, INT_MAX));
  const int count = epoll_wait(epoll_fd_, events_.get(), static_cast<int>(events_max_), timeout);
  for (int i = 0; i < count; ++i) {
    if (events_[i].data.ptr != nullptr)
      static_cast<Pollable*>(events_[i].data.ptr)->on_events(events_[i].events);
  }
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Poller::wake() const { eventfd_write(wake_fd_, 1); }

}  // namespace plaza::net
