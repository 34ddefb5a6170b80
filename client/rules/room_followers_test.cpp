// Large groups as a client reads them: the position in each, and how a group becomes one.
#include "client/rules/room_followers.h"

#include <gtest/gtest.h>

#include <string>

#include "client/rules/session_rules.h"

namespace plaza::client {
namespace {

constexpr std::uint64_t kTea = 3;
using Cseqs = std::vector<std::uint64_t>;

Message said(std::uint64_t cseq, std::uint64_t seq = 0) {
  Message message;
  message.conversation = Conversation::group(kTea);
  message.sender = 8;
  message.body = "m" + std::to_string(cseq);
  message.cseq = cseq;
  message.seq = seq;
  message.epoch = seq == 0 ? 0 : 1;
  return message;
}
Message grown(std::uint64_t cseq, std::uint64_t seq) {
  Message message = said(cseq, seq);
  message.sender = 0;
  message.kind = BodyKind::event;
  message.body = R"({"event":"grown"})";
  return message;
}

/// One member's client, ready, whose inbox begins at 0.
class LargeGroups : public testing::Test {
 protected:
  void enter(std::vector<LargeGroup> groups, std::uint64_t inbox_head = 0) {
    rules_.entered({.member = 7,
                    .device = "d",
                    .name = "ann",
                    .epoch = 1,
                    .head = inbox_head,
                    .received = 0,
                    .last_send_id = 0,
                    .large_groups = std::move(groups)});
    rules_.ready(1, inbox_head);
  }
  /// The groups' syncs that go out now.
  std::vector<SyncFrame> syncs() {
    std::vector<SyncFrame> found;
    for (const Frame& frame : rules_.take_frames(now_ms_)) {
      const auto* sync = std::get_if<SyncFrame>(&frame);
      if (sync && sync->group != 0) found.push_back(*sync);
      if (std::get_if<MarkFrame>(&frame)) ++marks_;
    }
    return found;
  }
  void answer(const SyncFrame& sync, std::uint64_t first, std::uint64_t last, std::uint64_t head) {
    SyncPage page{.rid = sync.rid, .epoch = 1, .head = head, .more = last < head};
    for (std::uint64_t cseq = first; cseq <= last; ++cseq) page.messages.push_back(said(cseq));
    rules_.sync_page(page, now_ms_);
  }
  /// The group's messages that the application got, and the gaps as 0.
  Cseqs taken() {
    Cseqs found;
    for (const Event& event : rules_.take_events()) {
      if (const auto* message = std::get_if<Message>(&event)) {
        if (message->conversation == Conversation::group(kTea)) found.push_back(message->cseq);
      }
      if (std::get_if<Gap>(&event)) found.push_back(0);
    }
    return found;
  }

  SessionRules rules_;
  std::int64_t now_ms_ = 1'000;
  int marks_ = 0;
};

TEST_F(LargeGroups, AreReadFromTheReadMarkOnAndThenPushed) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 3}});
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].group, kTea);
  EXPECT_EQ(asked[0].since, 3U);
  EXPECT_EQ(asked[0].epoch, 1U);
  answer(asked[0], 4, 5, 5);
  rules_.push(said(6), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{4, 5, 6}));
  EXPECT_TRUE(syncs().empty());
  now_ms_ += 10'000;
  syncs();
  EXPECT_EQ(marks_, 0) << "nobody waits for the marks of a large group";
}

TEST_F(LargeGroups, APushThatSkipsOneIsHeldUntilTheHoleIsRead) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 5}});
  rules_.push(said(7), now_ms_);
  rules_.push(said(8), now_ms_);
  rules_.push(said(5), now_ms_);
  EXPECT_TRUE(taken().empty());
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  answer(asked[0], 6, 7, 7);
  EXPECT_EQ(taken(), (Cseqs{6, 7, 8}));
}

TEST_F(LargeGroups, AHeadThatIsToldIsReadUpTo) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 5}});
  EXPECT_TRUE(syncs().empty());
  rules_.group_head(kTea, 6, 0);
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  answer(asked[0], 6, 6, 6);
  EXPECT_EQ(taken(), Cseqs{6});
  EXPECT_TRUE(syncs().empty());
}

