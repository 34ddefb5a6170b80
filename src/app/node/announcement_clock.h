#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "chat/announcer.h"

namespace plaza::app {

/// Wakes the announcer: once a second, for announcements whose time has come.
///
/// Thread   One of its own. Owner: the node, while the shards run.
class AnnouncementClock {
 public:
  explicit AnnouncementClock(chat::Announcer& announcer);
  ~AnnouncementClock();
  AnnouncementClock(const AnnouncementClock&) = delete;
  AnnouncementClock& operator=(const AnnouncementClock&) = delete;

 private:
  void work();

  chat::Announcer& announcer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace plaza::app
