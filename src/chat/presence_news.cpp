#include "chat/presence_news.h"

#include "chat/hub.h"
#include "chat/notices.h"

namespace plaza::chat {

namespace {
/// By id, as the peers are.
std::vector<MemberId> friends_of(const MemberState& member) {
  std::vector<MemberId> friends;
  for (const Peer& peer : member.peers) {
    if (peer.friends) friends.push_back(peer.id);
  }
  return friends;
}
}  // namespace

void PresenceNews::changed(const MemberState& member, bool online) {
  const std::int64_t now_ms = state_.node.executor.now_ms();
  const auto known = lately_.find(member.who.id);
  if (known != lately_.end() && known->second.when_ms + state_.limits.presence_interval_ms > now_ms) {
    known->second.now = online;
    known->second.friends = online ? std::vector<MemberId>{} : friends_of(member);
    return;
  }
  if (known != lately_.end()) {
    const bool as_told = known->second.online == online;
    lately_.erase(known);
    if (as_told) return;
  }
  tell(member.who.id, friends_of(member), online);
  if (state_.limits.presence_interval_ms == 0 || lately_.size() >= members_max) return;
  lately_.emplace(member.who.id, Told{.when_ms = now_ms, .online = online, .now = online, .friends = {}});
}

void PresenceNews::tick() {
  const std::int64_t now_ms = state_.node.executor.now_ms();
  for (auto at = lately_.begin(); at != lately_.end();) {
    auto& [id, told] = *at;
    if (told.when_ms + state_.limits.presence_interval_ms > now_ms) {
      ++at;
    } else if (told.now == told.online) {
      at = lately_.erase(at);
    } else {
      const MemberState* member = state_.member(id);
      tell(id, told.now && member ? friends_of(*member) : told.friends, told.now);
      told = {.when_ms = now_ms, .online = told.now, .now = told.now, .friends = {}};
      ++at;
    }
  }
}

void PresenceNews::tell(MemberId member, const std::vector<MemberId>& friends, bool online) {
  std::string frame;
  protocol::encode(frame, protocol::PresencePush{.id = member, .online = online});
  // One post per shard, not per friend.
  Node& node = state_.node;
  const std::uint32_t shards = node.executor.shards();
  std::vector<std::vector<MemberId>> by_shard(shards);
  for (const MemberId one : friends) by_shard[home_shard(one, shards)].push_back(one);
  const bool watched = node.watches.load() != 0;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    if (by_shard[shard].empty() && !watched) continue;
    node.executor.post(shard, [hub = node.hubs[shard], member, told = std::move(by_shard[shard]), frame] {
      for (const MemberId one : told) Notices::deliver(hub->state(), one, frame, 0);
      hub->state().watches.deliver(member, frame, told);
    });
  }
}

}  // namespace plaza::chat
