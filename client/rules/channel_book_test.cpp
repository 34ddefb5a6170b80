#include "client/rules/channel_book.h"

#include <gtest/gtest.h>

namespace plaza::client {
namespace {

using protocol::Publication;
using protocol::SubscribeAck;

class ChannelBookTest : public testing::Test {
 protected:
  static Publication publication(std::uint64_t seq, std::uint32_t epoch = 1) {
    Publication one;
    one.channel = "world";
    one.epoch = epoch;
    one.seq = seq;
    return one;
  }
  static SubscribeAck ack(bool recovered, std::uint64_t head, std::vector<Publication> publications = {},
                          bool more = false, std::uint32_t epoch = 1) {
    return {.channel = "world",
            .epoch = epoch,
            .head = head,
            .recovered = recovered,
            .more = more,
            .publications = std::move(publications)};
  }
  /// "since EPOCH/POSITION newest N" of each.
  std::string asked() {
    std::string text;
    for (const SubscribeFrame& frame : book.take_frames()) {
      text += (text.empty() ? "" : ", ") + frame.channel + " " + std::to_string(frame.epoch) + "/" +
              std::to_string(frame.since) + " " + std::to_string(frame.newest);
    }
    return text;
  }
  /// "1 2 gap 3 4" and so on.
  std::string told() {
    std::string text;
    for (const ChannelEvent& event : book.take_events()) {
      if (!text.empty()) text += " ";
      if (const auto* one = std::get_if<Publication>(&event)) {
        text += std::to_string(one->seq);
      } else if (const auto* gap = std::get_if<ChannelGap>(&event)) {
        text += gap->restarted ? "restarted" : "gap of " + std::to_string(gap->missed);
      } else {
        text += "refused " + std::to_string(std::get<ChannelRefused>(event).error);
      }
    }
    return text;
  }
  /// Followed, and live at position 5.
  void live_at_5() {
    book.follow("world", 0);
    book.connected();
    EXPECT_EQ(asked(), "world 0/0 0");
    book.answered(ack(false, 5));
    EXPECT_EQ(told(), "");
  }

  ChannelBook book;
};

TEST_F(ChannelBookTest, AsksOnceItIsConnectedAndBeginsWithTheNewest) {
  book.follow("world", 2);
  book.follow("world", 9);
  EXPECT_EQ(asked(), "");
  book.connected();
  EXPECT_EQ(asked(), "world 0/0 2");
  EXPECT_EQ(asked(), "") << "one at a time";
  book.answered(ack(false, 5, {publication(4), publication(5)}));
  EXPECT_EQ(told(), "4 5") << "no gap: nothing was known before";
  book.pushed(publication(6));
  EXPECT_EQ(told(), "6");
  EXPECT_EQ(asked(), "");
}

TEST_F(ChannelBookTest, GoesOnFromItsPositionAfterABreak) {
  live_at_5();
  book.pushed(publication(6));
  book.disconnected();
  EXPECT_EQ(asked(), "");
  book.connected();
  EXPECT_EQ(asked(), "world 1/6 0");
  book.answered(ack(true, 8, {publication(7), publication(8)}));
  book.pushed(publication(9));
  EXPECT_EQ(told(), "6 7 8 9");
}

TEST_F(ChannelBookTest, SaysWhatWasMissedAndGoesOnFromTheHead) {
  live_at_5();
  book.disconnected();
  book.connected();
  asked();
  book.answered(ack(false, 90));
  book.pushed(publication(91));
  EXPECT_EQ(told(), "gap of 85 91");
}

TEST_F(ChannelBookTest, SaysThatAChannelBeganAnew) {
  live_at_5();
  book.disconnected();
  book.connected();
  asked();
  book.answered(ack(false, 0, {}, false, 2));
  book.pushed(publication(1, 2));
  EXPECT_EQ(told(), "restarted 1");
  book.disconnected();
  book.connected();
  EXPECT_EQ(asked(), "world 2/1 0");
}

TEST_F(ChannelBookTest, AsksForTheNextPageUntilTheEnd) {
  live_at_5();
  book.disconnected();
  book.connected();
  asked();
  book.answered(ack(true, 9, {publication(6), publication(7)}, true));
  EXPECT_EQ(asked(), "world 1/7 0");
  book.answered(ack(true, 9, {publication(8), publication(9)}));
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(told(), "6 7 8 9");
}

TEST_F(ChannelBookTest, AsksAgainWhenItWasTooSlow) {
  live_at_5();
  book.head("world");
  book.head("world");
  EXPECT_EQ(asked(), "world 1/5 0");
  book.answered(ack(true, 5));
  EXPECT_EQ(asked() + told(), "");
}

TEST_F(ChannelBookTest, AHeadThatComesBeforeTheAnswerIsNotForgotten) {
  live_at_5();
  book.head("world");
  asked();
  book.head("world");
  book.answered(ack(true, 6, {publication(6)}));
  EXPECT_EQ(asked(), "world 1/6 0");
}

TEST_F(ChannelBookTest, ShowsNothingTwiceAndNothingBeforeWhatBelongsInFrontOfIt) {
  live_at_5();
  book.pushed(publication(5));
  EXPECT_EQ(told(), "");
  book.pushed(publication(8));
  EXPECT_EQ(told(), "");
  EXPECT_EQ(asked(), "world 1/5 0");
  book.answered(ack(true, 8, {publication(6), publication(7), publication(8)}));
  EXPECT_EQ(told(), "6 7 8");
  book.pushed(publication(1, 7));
  EXPECT_EQ(told(), "");
  EXPECT_EQ(asked(), "world 1/8 0");
}

TEST_F(ChannelBookTest, WhatIsRefusedForLaterIsAskedAgainAndWhatIsRefusedForGoodIsNot) {
  book.follow("world", 0);
  book.connected();
  asked();
  book.refused("world", 30, true);
  EXPECT_EQ(asked(), "");
  book.retry();
  EXPECT_EQ(asked(), "world 0/0 0");
  book.refused("world", 37, false);
  EXPECT_EQ(told(), "refused 37");
  EXPECT_FALSE(book.follows("world"));
  book.disconnected();
  book.connected();
  EXPECT_EQ(asked(), "");
}

TEST_F(ChannelBookTest, OneThatIsLeftIsSilentAlsoWhenItsAnswerComesLate) {
  book.follow("world", 0);
  book.connected();
  asked();
  EXPECT_TRUE(book.unfollow("world"));
  EXPECT_FALSE(book.unfollow("world"));
  book.answered(ack(false, 5, {publication(5)}));
  book.pushed(publication(6));
  book.head("world");
  EXPECT_EQ(told() + asked(), "");
}

}  // namespace
}  // namespace plaza::client
