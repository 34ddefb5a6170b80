#include "app/node/live_moderation.h"

#include <memory>

#include "app/node/awaited.h"

namespace plaza::app {

using moderation::Outcome;

namespace {

struct InForce {};

/// What `ask` gives, when it is in force; `ask` is handed what says so.
template <class T, class Ask>
Outcome<T> when_in_force(Ask ask) {
  const auto awaited = std::make_shared<Awaited<InForce>>();
  Outcome<T> outcome = ask([awaited] { awaited->give({}); });
  if (outcome && !awaited->take()) return fail(moderation::Error{});
  return outcome;
}

}  // namespace

Outcome<ports::Sanction> LiveModeration::put_sanction(ports::Sanction wanted) {
  return when_in_force<ports::Sanction>(
      [&](auto in_force) { return edge_.moderator().put(std::move(wanted), std::move(in_force)); });
}

Outcome<bool> LiveModeration::lift_sanction(ZoneId zone, MemberId member, ports::SanctionKind kind) {
  return when_in_force<bool>(
      [&](auto in_force) { return edge_.moderator().lift(zone, member, kind, std::move(in_force)); });
}

Outcome<ports::WordRule> LiveModeration::put_word(ZoneId zone, const ports::WordRule& rule) {
  return when_in_force<ports::WordRule>(
      [&](auto in_force) { return edge_.word_lists().put(zone, rule, std::move(in_force)); });
}

Outcome<void> LiveModeration::remove_word(ZoneId zone, WordRuleId rule) {
  return when_in_force<void>(
      [&](auto in_force) { return edge_.word_lists().remove(zone, rule, std::move(in_force)); });
}

// What the announcer posts to a shard is behind it when the shard has run what was posted after it.

Outcome<ports::Announcement> LiveModeration::announce(ports::Announcement wanted) {
  auto made = edge_.announcer().announce(std::move(wanted));
  if (made) edge_.on_every_shard([](edge::EdgeShard&) {});
  return made;
}

Outcome<ports::Announcement> LiveModeration::withdraw(AppId app, AnnouncementId id) {
  auto withdrawn = edge_.announcer().withdraw(app, id);
  if (withdrawn) edge_.on_every_shard([](edge::EdgeShard&) {});
  return withdrawn;
}

}  // namespace plaza::app
