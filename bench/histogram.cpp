#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace plaza::bench {

namespace {
constexpr std::size_t kLinear = 128;
constexpr std::size_t kBuckets = (64 - 7 + 1) * kLinear;
}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kLinear) return static_cast<std::size_t>(value);
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kLinearBits;
  return (std::size_t{shift} << kLinearBits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::last_value_of(std::size_t bucket) {
  if (bucket < 2 * kLinear) return bucket;
  const std::size_t shift = (bucket >> kLinearBits) - 1;
  const std::uint64_t first = std::uint64_t{bucket - (shift << kLinearBits)} << shift;
  return first + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  std::ranges::fill(counts_, 0);
  count_ = 0;
  max_ = 0;
}

std::uint64_t Histogram::percentile(double fraction) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(last_value_of(i), max_);
  }
  return max_;
}

}  // namespace plaza::bench
