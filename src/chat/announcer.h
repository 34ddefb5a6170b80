#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "chat/shard_state.h"
#include "moderation/announcement_rules.h"
#include "ports/announcements.h"

namespace plaza::chat {

/// Announcements as operators and the app's servers make them: stored, made current at their time, and handed to the shards.
///
///   announce() -> rules -> stored as scheduled -> its time: the next number, stored as current -> every shard -> Announcing
///
/// What is stored is shown, also when the server dies at any point: load() hands out again what is current, and who has got
/// it already does not get it again (Announcing).
///
/// Thread   Any but a shard's: calls block on SQL. `loaded` runs on a shard.
/// Order    Changes are made one after the other: every shard learns of announcements in the order of their numbers.
/// Rights   None are checked here: whoever calls has them, and names the app he acts for.
class Announcer {
 public:
  using Loaded = std::move_only_function<void()>;

  Announcer(Node& node, ports::Announcements& store, const moderation::AnnouncementBounds& bounds)
      : node_(node), bounds_(bounds), store_(store) {}

  /// Hands out what is current: once, after the start and before anybody may enter.
  [[nodiscard]] moderation::Outcome<void> load(Loaded loaded);
  /// Stores it, and makes it current when its time has come. created_ms is set here; members are sorted, each once. Gives it as
  /// it is then.
  [[nodiscard]] moderation::Outcome<ports::Announcement> announce(ports::Announcement wanted);
  /// Takes back one that is scheduled or current: nobody gets it any more who has not got it.
  [[nodiscard]] moderation::Outcome<ports::Announcement> withdraw(AppId app, AnnouncementId id);
  [[nodiscard]] moderation::Outcome<std::vector<ports::Announcement>> list(AppId app, AnnouncementId after,
                                                                           std::uint32_t limit);
  /// Makes those current whose time has come, a bounded number. For whoever wakes up now and then; asks no database as long
  /// as nothing is due.
  [[nodiscard]] moderation::Outcome<void> publish_due();
  /// Ends what is over and forgets what ended `keep_ms` ago, a bounded number.
  [[nodiscard]] moderation::Outcome<void> tidy(std::int64_t keep_ms);

 private:
  moderation::Outcome<std::vector<moderation::SharedAnnouncement>> publish_due_locked();

  Node& node_;
  const moderation::AnnouncementBounds bounds_;
  ports::Announcements& store_;
  std::mutex changes_;  ///< held from the store's transaction until its result is on its way to the shards
  // Guarded by changes_.
  bool due_known_ = false;  ///< next_due_ms_ is what the store has
  std::optional<std::int64_t> next_due_ms_;
};

}  // namespace plaza::chat
