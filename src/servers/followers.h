#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "base/ids.h"

namespace plaza::servers {

using ConnectionId = std::uint64_t;

/// The connections of each app's servers, and which of them wait to hear that there are further events.
///
/// Thread  Any; a short lock.
/// Limit   per_app_max connections of an app. A connection that was woken is not woken again before it waits again, so that events
///         that come faster than they are read cost one task.
class Followers {
 public:
  struct Where {
    std::uint32_t shard = 0;
    ConnectionId id = 0;
  };

  explicit Followers(std::uint32_t per_app_max) : per_app_max_(per_app_max) {}

  /// False: the app has as many as it may. Otherwise leave() follows.
  [[nodiscard]] bool enter(AppId app, Where where) {
    const std::lock_guard lock(mutex_);
    auto& of_app = apps_[app];
    if (of_app.size() >= per_app_max_) return false;
    of_app.emplace(where.id, Entry{.shard = where.shard});
    return true;
  }
  void leave(AppId app, ConnectionId id) {
    const std::lock_guard lock(mutex_);
    const auto at = apps_.find(app);
    if (at == apps_.end()) return;
    at->second.erase(id);
    if (at->second.empty()) apps_.erase(at);
  }
  /// It wants to be told of the next event. Whoever then looks for events cannot miss one.
  void wait(AppId app, ConnectionId id) {
    const std::lock_guard lock(mutex_);
    const auto at = apps_.find(app);
    if (at == apps_.end()) return;
    if (const auto entry = at->second.find(id); entry != at->second.end()) entry->second.waits = true;
  }
  /// Those of the app that wait. They do not from now on.
  [[nodiscard]] std::vector<Where> wake(AppId app) {
    const std::lock_guard lock(mutex_);
    std::vector<Where> woken;
    const auto at = apps_.find(app);
    if (at == apps_.end()) return woken;
    for (auto& [id, entry] : at->second) {
      if (entry.waits) woken.push_back({.shard = entry.shard, .id = id});
      entry.waits = false;
    }
    return woken;
  }

 private:
  struct Entry {
    std::uint32_t shard = 0;
    bool waits = false;
  };
  // Constant after construction.
  const std::uint32_t per_app_max_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::map<AppId, std::map<ConnectionId, Entry>> apps_;
};

}  // namespace plaza::servers
