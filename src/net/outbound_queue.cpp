#include "net/outbound_queue.h"

#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"

namespace plaza::net {
namespace {

// With the node before it, the first chunk is of a size that malloc keeps per thread (<= 1032): most queues
// hold one, for one turn.
constexpr std::size_t kFirstChunkBytes = 960;
constexpr std::size_t kNextChunkBytes = 4 * 1024 - 64;
constexpr std::size_t kLargeChunkBytes = 16 * 1024 - 64;

}  // namespace

struct OutboundQueue::Node {
  Node* next = nullptr;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t capacity = 0;  // of the bytes behind the node; 0: they are in `shared`
  SharedFrame shared;

  [[nodiscard]] char* chunk() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* bytes() const {
    return capacity != 0 ? reinterpret_cast<const char*>(this + 1) : shared.data();
  }
  static Node* make(std::size_t capacity) {
    Node* node = new (::operator new(sizeof(Node) + capacity)) Node;
    node->capacity = static_cast<std::uint32_t>(capacity);
    return node;
  }
  static void destroy(Node* node) {
    node->~Node();
    ::operator delete(node);
  }
};

Offer OutboundQueue::offer(std::string_view first, std::string_view second, std::string_view third) {
  if (!fits(first.size() + second.size() + third.size())) return Offer::overflow;
  append(first);
  append(second);
  append(third);
  return Offer::accepted;
}

Offer OutboundQueue::offer_shared(std::string_view first, std::string_view second, const SharedFrame& shared,
                                  std::size_t shared_bytes) {
  PLAZA_CHECK(shared_bytes <= shared.size() + 1);
  if (!fits(first.size() + second.size() + shared_bytes)) return Offer::overflow;
  append(first);
  append(second);
  append_shared(shared, shared_bytes);
  return Offer::accepted;
}

void OutboundQueue::append(std::string_view piece) {
  while (!piece.empty()) {
    if (tail_ == nullptr || tail_->end == tail_->capacity || tail_->capacity == 0) {
      push(Node::make(std::max(next_chunk_bytes(), piece.size())));
    }
    const std::size_t part = std::min<std::size_t>(piece.size(), tail_->capacity - tail_->end);
    std::memcpy(tail_->chunk() + tail_->end, piece.data(), part);
    tail_->end += static_cast<std::uint32_t>(part);
    bytes_ += static_cast<std::uint32_t>(part);
    piece.remove_prefix(part);
  }
}

std::size_t OutboundQueue::next_chunk_bytes() const {
  if (head_ == nullptr) return kFirstChunkBytes;
  return bytes_ < kLargeChunkBytes ? kNextChunkBytes : kLargeChunkBytes;
}

void OutboundQueue::append_shared(const SharedFrame& shared, std::size_t bytes) {
  if (bytes < kShareBytesMin && head_ != nullptr) {
    append({shared.data(), bytes});
    return;
  }
  Node* node = Node::make(0);
  node->shared = shared;
  node->end = static_cast<std::uint32_t>(bytes);
  push(node);
  bytes_ += static_cast<std::uint32_t>(bytes);
}

void OutboundQueue::push(Node* node) {
  (tail_ == nullptr ? head_ : tail_->next) = node;
  tail_ = node;
}

void OutboundQueue::pop_front() {
  Node* node = head_;
  head_ = node->next;
  if (head_ == nullptr) tail_ = nullptr;
  Node::destroy(node);
}

std::size_t OutboundQueue::gather(std::span<iovec> into) const {
  std::size_t count = 0;
  for (Node* node = head_; node != nullptr && count < into.size(); node = node->next) {
    into[count++] = {const_cast<char*>(node->bytes()) + node->begin, node->end - node->begin};
  }
  return count;
}

void OutboundQueue::consume(std::size_t bytes) {
  PLAZA_CHECK(bytes <= bytes_);
  bytes_ -= static_cast<std::uint32_t>(bytes);
  while (bytes > 0) {
    const std::size_t part = std::min<std::size_t>(bytes, head_->end - head_->begin);
    head_->begin += static_cast<std::uint32_t>(part);
    bytes -= part;
    if (head_->begin == head_->end) pop_front();
  }
}

void OutboundQueue::clear() {
  while (head_ != nullptr) pop_front();
  bytes_ = 0;
}

}  // namespace plaza::net
