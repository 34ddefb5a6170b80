#include "chat/announcer.h"

#include <algorithm>
#include <memory>

#include "chat/hub.h"
#include "chat/notices.h"

namespace plaza::chat {

using moderation::failed;
using moderation::Outcome;
using moderation::SharedAnnouncement;
using ports::Announcement;

namespace {
constexpr std::uint32_t kPublishedAtOnce = 16;
constexpr std::uint32_t kTidiedAtOnce = 100;

using Shared = std::vector<SharedAnnouncement>;

std::shared_ptr<const Shared> shared(std::vector<Announcement> announcements) {
  auto all = std::make_shared<Shared>();
  for (Announcement& one : announcements)
    all->push_back(std::make_shared<const Announcement>(std::move(one)));
  return all;
}
}  // namespace

Outcome<void> Announcer::load(Loaded loaded) {
  const std::lock_guard lock(changes_);
  auto current = store_.current(node_.clock.wall_ms());
  if (!current) return failed(current.error());
  on_shards_then(
      node_, 0, all_shards(node_),
      [all = shared(std::move(*current))](Hub& hub) { hub.announcing().know(*all); }, std::move(loaded));
  return {};
}

Outcome<Announcement> Announcer::announce(Announcement wanted) {
  wanted.created_ms = node_.clock.wall_ms();
  if (const auto good = moderation::check_announcement(wanted, bounds_, wanted.created_ms); !good)
    return fail(good.error());
  if (wanted.members) {
    auto members = std::make_shared<std::vector<MemberId>>(*wanted.members);
    std::sort(members->begin(), members->end());
    members->erase(std::unique(members->begin(), members->end()), members->end());
    wanted.members = std::move(members);
  }
  const std::lock_guard lock(changes_);
  auto made = store_.add(wanted);
  if (!made) return failed(made.error());
  due_known_ = false;
  if (made->not_before_ms > wanted.created_ms) return std::move(*made);
  // Stored is made: when making it current fails now, the next round does it.
  if (const auto published = publish_due_locked()) {
    for (const SharedAnnouncement& one : *published) {
      if (one->id == made->id) return *one;
    }
  }
  return std::move(*made);
}

Outcome<Shared> Announcer::publish_due_locked() {
  auto due = store_.publish_due(node_.clock.wall_ms(), kPublishedAtOnce);
  if (!due) return failed(due.error());
  const auto all = shared(std::move(*due));
  for (std::uint32_t shard = 0; shard < node_.executor.shards() && !all->empty(); ++shard)
    node_.executor.post(shard, [hub = node_.hubs[shard], all] { hub->announcing().know(*all); });
  return *all;
}

Outcome<void> Announcer::publish_due() {
  const std::lock_guard lock(changes_);
  if (!due_known_) {
    const auto next = store_.next_due();
    if (!next) return failed(next.error());
    next_due_ms_ = *next;
    due_known_ = true;
  }
  if (!next_due_ms_ || *next_due_ms_ > node_.clock.wall_ms()) return {};
  due_known_ = false;
  if (const auto published = publish_due_locked(); !published) return fail(published.error());
  return {};
}

Outcome<Announcement> Announcer::withdraw(AppId app, AnnouncementId id) {
  const std::lock_guard lock(changes_);
  auto withdrawn = store_.withdraw(app, id);
  if (!withdrawn) return failed(withdrawn.error());
  due_known_ = false;
  for (std::uint32_t shard = 0; shard < node_.executor.shards(); ++shard)
    node_.executor.post(shard, [hub = node_.hubs[shard], id] { hub->announcing().forget(id); });
  return std::move(*withdrawn);
}

Outcome<std::vector<Announcement>> Announcer::list(AppId app, AnnouncementId after, std::uint32_t limit) {
  auto page = store_.list(app, after, limit);
  if (!page) return failed(page.error());
  return std::move(*page);
}

Outcome<void> Announcer::tidy(std::int64_t keep_ms) {
  const std::int64_t now_ms = node_.clock.wall_ms();
  if (const auto ended = store_.end_due(now_ms, kTidiedAtOnce); !ended) return failed(ended.error());
  if (const auto gone = store_.forget(now_ms - keep_ms, kTidiedAtOnce); !gone) return failed(gone.error());
  return {};
}

}  // namespace plaza::chat
