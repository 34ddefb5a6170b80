#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "chat/shard_state.h"

namespace plaza::chat {

/// Small things that sessions are told as they happen: presence, receipts, events. Nothing durable: who misses one sees the
/// state at its next look.
///
/// Thread  Any shard's; the frame travels to the member's home shard.
class Notices {
 public:
  explicit Notices(ShardState& state) : state_(state) {}

  /// Pushes the frame to every ready full session of the member but `except`. A session that is too slow misses it.
  void tell(MemberId member, std::string frame, SessionId except = 0);
  /// The same frame to several, only where hardly anything waits: what is left out first.
  void tell_if_idle(const std::vector<MemberId>& members, const std::string& frame);
  /// As tell(), on the member's home shard; `missed` is called for each session that is too slow.
  static void deliver(const ShardState& state, MemberId member, std::string_view frame, SessionId except,
                      const std::function<void(Session&)>& missed = {});

 private:
  ShardState& state_;
};

/// Runs `apply` on each of these shards and then `then` on the one that calls: for a change that must be in force
/// everywhere before it is acknowledged.
void on_shards_then(Node& node, std::uint32_t self, const std::vector<std::uint32_t>& shards,
                    const std::function<void(Hub&)>& apply, std::move_only_function<void()> then);
std::vector<std::uint32_t> all_shards(const Node& node);

}  // namespace plaza::chat
