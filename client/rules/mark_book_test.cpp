#include "client/rules/mark_book.h"

#include <gtest/gtest.h>

namespace plaza::client {
namespace {

struct Book {
  explicit Book(MarkLimits limits = {}) : book(limits, 1) { book.open(); }
  /// "7:3/1 received 9": conversation : delivered / read.
  std::string poll() {
    marks.clear();
    std::optional<std::uint64_t> received;
    book.poll(now, rid, marks, received);
    std::string text;
    for (const MarkFrame& m : marks) {
      text += (text.empty() ? "" : " ") + std::to_string(m.conversation.id) + ":" +
              std::to_string(m.delivered) + "/" + std::to_string(m.read);
    }
    if (received) text += (text.empty() ? "" : " ") + std::string("received ") + std::to_string(*received);
    return text;
  }

  MarkBook book;
  std::int64_t now = 0;
  std::uint64_t rid = 1;
  std::vector<MarkFrame> marks;
};

const Conversation kAnn = Conversation::peer(7);
const Conversation kGroup = Conversation::group(8);

TEST(MarkBook, MarksWaitForTheFlushTimeAndGoAsOnePerConversation) {
  Book b({.flush_ms = 300});
  b.book.delivered(kAnn, 1, 0);
  b.book.delivered(kAnn, 2, 100);
  b.book.delivered(kGroup, 5, 200);
  b.now = 299;
  EXPECT_EQ(b.poll(), "");
  EXPECT_EQ(b.book.next_wake_ms(), 300);
  b.now = 300;
  EXPECT_EQ(b.poll(), "7:2/0 8:5/0");
  EXPECT_EQ(b.poll(), "");
}

TEST(MarkBook, ManyInboxEntriesAreReportedAtOnce) {
  Book b({.flush_at = 3});
  b.book.received(2, 0);
  EXPECT_EQ(b.poll(), "");
  b.book.received(3, 0);
  EXPECT_EQ(b.poll(), "received 3");
}

TEST(MarkBook, ReadImpliesDeliveredAndNothingGoesBack) {
  Book b({.flush_ms = 0});
  b.book.read(kAnn, 4, 0);
  b.book.delivered(kAnn, 2, 0);
  EXPECT_EQ(b.poll(), "7:4/4");
}

TEST(MarkBook, WhatGrowsWhileAMarkIsOnTheWireFollowsItsAnswer) {
  Book b({.flush_ms = 0});
  b.book.delivered(kAnn, 1, 0);
  EXPECT_EQ(b.poll(), "7:1/0");
  const std::uint64_t first = b.marks[0].rid;
  b.book.delivered(kAnn, 2, 0);
  EXPECT_EQ(b.poll(), "");
  b.book.confirmed(first);
  EXPECT_EQ(b.poll(), "7:2/0");
}

TEST(MarkBook, UnconfirmedMarksAreRepeatedAfterAReconnect) {
  Book b({.flush_ms = 0});
  b.book.delivered(kAnn, 1, 0);
  b.book.read(kGroup, 2, 0);
  EXPECT_EQ(b.poll(), "7:1/0 8:2/2");
  b.book.confirmed(b.marks[0].rid);
  b.book.disconnected();
  EXPECT_EQ(b.poll(), "");
  b.book.open();
  EXPECT_EQ(b.poll(), "8:2/2");
}

TEST(MarkBook, AfterARestartOfTheStreamsSmallerPositionsCountAgain) {
  Book b({.flush_ms = 0});
  b.book.received_known(9);
  b.book.received(9, 0);
  b.book.delivered(kAnn, 9, 0);
  EXPECT_EQ(b.poll(), "7:9/0");
  b.book.delivered(kGroup, 4, 0);
  b.book.restarted();
  EXPECT_EQ(b.poll(), "");
  b.book.delivered(kAnn, 2, 0);
  b.book.received(3, 0);
  EXPECT_EQ(b.poll(), "7:2/0 received 3");
  b.book.confirmed(1);  // the answer to what was on the wire
  EXPECT_EQ(b.poll(), "");
}

TEST(MarkBook, ARefusedMarkIsDroppedAndABusyServerIsAskedAgain) {
  Book b({.flush_ms = 50});
  b.book.delivered(kAnn, 1, 0);
  b.book.delivered(kGroup, 1, 0);
  b.now = 50;
  EXPECT_EQ(b.poll(), "7:1/0 8:1/0");
  const auto sent = b.marks;
  b.book.try_again(sent[0].rid, 200, 50);
  b.book.refused(sent[1].rid);
  b.now = 249;
  EXPECT_EQ(b.poll(), "");
  b.now = b.book.next_wake_ms().value_or(0);
  EXPECT_GE(b.now, 250);
  EXPECT_EQ(b.poll(), "7:1/0");
}

// Goal: a server that answers "try again" to every mark is not flooded, however many conversations wait. Method: 300 marks
// against such a server, asked for frames every millisecond of a minute.
TEST(MarkBook, ABusyServerIsAskedByOneMarkAtATimeAndLessAndLessOften) {
  Book b;
  for (std::uint64_t id = 1; id <= 300; ++id) b.book.delivered(Conversation::peer(id), 1, 0);
  std::size_t frames = 0, first_three_seconds = 0;
  for (b.now = 0; b.now < 60'000; ++b.now) {
    b.poll();
    frames += b.marks.size();
    if (b.now < 3000) first_three_seconds = frames;
    for (const MarkFrame& mark : std::vector(b.marks)) b.book.try_again(mark.rid, 1000, b.now);
    ASSERT_GT(b.book.next_wake_ms().value_or(0), b.now);  // and nobody is woken for nothing
  }
  EXPECT_LE(first_three_seconds, 16U + 2U);
  EXPECT_LE(frames, 16U + 30U);
  EXPECT_GT(frames, 16U);
}

TEST(MarkBook, WhenTheServerHasTimeAgainTheMarksGoOutWithAGrowingWindow) {
  Book b({.on_the_wire_max = 4});
  for (std::uint64_t id = 1; id <= 100; ++id) b.book.delivered(Conversation::peer(id), 1, 0);
  b.poll();
  for (const MarkFrame& mark : std::vector(b.marks)) b.book.try_again(mark.rid, 100, 0);
  b.now = b.book.next_wake_ms().value_or(0);
  for (const std::size_t window : {1, 2, 4, 4}) {
    b.poll();
    ASSERT_EQ(b.marks.size(), window);
    for (const MarkFrame& mark : std::vector(b.marks)) b.book.confirmed(mark.rid);
  }
}

TEST(MarkBook, TheCursorIsReportedAlsoWhileMarksAreHeldBack) {
  Book b({.flush_ms = 50});
  b.book.delivered(kAnn, 1, 0);
  b.now = 50;
  b.poll();
  b.book.try_again(b.marks[0].rid, 10'000, 50);
  b.book.received(1, 60);
  EXPECT_EQ(b.book.next_wake_ms(), 110);
  b.now = 110;
  EXPECT_EQ(b.poll(), "received 1");
}

TEST(MarkBook, TheLastPollDoesNotWait) {
  Book b({.flush_ms = 50});
  b.book.delivered(kAnn, 1, 0);
  b.now = 50;
  b.poll();
  b.book.try_again(b.marks[0].rid, 10'000, 50);
  b.book.hurry();
  EXPECT_EQ(b.poll(), "7:1/0");
}

TEST(MarkBook, TheServersCursorIsNotReportedBackToIt) {
  Book b({.flush_ms = 0});
  b.book.received_known(5);
  b.book.received(5, 0);
  EXPECT_EQ(b.poll(), "");
  b.book.received(6, 0);
  EXPECT_EQ(b.poll(), "received 6");
}

}  // namespace
}  // namespace plaza::client
