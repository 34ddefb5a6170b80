#include "client/rules/channel_book.h"

namespace plaza::client {

ChannelBook::Followed* ChannelBook::find(std::string_view channel) {
  const auto at = channels_.find(channel);
  return at == channels_.end() ? nullptr : &at->second;
}

void ChannelBook::follow(const std::string& channel, std::uint32_t newest) {
  channels_.try_emplace(channel, Followed{.newest = newest});
}

bool ChannelBook::unfollow(std::string_view channel) {
  const auto at = channels_.find(channel);
  if (at == channels_.end()) return false;
  channels_.erase(at);
  return true;
}

void ChannelBook::connected() { connected_ = true; }

void ChannelBook::disconnected() {
  connected_ = false;
  for (auto& [name, channel] : channels_) {
    channel.state = State::wanted;
    channel.ask_again = false;
  }
}

std::vector<SubscribeFrame> ChannelBook::take_frames() {
  std::vector<SubscribeFrame> frames;
  if (!connected_) return frames;
  for (auto& [name, channel] : channels_) {
    if (channel.state != State::wanted) continue;
    channel.state = State::asked;
    frames.push_back({name, channel.epoch, channel.position, channel.epoch == 0 ? channel.newest : 0});
  }
  return frames;
}

void ChannelBook::want(Followed& channel) {
  if (channel.state == State::asked) {
    channel.ask_again = true;
  } else {
    channel.state = State::wanted;
  }
}

void ChannelBook::answered(const protocol::SubscribeAck& ack) {
  Followed* channel = find(ack.channel);
  // Of a channel that was left meanwhile; one that was followed again then has another SUBSCRIBE on its way.
  if (channel == nullptr || channel->state != State::asked) return;
  if (!ack.recovered && channel->epoch != 0) {
    const bool restarted = channel->epoch != ack.epoch || ack.head < channel->position;
    const std::uint64_t missed = restarted ? 0 : ack.head - channel->position;
    if (restarted || missed != 0) events_.emplace_back(ChannelGap{ack.channel, restarted, missed});
  }
  channel->epoch = ack.epoch;
  for (const protocol::Publication& one : ack.publications) {
    channel->position = one.seq;
    events_.emplace_back(one);
  }
  if (!ack.more && (!ack.recovered || ack.publications.empty())) channel->position = ack.head;
  channel->state = ack.more || std::exchange(channel->ask_again, false) ? State::wanted : State::live;
}

void ChannelBook::refused(std::string_view channel, int error, bool for_later) {
  Followed* followed = find(channel);
  if (followed == nullptr || followed->state != State::asked) return;
  if (for_later) {
    followed->state = State::later;
    return;
  }
  events_.emplace_back(ChannelRefused{std::string(channel), error});
  unfollow(channel);
}

void ChannelBook::retry() {
  for (auto& [name, channel] : channels_) {
    if (channel.state == State::later) channel.state = State::wanted;
  }
}

void ChannelBook::pushed(const protocol::Publication& publication) {
  Followed* channel = find(publication.channel);
  if (channel == nullptr || channel->state != State::live) return;
  if (publication.epoch == channel->epoch && publication.seq <= channel->position) return;
  if (publication.epoch != channel->epoch || publication.seq != channel->position + 1) {
    return want(*channel);  // it should have come in between: the server is asked
  }
  channel->position = publication.seq;
  events_.emplace_back(publication);
}

void ChannelBook::head(std::string_view channel) {
  if (Followed* followed = find(channel)) want(*followed);
}

}  // namespace plaza::client
