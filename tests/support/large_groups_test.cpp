// The checker's part for large groups: a run in which everything is right, and each wrong in it found.
#include "tests/support/large_groups.h"

#include <gtest/gtest.h>

#include "tests/support/checker.h"

namespace plaza::tests {
namespace {

using client::Conversation;
using client::Message;
using State = Memberships::State;

constexpr std::uint64_t kAnn = 1, kBob = 2, kGroup = 9;

Message said(std::uint64_t cseq, std::uint64_t sender, const std::string& body, std::uint64_t seq = 0) {
  Message message{.conversation = Conversation::group(kGroup),
                  .sender = sender,
                  .body = body,
                  .id = 100 + cseq,
                  .seq = seq,
                  .cseq = cseq};
  if (sender == 0) message.kind = client::BodyKind::event;
  return message;
}

/// Ann says "a", the group grows, Ann says "b" and "c". Both inboxes have what was before; Bob's has a copy of "b" besides.
RunLog good_run() {
  RunLog run;
  for (const std::uint64_t member : {kAnn, kBob}) run.groups.note(kGroup, member, State::in, 0);
  const std::string grown = R"({"event":"grown","version":2})";
  const std::vector<Message> all{said(1, kAnn, "a"), said(2, 0, grown), said(3, kAnn, "b"),
                                 said(4, kAnn, "c")};
  run.large_groups = {{.group = kGroup, .entries = all}};
  DeviceLog ann{.member = kAnn, .device = "d"}, bob{.member = kBob, .device = "d"};
  for (const auto& [number, body] : {std::pair(1, "a"), std::pair(2, "b"), std::pair(3, "c")}) {
    const auto n = static_cast<std::uint64_t>(number);
    ann.sent.push_back({.to = Conversation::group(kGroup),
                        .body = body,
                        .offered = 10 * n,
                        .decided = 10 * n + 5,
                        .fate = Sent::Fate::stored,
                        .send_id = n,
                        .id = n == 1 ? 101 : 101 + n,
                        .seq = n == 1 ? 1U : 0U,
                        .cseq = n == 1 ? 1 : n + 1});
  }
  ann.seen = {said(1, kAnn, "a", 1), said(2, 0, grown, 2), all[2], all[3]};
  bob.seen = {said(1, kAnn, "a", 1), all[1], all[2], all[3]};
  ann.large[kGroup] = bob.large[kGroup] = 4;
  Inbox anns{.member = kAnn, .head = 2, .entries = {said(1, kAnn, "a", 1), said(2, 0, grown, 2)}};
  anns.entries[0].send_id = 1;
  anns.entries[0].device = "d";
  const Inbox bobs{.member = kBob,
                   .head = 3,
                   .entries = {said(1, kAnn, "a", 1), said(2, 0, grown, 2), said(3, kAnn, "b", 3)}};
  run.inboxes = {anns, bobs};
  run.devices = {ann, bob};
  return run;
}

testing::AssertionResult finds(const RunLog& run, const std::string& part) {
  const auto lines = check(run);
  for (const auto& line : lines) {
    if (line.find(part) != std::string::npos) return testing::AssertionSuccess();
  }
  auto result = testing::AssertionFailure() << "no line says '" << part << "' among:";
  for (const auto& line : lines) result << "\n  " << line;
  return result;
}

TEST(LargeGroupsChecked, NothingIsSaidOfARunInWhichAllPromisesAreKept) {
  EXPECT_EQ(check(good_run()), std::vector<std::string>{});
}

TEST(LargeGroupsChecked, WhatIsInNoInboxIsMissedWhenItIsNotInTheGroupEither) {
  RunLog run = good_run();
  run.large_groups[0].entries.pop_back();
  EXPECT_TRUE(finds(run, "'c' of 1/d: promise 1: is acknowledged (send_id 3) and not in the inbox of 2"));
}

TEST(LargeGroupsChecked, WhatWasSaidBeforeItGrewIsInEveryInbox) {
  RunLog run = good_run();
  run.inboxes[1].entries.erase(run.inboxes[1].entries.begin());
  EXPECT_TRUE(finds(run, "'a' of 1/d: promise 1: is acknowledged (send_id 1) and not in the inbox of 2"));
}

TEST(LargeGroupsChecked, AHoleOrAMessageThatIsThereTwiceIsFound) {
  RunLog hole = good_run();
  hole.large_groups[0].entries.erase(hole.large_groups[0].entries.begin() + 2);
  EXPECT_TRUE(finds(hole, "promise 3: expected cseq 3"));
  RunLog twice = good_run();
  twice.large_groups[0].entries.push_back(said(5, kAnn, "c"));
  EXPECT_TRUE(finds(twice, "promise 1: the message is there twice"));
  RunLog invented = good_run();
  invented.large_groups[0].entries.push_back(said(5, kAnn, "x"));
  EXPECT_TRUE(finds(invented, "promise 1: nobody sent this"));
  RunLog refused = good_run();
  refused.devices[0].sent[2].fate = Sent::Fate::refused;
  EXPECT_TRUE(finds(refused, "was refused and stored all the same"));
  RunLog order = good_run();
  std::swap(order.devices[0].sent[1], order.devices[0].sent[2]);
  EXPECT_TRUE(finds(order, "stands behind a later message of the same device"));
}

TEST(LargeGroupsChecked, AnApplicationThatMissedRepeatedOrReorderedIsFound) {
  RunLog missed = good_run();
  missed.devices[1].seen.erase(missed.devices[1].seen.begin() + 2);
  EXPECT_TRUE(finds(missed, "never got 'b' at 3"));
  RunLog twice = good_run();
  twice.devices[1].seen.push_back(said(3, kAnn, "b", 3));
  EXPECT_TRUE(finds(twice, "at 3: promise 1: for the second time"));
  RunLog order = good_run();
  std::swap(order.devices[1].seen[2], order.devices[1].seen[3]);
  EXPECT_TRUE(finds(order, "at 3: promise 2: after 4"));
  RunLog other = good_run();
  other.devices[1].seen[3].body = "x";
  EXPECT_TRUE(finds(other, "the group has another one there"));
  RunLog small = good_run();
  small.devices[1].seen.push_back(said(1, kAnn, "a"));
  small.devices[1].seen.back().conversation = Conversation::group(kGroup + 1);
  EXPECT_TRUE(finds(small, "the group is not a large one"));
}

TEST(LargeGroupsChecked, AtTheEndEverybodyWhoIsInItKnowsItAndIsAtItsHead) {
  RunLog unaware = good_run();
  unaware.devices[1].large.clear();
  EXPECT_TRUE(finds(unaware, "does not know that it is one"));
  RunLog behind = good_run();
  behind.devices[1].large[kGroup] = 3;
  EXPECT_TRUE(finds(behind, "is at 3 of 4"));
  behind.finished = false;
  EXPECT_EQ(check(behind), std::vector<std::string>{});
}

TEST(LargeGroupsChecked, WhatWaitedForItsTurnMayBeGivenLateButOnce) {
  RunLog run = good_run();
  auto& seen = run.devices[1].seen;
  const Message first = seen.front();
  seen.erase(seen.begin());
  run.inboxes[1].entries.push_back(
      {.conversation = Conversation::peer(kAnn), .sender = kAnn, .body = "d", .seq = 4, .cseq = 1});
  run.inboxes[1].head = 4;
  seen.push_back(run.inboxes[1].entries.back());
  seen.push_back(first);
  EXPECT_FALSE(finds(run, "for the second time"));
  EXPECT_FALSE(finds(run, "expected entry"));
  seen.push_back(first);
  EXPECT_TRUE(finds(run, "for the second time"));
}

TEST(LargeGroupsChecked, WhoCameLaterOrWentNeedsNothingOfTheTimeBetween) {
  RunLog run = good_run();
  run.groups = {};
  run.groups.note(kGroup, kAnn, State::in, 0);
  run.groups.note(kGroup, kBob, State::in, 0);
  run.groups.note(kGroup, kBob, State::out, 15);
  run.groups.note(kGroup, kBob, State::in, 29);
  run.devices[1].seen.erase(run.devices[1].seen.begin() + 2);
  run.inboxes[1].entries.pop_back();
  run.inboxes[1].head = 2;
  EXPECT_EQ(check(run), std::vector<std::string>{});
}

TEST(LargeGroupsChecked, AGapThatWasToldIsOneThatIsThere) {
  RunLog run = good_run();
  run.devices[1].seen.erase(run.devices[1].seen.begin() + 2);
  run.devices[1].gaps = {
      {.conversation = Conversation::group(kGroup), .old_epoch = 1, .epoch = 1, .from = 3, .to = 3}};
  EXPECT_TRUE(finds(run, "never got 'b' at 3")) << "nothing was removed";
  run.large_groups[0].trimmed = 3;
  EXPECT_EQ(check(run), std::vector<std::string>{});
}

}  // namespace
}  // namespace plaza::tests
