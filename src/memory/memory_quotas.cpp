// What of apps MemoryDirectory counts, and what it compares that with.
#include <algorithm>
#include <ranges>

#include "memory/memory_directory.h"

namespace plaza::memory {

using ports::Quota;

ports::AppUsage MemoryDirectory::usage_locked(AppId app) const {
  ports::AppUsage usage;
  for (const auto& member : members_ | std::views::values)
    usage.members += zones_.at(member.zone).app == app ? 1 : 0;
  for (const auto& [id, zone] : zones_) usage.rooms += zone.app == app ? rooms_.rooms_in(id) : 0;
  return usage;
}

/// Nothing when the app of the zone may have one more.
std::optional<ports::DirectoryError> MemoryDirectory::over_quota_locked(ZoneId zone, Quota quota) const {
  const auto at = zones_.find(zone);
  if (at == zones_.end()) return std::nullopt;
  const AppId app = at->second.app;
  const auto own = quotas_.find(app);
  const std::uint64_t most = (own == quotas_.end() ? limits_.app : own->second.over(limits_.app)).of(quota);
  if (most == 0) return std::nullopt;
  const ports::AppUsage usage = usage_locked(app);
  if ((quota == Quota::members ? usage.members : usage.rooms) < most) return std::nullopt;
  return ports::DirectoryError{ports::DirectoryCode::quota, ports::quota_detail(quota, most)};
}

}  // namespace plaza::memory
