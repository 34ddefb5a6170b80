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
  ASSERT_TRUE(cache.put(view(1), cache.generation()));
  ASSERT_TRUE(cache.put(view(2), cache.generation()));
  ASSERT_NE(cache.find(RoomId{1}), nullptr);
  ASSERT_TRUE(cache.put(view(3), cache.generation()));
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.find(RoomId{1}), nullptr);
  EXPECT_EQ(cache.find(RoomId{2}), nullptr);
  EXPECT_NE(cache.find(RoomId{3}), nullptr);
}

TEST(RoomCache, RefusesWhatWasReadBeforeAnInvalidation) {
  RoomCache cache(8);
  const auto before = cache.generation();
  cache.invalidate(RoomId{1});
  EXPECT_FALSE(cache.put(view(1), before));
  EXPECT_EQ(cache.find(RoomId{1}), nullptr);
  EXPECT_TRUE(cache.put(view(1), cache.generation()));
}

TEST(RoomCache, InvalidatedRoomHasToBeReadAgain) {
  RoomCache cache(8);
  ASSERT_TRUE(cache.put(view(1), cache.generation()));
  cache.invalidate(RoomId{1});
  EXPECT_EQ(cache.find(RoomId{1}), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(RoomView, KnowsItsMembers) {
  const RoomView v = view(1, {MemberId{2}, MemberId{5}});
  EXPECT_TRUE(v.has(MemberId{5}));
  EXPECT_FALSE(v.has(MemberId{3}));
}

TEST(RoomRates, OneRoomHasOneLimitWhileSomebodyHoldsIt) {
  RoomRates rates;
  const auto a = rates.of(RoomId{1});
  EXPECT_EQ(a, rates.of(RoomId{1}));
  EXPECT_NE(a, rates.of(RoomId{2}));
}

}  // namespace
}  // namespace plaza::rooms
