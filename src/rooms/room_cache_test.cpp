#include "rooms/room_cache.h"

#include <gtest/gtest.h>

#include "rooms/room_rates.h"

namespace plaza::rooms {
namespace {

RoomView view(std::uint64_t id, std::vector<MemberId> members = {}) {
  RoomView v;
  v.id = RoomId{id};
  v.members = std::make_shared<const std::vector<MemberId>>(std::move(members));
  return v;
}

TEST(RoomCache, ForgetsTheLeastRecentlyUsedPastItsLimit) {
  RoomCache cache(2);
  ASSERT_TRUE(cache.put(view(1), cache.generation(RoomId{1})));
  ASSERT_TRUE(cache.put(view(2), cache.generation(RoomId{2})));
  ASSERT_NE(cache.find(RoomId{1}), nullptr);
  ASSERT_TRUE(cache.put(view(3), cache.generation(RoomId{3})));
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.find(RoomId{1}), nullptr);
  EXPECT_EQ(cache.find(RoomId{2}), nullptr);
  EXPECT_NE(cache.find(RoomId{3}), nullptr);
}

TEST(RoomCache, RefusesWhatWasReadBeforeAnInvalidation) {
  RoomCache cache(8);
  const auto before = cache.generation(RoomId{1});
  cache.invalidate(RoomId{1});
  EXPECT_FALSE(cache.put(view(1), before));
  EXPECT_EQ(cache.find(RoomId{1}), nullptr);
  EXPECT_TRUE(cache.put(view(1), cache.generation(RoomId{1})));
}

TEST(RoomCache, InvalidatedRoomHasToBeReadAgain) {
  RoomCache cache(8);
  ASSERT_TRUE(cache.put(view(1), cache.generation(RoomId{1})));
  cache.invalidate(RoomId{1});
  EXPECT_EQ(cache.find(RoomId{1}), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(RoomView, KnowsItsMembers) {
  const RoomView v = view(1, {MemberId{2}, MemberId{5}});
  EXPECT_TRUE(v.has(MemberId{5}));
  EXPECT_FALSE(v.has(MemberId{3}));
}

// Else a room is not read as long as anybody changes any other one.
TEST(RoomCache, AnInvalidationOfOneRoomLeavesReadingsOfOthersAlone) {
  RoomCache cache(64);
  std::vector<std::uint32_t> before;
  for (std::uint64_t id = 1; id <= 32; ++id) before.push_back(cache.generation(RoomId{id}));
  cache.invalidate(RoomId{1000});
  int put = 0;
  for (std::uint64_t id = 1; id <= 32; ++id) put += cache.put(view(id), before[id - 1]) ? 1 : 0;
  EXPECT_GE(put, 31) << "at most one shares its counter";
}

TEST(RoomRates, OneRoomHasOneLimitWhoeverHoldsIt) {
  RoomRates rates;
  const Rate rate{.per_s = 1, .burst = 1};
  std::int64_t wait_ms = 0;
  auto a = rates.of(RoomId{1}, 1'000);
  EXPECT_EQ(a, rates.of(RoomId{1}, 1'000));
  EXPECT_NE(a, rates.of(RoomId{2}, 1'000));
  EXPECT_TRUE(a->take(rate, 1'000, wait_ms));
  a.reset();  // the last view was invalidated
  EXPECT_FALSE(rates.of(RoomId{1}, 1'000)->take(rate, 1'001, wait_ms)) << "it is still the same one";
}

TEST(RoomRates, ThoseThatNobodyHoldsAndThatCountNothingGo) {
  RoomRates rates;
  const Rate rate{.per_s = 1, .burst = 1};
  std::int64_t wait_ms = 0;
  ASSERT_TRUE(rates.of(RoomId{1}, 1'000)->take(rate, 1'000, wait_ms));
  for (std::uint64_t id = 2; id <= 5'000; ++id) static_cast<void>(rates.of(RoomId{id}, 1'000));
  EXPECT_LT(rates.size(), 2'100u);
  EXPECT_FALSE(rates.of(RoomId{1}, 1'000)->take(rate, 1'500, wait_ms)) << "the one that counts stays";
  for (std::uint64_t id = 1; id <= 5'000; ++id) static_cast<void>(rates.of(RoomId{id + 10'000}, 60'000));
  EXPECT_TRUE(rates.of(RoomId{1}, 60'000)->take(rate, 60'000, wait_ms));
}

}  // namespace
}  // namespace plaza::rooms
