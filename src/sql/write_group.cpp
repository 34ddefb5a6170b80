#include "sql/write_group.h"

#include <algorithm>
#include <utility>

namespace plaza::sql {

WriteGroups::WriteGroups(std::size_t writes_max, Carry carry_out)
    : writes_max_(std::max<std::size_t>(1, writes_max)), carry_out_(std::move(carry_out)) {}

void WriteGroups::run(PendingWrite& mine) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  mine.turn_.wait(lock, [&] { return mine.done_ || !carrying_; });
  if (mine.done_) return;
  carrying_ = true;
  while (!mine.done_) {
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(writes_max_, waiting_.size()));
    const std::vector<PendingWrite*> group(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    lock.unlock();
    carry_out_(group);
    lock.lock();
    for (PendingWrite* each : group) {
      each->done_ = true;
      each->turn_.notify_one();  // under the lock: it goes away as soon as it sees that it is done
    }
  }
  carrying_ = false;
  if (!waiting_.empty()) waiting_.front()->turn_.notify_one();
}

std::size_t WriteGroups::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace plaza::sql
