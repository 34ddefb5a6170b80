#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "channels/channel_key.h"

namespace plaza::chat {

/// Publications of one channel on their way from its home to the shards that have subscribers: encoded once, and the same for
/// everyone. Immutable once it is shared.
struct ChannelBlock {
  explicit ChannelBlock(channels::ChannelRef channel) : key(channel) {}

  channels::ChannelKey key;
  std::uint32_t epoch = 0;
  std::uint64_t last = 0;           ///< position of the last one
  std::string lines;                ///< each frame with a newline behind it
  std::vector<std::uint32_t> ends;  ///< where each ends, its newline included
};

}  // namespace plaza::chat
