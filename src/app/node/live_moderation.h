#pragma once
#include "backend/live_moderation.h"
#include "edge/edge_node.h"

namespace plaza::app {

/// What the server API forbids and announces, on this node's shards.
///
/// Thread  Blocks until the shards go by it, at most kAwaitedMs. Any thread but a shard's.
class LiveModeration final : public backend::LiveModeration {
 public:
  explicit LiveModeration(edge::EdgeNode& edge) : edge_(edge) {}

  moderation::Outcome<ports::Sanction> put_sanction(ports::Sanction wanted) override;
  moderation::Outcome<bool> lift_sanction(ZoneId zone, MemberId member, ports::SanctionKind kind) override;
  moderation::Outcome<ports::WordRule> put_word(ZoneId zone, const ports::WordRule& rule) override;
  moderation::Outcome<void> remove_word(ZoneId zone, WordRuleId rule) override;
  moderation::Outcome<ports::Announcement> announce(ports::Announcement wanted) override;
  moderation::Outcome<ports::Announcement> withdraw(AppId app, AnnouncementId id) override;

 private:
  edge::EdgeNode& edge_;
};

}  // namespace plaza::app
