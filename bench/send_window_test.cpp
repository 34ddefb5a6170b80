#include "bench/send_window.h"

#include <gtest/gtest.h>

namespace plaza::bench {
namespace {

TEST(SendWindow, GoesOnFromTheLastSendIdOfTheDevice) {
  SendWindow window(2, 41);
  EXPECT_EQ(window.take(1), 42u);
  EXPECT_EQ(window.number_of(42), 1u);
  EXPECT_EQ(window.take(1), 43u);
  EXPECT_EQ(window.sent(), 2u);
}

TEST(SendWindow, ClosesAtItsWidthAndOpensWithEachAnswer) {
  SendWindow window(2, 0);
  window.take(10);
  EXPECT_TRUE(window.open(1));
  window.take(20);
  EXPECT_FALSE(window.open(1));
  EXPECT_EQ(window.accepted(1), 10);
  EXPECT_TRUE(window.open(1));
  EXPECT_EQ(window.accepted_count(), 1u);
}

TEST(SendWindow, SaysWhenSomethingIsAcknowledgedTwiceOrWasNeverSent) {
  SendWindow window(4, 0);
  window.take(10);
  EXPECT_FALSE(window.accepted(2));
  EXPECT_TRUE(window.accepted(1));
  EXPECT_FALSE(window.accepted(1));
  EXPECT_FALSE(window.accepted(0));
  EXPECT_EQ(window.in_flight(), 0u);
}

TEST(SendWindow, StopsWhenASendIsNotAnsweredWhileMuchLaterOnesAre) {
  SendWindow window(2, 0);
  window.take(10);
  std::uint64_t sent = 1;
  for (; window.open(1) && sent < 100; ++sent) ASSERT_TRUE(window.accepted(window.take(10)));
  EXPECT_LE(sent, 5u);
  EXPECT_TRUE(window.accepted(1));
  EXPECT_TRUE(window.open(1));
}

// Goal: after a refusal everything from it on goes out again, once, in order, and not before the server's pause is over.
TEST(SendWindow, GoesBackToTheFirstRefusedSendOnceEverythingIsAnsweredAndThePauseIsOver) {
  SendWindow window(4, 0);
  for (int i = 0; i < 4; ++i) window.take(5);
  EXPECT_TRUE(window.accepted(1));
  EXPECT_TRUE(window.refused(2, 100));
  EXPECT_TRUE(window.refused(3, 0));
  EXPECT_FALSE(window.open(200)) << "4 is not answered yet";
  EXPECT_TRUE(window.refused(4, 0));
  EXPECT_FALSE(window.open(99));
  EXPECT_TRUE(window.owes());
  ASSERT_TRUE(window.open(100));
  EXPECT_EQ(window.take(101), 2u);
  EXPECT_EQ(window.take(102), 3u);
  EXPECT_EQ(window.accepted(2), 101);
  EXPECT_EQ(window.sent(), 3u);
  EXPECT_FALSE(window.owes());
}

}  // namespace
}  // namespace plaza::bench
