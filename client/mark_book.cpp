#include "client/mark_book.h"

#include <algorithm>

namespace plaza::client {

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
  if (record == records_.end()) return;
  record->second.rid = 0;
  if (waiting(record->second)) {
    ++waiting_;
  } else {
    records_.erase(record);  // nothing open: the server has it all
  }
}

void MarkBook::failed(std::uint64_t rid, bool try_again, std::int64_t now_ms) {
  const auto sent = on_the_wire_.find(rid);
  if (sent == on_the_wire_.end()) return;
  if (!try_again) return confirmed(rid);
  Record& record = records_[sent->second];
  on_the_wire_.erase(sent);
  record.rid = 0;
  record.sent_delivered = record.sent_read = 0;
  ++waiting_;
  due_by(now_ms + limits_.flush_ms);
}

void MarkBook::poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<MarkFrame>& marks,
                    std::optional<std::uint64_t>& received) {
  if (!open_) return;
  const bool many = waiting_ >= limits_.flush_at || received_ >= received_reported_ + limits_.flush_at;
  const bool something = waiting_ > 0 || received_ > received_reported_;
  if (!something) due_ms_.reset();
  if (!something || (!many && due_ms_ && now_ms < *due_ms_)) return;
  due_ms_.reset();
  if (received_ > received_reported_) received = received_reported_ = received_;
  for (auto& [conversation, record] : records_) {
    if (waiting_ == 0 || on_the_wire_.size() >= limits_.on_the_wire_max) break;
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

std::optional<std::int64_t> MarkBook::next_wake_ms() const { return open_ ? due_ms_ : std::nullopt; }

}  // namespace plaza::client
