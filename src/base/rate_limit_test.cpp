#include "base/rate_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace plaza {
namespace {

TEST(RateLimit, AllowsTheBurstAtOnceAndNotOneMore) {
  RateLimit limit;
  std::int64_t wait_ms = -1;
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(limit.take({10, 60}, 1000, wait_ms)) << i;
  EXPECT_FALSE(limit.take({10, 60}, 1000, wait_ms));
  EXPECT_EQ(wait_ms, 100);
}

TEST(RateLimit, AllowsOneMoreAfterTheTimeItNamedAndNotOneMillisecondBefore) {
  RateLimit limit;
  std::int64_t wait_ms = 0;
  while (limit.take({10, 3}, 1000, wait_ms)) {}
  std::int64_t again = 0;
  EXPECT_FALSE(limit.take({10, 3}, 1000 + wait_ms - 1, again));
  EXPECT_TRUE(limit.take({10, 3}, 1000 + wait_ms, again));
}

TEST(RateLimit, ZeroPerSecondMeansNoLimit) {
  RateLimit limit;
  std::int64_t wait_ms = 0;
  for (int i = 0; i < 100000; ++i) ASSERT_TRUE(limit.take({0, 1}, 1, wait_ms));
}

TEST(RateLimit, GivesNoMoreThanTheRateOverALongTime) {
  RateLimit limit;
  std::int64_t wait_ms = 0;
  int taken = 0;
  for (std::int64_t now = 1; now <= 10'000; ++now) taken += limit.take({10, 60}, now, wait_ms) ? 1 : 0;
  EXPECT_GE(taken, 10 * 10);
  EXPECT_LE(taken, 60 + 10 * 10);
}

TEST(MinuteRateLimit, GivesTheBurstAndThenSoManyAMinute) {
  MinuteRateLimit limit;
  const MinuteRate rate{.per_min = 6, .burst = 2};
  std::int64_t wait_ms = 0;
  EXPECT_TRUE(limit.take(rate, 1'000, wait_ms));
  EXPECT_TRUE(limit.take(rate, 1'000, wait_ms));
  EXPECT_FALSE(limit.idle(1'000));
  ASSERT_FALSE(limit.take(rate, 1'000, wait_ms));
  EXPECT_NEAR(static_cast<double>(wait_ms), 10'000, 60);
  EXPECT_FALSE(limit.take(rate, 1'000 + wait_ms - 120, wait_ms));
  EXPECT_TRUE(limit.take(rate, 11'060, wait_ms));
  EXPECT_TRUE(limit.idle(40'000));
  int taken = 0;
  for (std::int64_t now = 100'000; now <= 700'000; now += 100)
    taken += limit.take(rate, now, wait_ms) ? 1 : 0;
  EXPECT_GE(taken, 60);
  EXPECT_LE(taken, 63);
  EXPECT_TRUE(MinuteRateLimit().take({}, 5, wait_ms)) << "no limit";
}

TEST(SharedRateLimit, CountsWhatSeveralThreadsTakeTogether) {
  SharedRateLimit limit;
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      std::int64_t wait_ms = 0;
      for (int k = 0; k < 1000; ++k) taken += limit.take({1, 100}, 5000, wait_ms) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken.load(), 100);
}

}  // namespace
}  // namespace plaza
