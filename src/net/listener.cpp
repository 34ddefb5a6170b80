#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <latch>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/connection_limits.h"
#include "net/poller.h"
#include "net/shard.h"
#include "net/tls_context.h"
#include "net/unix_socket.h"

namespace plaza::net {
namespace {

constexpr std::int64_t kPauseWithoutDescriptorsMs = 100;
constexpr std::int64_t kLogEveryMs = 60'000;

const metrics::Counter g_accepted{"plaza_net_accepted_total", "Connections accepted."};
const metrics::Counter g_refused{"plaza_net_refused_total",
                                 "Connections closed at once because a limit was reached."};

int spare_descriptor() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

std::string bind_error(const Address& address, int error) {
  const std::string where = address.text();
  switch (error) {
    case EADDRINUSE:
      return where + " is taken by another process. Stop it (ss -ltnp shows which), or choose another port.";
    case EACCES:
      return where + " is not allowed for this user. Ports below 1024 need privileges: choose a higher one.";
    case EADDRNOTAVAIL:
      return where +
             " is no address of this machine. Choose one of its own (ip addr), 127.0.0.1, or 0.0.0.0 for "
             "all.";
    case EAFNOSUPPORT: return where + ": this machine has no IPv6. Choose an IPv4 address, as 0.0.0.0.";
    default: return "cannot listen on " + where + ": " + std::strerror(error);
  }
}

/// A listening socket, or the errno.
Result<int, int> listen_on(const Address& address, int backlog) {
  sockaddr_storage storage;
  const socklen_t length = address.to_socket(storage);
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(errno);
  const int on = 1, off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0 || ::listen(fd, backlog) != 0) {
    const int error = errno;
    ::close(fd);
    return fail(error);
  }
  return fd;
}

Result<int, std::string> bind_to_address(const ListenerOptions& options) {
  const auto address = Address::parse(options.address);
  if (!address) return fail(address.error());
  const auto fd = listen_on(*address, options.backlog);
  if (!fd) return fail(bind_error(*address, fd.error()));
  return *fd;
}

Result<int, std::string> bind_to_path(const ListenerOptions& options) {
  const auto fd = listen_on_unix(options.unix_path, options.backlog);
  if (!fd) return fail("cannot listen on " + options.unix_path + ": " + std::strerror(fd.error()));
  return *fd;
}

Address bound_address(int fd) {
  sockaddr_storage storage;
  socklen_t length = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return Address::from_socket(reinterpret_cast<sockaddr*>(&storage));
}

/// Runs on the shard and waits for it; right here when that is allowed.
void run_on(Shard& shard, const std::function<void()>& work) {
  if (shard.on_shard()) {
    work();
    return;
  }
  std::latch done(1);
  shard.post([&] {
    work();
    done.count_down();
  });
  done.wait();
}

}  // namespace

class Listener::Acceptor final : public Pollable {
 public:
  Acceptor(ShardGroup& shards, std::uint32_t on_shard, ListenerOptions options,
           std::shared_ptr<ConnectionLimits> limits, OnAccept on_accept, int fd)
      : shards_(shards),
        shard_(shards.at(on_shard)),
        options_(std::move(options)),
        connection_options_(std::make_shared<const ConnectionOptions>(options_.connection)),
        limits_(std::move(limits)),
        on_accept_(std::make_shared<const OnAccept>(std::move(on_accept))),
        address_(bound_address(fd)),
        fd_(fd),
        spare_fd_(spare_descriptor()),
        next_shard_(on_shard),
        again_([this] { watch(); }) {
    if (options_.balancers.empty()) return;
    gate_ = std::make_unique<ProxyGate>(shard_, options_.balancer,
                                        [this](int accepted, const Address& peer) { admit(accepted, peer); });
  }

  ~Acceptor() override {
    close_listening();
    if (spare_fd_ >= 0) ::close(spare_fd_);
  }

  [[nodiscard]] const Address& address() const { return address_; }

  void begin() {
    run_on(shard_, [this] { watch(); });
  }
  void stop() {
    run_on(shard_, [this] {
      close_listening();
      gate_.reset();
      again_.cancel();
      leave_turn();
    });
  }

 private:
  // When the system has no room for one more watched descriptor, another attempt comes as after every
  // shortage.
  void watch() {
    if (!shard_.poller().add_listening(fd_, *this)) shard_.timers().arm(again_, kPauseWithoutDescriptorsMs);
  }
  void close_listening() {
    if (fd_ < 0) return;
    ::close(fd_);
    fd_ = -1;
    if (!options_.unix_path.empty()) ::unlink(options_.unix_path.c_str());
  }

  [[nodiscard]] std::string where() const {
    return options_.unix_path.empty() ? address_.text() : options_.unix_path;
  }

  void on_events(std::uint32_t) override { shard_.mark_ready(*this); }
  void flush() override {}
  void bury() override {}

