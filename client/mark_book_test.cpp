#include "client/mark_book.h"

#include <gtest/gtest.h>

namespace plaza::client {
namespace {

struct Book {
  explicit Book(MarkLimits limits = {}) : book(limits) { book.open(); }
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
  b.book.failed(b.marks[0].rid, true, 50);
  b.book.failed(b.marks[1].rid, false, 50);
  b.now = 100;
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
