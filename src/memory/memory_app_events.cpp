#include "memory/memory_app_events.h"

#include <algorithm>

namespace plaza::memory {

using namespace ports;  // NOLINT: a twin of one header

void MemoryAppEvents::set_unavailable(bool unavailable) {
  const std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

// Log ----------------------------------------------------------------------------------------------------------------

DirectoryResult<EventLogState> MemoryAppEvents::log(AppId app) {
  return guarded([&]() -> DirectoryResult<EventLogState> {
    const auto at = logs_.find(app);
    return at == logs_.end() ? EventLogState{.app = app} : at->second.state;
  });
}

DirectoryResult<EventLogState> MemoryAppEvents::subscribe(AppId app, AppEventKinds kinds) {
  return guarded([&]() -> DirectoryResult<EventLogState> {
    auto& state = logs_[app].state;
    state.app = app;
    state.kinds = kinds;
    return state;
  });
}

DirectoryResult<std::vector<EventLogState>> MemoryAppEvents::logs() {
  return guarded([&]() -> DirectoryResult<std::vector<EventLogState>> {
    std::vector<EventLogState> all;
    for (const auto& [app, log] : logs_) all.push_back(log.state);
    return all;
  });
}

// Sources ------------------------------------------------------------------------------------------------------------

DirectoryResult<EventSource> MemoryAppEvents::watch(const EventSource& wanted, std::uint32_t rooms_max) {
  return guarded([&]() -> DirectoryResult<EventSource> {
    const SourceKey key{wanted.app, wanted.zone, wanted.room};
    if (const auto at = sources_.find(key); at != sources_.end()) return at->second;
    const auto rooms = std::ranges::count_if(
        sources_, [&](const auto& one) { return one.second.app == wanted.app && one.second.room; });
    if (wanted.room && rooms >= rooms_max) {
      return fail(
          DirectoryError{DirectoryCode::limit, "watched rooms of an app " + std::to_string(rooms_max)});
    }
    sources_.emplace(key, wanted);
    return wanted;
  });
}

DirectoryResult<bool> MemoryAppEvents::unwatch(AppId app, ZoneId zone, RoomId room) {
  return guarded([&]() -> DirectoryResult<bool> { return sources_.erase({app, zone, room}) != 0; });
}

DirectoryResult<std::vector<EventSource>> MemoryAppEvents::sources(const EventSource& after,
                                                                   std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<EventSource>> {
    std::vector<EventSource> found;
    for (auto at = sources_.upper_bound({after.app, after.zone, after.room});
         at != sources_.end() && found.size() < limit; ++at)
      found.push_back(at->second);
    return found;
  });
}

DirectoryResult<std::vector<EventSource>> MemoryAppEvents::watched(AppId app, ZoneId zone, RoomId after,
                                                                   std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<EventSource>> {
    std::vector<EventSource> found;
    for (const auto& [key, source] : sources_) {
      if (source.app == app && source.zone == zone && source.room > after && found.size() < limit)
        found.push_back(source);
    }
    return found;
  });
}

// Events -------------------------------------------------------------------------------------------------------------

DirectoryResult<void> MemoryAppEvents::append(const std::vector<EventBatch>& batches) {
  return guarded([&]() -> DirectoryResult<void> {
    for (const auto& batch : batches) {
      if (batch.from) {
        const auto source = sources_.find({batch.from->app, batch.from->zone, batch.from->room});
        if (source == sources_.end() || source->second != *batch.from) continue;
        source->second = *batch.to;
      }
      auto& log = logs_[batch.app];
      log.state.app = batch.app;
      for (AppEvent event : batch.events) {
        if (!log.state.kinds.has(event.kind)) continue;
        event.seq = ++log.state.head;
        log.events.push_back(std::move(event));
      }
    }
    return {};
  });
}

DirectoryResult<EventPage> MemoryAppEvents::read(AppId app, std::uint64_t after, std::uint32_t limit,
                                                 std::size_t bytes_max) {
  return guarded([&]() -> DirectoryResult<EventPage> {
    EventPage page{.state = {.app = app}, .events = {}};
    const auto at = logs_.find(app);
    if (at == logs_.end()) return page;
    page.state = at->second.state;
    std::size_t bytes = 0;
    for (const auto& event : at->second.events) {
      if (event.seq <= after || page.events.size() >= limit) continue;
      bytes += event.body.size();
      if (!page.events.empty() && bytes > bytes_max) break;
      page.events.push_back(event);
    }
    return page;
  });
}

DirectoryResult<std::uint32_t> MemoryAppEvents::trim(AppId app, std::int64_t before_ms,
                                                     std::uint64_t kept_max, std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    auto& log = logs_[app];
    log.state.app = app;
    std::uint32_t gone = 0;
    while (gone < limit && !log.events.empty() &&
           (log.events.front().time_ms < before_ms || log.events.size() > kept_max)) {
      log.state.trimmed = log.events.front().seq;
      log.events.erase(log.events.begin());
      ++gone;
    }
    return gone;
  });
}

}  // namespace plaza::memory
