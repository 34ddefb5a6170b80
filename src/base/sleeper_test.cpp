#include "base/sleeper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace plaza {
namespace {

/// Goal: no wake-up is lost. Method: two threads hand a number back and forth; each sleeps until it is its
/// turn.
TEST(Sleeper, WakesWhoeverSleepsOrIsAboutTo) {
  constexpr int kTurns = 20'000;
  std::atomic<int> turn{0};
  Sleeper sleepers[2];
  const auto play = [&](int who) {
    for (int i = who; i < kTurns; i += 2) {
      while (turn != i) {
        sleepers[who].prepare();
        if (turn != i) sleepers[who].sleep(-1);
        sleepers[who].awake();
      }
      turn = i + 1;
      sleepers[1 - who].wake();
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  EXPECT_EQ(turn, kTurns);
}

TEST(Sleeper, ReturnsWhenItsTimeIsOver) {
  Sleeper sleeper;
  sleeper.prepare();
  sleeper.sleep(1);
  sleeper.awake();
}

}  // namespace
}  // namespace plaza
