#pragma once
// The contract of ports::Bus as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, BusContract, testing::Values(BusUnderTest{"stepped", make}), name_of_bus);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ports/bus.h"

namespace plaza::contract {

/// One implementation: three nodes, ids 1, 2, 3, that can reach each other; queues of kBusQueueMax entries.
inline constexpr std::size_t kBusQueueMax = 100;
inline constexpr std::size_t kBusEntryBytesMax = 1024 * 1024;

class BusHarness {
 public:
  virtual ~BusHarness() = default;
  virtual ports::Bus& node(std::uint32_t id) = 0;
  /// The next entry on its way to that node is lost.
  virtual void lose_next(std::uint32_t to) = 0;
  /// Whether the bus delivers only in pump(); otherwise it does so by itself.
  [[nodiscard]] virtual bool stepped() const { return false; }
  /// Delivers one entry; false when nothing waits.
  virtual bool pump() { return false; }
};
struct BusUnderTest {
  std::string name;
  std::unique_ptr<BusHarness> (*make)() = nullptr;
};
inline std::string name_of_bus(const testing::TestParamInfo<BusUnderTest>& info) { return info.param.name; }

/// Writes down what it gets: "1:hello", "gap".
class CollectingReceiver final : public ports::BusReceiver {
 public:
  void bus_entry(ports::NodeId from, const std::string& entry) override {
    note(std::to_string(from.value) + ":" + entry);
  }
  void bus_gap() override { note("gap"); }
  std::vector<std::string> got() {
    const std::lock_guard lock(mutex_);
    return got_;
  }
  /// What is done at every entry, on the bus's thread.
  std::function<void(const std::string&)> then = [](const std::string&) {};

 private:
  friend class BusContract;
  void note(std::string what) {
    {
      const std::lock_guard lock(mutex_);
      got_.push_back(what);
    }
    changed_.notify_all();
    then(what);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> got_;
};

class BusContract : public testing::TestWithParam<BusUnderTest> {
 protected:
  using Got = std::vector<std::string>;

  void SetUp() override {
    for (std::uint32_t id = 1; id <= 3; ++id) node(id).start(receiver(id));
  }
  void TearDown() override {
    for (std::uint32_t id = 1; id <= 3; ++id) node(id).stop();
  }
  ports::Bus& node(std::uint32_t id) { return harness_->node(id); }
  CollectingReceiver& receiver(std::uint32_t id) { return receivers_[id - 1]; }
  /// Waits until the node has got so many; gives them.
  Got wait(std::uint32_t id, std::size_t count) {
    CollectingReceiver& r = receiver(id);
    while (r.got().size() < count && harness_->pump()) {}
    std::unique_lock lock(r.mutex_);
    r.changed_.wait_for(lock, std::chrono::seconds(30), [&] { return r.got_.size() >= count; });
    return r.got_;
  }

