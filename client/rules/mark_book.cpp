#include "client/rules/mark_book.h"

#include <algorithm>

namespace plaza::client {

MarkBook::MarkBook(MarkLimits limits, std::uint64_t seed)
    : limits_(limits),
      backoff_(limits.retry_base_ms, limits.retry_cap_ms, seed),
      window_(limits.on_the_wire_max) {}

bool MarkBook::waiting(const Record& record) {
  return record.rid == 0 && (record.delivered > record.sent_delivered || record.read > record.sent_read);
}

void MarkBook::due_by(std::int64_t time_ms) { due_ms_ = due_ms_ ? std::min(*due_ms_, time_ms) : time_ms; }

void MarkBook::delivered(Conversation conversation, std::uint64_t cseq, std::int64_t now_ms) {
  Record& record = records_[conversation];
  if (cseq <= record.delivered) return;
  const bool before = waiting(record);
  record.delivered = cseq;
  if (!before && waiting(record)) ++waiting_;
  due_by(now_ms + limits_.flush_ms);
}

void MarkBook::read(Conversation conversation, std::uint64_t cseq, std::int64_t now_ms) {
  Record& record = records_[conversation];
  if (cseq <= record.read) return;
  const bool before = waiting(record);
  record.read = cseq;
  record.delivered = std::max(record.delivered, cseq);  // read implies delivered
  if (!before && waiting(record)) ++waiting_;
  due_by(now_ms + limits_.flush_ms);
}

void MarkBook::received(std::uint64_t seq, std::int64_t now_ms) {
  if (seq <= received_) return;
  received_ = seq;
  if (received_ > received_reported_) due_by(now_ms + limits_.flush_ms);
}

void MarkBook::restarted() {
  received_ = received_reported_ = 0;
  records_.clear();
  on_the_wire_.clear();
  waiting_ = 0;
}

void MarkBook::disconnected() {
  open_ = false;
  on_the_wire_.clear();
  hold_until_ms_ = 0;
  waiting_ = 0;
  for (auto& [conversation, record] : records_) {
    record.rid = 0;
    record.sent_delivered = record.sent_read = 0;
    waiting_ += waiting(record) ? 1 : 0;
  }
}

void MarkBook::confirmed(std::uint64_t rid) {
  const auto sent = on_the_wire_.find(rid);
  if (sent == on_the_wire_.end()) return;
  const auto record = records_.find(sent->second);
  on_the_wire_.erase(sent);
  backoff_.reset();
  window_ = std::min(window_ + 1, limits_.on_the_wire_max);
  if (record == records_.end()) return;
  record->second.rid = 0;
  if (waiting(record->second)) {
    ++waiting_;
  } else {
    records_.erase(record);  // nothing open: the server has it all
  }
}

void MarkBook::try_again(std::uint64_t rid, std::int64_t retry_after_ms, std::int64_t now_ms) {
  const auto sent = on_the_wire_.find(rid);
  if (sent == on_the_wire_.end()) return;
  Record& record = records_[sent->second];
  on_the_wire_.erase(sent);
  record.rid = 0;
  record.sent_delivered = record.sent_read = 0;
  ++waiting_;
  // What was sent together is refused together: that is one failure, not many.
  if (now_ms >= hold_until_ms_ || window_ > 1) hold_until_ms_ = now_ms + backoff_.next(retry_after_ms);
  hold_until_ms_ = std::max(hold_until_ms_, now_ms + retry_after_ms);
  window_ = 1;
}

void MarkBook::hurry() {
  due_ms_ = 0;
  hold_until_ms_ = 0;
  window_ = std::max(limits_.flush_at, limits_.on_the_wire_max);
}

void MarkBook::poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<MarkFrame>& marks,
                    std::optional<std::uint64_t>& received) {
  if (!open_) return;
  if (now_ms >= hold_until_ms_) hold_until_ms_ = 0;
  const bool cursor_moved = received_ > received_reported_;
  const std::size_t sendable = hold_until_ms_ == 0 ? waiting_ : 0;
  if (waiting_ == 0 && !cursor_moved) due_ms_.reset();
  if (sendable == 0 && !cursor_moved) return;
  const bool many = sendable >= limits_.flush_at || received_ >= received_reported_ + limits_.flush_at;
  if (!many && due_ms_ && now_ms < *due_ms_) return;
  due_ms_.reset();
  if (cursor_moved) received = received_reported_ = received_;
  if (sendable == 0) return;
  for (auto& [conversation, record] : records_) {
    if (waiting_ == 0 || on_the_wire_.size() >= window_) break;
    if (!waiting(record)) continue;
    record.rid = next_rid++;
    record.sent_delivered = record.delivered;
    record.sent_read = record.read;
    on_the_wire_.emplace(record.rid, conversation);
    marks.push_back(MarkFrame{
        .rid = record.rid, .conversation = conversation, .delivered = record.delivered, .read = record.read});
    --waiting_;
  }
}

std::optional<std::int64_t> MarkBook::next_wake_ms() const {
  if (!open_) return std::nullopt;
  if (hold_until_ms_ == 0 || waiting_ == 0) return due_ms_;
  const bool cursor_due = due_ms_ && received_ > received_reported_;
  return cursor_due ? std::min(*due_ms_, hold_until_ms_) : hold_until_ms_;
}

}  // namespace plaza::client
