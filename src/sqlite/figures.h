#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "ports/stream_store.h"

namespace plaza::sqlite {

/// What the store says about itself while its writer works.
///
/// Thread   Any.
/// Owner    The store; it outlives the writer.
class Figures {
 public:
  std::atomic<std::uint64_t> messages{0}, duplicates{0}, commits{0}, commit_failures{0};
  std::atomic<std::uint64_t> entries_indexed{0}, entries_waiting{0}, appends_waiting{0}, commit_ns{0};

  void set_writable() {
    const std::lock_guard lock(mutex_);
    health_ = {};
  }
  void set_broken(std::string reason) {
    const std::lock_guard lock(mutex_);
    health_ = {.writable = false, .reason = std::move(reason)};
  }
  [[nodiscard]] ports::StoreHealth health() const {
    const std::lock_guard lock(mutex_);
    return health_;
  }
  [[nodiscard]] ports::StoreStats stats() const {
    return {.messages = messages,
            .duplicates = duplicates,
            .commits = commits,
            .commit_failures = commit_failures,
            .entries_indexed = entries_indexed,
            .entries_waiting = entries_waiting,
            .appends_waiting = appends_waiting,
            .commit_ns = commit_ns};
  }

 private:
  mutable std::mutex mutex_;
  ports::StoreHealth health_{.writable = false, .reason = "the store is not running"};
};

}  // namespace plaza::sqlite
