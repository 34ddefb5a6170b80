#include "client/rules/send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <random>

#include "protocol/table.h"

namespace plaza::client {
namespace {

using protocol::Errno;

struct Sender {
  explicit Sender(SendLimits limits = {}, std::uint64_t last_send_id = 0) : queue(limits, 1) {
    queue.entered(last_send_id);
    queue.open();
  }
  void offer(std::string body) {
    ASSERT_TRUE(queue.offer({.conversation = Conversation::peer(7), .body = std::move(body)}));
  }
  /// "1:a 2:b": what goes out now.
  std::string poll() {
    frames.clear();
    queue.poll(now, rid, frames);
    std::string text;
    for (const SendFrame& f : frames) {
      text += (text.empty() ? "" : " ") + std::to_string(f.send_id) + ":" + f.message.body;
    }
    all.insert(all.end(), frames.begin(), frames.end());
    return text;
  }
  void ack(const SendFrame& frame, bool dup = false, std::uint64_t seq = 0) {
    queue.reply({.rid = frame.rid,
                 .send_id = frame.send_id,
                 .id = 100 + frame.send_id,
                 .seq = seq != 0 ? seq : 10 + frame.send_id,
                 .dup = dup},
                now);
  }
  void refuse(const SendFrame& frame, Errno error, std::uint64_t expected = 0,
              std::int64_t retry_after_ms = 0) {
    queue.reply({.error = static_cast<int>(error),
                 .rid = frame.rid,
                 .send_id = frame.send_id,
                 .expected = expected,
                 .retry_after_ms = retry_after_ms},
                now);
  }
  /// Sends and acknowledges one message, after which the numbering counts as proved.
  void prove() {
    offer("first");
    poll();
    ack(frames.at(0));
    outcomes();
  }
  /// "a=ok b=12"
  std::string outcomes() {
    std::string text;
    for (const SendOutcome& o : queue.take_outcomes()) {
      text += (text.empty() ? "" : " ") + o.message.body + "=" +
              (o.error == 0 ? "ok" : std::to_string(o.error));
    }
    return text;
  }
  void reconnect(std::uint64_t last_send_id) {
    queue.disconnected();
    queue.entered(last_send_id);
    queue.open();
  }
  Message copy(std::uint64_t send_id, std::string body, std::uint64_t seq) {
    return {.conversation = Conversation::peer(7),
            .body = std::move(body),
            .seq = seq,
            .mine = true,
            .send_id = send_id};
  }