/// Pushes of the room overtake the event in the inbox; none comes twice.
TEST_F(LargeGroups, AGroupThatGrowsIsFollowedFromWhatTheInboxGaveLast) {
  enter({}, 3);
  rules_.push(said(1, 1), now_ms_);
  rules_.push(said(4), now_ms_);  // of the room alone already
  EXPECT_EQ(taken(), Cseqs{1});
  EXPECT_TRUE(rules_.rooms().is_large(kTea));
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 1U);
  EXPECT_EQ(asked[0].epoch, 0U) << "nobody told it yet";
  rules_.push(said(2, 2), now_ms_);
  rules_.push(grown(3, 3), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{2, 3, 4}));
  // Some who did not know yet have copied theirs to the inboxes.
  rules_.push(said(5, 4), now_ms_);
  answer(asked[0], 2, 5, 5);
  rules_.push(said(6), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{5, 6}));
  EXPECT_TRUE(syncs().empty());
}

/// The inbox was trimmed before it was read, and the event "grown" with it.
TEST_F(LargeGroups, OneWhoNeverHeardThatTheGroupGrewFollowsItFromTheFirstPush) {
  enter({}, 0);
  rules_.push(said(7), now_ms_);
  rules_.push(said(8), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{7, 8}));
}

TEST_F(LargeGroups, AskingWhetherSomethingWasMissedEndsWhenNothingWas) {
  enter({});
  rules_.push(grown(1, 1), now_ms_);
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  rules_.sync_page({.rid = asked[0].rid, .epoch = 1, .head = 1}, now_ms_);
  now_ms_ += 60'000;
  EXPECT_TRUE(syncs().empty());
}

/// It was away while the group grew: the inbox and the group both have what was said before, and each message is given once.
TEST_F(LargeGroups, WhatTheInboxGaveIsNotReadAgainWhenTheGroupGrewInBetween) {
  enter({});
  rules_.push(said(1, 1), now_ms_);
  rules_.push(said(2, 2), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{1, 2}));
  rules_.disconnected();
  enter({{.group = kTea, .epoch = 1, .head = 6, .read = 0}}, 4);
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 2U) << "not from the read mark";
  rules_.push(said(3, 3), now_ms_);
  rules_.push(grown(4, 4), now_ms_);
  answer(asked[0], 3, 6, 6);
  EXPECT_EQ(taken(), (Cseqs{3, 4, 5, 6}));
}

TEST_F(LargeGroups, OnesOwnMessageIsInItsPlaceByItsAck) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 5}});
  ASSERT_TRUE(rules_.send({.conversation = Conversation::group(kTea), .body = "mine"}));
  SendFrame sent;
  for (const Frame& frame : rules_.take_frames(now_ms_)) {
    if (const auto* send = std::get_if<SendFrame>(&frame)) sent = *send;
  }
  rules_.send_reply({.rid = sent.rid, .send_id = 1, .id = 9, .seq = 0, .cseq = 6, .epoch = 1}, now_ms_);
  rules_.push(said(7), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{6, 7}));
}

TEST_F(LargeGroups, AfterABreakItGoesOnWhereItWas) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 5}});
  rules_.push(said(6), now_ms_);
  rules_.disconnected();
  EXPECT_TRUE(syncs().empty());
  enter({{.group = kTea, .epoch = 1, .head = 8, .read = 0}});
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 6U);
  answer(asked[0], 7, 8, 8);
  EXPECT_EQ(taken(), (Cseqs{6, 7, 8}));
}

TEST_F(LargeGroups, WhatTheServerNoLongerHasIsAGapOfThatGroup) {
  enter({{.group = kTea, .epoch = 1, .head = 9, .read = 3}});
  const auto asked = syncs();
  SyncPage page{.rid = asked.at(0).rid, .epoch = 1, .head = 9, .too_old = true};
  for (std::uint64_t cseq = 8; cseq <= 9; ++cseq) page.messages.push_back(said(cseq));
  rules_.sync_page(page, now_ms_);
  const auto events = rules_.take_events();
  ASSERT_EQ(events.size(), 3U);
  const auto* gap = std::get_if<Gap>(&events[0]);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->conversation, Conversation::group(kTea));
  EXPECT_EQ(gap->from, 4U);
  EXPECT_EQ(gap->to, 7U);
}

