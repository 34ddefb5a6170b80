#include "chat/moderator.h"

#include <memory>

#include "chat/hub.h"
#include "chat/notices.h"
#include "moderation/sanction_rules.h"

namespace plaza::chat {

using moderation::failed;
using moderation::Outcome;
using ports::Sanction;
using ports::SanctionKind;

namespace {
constexpr std::uint32_t kLoadedAtOnce = 1000;

using PerMember = std::vector<std::pair<MemberId, std::vector<Sanction>>>;
}  // namespace

Outcome<void> Moderator::load(InForce loaded) {
  const std::lock_guard lock(changes_);
  const std::uint32_t shards = node_.executor.shards();
  const auto known = std::make_shared<std::vector<PerMember>>(shards);
  ports::SanctionKey after;
  for (;;) {
    const auto page = store_.sanctions({}, after, node_.clock.wall_ms(), kLoadedAtOnce);
    if (!page) return failed(page.error());
    for (const Sanction& sanction : *page) {
      PerMember& of_shard = (*known)[home_shard(sanction.member, shards)];
      if (of_shard.empty() || of_shard.back().first != sanction.member)
        of_shard.push_back({sanction.member, {}});
      of_shard.back().second.push_back(sanction);
    }
    if (page->size() < kLoadedAtOnce) break;
    after = {.member = page->back().member, .kind = page->back().kind};
  }
  on_shards_then(
      node_, 0, all_shards(node_),
      [known](Hub& hub) {
        for (const auto& [member, sanctions] : (*known)[hub.state().shard])
          hub.set_sanctions(member, sanctions);
      },
      std::move(loaded));
  return {};
}

Outcome<Sanction> Moderator::put(Sanction wanted, InForce in_force) {
  wanted.since_ms = node_.clock.wall_ms();
  if (const auto good = moderation::check_sanction(wanted, wanted.since_ms); !good) return fail(good.error());
  const std::lock_guard lock(changes_);
  if (const auto stored = store_.put_sanction(wanted); !stored) return failed(stored.error());
  if (const auto done = enforce_locked(wanted.zone, wanted.member, std::move(in_force)); !done)
    return fail(done.error());
  return wanted;
}

Outcome<bool> Moderator::lift(ZoneId zone, MemberId member, SanctionKind kind, InForce in_force) {
  const std::lock_guard lock(changes_);
  const auto lifted = store_.lift_sanction(zone, member, kind, node_.clock.wall_ms());
  if (!lifted) return failed(lifted.error());
  if (const auto done = enforce_locked(zone, member, std::move(in_force)); !done) return fail(done.error());
  return *lifted;
}

/// A store that fails here has made the change, and no shard knows it: "unavailable" makes the caller ask again, and setting or
/// lifting it once more is harmless.
Outcome<void> Moderator::enforce_locked(ZoneId zone, MemberId member, InForce in_force) {
  auto all = store_.sanctions_of(zone, member, node_.clock.wall_ms());
  if (!all) return failed(all.error());
  const std::uint32_t home = home_shard(member, node_.executor.shards());
  node_.executor.post(home, [hub = node_.hubs[home], member, sanctions = std::move(*all),
                             in_force = std::move(in_force)]() mutable {
    hub->set_sanctions(member, sanctions);
    if (in_force) in_force();
  });
  return {};
}

Outcome<void> Moderator::kick(ZoneId zone, MemberId member, const std::string& reason, Kicked kicked) {
  if (const auto good = moderation::check_text("reason", reason, ports::kReasonBytesMax); !good) return good;
  if (const auto there = node_.directory.member(zone, member); !there) return failed(there.error());
  const std::uint32_t home = home_shard(member, node_.executor.shards());
  node_.executor.post(home, [hub = node_.hubs[home], member, reason, kicked = std::move(kicked)]() mutable {
    const std::uint32_t sessions = hub->end_sessions(
        member, {.error = protocol::Errno::session_ended, .message = {}, .reason = reason});
    if (kicked) kicked(sessions);
  });
  return {};
}

Outcome<std::vector<Sanction>> Moderator::sanctions_of(ZoneId zone, MemberId member) {
  auto found = store_.sanctions_of(zone, member, node_.clock.wall_ms());
  if (!found) return failed(found.error());
  return std::move(*found);
}

Outcome<std::vector<Sanction>> Moderator::sanctions(ZoneId zone, ports::SanctionKey after,
                                                    std::uint32_t limit) {
  if (!zone) return moderation::invalid("zone", "a zone");
  auto page = store_.sanctions(zone, after, node_.clock.wall_ms(), limit);
  if (!page) return failed(page.error());
  return std::move(*page);
}

Outcome<std::uint32_t> Moderator::expire(std::uint32_t limit) {
  const auto removed = store_.expire_sanctions(node_.clock.wall_ms(), limit);
  if (!removed) return failed(removed.error());
  return *removed;
}

}  // namespace plaza::chat
