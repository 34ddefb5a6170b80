// The other half of EventFeed: what apps want, and its thread.
#include <pthread.h>

#include <algorithm>
#include <future>

#include "base/log.h"
#include "events/event_bodies.h"
#include "events/event_feed.h"

namespace plaza::events {

using ports::AppEventKind;
using ports::DirectoryResult;
using ports::EventSource;

namespace {

constexpr std::uint32_t kPage = 500;
constexpr std::int64_t kTidyEveryMs = 60'000;
constexpr std::chrono::milliseconds kRetry{200};
constexpr std::uint32_t kTrimPiece = 1000;
constexpr int kTrimPieces = 20;

using Heads = std::vector<ports::Head>;

std::unexpected<ports::DirectoryError> unavailable(std::string detail) {
  return fail(ports::DirectoryError{ports::DirectoryCode::unavailable, std::move(detail)});
}

}  // namespace

DirectoryResult<void> EventFeed::load() {
  const auto logs = parts_.events.logs();
  if (!logs) return fail(logs.error());
  for (const auto& log : *logs) {
    kinds_[log.app] = log.kinds;
    // Who came or went while this server was away nobody knows.
    if (log.kinds.has(AppEventKind::member_online) || log.kinds.has(AppEventKind::member_offline)) {
      batches_.push_back({.app = log.app,
                          .events = {presence_gap("restart", 0, parts_.clock.wall_ms())},
                          .from = {},
                          .to = {}});
    }
  }
  for (EventSource last;;) {
    const auto page = parts_.events.sources(last, kPage);
    if (!page) return fail(page.error());
    for (const auto& source : *page) put_source(source);
    if (auto compared = compare_with_store(*page); !compared) return compared;
    if (page->size() < kPage) break;
    last = page->back();
  }
  return load_zones();
}

/// When an older copy of the streams was put back, rooms go on from what they are now, and their apps are told so. At the start, before
/// anything is said in them.
DirectoryResult<void> EventFeed::compare_with_store(const std::vector<EventSource>& sources) {
  std::vector<EventSource> rooms;
  std::vector<ports::StreamId> streams;
  for (const auto& source : sources) {
    if (!source.room) continue;
    rooms.push_back(source);
    streams.push_back(ports::StreamId::room(source.room));
  }
  if (rooms.empty()) return {};
  auto promise = std::make_shared<std::promise<Result<Heads, ports::StoreError>>>();
  auto answer = promise->get_future();
  parts_.store.heads(std::move(streams), [promise](Result<Heads, ports::StoreError> heads) {
    promise->set_value(std::move(heads));
  });
  const auto heads = answer.get();
  if (!heads) return unavailable("the rooms' streams cannot be read");
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    const ports::Head& head = (*heads)[i];
    if (head.epoch == rooms[i].epoch && rooms[i].position <= head.head) continue;
    EventSource to = rooms[i];
    to.epoch = head.epoch;
    to.position = std::min(to.position, head.head);
    batches_.push_back({.app = to.app,
                        .events = {room_restored("", to.room, to.position, parts_.clock.wall_ms())},
                        .from = rooms[i],
                        .to = to});
  }
  return {};
}

void EventFeed::put_source(const EventSource& source) {
  const std::lock_guard lock(mutex_);
  if (source.room) {
    rooms_.insert_or_assign(source.room, source);
    grown_.insert(source.room);  // there may be something that nobody has looked at
    watched_.store(static_cast<std::uint32_t>(rooms_.size()), std::memory_order_relaxed);
  } else {
    reports_.insert_or_assign(source.zone, source);
    reported_.insert(source.zone);
  }
  wake_.notify_one();
}

DirectoryResult<void> EventFeed::load_zones() {
  std::vector<std::pair<AppId, ports::AppEventKinds>> apps;
  {
    const std::lock_guard lock(mutex_);
    apps.assign(kinds_.begin(), kinds_.end());
    foreign_.clear();
  }
  for (const auto& [app, kinds] : apps) {
    if (auto loaded = load_zones_of(app, kinds.has(AppEventKind::report)); !loaded) return loaded;
  }
  return {};
}

