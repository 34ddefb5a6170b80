#include "base/fair_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <string>
#include <vector>

#include "base/worker_pool.h"

namespace plaza {
namespace {

using Items = std::vector<std::string>;

Items all_of(FairQueue<std::string>& queue) {
  Items taken;
  while (!queue.empty()) taken.push_back(queue.take());
  return taken;
}

TEST(FairQueue, TakesOneOfEachOwnerInTurnAndOfEachInItsOrder) {
  FairQueue<std::string> queue(100);
  for (const char* item : {"a1", "a2", "a3", "a4"}) EXPECT_TRUE(queue.offer(1, item));
  for (const char* item : {"b1", "b2"}) EXPECT_TRUE(queue.offer(2, item));
  EXPECT_TRUE(queue.offer(0, "n1"));
  EXPECT_EQ(all_of(queue), (Items{"a1", "b1", "n1", "a2", "b2", "a3", "a4"}));
}

TEST(FairQueue, WhoComesLateWaitsForOneOfEachOtherOwnerWhateverTheyHave) {
  FairQueue<std::string> queue(1000);
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(queue.offer(1, "a"));
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(queue.offer(2, "b"));
  queue.take();
  queue.take();
  queue.take();
  EXPECT_TRUE(queue.offer(3, "late"));
  EXPECT_NE(queue.take(), "late");
  EXPECT_NE(queue.take(), "late");
  EXPECT_EQ(queue.take(), "late");
}

TEST(FairQueue, AnOwnerThatFillsItLeavesPlacesForTheOthers) {
  FairQueue<int> queue(12);
  const auto fill = [&queue](Share share) {
    int taken = 0;
    while (queue.offer(share, 0)) ++taken;
    return taken;
  };
  EXPECT_EQ(fill(1), 6);
  EXPECT_EQ(fill(2), 3);
  EXPECT_EQ(fill(1), 0);
  EXPECT_EQ(fill(3), 2) << "1 place is left, and it has 2";
  EXPECT_TRUE(queue.offer(4, 0));
  EXPECT_FALSE(queue.offer(5, 0)) << "all places are taken";
  while (!queue.empty()) queue.take();
  EXPECT_EQ(fill(5), 6) << "they come free";
}

TEST(FairQueue, WhatIsNobodysFindsAPlaceUntilAllAreTaken) {
  FairQueue<int> queue(5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.offer(0, i));
  EXPECT_FALSE(queue.offer(0, 5));
  EXPECT_EQ(queue.take(), 0);
  EXPECT_TRUE(queue.offer(0, 5));
}

TEST(WorkerPool, JobsOfOwnersAreStartedInTurn) {
  std::vector<int> order;
  std::mutex mutex;
  std::latch begun(1), go(1), done(7);
  WorkerPool pool("test", 1, 100);
  ASSERT_TRUE(pool.try_run([&] {
    begun.count_down();
    go.wait();
  }));
  begun.wait();
  const auto job = [&](int name) {
    return [&, name] {
      {
        const std::lock_guard lock(mutex);
        order.push_back(name);
      }
      done.count_down();
    };
  };
  for (int i = 10; i < 15; ++i) ASSERT_TRUE(pool.try_run(job(i), 1));
  for (int i = 20; i < 22; ++i) ASSERT_TRUE(pool.try_run(job(i), 2));
  EXPECT_EQ(pool.waiting(), 7U);
  go.count_down();
  done.wait();
  EXPECT_EQ(order, (std::vector<int>{10, 20, 11, 21, 12, 13, 14}));
  pool.stop();
}

TEST(FairQueue, WhoMayNotIsPassedOverAndKeepsHisTurn) {
  FairQueue<std::string> queue(100);
  for (const char* item : {"a1", "a2"}) EXPECT_TRUE(queue.offer(1, item));
  for (const char* item : {"b1", "b2"}) EXPECT_TRUE(queue.offer(2, item));
  const auto not_the_first = [](Share share) { return share != 1; };
  const auto nobody = [](Share) { return false; };
  EXPECT_FALSE(queue.has(nobody));
  EXPECT_EQ(queue.take(not_the_first), (std::pair<Share, std::string>(2, "b1")));
  EXPECT_EQ(queue.take(), "a1");
  EXPECT_EQ(queue.take(not_the_first).second, "b2");
  EXPECT_FALSE(queue.has(not_the_first));
  EXPECT_EQ(queue.take(), "a2");
}

TEST(WorkerPool, JobsThatOneOwnerHoldsUpLeaveThreadsForTheOthers) {
  std::atomic<int> begun{0}, others{0};
  std::latch go(1), held(2);
  std::promise<void> served;
  WorkerPool pool("test", 3, 100, 2);
  const auto hang = [&] {
    if (++begun <= 2) held.count_down();
    go.wait();
    --begun;
  };
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.try_run(hang, 1));
  held.wait();
  // One after the other on the thread that is left, though two of the first owner's came before.
  const auto other = [&] {
    if (++others == 3) served.set_value();
  };
  for (const Share share : {2, 2, 0}) ASSERT_TRUE(pool.try_run(other, share));
  EXPECT_EQ(served.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(begun, 2);
  EXPECT_EQ(pool.waiting(), 2U);
  go.count_down();
  pool.stop();
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_EQ(begun, 0) << "what waited was run";
}

}  // namespace
}  // namespace plaza
