// What a subscriber that was away gets: everything, or the word that this cannot be done.
#include "channels/history.h"

#include <gtest/gtest.h>

#include "channels/channel_key.h"

namespace plaza::channels {
namespace {

constexpr std::size_t kPage = 1 << 20;
constexpr std::uint32_t kEpoch = 7;

std::string frame(std::uint64_t seq) { return "frame " + std::to_string(seq); }

ChannelHistory history_of(std::uint64_t count, const HistoryLimits& limits = {.entries_max = 5}) {
  ChannelHistory history(kEpoch, limits);
  for (std::uint64_t seq = 1; seq <= count; ++seq) history.add(frame(seq), 0);
  return history;
}

/// It got everything after `since` and nothing else.
void expect_all(const Recovered& got, std::uint64_t since, std::uint64_t head) {
  EXPECT_TRUE(got.recovered);
  EXPECT_FALSE(got.more);
  EXPECT_EQ(got.upto, head);
  ASSERT_EQ(got.frames.size(), head - since);
  for (std::uint64_t seq = since + 1; seq <= head; ++seq) EXPECT_EQ(got.frames[seq - since - 1], frame(seq));
}

void expect_nothing(const Recovered& got, std::uint64_t head) {
  EXPECT_FALSE(got.recovered);
  EXPECT_FALSE(got.more);
  EXPECT_TRUE(got.frames.empty()) << "never part of it";
  EXPECT_EQ(got.upto, head) << "it goes on from the head";
}

TEST(ChannelHistory, NumbersFromOneAndKeepsTheNewest) {
  const ChannelHistory history = history_of(8);
  EXPECT_EQ(history.epoch(), kEpoch);
  EXPECT_EQ(history.head(), 8U);
  EXPECT_EQ(history.dropped(), 3U);
}

TEST(ChannelHistory, GivesEverythingToOneThatMissedExactlyWhatIsThere) {
  ChannelHistory history = history_of(8);
  expect_all(history.recover({kEpoch, 3}, 0, kPage), 3, 8);
}

TEST(ChannelHistory, GivesNothingToOneThatMissedOneMoreThanIsThere) {
  ChannelHistory history = history_of(8);
  expect_nothing(history.recover({kEpoch, 2}, 0, kPage), 8);
}

TEST(ChannelHistory, GivesNothingMoreToOneThatMissedNothing) {
  ChannelHistory history = history_of(8);
  expect_all(history.recover({kEpoch, 8}, 0, kPage), 8, 8);
}

TEST(ChannelHistory, APositionOfAnotherEpochMeansNothing) {
  ChannelHistory history = history_of(8);
  expect_nothing(history.recover({kEpoch + 1, 7}, 0, kPage), 8);
  expect_nothing(history.recover({0, 0}, 0, kPage), 8);
  ChannelHistory fresh(kEpoch, {});
  expect_nothing(fresh.recover({kEpoch + 1, 0}, 0, kPage), 0);
}

TEST(ChannelHistory, APositionAheadOfTheHeadMeansNothing) {
  ChannelHistory history = history_of(8);
  expect_nothing(history.recover({kEpoch, 9}, 0, kPage), 8);
}

TEST(ChannelHistory, FromTheBeginningItIsWholeUntilTheFirstIsGone) {
  ChannelHistory whole = history_of(5);
  expect_all(whole.recover({kEpoch, 0}, 0, kPage), 0, 5);
  ChannelHistory cut = history_of(6);
  expect_nothing(cut.recover({kEpoch, 0}, 0, kPage), 6);
}

TEST(ChannelHistory, AnEmptyOneHasNothingToMiss) {
  ChannelHistory history(kEpoch, {});
  expect_all(history.recover({kEpoch, 0}, 0, kPage), 0, 0);
}

TEST(ChannelHistory, WithoutRoomForAnyOnlyWhoMissedNothingRecovers) {
  ChannelHistory history = history_of(2, {.entries_max = 0});
  expect_all(history.recover({kEpoch, 2}, 0, kPage), 2, 2);
  expect_nothing(history.recover({kEpoch, 1}, 0, kPage), 2);
}

TEST(ChannelHistory, WhatIsTooOldIsGoneAlsoWhenNobodyLookedMeanwhile) {
  ChannelHistory history(kEpoch, {.entries_max = 5, .age_max_ms = 100});
  history.add(frame(1), 1000);
  history.add(frame(2), 1050);
  expect_all(history.recover({kEpoch, 0}, 1099, kPage), 0, 2);
  expect_nothing(history.recover({kEpoch, 0}, 1100, kPage), 2);
  expect_all(history.recover({kEpoch, 1}, 1149, kPage), 1, 2);
  expect_nothing(history.recover({kEpoch, 1}, 1150, kPage), 2);
  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.head(), 2U) << "numbers go on";
}

TEST(ChannelHistory, IsBoundedInBytes) {
  ChannelHistory history(kEpoch, {.entries_max = 100, .bytes_max = 2 * frame(1).size()});
  for (std::uint64_t seq = 1; seq <= 5; ++seq) history.add(frame(seq), 0);
  EXPECT_EQ(history.bytes(), 2 * frame(1).size());
  expect_all(history.recover({kEpoch, 3}, 0, kPage), 3, 5);
  expect_nothing(history.recover({kEpoch, 2}, 0, kPage), 5);
}

TEST(ChannelHistory, SmallerLimitsDropAtOnce) {
  ChannelHistory history = history_of(5);
  history.set_limits({.entries_max = 2}, 0);
  expect_nothing(history.recover({kEpoch, 2}, 0, kPage), 5);
  expect_all(history.recover({kEpoch, 3}, 0, kPage), 3, 5);
}

TEST(ChannelHistory, WhatDoesNotFitIntoOneAnswerIsSaidAndComesFromTheEndOfThePage) {
  ChannelHistory history = history_of(5);
  const std::size_t two = 2 * (frame(1).size() + 1);
  Recovered page = history.recover({kEpoch, 0}, 0, two);
  EXPECT_TRUE(page.recovered);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.frames.size(), 2U);
  EXPECT_EQ(page.upto, 2U);
  page = history.recover({kEpoch, page.upto}, 0, two);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.upto, 4U);
  page = history.recover({kEpoch, page.upto}, 0, two);
  EXPECT_FALSE(page.more);
  EXPECT_EQ(page.frames.size(), 1U);
  EXPECT_EQ(page.upto, 5U);
}

