#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace plaza::net {

/// Where all connections of a shard read into, one at a time: complete frames are parsed in place, so an idle
/// connection needs no buffer of its own.
///
/// Thread   The shard's only. What a call returned is valid until the next.
/// Limit    The longest incomplete frame of any connection + what one turn reads + kPadding. Grown beyond kKeptBytes it
///          shrinks again after kCallsToShrink calls that had needed less than half of it.
class ReadBuffer {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kKeptBytes = 256 * 1024;
  static constexpr std::uint32_t kCallsToShrink = 1024;

  /// At least `bytes` writable bytes, and kPadding readable ones behind them.
  [[nodiscard]] char* prepare(std::size_t bytes) {
    const std::size_t needed = bytes + kPadding;
    const bool too_large = size_ > kKeptBytes && needed <= size_ / 2;
    calls_too_large_ = too_large ? calls_too_large_ + 1 : 0;
    if (needed > size_ || calls_too_large_ >= kCallsToShrink) {
      bytes_.reset();  // never both at once
      bytes_ = std::make_unique<char[]>(needed);
      size_ = needed;
      calls_too_large_ = 0;
    }
    return bytes_.get();
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::uint32_t calls_too_large_ = 0;
};

}  // namespace plaza::net
