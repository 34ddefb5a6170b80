#include "chat/channel_fans.h"

#include <algorithm>

#include "chat/answers.h"
#include "chat/channel_metrics.h"
#include "chat/hub.h"
#include "protocol/channel_replies.h"

namespace plaza::chat {

ChannelSubscription* ChannelFans::subscription(Session& session, const ChannelFan& fan) {
  if (!session.channels) return nullptr;
  auto& list = session.channels->list;
  const auto at = std::ranges::find(list, &fan, &ChannelSubscription::fan);
  return at == list.end() ? nullptr : &*at;
}

ChannelFan* ChannelFans::find(channels::ChannelRef channel) const {
  const auto at = fans_.find(channel);
  return at == fans_.end() ? nullptr : at->second.get();
}

bool ChannelFans::begin(Session& session, channels::ChannelRef channel, std::uint32_t channels_max) {
  if (!session.channels) session.channels = std::make_unique<SessionChannels>();
  ChannelFan* fan = find(channel);
  if (fan) {
    if (ChannelSubscription* known = subscription(session, *fan)) {
      detach(*known);
      return true;
    }
  }
  if (session.channels->list.size() >= channels_max) return false;
  if (!fan) {
    auto made = std::make_unique<ChannelFan>(channel);
    fan = made.get();
    fans_.emplace(channels::ChannelKey(channel), std::move(made));
  }
  ++fan->holders;
  session.channels->list.push_back({.fan = fan});
  return true;
}

/// No more pushes; the subscription itself stays.
void ChannelFans::detach(ChannelSubscription& subscription) {
  const std::uint32_t index = std::exchange(subscription.index, ChannelSubscription::kNotLive);
  if (index == ChannelSubscription::kNotLive) return;
  ChannelFan& fan = *subscription.fan;
  fan.subscribers[index] = fan.subscribers.back();
  fan.subscribers.pop_back();
  if (index < fan.subscribers.size()) {
    this->subscription(*fan.subscribers[index], fan)->index = index;
  } else if (fan.subscribers.empty()) {
    release(fan);
  }
}

void ChannelFans::release(ChannelFan& fan) {
  const std::uint32_t count = std::exchange(fan.grants, 0);
  if (count == 0) return;
  at_channel_home(node_, shard_, fan.key.ref(),
                  [shard = shard_, count](ChannelHomes& homes, channels::ChannelRef channel) {
                    homes.release(channel, shard, count);
                  });
}

void ChannelFans::drop(Session& session, std::size_t index) {
  auto& list = session.channels->list;
  ChannelFan* fan = list[index].fan;
  detach(list[index]);
  list[index] = list.back();
  list.pop_back();
  if (--fan->holders == 0) fans_.erase(fans_.find(fan->key.ref()));
}

void ChannelFans::end(Session& session, channels::ChannelRef channel) {
  const ChannelFan* fan = find(channel);
  ChannelSubscription* known = fan ? subscription(session, *fan) : nullptr;
  if (known) drop(session, static_cast<std::size_t>(known - session.channels->list.data()));
}

void ChannelFans::leave(Session& session) {
  if (!session.channels) return;
  while (!session.channels->list.empty()) drop(session, session.channels->list.size() - 1);
  session.channels.reset();
}

void ChannelFans::granted(Session* session, channels::ChannelRef channel, const std::string& ack) {
  ChannelFan* fan = find(channel);
  ChannelSubscription* wanted = session && fan ? subscription(*session, *fan) : nullptr;
  if (!wanted) {
    // It has gone meanwhile; the home counts it.
    at_channel_home(node_, shard_, channel,
                    [shard = shard_](ChannelHomes& homes, channels::ChannelRef released) {
                      homes.release(released, shard, 1);
                    });
    return;
  }
  ++fan->grants;
  wanted->index = static_cast<std::uint32_t>(fan->subscribers.size());
  fan->subscribers.push_back(session);
  session->out->send(ack);
}

void ChannelFans::deliver(const ChannelBlock& block) {
  ChannelFan* fan = find(block.key.ref());
  if (!fan) return;
  SharedFrames frames{.lines = block.lines, .ends = block.ends, .plain = {}, .websocket = {}};
  std::size_t pushed = 0;
  for (std::size_t i = 0; i < fan->subscribers.size();) {
    Session& session = *fan->subscribers[i];
    if (session.out->push_frames(frames)) {
      ++pushed, ++i;
    } else {
      pause(session, *fan, block.epoch, block.last);  // another one is in its place now
    }
  }
  channel_metrics().deliveries.add(pushed * block.ends.size());
}

/// Nothing waits for a slow one here: it is told where the channel is, once, and asks again with its position.
void ChannelFans::pause(Session& session, ChannelFan& fan, std::uint32_t epoch, std::uint64_t head) {
  detach(*subscription(session, fan));
  channel_metrics().paused.add();
  std::string& frame = frame_buffer();
  protocol::encode(frame, protocol::ChannelHeadPush{.channel = fan.key.name, .epoch = epoch, .head = head});
  session.out->send(frame);
}

void ChannelFans::pause_all(channels::ChannelRef channel, std::uint32_t epoch, std::uint64_t head) {
  ChannelFan* fan = find(channel);
  while (fan && !fan->subscribers.empty()) pause(*fan->subscribers.back(), *fan, epoch, head);
}

}  // namespace plaza::chat
