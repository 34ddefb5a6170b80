#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace plaza::bench {

/// How many values there were of each size: percentiles of latencies without keeping the latencies.
///
/// Unit     Whole numbers, here nanoseconds.
/// Error    A percentile is at most 1/128 (0.8 %) above the true one, never below it. Values under 128 are exact.
/// Thread   One.
/// Limit    Any 64-bit value; 59 KiB however many values.
///
/// Log-linear buckets as in HdrHistogram (Gil Tene): each power of two is cut into 128 equal parts.
class Histogram {
 public:
  Histogram();

  void record(std::uint64_t value) {
    ++counts_[bucket_of(value)];
    ++count_;
    if (value > max_) max_ = value;
  }
  void add(const Histogram& other);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  /// The smallest value that `fraction` (0..1) of all values do not exceed, rounded up to its bucket's end; 0 when empty.
  [[nodiscard]] std::uint64_t percentile(double fraction) const;

 private:
  static constexpr unsigned kLinearBits = 7;
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t last_value_of(std::size_t bucket);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace plaza::bench
