#include "chat/member_changes.h"

#include <utility>

#include "chat/hub.h"
#include "chat/notices.h"

namespace plaza::chat {

MemberNewsPtr read_member_news(ports::Directory& directory, ports::Member member, bool shown) {
  auto news = std::make_shared<MemberNews>();
  protocol::encode(
      news->frame,
      protocol::MemberEventPush{
          .id = member.id, .name = member.nickname, .avatar = member.avatar, .custom = member.custom});
  if (shown) {
    // Who cannot be found is not told, and sees it with the next list of friends.
    if (const auto relations = directory.relations(member.zone, member.id)) {
      for (const auto& relation : *relations) {
        if (relation.friendship == ports::Friendship::friends) news->friends.push_back(relation.peer);
      }
    }
  }
  news->member = std::move(member);
  return news;
}

namespace {

void apply(ShardState& state, const MemberNews& news, SessionId except) {
  const ports::Member& member = news.member;
  state.known.forget(member.id);
  const std::uint32_t shards = state.node.executor.shards();
  for (const MemberId one : news.friends) {
    if (home_shard(one, shards) == state.shard) Notices::deliver(state, one, news.frame, 0);
  }
  if (home_shard(member.id, shards) != state.shard) return;
  state.changed.put(member);
  MemberState* online = state.member(member.id);
  if (!online || online->who.version >= member.version) return;
  online->who = member;
  Notices::deliver(state, member.id, news.frame, except);
}

}  // namespace

void put_in_force(Node& node, std::uint32_t self, const MemberNewsPtr& news, SessionId except,
                  std::move_only_function<void()> then) {
  on_shards_then(
      node, self, all_shards(node), [news, except](Hub& hub) { apply(hub.state(), *news, except); },
      std::move(then));
}

}  // namespace plaza::chat
