// MemoryDirectory: the channels.
#include "memory/memory_directory.h"

namespace plaza::memory {

using ports::Channel;
using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;

namespace {
std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
std::unexpected<DirectoryError> switched_off() { return refuse(DirectoryCode::unavailable, "switched off"); }
}  // namespace

DirectoryResult<Channel> MemoryDirectory::channel(ZoneId zone, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (unavailable_) return switched_off();
  const auto at = channels_.find({zone, name});
  if (at == channels_.end()) return refuse(DirectoryCode::not_found, "channel");
  return at->second;
}

DirectoryResult<Channel> MemoryDirectory::put_channel(ZoneId zone, const std::string& name,
                                                      const ports::ChannelSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (unavailable_) return switched_off();
  if (settings.history_max > ports::kChannelHistoryMax)
    return refuse(DirectoryCode::limit, "history_max " + std::to_string(ports::kChannelHistoryMax));
  const auto at = channels_.find({zone, name});
  if (at != channels_.end()) {
    if (at->second.settings.persistent != settings.persistent)
      return refuse(DirectoryCode::conflict, "the channel is declared otherwise: remove it first");
    at->second.settings = settings;
    return at->second;
  }
  if (!find_zone_locked(zone)) return refuse(DirectoryCode::not_found, "zone");
  const auto first = channels_.lower_bound({zone, ""}), last = channels_.lower_bound({{zone.value + 1}, ""});
  if (std::distance(first, last) >= limits_.channels_per_zone_max)
    return refuse(DirectoryCode::limit,
                  "channels_per_zone_max " + std::to_string(limits_.channels_per_zone_max));
  const Channel made{
      .id = ChannelId{make_id(region_, ++last_channel_)}, .zone = zone, .name = name, .settings = settings};
  channels_.emplace(std::pair(zone, name), made);
  return made;
}

DirectoryResult<Channel> MemoryDirectory::remove_channel(ZoneId zone, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (unavailable_) return switched_off();
  auto removed = channels_.extract({zone, name});
  if (removed.empty()) return refuse(DirectoryCode::not_found, "channel");
  return std::move(removed.mapped());
}

DirectoryResult<std::vector<Channel>> MemoryDirectory::channels(ZoneId zone, const std::string& after,
                                                                std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  if (unavailable_) return switched_off();
  std::vector<Channel> found;
  for (auto at = channels_.upper_bound({zone, after});
       at != channels_.end() && at->first.first == zone && found.size() < limit; ++at) {
    found.push_back(at->second);
  }
  return found;
}

}  // namespace plaza::memory
