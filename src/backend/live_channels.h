#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "ports/directory_result.h"
#include "ports/message.h"

namespace plaza::backend {

/// Where a publication stands.
struct Published {
  std::uint32_t epoch = 0;  ///< 0: not known any more
  std::uint64_t seq = 0;
  MessageId message;       ///< of a persistent channel
  bool duplicate = false;  ///< it was stored by an earlier call
};

/// The channels that are in use. Implemented on the node's shards (app/node).
///
/// Thread  Blocks. Any thread but a shard's.
class LiveChannels {
 public:
  virtual ~LiveChannels() = default;

  /// Publishes as the app's server, which no rule of the channel keeps from it. Zone, sender, device, send_id, kind and body
  /// are those of the message; its conversation is set here. not_found: there is no such channel. Nothing when it is not
  /// known whether it was published.
  virtual std::optional<ports::DirectoryResult<Published>> publish(const std::string& channel,
                                                                   ports::Message message) = 0;
  /// It was declared, changed or removed: whoever follows it goes by that from now on.
  virtual bool redeclared(ZoneId zone, const std::string& channel) = 0;
};

}  // namespace plaza::backend