  // Level-triggered: what the budget leaves is reported again by the next wait.
  bool serve(TurnBudget&) override {
    for (std::uint32_t i = 0; i < options_.accepts_per_turn && fd_ >= 0; ++i) {
      sockaddr_storage storage;
      socklen_t length = sizeof storage;
      const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&storage), &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        accepted(fd, Address::from_socket(reinterpret_cast<sockaddr*>(&storage)));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        out_of_descriptors(errno);
        return false;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return false;
      }
      // Anything else (ECONNABORTED, EINTR...) concerns one connection that is already gone.
    }
    return false;
  }

  void accepted(int fd, const Address& peer) {
    if (gate_ && in_any(options_.balancers, peer)) {
      gate_->wait(fd, peer);
    } else {
      admit(fd, peer);
    }
  }

  /// `remote` is who it really is: limits and networks go by it.
  void admit(int fd, const Address& remote) {
    if (limits_ && !limits_->admit(remote)) {
      refuse(fd);
      return;
    }
    g_accepted.add();
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // A client that knows no heartbeat is found dead by TCP: asked after 25 s of silence, given up at 75 s.
    const int idle_s = 25;
    const int interval_s = 25;
    const int probes = 2;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    ssl_st* ssl = nullptr;
    if (options_.tls) {
      ssl = options_.tls->accept_on(fd);
      if (ssl == nullptr) {
        ::close(fd);
        if (limits_) limits_->release(remote);
        return;
      }
    }
    Shard& target = shards_.at(next_shard_++ % shards_.size());
    // The transport owns the socket, so that a shard that is stopped before the task runs closes it.
    target.post_arrival([transport = Transport(fd, ssl), &target, kind = options_.kind,
                         connection = connection_options_, remote, ticket = Ticket(limits_, remote),
                         on_accept = on_accept_]() mutable {
      (*on_accept)(std::make_unique<Connection>(target, std::move(transport), kind, std::move(connection),
                                                remote, ticket.take()));
    });
  }

  /// Gives the place back when the task is destroyed without having run.
  class Ticket {
   public:
    Ticket(std::shared_ptr<ConnectionLimits> limits, const Address& remote)
        : limits_(std::move(limits)), remote_(remote) {}
    Ticket(Ticket&&) noexcept = default;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (limits_) limits_->release(remote_);
    }
    std::shared_ptr<ConnectionLimits> take() { return std::move(limits_); }

   private:
    std::shared_ptr<ConnectionLimits> limits_;
    Address remote_;
  };

  void refuse(int fd) {
    g_refused.add();
    if (!options_.refusal.empty() && !options_.tls) {
      [[maybe_unused]] const auto sent = ::send(fd, options_.refusal.data(), options_.refusal.size(),
                                                MSG_NOSIGNAL | MSG_DONTWAIT);
      ::shutdown(fd, SHUT_WR);
    }
    ::close(fd);
    if (may_log())
      PLAZA_LOG(warn, "net", "{}: the limit of connections is reached; new ones are refused", where());
  }

  // One waiting client is told (by the end of its connection) instead of hanging; the others get their turn
  // after the pause.
  void out_of_descriptors(int error) {
    if (spare_fd_ >= 0) {
      ::close(spare_fd_);
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) ::close(fd);
      g_refused.add();
    }
    spare_fd_ = spare_descriptor();
    shard_.poller().remove(fd_);
    shard_.timers().arm(again_, kPauseWithoutDescriptorsMs);
    if (may_log()) {
      PLAZA_LOG(error, "net",
                "{}: no descriptor left for a new connection ({}). Raise the limit (ulimit -n) or lower "
                "the number of connections allowed.",
                where(), std::strerror(error));
    }
  }

  bool may_log() {
    if (logged_ms_ != 0 && shard_.now_ms() - logged_ms_ < kLogEveryMs) return false;
    logged_ms_ = shard_.now_ms();
    return true;
  }

  // Constant after construction.
  ShardGroup& shards_;
  Shard& shard_;
  const ListenerOptions options_;
  const std::shared_ptr<const ConnectionOptions> connection_options_;
  const std::shared_ptr<ConnectionLimits> limits_;
  const std::shared_ptr<const OnAccept> on_accept_;  // also held by connections on their way to a shard
  const Address address_;
  // On the shard only.
  int fd_;
  int spare_fd_;
  std::uint32_t next_shard_;
  std::int64_t logged_ms_ = 0;
  CallbackTimer again_;
  std::unique_ptr<ProxyGate> gate_;  // null: no balancers, or stopped
};

Listener::Listener(std::unique_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
Listener::~Listener() { stop(); }

Result<std::unique_ptr<Listener>, std::string> Listener::open(ShardGroup& shards, std::uint32_t on_shard,
                                                              ListenerOptions options,
                                                              std::shared_ptr<ConnectionLimits> limits,
                                                              OnAccept on_accept) {
  const auto fd = options.unix_path.empty() ? bind_to_address(options) : bind_to_path(options);
  if (!fd) return fail(fd.error());
  auto acceptor = std::make_unique<Acceptor>(shards, on_shard, std::move(options), std::move(limits),
                                             std::move(on_accept), *fd);
  acceptor->begin();
  return std::unique_ptr<Listener>(new Listener(std::move(acceptor)));
}

void Listener::stop() { acceptor_->stop(); }
const Address& Listener::address() const { return acceptor_->address(); }

}  // namespace plaza::net
