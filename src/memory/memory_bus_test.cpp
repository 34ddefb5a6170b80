#include "memory/memory_bus.h"

#include <array>
#include <latch>

#include "tests/contract/bus_contract.h"

namespace plaza::contract {
namespace {

using memory::MemoryBusNetwork;
using memory::MemoryBusOptions;
using Delivery = MemoryBusOptions::Delivery;

class MemoryBusHarness final : public BusHarness {
 public:
  explicit MemoryBusHarness(Delivery delivery)
      : delivery_(delivery), network_({.delivery = delivery, .queue_entries_max = kBusQueueMax}) {
    for (std::uint32_t id = 1; id <= 3; ++id) network_.add_node(ports::NodeId{id});
  }
  ports::Bus& node(std::uint32_t id) override { return network_.node(ports::NodeId{id}); }
  void lose_next(std::uint32_t to) override { network_.lose_next(ports::NodeId{to}, 1); }
  [[nodiscard]] bool stepped() const override { return delivery_ == Delivery::by_step; }
  bool pump() override { return stepped() && network_.step(); }

 private:
  const Delivery delivery_;
  MemoryBusNetwork network_;
};

std::unique_ptr<BusHarness> threaded() { return std::make_unique<MemoryBusHarness>(Delivery::own_thread); }
std::unique_ptr<BusHarness> stepped() { return std::make_unique<MemoryBusHarness>(Delivery::by_step); }

INSTANTIATE_TEST_SUITE_P(Memory, BusContract,
                         testing::Values(BusUnderTest{"threaded", threaded},
                                         BusUnderTest{"stepped", stepped}),
                         name_of_bus);

TEST(MemoryBus, LosesTheSameEntriesForTheSameSeedAndTellsOfEveryGap) {
  const auto run = [](std::uint64_t seed) {
    CollectingReceiver receiver;
    MemoryBusNetwork network({.delivery = Delivery::by_step, .lost_per_million = 200'000, .seed = seed});
    auto& from = network.add_node(ports::NodeId{1});
    network.add_node(ports::NodeId{2}).start(receiver);
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(from.send(ports::NodeId{2}, std::to_string(i)));
    network.run();
    return receiver.got();
  };
  const auto first = run(1);
  EXPECT_EQ(first, run(1));
  EXPECT_NE(first, run(2));
  int expected = 0;
  int lost = 0;
  bool told = false;
  for (const std::string& what : first) {
    if (what == "gap") {
      told = true;
      continue;
    }
    const int number = std::stoi(what.substr(2));
    EXPECT_TRUE(number == expected || told) << "lost without a word before " << number;
    lost += number - expected;
    expected = number + 1;
    told = false;
  }
  EXPECT_GT(lost, 100);
}

// A receiver may be destroyed after stop(), so stop() waits for the call that is in it.
TEST(MemoryBus, StopReturnsAfterTheReceiversCall) {
  MemoryBusNetwork network({.delivery = Delivery::own_thread});
  auto& node = network.add_node(ports::NodeId{1});
  std::latch entered(1);
  std::latch leave(1);
  std::atomic<bool> left = false;
  CollectingReceiver receiver;
  receiver.then = [&](const std::string&) {
    entered.count_down();
    leave.wait();
    left = true;
  };
  node.start(receiver);
  ASSERT_TRUE(node.send(ports::NodeId{1}, "x"));
  entered.wait();
  std::jthread releasing([&] { leave.count_down(); });
  node.stop();
  EXPECT_TRUE(left);
}

TEST(MemoryBus, AReceiverMayStopItsOwnNode) {
  MemoryBusNetwork network({.delivery = Delivery::by_step});
  auto& node = network.add_node(ports::NodeId{1});
  CollectingReceiver receiver;
  receiver.then = [&](const std::string&) { node.stop(); };
  node.start(receiver);
  ASSERT_TRUE(node.send(ports::NodeId{1}, "x"));
  ASSERT_TRUE(node.send(ports::NodeId{1}, "y"));
  EXPECT_EQ(network.run(), 1u);
}

}  // namespace
}  // namespace plaza::contract