TEST(ChannelHistory, OneFrameIsServedHoweverLargeItIs) {
  ChannelHistory history = history_of(2);
  const Recovered page = history.recover({kEpoch, 0}, 0, 1);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.frames.size(), 1U);
}

TEST(ChannelHistory, ShowsTheNewestToOneWithoutAPositionAndDoesNotCallThatARecovery) {
  ChannelHistory history = history_of(5);
  const Recovered all = history.newest(9, 0, kPage);
  EXPECT_FALSE(all.recovered);
  EXPECT_EQ(all.frames.size(), 5U);
  const Recovered two = history.newest(2, 0, kPage);
  ASSERT_EQ(two.frames.size(), 2U);
  EXPECT_EQ(two.frames[0], frame(4));
  EXPECT_EQ(two.frames[1], frame(5));
  EXPECT_EQ(two.upto, 5U);
  EXPECT_EQ(history.newest(9, 0, frame(1).size() + 1).frames.size(), 1U);
  EXPECT_TRUE(history.newest(0, 0, kPage).frames.empty());
}

TEST(ChannelNames, AreTheSameBytesWhereverTheyAreWritten) {
  for (const char* good : {"world", "a", "guild:12/raid-3_x.y"}) EXPECT_TRUE(valid_name(good)) << good;
  EXPECT_TRUE(valid_name(std::string(64, 'a')));
  EXPECT_FALSE(valid_name(std::string(65, 'a')));
  for (const char* bad : {"", "World", "a b", "a\n", "gr\xc3\xbc", "a\"b", "*", "a#"}) {
    EXPECT_FALSE(valid_name(bad)) << bad;
  }
}

TEST(ChannelKeys, TellZonesApart) {
  const ChannelEqual equal;
  EXPECT_TRUE(equal(ChannelKey(ZoneId{1}, "a"), ChannelRef{ZoneId{1}, "a"}));
  EXPECT_FALSE(equal(ChannelKey(ZoneId{1}, "a"), ChannelRef{ZoneId{2}, "a"}));
  EXPECT_FALSE(equal(ChannelKey(ZoneId{1}, "a"), ChannelRef{ZoneId{1}, "b"}));
  std::size_t homes[4] = {};
  for (std::uint64_t zone = 1; zone <= 400; ++zone) ++homes[home_shard({ZoneId{zone}, kWorld}, 4)];
  for (const std::size_t count : homes) EXPECT_GT(count, 50U) << "one channel of many zones is spread";
}

}  // namespace
}  // namespace plaza::channels
