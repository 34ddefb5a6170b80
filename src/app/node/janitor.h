#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "chat/moderator.h"
#include "login/login_service.h"
#include "ports/stream_store.h"

namespace plaza::app {

/// Removes what is over: messages past their retention, expired tokens, sanctions that have ended. A bounded piece at a time.
///
/// Thread   One of its own, asleep between rounds. Owner: the node.
class Janitor {
 public:
  Janitor(ports::StreamStore& store, login::LoginService& login, chat::Moderator& moderator,
          ports::Retention retention, std::int64_t interval_s);
  ~Janitor();
  void set(ports::Retention retention, std::int64_t interval_s);

 private:
  void work();
  bool sleep(std::int64_t ms);
  bool trim_once(ports::Retention retention);

  ports::StreamStore& store_;
  login::LoginService& login_;
  chat::Moderator& moderator_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  ports::Retention retention_;
  std::int64_t interval_s_;
  bool stopping_ = false;
  // The owner's thread.
  std::thread thread_;
};

}  // namespace plaza::app