  SendQueue queue;
  std::int64_t now = 0;
  std::uint64_t rid = 1;
  std::vector<SendFrame> frames, all;
};

TEST(SendQueue, NumbersGoOnAfterTheLastOneTheServerKnows) {
  Sender s({}, 41);
  s.offer("a");
  EXPECT_EQ(s.poll(), "42:a");
}

TEST(SendQueue, SendsOneUntilTheNumberingIsProvedThenTheWholeWindow) {
  Sender s({.unacked_max = 3});
  for (const char* body : {"a", "b", "c", "d", "e"}) s.offer(body);
  EXPECT_EQ(s.poll(), "1:a");
  EXPECT_EQ(s.poll(), "");
  s.ack(s.frames.empty() ? s.all[0] : s.frames[0]);
  EXPECT_EQ(s.poll(), "2:b 3:c 4:d");
  EXPECT_EQ(s.queue.on_the_wire(), 3U);
  EXPECT_EQ(s.poll(), "");
  s.ack(s.all[1]);
  EXPECT_EQ(s.poll(), "5:e");
}

TEST(SendQueue, RefusesOneMoreThanItsBound) {
  Sender s({.waiting_max = 2});
  s.offer("a");
  s.offer("b");
  EXPECT_FALSE(s.queue.offer({.body = "c"}));
  EXPECT_EQ(s.poll(), "1:a");
  s.ack(s.frames[0]);
  EXPECT_TRUE(s.queue.offer({.body = "c"}));
}

TEST(SendQueue, NothingGoesOutWhileNotReady) {
  SendQueue queue({}, 1);
  ASSERT_TRUE(queue.offer({.body = "a"}));
  std::vector<SendFrame> frames;
  std::uint64_t rid = 1;
  queue.poll(0, rid, frames);
  queue.entered(0);
  queue.poll(0, rid, frames);
  EXPECT_TRUE(frames.empty());
  queue.open();
  queue.poll(0, rid, frames);
  EXPECT_EQ(frames.size(), 1U);
}

TEST(SendQueue, RepeatsWhatIsUnacknowledgedAfterAReconnectInOrderUnderTheSameIds) {
  Sender s;
  s.prove();
  for (const char* body : {"a", "b", "c"}) s.offer(body);
  EXPECT_EQ(s.poll(), "2:a 3:b 4:c");
  s.ack(s.frames[0]);
  s.reconnect(3);  // b was stored, its ack was lost
  s.offer("d");
  EXPECT_EQ(s.poll(), "3:b 4:c 5:d");
  s.ack(s.frames[0], true);
  s.ack(s.frames[1]);
  s.ack(s.frames[2]);
  EXPECT_EQ(s.outcomes(), "a=ok b=ok c=ok d=ok");
}

TEST(SendQueue, ARefusalGivesItsIdToTheNextAndRepeatsWhatWasBehindIt) {
  Sender s;
  s.prove();
  for (const char* body : {"a", "b", "c"}) s.offer(body);
  EXPECT_EQ(s.poll(), "2:a 3:b 4:c");
  const auto old = s.frames;
  s.refuse(old[0], Errno::not_permitted);
  EXPECT_EQ(s.poll(), "2:b 3:c");
  const auto fresh = s.frames;
  // The answers to the dead transmissions must not touch the new holders of these ids.
  s.refuse(old[1], Errno::send_id_ahead, 2);
  s.refuse(old[2], Errno::send_id_ahead, 2);
  EXPECT_EQ(s.poll(), "");
  s.ack(fresh[0]);
  s.ack(fresh[1]);
  EXPECT_EQ(s.outcomes(), "a=12 b=ok c=ok");
}

TEST(SendQueue, TwoRefusalsInOneWindowEachFreeOneId) {
  Sender s;
  s.prove();
  for (const char* body : {"a", "b", "c"}) s.offer(body);
  s.poll();
  s.refuse(s.frames[0], Errno::not_permitted);
  EXPECT_EQ(s.poll(), "2:b 3:c");
  s.refuse(s.frames[0], Errno::too_large);
  EXPECT_EQ(s.poll(), "2:c");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "a=12 b=10 c=ok");
}

TEST(SendQueue, ARefusalBehindAPendingSendLeavesThatOneAlone) {
  Sender s;
  s.prove();
  for (const char* body : {"a", "b", "c"}) s.offer(body);
  s.poll();
  const auto old = s.frames;
  s.refuse(old[1], Errno::not_permitted);  // decided before a is committed
  EXPECT_EQ(s.poll(), "3:c");
  s.ack(old[0]);
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "b=12 a=ok c=ok");
}

TEST(SendQueue, UnavailableStorageKeepsTheMessageItsIdAndTheOrder) {
  Sender s;
  s.prove();
  for (const char* body : {"a", "b"}) s.offer(body);
  s.poll();
  const auto old = s.frames;
  s.refuse(old[0], Errno::unavailable, 0, 200);
  s.refuse(old[1], Errno::send_id_ahead, 2);
  EXPECT_EQ(s.poll(), "");
  ASSERT_TRUE(s.queue.next_wake_ms());
  EXPECT_GE(*s.queue.next_wake_ms(), 200);
  s.now = *s.queue.next_wake_ms();
  EXPECT_EQ(s.poll(), "2:a");
  EXPECT_EQ(s.outcomes(), "");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.poll(), "3:b");
}

