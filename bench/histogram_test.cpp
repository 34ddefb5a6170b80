#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace plaza::bench {
namespace {

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0u);
  EXPECT_EQ(histogram.count(), 0u);
}

TEST(Histogram, IsExactBelow256) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 256; ++value) histogram.record(value);
  EXPECT_EQ(histogram.percentile(0), 0u);
  EXPECT_EQ(histogram.percentile(0.5), 127u);
  EXPECT_EQ(histogram.percentile(1), 255u);
}

// Goal: no value falls between buckets. Method: values around every power of two, alone in a histogram.
TEST(Histogram, KeepsEverySizeOfValueWithin128thAndNeverBelow) {
  for (int bits = 0; bits < 64; ++bits) {
    for (std::int64_t off : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << bits) + static_cast<std::uint64_t>(off);
      Histogram histogram;
      histogram.record(value);
      histogram.record(std::numeric_limits<std::uint64_t>::max());
      const std::uint64_t got = histogram.percentile(0.5);
      EXPECT_GE(got, value);
      EXPECT_LE(got - value, value / 128) << value;
    }
  }
}

TEST(Histogram, NeverExceedsTheLargestValueSeen) {
  Histogram histogram;
  histogram.record(1'000'001);
  EXPECT_EQ(histogram.percentile(0.999), 1'000'001u);
  EXPECT_EQ(histogram.max(), 1'000'001u);
}

TEST(Histogram, AgreesWithSortingTheValues) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> spread(13, 2);
  std::vector<std::uint64_t> values;
  Histogram histogram, half, other_half;
  for (int i = 0; i < 20000; ++i) {
    const auto value = static_cast<std::uint64_t>(spread(random));
    values.push_back(value);
    histogram.record(value);
    (i % 2 == 0 ? half : other_half).record(value);
  }
  half.add(other_half);
  std::ranges::sort(values);
  for (double fraction : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(fraction * static_cast<double>(values.size()) + 0.5);
    const std::uint64_t exact = values[rank - 1];
    EXPECT_GE(histogram.percentile(fraction), exact);
    EXPECT_LE(histogram.percentile(fraction), exact + exact / 128 + 1);
    EXPECT_EQ(half.percentile(fraction), histogram.percentile(fraction));
  }
}

}  // namespace
}  // namespace plaza::bench