DirectoryResult<void> EventFeed::load_zones_of(AppId app, bool reports) {
  for (ZoneId last;;) {
    const auto page = parts_.apps.zones(app, last, kPage);
    if (!page) return fail(page.error());
    for (const auto& record : *page) {
      bool is_watched = false;
      {
        const std::lock_guard lock(mutex_);
        zones_.insert_or_assign(record.zone.id, Known{.app = app, .name = record.zone.zone_name});
        is_watched = reports_.contains(record.zone.id);
      }
      if (!reports || is_watched) continue;
      const auto source = parts_.events.watch({.app = app, .zone = record.zone.id}, 0);
      if (!source) return fail(source.error());
      put_source(*source);
    }
    if (page->size() < kPage) return {};
    last = page->back().zone.id;
  }
}

// For the apps' servers ----------------------------------------------------------------------------------------------

DirectoryResult<ports::EventLogState> EventFeed::subscribe(AppId app, ports::AppEventKinds kinds) {
  const auto state = parts_.events.subscribe(app, kinds);
  if (!state) return state;
  {
    const std::lock_guard lock(mutex_);
    kinds_[app] = kinds;
  }
  if (auto loaded = load_zones_of(app, kinds.has(AppEventKind::report)); !loaded) return fail(loaded.error());
  return state;
}

DirectoryResult<EventSource> EventFeed::watch(const ports::Zone& zone, RoomId room,
                                              std::optional<std::uint64_t> since) {
  auto promise = std::make_shared<std::promise<Result<Heads, ports::StoreError>>>();
  auto answer = promise->get_future();
  parts_.store.heads({ports::StreamId::room(room)}, [promise](Result<Heads, ports::StoreError> heads) {
    promise->set_value(std::move(heads));
  });
  const auto heads = answer.get();
  if (!heads || heads->empty()) return unavailable("the room's stream cannot be read");
  const ports::Head head = heads->front();
  const auto source = parts_.events.watch({.app = zone.app,
                                           .zone = zone.id,
                                           .room = room,
                                           .epoch = head.epoch,
                                           .position = std::min(since.value_or(head.head), head.head)},
                                          options_.rooms_per_app_max);
  if (!source) return source;
  {
    const std::lock_guard lock(mutex_);
    zones_.insert_or_assign(zone.id, Known{.app = zone.app, .name = zone.zone_name});
    // One that is watched already is further in memory than it was read.
    if (rooms_.contains(room)) return rooms_[room];
  }
  put_source(*source);
  return source;
}

DirectoryResult<bool> EventFeed::unwatch(const ports::Zone& zone, RoomId room) {
  const auto was_there = parts_.events.unwatch(zone.app, zone.id, room);
  if (!was_there) return was_there;
  const std::lock_guard lock(mutex_);
  rooms_.erase(room);
  watched_.store(static_cast<std::uint32_t>(rooms_.size()), std::memory_order_relaxed);
  return was_there;
}

// Its thread ---------------------------------------------------------------------------------------------------------

void EventFeed::start() {
  thread_ = std::thread([this] { work(); });
}

void EventFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void EventFeed::work() {
  pthread_setname_np(pthread_self(), "app-events");
  std::int64_t tidied_ms = parts_.clock.steady_ms();
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool had_work = has_work();
    const bool done = !had_work || round();
    if (done == failing) {
      failing = !done;
      if (failing) {
        PLAZA_LOG(warn, "events", "events for the apps' servers cannot be stored now; tried again");
      } else {
        PLAZA_LOG(info, "events", "events for the apps' servers are stored again");
      }
    }
    if (parts_.clock.steady_ms() - tidied_ms >= kTidyEveryMs) {
      tidied_ms = parts_.clock.steady_ms();
      trim();
    }
    const bool more = has_work();
    lock.lock();
    if (stopping_) return;
    if (!done) {
      wake_.wait_for(lock, kRetry, [this] { return stopping_; });
    } else if (!more && grown_.empty() && reported_.empty() && presence_.empty() && !zones_changed_) {
      wake_.wait_for(lock, std::chrono::milliseconds(kTidyEveryMs));
    }
  }
}

void EventFeed::trim() {
  std::vector<AppId> apps;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [app, kinds] : kinds_) apps.push_back(app);
  }
  for (const AppId app : apps) {
    for (int piece = 0; piece < kTrimPieces; ++piece) {
      const auto gone = parts_.events.trim(app, parts_.clock.wall_ms() - options_.kept_ms, options_.kept_max,
                                           kTrimPiece);
      if (!gone || *gone < kTrimPiece) break;
    }
  }
}

}  // namespace plaza::events
