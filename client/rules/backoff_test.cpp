#include "client/rules/backoff.h"

#include <gtest/gtest.h>

namespace plaza::client {
namespace {

TEST(Backoff, CeilingDoublesFromBaseToCapAndStartsAgainAfterReset) {
  Backoff backoff(250, 15'000, 7);
  for (const std::int64_t ceiling : {250, 500, 1000, 2000, 4000, 8000, 15'000, 15'000}) {
    EXPECT_EQ(backoff.ceiling(), ceiling);
    const std::int64_t delay = backoff.next();
    EXPECT_GE(delay, 0);
    EXPECT_LE(delay, ceiling);
  }
  backoff.reset();
  EXPECT_EQ(backoff.ceiling(), 250);
}

TEST(Backoff, CeilingStaysAtTheCapHoweverOftenItFails) {
  Backoff backoff(250, 15'000, 7);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t delay = backoff.next();
    ASSERT_GE(delay, 0);
    ASSERT_LE(delay, 15'000);
  }
}

TEST(Backoff, DelaysAreSpreadOverTheWholeRange) {
  Backoff backoff(1000, 1000, 3);
  int low = 0;
  for (int i = 0; i < 1000; ++i) low += backoff.next() < 500 ? 1 : 0;
  EXPECT_GT(low, 400);
  EXPECT_LT(low, 600);
}

TEST(Backoff, WaitsAtLeastAsLongAsTheServerAsked) {
  Backoff backoff(100, 100, 3);
  for (int i = 0; i < 100; ++i) EXPECT_GE(backoff.next(5000), 5000);
}

}  // namespace
}  // namespace plaza::client
