#include "app/node/janitor.h"

#include <pthread.h>

#include <chrono>
#include <future>
#include <memory>

#include "base/log.h"

namespace plaza::app {
namespace {
constexpr std::uint32_t kTokensPerRound = 1000;
constexpr std::uint32_t kSanctionsPerRound = 1000;
constexpr std::uint32_t kMembershipsPerPiece = 1000;
constexpr std::int64_t kPauseBetweenPiecesMs = 20;  // commits of messages come in between
}  // namespace

Janitor::Janitor(Parts parts, JanitorOptions options)
    : parts_(std::move(parts)), options_(options), thread_([this] { work(); }) {}

Janitor::~Janitor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Janitor::set(JanitorOptions options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
}

/// False when it is time to end.
bool Janitor::sleep(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

/// True when there is more to remove.
bool Janitor::trim_once(ports::Retention retention) {
  if (retention.message_age_max_ms == 0 && retention.inbox_entries_max == 0) return false;
  auto done = std::make_shared<std::promise<bool>>();
  auto result = done->get_future();
  parts_.store.trim(retention, [done](Result<bool, ports::StoreError> more) {
    if (!more) PLAZA_LOG(warn, "janitor", "trimming failed, to be tried again: {}", more.error().detail);
    done->set_value(more.value_or(false));
  });
  return result.get();
}

/// True when there is more to remove.
bool Janitor::sweep_once() {
  const auto swept = parts_.rooms.sweep_rooms(kMembershipsPerPiece);
  if (!swept) PLAZA_LOG(warn, "janitor", "dissolved rooms could not be removed: {}", swept.error().detail);
  return swept && *swept > 0;
}

void Janitor::work() {
  pthread_setname_np(pthread_self(), "janitor");
  for (;;) {
    JanitorOptions options;
    {
      const std::lock_guard lock(mutex_);
      options = options_;
    }
    while (trim_once(options.retention)) {
      if (!sleep(kPauseBetweenPiecesMs)) return;
    }
    if (const auto expired = parts_.login.expire(kTokensPerRound); !expired) {
      PLAZA_LOG(warn, "janitor", "expired tokens could not be removed: {}", expired.error().detail);
    }
    if (const auto ended = parts_.moderator.expire(kSanctionsPerRound); !ended) {
      PLAZA_LOG(warn, "janitor", "sanctions that have ended could not be removed: {}", ended.error().detail);
    }
    if (const auto tidied = parts_.announcer.tidy(options.announcements_kept_ms); !tidied) {
      PLAZA_LOG(warn, "janitor", "announcements that are over could not be removed: {}",
                tidied.error().detail);
    }
    while (sweep_once()) {
      if (!sleep(kPauseBetweenPiecesMs)) return;
    }
    parts_.announce_again();
    parts_.tidy_files();
    if (!sleep(options.interval_s * 1000)) return;
  }
}

}  // namespace plaza::app
