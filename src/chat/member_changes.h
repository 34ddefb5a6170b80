#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chat/shard_state.h"

namespace plaza::chat {

/// A member as it is after a change, and who hears of it.
struct MemberNews {
  ports::Member member;
  std::vector<MemberId> friends;
  std::string frame;  ///< MEMBER_EVENT
};

/// A member's name, avatar and settings have changed: everything here goes by the new ones before the change is acknowledged.
///
///   directory changes it -> read_member_news() -> every shard forgets what it remembered, its home has the new one and tells its
///   sessions, the others their friends -> `then`
///
/// Order    Changes that come in another order than they were made: the member's version decides (ShardState::changed).
/// Limit    The friends of one member (member.friends_max). Members of the same groups are not told: each message carries its sender's
///          name, and lists are read when they are shown.
using MemberNewsPtr = std::shared_ptr<const MemberNews>;

/// Blocks (SQL): not on a shard. `shown`: others see it differently, so that friends are told.
[[nodiscard]] MemberNewsPtr read_member_news(ports::Directory& directory, ports::Member member, bool shown);

/// Any thread. `then` runs on the shard `self` when all shards go by it. The session `except` is not told: it has asked for it.
void put_in_force(Node& node, std::uint32_t self, const MemberNewsPtr& news, SessionId except,
                  std::move_only_function<void()> then);

}  // namespace plaza::chat
