#include "chat/room_events.h"

#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "chat/hub.h"
#include "chat/notices.h"

namespace plaza::chat {

using ports::AppendCode;
using ports::StreamId;

namespace {
constexpr std::uint32_t kRecoverPage = 256;
}

ports::Append RoomEvents::append_of(const ports::RoomEvent& event) {
  auto message = std::make_shared<ports::Message>();
  message->zone = event.zone;
  message->device = ports::kServerDevicePrefix + ("room:" + std::to_string(event.room.value));
  message->send_id = event.version;
  message->kind = ports::MessageKind::event;
  message->conversation = StreamId::room(event.room);
  message->body = event.body;
  ports::Append append;
  append.message = std::move(message);
  append.reach = event.stream_only ? ports::Reach::conversation : ports::Reach::inboxes;
  append.fanout = std::make_shared<const std::vector<MemberId>>(event.fanout);
  append.rid = event.version;
  append.wants_ack = false;
  return append;
}

void RoomEvents::announce(std::vector<ports::RoomEvent> events, Then then) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) {
      const auto [at, added] = waiting_.try_emplace({event.room, event.version});
      at->second.effect = event.effect;
      at->second.member = event.member;
      if (added) outgoing_.push_back(append_of(event));
    }
    waiting_[{events.back().room, events.back().version}].then.push_back(std::move(then));
  }
  append();
}

/// One at a time gives the store what goes out: of two who announce, the second does not pass the first. Not under the lock: a store that
/// is stopped answers at once.
void RoomEvents::append() {
  for (bool begun = false;; begun = true) {
    std::vector<ports::Append> batch;
    {
      const std::lock_guard lock(mutex_);
      if (!begun && appending_) return;
      appending_ = !outgoing_.empty();
      if (!appending_) return;
      batch = std::exchange(outgoing_, {});
    }
    node_.store.append(std::move(batch));
  }
}

void RoomEvents::outcome(const ports::Appended& outcome) {
  const ports::Message& sent = *outcome.append.message;
  const Key key{RoomId{sent.conversation.first()}, outcome.append.rid};
  switch (outcome.code) {
    case AppendCode::accepted:
    case AppendCode::duplicate: return stored(key, outcome.message->conversation_seq, outcome.append.fanout);
    case AppendCode::duplicate_trimmed: return stored(key, 0, outcome.append.fanout);
    case AppendCode::refused:
    case AppendCode::unavailable: return not_stored(key);
    case AppendCode::ahead:
      if (one_before_is_missing(key)) return not_stored(key);
      break;
    case AppendCode::conflict: break;
  }
  PLAZA_LOG(warn, "rooms",
            "change {} of room {} is number {} in the store: one of the databases is an older copy",
            key.second, key.first.value, outcome.expected_send_id);
  ports::Append again = outcome.append;
  again.message = std::make_shared<ports::Message>(sent);
  again.message->send_id = outcome.expected_send_id;
  {
    const std::lock_guard lock(mutex_);
    outgoing_.push_back(std::move(again));
  }
  append();
}

/// Then the numbers fit, once that one is stored: both are announced again.
bool RoomEvents::one_before_is_missing(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto first = missing_.lower_bound({key.first, 0});
  return first != missing_.end() && *first < key;
}

void RoomEvents::stored(const Key& key, std::uint64_t cseq, const Members& members) {
  Stored one;
  MemberId came;
  {
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(key);
    if (at == waiting_.end()) return;
    came = at->second.member;
    missing_.erase(key);
    one = {.place = {.room = key.first, .version = key.second, .cseq = cseq, .effect = at->second.effect},
           .then = std::move(at->second.then)};
    waiting_.erase(at);
  }
  // Who came has nothing to catch up with.
  if (came && cseq != 0)
    node_.store.mark(came, StreamId::room(key.first), {.delivered = cseq, .read = cseq}, [](auto) {});
  if (one.place.effect != ports::RoomEventEffect::large_from) return tell_directory(std::move(one));
  // Nobody reads that the room is large, and appends to its stream alone, before all who are there follow that stream.
  on_shards_then(
      node_, 0, all_shards(node_),
      [place = one.place, members](Hub& hub) { hub.large_rooms().grown(place, *members); },
      [this, one = std::move(one)]() mutable { tell_directory(std::move(one)); });
}

void RoomEvents::tell_directory(Stored one) {
  {
    const std::lock_guard lock(mutex_);
    stored_.push_back(std::move(one));
  }
  flush();
}

void RoomEvents::not_stored(const Key& key) {
  std::vector<Then> then;
  {
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(key);
    if (at == waiting_.end()) return;
    then = std::move(at->second.then);
    waiting_.erase(at);
    missing_.insert(key);
  }
  behind_ = true;
  for (auto& go_on : then) go_on(0);
}

/// One at a time tells the directory, everything that has come meanwhile in one transaction.
void RoomEvents::flush() {
  const auto take = [this] {
    const std::lock_guard lock(mutex_);
    std::vector<Stored> taken = std::exchange(stored_, {});
    if (taken.empty()) flushing_ = false;
    return taken;
  };
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(flushing_, true)) return;
  }
  const bool started = node_.executor.blocking([this, take] {
    for (auto taken = take(); !taken.empty(); taken = take()) {
      std::vector<ports::RoomEventPlace> places;
      for (const auto& one : taken) places.push_back(one.place);
      // What it does not know now it is told when they are announced again.
      if (!node_.directory.events_stored(places)) behind_ = true;
      for (auto& one : taken) go_on(std::move(one));
    }
  });
  if (started) return;
  behind_ = true;
  for (auto taken = take(); !taken.empty(); taken = take()) {
    for (auto& one : taken) go_on(std::move(one));
  }
}

void RoomEvents::go_on(Stored one) {
  const ports::RoomEventPlace place = one.place;
  auto then = [one = std::move(one)]() mutable {
    for (auto& each : one.then) each(one.place.cseq);
  };
  if (place.effect != ports::RoomEventEffect::large_from) return then();
  // What was read of the room before does not know it; until a shard reads anew it fans out as it did.
  on_shards_then(
      node_, 0, all_shards(node_), [room = place.room](Hub& hub) { hub.state().rooms.invalidate(room); },
      std::move(then));
}

void RoomEvents::recover_after(RoomId room, std::uint64_t version) {
  const bool started = node_.executor.blocking([this, room, version] {
    auto page = node_.directory.pending_events(room, version, kRecoverPage);
    if (!page) {
      behind_ = true;
      return;
    }
    if (page->empty()) return;
    const bool more = page->size() == kRecoverPage;
    const Key last{page->back().room, page->back().version};
    // Only the store can stop it now: then what is stored next begins it anew.
    announce(std::move(*page), [this, more, last](std::uint64_t cseq) {
      if (more && cseq != 0) recover_after(last.first, last.second);
    });
  });
  if (!started) behind_ = true;
}

}  // namespace plaza::chat
