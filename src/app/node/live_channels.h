#pragma once
#include "backend/live_channels.h"
#include "edge/edge_node.h"

namespace plaza::app {

/// What the server API says in channels and declares of them, on this node's shards.
///
/// Thread  Blocks until the channel's home shard, or the store, has answered, at most kAwaitedMs. Any thread but a shard's.
class LiveChannels final : public backend::LiveChannels {
 public:
  explicit LiveChannels(edge::EdgeNode& edge) : edge_(edge) {}

  std::optional<ports::DirectoryResult<backend::Published>> publish(const std::string& channel,
                                                                    ports::Message message) override;
  bool redeclared(ZoneId zone, const std::string& channel) override;

 private:
  /// Runs act(ChannelHomes&, ChannelRef) on the channel's home shard.
  template <class Act>
  void at_home(ZoneId zone, const std::string& channel, Act act);

  edge::EdgeNode& edge_;
};

}  // namespace plaza::app
