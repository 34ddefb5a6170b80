#include "chat/notices.h"

#include <atomic>

#include "chat/hub.h"

namespace plaza::chat {

void Notices::tell(MemberId member, std::string frame, SessionId except) {
  Node& node = state_.node;
  const std::uint32_t home = home_shard(member, node.executor.shards());
  if (home == state_.shard) return deliver(state_, member, frame, except);
  node.executor.post(home, [hub = node.hubs[home], member, frame = std::move(frame), except] {
    deliver(hub->state(), member, frame, except);
  });
}

void Notices::deliver(const ShardState& state, MemberId member, std::string_view frame, SessionId except,
                      const std::function<void(Session&)>& missed) {
  const MemberState* online = state.member(member);
  if (!online) return;
  for (Session* session : online->sessions) {
    if (session->state != SessionState::ready || session->classic || session->id == except) continue;
    SharedTail tail{.text = frame, .shared = {}};
    if (!session->out->push({}, tail) && missed) missed(*session);
  }
}

void Notices::tell_if_idle(const std::vector<MemberId>& members, const std::string& frame) {
  Node& node = state_.node;
  const std::uint32_t shards = node.executor.shards();
  std::vector<std::vector<MemberId>> by_shard(shards);
  for (const MemberId member : members) by_shard[home_shard(member, shards)].push_back(member);
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    if (by_shard[shard].empty()) continue;
    node.executor.post(shard, [hub = node.hubs[shard], told = std::move(by_shard[shard]), frame] {
      for (const MemberId member : told) {
        const MemberState* online = hub->state().member(member);
        if (!online) continue;
        for (Session* session : online->sessions) {
          if (session->state == SessionState::ready && !session->classic) session->out->push_if_idle(frame);
        }
      }
    });
  }
}

void on_shards_then(Node& node, std::uint32_t self, const std::vector<std::uint32_t>& shards,
                    const std::function<void(Hub&)>& apply, std::move_only_function<void()> then) {
  struct Round {
    std::atomic<std::size_t> left;
    std::move_only_function<void()> then;
  };
  auto round = std::make_shared<Round>(shards.size(), std::move(then));
  for (const std::uint32_t shard : shards) {
    node.executor.post(shard, [&node, self, shard, apply, round] {
      apply(*node.hubs[shard]);
      if (round->left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        node.executor.post(self, [round] { round->then(); });
      }
    });
  }
}

std::vector<std::uint32_t> all_shards(const Node& node) {
  std::vector<std::uint32_t> shards(node.executor.shards());
  for (std::uint32_t i = 0; i < shards.size(); ++i) shards[i] = i;
  return shards;
}

}  // namespace plaza::chat
