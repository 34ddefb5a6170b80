#pragma once
#include <cstddef>
#include <memory>

namespace plaza::net {

/// Where all connections of a shard read into, one at a time: complete frames are parsed in place, so an idle
/// connection needs no buffer of its own.
///
/// Thread   The shard's only. What a call returned is valid until the next.
/// Limit    Grows to the longest incomplete frame of any connection + what one turn reads + kPadding; never
///          shrinks.
class ReadBuffer {
 public:
  static constexpr std::size_t kPadding = 64;

  /// At least `bytes` writable bytes, and kPadding readable ones behind them.
  [[nodiscard]] char* prepare(std::size_t bytes) {
    if (bytes + kPadding > size_) {
      size_ = bytes + kPadding;
      bytes_ = std::make_unique<char[]>(size_);
    }
    return bytes_.get();
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace plaza::net
