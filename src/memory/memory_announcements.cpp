#include "memory/memory_announcements.h"

#include <algorithm>

namespace plaza::memory {

using ports::Announcement;
using ports::AnnouncementState;
using ports::AnnouncementTarget;
using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;

namespace {
std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
std::unexpected<DirectoryError> not_found(std::string what) {
  return refuse(DirectoryCode::not_found, std::move(what));
}
std::unexpected<DirectoryError> at_limit(const char* name, std::uint32_t limit) {
  return refuse(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}
bool is_open(const Announcement& a) {
  return a.state == AnnouncementState::scheduled || a.state == AnnouncementState::current;
}
void end(Announcement& a, AnnouncementState state) {
  a.state = state;
  a.members = nullptr;
}
Announcement without_members(Announcement a) {
  a.members = nullptr;
  return a;
}
}  // namespace

template <class Work>
auto MemoryAnnouncements::guarded(Work work) -> decltype(work()) {
  const std::lock_guard lock(mutex_);
  if (unavailable_) return refuse(DirectoryCode::unavailable, "switched off");
  return work();
}

void MemoryAnnouncements::set_unavailable(bool unavailable) {
  const std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

DirectoryResult<void> MemoryAnnouncements::check_target(const Announcement& wanted) {
  if (!directory_.has_app(wanted.app)) return not_found("app");
  if (wanted.target == AnnouncementTarget::app) return {};
  const auto zone = directory_.zone(wanted.zone);
  if (!zone || zone->app != wanted.app) return not_found("zone");
  if (wanted.target == AnnouncementTarget::room && !directory_.room(wanted.zone, wanted.room))
    return not_found("room");
  if (wanted.target != AnnouncementTarget::members) return {};
  if (!wanted.members || wanted.members->empty()) return not_found("member");
  if (wanted.members->size() > limits_.members_max) return at_limit("members_max", limits_.members_max);
  for (const MemberId member : *wanted.members) {
    if (!directory_.member(wanted.zone, member)) return not_found("member " + std::to_string(member.value));
  }
  return {};
}

DirectoryResult<Announcement> MemoryAnnouncements::add(const Announcement& wanted) {
  return guarded([&]() -> DirectoryResult<Announcement> {
    if (const auto good = check_target(wanted); !good) return fail(good.error());
    const auto open = std::count_if(announcements_.begin(), announcements_.end(), [&](const auto& entry) {
      return entry.second.app == wanted.app && is_open(entry.second);
    });
    if (open >= static_cast<std::int64_t>(limits_.open_per_app_max))
      return at_limit("open_per_app_max", limits_.open_per_app_max);
    Announcement made = wanted;
    made.id = AnnouncementId{make_id(region_, ++last_)};
    made.state = AnnouncementState::scheduled;
    made.number = 0;
    if (made.target != AnnouncementTarget::members) made.members = nullptr;
    announcements_[made.id] = made;
    return made;
  });
}

bool MemoryAnnouncements::publish_locked(Announcement& due) {
  if (due.target == AnnouncementTarget::room) {
    constexpr std::uint32_t kAll = 0xffffffff;
    const auto room = directory_.members(due.zone, due.room, {}, kAll);
    if (!room || room->members.empty()) return false;
    auto members = std::make_shared<std::vector<MemberId>>();
    for (const auto& member : room->members) members->push_back(member.id);
    due.members = std::move(members);
  }
  due.number = make_id(region_, ++last_number_);
  due.state = AnnouncementState::current;
  return true;
}

DirectoryResult<std::vector<Announcement>> MemoryAnnouncements::publish_due(std::int64_t now_ms,
                                                                            std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<Announcement>> {
    std::vector<Announcement*> due;
    for (auto& [id, a] : announcements_) {
      if (a.state == AnnouncementState::scheduled && a.not_before_ms <= now_ms) due.push_back(&a);
    }
    std::sort(due.begin(), due.end(), [](const Announcement* x, const Announcement* y) {
      return std::pair(x->not_before_ms, x->id) < std::pair(y->not_before_ms, y->id);
    });
    if (due.size() > limit) due.resize(limit);
    std::vector<Announcement> published;
    for (Announcement* a : due) {
      if (a->until_ms > now_ms && publish_locked(*a)) {
        published.push_back(*a);
      } else {
        end(*a, AnnouncementState::over);
      }
    }
    return published;
  });
}

DirectoryResult<std::optional<std::int64_t>> MemoryAnnouncements::next_due() {
  return guarded([&]() -> DirectoryResult<std::optional<std::int64_t>> {
    std::optional<std::int64_t> first;
    for (const auto& [id, a] : announcements_) {
      if (a.state != AnnouncementState::scheduled) continue;
      first = std::min(first.value_or(a.not_before_ms), a.not_before_ms);
    }
    return first;
  });
}

DirectoryResult<std::vector<Announcement>> MemoryAnnouncements::current(std::int64_t now_ms) {
  return guarded([&]() -> DirectoryResult<std::vector<Announcement>> {
    std::vector<Announcement> found;
    for (const auto& [id, a] : announcements_) {
      if (a.state == AnnouncementState::current && a.until_ms > now_ms) found.push_back(a);
    }
    std::sort(found.begin(), found.end(),
              [](const Announcement& x, const Announcement& y) { return x.number < y.number; });
    return found;
  });
}

DirectoryResult<std::uint32_t> MemoryAnnouncements::end_due(std::int64_t now_ms, std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    std::uint32_t ended = 0;
    for (auto& [id, a] : announcements_) {
      if (ended == limit) break;
      if (!is_open(a) || a.until_ms > now_ms) continue;
      end(a, AnnouncementState::over);
      ++ended;
    }
    return ended;
  });
}

DirectoryResult<Announcement> MemoryAnnouncements::withdraw(AppId app, AnnouncementId id) {
  return guarded([&]() -> DirectoryResult<Announcement> {
    const auto at = announcements_.find(id);
    if (at == announcements_.end() || at->second.app != app) return not_found("announcement");
    if (!is_open(at->second)) return refuse(DirectoryCode::conflict, "over already");
    end(at->second, AnnouncementState::withdrawn);
    return at->second;
  });
}

DirectoryResult<std::vector<Announcement>> MemoryAnnouncements::list(AppId app, AnnouncementId after,
                                                                     std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<Announcement>> {
    std::vector<Announcement> page;
    for (auto at = announcements_.upper_bound(after); at != announcements_.end() && page.size() < limit;
         ++at) {
      if (at->second.app == app) page.push_back(without_members(at->second));
    }
    return page;
  });
}

DirectoryResult<std::uint32_t> MemoryAnnouncements::forget(std::int64_t ended_before_ms,
                                                           std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    std::uint32_t removed = 0;
    for (auto at = announcements_.begin(); at != announcements_.end() && removed < limit;) {
      const bool old = !is_open(at->second) && at->second.until_ms < ended_before_ms;
      at = old ? announcements_.erase(at) : std::next(at);
      removed += old ? 1 : 0;
    }
    return removed;
  });
}

}  // namespace plaza::memory