  // What receivers use on the bus's thread outlives the bus.
  std::atomic<bool> inside_{false}, nested_{false};
  std::latch entered_{1}, leave_{1};
  std::array<CollectingReceiver, 3> receivers_;
  std::unique_ptr<BusHarness> harness_ = GetParam().make();
};

TEST_P(BusContract, EntriesOfOneSenderArriveInTheOrderSent) {
  EXPECT_EQ(node(2).self(), ports::NodeId{2});
  Got expected;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(node(1).send(ports::NodeId{2}, std::to_string(i)));
    expected.push_back("1:" + std::to_string(i));
  }
  EXPECT_EQ(wait(2, 50), expected);
  EXPECT_TRUE(receiver(1).got().empty());
  EXPECT_TRUE(receiver(3).got().empty());
}

TEST_P(BusContract, WhatIsSentToOneselfAndBroadcastReachesOneselfTooInOrder) {
  ASSERT_TRUE(node(1).send(ports::NodeId{1}, "a"));
  ASSERT_TRUE(node(1).broadcast("b"));
  ASSERT_TRUE(node(1).send(ports::NodeId{1}, "c"));
  EXPECT_EQ(wait(1, 3), (Got{"1:a", "1:b", "1:c"}));
  EXPECT_EQ(wait(2, 1), (Got{"1:b"}));
  EXPECT_EQ(wait(3, 1), (Got{"1:b"}));
}

TEST_P(BusContract, AReceiverIsNotCalledFromWithinSend) {
  receiver(1).then = [this](const std::string& what) {
    if (inside_.exchange(true)) nested_ = true;
    if (what == "1:first") static_cast<void>(node(1).send(ports::NodeId{1}, "second"));
    inside_ = false;
  };
  ASSERT_TRUE(node(1).send(ports::NodeId{1}, "first"));
  EXPECT_EQ(wait(1, 2), (Got{"1:first", "1:second"}));
  EXPECT_FALSE(nested_);
}

TEST_P(BusContract, EveryByteOfAnEntryArrives) {
  const std::string entry("\0\xff\n{\"a\":1}", 10);
  ASSERT_TRUE(node(1).send(ports::NodeId{2}, entry));
  EXPECT_EQ(wait(2, 1), (Got{"1:" + entry}));
}

TEST_P(BusContract, AnEntryIsAtMostOneMebibyte) {
  EXPECT_TRUE(node(1).send(ports::NodeId{2}, std::string(kBusEntryBytesMax, 'x')));
  EXPECT_FALSE(node(1).send(ports::NodeId{2}, std::string(kBusEntryBytesMax + 1, 'x')));
  EXPECT_FALSE(node(1).broadcast(std::string(kBusEntryBytesMax + 1, 'x')));
  EXPECT_EQ(wait(2, 1).front().size(), kBusEntryBytesMax + 2);
}

TEST_P(BusContract, ALostEntryIsToldBeforeAnythingLater) {
  ASSERT_TRUE(node(1).send(ports::NodeId{2}, "a"));
  EXPECT_EQ(wait(2, 1), (Got{"1:a"}));
  harness_->lose_next(2);
  static_cast<void>(node(1).send(ports::NodeId{2}, "b"));
  ASSERT_TRUE(node(1).send(ports::NodeId{2}, "c"));
  EXPECT_EQ(wait(2, 3), (Got{"1:a", "gap", "1:c"}));
}

TEST_P(BusContract, AFullQueueRefusesAndTheReceiverIsToldOfTheGap) {
  Got expected;
  if (!harness_->stepped()) {  // a receiver that is busy lets its queue grow
    receiver(2).then = [this](const std::string& what) {
      if (what != "1:busy") return;
      entered_.count_down();
      leave_.wait();
    };
    ASSERT_TRUE(node(1).send(ports::NodeId{2}, "busy"));
    entered_.wait();
    expected.emplace_back("1:busy");
  }
  for (std::size_t i = 0; i < kBusQueueMax; ++i) {
    ASSERT_TRUE(node(1).send(ports::NodeId{2}, "x"));
    expected.emplace_back("1:x");
  }
  EXPECT_FALSE(node(1).send(ports::NodeId{2}, "too many"));
  EXPECT_FALSE(node(3).send(ports::NodeId{2}, "too many"));
  EXPECT_FALSE(node(1).broadcast("for those who have room"));
  leave_.count_down();
  expected.emplace_back("gap");
  EXPECT_EQ(wait(2, expected.size()), expected);
  EXPECT_EQ(wait(3, 1), (Got{"1:for those who have room"}));
  EXPECT_TRUE(node(1).send(ports::NodeId{2}, "again"));
  EXPECT_EQ(wait(2, expected.size() + 1).back(), "1:again");
}

TEST_P(BusContract, AStoppedNodeGetsNothingAndIsToldOfTheGapWhenItComesBack) {
  node(2).stop();
  static_cast<void>(node(1).send(ports::NodeId{2}, "missed"));
  node(2).start(receiver(2));
  ASSERT_TRUE(node(1).send(ports::NodeId{2}, "here"));
  EXPECT_EQ(wait(2, 2), (Got{"gap", "1:here"}));
}

TEST_P(BusContract, ManyThreadsMaySendAndEachOnesOrderIsKept) {
  constexpr int kThreads = 4, kEach = 20;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 0; i < kEach; ++i) {
          EXPECT_TRUE(node(1).send(ports::NodeId{3}, std::to_string(t) + "/" + std::to_string(i)));
        }
      });
    }
  }
  const Got got = wait(3, kThreads * kEach);
  ASSERT_EQ(got.size(), static_cast<std::size_t>(kThreads * kEach));
  std::array<int, kThreads> next{};
  for (const std::string& what : got) {
    const int thread = what[2] - '0';
    EXPECT_EQ(what,
              "1:" + std::to_string(thread) + "/" + std::to_string(next[static_cast<std::size_t>(thread)]++));
  }
}

}  // namespace plaza::contract
