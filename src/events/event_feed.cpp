#include "events/event_feed.h"

#include <algorithm>
#include <future>
#include <iterator>

#include "base/metrics.h"
#include "events/event_bodies.h"

namespace plaza::events {

using ports::AppEventKind;
using ports::DirectoryResult;
using ports::EventSource;

namespace {

constexpr std::uint32_t kReportsPage = 100;
constexpr std::size_t kPresencePiece = 500;

const metrics::Counter g_events{"plaza_app_events_total", "Events read for the apps' servers."};
const metrics::Counter g_lost{"plaza_app_events_lost_total",
                              "Comings and goings of members that the apps' servers were not told of."};

}  // namespace

EventFeed::EventFeed(FeedParts parts, FeedOptions options, Appended appended)
    : parts_(parts), options_(options), appended_(std::move(appended)) {}

EventFeed::~EventFeed() { stop(); }

// Hints --------------------------------------------------------------------------------------------------------------

void EventFeed::presence(const ports::Zone& zone, MemberId member, const std::string& nickname, bool online) {
  const std::lock_guard lock(mutex_);
  if (!wants(zone.app, online ? AppEventKind::member_online : AppEventKind::member_offline)) return;
  Queue& queue = presence_[zone.app];
  if (queue.events.size() >= options_.presence_waiting_max) {
    ++queue.lost;
    g_lost.add();
  } else {
    queue.events.push_back(of_presence(zone.zone_name, member, nickname, online, parts_.clock.wall_ms()));
  }
  wake_.notify_one();
}

void EventFeed::room_grew(RoomId room) {
  const std::lock_guard lock(mutex_);
  if (!rooms_.contains(room)) return;
  grown_.insert(room);
  wake_.notify_one();
}

void EventFeed::reported(ZoneId zone) {
  const std::lock_guard lock(mutex_);
  if (kinds_.empty() || foreign_.contains(zone)) return;
  reported_.insert(zone);
  wake_.notify_one();
}

void EventFeed::zones_changed() {
  const std::lock_guard lock(mutex_);
  zones_changed_ = true;
  wake_.notify_one();
}

bool EventFeed::wants(AppId app, AppEventKind kind) const {
  const auto at = kinds_.find(app);
  return at != kinds_.end() && at->second.has(kind);
}

std::string EventFeed::zone_name(ZoneId zone) {
  const std::lock_guard lock(mutex_);
  const auto at = zones_.find(zone);
  return at == zones_.end() ? std::string() : at->second.name;
}

// A round ------------------------------------------------------------------------------------------------------------

bool EventFeed::has_work() {
  const std::lock_guard lock(mutex_);
  return zones_changed_ || !grown_.empty() || !reported_.empty() || !presence_.empty() || !batches_.empty();
}

bool EventFeed::round() {
  if (batches_.empty() && !collect()) return false;
  if (batches_.empty()) return true;
  if (!parts_.events.append(batches_)) return false;
  appended();
  return true;
}

bool EventFeed::collect() {
  if (!know_zones()) return false;
  collect_presence();
  // Even when one of these fails, what the others found is appended.
  const bool rooms = collect_rooms();
  const bool reports = collect_reports();
  return (rooms && reports) || !batches_.empty();
}

bool EventFeed::know_zones() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(zones_changed_, false)) return true;
  }
  if (load_zones()) return true;
  zones_changed();
  return false;
}

void EventFeed::collect_presence() {
  const std::lock_guard lock(mutex_);
  for (auto at = presence_.begin(); at != presence_.end();) {
    auto& [app, queue] = *at;
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue.events.size(), kPresencePiece));
    ports::EventBatch batch{.app = app,
                            .events = {std::make_move_iterator(queue.events.begin()),
                                       std::make_move_iterator(queue.events.begin() + count)},
                            .from = {},
                            .to = {}};
    queue.events.erase(queue.events.begin(), queue.events.begin() + count);
    const bool all = queue.events.empty();
    if (all && queue.lost > 0)
      batch.events.push_back(presence_gap("overflow", queue.lost, parts_.clock.wall_ms()));
    batches_.push_back(std::move(batch));
    at = all ? presence_.erase(at) : std::next(at);
  }
}