TEST(SendQueue, RateLimitIsWaitedOutNotReportedAsARefusal) {
  Sender s;
  s.prove();
  s.offer("a");
  s.poll();
  s.refuse(s.frames[0], Errno::rate_limited, 0, 1500);
  s.now = 1499;
  EXPECT_EQ(s.poll(), "");
  s.now = *s.queue.next_wake_ms();
  EXPECT_EQ(s.poll(), "2:a");
}

TEST(SendQueue, ASilentServerIsAskedAgainAfterTheTimeoutAndALateAckStillCounts) {
  Sender s({.reply_timeout_ms = 1000});
  s.prove();
  s.offer("a");
  s.poll();
  const auto first = s.frames;
  EXPECT_EQ(s.queue.next_wake_ms(), 1000);
  s.now = 999;
  EXPECT_EQ(s.poll(), "");
  s.now = 1000;
  EXPECT_EQ(s.poll(), "2:a");
  s.ack(first[0]);
  EXPECT_EQ(s.outcomes(), "a=ok");
  s.ack(s.frames[0], true);
  EXPECT_EQ(s.outcomes(), "");
}

// Goal: a client over its rate does not send its window again for every message that is taken. Method: 200 messages
// through a server that takes one every 100 ms and answers the rest with "rate limited"; frames are counted.
TEST(SendQueue, OverTheRateItSendsLittleMoreThanWhatIsTaken) {
  Sender s;
  s.prove();
  for (int i = 0; i < 200; ++i) s.offer(std::to_string(i));
  std::int64_t free_at = 0;
  std::size_t frames = 0;
  for (; s.queue.waiting() != 0 && s.now < 100'000; ++s.now) {
    s.poll();
    frames += s.frames.size();
    for (const SendFrame& frame : std::vector(s.frames)) {
      if (s.now < free_at) {
        s.refuse(frame, Errno::rate_limited, 0, free_at - s.now);
      } else {
        s.ack(frame);
        free_at = s.now + 100;
      }
    }
  }
  EXPECT_EQ(s.queue.waiting(), 0U);
  EXPECT_LT(s.now, 40'000);
  EXPECT_LE(frames, 64U + 3U * 200U);
}

TEST(SendQueue, AfterTryAgainTheWindowIsOneAndGrowsByOneWithEachMessageTaken) {
  Sender s({.unacked_max = 3});
  s.prove();
  for (const char* body : {"a", "b", "c", "d", "e", "f", "g"}) s.offer(body);
  EXPECT_EQ(s.poll(), "2:a 3:b 4:c");
  s.refuse(s.frames[0], Errno::try_again, 0, 10);
  s.now = *s.queue.next_wake_ms();
  EXPECT_EQ(s.poll(), "2:a");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.poll(), "3:b 4:c");
  const auto both = s.frames;
  s.ack(both[0]);
  s.ack(both[1]);
  EXPECT_EQ(s.poll(), "5:d 6:e 7:f");
}

