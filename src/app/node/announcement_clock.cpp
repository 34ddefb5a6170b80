#include "app/node/announcement_clock.h"

#include <pthread.h>

#include <chrono>

#include "base/log.h"

namespace plaza::app {
namespace {
constexpr std::chrono::milliseconds kInterval{1000};
}  // namespace

AnnouncementClock::AnnouncementClock(chat::Announcer& announcer)
    : announcer_(announcer), thread_([this] { work(); }) {}

AnnouncementClock::~AnnouncementClock() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void AnnouncementClock::work() {
  pthread_setname_np(pthread_self(), "announcements");
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    if (const auto done = announcer_.publish_due(); !done) {
      PLAZA_LOG(warn, "announcements", "not made current, to be tried again: {}", done.error().detail);
    }
    lock.lock();
  } while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; }));
}

}  // namespace plaza::app
