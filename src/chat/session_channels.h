#pragma once
#include <cstdint>
#include <vector>

namespace plaza::chat {

struct ChannelFan;

/// One channel that a session has asked for.
struct ChannelSubscription {
  static constexpr std::uint32_t kNotLive = ~std::uint32_t{0};
  ChannelFan* fan = nullptr;
  /// Its place among the fan's subscribers; kNotLive: asked for and not granted yet, or too slow for pushes.
  std::uint32_t index = kNotLive;
};

/// What a session that uses channels has on its shard. ChannelFans and ChannelRequests keep it.
struct SessionChannels {
  std::vector<ChannelSubscription> list;
  std::uint32_t publishing = 0;  ///< publications whose channel's home has not answered yet
  bool window_full = false;      ///< so many of them that it is not read
};

}  // namespace plaza::chat
