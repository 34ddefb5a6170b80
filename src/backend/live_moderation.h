#pragma once
#include "moderation/result.h"
#include "ports/announcements.h"
#include "ports/moderation.h"

namespace plaza::backend {

/// What servers and operators forbid and announce. Implemented on the node's shards (app/node).
///
/// Contract  Each call returns when it is stored and every shard goes by it; unavailable when that took too long or is not known.
/// Thread    Blocks. Any thread but a shard's.
class LiveModeration {
 public:
  virtual ~LiveModeration() = default;

  virtual moderation::Outcome<ports::Sanction> put_sanction(ports::Sanction wanted) = 0;
  /// Whether there was one.
  virtual moderation::Outcome<bool> lift_sanction(ZoneId zone, MemberId member, ports::SanctionKind kind) = 0;
  virtual moderation::Outcome<ports::WordRule> put_word(ZoneId zone, const ports::WordRule& rule) = 0;
  virtual moderation::Outcome<void> remove_word(ZoneId zone, WordRuleId rule) = 0;
  virtual moderation::Outcome<ports::Announcement> announce(ports::Announcement wanted) = 0;
  virtual moderation::Outcome<ports::Announcement> withdraw(AppId app, AnnouncementId id) = 0;
};

}  // namespace plaza::backend
