#include "client/rules/room_followers.h"

#include <algorithm>
#include <utility>

namespace plaza::client {
namespace {

/// The event that makes a group large. Only the server writes events, and in its JSON a quote inside of a string is escaped.
bool says_grown(const Message& message) {
  return message.kind == BodyKind::event && message.body.find(R"("event":"grown")") != std::string::npos;
}

bool within(const std::vector<GroupKept::Span>& spans, std::uint64_t cseq) {
  return std::ranges::any_of(
      spans, [cseq](const GroupKept::Span& span) { return cseq > span.after && cseq <= span.upto; });
}

}  // namespace

RoomFollowers::Large& RoomFollowers::follow(std::uint64_t group, std::uint32_t epoch,
                                            std::uint64_t position) {
  Large& large = large_.emplace(group, Large{.stream = {limits_, seed_ + group}, .begin = position})
                     .first->second;
  large.stream.start(epoch, position);
  if (const auto kept = kept_.find(group); kept != kept_.end()) kept->second.left = false;
  return large;
}

void RoomFollowers::left(std::uint64_t group) {
  undecided_.erase(group);
  const auto at = large_.find(group);
  if (at != large_.end()) forget(at);
}

RoomFollowers::Groups::iterator RoomFollowers::forget(Groups::iterator at) {
  GroupKept& kept = kept_[at->first];
  note(at->second, kept);
  kept.left = true;
  for (auto& [cseq, message] : at->second.waiting) release(at->first, std::move(message));
  return large_.erase(at);
}

/// It is the inbox's alone, so it is given as such.
void RoomFollowers::release(std::uint64_t group, Message message) {
  note_inboxed(kept_[group], message.cseq);
  released_.push_back({.group = group, .item = {.gap = std::nullopt, .message = std::move(message)}});
}

/// Also where nothing was given yet: what comes next from the group is behind that.
void RoomFollowers::note(const Large& large, GroupKept& kept) {
  if (kept.streamed.size() == kSpansMax) kept.streamed.erase(kept.streamed.begin());
  kept.streamed.push_back({large.begin, large.stream.position()});
}

void RoomFollowers::note_inboxed(GroupKept& kept, std::uint64_t cseq) {
  kept.inbox = std::max(kept.inbox, cseq);
  if (!kept.inboxed.empty() && kept.inboxed.back().upto + 1 == cseq) {
    kept.inboxed.back().upto = cseq;
    return;
  }
  if (kept.inboxed.size() == kSpansMax) kept.inboxed.erase(kept.inboxed.begin());
  kept.inboxed.push_back({cseq - 1, cseq});
}

/// A group that is joined again is read from where the member had read to, which may be before what the inbox gave.
bool RoomFollowers::inboxed(std::uint64_t group, std::uint64_t cseq) const {
  const auto kept = kept_.find(group);
  return kept != kept_.end() && within(kept->second.inboxed, cseq);
}

void RoomFollowers::restarted() {
  large_.clear();
  asked_.clear();
  kept_.clear();
  undecided_.clear();
}

void RoomFollowers::start_at(GroupsKept kept) { kept_ = std::move(kept); }

GroupsKept RoomFollowers::kept() const {
  GroupsKept all = kept_;
  for (const auto& [group, large] : large_) {
    note(large, all[group]);
    for (const auto& [cseq, message] : large.waiting) all[group].waiting.push_back(message);
  }
  return all;
}

std::uint64_t RoomFollowers::newest_streamed(std::uint64_t group) const {
  std::uint64_t newest = 0;
  if (const auto kept = kept_.find(group); kept != kept_.end()) {
    for (const GroupKept::Span& span : kept->second.streamed) newest = std::max(newest, span.upto);
  }
  return newest;
}

std::optional<std::uint64_t> RoomFollowers::newest_given(std::uint64_t group) const {
  const auto kept = kept_.find(group);
  if (kept == kept_.end()) return std::nullopt;
  const std::uint64_t newest = std::max(kept->second.inbox, newest_streamed(group));
  if (newest == 0 && kept->second.streamed.empty()) return std::nullopt;
  return newest;
}

std::uint64_t RoomFollowers::begin_of(std::uint64_t group, std::uint64_t read) const {
  const auto newest = newest_given(group);
  if (!newest) return read;
  // One who has left it and is in it again begins anew.
  return kept_.at(group).left ? std::max(*newest, read) : *newest;
}

/// What waited when the application was started again: in its group, or at once where that is not the member's any more.
void RoomFollowers::take_up(std::uint64_t group) {
  for (Message& message : std::exchange(kept_[group].waiting, {})) {
    if (!from_inbox(message)) release(group, std::move(message));
  }
}

void RoomFollowers::entered(const std::vector<LargeGroup>& groups) {
  for (auto& [group, large] : large_) large.listed = false;
  undecided_.clear();
  for (const LargeGroup& one : groups) {
    if (!large_.contains(one.group) && !kept_.contains(one.group)) {
      undecided_.emplace(one.group, one);
    } else {
      listed(one);
    }
  }
  for (auto at = large_.begin(); at != large_.end();) at = at->second.listed ? std::next(at) : forget(at);
  for (auto& [group, kept] : kept_) {
    if (!kept.waiting.empty()) take_up(group);
  }
}

void RoomFollowers::listed(const LargeGroup& one) {
  auto at = large_.find(one.group);
  if (at == large_.end()) {
    // Also of one that was left and joined again: what was said in between is read, and nothing is missed.
    follow(one.group, one.epoch, newest_given(one.group).value_or(one.read));
    at = large_.find(one.group);
  }
  StreamFollower& stream = at->second.stream;
  // It was followed before anybody told its epoch: what it knows is of this one.
  if (stream.epoch() == 0) stream.start(one.epoch, stream.position());
  at->second.listed = true;
  stream.open(one.epoch, one.head);
  if (!open_) stream.disconnected();
}

void RoomFollowers::inbox_read() {
  for (const auto& [group, one] : std::exchange(undecided_, {})) listed(one);
}

void RoomFollowers::ready() {
  open_ = true;
  for (auto& [group, large] : large_) large.stream.reopen();
}

void RoomFollowers::disconnected() {
  open_ = false;
  asked_.clear();
  for (auto& [group, large] : large_) large.stream.disconnected();
}

void RoomFollowers::joined(const LargeGroup& group) {
  const auto at = large_.find(group.group);
  undecided_.erase(group.group);
  // It is told late of one that ENTER_ACK has listed.
  if (at != large_.end()) return at->second.stream.head(at->second.stream.epoch(), group.head);
  Large& large = follow(group.group, group.epoch, std::max(group.read, newest_streamed(group.group)));
  large.stream.head(group.epoch, group.head);
  if (open_) large.stream.reopen();
}

// ---- what comes ---------------------------------------------------------------------------------

void RoomFollowers::push(Message message) {
  if (!message.conversation.is_group()) return;
  const std::uint64_t group = message.conversation.id;
  if (const auto later = undecided_.find(group); later != undecided_.end()) {
    later->second.head = std::max(later->second.head, message.cseq);
    return;
  }
  auto at = large_.find(group);
  if (at == large_.end()) {
    // The event that says so is on its way in the inbox, or was lost with a piece of it.
    follow(group, 0, begin_of(group, message.cseq - 1));
    at = large_.find(group);
    if (open_) at->second.stream.reopen();
  }
  message.epoch = at->second.stream.epoch();
  message.seq = message.cseq;
  at->second.stream.push(std::move(message));
}

void RoomFollowers::head(std::uint64_t group, std::uint64_t head, std::uint64_t read) {
  if (const auto later = undecided_.find(group); later != undecided_.end()) {
    later->second.head = std::max(later->second.head, head);
    return;
  }
  const auto at = large_.find(group);
  if (at != large_.end()) return at->second.stream.head(at->second.stream.epoch(), head);
  Large& large = follow(group, 0, begin_of(group, read));
  large.stream.head(0, head);
  if (open_) large.stream.reopen();
}

bool RoomFollowers::from_inbox(const Message& message) {
  if (!message.conversation.is_group()) return false;
  const std::uint64_t group = message.conversation.id, cseq = message.cseq;
  GroupKept& kept = kept_[group];
  if (within(kept.streamed, cseq)) return true;
  if (const auto at = large_.find(group); at != large_.end()) {
    Large& large = at->second;
    if (cseq <= large.begin) {
      note_inboxed(kept, cseq);
      return false;
    }
    if (cseq > large.stream.position()) {
      large.waiting.emplace(cseq, message);
      push(message);
    }
    return true;
  }
  note_inboxed(kept, cseq);
  if (!says_grown(message) || cseq <= newest_streamed(group)) return false;
  const auto later = undecided_.find(group);
  const LargeGroup told = later == undecided_.end() ? LargeGroup{} : later->second;
  undecided_.erase(group);
  // What was pushed of it before this was read is asked for.
  Large& large = follow(group, 0, cseq);
  if (open_) large.stream.reopen();
  if (told.group != 0) large.stream.head(0, told.head);
  large.stream.look_once();
  return false;
}

void RoomFollowers::page(SyncPage page, std::int64_t now_ms) {
  const auto asked = asked_.find(page.rid);
  if (asked == asked_.end()) return;
  const auto at = large_.find(asked->second);
  asked_.erase(asked);
  if (at == large_.end()) return;
  StreamFollower& stream = at->second.stream;
  if (stream.epoch() == 0) stream.learn_epoch(page.epoch);
  for (Message& message : page.messages) {
    message.seq = message.cseq;
    message.epoch = page.epoch;
  }
  stream.page(std::move(page), now_ms);
}

void RoomFollowers::page_failed(std::uint64_t rid, bool gone, std::int64_t retry_after_ms,
                                std::int64_t now_ms) {
  const auto asked = asked_.find(rid);
  if (asked == asked_.end()) return;
  const auto at = large_.find(asked->second);
  asked_.erase(asked);
  if (at == large_.end()) return;
  if (gone) {
    forget(at);
  } else {
    at->second.stream.page_failed(rid, retry_after_ms, now_ms);
  }
}

// ---- what goes out ------------------------------------------------------------------------------

void RoomFollowers::poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SyncFrame>& out) {
  for (auto& [group, large] : large_) {
    const std::size_t before = out.size();
    large.stream.poll(now_ms, next_rid, out);
    if (out.size() == before) continue;
    out.back().group = group;
    asked_[out.back().rid] = group;
  }
}

