#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace plaza::net {

/// One encoded frame, immutable, held by every connection it is still waiting to be written to.
///
/// Thread   Any; copies may live on different shards (the reference count is atomic, the bytes never change).
/// Owner    Whoever holds a copy; the last one frees it. Copying costs one atomic increment.
/// Limit    None of its own; the frame is as large as its maker made it.
///
/// A '\n' stands behind the bytes: a TCP connection writes size() + 1 bytes straight from here, a WebSocket
/// size().
class SharedFrame {
 public:
  SharedFrame() = default;
  explicit SharedFrame(std::string_view json) : SharedFrame(json, {}) {}
  /// The concatenation of both, without an intermediate string.
  SharedFrame(std::string_view first, std::string_view second);
  SharedFrame(const SharedFrame& other) noexcept : block_(other.block_) {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  SharedFrame(SharedFrame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedFrame& operator=(SharedFrame other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedFrame() {
    if (block_) release();
  }

  explicit operator bool() const { return block_ != nullptr; }
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(block_ + 1); }
  [[nodiscard]] std::size_t size() const { return block_ ? block_->size : 0; }
  [[nodiscard]] std::string_view view() const {
    return block_ ? std::string_view(data(), size()) : std::string_view{};
  }

 private:
  struct Block {
    std::atomic<std::uint32_t> references;
    std::uint32_t size;
  };
  void release();

  Block* block_ = nullptr;
};

}  // namespace plaza::net