TEST(SendQueue, AServerThatStaysSilentIsAskedByOneMessageLaterAndLater) {
  Sender s({.reply_timeout_ms = 1000, .reply_timeout_cap_ms = 16'000});
  s.prove();
  for (const char* body : {"a", "b", "c"}) s.offer(body);
  EXPECT_EQ(s.poll(), "2:a 3:b 4:c");
  std::size_t frames = 0;
  std::int64_t longest = 0;
  while (s.now < 600'000) {
    const std::int64_t before = s.now;
    s.now = s.queue.next_wake_ms().value_or(0);
    ASSERT_GE(s.now, before + 1000);
    longest = std::max(longest, s.now - before);
    EXPECT_EQ(s.poll(), "2:a");
    ++frames;
  }
  EXPECT_LT(frames, 150U);
  EXPECT_GT(longest, 8000);
  EXPECT_LE(longest, 17'000);
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "a=ok");
  s.poll();
  EXPECT_EQ(s.queue.next_wake_ms(), s.now + 1000);  // it answers again: asked as usual
}

TEST(SendQueue, AServerThatForgotAcknowledgedSendsGetsTheOpenOnesUnderTheIdsItExpects) {
  Sender s({}, 9);
  s.offer("a");
  s.poll();
  s.ack(s.frames[0]);
  s.offer("b");
  s.offer("c");
  EXPECT_EQ(s.poll(), "11:b 12:c");
  s.refuse(s.frames[0], Errno::send_id_ahead, 6);
  EXPECT_EQ(s.poll(), "6:b");  // one at a time until proved
  s.ack(s.frames[0]);
  EXPECT_EQ(s.poll(), "7:c");
}

TEST(SendQueue, AnAckOfAnUnknownTransmissionIsIgnored) {
  Sender s;
  s.prove();
  s.offer("a");
  s.poll();
  s.queue.reply({.rid = 999, .send_id = 77}, 0);
  s.queue.reply({.error = 12, .rid = 999}, 0);
  EXPECT_EQ(s.outcomes(), "");
  EXPECT_EQ(s.queue.waiting(), 1U);
}

// An earlier run of the program sent "old" as 1 and died; it is committed only after this run entered.
TEST(SendQueue, StoredBeforeOfAnIdTriedOnceIsNotBelievedAndTheOtherMessagesCopyMovesOursOn) {
  Sender s;
  s.offer("new");
  EXPECT_EQ(s.poll(), "1:new");
  s.ack(s.frames[0], true, 5);
  EXPECT_EQ(s.outcomes(), "");
  EXPECT_EQ(s.queue.wanted_seq(), 5U);
  EXPECT_EQ(s.poll(), "");
  s.queue.own_copy(s.copy(1, "old", 5));
  EXPECT_EQ(s.queue.wanted_seq(), 0U);
  EXPECT_EQ(s.poll(), "2:new");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "new=ok");
}

TEST(SendQueue, StoredBeforeIsBelievedOnceTheCopyShowsTheSameMessage) {
  Sender s;
  s.offer("a");
  s.poll();
  s.ack(s.frames[0], true, 5);
  s.queue.own_copy(s.copy(1, "a", 5));
  EXPECT_EQ(s.outcomes(), "a=ok");
}

// The server was put back to a state in which send_id 2 is free. What stood in the inbox under it before is of no account.
TEST(SendQueue, CopiesFromBeforeARestartOfTheStreamsDecideNothing) {
  Sender s;
  s.prove();
  s.offer("lost");
  s.poll();
  s.queue.own_copy(s.copy(2, "lost", 12));
  EXPECT_EQ(s.outcomes(), "lost=ok");
  s.reconnect(1);
  s.queue.inbox_restarted();
  s.offer("new");
  EXPECT_EQ(s.poll(), "2:new");
  s.reconnect(2);  // it was stored, and the answer is lost
  EXPECT_EQ(s.poll(), "2:new");
  s.ack(s.frames[0], true, 12);
  s.queue.own_copy(s.copy(2, "new", 12));
  EXPECT_EQ(s.outcomes(), "new=ok");
  EXPECT_EQ(s.queue.waiting(), 0U);
}

TEST(SendQueue, TheCopyInTheInboxIsAsGoodAsALostAck) {
  Sender s;
  s.prove();
  s.offer("a");
  s.poll();
  s.queue.own_copy(s.copy(2, "a", 5));
  EXPECT_EQ(s.outcomes(), "a=ok");
}

// "a" was stored, its ack lost; after the reconnect the peer has blocked us and the server refuses the retry.
/// Another device of the member has edited or recalled the message before this one heard that it is stored.
TEST(SendQueue, ACopyThatWasEditedOrRecalledSinceIsStillTheSameMessage) {
  for (const bool recalled : {false, true}) {
    Sender s;
    s.prove();
    s.offer("a");
    s.poll();
    s.reconnect(2);
    Message copy = s.copy(2, recalled ? "" : "edited", 5);
    copy.recalled = recalled;
    copy.edits = recalled ? 0 : 1;
    s.queue.own_copy(copy);
    EXPECT_EQ(s.outcomes(), "a=ok");
    EXPECT_EQ(s.poll(), "");
  }
}

TEST(SendQueue, ACopyOfAnotherChangeOrAnswerIsAnotherMessage) {
  const Outgoing edit{.conversation = Conversation::peer(7),
                      .kind = BodyKind::change,
                      .body = "new",
                      .change = {.action = Change::Action::edit, .target = 4}};
  const auto same = [&](const std::function<void(Message&)>& spoil) {
    Sender s;
    s.prove();
    EXPECT_TRUE(s.queue.offer(edit));
    s.poll();
    s.reconnect(2);
    Message copy = s.copy(2, "new", 5);
    copy.kind = BodyKind::change;
    copy.change = edit.change;
    spoil(copy);
    s.queue.own_copy(copy);
    return s.outcomes() == "new=ok";
  };
  EXPECT_TRUE(same([](Message&) {}));
  EXPECT_TRUE(same([](Message& m) { m.body.clear(), m.recalled = true; })) << "what it edited was recalled";
  EXPECT_FALSE(same([](Message& m) { m.body = "other"; }));
  EXPECT_FALSE(same([](Message& m) { m.change.target = 5; }));
  EXPECT_FALSE(same([](Message& m) { m.change.action = Change::Action::recall; }));
  EXPECT_FALSE(same([](Message& m) { m.kind = BodyKind::text, m.change = {}; }));
  EXPECT_FALSE(same([](Message& m) { m.reply_to = 3; }));
}

TEST(SendQueue, ARefusalOfWhatTheServerHasStoredCountsAsStored) {
  Sender s;
  s.prove();
  s.offer("a");
  s.offer("b");
  s.poll();
  s.reconnect(2);
  EXPECT_EQ(s.poll(), "2:a 3:b");
  s.refuse(s.frames[0], Errno::not_permitted);
  s.ack(s.frames[1]);
  EXPECT_EQ(s.outcomes(), "a=ok b=ok");
}

// As above, but "a" was still on its way to the disk when we entered, so the server did not count it yet.
TEST(SendQueue, AfterAnUnclearRefusalTheNextMessageIsNotTakenForTheRefusedOne) {
  Sender s;
  s.prove();
  s.offer("a");
  s.offer("b");
  s.poll();
  s.reconnect(1);
  EXPECT_EQ(s.poll(), "2:a 3:b");
  s.refuse(s.frames[0], Errno::not_permitted);
  EXPECT_EQ(s.outcomes(), "a=12");
  EXPECT_EQ(s.poll(), "2:b");
  s.ack(s.frames[0], true, 20);  // that is a, stored after all
  EXPECT_EQ(s.outcomes(), "");
  s.queue.own_copy(s.copy(2, "a", 20));
  EXPECT_EQ(s.poll(), "3:b");
  s.ack(s.frames[0], true, 21);  // and b was stored by the first connection as 3
  s.queue.own_copy(s.copy(3, "b", 21));
  EXPECT_EQ(s.outcomes(), "b=ok");
}

TEST(SendQueue, DoubtEndsWhenTheInboxIsReadAndTheCopyIsNotThere) {
  Sender s;
  s.offer("a");
  s.poll();
  s.ack(s.frames[0], true, 5);
  s.queue.inbox_read_to(4);
  EXPECT_EQ(s.poll(), "");
  s.queue.inbox_read_to(5);
  EXPECT_EQ(s.poll(), "2:a");
}

TEST(SendQueue, AMessageThatEndsEveryConnectionIsRefusedOnceItWasAloneAndTheOthersGo) {
  Sender s;
  s.prove();
  for (const char* body : {"a", "poison", "b"}) s.offer(body);
  EXPECT_EQ(s.poll(), "2:a 3:poison 4:b");
  s.queue.faulted(8, "malformed JSON");
  s.reconnect(1);
  EXPECT_EQ(s.outcomes(), "");
  EXPECT_EQ(s.poll(), "2:a");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.poll(), "3:poison");
  s.queue.faulted(8, "malformed JSON");
  s.reconnect(2);
  EXPECT_EQ(s.outcomes(), "a=ok poison=8");
  EXPECT_EQ(s.poll(), "3:b");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "b=ok");
}

