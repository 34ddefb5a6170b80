#pragma once
// For the files of ChannelHomes.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "chat/channel_homes.h"
#include "chat/hub.h"

namespace plaza::chat {

/// One channel on its home shard.
struct ChannelHomes::Home {
  explicit Home(channels::ChannelRef channel) : key(channel) {}

  const channels::ChannelKey key;
  bool loading = false;
  bool stale = false;  ///< declared otherwise while it was being read
  bool dirty = false;
  ChannelId id;  ///< none: not declared ("world")
  ports::ChannelSettings settings;
  /// From the first reading of the declaration on. Of a persistent channel: what was said since then; the rest is in the store.
  std::optional<channels::ChannelHistory> history;
  RateLimit rate;
  std::vector<std::uint32_t> grants;      ///< by shard
  std::unique_ptr<ChannelBlock> pending;  ///< numbered, and not yet on its way
  std::vector<Request> waiting;           ///< for the declaration

  [[nodiscard]] bool followed() const {
    return std::ranges::any_of(grants, [](std::uint32_t count) { return count != 0; });
  }
};

/// Runs act(ShardState&) there: at once when that is here, so that all that goes to one shard goes in one order.
template <class Act>
void ChannelHomes::on_shard(std::uint32_t shard, Act act) {
  Hub* hub = state_.node.hubs[shard];
  if (shard == state_.shard) return act(hub->state());
  state_.node.executor.post(shard, [hub, act = std::move(act)]() mutable { act(hub->state()); });
}

}  // namespace plaza::chat
