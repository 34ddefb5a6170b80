#include "base/mpsc_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace plaza {
namespace {

TEST(MpscQueue, GivesValuesInOrder) {
  MpscQueue<std::unique_ptr<int>> queue;
  std::unique_ptr<int> value;
  EXPECT_FALSE(queue.pop(value));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(queue.push(std::make_unique<int>(i))) << "the taker is awake";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue.pop(value));
    EXPECT_EQ(*value, i);
  }
  EXPECT_FALSE(queue.pop(value));
}

TEST(MpscQueue, OnlyTheFirstPushAfterTheTakerFellAsleepWakesIt) {
  MpscQueue<int> queue;
  EXPECT_FALSE(queue.push(1));
  EXPECT_FALSE(queue.sleep_if_empty()) << "something waits";
  int value = 0;
  EXPECT_TRUE(queue.pop(value));
  EXPECT_TRUE(queue.sleep_if_empty());
  EXPECT_TRUE(queue.sleep_if_empty());
  EXPECT_TRUE(queue.push(2));
  EXPECT_FALSE(queue.push(3));
  EXPECT_FALSE(queue.sleep_if_empty());
  EXPECT_TRUE(queue.pop(value));
  EXPECT_EQ(value, 2);
  EXPECT_FALSE(queue.sleep_if_empty()) << "the second one still waits";
  EXPECT_TRUE(queue.pop(value));
  EXPECT_EQ(value, 3);
}

TEST(MpscQueue, DropsWhatIsLeftWithItself) {
  const auto counted = std::make_shared<int>(0);
  {
    MpscQueue<std::shared_ptr<int>> queue;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(queue.push(counted));
    std::shared_ptr<int> one;
    EXPECT_TRUE(queue.pop(one));
  }
  EXPECT_EQ(counted.use_count(), 1);
}

/// Goal: nothing is lost, no wake-up is lost. Method: the taker sleeps on an atomic that only a push which was told to wake sets.
TEST(MpscQueue, LosesNeitherAValueNorAWakeUpAndKeepsEveryThreadsOrder) {
  constexpr int kThreads = 3;
  constexpr int kEach = 20'000;
  MpscQueue<std::pair<int, int>> queue;
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        if (queue.push({t, i})) {
          woken.store(1);
          woken.notify_one();
        }
      }
    });
  }
  std::vector<int> next(kThreads, 0);
  for (int taken = 0; taken < kThreads * kEach;) {
    std::pair<int, int> value;
    if (queue.pop(value)) {
      ASSERT_EQ(value.second, next[static_cast<std::size_t>(value.first)]++);
      ++taken;
    } else if (queue.sleep_if_empty()) {
      woken.wait(0);
      woken.store(0);
    }
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace plaza
