#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "chat/shard_state.h"
#include "moderation/result.h"
#include "ports/moderation.h"

namespace plaza::chat {

/// What operators and the app's servers do to members: mute, ban, end their sessions.
///
///   call -> rules -> store (one transaction) -> the member's home shard -> in force
///
/// A sanction is in force for live sessions as soon as its home shard knows it: a muted member's next send is refused, a banned
/// one's sessions are closed with a goodbye that says why, and it cannot enter. It ends by itself at its time, since it
/// is compared with the clock whenever it is asked for. Other members of the account are not concerned.
///
/// Thread   Any but a shard's: calls block on SQL. `in_force` runs on the member's home shard, and not at all when the call
///          was refused or the shards stop before.
/// Order    Changes are made one after the other, so that what the shards know is what was stored last.
/// Rights   None are checked here: whoever calls has them. No request of a client leads here.
class Moderator {
 public:
  using InForce = std::move_only_function<void()>;
  /// Tells how many sessions were ended.
  using Kicked = std::move_only_function<void(std::uint32_t sessions)>;

  Moderator(Node& node, ports::Moderation& store) : node_(node), store_(store) {}

  /// Makes every shard know what is in force: once, after the start and before anybody may enter. `loaded` runs on a shard
  /// when all know it.
  [[nodiscard]] moderation::Outcome<void> load(InForce loaded);

  /// Sets it, in place of one of the same kind. since_ms is set here. Gives it as it is stored.
  [[nodiscard]] moderation::Outcome<ports::Sanction> put(ports::Sanction wanted, InForce in_force = {});
  /// Whether there was one.
  [[nodiscard]] moderation::Outcome<bool> lift(ZoneId zone, MemberId member, ports::SanctionKind kind,
                                               InForce in_force = {});
  /// Ends all sessions of the member with a goodbye; it may enter again at once.
  [[nodiscard]] moderation::Outcome<void> kick(ZoneId zone, MemberId member, const std::string& reason,
                                               Kicked kicked = {});

  [[nodiscard]] moderation::Outcome<std::vector<ports::Sanction>> sanctions_of(ZoneId zone, MemberId member);
  [[nodiscard]] moderation::Outcome<std::vector<ports::Sanction>> sanctions(ZoneId zone,
                                                                            ports::SanctionKey after,
                                                                            std::uint32_t limit);
  /// Removes what is over from the store, at most `limit`. For whoever tidies up now and then.
  [[nodiscard]] moderation::Outcome<std::uint32_t> expire(std::uint32_t limit);

 private:
  /// Reads the member's sanctions again and hands them to its home shard.
  moderation::Outcome<void> enforce_locked(ZoneId zone, MemberId member, InForce in_force);

  Node& node_;
  ports::Moderation& store_;
  std::mutex changes_;  ///< held from the store's transaction until its result is on its way to the shard
};

}  // namespace plaza::chat
