#include "app/process/signal_watcher.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "base/check.h"

namespace plaza::app {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

[[noreturn]] void exit_now(int signal) {
  constexpr std::string_view text = "plaza: asked a second time: exiting now\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  _exit(128 + signal);
}

}  // namespace

SignalWatcher::SignalWatcher(Calls calls) : calls_(std::move(calls)) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  end_ = eventfd(0, EFD_CLOEXEC);
  PLAZA_CHECK(signals_ >= 0 && end_ >= 0);
  thread_ = std::thread([this] { watch(); });
}

SignalWatcher::~SignalWatcher() {
  constexpr std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(end_, &one, sizeof one);
  thread_.join();
  close(signals_);
  close(end_);
  const sigset_t set = watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalWatcher::watch() {
  pthread_setname_np(pthread_self(), "signals");
  bool stopping = false;
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{signals_, POLLIN, 0}, pollfd{end_, POLLIN, 0}};
    if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return;
    if (ready[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGHUP) {
      calls_.reload();
    } else if (stopping) {
      exit_now(signal);
    } else {
      stopping = true;
      calls_.stop(signal);
    }
  }
}

}  // namespace plaza::app