// The frame that broke the connection was a request of the application, not the message beside it.
TEST(SendQueue, AMessageIsNotBlamedForOneFaultNorForOneThatCameWithoutIt) {
  Sender s;
  s.prove();
  s.offer("a");
  s.poll();
  s.queue.faulted(8, "");
  s.reconnect(1);
  s.queue.faulted(8, "");
  s.reconnect(1);
  EXPECT_EQ(s.outcomes(), "");
  EXPECT_EQ(s.poll(), "2:a");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "a=ok");
}

// The copy of "a" is trimmed, so only the end of the reading can decide it.
TEST(SendQueue, ARefusalBehindASendInDoubtDoesNotEndTheWaitForItsCopy) {
  Sender s;
  s.prove();
  s.offer("a");
  s.offer("b");
  EXPECT_EQ(s.poll(), "2:a 3:b");
  s.ack(s.frames[0], true, 30);
  s.refuse(s.frames[1], Errno::not_in_group);
  EXPECT_EQ(s.outcomes(), "b=" + std::to_string(static_cast<int>(Errno::not_in_group)));
  EXPECT_EQ(s.queue.wanted_seq(), 30U);
  s.queue.inbox_read_to(30);
  EXPECT_EQ(s.queue.wanted_seq(), 0U);
  EXPECT_EQ(s.poll(), "3:a");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "a=ok");
}

