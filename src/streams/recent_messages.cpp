#include "streams/recent_messages.h"

#include <utility>

namespace plaza::streams {
namespace {

/// What a message costs besides its body and its deliveries: the object, its strings, the allocator.
constexpr std::size_t kFixedBytes = 320;

std::size_t bytes_of(const ports::Message& message) {
  return kFixedBytes + message.body.size() + message.deliveries.size() * sizeof(ports::Delivery);
}

}  // namespace

void RecentMessages::push(ports::MessagePtr message) {
  const std::uint64_t id = message->id.value;
  if (messages_.empty() || id != oldest_ + messages_.size()) {
    messages_.clear();
    bytes_ = 0;
    oldest_ = id;
  }
  bytes_ += bytes_of(*message);
  messages_.push_back(std::move(message));
  while (bytes_ > bytes_max_ && !messages_.empty()) drop_oldest();
}

ports::MessagePtr RecentMessages::find(std::uint64_t id) const {
  if (id < oldest_ || id - oldest_ >= messages_.size()) return nullptr;
  return messages_[id - oldest_];
}

void RecentMessages::replace(ports::MessagePtr message) {
  const std::uint64_t id = message->id.value;
  if (id < oldest_ || id - oldest_ >= messages_.size()) return;
  ports::MessagePtr& place = messages_[id - oldest_];
  bytes_ = bytes_ - bytes_of(*place) + bytes_of(*message);
  place = std::move(message);
  while (bytes_ > bytes_max_ && !messages_.empty()) drop_oldest();
}

void RecentMessages::drop_upto(std::uint64_t id) {
  while (!messages_.empty() && oldest_ <= id) drop_oldest();
}

void RecentMessages::drop_oldest() {
  bytes_ -= bytes_of(*messages_.front());
  messages_.pop_front();
  ++oldest_;
}

}  // namespace plaza::streams