/// Rooms that grew, in turn: those that always grow do not keep the others waiting.
std::vector<EventSource> EventFeed::take_grown() {
  std::vector<EventSource> sources;
  const std::lock_guard lock(mutex_);
  while (!grown_.empty() && sources.size() < options_.rooms_per_round) {
    auto at = grown_.upper_bound(last_read_);
    if (at == grown_.end()) at = grown_.begin();
    last_read_ = *at;
    grown_.erase(at);
    if (const auto source = rooms_.find(last_read_); source != rooms_.end())
      sources.push_back(source->second);
  }
  return sources;
}

bool EventFeed::collect_rooms() {
  const std::vector<EventSource> sources = take_grown();
  // All are asked for before the first answer is waited for.
  std::vector<std::future<Result<ports::Page, ports::StoreError>>> answers;
  for (const auto& source : sources) {
    auto promise = std::make_shared<std::promise<Result<ports::Page, ports::StoreError>>>();
    answers.push_back(promise->get_future());
    parts_.store.read(
        {.stream = ports::StreamId::room(source.room),
         .epoch = source.epoch,
         .backward = false,
         .from = source.position,
         .entries_max = options_.page_entries_max},
        [promise](Result<ports::Page, ports::StoreError> page) { promise->set_value(std::move(page)); });
  }
  bool all = true;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    auto page = answers[i].get();
    if (page) {
      add_page(sources[i], std::move(*page));
    } else {
      all = false;
      room_grew(sources[i].room);
    }
  }
  return all;
}

void EventFeed::add_page(const EventSource& from, ports::Page page) {
  ports::EventBatch batch{.app = from.app, .events = {}, .from = from, .to = from};
  const std::string zone = zone_name(from.zone);
  batch.to->epoch = page.head.epoch;
  if (page.too_old) {
    const std::uint64_t first = page.entries.empty() ? page.head.head + 1 : page.entries.front().seq;
    batch.events.push_back(room_gap(zone, from.room, from.position, first, parts_.clock.wall_ms()));
    batch.to->position = first - 1;
  }
  for (const auto& entry : page.entries) {
    batch.events.push_back(of_message(zone, *entry.message));
    batch.to->position = entry.seq;
  }
  if (page.more) room_grew(from.room);
  if (batch.from == batch.to) return;
  batches_.push_back(std::move(batch));
}

bool EventFeed::collect_reports() {
  std::set<ZoneId> zones;
  {
    const std::lock_guard lock(mutex_);
    zones.swap(reported_);
  }
  bool all = true;
  for (const ZoneId zone : zones) {
    if (collect_reports_of(zone)) continue;
    all = false;
    reported(zone);
  }
  return all;
}

bool EventFeed::collect_reports_of(ZoneId zone) {
  std::unique_lock lock(mutex_);
  if (!zones_.contains(zone)) {
    lock.unlock();
    if (!load_zones()) return false;
    lock.lock();
    if (!zones_.contains(zone)) {
      foreign_.insert(zone);
      return true;
    }
  }
  const auto at = reports_.find(zone);
  if (at == reports_.end()) return true;
  const EventSource from = at->second;
  lock.unlock();
  const auto reports = parts_.moderation.reports(zone, ports::ReportState::open, ReportId{from.position},
                                                 kReportsPage);
  if (!reports) return false;
  if (reports->empty()) return true;
  ports::EventBatch batch{.app = from.app, .events = {}, .from = from, .to = from};
  for (const auto& report : *reports) batch.events.push_back(of_report(zone_name(zone), report));
  batch.to->position = reports->back().id.value;
  batches_.push_back(std::move(batch));
  if (reports->size() == kReportsPage) reported(zone);
  return true;
}

EventSource* EventFeed::find_source(const EventSource& like) {
  if (like.room) {
    const auto at = rooms_.find(like.room);
    return at == rooms_.end() ? nullptr : &at->second;
  }
  const auto at = reports_.find(like.zone);
  return at == reports_.end() ? nullptr : &at->second;
}

/// What was appended is behind us.
void EventFeed::appended() {
  std::set<AppId> apps;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& batch : batches_) {
      apps.insert(batch.app);
      g_events.add(batch.events.size());
      if (!batch.to) continue;
      // Another one when it was unwatched and watched again meanwhile.
      EventSource* source = find_source(*batch.to);
      if (source && *source == *batch.from) *source = *batch.to;
    }
  }
  batches_.clear();
  for (const AppId app : apps) appended_(app);
}

}  // namespace plaza::events
