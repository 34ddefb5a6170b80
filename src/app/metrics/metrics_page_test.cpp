#include "app/metrics/metrics_page.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace plaza::app {
namespace {

using std::chrono::milliseconds;

TEST(MetricsPage, IsWrittenAnewOnlyWhenItIsOlderThanKept) {
  int written = 0;
  MetricsPage page(1000, [&] { return std::to_string(++written); });
  const auto start = MetricsPage::Clock::now();
  EXPECT_EQ(page.text(start), "1");
  EXPECT_EQ(page.text(start + milliseconds(999)), "1");
  EXPECT_EQ(page.text(start + milliseconds(1000)), "2");
  EXPECT_EQ(page.text(start + milliseconds(1999)), "2");
}

TEST(MetricsPage, IsAlwaysNewWhenNothingIsKept) {
  int written = 0;
  MetricsPage page(0, [&] { return std::to_string(++written); });
  EXPECT_EQ(page.text(), "1");
  EXPECT_EQ(page.text(), "2");
}

TEST(MetricsPage, WhoAsksWhileItIsBeingWrittenGetsTheOneBeforeAndDoesNotWait) {
  std::latch writing(1);
  std::latch go_on(1);
  std::atomic<int> written{0};
  MetricsPage page(1000, [&] {
    const int number = ++written;
    if (number == 2) {
      writing.count_down();
      go_on.wait();
    }
    return std::to_string(number);
  });
  const auto start = MetricsPage::Clock::now();
  EXPECT_EQ(page.text(start), "1");
  std::thread slow([&] { EXPECT_EQ(page.text(start + milliseconds(5000)), "2"); });
  writing.wait();
  EXPECT_EQ(page.text(start + milliseconds(5000)), "1");
  go_on.count_down();
  slow.join();
  EXPECT_EQ(page.text(start + milliseconds(5001)), "2");
}

TEST(MetricsPage, TheFirstTextIsWrittenOnceForAllWhoWaitForIt) {
  std::atomic<int> written{0};
  MetricsPage page(60'000, [&] { return std::to_string(++written); });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(page.text(), "1"); });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace plaza::app
