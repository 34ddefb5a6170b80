#include "base/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace plaza::metrics {
namespace {

const Family* family(const std::vector<Family>& all, const std::string& name) {
  for (const auto& one : all) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

TEST(Metrics, CountsOfAllThreadsAreAddedUpAlsoOfThoseThatEnded) {
  const Counter counter{"test_threads_total", "Test."};
  counter.add(5);
  std::thread([&] { counter.add(7); }).join();
  std::thread living([&] {
    counter.add(1);
    EXPECT_EQ(counter.value(), 13U);
  });
  living.join();
  EXPECT_EQ(counter.value(), 13U);
}

TEST(Metrics, TheSameNameAndLabelsAreOneCounterAndOtherLabelsAnother) {
  const Counter tcp{"test_labels_total", "Test.", {{"transport", "tcp"}}};
  const Counter tcp_again{"test_labels_total", "Test.", {{"transport", "tcp"}}};
  const Counter ws{"test_labels_total", "Test.", {{"transport", "ws"}}};
  tcp.add();
  tcp_again.add();
  EXPECT_EQ(tcp.value(), 2U);
  EXPECT_EQ(ws.value(), 0U);
  const auto all = collect();
  ASSERT_NE(family(all, "test_labels_total"), nullptr);
  EXPECT_EQ(family(all, "test_labels_total")->samples.size(), 2U);
}

TEST(Metrics, HistogramBucketsAreCumulativeInTheUnitOfTheNameAndABoundBelongsToItsBucket) {
  const Histogram histogram{"test_seconds", "Test.", 1e9, {1'000'000, 10'000'000}};
  histogram.observe(1'000'000);
  histogram.observe(1'000'001);
  histogram.observe(50'000'000);
  EXPECT_EQ(histogram.count(), 3U);
  const auto all = collect();
  const auto& sample = family(all, "test_seconds")->samples.at(0);
  ASSERT_EQ(sample.buckets.size(), 3U);
  EXPECT_DOUBLE_EQ(sample.buckets[0].bound, 0.001);
  EXPECT_EQ(sample.buckets[0].cumulative, 1U);
  EXPECT_EQ(sample.buckets[1].cumulative, 2U);
  EXPECT_TRUE(std::isinf(sample.buckets[2].bound));
  EXPECT_EQ(sample.buckets[2].cumulative, 3U);
  EXPECT_NEAR(sample.sum, 0.052000001, 1e-12);
}

TEST(Metrics, AnObservedValueIsThereOnlyWhileItsObjectLivesAndEqualOnesAreAddedUp) {
  {
    const Observed one{Type::gauge, "test_gauge", "Test.", {}, [] { return 2.0; }};
    const Observed two{Type::gauge, "test_gauge", "Test.", {}, [] { return 3.0; }};
    const auto all = collect();
    ASSERT_NE(family(all, "test_gauge"), nullptr);
    ASSERT_EQ(family(all, "test_gauge")->samples.size(), 1U);
    EXPECT_DOUBLE_EQ(family(all, "test_gauge")->samples[0].value, 5.0);
  }
  EXPECT_EQ(family(collect(), "test_gauge"), nullptr);
}

}  // namespace
}  // namespace plaza::metrics
