#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"

namespace plaza::ports {

struct NodeId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(NodeId, NodeId) = default;
};

/// Who is online, and on which nodes: the whole region's, held in memory.
///
/// Contract  A member is online while at least one node has said joined() for it and not left(). joined() and left() of one
///           member on one node come in turn. A node that is declared gone loses all it had said. Nothing here is
///           needed for a message to be stored: presence may lag, and losing it loses no message (promise 4).
/// Thread    Any thread; never blocks for longer than a map look-up; no call waits for another process.
class Presence {
 public:
  virtual ~Presence() = default;
  virtual void joined(NodeId node, MemberId member) = 0;
  virtual void left(NodeId node, MemberId member) = 0;
  virtual void node_gone(NodeId node) = 0;
  [[nodiscard]] virtual bool online(MemberId member) const = 0;
  /// One answer per member, in order (1 = online).
  [[nodiscard]] virtual std::vector<std::uint8_t> online(std::span<const MemberId> members) const = 0;
  /// The nodes that have the member, ascending.
  [[nodiscard]] virtual std::vector<NodeId> nodes_of(MemberId member) const = 0;
  [[nodiscard]] virtual std::uint64_t online_count() const = 0;
};

}  // namespace plaza::ports