TEST_F(LargeGroups, OneThatIsNotOnesOwnAnyMoreIsNotAskedForAgain) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 3}});
  const auto asked = syncs();
  rules_.frame_failed(asked.at(0).rid, 16, "not in the group", 0, now_ms_);
  now_ms_ += 60'000;
  const bool forgotten = !rules_.rooms().is_large(kTea);
  EXPECT_TRUE(forgotten);
  EXPECT_TRUE(syncs().empty());
  rules_.push(said(8), now_ms_);  // before the answer to the joining
  rules_.joined_large({.group = kTea, .epoch = 0, .head = 9, .read = 7});
  EXPECT_EQ(syncs().at(0).since, 8U) << "what was said while it was away is not its own";
  rules_.disconnected();
  enter({});
  EXPECT_FALSE(rules_.rooms().is_large(kTea));
}

/// GROUP_EVENT to the other devices may come after they have read on.
TEST_F(LargeGroups, ThatOneHasJoinedIsToldLateAndNothingIsGivenTwice) {
  enter({{.group = kTea, .epoch = 1, .head = 7, .read = 5}});
  answer(syncs().at(0), 6, 7, 7);
  rules_.joined_large({.group = kTea, .epoch = 0, .head = 8, .read = 5});
  answer(syncs().at(0), 8, 8, 8);
  EXPECT_EQ(taken(), (Cseqs{6, 7, 8}));
}

/// The group grew, one left it and came back, and all that while the inbox was not read.
TEST_F(LargeGroups, WhatALateInboxHasFromBeforeTheGroupWasFollowedIsGivenOnce) {
  enter({}, 3);
  rules_.push(said(1, 1), now_ms_);
  rules_.joined_large({.group = kTea, .epoch = 0, .head = 9, .read = 9});
  rules_.push(said(10), now_ms_);
  rules_.push(said(2, 2), now_ms_);
  rules_.push(said(3, 3), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{1, 10, 2, 3}));
  rules_.left_group(kTea);
  rules_.joined_large({.group = kTea, .epoch = 0, .head = 12, .read = 12});
  rules_.push(said(10, 4), now_ms_);
  EXPECT_TRUE(taken().empty()) << "it was given while the group was followed before";
  rules_.push(said(11, 5), now_ms_);
  EXPECT_EQ(taken(), Cseqs{11});
  rules_.left_group(kTea);
  rules_.push(said(10, 6), now_ms_);
  EXPECT_TRUE(taken().empty());
  rules_.push(said(9, 7), now_ms_);
  EXPECT_EQ(taken(), Cseqs{9});
}

TEST_F(LargeGroups, OneThatIsJoinedAgainByAnotherDeviceIsReadOnFromWhatItGaveBefore) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 5}});
  rules_.push(said(6), now_ms_);
  rules_.disconnected();
  enter({});
  EXPECT_FALSE(rules_.rooms().is_large(kTea));
  rules_.disconnected();
  enter({{.group = kTea, .epoch = 1, .head = 9, .read = 2}});
  EXPECT_EQ(syncs().at(0).since, 6U);
}

TEST_F(LargeGroups, OneThatIsJoinedAgainFromBeforeWhatTheInboxGaveGivesThatNoSecondTime) {
  enter({}, 3);
  // While it was small: the inbox gave 2, 3 and 4, and the member left.
  for (std::uint64_t cseq = 2; cseq <= 4; ++cseq) rules_.push(said(cseq, cseq - 1), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{2, 3, 4}));
  rules_.left_group(kTea);
  // It is large now, and the member never marked anything as read.
  rules_.joined_large({.group = kTea, .epoch = 1, .head = 6, .read = 0});
  const auto sync = syncs();
  ASSERT_EQ(sync.size(), 1U);
  EXPECT_EQ(sync[0].since, 0U);
  answer(sync[0], 1, 6, 6);
  EXPECT_EQ(taken(), (Cseqs{1, 5, 6}));
}

