#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "channels/channel_key.h"
#include "chat/channel_block.h"
#include "chat/session.h"

namespace plaza::chat {

struct Node;

/// One channel's subscribers on one shard.
struct ChannelFan {
  explicit ChannelFan(channels::ChannelRef channel) : key(channel) {}
  const channels::ChannelKey key;
  std::vector<Session*> subscribers;  ///< those that are pushed to
  std::uint32_t grants = 0;           ///< how many the home counts here
  std::uint32_t holders = 0;          ///< subscriptions that point here, pushed to or not
};

/// The channels that this shard's sessions follow, and the pushing.
///
///   ChannelRequests -> begin() ... the home grants ... granted(): ack, then pushes from the next position on
///   the home's blocks -> deliver() -> one shared frame to each; one that cannot take it is told the head, and paused
///
/// Order   What a home sends to a shard arrives in the home's order, grants among blocks, so a subscriber gets exactly what
///         comes after its ack.
/// Count   Every grant is given back once: when the last subscriber of the channel here is gone, all that were granted.
///         So a grant that is on its way while others leave still counts at the home, and no block misses it.
/// Thread  The shard's.
/// Memory  Nothing for a channel that nobody here follows.
class ChannelFans {
 public:
  ChannelFans(Node& node, std::uint32_t shard) : node_(node), shard_(shard) {}

  /// The session asks for the channel, whatever it has of it: no pushes until it is granted. False: it follows
  /// `channels_max` others.
  [[nodiscard]] bool begin(Session& session, channels::ChannelRef channel, std::uint32_t channels_max);
  /// The session follows it no more.
  void end(Session& session, channels::ChannelRef channel);
  /// The session goes.
  void leave(Session& session);

  /// From the home: the subscription counts there. The session, unless it has gone, gets `ack` and from now on the blocks.
  void granted(Session* session, channels::ChannelRef channel, const std::string& ack);
  /// From the home: publications, in order.
  void deliver(const ChannelBlock& block);
  /// From the home: nobody is pushed to any more; everyone is told the head.
  void pause_all(channels::ChannelRef channel, std::uint32_t epoch, std::uint64_t head);

  [[nodiscard]] std::size_t channels() const { return fans_.size(); }

 private:
  static ChannelSubscription* subscription(Session& session, const ChannelFan& fan);
  [[nodiscard]] ChannelFan* find(channels::ChannelRef channel) const;
  void detach(ChannelSubscription& subscription);
  void drop(Session& session, std::size_t index);
  void pause(Session& session, ChannelFan& fan, std::uint32_t epoch, std::uint64_t head);
  void release(ChannelFan& fan);

  // Constant after construction.
  Node& node_;
  const std::uint32_t shard_;
  // On the shard only.
  std::unordered_map<channels::ChannelKey, std::unique_ptr<ChannelFan>, channels::ChannelHash,
                     channels::ChannelEqual>
      fans_;
};

}  // namespace plaza::chat
