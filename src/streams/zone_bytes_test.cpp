#include "streams/zone_bytes.h"

#include <gtest/gtest.h>

namespace plaza::streams {
namespace {

using Rows = std::vector<ports::ZoneBytes>;

constexpr ZoneId kChess{1}, kGo{2};
constexpr std::uint64_t kUpto = 100;
constexpr std::uint64_t kEach = ports::ZoneBytes::kMessageBytes;

ports::Message message(ZoneId zone, std::size_t body) {
  ports::Message out;
  out.zone = zone;
  out.body = std::string(body, 'x');
  return out;
}

TEST(ZoneBytes, ARoundTakesWhatWasThereAtItsBeginningAndTheNextOneTheRest) {
  ZoneBytes bytes;
  bytes.load({.zone = kChess, .bytes = 1000});
  bytes.added(message(kChess, 10));
  bytes.begin_round(kUpto);
  bytes.added(message(kChess, 20));
  bytes.added(message(kGo, 5));
  EXPECT_EQ(bytes.round_rows(), (Rows{{.zone = kChess, .bytes = 1010 + kEach}}));
  EXPECT_EQ(bytes.round_rows().size(), 1U) << "also when a slice failed and is written again";
  bytes.round_applied();
  EXPECT_TRUE(bytes.round_rows().empty());
  bytes.begin_round(kUpto);
  EXPECT_EQ(bytes.round_rows(),
            (Rows{{.zone = kChess, .bytes = 1030 + 2 * kEach}, {.zone = kGo, .bytes = 5 + kEach}}));
}

TEST(ZoneBytes, WhatIsRemovedWhileARoundIsUnderWayIsMissingInItsRowsToo) {
  ZoneBytes bytes;
  bytes.load({.zone = kChess, .bytes = 1000});
  bytes.added(message(kChess, 10));
  bytes.begin_round(kUpto);
  EXPECT_EQ(bytes.row_without(kChess, 300), (ports::ZoneBytes{.zone = kChess, .bytes = 700}));
  bytes.removed(kChess, 300);
  EXPECT_EQ(bytes.round_rows(), (Rows{{.zone = kChess, .bytes = 710 + kEach}}));
  EXPECT_EQ(bytes.row_without(kGo, 300).bytes, 0U);
}

TEST(ZoneBytes, TellsEachChangedZoneOnceWithAllThatItHas) {
  ZoneBytes bytes;
  bytes.load({.zone = kChess, .bytes = 1000});
  bytes.load({.zone = kGo, .bytes = 7});
  EXPECT_EQ(bytes.take_changed(), (Rows{{.zone = kChess, .bytes = 1000}, {.zone = kGo, .bytes = 7}}));
  EXPECT_TRUE(bytes.take_changed().empty());
  bytes.added(message(kChess, 10));
  bytes.begin_round(kUpto);
  bytes.added(message(kChess, 20));
  bytes.removed(kChess, 100);
  EXPECT_EQ(bytes.take_changed(), (Rows{{.zone = kChess, .bytes = 930 + 2 * kEach}}));
}

TEST(ZoneBytes, AMessageThatGotAnotherBodyCountsWhereItIsCounted) {
  ZoneBytes bytes;
  constexpr std::uint64_t kIndexed = 50;
  bytes.load({.zone = kChess, .bytes = 1000});
  bytes.rewritten(kChess, 50, kIndexed, -10);
  EXPECT_EQ(bytes.row(kChess).bytes, 990U) << "in the table";
  bytes.added(message(kChess, 20));
  bytes.begin_round(60);
  bytes.rewritten(kChess, 60, kIndexed, -20);
  EXPECT_EQ(bytes.row(kChess).bytes, 990U);
  EXPECT_EQ(bytes.round_rows(), (Rows{{.zone = kChess, .bytes = 990 + kEach}})) << "in the round";
  bytes.rewritten(kChess, 61, kIndexed, -5);
  bytes.added(message(kChess, 5));
  EXPECT_EQ(bytes.round_rows(), (Rows{{.zone = kChess, .bytes = 990 + kEach}}))
      << "newer, and recalled with it";
  EXPECT_EQ(bytes.take_changed(), (Rows{{.zone = kChess, .bytes = 990 + 2 * kEach}}));
  bytes.round_applied();
  bytes.rewritten(kChess, 60, 60, 7);
  EXPECT_EQ(bytes.row(kChess).bytes, 997 + kEach);
}

}  // namespace
}  // namespace plaza::streams
