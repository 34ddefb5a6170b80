#include "bench/raw_relay.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "bench/link.h"

namespace plaza::bench {
namespace {

std::atomic<bool> g_relay{true};

/// Frames each link received, without their first 4 bytes.
class Collector final : public LinkHandler {
 public:
  explicit Collector(std::size_t links) : got(links) {}
  void on_open(Link& link) override { link.send({reinterpret_cast<const char*>(&link.tag), 4}); }
  void on_frame(Link& link, std::string_view frame) override {
    if (frame.size() == 4) return void(++open);
    got[link.tag].emplace_back(frame.substr(4));
    ++frames;
  }
  void on_closed(Link&, const std::string& why) override { closed = why; }

  std::vector<std::vector<std::string>> got;
  std::size_t open = 0, frames = 0;
  std::string closed;
};

std::string to(std::uint32_t name, const std::string& payload) {
  return std::string(reinterpret_cast<const char*>(&name), 4) + payload;
}

class RawRelayTest : public testing::Test {
 protected:
  void SetUp() override {
    g_relay = true;
    auto listening = RawRelay::listen(net::Address::parse("127.0.0.1:0").value());
    ASSERT_TRUE(listening) << listening.error();
    target_ = {net::Address::parse("127.0.0.1:" + std::to_string(listening->port())).value(),
               Framing::lengths};
    thread_ = std::thread(
        [relay = std::move(*listening)]() mutable { relay.run([] { return g_relay.load(); }); });
    for (std::uint32_t i = 0; i < 3; ++i) {
      links_.push_back(&loop_.add(seen_, i));
      loop_.open(*links_.back(), target_);
      turn_until([&] { return seen_.open == i + 1; });
    }
  }
  void TearDown() override {
    g_relay = false;
    thread_.join();
  }
  template <class Condition>
  void turn_until(const Condition& condition) {
    const std::int64_t deadline = now_ns() + 10'000'000'000;
    while (!condition() && now_ns() < deadline) loop_.turn(10'000'000);
    ASSERT_TRUE(condition());
  }

  LinkLoop loop_;
  Collector seen_{3};
  std::vector<Link*> links_;
  Target target_;
  std::thread thread_;
};

TEST_F(RawRelayTest, HandsEachFrameToTheConnectionItNamesInOrder) {
  std::vector<std::string> first, second;
  for (int i = 0; i < 100; ++i) {
    first.push_back("a" + std::to_string(i));
    second.push_back("b" + std::to_string(i));
    links_[0]->send(to(1, first.back()));
    links_[0]->send(to(2, second.back()));
  }
  turn_until([&] { return seen_.frames == 200; });
  EXPECT_EQ(seen_.got[1], first);
  EXPECT_EQ(seen_.got[2], second);
  EXPECT_TRUE(seen_.got[0].empty());
}

TEST_F(RawRelayTest, HandsAFrameForEverybodyToAllButItsSender) {
  links_[1]->send(to(kRelayToEverybody, "one"));
  links_[1]->send(to(kRelayToEverybody, "two"));
  turn_until([&] { return seen_.frames == 4; });
  EXPECT_EQ(seen_.got[0], (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(seen_.got[2], (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(seen_.got[1].empty());
}

TEST_F(RawRelayTest, CarriesFramesLargerThanOneRead) {
  const std::string large(900'000, 'z');
  links_[1]->send(to(0, large));
  links_[1]->send(to(0, "end"));
  turn_until([&] { return seen_.frames == 2; });
  EXPECT_EQ(seen_.got[0], (std::vector<std::string>{large, "end"}));
}

TEST_F(RawRelayTest, ForgetsFramesForNobodyAndClosesWhoSendsNonsense) {
  links_[0]->send(to(77, "nobody"));
  links_[0]->send(to(2, "somebody"));
  turn_until([&] { return seen_.frames == 1; });
  EXPECT_EQ(seen_.got[2], (std::vector<std::string>{"somebody"}));
  links_[0]->send(std::string(2 * 1024 * 1024, 'x'));
  turn_until([&] { return !seen_.closed.empty(); });
}

}  // namespace
}  // namespace plaza::bench
