#include "net/proxy_gate.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "net/pollable.h"
#include "net/poller.h"
#include "net/proxy_header.h"
#include "net/shard.h"
#include "net/timer_wheel.h"

namespace plaza::net {
namespace {

constexpr std::int64_t kLogEveryMs = 60'000;

const metrics::Counter g_refused{
    "plaza_net_balancer_refused_total",
    "Connections of balancers closed because they did not say for whom they are."};

}  // namespace

/// One socket.
class ProxyGate::Waiting final : public Pollable, private Timer {
 public:
  Waiting(ProxyGate& gate, int fd, const Address& balancer) : gate_(gate), balancer_(balancer), fd_(fd) {}
  ~Waiting() override {
    leave_turn();
    if (fd_ >= 0) ::close(fd_);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  bool start() {
    gate_.shard_.timers().arm(*this, gate_.options_.deadline_ms);
    return gate_.shard_.poller().add(fd_, *this);
  }

  void on_events(std::uint32_t) override { gate_.shard_.mark_ready(*this); }
  void flush() override {}
  void bury() override {}

  bool serve(TurnBudget& budget) override {
    budget.frames -= std::min(budget.frames, 1U);
    std::array<char, kProxyHeaderBytesMax> bytes;
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
    if (got <= 0) {
      gate_.end(this);
      return false;
    }
    const ProxyHeader header = parse_proxy_header({bytes.data(), static_cast<std::size_t>(got)});
    // What comes later is reported again: edges are of what arrives, not of what is left.
    if (header.kind == ProxyHeader::Kind::need_more) return false;
    const bool taken = header.kind == ProxyHeader::Kind::complete &&
                       ::recv(fd_, bytes.data(), header.bytes, 0) == static_cast<ssize_t>(header.bytes);
    if (!taken) {
      gate_.refuse(balancer_, "it does not begin with a PROXY header");
    } else {
      gate_.shard_.poller().remove(fd_);
      gate_.through_(std::exchange(fd_, -1), header.source.value_or(balancer_));
    }
    gate_.end(this);
    return false;
  }

 private:
  void on_timer() override {
    gate_.refuse(balancer_, "its PROXY header did not come in time");
    gate_.end(this);
  }

  ProxyGate& gate_;
  const Address balancer_;
  int fd_;
};

ProxyGate::ProxyGate(Shard& shard, const Options& options, Through through)
    : shard_(shard), options_(options), through_(std::move(through)) {}
ProxyGate::~ProxyGate() = default;

void ProxyGate::wait(int fd, const Address& balancer) {
  auto waiting = std::make_unique<Waiting>(*this, fd, balancer);
  if (waiting_.size() >= options_.waiting_max)
    return refuse(balancer, "too many wait for their PROXY header");
  if (!waiting->start()) return refuse(balancer, "the system has no room for it");
  Waiting* const key = waiting.get();
  waiting_.emplace(key, std::move(waiting));
}

void ProxyGate::refuse(const Address& balancer, const char* why) {
  g_refused.add();
  if (logged_ms_ != 0 && shard_.now_ms() - logged_ms_ < kLogEveryMs) return;
  logged_ms_ = shard_.now_ms();
  PLAZA_LOG(warn, "net", "a connection of the balancer {} is closed: {}", balancer.ip_text(), why);
}

void ProxyGate::end(Waiting* waiting) { waiting_.erase(waiting); }

}  // namespace plaza::net
