#pragma once
#include <cstdint>
#include <deque>
#include <vector>

#include "chat/shard_state.h"
#include "moderation/announcement_rules.h"

namespace plaza::chat {

/// Gives the members of one shard the announcements they have not got yet, a bounded number a second.
///
///   an announcement becomes current, or a member enters -> the member waits in line -> its turn: what it got last is read from
///   its announcements conversation -> the next one is appended to it and to its inbox -> when that is stored, in line again
///
/// Once     Each showing is a send of the server's own device for (announcement, member), send_id 1: whoever appends it again, after a
///          crash or from another node, gets the first one's answer from the store. A member's showings are appended in the
///          order of their numbers, each after the one before is durable, so the last entry of the conversation says what it has.
/// Pace     tick() serves announcement.members_per_s; ordinary messages go between. A member waits in line once at most.
/// Thread   The shard's.
/// Limit    The line holds members that are online.
class Announcing {
 public:
  explicit Announcing(ShardState& state) : state_(state) {}

  /// These are current from now on.
  void know(const std::vector<moderation::SharedAnnouncement>& announcements);
  /// Nobody gets it any more who has not.
  void forget(AnnouncementId announcement) { board_.remove(announcement); }
  /// A member is here: if there is something for it, it gets in line.
  void consider(MemberState& member);
  /// The store's answer to an append of the server's. Others than those made here are let pass.
  void outcome(const ports::Appended& outcome);

  [[nodiscard]] bool wants_tick() const { return !line_.empty(); }
  /// Serves as many as `interval_ms` allows.
  void tick(std::int64_t interval_ms);

 private:
  void serve(MemberState& member);
  void read_last(const MemberState& member);
  void append_next(MemberState& member);

  ShardState& state_;
  moderation::AnnouncementBoard board_;
  std::deque<MemberId> line_;
  std::int64_t credit_ = 0;   ///< thousandths of a member, times the shards: what a tick left over
  std::uint64_t visits_ = 0;  ///< so many were begun here
};

}  // namespace plaza::chat
