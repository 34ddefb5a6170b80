// Channels that the application follows: asked for at every connection, from where it is.
#include "client/client_core.h"
#include "client/wire.h"
#include "net/shard.h"
#include "protocol/channel_requests.h"

namespace plaza::client {

namespace {
constexpr std::int64_t kRetryMs = 1000;

bool for_later(protocol::Errno error) {
  using enum protocol::Errno;
  return error == try_again || error == unavailable || error == rate_limited || error == app_rate_limited;
}
}  // namespace

void ClientCore::subscribe(const std::string& channel, std::uint32_t newest) {
  channels_.follow(channel, newest);
  work_channels();
}

void ClientCore::unsubscribe(const std::string& channel) {
  if (channels_.unfollow(channel) && state_ == ClientState::online)
    ask(protocol::Unsubscribe{.channel = channel}, nullptr);
}

void ClientCore::work_channels() {
  if (events_ == nullptr || state_ != ClientState::online) return;
  for (const SubscribeFrame& frame : channels_.take_frames()) {
    protocol::Subscribe subscribe;
    subscribe.channel = frame.channel;
    subscribe.epoch = frame.epoch;
    subscribe.since = frame.since;
    if (frame.newest != 0) subscribe.limit = std::min(frame.newest, protocol::kSyncLimitMax);
    ask(subscribe, [this, channel = frame.channel](const Reply& reply) { channel_reply(channel, reply); });
  }
  for (const ChannelEvent& event : channels_.take_events()) {
    if (events_ == nullptr) return;
    if (const auto* one = std::get_if<protocol::Publication>(&event)) {
      events_->on_publication(*one);
    } else if (const auto* gap = std::get_if<ChannelGap>(&event)) {
      events_->on_channel_gap(*gap);
    } else {
      events_->on_channel_refused(std::get<ChannelRefused>(event));
    }
  }
}

void ClientCore::channel_reply(const std::string& channel, const Reply& reply) {
  if (const auto* ack = reply.get<protocol::SubscribeAck>()) {
    channels_.answered(*ack);
  } else {
    // Without an answer in time the connection may be a slow one: asked again as well.
    const bool later = !reply.answered || for_later(reply.error());
    channels_.refused(channel, static_cast<int>(reply.error()), later);
    if (later) shard_.timers().arm(channel_timer_, kRetryMs);
  }
  work_channels();
}

void ClientCore::on_channel_retry() {
  channels_.retry();
  work_channels();
}

}  // namespace plaza::client