std::optional<std::int64_t> RoomFollowers::next_wake_ms() const {
  std::optional<std::int64_t> wake;
  for (const auto& [group, large] : large_) {
    if (const auto one = large.stream.next_wake_ms()) wake = wake ? std::min(*wake, *one) : *one;
  }
  return wake;
}

std::vector<RoomFollowers::Item> RoomFollowers::take_delivered() {
  std::vector<Item> delivered = std::exchange(released_, {});
  for (auto& [group, large] : large_) {
    for (StreamFollower::Item& item : large.stream.take_delivered()) {
      if (item.message && inboxed(group, item.message->cseq)) continue;
      if (item.message) item.message->seq = 0;
      if (item.gap) item.gap->conversation = Conversation::group(group);
      delivered.push_back({.group = group, .item = std::move(item)});
    }
    large.waiting.erase(large.waiting.begin(), large.waiting.upper_bound(large.stream.position()));
  }
  return delivered;
}

std::uint64_t RoomFollowers::position(std::uint64_t group) const {
  const auto at = large_.find(group);
  return at == large_.end() ? 0 : at->second.stream.position();
}

bool RoomFollowers::behind() const {
  return !undecided_.empty() || std::any_of(large_.begin(), large_.end(),
                                            [](const auto& one) { return one.second.stream.behind(); });
}

}  // namespace plaza::client