TEST(SendQueue, AnotherSessionOfTheDeviceMayUseNumbersInBetween) {
  Sender s;
  s.prove();
  s.reconnect(7);
  s.offer("a");
  EXPECT_EQ(s.poll(), "8:a");
}

// A second program under the same device name was faster.
TEST(SendQueue, ANumberThatHoldsAnotherMessageIsLeftToItAndTheExpectedOneIsTaken) {
  Sender s;
  s.prove();
  s.offer("a");
  s.offer("b");
  EXPECT_EQ(s.poll(), "2:a 3:b");
  const auto old = s.frames;
  s.refuse(old[0], Errno::conflict, 7);
  s.refuse(old[1], Errno::conflict, 7);
  EXPECT_EQ(s.poll(), "7:a");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.poll(), "8:b");
  s.ack(s.frames[0]);
  const auto outcomes = s.queue.take_outcomes();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].error, 0);
  EXPECT_EQ(outcomes[0].send_id, 7U);
  EXPECT_TRUE(outcomes[0].number_was_taken) << "the application can say that two programs use this name";
  EXPECT_FALSE(outcomes[1].number_was_taken);
}

TEST(SendQueue, WhatWasBehindAConflictOnTheWireAndWasAcceptedIsNotSentAgain) {
  Sender s;
  s.prove();
  s.offer("a");
  s.offer("b");
  EXPECT_EQ(s.poll(), "2:a 3:b");
  const auto old = s.frames;
  s.refuse(old[0], Errno::conflict, 3);  // 2 is the other program's; 3 was free when a was refused
  EXPECT_EQ(s.poll(), "3:a");
  const auto again = s.frames;
  s.ack(old[1]);
  EXPECT_EQ(s.outcomes(), "b=ok");
  s.refuse(again[0], Errno::conflict, 4);
  s.now += 60'000;  // lost twice: it waits a while
  EXPECT_EQ(s.poll(), "4:a");
  s.ack(s.frames[0]);
  EXPECT_EQ(s.outcomes(), "a=ok");
}

// "a" was refused, "b" is stored under the number of its first transmission: it must not jump past it.
TEST(SendQueue, AConflictBelowANumberThatWasTriedBeforeGoesToTheNextOneOnly) {
  Sender s;
  s.prove();
  s.offer("a");
  s.offer("b");
  s.poll();
  s.reconnect(1);
  EXPECT_EQ(s.poll(), "2:a 3:b");
  s.refuse(s.frames[0], Errno::not_permitted);
  EXPECT_EQ(s.poll(), "2:b");
  s.refuse(s.frames[0], Errno::conflict, 4);  // that is a, stored after all, and b is 3
  EXPECT_EQ(s.poll(), "3:b");
  s.ack(s.frames[0], true, 21);
  s.queue.own_copy(s.copy(3, "b", 21));
  EXPECT_EQ(s.outcomes(), "a=12 b=ok");
}

