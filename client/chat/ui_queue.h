#pragma once
#include <functional>
#include <mutex>
#include <vector>

namespace plaza::client::chat {

/// What the client's thread has for the terminal's thread.
///
/// Thread   post() from any; run() and fd() on the terminal's. Tasks run in the order posted.
/// Stop     Tasks that are left are destroyed unrun. Outlives the client.
class UiQueue {
 public:
  using Task = std::move_only_function<void()>;

  UiQueue();
  ~UiQueue();
  UiQueue(const UiQueue&) = delete;
  UiQueue& operator=(const UiQueue&) = delete;

  void post(Task task);
  /// Readable while there are tasks.
  [[nodiscard]] int fd() const { return fd_; }
  /// Runs what is there.
  void run();

 private:
  // Constant after construction.
  int fd_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::vector<Task> tasks_;
};

}  // namespace plaza::client::chat
