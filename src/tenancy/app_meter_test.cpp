#include "tenancy/app_meter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

namespace plaza::tenancy {
namespace {

using ports::Quota;

ports::Quotas with(Quota quota, std::uint64_t amount) {
  ports::Quotas quotas;
  quotas.set(quota, amount);
  return quotas;
}
ports::Quotas rate(std::uint64_t per_s, std::uint64_t burst) {
  ports::Quotas quotas = with(Quota::message_rate, per_s);
  quotas.set(Quota::message_burst, burst);
  return quotas;
}
void together(int threads, const std::function<void()>& work) {
  std::latch start(threads);
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      start.arrive_and_wait();
      work();
    });
  }
}

TEST(AppMeter, WithoutQuotasEverythingIsAllowedAndCounted) {
  AppMeter app(AppId{1});
  std::int64_t wait_ms = 7;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(app.enter());
    EXPECT_TRUE(app.send(1, wait_ms));
  }
  EXPECT_EQ(app.sessions(), 1000U);
  EXPECT_EQ(wait_ms, 0);
  app.stored(0, 1ULL << 50);
  EXPECT_FALSE(app.full());
}

TEST(AppMeter, TheLastSessionOfTheQuotaEntersAndTheNextWhenOneLeft) {
  AppMeter app(AppId{1});
  app.set(with(Quota::sessions, 2));
  EXPECT_TRUE(app.enter());
  EXPECT_TRUE(app.enter());
  EXPECT_FALSE(app.enter());
  app.leave();
  EXPECT_TRUE(app.enter());
  EXPECT_FALSE(app.enter());
  app.enter_instead();
  app.leave();
  EXPECT_EQ(app.sessions(), 2U);
}

TEST(AppMeter, ASmallerQuotaEndsNothingAndHoldsForTheNext) {
  AppMeter app(AppId{1});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(app.enter());
  app.set(with(Quota::sessions, 3));
  EXPECT_EQ(app.sessions(), 5U);
  app.leave();
  app.leave();
  EXPECT_FALSE(app.enter());
  app.leave();
  EXPECT_TRUE(app.enter());
}

TEST(AppMeter, SessionsOfManyThreadsAreNeverMoreThanTheQuotaAndNoneIsLost) {
  constexpr std::uint64_t kMost = 1000;
  AppMeter app(AppId{1});
  app.set(with(Quota::sessions, kMost));
  std::atomic<std::uint64_t> entered{0};
  together(4, [&] {
    for (std::uint64_t i = 0; i < kMost; ++i) entered += app.enter() ? 1 : 0;
  });
  EXPECT_EQ(entered, kMost);
  EXPECT_EQ(app.sessions(), kMost);
  together(4, [&] {
    for (std::uint64_t i = 0; i < kMost / 4; ++i) app.leave();
  });
  EXPECT_EQ(app.sessions(), 0U);
}

TEST(AppMeter, TheBurstIsExactAndThenOneComesFreeAtATime) {
  AppMeter app(AppId{1});
  app.set(rate(10, 3));
  std::int64_t wait_ms = 0;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(app.send(1000, wait_ms)) << i;
  EXPECT_FALSE(app.send(1000, wait_ms));
  EXPECT_EQ(wait_ms, 100);
  EXPECT_FALSE(app.send(1099, wait_ms));
  EXPECT_EQ(wait_ms, 1);
  EXPECT_TRUE(app.send(1100, wait_ms));
  EXPECT_FALSE(app.send(1100, wait_ms));
  // After a pause the burst, and no more, is there again.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(app.send(10'000, wait_ms)) << i;
  EXPECT_FALSE(app.send(10'000, wait_ms));
}

TEST(AppMeter, ANewRateBeginsAtOnceAndTheSameOneGoesOn) {
  AppMeter app(AppId{1});
  app.set(rate(1, 400));
  std::int64_t wait_ms = 0;
  for (int i = 0; i < 400; ++i) EXPECT_TRUE(app.send(1000, wait_ms));
  app.set(rate(1, 400));
  EXPECT_FALSE(app.send(1000, wait_ms));
  app.set(rate(100, 2));
  EXPECT_TRUE(app.send(1000, wait_ms));
  EXPECT_TRUE(app.send(1000, wait_ms));
  EXPECT_FALSE(app.send(1000, wait_ms));
  EXPECT_EQ(wait_ms, 10);
}

TEST(AppMeter, ARateOfManyThousandsASecondIsKept) {
  constexpr std::uint64_t kPerS = 300'000;
  AppMeter app(AppId{1});
  app.set(rate(kPerS, 1000));
  std::int64_t wait_ms = 0;
  std::uint64_t sent = 0;
  for (std::int64_t ms = 1; ms <= 1000; ++ms) {
    while (app.send(ms, wait_ms)) ++sent;
  }
  EXPECT_NEAR(static_cast<double>(sent), static_cast<double>(kPerS + 1000), 1000.0);
}

TEST(AppMeter, TheBurstIsOneForAllThreads) {
  constexpr std::uint64_t kBurst = 5000;
  AppMeter app(AppId{1});
  app.set(rate(1, kBurst));
  std::atomic<std::uint64_t> sent{0};
  together(4, [&] {
    std::int64_t wait_ms = 0;
    while (app.send(1000, wait_ms)) ++sent;
  });
  EXPECT_EQ(sent, kBurst);
}

TEST(AppMeter, IsFullFromTheQuotasLastByteOnUntilSomeAreGone) {
  AppMeter app(AppId{1});
  app.set(with(Quota::stored_bytes, 1000));
  app.stored(0, 999);
  EXPECT_FALSE(app.full());
  app.stored(999, 1000);
  EXPECT_TRUE(app.full());
  app.stored(0, 50);  // another zone of the app
  app.stored(1000, 949);
  EXPECT_EQ(app.stored_bytes(), 999U);
  EXPECT_FALSE(app.full());
}

TEST(AppMeter, AFileIsTakenToTheQuotasLastByteAndCountsWithTheMessages) {
  AppMeter app(AppId{1});
  EXPECT_TRUE(app.take_bytes(400));
  app.set(with(Quota::stored_bytes, 1000));
  app.stored(0, 100);
  EXPECT_FALSE(app.take_bytes(501));
  EXPECT_FALSE(app.take_bytes(~std::uint64_t{0}));
  EXPECT_TRUE(app.take_bytes(500));
  EXPECT_TRUE(app.full());
  EXPECT_FALSE(app.take_bytes(1));
  app.stored(100, 300);  // what was on its way
  EXPECT_FALSE(app.take_bytes(1));
  app.give_bytes(400);
  EXPECT_EQ(app.stored_bytes(), 800U);
  EXPECT_TRUE(app.take_bytes(200));
}

TEST(AppMeter, FilesOfManyThreadsAreNeverMoreThanTheQuota) {
  AppMeter app(AppId{1});
  app.set(with(Quota::stored_bytes, 30'000));
  std::atomic<std::uint64_t> taken{0};
  together(4, [&] {
    while (app.take_bytes(7)) taken += 7;
  });
  EXPECT_EQ(taken, 29'995U);
  EXPECT_EQ(app.stored_bytes(), 29'995U);
}

}  // namespace
}  // namespace plaza::tenancy
