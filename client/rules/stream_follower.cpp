#include "client/rules/stream_follower.h"

#include <algorithm>
#include <utility>

namespace plaza::client {

StreamFollower::StreamFollower(FollowLimits limits, std::uint64_t seed)
    : limits_(limits), backoff_(limits.retry_base_ms, limits.retry_cap_ms, seed) {}

void StreamFollower::start(std::uint32_t epoch, std::uint64_t position) {
  started_ = true;
  epoch_ = epoch;
  position_ = position;
  head_ = position;
}

void StreamFollower::open(std::uint32_t epoch, std::uint64_t head) {
  open_ = true;
  this->head(epoch, head);
  // Its view may only lag behind what it told us before. Whether it lost entries, only its answer to a sync can say.
  ahead_ = started_ && epoch == epoch_ && head < position_;
}

void StreamFollower::disconnected() {
  open_ = false;
  patience_ms_ = limits_.sync_timeout_ms;
  sync_rid_ = 0;
  hold_until_ms_ = 0;
  more_ = false;
}

void StreamFollower::deliver(Message message) {
  position_ = message.seq;
  head_ = std::max(head_, position_);
  delivered_.push_back(Item{.gap = std::nullopt, .message = std::move(message)});
}

void StreamFollower::deliver_held() {
  for (auto next = held_.begin(); next != held_.end() && next->first <= position_ + 1;
       next = held_.erase(next)) {
    if (next->first == position_ + 1) deliver(std::move(next->second));
  }
}

void StreamFollower::push(Message message) {
  if (!started_) return;
  if (message.epoch != epoch_) other_epoch_ = true;
  if (message.epoch != epoch_ || message.seq <= position_) {
    not_taken_ = true;
    return;
  }
  if (message.seq == position_ + 1) {
    deliver(std::move(message));
    return deliver_held();
  }
  head_ = std::max(head_, message.seq);
  if (held_.size() < limits_.held_max) held_.try_emplace(message.seq, std::move(message));
}

void StreamFollower::head(std::uint32_t epoch, std::uint64_t head) {
  if (!started_) return;
  if (epoch != epoch_) other_epoch_ = true;
  if (epoch != epoch_ || head < position_) {
    not_taken_ = true;
  } else {
    head_ = std::max(head_, head);
  }
}

void StreamFollower::jump_to(std::uint32_t epoch, std::uint64_t position) {
  delivered_.push_back(Item{.gap = Gap{.old_epoch = epoch_,
                                       .epoch = epoch,
                                       .from = position_ + 1,
                                       .to = epoch == epoch_ ? position : 0},
                            .message = std::nullopt});
  if (delivered_.back().gap->restarted()) {
    held_.clear();
    head_ = 0;
  }
  epoch_ = epoch;
  position_ = position;
  head_ = std::max(head_, position);
  other_epoch_ = false;
}

void StreamFollower::page(SyncPage page, std::int64_t now_ms) {
  const bool answers_ours = sync_rid_ != 0 && page.rid == sync_rid_;
  if (answers_ours) {
    sync_rid_ = 0;
    patience_ms_ = limits_.sync_timeout_ms;
    const std::uint64_t first = page.messages.empty() ? page.head + 1 : page.messages.front().seq;
    // Judged by where we were when we asked: pushes may have overtaken the page since then.
    const bool lost = page.too_old && page.head < sync_since_;
    const bool restart = page.epoch != epoch_ || lost || (page.too_old && first > position_ + 1);
    if (restart) jump_to(page.epoch, first - 1);
    other_epoch_ = ahead_ = false;
    // What was not taken may be an entry after the page that we took for an old one: ask for it.
    more_ = page.more || (restart && not_taken_);
  } else if (page.epoch != epoch_ || page.too_old) {
    return;  // an answer to a question of another connection, about a place where we are no longer
  }
  const std::uint64_t before = position_;
  for (Message& message : page.messages) {
    if (message.seq > position_ + 1) break;  // a page has no holes; the rest is asked for again
    if (message.seq == position_ + 1) deliver(std::move(message));
  }
  head_ = std::max(head_, page.head);
  deliver_held();
  if (!answers_ours) return;
  // A server that promises more and gives nothing must not be asked in a tight loop.
  if (position_ == before && (more_ || position_ < head_)) return hold_sync(now_ms, 0);
  backoff_.reset();
}

void StreamFollower::page_failed(std::uint64_t rid, std::int64_t retry_after_ms, std::int64_t now_ms) {
  if (rid != sync_rid_ || rid == 0) return;
  sync_rid_ = 0;
  hold_sync(now_ms, retry_after_ms);
}

void StreamFollower::hold_sync(std::int64_t now_ms, std::int64_t at_least_ms) {
  hold_until_ms_ = now_ms + backoff_.next(at_least_ms);
}

void StreamFollower::poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SyncFrame>& out) {
  if (!open_ || !started_) return;
  if (sync_rid_ != 0 && now_ms - sync_sent_ms_ >= patience_ms_) {
    sync_rid_ = 0;
    patience_ms_ = std::min(2 * patience_ms_, 32 * limits_.sync_timeout_ms);
  }
  if (sync_rid_ != 0 || now_ms < hold_until_ms_) return;
  hold_until_ms_ = 0;
  if (!behind() && !more_) return;
  sync_rid_ = next_rid++;
  sync_sent_ms_ = now_ms;
  sync_since_ = position_;
  not_taken_ = false;
  out.push_back(
      SyncFrame{.rid = sync_rid_, .epoch = epoch_, .since = position_, .limit = limits_.sync_entries});
}

std::optional<std::int64_t> StreamFollower::next_wake_ms() const {
  if (!open_) return std::nullopt;
  if (sync_rid_ != 0) return sync_sent_ms_ + patience_ms_;
  if (hold_until_ms_ > 0) return hold_until_ms_;
  return std::nullopt;
}

std::vector<StreamFollower::Item> StreamFollower::take_delivered() { return std::exchange(delivered_, {}); }

}  // namespace plaza::client
