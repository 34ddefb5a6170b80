#include "base/batch_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace plaza {
namespace {

struct Numbered : BatchNode {
  int thread = 0;
  int number = 0;
};

TEST(BatchQueue, GivesNodesInOrderAndSaysWhoFoundItEmpty) {
  BatchQueue<Numbered> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take_all(), nullptr);
  Numbered a;
  Numbered b;
  EXPECT_TRUE(queue.push(&a));
  EXPECT_FALSE(queue.push(&b));
  EXPECT_FALSE(queue.empty());
  Numbered* first = queue.take_all();
  EXPECT_EQ(first, &a);
  EXPECT_EQ(first->next, &b);
  EXPECT_EQ(b.next, nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueue, LosesNothingAndKeepsEveryThreadsOrder) {
  constexpr int kThreads = 3;
  constexpr int kEach = 20'000;
  BatchQueue<Numbered> queue;
  std::vector<std::unique_ptr<Numbered[]>> nodes;
  for (int t = 0; t < kThreads; ++t) nodes.push_back(std::make_unique<Numbered[]>(kEach));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        Numbered& node = nodes[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)];
        node.thread = t;
        node.number = i;
        queue.push(&node);
      }
    });
  }
  std::vector<int> next(kThreads, 0);
  for (int taken = 0; taken < kThreads * kEach;) {
    for (BatchNode* node = queue.take_all(); node != nullptr; ++taken) {
      const auto* numbered = static_cast<Numbered*>(node);
      ASSERT_EQ(numbered->number, next[static_cast<std::size_t>(numbered->thread)]++);
      node = node->next;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace plaza
