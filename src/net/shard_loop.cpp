#include "net/shard_loop.h"

#include <fcntl.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>

#include "base/check.h"

namespace plaza::net {
namespace {

constexpr int kHandlersPerPoll = 64;

}  // namespace

struct ShardLoop::State {
  explicit State(int poller_fd) : work(io.get_executor()), poller(io, fcntl(poller_fd, F_DUPFD_CLOEXEC, 0)) {}

  // One epoll_ctl per wake-up, however many sockets became ready.
  void watch() {
    if (watching) return;
    watching = true;
    poller.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this](const boost::system::error_code&) { watching = false; });
  }

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  boost::asio::posix::stream_descriptor poller;
  bool watching = false;
};

ShardLoop::ShardLoop(int poller_fd) : state_(std::make_unique<State>(poller_fd)) {}
ShardLoop::~ShardLoop() = default;

boost::asio::io_context& ShardLoop::io() { return state_->io; }

void ShardLoop::block(std::int64_t timeout_ms) {
  state_->watch();
  const std::size_t ran = timeout_ms < 0 ? state_->io.run_one()
                                         : state_->io.run_one_for(std::chrono::milliseconds(timeout_ms));
  // What ran was the watch, or a handler of someone else, behind which more may wait.
  if (ran != 0 && state_->watching) poll();
}

void ShardLoop::poll() {
  for (int i = 0; i < kHandlersPerPoll && state_->io.poll_one() != 0; ++i) {}
}

}  // namespace plaza::net
