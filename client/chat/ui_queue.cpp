#include "client/chat/ui_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "base/check.h"

namespace plaza::client::chat {

UiQueue::UiQueue() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { PLAZA_CHECK(fd_ >= 0); }
UiQueue::~UiQueue() { close(fd_); }

void UiQueue::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);  // a full counter is readable as well
}

void UiQueue::run() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto drained = read(fd_, &count, sizeof count);
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks = std::exchange(tasks_, {});
  }
  for (Task& task : tasks) task();
}

}  // namespace plaza::client::chat
