// The checker itself: a run in which everything is right, and each wrong in it found.
#include "tests/support/checker.h"

#include <gtest/gtest.h>

#include <functional>

namespace plaza::tests {
namespace {

using client::Conversation;
using client::Message;
using State = Memberships::State;

constexpr std::uint64_t kAnn = 1, kBob = 2, kCid = 3, kGroup = 9;

Message entry(std::uint64_t reader, std::uint64_t seq, const std::string& body, std::uint64_t sender,
              Conversation sent_to, std::uint64_t id, std::uint64_t cseq, std::uint64_t send_id) {
  Message message{.conversation = sent_to,
                  .sender = sender,
                  .body = body,
                  .id = id,
                  .epoch = 1,
                  .seq = seq,
                  .cseq = cseq};
  if (!sent_to.is_group() && reader != sender) message.conversation = Conversation::peer(sender);
  if (reader == sender) {
    message.mine = true;
    message.send_id = send_id;
    message.device = "d";
  }
  return message;
}

/// Ann writes to Bob twice, then to the group of all three.
RunLog good_run() {
  RunLog run;
  for (const std::uint64_t member : {kAnn, kBob, kCid}) run.groups.note(kGroup, member, State::in, 0);
  DeviceLog ann{.member = kAnn, .device = "d"};
  const auto to_bob = Conversation::peer(kBob);
  const auto to_group = Conversation::group(kGroup);
  const auto stored = [](Conversation to, const char* body, Moment at, std::uint64_t n, std::uint64_t cseq) {
    return Sent{.to = to,
                .body = body,
                .offered = at,
                .decided = at + 5,
                .fate = Sent::Fate::stored,
                .send_id = n,
                .id = 100 + n,
                .seq = n,
                .cseq = cseq};
  };
  ann.sent = {stored(to_bob, "a", 10, 1, 1), stored(to_bob, "b", 20, 2, 2), stored(to_group, "c", 30, 3, 1)};
  const auto box = [&](std::uint64_t reader, bool pair) {
    Inbox inbox{.member = reader};
    if (pair)
      inbox.entries = {entry(reader, 1, "a", kAnn, to_bob, 101, 1, 1),
                       entry(reader, 2, "b", kAnn, to_bob, 102, 2, 2)};
    inbox.entries.push_back(entry(reader, inbox.entries.size() + 1, "c", kAnn, to_group, 103, 1, 3));
    inbox.head = inbox.entries.size();
    return inbox;
  };
  run.inboxes = {box(kAnn, true), box(kBob, true), box(kCid, false)};
  ann.seen = run.inboxes[0].entries;
  run.devices = {ann,
                 {.member = kBob, .device = "d", .seen = run.inboxes[1].entries},
                 {.member = kCid, .device = "d", .seen = run.inboxes[2].entries}};
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

TEST(Checker, SaysNothingOfARunInWhichAllPromisesAreKept) {
  EXPECT_EQ(check(good_run()), std::vector<std::string>{});
}

/// The same, and then the group is handed over, which all three are told at its position 2 and 3.
RunLog run_with_events() {
  RunLog run = good_run();
  std::uint64_t cseq = 2;
  for (const char* body : {R"({"event":"muted","version":4})", R"({"event":"owner_changed","version":5})"}) {
    for (std::size_t i = 0; i < run.inboxes.size(); ++i) {
      Inbox& inbox = run.inboxes[i];
      inbox.entries.push_back(
          entry(inbox.member, ++inbox.head, body, 0, Conversation::group(kGroup), 200 + cseq, cseq, 0));
      inbox.entries.back().kind = client::BodyKind::event;
      run.devices[i].seen.push_back(inbox.entries.back());
    }
    ++cseq;
  }
  return run;
}

using Action = client::Change::Action;

/// Ann's "a" to Bob becomes "a2", and her "b" is edited to "b2" and then recalled. The applications saw all of it as it came.
RunLog run_with_changes() {
  RunLog run = good_run();
  const auto to_bob = Conversation::peer(kBob);
  struct Made {
    const char* body;
    Action action;
    std::uint64_t target;
  };
  const Made all[] = {{"a2", Action::edit, 1}, {"b2", Action::edit, 2}, {"", Action::recall, 2}};
  std::uint64_t n = 4;
  for (const Made& made : all) {
    const client::Change change{.action = made.action, .target = made.target};
    run.devices[0].sent.push_back({.to = to_bob,
                                   .body = made.body,
                                   .change = change,
                                   .offered = 10 * n,
                                   .decided = 10 * n + 5,
                                   .fate = Sent::Fate::stored,
                                   .send_id = n,
                                   .id = 100 + n,
                                   .seq = n,
                                   .cseq = n - 1});
    for (std::size_t i = 0; i < 2; ++i) {
      Inbox& inbox = run.inboxes[i];
      Message shown = entry(inbox.member, ++inbox.head, made.body, kAnn, to_bob, 100 + n, n - 1, n);
      shown.kind = client::BodyKind::change;
      shown.change = change;
      run.devices[i].seen.push_back(shown);
      inbox.entries.push_back(shown);
    }
    ++n;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    auto& entries = run.inboxes[i].entries;
    entries[0].body = "a2";
    entries[0].edits = 1;
    entries[1].body.clear();
    entries[1].edits = 1;
    entries[1].recalled = true;
    entries[4].body.clear();  // what the edit of it said
    entries[4].recalled = true;
  }
  return run;
}

TEST(Checker, TakesRecallsAndEditsForWhatTheyAre) {
  EXPECT_EQ(check(run_with_changes()), std::vector<std::string>{});
}

TEST(Checker, FindsAChangeThatIsAcknowledgedAndMissingOrThereTwice) {
  RunLog missing = run_with_changes();
  missing.inboxes[1].entries.pop_back();
  --missing.inboxes[1].head;
  EXPECT_TRUE(finds(missing, "is acknowledged (send_id 6) and not in the inbox of 2"));
  RunLog twice = run_with_changes();
  twice.inboxes[1].entries.push_back(twice.inboxes[1].entries.back());
  twice.inboxes[1].entries.back().seq = ++twice.inboxes[1].head;
  EXPECT_TRUE(finds(twice, "the message is there twice"));
}

TEST(Checker, FindsAChangeWithoutEffectAndAnEffectWithoutAChange) {
  const auto in_both = [](const std::function<void(std::vector<Message>&)>& spoil) {
    RunLog run = run_with_changes();
    for (std::size_t i = 0; i < 2; ++i) spoil(run.inboxes[i].entries);
    return run;
  };
  const char* const found = "it is not what its changes made of it";
  EXPECT_TRUE(finds(in_both([](auto& entries) { entries[1].recalled = false; }), found))
      << "recalled, and there";
  EXPECT_TRUE(finds(in_both([](auto& entries) { entries[1].body = "b"; }), found)) << "its body is left";
  EXPECT_TRUE(finds(in_both([](auto& entries) { entries[4].body = "b2"; }), found))
      << "that of its edit is left";
  EXPECT_TRUE(finds(in_both([](auto& entries) { entries[0].body = "a"; }), found)) << "not edited";
  EXPECT_TRUE(finds(in_both([](auto& entries) { entries[0].edits = 2; }), found))
      << "edited twice by one edit";
  EXPECT_TRUE(
      finds(in_both([](auto& entries) { entries[0].recalled = true, entries[0].body.clear(); }), found))
      << "recalled by nobody";
}

TEST(Checker, FindsAMessageThatIsChangedForSomeOnly) {
  RunLog run = run_with_changes();
  run.inboxes[1].entries[0].edits = 2;
  EXPECT_TRUE(finds(run, "others have it edited or recalled another way"));
}

TEST(Checker, FindsAnApplicationThatSawAnotherMessageThere) {
  RunLog run = run_with_changes();
  run.devices[1].seen[0].id = 777;
  EXPECT_TRUE(finds(run, "there the inbox has"));
  RunLog never = good_run();
  never.devices[1].seen[0].body = "something else";
  EXPECT_TRUE(finds(never, "there the inbox has"));
}

TEST(Checker, FindsAnApplicationThatShowsAMessageOtherwiseThanItsChangesSay) {
  RunLog other_words = run_with_changes();
  other_words.devices[1].seen[3].body = "a3";
  EXPECT_TRUE(finds(other_words, "changes: it shows 'a3' and not 'a2'"));
  RunLog gone = run_with_changes();
  gone.devices[1].seen[0].recalled = true;
  EXPECT_TRUE(finds(gone, "changes: it shows '' and not 'a2'"));
  RunLog kept = run_with_changes();
  kept.devices[1].seen[5].change.action = Action::edit;
  kept.devices[1].seen[5].body = "b";
  EXPECT_TRUE(finds(kept, "changes: it shows 'b' and not ''"));
}

TEST(Checker, FindsAMemberWhoChangedWhatItHadNoRightTo) {
  RunLog run = run_with_changes();
  run.groups.note(kGroup, kBob, State::in, 0);
  const client::Change recall{.action = Action::recall, .target = 1};
  const auto to_group = Conversation::group(kGroup);
  run.devices[1].sent.push_back({.to = to_group,
                                 .body = "",
                                 .change = recall,
                                 .offered = 100,
                                 .decided = 105,
                                 .fate = Sent::Fate::stored,
                                 .send_id = 1,
                                 .id = 200,
                                 .cseq = 2});
  for (std::size_t i = 0; i < run.inboxes.size(); ++i) {
    Inbox& inbox = run.inboxes[i];
    for (Message& said : inbox.entries) {
      if (!said.conversation.is_group()) continue;
      said.body.clear();
      said.recalled = true;
    }
    Message shown = entry(inbox.member, ++inbox.head, "", kBob, to_group, 200, 2, 1);
    shown.kind = client::BodyKind::change;
    shown.change = recall;
    run.devices[i].seen.push_back(shown);
    inbox.entries.push_back(shown);
  }
  EXPECT_TRUE(finds(run, "changes: 2 had no right to it"));
  run.owners[kGroup] = kBob;
  EXPECT_EQ(check(run), std::vector<std::string>{});
  run.owners[kGroup] = kCid;
  EXPECT_TRUE(finds(run, "changes: 2 had no right to it"));
}

TEST(Checker, TakesChangesOfAGroupForWhatTheyAre) {
  EXPECT_EQ(check(run_with_events()), std::vector<std::string>{});
  RunLog run = run_with_events();
  for (Inbox& inbox : run.inboxes) inbox.entries.back().body = "{}";
  EXPECT_TRUE(finds(run, "is no change of a group"));
}

TEST(Checker, FindsAChangeThatIsThereTwiceOrOutOfOrder) {
  RunLog twice = run_with_events();
  for (Inbox& inbox : twice.inboxes) inbox.entries.back().body = R"({"event":"muted","version":4})";
  EXPECT_TRUE(finds(twice, "change 4 follows 4"));
  RunLog other = run_with_events();
  other.inboxes[2].entries.back().body = R"({"event":"owner_changed","version":6})";
  EXPECT_TRUE(finds(other, "others have"));
}

TEST(Checker, FindsAClassicClientThatIsShownAChange) {
  RunLog run = run_with_events();
  run.devices[1].classic = true;
  EXPECT_TRUE(finds(run, "or an event"));
  run.devices[1].seen.resize(run.devices[1].seen.size() - 2);
  EXPECT_EQ(check(run), std::vector<std::string>{}) << "it has missed nothing";
}

TEST(Checker, FindsAnAcknowledgedMessageThatIsMissing) {
  RunLog run = good_run();
  run.inboxes[1].entries.pop_back();
  run.inboxes[1].head = 2;
  EXPECT_TRUE(finds(run, "is acknowledged (send_id 3) and not in the inbox of 2"));
}

TEST(Checker, FindsAMessageThatIsThereTwice) {
  RunLog run = good_run();
  run.inboxes[1].entries.push_back(run.inboxes[1].entries[0]);
  run.inboxes[1].entries.back().seq = 4;
  run.inboxes[1].head = 4;
  EXPECT_TRUE(finds(run, "the message is there twice"));
}

TEST(Checker, FindsWhatWasNeverSent) {
  RunLog run = good_run();
  run.inboxes[1].entries[0].body = "x";
  EXPECT_TRUE(finds(run, "nobody sent this"));
}

TEST(Checker, FindsARefusedMessageThatWasStored) {
  RunLog run = good_run();
  run.devices[0].sent[1].fate = Sent::Fate::refused;
  EXPECT_TRUE(finds(run, "was refused"));
}

TEST(Checker, FindsMessagesOfADeviceOutOfOrder) {
  RunLog run = good_run();
  std::swap(run.inboxes[1].entries[0].body, run.inboxes[1].entries[1].body);
  EXPECT_TRUE(finds(run, "stands behind a later message of the same device"));
}

TEST(Checker, FindsTwoOrdersOfOneConversation) {
  RunLog run = good_run();
  run.inboxes[1].entries[0].cseq = 2;
  run.inboxes[1].entries[1].cseq = 3;
  EXPECT_TRUE(finds(run, "others have"));
}

TEST(Checker, FindsAHoleInAnInboxAndAWrongHead) {
  RunLog hole = good_run();
  hole.inboxes[1].entries[2].seq = 4;
  EXPECT_TRUE(finds(hole, "expected seq 3"));
  RunLog head = good_run();
  head.inboxes[1].head = 4;
  EXPECT_TRUE(finds(head, "the head is 4"));
}

TEST(Checker, FindsAHoleInAConversation) {
  RunLog run = good_run();
  for (auto& inbox : run.inboxes) inbox.entries.back().cseq = 2;
  run.devices[0].sent[2].cseq = 2;
  EXPECT_TRUE(finds(run, "position 1 is missing"));
}

TEST(Checker, FindsASkippedSendId) {
  RunLog run = good_run();
  run.inboxes[0].entries[2].send_id = 4;
  EXPECT_TRUE(finds(run, "send_id 4 of 1/d follows 2"));
}

TEST(Checker, FindsAnApplicationThatMissedOrRepeatedAnEntry) {
  RunLog missed = good_run();
  missed.devices[1].seen.erase(missed.devices[1].seen.begin());
  EXPECT_TRUE(finds(missed, "expected entry 1"));
  RunLog twice = good_run();
  twice.devices[1].seen.push_back(twice.devices[1].seen.back());
  EXPECT_TRUE(finds(twice, "expected entry 4"));
  RunLog late = good_run();
  late.devices[1].seen.pop_back();
  EXPECT_TRUE(finds(late, "saw entries up to 2 of 3"));
}

TEST(Checker, AGapIsRightWhereRetentionRemovedEntriesAndWasSaid) {
  RunLog run = good_run();
  DeviceLog& bob = run.devices[1];
  bob.seen.erase(bob.seen.begin(), bob.seen.begin() + 2);
  bob.gaps = {{.old_epoch = 1, .epoch = 1, .from = 1, .to = 2}};
  EXPECT_TRUE(finds(run, "was told of a gap from 1 to 2")) << "nothing was trimmed";
  run.inboxes[1].trimmed = 1;
  EXPECT_TRUE(finds(run, "was told of a gap from 1 to 2")) << "2 is still there";
  run.inboxes[1].trimmed = 2;
  EXPECT_EQ(check(run), std::vector<std::string>{});
  bob.gaps.clear();
  EXPECT_TRUE(finds(run, "expected entry 1")) << "it was not told";
  bob.gaps = {{.old_epoch = 1, .epoch = 1, .from = 1, .to = 1}};
  EXPECT_TRUE(finds(run, "expected entry 2")) << "it was told of less than it missed";
  bob.gaps = {{.old_epoch = 1, .epoch = 1, .from = 1, .to = 0}};
  EXPECT_TRUE(finds(run, "was told of a gap")) << "the stream did not begin anew";
}

TEST(Checker, FindsAPageOfHistoryWithAHoleOrWithAnotherMessage) {
  RunLog run = good_run();
  std::vector<Message> page{run.inboxes[1].entries[1], run.inboxes[1].entries[0]};
  run.devices[1].history = {page};
  EXPECT_EQ(check(run), std::vector<std::string>{});
  std::swap(page[0], page[1]);
  run.devices[1].history = {page};
  EXPECT_TRUE(finds(run, "promise 3: follows 1"));
  page = {run.inboxes[1].entries[1]};
  page[0].body = "a";
  run.devices[1].history = {page};
  EXPECT_TRUE(finds(run, "position 2 'a': promise 2: the inboxes have another one there"));
}

TEST(Checker, AClassicClientIsShownWhatWasNotLostOnItsWay) {
  RunLog run = good_run();
  const std::vector<Message> all = run.inboxes[1].entries;
  DeviceLog classic{.member = kBob, .device = "classic", .seen = all, .classic = true, .connections = {0}};
  run.devices.push_back(classic);
  DeviceLog& log = run.devices.back();
  EXPECT_EQ(check(run), std::vector<std::string>{});
  log.seen.erase(log.seen.begin() + 1);
  EXPECT_TRUE(finds(run, "entry 2 was passed over"));
  EXPECT_TRUE(finds(run, "entry 2 was never shown"));
  log.connections = {0, 1};
  EXPECT_FALSE(finds(run, "passed over")) << "it was on its way when the first connection broke";
  EXPECT_TRUE(finds(run, "entry 2 was never shown"));
  log.lost = {2};
  EXPECT_EQ(check(run), std::vector<std::string>{});
  log.lost.clear();
  run.inboxes[1].trimmed = 2;
  EXPECT_EQ(check(run), std::vector<std::string>{}) << "retention removed it before it was shown";
  run.inboxes[1].trimmed = 0;
  log.seen = {all[0], all[1], all[1], all[2]};
  log.connections = {0};
  EXPECT_TRUE(finds(run, "after entry 2")) << "twice on one connection";
  log.connections = {0, 2};
  EXPECT_EQ(check(run), std::vector<std::string>{});
  log.seen[3].body = "other";
  EXPECT_TRUE(finds(run, "the inbox has another one there"));
}

TEST(Checker, FindsAnAcknowledgementThatSaysSomethingElseThanTheInbox) {
  RunLog run = good_run();
  run.devices[0].sent[0].id = 999;
  EXPECT_TRUE(finds(run, "acknowledged with message id 999"));
}

TEST(Checker, FindsAGroupsMessageAtOneWhoWasNotInIt) {
  RunLog run = good_run();
  run.groups.note(kGroup, kCid, State::out, 5);
  EXPECT_TRUE(finds(run, "was not in group 9"));
  RunLog joining = good_run();
  joining.groups.note(kGroup, kCid, State::out, 5);
  joining.groups.note(kGroup, kCid, State::either, 32);
  EXPECT_EQ(check(joining), std::vector<std::string>{}) << "one who may be in it may have it";
}

TEST(Checker, FindsAMessageAcceptedAgainstABlock) {
  RunLog run = good_run();
  run.blocks.note(kBob, kAnn, State::in, 15);
  EXPECT_TRUE(finds(run, "'b' of 1/d: was accepted although 2 had blocked"));
}

TEST(Checker, FindsASendThatWasNeverAnswered) {
  RunLog run = good_run();
  run.devices[0].sent.push_back({.to = Conversation::peer(kBob), .body = "d"});
  EXPECT_TRUE(finds(run, "was never answered"));
  run.devices[0].sent.back().forgotten = true;
  EXPECT_EQ(check(run), std::vector<std::string>{}) << "the application was restarted: nobody waits";
}

}  // namespace
}  // namespace plaza::tests
