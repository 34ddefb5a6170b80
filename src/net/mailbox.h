#pragma once
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/mpsc_queue.h"

namespace plaza::net {

/// Tasks that other threads posted to a shard.
///
/// Thread   push(), push_batch() from any (true: wake the shard); the rest on the shard.
/// Order    Tasks of one thread in the order pushed; a batch is one entry and keeps its inner order.
/// Limit    run() runs at most its budget, also from the middle of a batch.
class Mailbox {
 public:
  using Task = std::move_only_function<void()>;

  [[nodiscard]] bool push(Task task) { return queue_.push(Entry{std::move(task), {}}); }
  [[nodiscard]] bool push_batch(std::vector<Task> tasks) {
    return queue_.push(Entry{nullptr, std::move(tasks)});
  }

  void run(std::uint32_t budget) {
    while (budget > 0) {
      if (position_ < batch_.size()) {
        Task task = std::move(batch_[position_++]);
        if (position_ == batch_.size()) {
          batch_.clear();
          position_ = 0;
        }
        task();
        --budget;
        continue;
      }
      Entry entry;
      if (!queue_.pop(entry)) return;
      if (entry.task) {
        entry.task();
        --budget;
      } else {
        batch_ = std::move(entry.batch);
        position_ = 0;
      }
    }
  }
  /// True: nothing waits, and the next push says that the shard has to be woken.
  [[nodiscard]] bool sleep_if_empty() { return batch_.empty() && queue_.sleep_if_empty(); }

 private:
  struct Entry {
    Task task;
    std::vector<Task> batch;
  };
  MpscQueue<Entry> queue_;
  // On the shard only.
  std::vector<Task> batch_;  // the one being run
  std::size_t position_ = 0;
};

}  // namespace plaza::net
