#include "app/node/node_erasing.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "sqlite/message_log.h"

namespace plaza::app {
namespace {
constexpr std::int64_t kAgainMs = 1'000;
constexpr std::int64_t kPauseBetweenPiecesMs = 5;  // commits of messages come in between
constexpr int kNice = 10;
}  // namespace

Result<std::unique_ptr<NodeErasing>, std::string> NodeErasing::start(const std::string& streams_path,
                                                                     std::uint32_t busy_timeout_ms,
                                                                     Parts parts) {
  auto log = sqlite::StoredMessageLog::open(streams_path, busy_timeout_ms);
  if (!log) return fail(std::move(log.error()));
  return std::unique_ptr<NodeErasing>(new NodeErasing(std::move(*log), std::move(parts)));
}

NodeErasing::NodeErasing(std::unique_ptr<ports::MessageLog> log, Parts parts)
    : log_(std::move(log)),
      eraser_({.erasures = parts.erasures,
               .streams = parts.streams,
               .log = *log_,
               .forget_words = std::move(parts.forget_words),
               .clear_files = std::move(parts.clear_files),
               .gone = std::move(parts.gone)}),
      thread_([this] { work(); }) {}

NodeErasing::~NodeErasing() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void NodeErasing::wake() {
  {
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  wake_.notify_one();
}

/// False when it is time to end.
bool NodeErasing::sleep(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

bool NodeErasing::wait_for_work() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || news_; });
  news_ = false;
  return !stopping_;
}

void NodeErasing::work() {
  pthread_setname_np(pthread_self(), "erasing");
  // On Linux a thread has a priority of its own.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice));
  bool told = false;
  for (;;) {
    switch (eraser_.step()) {
      case tenancy::AppEraser::Step::more:
        told = false;
        if (!sleep(kPauseBetweenPiecesMs)) return;
        break;
      case tenancy::AppEraser::Step::idle:
        told = false;
        if (!wait_for_work()) return;
        break;
      case tenancy::AppEraser::Step::failed:
        if (!std::exchange(told, true))
          PLAZA_LOG(warn, "erasing", "a deletion cannot go on, to be tried again: {}", eraser_.failure());
        if (!sleep(kAgainMs)) return;
        break;
    }
  }
}

}  // namespace plaza::app
