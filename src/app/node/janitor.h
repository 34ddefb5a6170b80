#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "chat/announcer.h"
#include "chat/moderator.h"
#include "login/login_service.h"
#include "ports/rooms.h"
#include "ports/stream_store.h"

namespace plaza::app {

struct JanitorOptions {
  ports::Retention retention;
  std::int64_t interval_s = 60;
  std::int64_t announcements_kept_ms = 0;  ///< so long they are listed after their end
};

/// Removes what is over: messages past their retention, expired tokens, sanctions and announcements that have ended, what dissolved
/// rooms have left. A bounded piece at a time. And has the changes of rooms that are not in the rooms' order yet tried again, should
/// nobody else have done so.
///
/// Thread   One of its own, asleep between rounds. Owner: the node.
class Janitor {
 public:
  struct Parts {
    ports::StreamStore& store;
    login::LoginService& login;
    chat::Moderator& moderator;
    chat::Announcer& announcer;
    ports::Rooms& rooms;
    std::function<void()> announce_again;
    std::function<void()> tidy_files;
  };
  Janitor(Parts parts, JanitorOptions options);
  ~Janitor();
  void set(JanitorOptions options);

 private:
  void work();
  bool sleep(std::int64_t ms);
  bool trim_once(ports::Retention retention);
  bool sweep_once();

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  JanitorOptions options_;
  bool stopping_ = false;
  // The owner's thread.
  std::thread thread_;
};

}  // namespace plaza::app