TEST_F(LargeGroups, InAnotherEpochEverythingBeginsAnew) {
  enter({{.group = kTea, .epoch = 1, .head = 2, .read = 0}}, 0);
  answer(syncs().at(0), 1, 2, 2);
  EXPECT_EQ(taken(), (Cseqs{1, 2}));
  rules_.disconnected();
  // An older copy was put back: what is at 2 now is another message.
  rules_.entered({.member = 7,
                  .device = "d",
                  .name = "ann",
                  .epoch = 2,
                  .head = 0,
                  .received = 0,
                  .last_send_id = 0,
                  .large_groups = {{.group = kTea, .epoch = 2, .head = 2, .read = 1}}});
  rules_.ready(2, 0);
  SyncPage inbox{.rid = 0, .epoch = 2, .head = 0, .too_old = true};
  for (const Frame& frame : rules_.take_frames(now_ms_)) {
    const auto* sync = std::get_if<SyncFrame>(&frame);
    if (sync && sync->group == 0) inbox.rid = sync->rid;
  }
  ASSERT_NE(inbox.rid, 0U);
  rules_.sync_page(inbox, now_ms_);
  const auto sync = syncs();
  ASSERT_EQ(sync.size(), 1U);
  EXPECT_EQ(sync[0].since, 1U);
  SyncPage page{.rid = sync[0].rid, .epoch = 2, .head = 2};
  page.messages.push_back(said(2));
  rules_.sync_page(page, now_ms_);
  EXPECT_EQ(taken(), (Cseqs{0, 2})) << "the gap is the inbox's: it begins anew";
}

TEST_F(LargeGroups, TheApplicationsOwnPositionComesBeforeTheReadMark) {
  rules_.start_groups_at({{kTea, {.inbox = 4}}});
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 1}});
  EXPECT_EQ(syncs().at(0).since, 4U);
}

TEST(RoomFollowers, WhatAnApplicationKeepsOfGroupsIsEnoughToGiveNothingTwiceAfterARestart) {
  RoomFollowers before({}, 1);
  before.ready();
  before.joined({.group = kTea, .epoch = 1, .head = 9, .read = 9});
  before.push(said(10));
  ASSERT_EQ(before.take_delivered().size(), 1U);
  RoomFollowers after({}, 1);
  after.start_at(before.kept());
  after.entered({{.group = kTea, .epoch = 1, .head = 12, .read = 2}});
  after.ready();
  std::uint64_t rid = 1;
  std::vector<SyncFrame> syncs;
  after.poll(0, rid, syncs);
  ASSERT_EQ(syncs.size(), 1U);
  EXPECT_EQ(syncs[0].since, 10U);
  Message again = said(10, 2), missed = said(9, 3);
  EXPECT_TRUE(after.from_inbox(again));
  EXPECT_TRUE(after.take_delivered().empty());
  EXPECT_FALSE(after.from_inbox(missed)) << "only the inbox has it";
}

