#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

namespace plaza::net {
namespace {

TEST(TimerWheel, FiresAtTheFirstTickNotBeforeItsTimeAndOnlyOnce) {
  TimerWheel wheel(1000, 100);
  int fired = 0;
  CallbackTimer timer([&] { ++fired; });
  wheel.arm(timer, 250);
  wheel.advance(1250);
  EXPECT_EQ(fired, 0) << "1250 is its time, but no tick";
  wheel.advance(1299);
  EXPECT_EQ(fired, 0);
  wheel.advance(1300);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
  wheel.advance(100'000);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ATimeOnATickFiresOnThatTick) {
  TimerWheel wheel(0, 100);
  int fired = 0;
  CallbackTimer timer([&] { ++fired; });
  wheel.arm(timer, 200);
  wheel.advance(199);
  EXPECT_EQ(fired, 0);
  wheel.advance(200);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ZeroDelayWaitsForTheNextTick) {
  TimerWheel wheel(0, 100);
  int fired = 0;
  CallbackTimer timer([&] {
    if (++fired < 3) wheel.arm(timer, 0);
  });
  wheel.arm(timer, 0);
  EXPECT_EQ(wheel.advance(99), 0u);
  EXPECT_EQ(wheel.advance(100), 1u) << "re-armed inside the callback: not again in the same tick";
  EXPECT_EQ(wheel.advance(200), 1u);
}

TEST(TimerWheel, ATimerBeyondOneRoundIsPassedOverUntilItsOwn) {
  TimerWheel wheel(0, 1);
  std::int64_t now = 0, fired_at = 0;
  CallbackTimer timer([&] { fired_at = now; });
  constexpr auto kDelay = static_cast<std::int64_t>(3 * TimerWheel::kSlots + 5);
  wheel.arm(timer, kDelay);
  for (now = 1; now <= 2 * kDelay; ++now) wheel.advance(now);
  EXPECT_EQ(fired_at, kDelay);
}

TEST(TimerWheel, CancelledMovedAndDestroyedTimersDoNotFire) {
  TimerWheel wheel(0, 1);
  int fired = 0;
  CallbackTimer cancelled([&] { ++fired; });
  CallbackTimer moved([&] { fired += 100; });
  auto destroyed = std::make_unique<CallbackTimer>([&] { ++fired; });
  wheel.arm(cancelled, 5);
  wheel.arm(moved, 5);
  wheel.arm(*destroyed, 5);
  EXPECT_EQ(wheel.armed(), 3u);
  cancelled.cancel();
  wheel.arm(moved, 10);
  destroyed.reset();
  EXPECT_EQ(wheel.armed(), 1u);
  wheel.advance(9);
  EXPECT_EQ(fired, 0);
  wheel.advance(10);
  EXPECT_EQ(fired, 100);
}

TEST(TimerWheel, ACallbackMayCancelAndDestroyItsNeighboursOfTheSameTick) {
  TimerWheel wheel(0, 1);
  int fired = 0;
  std::vector<std::unique_ptr<CallbackTimer>> timers;
  for (int i = 0; i < 3; ++i) {
    timers.push_back(std::make_unique<CallbackTimer>([&] {
      ++fired;
      timers[2].reset();
      timers[1]->cancel();
    }));
    wheel.arm(*timers.back(), 5);
  }
  EXPECT_EQ(wheel.advance(5), 1u);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(wheel.armed(), 0u);
}

TEST(TimerWheel, SaysHowLongOneMaySleep) {
  TimerWheel wheel(1000, 100);
  EXPECT_EQ(wheel.sleep_ms_max(1000), -1);
  CallbackTimer timer([] {});
  wheel.arm(timer, 1000);
  EXPECT_EQ(wheel.sleep_ms_max(1030), 70);
  EXPECT_EQ(wheel.sleep_ms_max(1200), 0);
}

TEST(TimerWheel, SurvivesItsTimersAndTheyIt) {
  CallbackTimer outlives([] {});
  {
    TimerWheel wheel(0, 1);
    wheel.arm(outlives, 5);
  }
  EXPECT_FALSE(outlives.armed());
  TimerWheel other(0, 1);
  other.arm(outlives, 5);
  EXPECT_TRUE(outlives.armed());
}

// Goal: the wheel agrees with a sorted map. Method: random arms, moves, cancels and jumps of time.
TEST(TimerWheel, AgreesWithASortedMapUnderRandomUse) {
  std::uint64_t state = 7;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  constexpr std::uint32_t kTick = 10;
  TimerWheel wheel(0, kTick);
  std::int64_t now = 0;
  std::vector<std::int64_t> due(200, -1);
  std::vector<std::unique_ptr<CallbackTimer>> timers;
  for (std::size_t i = 0; i < due.size(); ++i) {
    timers.push_back(std::make_unique<CallbackTimer>([&, i] {
      EXPECT_GE(due[i], 0) << "fired although not armed";
      EXPECT_GE(now, due[i]) << "early";
      due[i] = -1;
    }));
  }
  for (int step = 0; step < 50'000; ++step) {
    const std::size_t i = random(due.size());
    if (random(3) != 0) {
      const auto delay = static_cast<std::int64_t>(random(20'000));
      wheel.arm(*timers[i], delay);
      due[i] = now + delay;
    } else {
      timers[i]->cancel();
      due[i] = -1;
    }
    if (random(4) == 0) {
      now += static_cast<std::int64_t>(random(random(50) == 0 ? 30'000 : 50));
      wheel.advance(now);
      for (const std::int64_t time : due) EXPECT_TRUE(time < 0 || time > now - 2 * kTick) << "late";
    }
  }
}

}  // namespace
}  // namespace plaza::net
