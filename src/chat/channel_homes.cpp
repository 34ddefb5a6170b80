#include "chat/channel_homes.h"

#include <algorithm>

#include "base/check.h"
#include "chat/channel_home.h"
#include "chat/channel_metrics.h"
#include "chat/quota_refusals.h"
#include "protocol/channel_replies.h"

namespace plaza::chat {

using protocol::Errno;

namespace {

constexpr std::size_t kWaitingMax = 1024;

Refusal no_such_channel() { return {.error = Errno::no_such_channel, .field = "channel"}; }

}  // namespace

ChannelHomes::ChannelHomes(ShardState& state) : state_(state) {
  static_cast<void>(channel_metrics());  // shown from the start on, also while they are 0
}
ChannelHomes::~ChannelHomes() = default;

std::size_t ChannelHomes::size() const { return homes_.size(); }

template <class One>
void ChannelHomes::refuse(const channels::ChannelKey& key, const One& request, const Refusal& why) {
  if constexpr (std::is_same_v<One, ServerPublishing>) {
    request.answer->refused(why);
  } else {
    refuse(key, request.who, why);
  }
}

// The declaration ---------------------------------------------------------------------------------------------------

ChannelHomes::Home& ChannelHomes::home_of(channels::ChannelRef channel) {
  const auto at = homes_.find(channel);
  if (at != homes_.end()) return *at->second;
  auto made = std::make_unique<Home>(channel);
  Home& home = *made;
  home.grants.resize(state_.node.executor.shards());
  homes_.emplace(channels::ChannelKey(channel), std::move(made));
  return home;
}

void ChannelHomes::load(Home& home) {
  home.loading = true;
  home.stale = false;
  Node& node = state_.node;
  const bool started = node.executor.blocking([this, &node, shard = state_.shard, key = home.key] {
    auto found = node.channels.channel(key.zone, key.name);
    node.executor.post(shard, [this, key, found = std::move(found)] { loaded(key, found); });
  });
  if (!started) give_up(home, busy());
}

void ChannelHomes::loaded(const channels::ChannelKey& key, ports::DirectoryResult<ports::Channel> found) {
  const auto at = homes_.find(key.ref());
  if (at == homes_.end()) return;
  Home& home = *at->second;
  if (home.stale) return load(home);
  if (!found) {
    if (found.error().code != ports::DirectoryCode::not_found) return give_up(home, storage_unavailable());
    if (key.name != channels::kWorld) return give_up(home, no_such_channel());
    found = ports::Channel{.id = {}, .zone = key.zone, .name = key.name, .settings = state_.limits.world};
  }
  take_over(home, *found);
}

/// What waited for the declaration.
void ChannelHomes::ready(Home& home) {
  home.loading = false;
  for (Request& request : std::exchange(home.waiting, {})) work(home, std::move(request));
}

void ChannelHomes::take_over(Home& home, const ports::Channel& found) {
  const bool same = home.history && home.id == found.id &&
                    home.settings.persistent == found.settings.persistent;
  home.settings = found.settings;
  if (same) {
    home.history->set_limits(history_limits(found.settings), state_.node.executor.now_ms());
    return ready(home);
  }
  stored_.erase(home.id);
  home.id = found.id;
  if (!found.settings.persistent) return begin_history(home, next_epoch(), 0);
  stored_.emplace(home.id, &home);
  read_head(home);
}

void ChannelHomes::begin_history(Home& home, std::uint32_t epoch, std::uint64_t head) {
  const bool another = home.history.has_value();
  if (another) flush(home);
  home.history.emplace(epoch, history_limits(home.settings), head);
  if (another) pause_all(home, epoch, head);
  ready(home);
}

/// Who waits is told why. What is declared no more lets its subscribers go; what only could not be read goes on as it was.
void ChannelHomes::give_up(Home& home, const Refusal& why) {
  home.loading = false;
  for (const Request& request : std::exchange(home.waiting, {})) {
    std::visit([&](const auto& one) { refuse(home.key, one, why); }, request);
  }
  if (home.history && why.error == Errno::no_such_channel) {
    flush(home);
    pause_all(home, home.history->epoch(), home.history->head());
    home.history.reset();
  }
  // Grants that are not given back yet keep the home: they must not be taken from those of a channel that is declared anew.
  if (home.history || home.followed()) return;
  std::erase(dirty_, &home);
  stored_.erase(home.id);
  homes_.erase(homes_.find(home.key.ref()));
}

void ChannelHomes::pause_all(const Home& home, std::uint32_t epoch, std::uint64_t head) {
  for (std::uint32_t shard = 0; shard < home.grants.size(); ++shard) {
    if (home.grants[shard] == 0) continue;
    on_shard(shard, [key = home.key, epoch, head](ShardState& there) {
      there.fans.pause_all(key.ref(), epoch, head);
    });
  }
}

void ChannelHomes::redeclared(channels::ChannelRef channel) {
  const auto at = homes_.find(channel);
  if (at == homes_.end()) return;
  if (at->second->loading) {
    at->second->stale = true;
  } else {
    load(*at->second);
  }
}

void ChannelHomes::limits_changed() {
  for (auto& [key, home] : homes_) {
    if (!home->history) continue;
    if (!home->id) home->settings = state_.limits.world;
    home->history->set_limits(history_limits(home->settings), state_.node.executor.now_ms());
  }
}

channels::HistoryLimits ChannelHomes::history_limits(const ports::ChannelSettings& settings) const {
  return {.entries_max = settings.history_max,
          .bytes_max = state_.limits.channel_history_bytes_max,
          .age_max_ms = settings.history_age_ms};
}

/// Never the same twice for one channel: a channel has one home, which counts; and the process before began elsewhere.
std::uint32_t ChannelHomes::next_epoch() {
  std::uint32_t epoch = state_.node.channel_epochs + ++epochs_;
  if (epoch == 0) epoch = state_.node.channel_epochs + ++epochs_;  // 0 means no position
  return epoch;
}

// Requests ----------------------------------------------------------------------------------------------------------

void ChannelHomes::subscribe(channels::ChannelRef channel, Subscribing request) {
  work(home_of(channel), std::move(request));
}

void ChannelHomes::publish(channels::ChannelRef channel, Publishing request) {
  work(home_of(channel), std::move(request));
}

void ChannelHomes::publish(channels::ChannelRef channel, ServerPublishing request) {
  work(home_of(channel), std::move(request));
}

void ChannelHomes::work(Home& home, Request request) {
  if (home.history && !home.loading) {
    std::visit([&](const auto& one) { now(home, one); }, request);
    return;
  }
  if (home.waiting.size() >= kWaitingMax) {
    std::visit([&](const auto& one) { refuse(home.key, one, busy()); }, request);
    return;
  }
  home.waiting.push_back(std::move(request));
  if (!home.loading) load(home);
}

void ChannelHomes::now(Home& home, const Subscribing& request) {
  flush(home);  // what is numbered already is not for this one, or is in its answer
  const std::int64_t now_ms = state_.node.executor.now_ms();
  const std::size_t bytes_max = state_.limits.page_bytes_max;
  if (request.position.epoch == 0) {
    if (home.settings.persistent) return read_missed(home, request);
    return answer_recovered(home, request, home.history->newest(request.newest, now_ms, bytes_max));
  }
  const channels::Recovered got = home.history->recover(request.position, now_ms, bytes_max);
  if (!got.recovered && home.settings.persistent) return read_missed(home, request);
  answer_recovered(home, request, got);
}

void ChannelHomes::answer_recovered(Home& home, const Subscribing& request, const channels::Recovered& got) {
  if (request.position.epoch != 0)
    (got.recovered ? channel_metrics().recovered : channel_metrics().unrecovered).add();
  std::string ack;
  protocol::encode(ack, request.who.asked.rid,
                   protocol::SubscribeAckView{.channel = home.key.name,
                                              .epoch = home.history->epoch(),
                                              .head = home.history->head(),
                                              .recovered = got.recovered,
                                              .more = got.more,
                                              .publications = got.frames});
  if (got.more) return answer_subscriber(home.key, request.who, std::move(ack));
  grant(home, request.who, std::move(ack));
}

void ChannelHomes::now(Home& home, const Publishing& request) {
  if (request.repeated && home.settings.persistent) return let_append(home, request);
  if (home.settings.publish == ports::PublishPolicy::servers) {
    return refuse(home.key, request.who,
                  {.error = Errno::not_permitted,
                   .message = "only the app's servers publish in this channel",
                   .field = "channel"});
  }
  std::int64_t wait_ms = 0;
  if (!home.rate.take(home.settings.rate, state_.node.executor.now_ms(), wait_ms)) {
    return refuse(home.key, request.who,
                  {.error = Errno::rate_limited,
                   .message = "this channel gets too many publications",
                   .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
  }
  if (home.settings.persistent) {
    if (auto why = storing_refused(*request.app)) return refuse(home.key, request.who, std::move(*why));
    return let_append(home, request);
  }
  if (request.who.asked.send_id) {
    return refuse(home.key, request.who,
                  {.error = Errno::bad_request,
                   .message = "this channel is not persistent: nothing in it is numbered by send_id",
                   .field = "send_id",
                   .allowed = "no send_id"});
  }
  const std::uint64_t seq = number(home, request.sender, request.name, request.kind, request.content);
  std::string ack;
  if (request.who.asked.rid) {
    protocol::PublishAck published;
    published.channel = home.key.name;
    published.epoch = home.history->epoch();
    published.seq = seq;
    protocol::encode(ack, request.who.asked.rid, published);
  }
  answer_publisher(request.who, std::move(ack));
}

void ChannelHomes::now(Home& home, const ServerPublishing& request) {
  if (home.settings.persistent) return append(home, request);
  const ports::Message& said = *request.message;
  const std::uint64_t seq = number(home, said.sender, said.sender_name, static_cast<std::uint8_t>(said.kind),
                                   said.body);
  request.answer->decided({.epoch = home.history->epoch(), .seq = seq, .stored = std::nullopt});
}

/// The next publication of a channel that is in memory only.
std::uint64_t ChannelHomes::number(Home& home, MemberId sender, std::string_view name, std::uint8_t kind,
                                   std::string_view content) {
  const std::uint64_t seq = home.history->head() + 1;
  std::string frame;
  protocol::encode(frame, protocol::PublicationView{.channel = home.key.name,
                                                    .epoch = home.history->epoch(),
                                                    .seq = seq,
                                                    .id = sender,
                                                    .name = name,
                                                    .kind = kind,
                                                    .content = content,
                                                    .time_ms = state_.node.clock.wall_ms(),
                                                    .mid = {}});
  add(home, std::move(frame), seq);
  channel_metrics().publications.add();
  return seq;
}

/// Numbered: into the history, and into the block for who follows.
void ChannelHomes::add(Home& home, std::string frame, std::uint64_t seq) {
  channels::ChannelHistory& history = *home.history;
  if (home.followed()) {
    if (home.pending && home.pending->lines.size() + frame.size() >= state_.limits.channel_block_bytes_max)
      flush(home);
    if (!home.pending) {
      home.pending = std::make_unique<ChannelBlock>(home.key.ref());
      home.pending->epoch = history.epoch();
    }
    home.pending->lines.append(frame).push_back('\n');
    home.pending->ends.push_back(static_cast<std::uint32_t>(home.pending->lines.size()));
    home.pending->last = seq;
    if (!std::exchange(home.dirty, true)) dirty_.push_back(&home);
  }
  history.add(std::move(frame), state_.node.executor.now_ms());
}

// Answers -----------------------------------------------------------------------------------------------------------

void ChannelHomes::refuse(const channels::ChannelKey& key, const ChannelAsker& who, const Refusal& why) {
  if (who.asked.msgid == protocol::Msg::publish) {
    return on_shard(who.shard, [who, why](ShardState& there) {
      Session* session = there.session(who.session, who.login);
      if (!session || !session->channels) return;
      Sending::refuse_send(*session, who.asked, why);
      publication_decided(*session, who.asked, there.limits);
    });
  }
  std::string frame;
  protocol::encode_refusal(frame, who.asked.msgid, who.asked.rid, why);
  answer_subscriber(key, who, std::move(frame));
}

void ChannelHomes::grant(Home& home, const ChannelAsker& who, std::string ack) {
  ++home.grants[who.shard];
  channel_metrics().subscribed.add();
  on_shard(who.shard, [who, key = home.key, ack = std::move(ack)](ShardState& there) {
    Session* session = there.session(who.session, who.login);
    there.fans.granted(session, key.ref(), ack);
    if (session) session->out->resume(Resume::next);
  });
}

/// An answer that subscribes to nothing.
void ChannelHomes::answer_subscriber(const channels::ChannelKey& key, const ChannelAsker& who,
                                     std::string frame) {
  on_shard(who.shard, [who, key, frame = std::move(frame)](ShardState& there) {
    Session* session = there.session(who.session, who.login);
    if (!session) return;
    there.fans.end(*session, key.ref());
    session->out->send(frame);
    session->out->resume(Resume::next);
  });
}

/// An empty frame only counts: the publication was not to be answered.
void ChannelHomes::answer_publisher(const ChannelAsker& who, std::string frame) {
  on_shard(who.shard, [who, frame = std::move(frame)](ShardState& there) {
    Session* session = there.session(who.session, who.login);
    if (!session || !session->channels) return;
    if (!frame.empty()) session->out->send(frame);
    publication_decided(*session, who.asked, there.limits);
  });
}

void publication_decided(Session& session, const Asked& asked, const Limits& limits) {
  SessionChannels& channels = *session.channels;
  --channels.publishing;
  // One with a send_id is waited for; of the others so many may be under way.
  if (session.window_full) return;  // its acknowledgements resume it
  const bool waits = asked.send_id ||
                     (channels.window_full && channels.publishing <= limits.send_window_max / 2);
  if (!waits) return;
  if (!asked.send_id) channels.window_full = false;
  session.out->resume(Resume::next);
}

void ChannelHomes::release(channels::ChannelRef channel, std::uint32_t shard, std::uint32_t count) {
  channel_metrics().released.add(count);
  const auto at = homes_.find(channel);
  PLAZA_CHECK(at != homes_.end() && at->second->grants[shard] >= count);
  at->second->grants[shard] -= count;
}

// Time --------------------------------------------------------------------------------------------------------------

void ChannelHomes::flush(Home& home) {
  if (!home.pending) return;
  const std::shared_ptr<const ChannelBlock> block = std::move(home.pending);
  for (std::uint32_t shard = 0; shard < home.grants.size(); ++shard) {
    if (home.grants[shard] == 0) continue;
    on_shard(shard, [block](ShardState& there) { there.fans.deliver(*block); });
  }
}

void ChannelHomes::end_of_turn() {
  for (Home* home : dirty_) {
    home->dirty = false;
    flush(*home);
  }
  dirty_.clear();
}

void ChannelHomes::tick() {
  const std::int64_t now_ms = state_.node.executor.now_ms();
  std::erase_if(homes_, [&](const auto& entry) {
    Home& home = *entry.second;
    if (home.loading || home.dirty || home.followed()) return false;
    if (home.history) home.history->expire(now_ms);
    // What is stored can be read again.
    const bool over = !home.history || home.history->empty() || home.settings.persistent;
    if (over) stored_.erase(home.id);
    return over;
  });
}

}  // namespace plaza::chat
