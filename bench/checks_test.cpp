#include "bench/checks.h"

#include <gtest/gtest.h>

namespace plaza::bench {
namespace {

OrderCheck numbers(std::initializer_list<std::uint64_t> seen) {
  OrderCheck check;
  for (auto number : seen) check.saw(number);
  return check;
}

StreamCheck pushes(std::uint64_t head, std::initializer_list<std::uint64_t> seen) {
  StreamCheck check(head);
  for (auto position : seen) check.pushed(position);
  return check;
}

TEST(OrderCheck, FindsNothingWrongInAWholeRow) { EXPECT_TRUE(numbers({1, 2, 3, 4}).finish(4).clean()); }

TEST(OrderCheck, FindsALostMessageInTheMiddleAtTheEndAndAtTheStart) {
  EXPECT_EQ(numbers({1, 3, 4}).finish(4), (Findings{.lost = 1}));
  EXPECT_EQ(numbers({1, 2, 3}).finish(4), (Findings{.lost = 1}));
  EXPECT_EQ(numbers({3, 4}).finish(4), (Findings{.lost = 2}));
  EXPECT_EQ(numbers({}).finish(4), (Findings{.lost = 4}));
}

TEST(OrderCheck, FindsADoubledMessageNextToTheFirstAndLater) {
  EXPECT_EQ(numbers({1, 2, 2, 3}).finish(3), (Findings{.duplicated = 1}));
  EXPECT_EQ(numbers({1, 2, 3, 1}).finish(3), (Findings{.duplicated = 1}));
}

TEST(OrderCheck, FindsReorderedMessagesAndDoesNotCallThemLost) {
  EXPECT_EQ(numbers({1, 3, 2, 4}).finish(4), (Findings{.reordered = 1}));
  EXPECT_EQ(numbers({4, 3, 2, 1}).finish(4), (Findings{.reordered = 3}));
}

TEST(OrderCheck, CallsADoubledReorderedMessageBoth) {
  EXPECT_EQ(numbers({1, 3, 2, 2}).finish(3), (Findings{.duplicated = 1, .reordered = 1}));
}

TEST(OrderCheck, CallsANumberThatWasNeverSentCorrupted) {
  EXPECT_EQ(numbers({1, 2, 3}).finish(2), (Findings{.corrupted = 1}));
}

TEST(OrderCheck, CountsDifferentNumbersOnly) { EXPECT_EQ(numbers({1, 2, 2, 5}).seen(), 3u); }

TEST(StreamCheck, TakesAGaplessStreamFromItsHead) { EXPECT_TRUE(pushes(7, {8, 9, 10}).finish(10).clean()); }

TEST(StreamCheck, FindsAHoleAndAMissingEnd) {
  EXPECT_EQ(pushes(0, {1, 3}).finish(3), (Findings{.lost = 1}));
  EXPECT_EQ(pushes(0, {1, 2}).finish(4), (Findings{.lost = 2}));
  EXPECT_EQ(pushes(0, {1, 2, 4}).finish(5), (Findings{.lost = 2}));
  EXPECT_EQ(pushes(0, {1, 2, 4}).complete_up_to(), 2u);
}

TEST(StreamCheck, FindsADoubledPush) {
  EXPECT_EQ(pushes(0, {1, 2, 2}).finish(2), (Findings{.duplicated = 1}));
  EXPECT_EQ(pushes(5, {5, 6}).finish(6), (Findings{.duplicated = 1}));
}

TEST(StreamCheck, FindsPushesOutOfOrder) {
  EXPECT_EQ(pushes(0, {1, 3, 2}).finish(3), (Findings{.reordered = 1}));
}

TEST(StreamCheck, TakesAcknowledgementsOfOwnSendsBetweenPushesInAnyInterleaving) {
  StreamCheck check(0);
  check.acknowledged(3);
  check.pushed(1);
  check.pushed(2);
  check.pushed(5);
  check.acknowledged(4);
  EXPECT_EQ(check.complete_up_to(), 5u);
  EXPECT_TRUE(check.finish(5).clean());
}

TEST(StreamCheck, FindsAPositionThatWasBothPushedAndAcknowledged) {
  StreamCheck check(0);
  check.pushed(1);
  check.acknowledged(1);
  EXPECT_EQ(check.finish(1), (Findings{.duplicated = 1}));
}

TEST(StreamCheck, FindsPositionsBehindTheHeadThatTheServerReported) {
  EXPECT_EQ(pushes(0, {1, 2, 3}).finish(2), (Findings{.corrupted = 1}));
  EXPECT_EQ(pushes(0, {1, 5}).finish(2), (Findings{.lost = 1, .corrupted = 1}));
}

TEST(StreamCheck, APulledPageMayRepeatWhatWasPushedAndFillsHoles) {
  StreamCheck check = pushes(0, {1, 2, 5});
  EXPECT_FALSE(check.pulled(2));
  EXPECT_TRUE(check.pulled(3));
  EXPECT_TRUE(check.pulled(4));
  EXPECT_FALSE(check.pulled(5));
  EXPECT_TRUE(check.finish(5).clean());
}

TEST(StreamCheck, APushMayRepeatWhatWasPulledOnlyAfterThatWasAllowed) {
  StreamCheck strict(0), lenient(0);
  lenient.allow_overlap();
  for (StreamCheck* check : {&strict, &lenient}) {
    EXPECT_TRUE(check->pulled(1));
    EXPECT_FALSE(check->pushed(1));
  }
  EXPECT_EQ(strict.finish(1), (Findings{.duplicated = 1}));
  EXPECT_TRUE(lenient.finish(1).clean());
}

TEST(CommonOrder, RefusesAnotherMessageAtAPositionThatSomebodySaw) {
  CommonOrder order;
  EXPECT_TRUE(order.agrees(2, 70));
  EXPECT_TRUE(order.agrees(1, 60));
  EXPECT_TRUE(order.agrees(2, 70));
  EXPECT_FALSE(order.agrees(1, 70));
  EXPECT_FALSE(order.agrees(0, 60));
  EXPECT_EQ(order.keys(), (std::vector<std::uint64_t>{60, 70}));
}

}  // namespace
}  // namespace plaza::bench
