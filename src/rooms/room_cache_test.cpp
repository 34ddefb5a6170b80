#include "rooms/room_cache.h"

#include <gtest/gtest.h>

#include "rooms/room_rates.h"
#include "rooms/slow_mode.h"

namespace plaza::rooms {
namespace {

RoomView view(std::uint64_t id, std::vector<MemberId> members = {}) {
  RoomView v;
  v.room.id = RoomId{id};
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

TEST(RoomCache, KeepsStandingsWithTheViewUntilItIsInvalidated) {
  RoomCache cache(8);
  const RoomId room{1};
  const MemberId ann{2}, bob{3};
  const ports::RoomStanding joined{.joined = true, .role = ports::RoomRole::admin};
  EXPECT_FALSE(cache.put_standing(room, ann, joined, cache.generation(room))) << "of a room it does not have";
  ASSERT_TRUE(cache.put(view(1), cache.generation(room)));
  EXPECT_EQ(cache.find(room)->standing(ann), nullptr);
  ASSERT_TRUE(cache.put_standing(room, ann, joined, cache.generation(room)));
  ASSERT_TRUE(cache.put_standing(room, bob, {}, cache.generation(room)));
  EXPECT_EQ(*cache.find(room)->standing(ann), joined);
  EXPECT_FALSE(cache.find(room)->standing(bob)->joined);
  const auto before = cache.generation(room);
  cache.invalidate(room, ann);
  EXPECT_EQ(cache.find(room)->standing(ann), nullptr);
  EXPECT_NE(cache.find(room)->standing(bob), nullptr) << "only hers";
  EXPECT_FALSE(cache.put_standing(room, ann, joined, before)) << "was read before";
  cache.invalidate(room);
  EXPECT_EQ(cache.find(room), nullptr);
  EXPECT_EQ(cache.standings(), 0u);
}

TEST(RoomCache, StandingsPastTheLimitPushOutTheRoomsUsedLeast) {
  RoomCache cache(8, 4);
  for (const std::uint64_t id : {1, 2}) ASSERT_TRUE(cache.put(view(id), cache.generation(RoomId{id})));
  const auto put = [&](std::uint64_t room, std::uint64_t member) {
    return cache.put_standing(RoomId{room}, MemberId{member}, {}, cache.generation(RoomId{room}));
  };
  for (std::uint64_t member = 1; member <= 2; ++member) ASSERT_TRUE(put(1, member));
  for (std::uint64_t member = 1; member <= 2; ++member) ASSERT_TRUE(put(2, member));
  EXPECT_EQ(cache.standings(), 4u);
  EXPECT_NE(cache.find(RoomId{1}), nullptr);
  ASSERT_TRUE(put(1, 3));
  EXPECT_EQ(cache.find(RoomId{2}), nullptr) << "used before the other one";
  EXPECT_EQ(cache.standings(), 3u);
  ASSERT_TRUE(put(1, 4));
  ASSERT_TRUE(put(1, 5));
  EXPECT_LE(cache.standings(), 4u);
  EXPECT_NE(cache.find(RoomId{1})->standing(MemberId{5}), nullptr);
}

TEST(SlowMode, LetsAMemberSpeakAgainAfterTheTimeAndOthersAtOnce) {
  SlowMode slow(8);
  const RoomId room{1};
  EXPECT_EQ(slow.wait_ms(room, MemberId{1}, 100), 0);
  slow.spoke(room, MemberId{1}, 50, 100);
  EXPECT_EQ(slow.wait_ms(room, MemberId{1}, 100), 50);
  EXPECT_EQ(slow.wait_ms(room, MemberId{1}, 149), 1);
  EXPECT_EQ(slow.wait_ms(room, MemberId{1}, 150), 0);
  EXPECT_EQ(slow.wait_ms(room, MemberId{2}, 100), 0);
  EXPECT_EQ(slow.wait_ms(RoomId{2}, MemberId{1}, 100), 0);
}

TEST(SlowMode, HoldsNoMoreThanItMayAndDropsThoseWhoseTimeHasComeFirst) {
  SlowMode slow(3);
  slow.spoke(RoomId{1}, MemberId{1}, 1'000, 0);
  slow.spoke(RoomId{1}, MemberId{2}, 10, 0);
  slow.spoke(RoomId{1}, MemberId{3}, 10, 0);
  slow.spoke(RoomId{1}, MemberId{4}, 1'000, 20);
  EXPECT_EQ(slow.size(), 2u);
  EXPECT_GT(slow.wait_ms(RoomId{1}, MemberId{1}, 20), 0);
  for (std::uint64_t m = 5; m < 100; ++m) slow.spoke(RoomId{1}, MemberId{m}, 1'000, 20);
  EXPECT_LE(slow.size(), 3u);
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