TEST(SendQueue, AfterACopyOfASecondProgramTheNextMessageTakesTheNumberBehindIt) {
  Sender s;
  s.prove();
  s.queue.own_copy(s.copy(2, "ok", 5));
  s.offer("ok");
  EXPECT_EQ(s.poll(), "3:ok");
}

/// Goal: two programs under one device name lose nothing, double nothing and do not hold each other up for ever.
/// Method: the server's rule of send_ids between two queues, with answers that take a random time, over many seeds.
TEST(SendQueue, TwoProgramsUnderOneDeviceNameGetOnEachWithAllOfItsMessagesOnce) {
  constexpr int kMessages = 40;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> stored;
    struct Program {
      explicit Program(std::uint64_t own_seed) : queue({.unacked_max = 8}, own_seed) {}
      SendQueue queue;
      std::uint64_t rid = 1;
      std::deque<SendFrame> up;
      std::deque<SendReply> down;
      int offered = 0;
    };
    std::array<Program, 2> programs{Program(seed), Program(seed + 1'000)};
    for (Program& p : programs) {
      p.queue.entered(0);
      p.queue.open();
    }
    const auto decide = [&](const SendFrame& frame) {
      SendReply reply{.rid = frame.rid, .send_id = frame.send_id};
      const std::string& body = frame.message.body;
      if (frame.send_id > stored.size() + 1) {
        reply.error = static_cast<int>(Errno::send_id_ahead);
        reply.expected = stored.size() + 1;
      } else if (frame.send_id == stored.size() + 1) {
        stored.push_back(body);
        reply.seq = frame.send_id;
      } else if (stored[frame.send_id - 1] == body) {
        reply.seq = frame.send_id;
        reply.dup = true;
      } else {
        reply.error = static_cast<int>(Errno::conflict);
        reply.expected = stored.size() + 1;
      }
      return reply;
    };
    std::int64_t now = 0;
    int outcomes = 0;
    for (int step = 0; step < 200'000 && outcomes < 2 * kMessages; ++step) {
      const std::size_t who = random() % 2;
      Program& p = programs[who];
      now += static_cast<std::int64_t>(random() % 3);
      switch (random() % 4) {
        case 0:
          if (p.offered < kMessages)
            ASSERT_TRUE(p.queue.offer({.conversation = Conversation::peer(7),
                                       .body = std::to_string(who) + "/" + std::to_string(p.offered++)}));
          break;
        case 1: {
          std::vector<SendFrame> frames;
          p.queue.poll(now, p.rid, frames);
          for (SendFrame& frame : frames) p.up.push_back(std::move(frame));
          break;
        }
        case 2:
          if (p.up.empty()) break;
          p.down.push_back(decide(p.up.front()));
          p.up.pop_front();
          break;
        default:
          if (p.down.empty()) break;
          p.queue.reply(p.down.front(), now);
          p.down.pop_front();
          for (const SendOutcome& outcome : p.queue.take_outcomes()) {
            EXPECT_EQ(outcome.error, 0);
            ++outcomes;
          }
      }
    }
    ASSERT_EQ(outcomes, 2 * kMessages) << "seed " << seed;
    std::sort(stored.begin(), stored.end());
    EXPECT_EQ(std::adjacent_find(stored.begin(), stored.end()), stored.end()) << "doubled, seed " << seed;
    EXPECT_EQ(stored.size(), 2U * kMessages) << "seed " << seed;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(SendQueue, AsksForNoWakeWhenNothingIsOpen) {
  Sender s;
  EXPECT_FALSE(s.queue.next_wake_ms());
  s.prove();
  EXPECT_FALSE(s.queue.next_wake_ms());
}

}  // namespace
}  // namespace plaza::client
