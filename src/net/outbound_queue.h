#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/shared_frame.h"

struct iovec;

namespace plaza::net {

enum class Offer : std::uint8_t {
  accepted,
  overflow,  // the frame was not taken: the reader is slow
  closed,    // the connection takes no more frames
};

/// Frames waiting to be written to one client, in order, with a bound.
///
/// Thread   The connection's shard only.
/// Owner    Connection owns exactly one. A large fan-out frame is shared and immutable: 10,000 queues hold
///          one copy.
/// Limit    bytes_max (256 KiB) counted in encoded bytes. offer() past it returns Offer::overflow and keeps
///          what was accepted before; a frame is taken whole or not at all. An empty queue takes one frame of
///          any size up to bytes_max.
/// Order    Gathered in the order offered; each byte handed to the socket at most once.
/// Memory   None on the heap while empty. Small pieces are copied together; a shared piece of kShareBytesMin
///          and more is held by reference, because then the reference costs less than the copy. So is a
///          shared piece of any size that nothing waits before: it needs no chunk. (Chunks for a thousand
///          queues at once are a megabyte, which malloc gives back to the kernel and gets again every turn:
///          8 % of a fan-out.)
///
/// Why nothing is dropped from the front: the client would see a hole and could not tell a loss from a delay.
class OutboundQueue {
 public:
  static constexpr std::size_t kShareBytesMin = 512;

  explicit OutboundQueue(std::uint32_t bytes_max = 256 * 1024) : bytes_max_(bytes_max) {}
  ~OutboundQueue() { clear(); }
  OutboundQueue(const OutboundQueue&) = delete;
  OutboundQueue& operator=(const OutboundQueue&) = delete;

  /// One frame, copied from its parts.
  [[nodiscard]] Offer offer(std::string_view first, std::string_view second = {},
                            std::string_view third = {});
  /// One frame: both parts of the head, then `shared_bytes` bytes of the shared frame (size(), or one more
  /// for its newline).
  [[nodiscard]] Offer offer_shared(std::string_view first, std::string_view second, const SharedFrame& shared,
                                   std::size_t shared_bytes);

  /// Points at what waits, at most `into.size()` pieces; returns how many. Stays valid until the next other
  /// call.
  [[nodiscard]] std::size_t gather(std::span<iovec> into) const;
  /// The first `bytes` of what was gathered are written.
  void consume(std::size_t bytes);
  void clear();

  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }
  void set_bytes_max(std::uint32_t bytes_max) { bytes_max_ = bytes_max; }

 private:
  struct Node;
  [[nodiscard]] bool fits(std::size_t bytes) const { return bytes_ + bytes <= bytes_max_; }
  [[nodiscard]] std::size_t next_chunk_bytes() const;
  void append(std::string_view piece);
  void append_shared(const SharedFrame& shared, std::size_t bytes);
  void push(Node* node);
  void pop_front();

  Node* head_ = nullptr;
  Node* tail_ = nullptr;
  std::uint32_t bytes_ = 0;
  std::uint32_t bytes_max_;
};

}  // namespace plaza::net