/// A new device: others of the member have read on, and what the inbox has is given to each device from where that is.
TEST_F(LargeGroups, OneOfWhichNothingIsKnownBeginsWhereTheInboxSaysThatItGrew) {
  enter({{.group = kTea, .epoch = 1, .head = 8, .read = 6}}, 4);
  EXPECT_TRUE(syncs().empty()) << "not before the inbox is read";
  EXPECT_TRUE(rules_.rooms().behind());
  rules_.push(said(1, 1), now_ms_);
  rules_.push(said(9), now_ms_);
  rules_.group_head(kTea, 10, 6);
  rules_.push(said(2, 2), now_ms_);
  EXPECT_TRUE(syncs().empty());
  rules_.push(grown(3, 3), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{1, 2, 3}));
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 3U);
  answer(asked[0], 4, 10, 10);
  EXPECT_EQ(taken(), (Cseqs{4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(LargeGroups, OneOfWhichTheInboxHasNothingBeginsWhereTheMemberHasReadToWhenThatIsKnown) {
  enter({{.group = kTea, .epoch = 1, .head = 8, .read = 6}}, 1);
  rules_.push(said(9), now_ms_);
  EXPECT_TRUE(syncs().empty());
  Message other = said(1, 1);
  other.conversation = Conversation::peer(8);
  rules_.push(other, now_ms_);
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 6U);
  answer(asked[0], 7, 9, 9);
  EXPECT_EQ(taken(), (Cseqs{7, 8, 9}));
}

/// Else the positions of a group would be taken for those of the inbox.
TEST_F(LargeGroups, ALatePageOfAGroupIsNotTheInboxes) {
  enter({{.group = kTea, .epoch = 1, .head = 8, .read = 6}}, 0);
  const auto asked = syncs();
  now_ms_ += 10'000;
  const auto again = syncs();
  ASSERT_EQ(again.size(), 1U) << "the first answer is late";
  answer(asked.at(0), 7, 8, 8);
  answer(again.at(0), 7, 8, 8);
  EXPECT_EQ(taken(), (Cseqs{7, 8}));
  EXPECT_FALSE(rules_.stream().behind());
  rules_.group_head(kTea, 9, 0);
  const auto third = syncs();
  rules_.left_group(kTea);
  answer(third.at(0), 9, 9, 9);
  EXPECT_TRUE(taken().empty());
  EXPECT_FALSE(rules_.stream().behind());
}

TEST_F(LargeGroups, AnInboxThatIsReadLateDoesNotBringBackAGroupThatWasLeft) {
  enter({{.group = kTea, .epoch = 1, .head = 8, .read = 8}}, 0);
  rules_.push(said(9), now_ms_);
  rules_.left_group(kTea);
  rules_.push(grown(3, 1), now_ms_);
  EXPECT_EQ(taken(), (Cseqs{9, 3}));
  EXPECT_FALSE(rules_.rooms().is_large(kTea));
  EXPECT_TRUE(syncs().empty());
}

/// It was followed while it was about to grow, left, and joined again by another device before it grew: others have read on.
TEST_F(LargeGroups, OneThatWasLeftAndJoinedAgainMeanwhileIsReadFromWhereItWas) {
  enter({{.group = kTea, .epoch = 1, .head = 4, .read = 4}}, 0);
  rules_.disconnected();
  enter({}, 0);
  rules_.disconnected();
  enter({{.group = kTea, .epoch = 1, .head = 9, .read = 9}}, 1);
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 4U);
  rules_.push(grown(6, 1), now_ms_);
  answer(asked[0], 5, 9, 9);
  EXPECT_EQ(taken(), (Cseqs{5, 6, 7, 8, 9}));
}

/// Copies of what was said while the group grew wait for what is before them; the group is left, and nobody else has them.
TEST_F(LargeGroups, WhatWaitsForItsTurnIsGivenWhenTheGroupIsLeft) {
  enter({{.group = kTea, .epoch = 1, .head = 5, .read = 3}});
  rules_.push(said(5, 1), now_ms_);
  EXPECT_TRUE(taken().empty());
  rules_.left_group(kTea);
  EXPECT_EQ(taken(), Cseqs{5});
  enter({{.group = kTea, .epoch = 1, .head = 7, .read = 1}});
  EXPECT_EQ(syncs().at(0).since, 5U);
}

TEST_F(LargeGroups, WhatWaitedForItsTurnBeforeARestartIsGivenAfterIt) {
  RoomFollowers before({}, 1);
  before.entered({{.group = kTea, .epoch = 1, .head = 5, .read = 3}});
  before.inbox_read();
  EXPECT_TRUE(before.from_inbox(said(5, 1)));
  for (const bool still_in : {true, false}) {
    RoomFollowers after({}, 1);
    after.start_at(before.kept());
    after.ready();
    if (still_in) {
      after.entered({{.group = kTea, .epoch = 1, .head = 5, .read = 5}});
      EXPECT_TRUE(after.take_delivered().empty());
      after.push(said(4));
      EXPECT_EQ(after.take_delivered().size(), 2U) << "from where it was, not from the read mark";
    } else {
      after.entered({});
      const auto given = after.take_delivered();
      ASSERT_EQ(given.size(), 1U);
      EXPECT_EQ(given[0].item.message->seq, 1U) << "the inbox's";
    }
  }
}

/// GROUP_EVENT was not for a session that had not said READY, and a slow one misses it.
TEST_F(LargeGroups, TheHeadOfOneThatIsNotFollowedBeginsToFollowIt) {
  enter({});
  rules_.group_head(kTea, 9, 7);
  const auto asked = syncs();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].since, 7U);
  answer(asked[0], 8, 9, 9);
  EXPECT_EQ(taken(), (Cseqs{8, 9}));
}

}  // namespace
}  // namespace plaza::client
