// ChannelHomes: persistent channels. What is said in them is in the store; the home pushes what the store reports, in its order,
// and reads for who comes back what is not in memory any more.
#include "chat/channel_home.h"
#include "chat/channel_metrics.h"
#include "protocol/channel_replies.h"

namespace plaza::chat {

namespace {

std::string frame_of(const channels::ChannelKey& key, std::uint32_t epoch, const ports::Message& message) {
  std::string frame;
  protocol::encode(frame, protocol::PublicationView{.channel = key.name,
                                                    .epoch = epoch,
                                                    .seq = message.conversation_seq,
                                                    .id = message.sender,
                                                    .name = message.sender_name,
                                                    .kind = static_cast<std::uint8_t>(message.kind),
                                                    .content = message.body,
                                                    .time_ms = message.time_ms,
                                                    .mid = message.id});
  return frame;
}

}  // namespace

/// Where the stream is. What is committed meanwhile is behind it or in it; nobody is subscribed yet.
void ChannelHomes::read_head(Home& home) {
  Node& node = state_.node;
  node.store.heads({ports::StreamId::channel(home.id)},
                   [this, &node, shard = state_.shard, key = home.key, id = home.id](auto heads) {
                     node.executor.post(shard, [this, key, id, heads = std::move(heads)] {
                       const auto at = homes_.find(key.ref());
                       if (at == homes_.end() || !at->second->loading || at->second->id != id) return;
                       Home& loaded = *at->second;
                       if (loaded.stale) return load(loaded);
                       if (!heads) return give_up(loaded, storage_unavailable());
                       begin_history(loaded, heads->front().epoch, heads->front().head);
                     });
                   });
}

void ChannelHomes::committed(const ports::Message& message) {
  const auto at = stored_.find(ChannelId{message.conversation.first()});
  if (at == stored_.end() || !at->second->history) return;
  Home& home = *at->second;
  const std::uint64_t head = home.history->head();
  if (message.conversation_seq <= head) return;  // it was there already when the head was read
  if (message.conversation_seq > head + 1) return read_head_again(home);
  channel_metrics().publications.add();
  add(home, frame_of(home.key, home.history->epoch(), message), message.conversation_seq);
}

/// Reports come without a hole; should one be missed all the same, subscribers are told to ask again.
void ChannelHomes::read_head_again(Home& home) {
  flush(home);
  pause_all(home, home.history->epoch(), home.history->head());
  if (home.loading) return;
  home.loading = true;
  read_head(home);
}

void ChannelHomes::let_append(const Home& home, const Publishing& request) {
  on_shard(request.who.shard,
           [request, id = home.id, name = home.key.name, epoch = home.history->epoch()](ShardState& there) {
             Session* session = there.session(request.who.session, request.who.login);
             if (!session || !session->channels) return;
             there.channel_names.insert_or_assign(id, ShardState::ChannelName{name, epoch});
             auto message = std::make_shared<ports::Message>();
             message->zone = session->zone;
             message->sender = request.sender;
             message->sender_name = request.name;
             message->device = session->device;
             message->send_id = request.who.asked.send_id.value_or(0);
             session->submitted_send_id = std::max(session->submitted_send_id, message->send_id);
             message->kind = static_cast<ports::MessageKind>(request.kind);
             message->conversation = ports::StreamId::channel(id);
             message->body = request.content;
             const protocol::Rid rid = request.who.asked.rid;
             there.outbox.push_back({.message = std::move(message),
                                     .reach = ports::Reach::conversation,
                                     .fanout = nullptr,
                                     .origin_shard = there.shard,
                                     .origin_session = session->id,
                                     .origin_login = session->login,
                                     .rid = rid.value_or(0),
                                     .wants_rid = rid.has_value(),
                                     .wants_ack = rid || request.who.asked.send_id});
             // The acks reopen the window, as after a message.
             if (++session->unacknowledged >= there.limits.send_window_max && request.who.asked.send_id)
               session->window_full = true;
             publication_decided(*session, request.who.asked, there.limits);
           });
}

/// The store's report pushes it (committed()).
void ChannelHomes::append(Home& home, const ServerPublishing& request) {
  request.message->conversation = ports::StreamId::channel(home.id);
  const auto decided = [answer = request.answer, epoch = home.history->epoch()](const ports::Appended& one) {
    answer->decided({.epoch = epoch, .seq = one.message ? one.message->conversation_seq : 0, .stored = one});
  };
  state_.outbox.push_back({.message = request.message,
                           .reach = ports::Reach::conversation,
                           .fanout = nullptr,
                           .origin_shard = state_.shard,
                           .origin_session = state_.server_sends.expect(decided)});
}

/// Reads what memory does not have. Nothing of it is served that the channel does not keep by its settings.
void ChannelHomes::read_missed(Home& home, const Subscribing& request) {
  const channels::ChannelHistory& history = *home.history;
  const bool asked = request.position.epoch != 0;
  const std::uint64_t head = history.head();
  const std::uint64_t kept = std::min<std::uint64_t>(head, home.settings.history_max);
  const std::uint64_t since = asked ? request.position.since
                                    : head - std::min<std::uint64_t>(kept, request.newest);
  const bool hopeless = asked &&
                        (request.position.epoch != history.epoch() || since > head || head - since > kept);
  if (hopeless || since == head) {
    return answer_recovered(home, request,
                            {.recovered = asked && !hopeless, .more = false, .upto = head, .frames = {}});
  }
  ports::ReadRequest read;
  read.stream = ports::StreamId::channel(home.id);
  read.epoch = history.epoch();
  read.from = since;
  read.entries_max = state_.limits.page_entries_max;
  read.bytes_max = state_.limits.page_bytes_max / 2;  // what is around a text, and escapes, count as well
  Node& node = state_.node;
  node.store.read(
      read, [this, &node, shard = state_.shard, key = home.key, request, epoch = history.epoch()](auto page) {
        node.executor.post(shard, [this, key, request, epoch, page = std::move(page)] {
          read_done(key, request, epoch, page);
        });
      });
}

void ChannelHomes::read_done(const channels::ChannelKey& key, const Subscribing& request, std::uint32_t epoch,
                             const Result<ports::Page, ports::StoreError>& page) {
  Home& home = home_of(key.ref());
  // It was dropped, or is another one by now: from the beginning.
  if (!home.history || home.loading || home.history->epoch() != epoch) return work(home, request);
  if (!page) return refuse(home.key, request.who, storage_unavailable());
  flush(home);
  const std::int64_t now_ms = state_.node.executor.now_ms();
  const bool asked = request.position.epoch != 0;
  const std::int64_t oldest_ms = state_.node.clock.wall_ms() - home.settings.history_age_ms;
  const auto too_old = [&](const ports::Entry& entry) {
    return home.settings.history_age_ms != 0 && entry.message->time_ms <= oldest_ms;
  };
  if (page->too_old || (asked && !page->entries.empty() && too_old(page->entries.front()))) {
    return answer_recovered(home, request,
                            {.recovered = false, .more = false, .upto = home.history->head(), .frames = {}});
  }
  // What the store has and the home has not seen reported yet will be pushed; what was pushed since the reading is in memory.
  std::vector<std::string> frames;
  std::uint64_t upto = request.position.since;
  for (const ports::Entry& entry : page->entries) {
    if (entry.seq > home.history->head()) break;
    upto = entry.seq;
    if (asked || !too_old(entry)) frames.push_back(frame_of(home.key, epoch, *entry.message));
  }
  channels::Recovered got{.recovered = asked, .more = false, .upto = upto, .frames = {}};
  for (const std::string& frame : frames) got.frames.emplace_back(frame);
  if (upto < home.history->head()) {
    const channels::Recovered rest = home.history->recover({epoch, upto}, now_ms,
                                                           state_.limits.page_bytes_max / 2);
    got.more = page->more || !rest.recovered || rest.more;
    if (!got.more) got.frames.insert(got.frames.end(), rest.frames.begin(), rest.frames.end());
  }
  if (got.more && !asked) {
    // It asked for the newest and not for all: they do not fit, so it begins at the head.
    got = {.recovered = false, .more = false, .upto = home.history->head(), .frames = {}};
  }
  answer_recovered(home, request, got);
}

}  // namespace plaza::chat
