// Messages that are recalled, edited and answered: who may, how long, what others see of it, and that it happens once.
#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::ChangeKind;
using protocol::Chat;
using protocol::Errno;
using protocol::SendAck;
using protocol::ServerMessage;
using Lines = std::vector<std::string>;

class Changes : public ChatTest {
 protected:
  Changes() : ChatTest(3) {}
  ports::Member ann = member("ann"), bob = member("bob"), cid = member("cid");
  TestClient& ann_web = online(ann);
  TestClient& bob_web = online(bob);
  TestClient& cid_web = online(cid);
  RoomId group = room("chess", ann, {bob, cid});

  void SetUp() override {
    set_limits([](Limits& l) {
      l.member_requests = {};
      l.member_messages = {};
    });
  }
  void forget_frames() {
    for (auto* client : {&ann_web, &bob_web, &cid_web}) client->take();
  }
  static protocol::ConversationRef with(const ports::Member& peer) {
    return {.friendid = peer.id, .groupid = {}};
  }
  static protocol::ConversationRef in(RoomId room) { return {.friendid = {}, .groupid = room}; }
  static std::optional<std::uint64_t> number(std::uint64_t send_id) {
    return send_id == 0 ? std::nullopt : std::optional(send_id);
  }
  static ServerMessage recall(TestClient& client, protocol::ConversationRef of, std::uint64_t cseq,
                              std::uint64_t send_id = 0) {
    return client.ask(protocol::Recall{.of = of, .cseq = cseq, .send_id = number(send_id)});
  }
  static ServerMessage edit(TestClient& client, protocol::ConversationRef of, std::uint64_t cseq,
                            std::string_view text, std::uint64_t send_id = 0) {
    return client.ask(protocol::Edit{
        .of = of, .cseq = cseq, .content = {.kind = 0, .msg = text, .body = {}}, .send_id = number(send_id)});
  }
  static protocol::VersionsAck versions(TestClient& client, protocol::ConversationRef of,
                                        std::uint64_t cseq) {
    const auto reply = client.ask(protocol::Versions{.of = of, .cseq = cseq, .before = 0, .limit = 20});
    const auto* ack = reply.get<protocol::VersionsAck>();
    EXPECT_TRUE(ack) << reply.refusal.message;
    return ack ? *ack : protocol::VersionsAck{};
  }
  /// A message in a line: "1 hello", "2 edited 1: better", "1 (recalled)", "3 >1 an answer".
  static std::string line(const Chat& chat) {
    std::string text = std::to_string(chat.cseq) + ' ';
    const protocol::ChatMore more = chat.more.value_or(protocol::ChatMore{});
    if (more.change != ChangeKind::none)
      text += std::string(to_text(more.change)) + ' ' + std::to_string(more.target) + ": ";
    if (more.reply_to != 0) text += '>' + std::to_string(more.reply_to) + ' ';
    text += chat.content;
    if (more.edits != 0) text += " (edited " + std::to_string(more.edits) + ')';
    if (more.recalled_ms != 0) text += "(recalled by " + std::to_string(more.recalled_by.value) + ')';
    return text;
  }
  static Lines lines(const std::vector<Chat>& chats) {
    Lines all;
    for (const Chat& chat : chats) all.push_back(line(chat));
    return all;
  }
  static Lines pushed(TestClient& client) {
    Lines all;
    for (const auto& frame : client.take()) {
      if (const auto* chat = frame.get<Chat>()) all.push_back(line(*chat));
    }
    return all;
  }
  static Lines history(TestClient& client, protocol::ConversationRef of) {
    const auto reply = client.ask(protocol::History{.of = of, .before = 0, .limit = 50});
    const auto* ack = reply.get<protocol::HistoryAck>();
    return ack ? lines(ack->messages) : Lines{reply.refusal.message};
  }
  static Lines inbox(TestClient& client) {
    const auto reply = client.ask(protocol::Sync{.of = {}, .since = 0, .epoch = 0, .limit = 500});
    const auto* ack = reply.get<protocol::SyncAck>();
    return ack ? lines(ack->messages) : Lines{reply.refusal.message};
  }
  [[nodiscard]] std::string by(const ports::Member& who) const {
    return "(recalled by " + std::to_string(who.id.value) + ")";
  }
};

// ---- recall -------------------------------------------------------------------------------------

TEST_F(Changes, ARecalledMessageIsGoneFromHistoryAndInboxesAndEverybodyOnlineIsTold) {
  ann_web.say(bob.id, "regretted", 1);
  forget_frames();
  const auto reply = recall(ann_web, with(bob), 1, 2);
  const auto* ack = reply.get<SendAck>();
  ASSERT_TRUE(ack) << reply.refusal.message;
  EXPECT_EQ(ack->cseq, 2U);
  EXPECT_EQ(ack->seq, 2U);
  EXPECT_EQ(ack->send_id, 2U);
  EXPECT_EQ(pushed(bob_web), (Lines{"2 recalled 1: "}));
  const Lines expected{"2 recalled 1: ", "1 " + by(ann)};
  EXPECT_EQ(history(bob_web, with(ann)), expected);
  EXPECT_EQ(history(ann_web, with(bob)), expected);
  EXPECT_EQ(inbox(bob_web), (Lines{"1 " + by(ann), "2 recalled 1: "}));
}

TEST_F(Changes, ARecallIsOnceHoweverOftenItIsRepeated) {
  ann_web.say(bob.id, "regretted", 1);
  const auto first = recall(ann_web, with(bob), 1, 2);
  const auto again = recall(ann_web, with(bob), 1, 2);
  ASSERT_TRUE(again.get<SendAck>()) << again.refusal.message;
  EXPECT_TRUE(again.get<SendAck>()->dup);
  EXPECT_EQ(again.get<SendAck>()->cseq, first.get<SendAck>()->cseq);
  EXPECT_EQ(history(bob_web, with(ann)).size(), 2U);
  EXPECT_TRUE(ann_web.say(bob.id, "regretted", 1).get<SendAck>()->dup) << "the recalled send itself, too";
  EXPECT_EQ(recall(ann_web, with(bob), 1, 3).refusal.error, Errno::message_recalled);
  EXPECT_EQ(edit(ann_web, with(bob), 1, "no", 3).refusal.error, Errno::message_recalled);
  EXPECT_FALSE(ann_web.say(bob.id, "the refused ones have used no number", 3).refused());
}

TEST_F(Changes, AMemberRecallsWithinTheWindowOnlyItsOwnMessages) {
  set_limits([](Limits& l) { l.recall_window_ms = 5'000; });
  ann_web.say(bob.id, "one", 1);
  bob_web.say(group, "two", 1);
  EXPECT_EQ(recall(bob_web, with(ann), 1).refusal.error, Errno::not_permitted);
  EXPECT_EQ(recall(cid_web, in(group), 1).refusal.error, Errno::not_permitted);
  clock.advance_ms(4'999);
  EXPECT_FALSE(recall(ann_web, with(bob), 1).refused()) << "the last moment";
  clock.advance_ms(1);
  const auto late = recall(bob_web, in(group), 1);
  EXPECT_EQ(late.refusal.error, Errno::too_late);
  EXPECT_EQ(late.refusal.allowed, "up to 5 s after sending");
  set_limits([](Limits& l) { l.recall_window_ms = 0; });
  bob_web.say(group, "three", 2);
  EXPECT_EQ(recall(bob_web, in(group), 2).refusal.error, Errno::too_late) << "0: never";
}

TEST_F(Changes, AdminsOfAGroupRecallWhatThoseBelowThemSaidAtAnyTime) {
  ASSERT_TRUE(directory.change(zone->id, ann.id, group, ports::change::MakeAdmin{bob.id}, clock.wall_ms()));
  forget_events(group);
  for (auto& hub : hubs) hub->state().rooms.invalidate(group);
  ann_web.say(group, "the owner's", 1);
  bob_web.say(group, "the admin's", 1);
  cid_web.say(group, "a member's", 1);
  cid_web.say(group, "another of the member's", 2);
  clock.advance_ms(100'000'000);
  EXPECT_EQ(recall(cid_web, in(group), 3).refusal.error, Errno::too_late);
  EXPECT_EQ(recall(bob_web, in(group), 1).refusal.error, Errno::not_permitted);
  EXPECT_FALSE(recall(bob_web, in(group), 3).refused());
  EXPECT_FALSE(recall(bob_web, in(group), 2).refused()) << "its own, late";
  EXPECT_FALSE(cid_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  EXPECT_FALSE(recall(bob_web, in(group), 4).refused()) << "of one who has left";
  EXPECT_FALSE(recall(ann_web, in(group), 1).refused());
  EXPECT_EQ(edit(ann_web, in(group), 1, "not mine any more").refusal.error, Errno::message_recalled);
}

TEST_F(Changes, OneWhoHasLeftOrWasNeverInAGroupChangesNothingThere) {
  bob_web.say(group, "mine", 1);
  EXPECT_FALSE(bob_web.ask(protocol::LeaveGroup{.groupid = group}).refused());
  EXPECT_EQ(recall(bob_web, in(group), 1).refusal.error, Errno::not_in_group);
  EXPECT_EQ(edit(bob_web, in(group), 1, "x").refusal.error, Errno::not_in_group);
  EXPECT_EQ(recall(bob_web, in(RoomId{12345}), 1).refusal.error, Errno::no_such_group);
}

TEST_F(Changes, WhatIsNoMessageOfAMemberCannotBeChanged) {
  EXPECT_EQ(recall(ann_web, with(bob), 1).refusal.error, Errno::no_such_message);
  ann_web.say(bob.id, "hi", 1);
  EXPECT_EQ(recall(ann_web, with(bob), 0).refusal.error, Errno::no_such_message);
  EXPECT_EQ(recall(ann_web, with(bob), 2).refusal.error, Errno::no_such_message);
  EXPECT_FALSE(edit(ann_web, with(bob), 1, "hello").refused());
  EXPECT_EQ(recall(ann_web, with(bob), 2).refusal.error, Errno::not_permitted) << "a change";
  EXPECT_EQ(recall(ann_web, {.friendid = MemberId{0}, .groupid = {}}, 1).refusal.error,
            Errno::no_such_message);
  const auto joined = ann_web.ask(protocol::CreateGroup{.groupname = "go", .groupdesc = "", .id = {}});
  const RoomId made = joined.get<protocol::CreateGroupAck>()->groupid;
  EXPECT_EQ(recall(ann_web, in(made), 1).refusal.error, Errno::not_permitted) << "an event";
  EXPECT_EQ(recall(ann_web, {.friendid = MemberId{777}, .groupid = {}}, 1).refusal.error,
            Errno::no_such_peer);
}

// ---- edit ---------------------------------------------------------------------------------------

TEST_F(Changes, AnEditedMessageIsShownAsItIsNowAndWhatItSaidBeforeCanBeAskedFor) {
  bob_web.say(group, "helo", 1);
  clock.advance_ms(1'000);
  forget_frames();
  const auto reply = edit(bob_web, in(group), 1, "hello", 2);
  ASSERT_TRUE(reply.get<SendAck>()) << reply.refusal.message;
  EXPECT_EQ(pushed(ann_web), (Lines{"2 edited 1: hello"}));
  EXPECT_EQ(pushed(cid_web), (Lines{"2 edited 1: hello"}));
  edit(bob_web, in(group), 1, "hello!", 3);
  EXPECT_EQ(history(cid_web, in(group)),
            (Lines{"3 edited 1: hello!", "2 edited 1: hello", "1 hello! (edited 2)"}));
  const auto all = versions(cid_web, in(group), 1);
  EXPECT_EQ(all.id, bob.id);
  ASSERT_EQ(all.versions.size(), 3U);
  EXPECT_EQ(all.versions[0].content, "hello!");
  EXPECT_EQ(all.versions[1].content, "hello");
  EXPECT_EQ(all.versions[2].content, "helo");
  EXPECT_EQ(all.versions[2].number, 0U);
  EXPECT_EQ(all.versions[1].time_ms, all.versions[2].time_ms + 1'000);
  EXPECT_FALSE(all.more);
  EXPECT_FALSE(recall(bob_web, in(group), 1, 4).refused());
  EXPECT_TRUE(versions(ann_web, in(group), 1).versions.empty()) << "gone with the recall";
  EXPECT_NE(versions(ann_web, in(group), 1).recalled_ms, 0);
  EXPECT_EQ(history(cid_web, in(group)), (Lines{"4 recalled 1: ", "3 edited 1: " + by(bob),
                                                "2 edited 1: " + by(bob), "1  (edited 2)" + by(bob)}));
}

TEST_F(Changes, AnEditIsOnceHoweverOftenItIsRepeatedAndAnotherUnderItsNumberIsAConflict) {
  ann_web.say(bob.id, "one", 1);
  edit(ann_web, with(bob), 1, "two", 2);
  EXPECT_TRUE(edit(ann_web, with(bob), 1, "two", 2).get<SendAck>()->dup);
  EXPECT_EQ(edit(ann_web, with(bob), 1, "other", 2).refusal.error, Errno::conflict);
  EXPECT_EQ(recall(ann_web, with(bob), 1, 2).refusal.error, Errno::conflict);
  EXPECT_TRUE(ann_web.say(bob.id, "one", 1).get<SendAck>()->dup)
      << "the send itself, whatever it says by now";
  recall(ann_web, with(bob), 1, 3);
  EXPECT_TRUE(edit(ann_web, with(bob), 1, "two", 2).get<SendAck>()->dup) << "also when its text is gone";
}

TEST_F(Changes, EditsHaveAWindowANumberAndAnAuthor) {
  set_limits([](Limits& l) {
    l.edit_window_ms = 5'000;
    l.edits_max = 2;
  });
  ann_web.say(group, "one", 1);
  EXPECT_EQ(edit(bob_web, in(group), 1, "x").refusal.error, Errno::not_permitted);
  clock.advance_ms(4'999);
  EXPECT_FALSE(edit(ann_web, in(group), 1, "two").refused());
  EXPECT_FALSE(edit(ann_web, in(group), 1, "three").refused());
  const auto third = edit(ann_web, in(group), 1, "four");
  EXPECT_EQ(third.refusal.error, Errno::limit_reached);
  EXPECT_EQ(third.refusal.allowed, "2 edits");
  clock.advance_ms(1);
  EXPECT_EQ(edit(ann_web, in(group), 1, "five").refusal.error, Errno::too_late);
}

TEST_F(Changes, AnEditSaysSomethingSoWhatHoldsForSayingHoldsForIt) {
  set_limits([](Limits& l) { l.body_bytes_max = 10; });
  bob_web.say(group, "one", 1);
  bob_web.say(ann.id, "one", 2);
  EXPECT_EQ(edit(bob_web, in(group), 1, "").refusal.error, Errno::bad_request);
  EXPECT_EQ(edit(bob_web, in(group), 1, "12345678901").refusal.error, Errno::too_large);
  EXPECT_FALSE(edit(bob_web, in(group), 1, "1234567890").refused());
  EXPECT_EQ(
      bob_web
          .ask(protocol::Edit{
              .of = in(group), .cseq = 1, .content = {.kind = 3, .msg = {}, .body = "{}"}, .send_id = {}})
          .refusal.error,
      Errno::not_permitted)
      << "a text stays a text";
  EXPECT_FALSE(ann_web.ask(protocol::Block{.friendid = bob.id, .blocked = true}).refused());
  EXPECT_EQ(edit(bob_web, with(ann), 1, "x").refusal.error, Errno::not_permitted) << "blocked";
  EXPECT_FALSE(recall(bob_web, with(ann), 1).refused()) << "taking back is always right";
  EXPECT_FALSE(
      ann_web.ask(protocol::ChangeGroupMember{.groupid = group, .id = bob.id, .action = "mute", .for_ms = {}})
          .refused());
  EXPECT_EQ(edit(bob_web, in(group), 1, "x").refusal.error, Errno::group_muted);
  EXPECT_FALSE(recall(bob_web, in(group), 1).refused());
}

TEST_F(Changes, ChangesCountAsMessagesForTheRate) {
  ann_web.say(bob.id, "one", 1);
  set_limits([](Limits& l) { l.member_messages = {1, 1}; });
  EXPECT_FALSE(edit(ann_web, with(bob), 1, "two").refused());
  EXPECT_EQ(edit(ann_web, with(bob), 1, "three").refusal.error, Errno::rate_limited);
  EXPECT_EQ(recall(ann_web, with(bob), 1).refusal.error, Errno::rate_limited);
}

TEST_F(Changes, AnObjectIsEditedByAnObject) {
  ann_web.ask(protocol::OneChat{.toid = bob.id,
                                .content = {.kind = 1, .msg = {}, .body = R"({"image":"a.png"})"},
                                .send_id = 1,
                                .id = {}});
  forget_frames();
  EXPECT_FALSE(ann_web
                   .ask(protocol::Edit{.of = with(bob),
                                       .cseq = 1,
                                       .content = {.kind = 1, .msg = {}, .body = R"({"image":"b.png"})"},
                                       .send_id = 2})
                   .refused());
  EXPECT_EQ(pushed(bob_web), (Lines{R"(2 edited 1: {"image":"b.png"})"}));
  EXPECT_EQ(history(bob_web, with(ann)).back(), R"(1 {"image":"b.png"} (edited 1))");
}

// ---- answers ------------------------------------------------------------------------------------

TEST_F(Changes, AnAnswerNamesTheMessageThatItAnswers) {
  ann_web.say(group, "question", 1);
  forget_frames();
  auto answer = TestClient::chat(group, "answer", 1);
  answer.reply_to = 1;
  EXPECT_FALSE(bob_web.ask(answer).refused());
  EXPECT_EQ(pushed(ann_web), (Lines{"2 >1 answer"}));
  EXPECT_TRUE(bob_web.ask(answer).get<SendAck>()->dup);
  EXPECT_EQ(bob_web.say(group, "answer", 1).refusal.error, Errno::conflict) << "the same words to nobody";
  answer.send_id = 2;
  answer.reply_to = 3;
  const auto reply = bob_web.ask(answer);
  EXPECT_EQ(reply.refusal.error, Errno::no_such_message);
  EXPECT_EQ(reply.refusal.field, "reply_to");
  auto to_ann = TestClient::chat(ann.id, "x", 2);
  to_ann.reply_to = 1;
  EXPECT_EQ(bob_web.ask(to_ann).refusal.error, Errno::no_such_message) << "of another conversation";
}

TEST_F(Changes, WhatWasSaidBeforeOneJoinedIsNotThereToBeAnsweredOrLookedAt) {
  const auto hidden = room_with({.name = "quiet",
                                 .name_key = "quiet",
                                 .description = {},
                                 .avatar = {},
                                 .settings = {.history_visible = false}},
                                ann);
  ann_web.say(hidden, "secret", 1);
  EXPECT_FALSE(bob_web.ask(protocol::AddGroup{.groupid = hidden, .groupname = {}, .id = {}}).refused());
  auto answer = TestClient::chat(hidden, "answer", 1);
  answer.reply_to = 1;
  EXPECT_EQ(bob_web.ask(answer).refusal.error, Errno::no_such_message);
  EXPECT_EQ(
      bob_web.ask(protocol::Versions{.of = in(hidden), .cseq = 1, .before = 0, .limit = 20}).refusal.error,
      Errno::no_such_message);
  EXPECT_EQ(recall(bob_web, in(hidden), 1).refusal.error, Errno::no_such_message);
}

// ---- others -------------------------------------------------------------------------------------

TEST_F(Changes, AClassicClientIsShownNeitherChangesNorWhatWasRecalled) {
  auto dora = member("dora");
  ann_web.say(dora.id, "regretted", 1);
  ann_web.say(dora.id, "kept", 2);
  recall(ann_web, with(dora), 1, 3);
  TestClient& classic_dora = classic(dora);
  ASSERT_FALSE(classic_dora.frames.empty());
  const auto* login = classic_dora.frames[0].get<protocol::ClassicLoginAck>();
  ASSERT_TRUE(login);
  EXPECT_EQ(lines(login->offlinemsg), (Lines{"2 kept"}));
  classic_dora.take();
  edit(ann_web, with(dora), 2, "better", 4);
  ann_web.say(dora.id, "live", 5);
  EXPECT_EQ(pushed(classic_dora), (Lines{"5 live"}));
}

TEST_F(Changes, OfTwoAtOnceTheSecondMeetsWhatTheFirstHasLeft) {
  ann_web.say(bob.id, "one", 1);
  TestClient& phone = online(ann, "phone");
  forget_frames();
  // Both have looked at the message before either is stored.
  ann_web.post(protocol::Recall{.of = with(bob), .cseq = 1, .send_id = 2}, 50);
  phone.post(
      protocol::Edit{
          .of = with(bob), .cseq = 1, .content = {.kind = 0, .msg = "two", .body = {}}, .send_id = 1},
      51);
  settle();
  std::vector<Errno> errors;
  for (auto* client : {&ann_web, &phone}) {
    for (const auto& frame : client->take()) {
      if (frame.rid) errors.push_back(frame.refusal.error);
    }
  }
  EXPECT_EQ(errors, (std::vector<Errno>{Errno::ok, Errno::message_recalled}));
  EXPECT_EQ(history(bob_web, with(ann)), (Lines{"2 recalled 1: ", "1 " + by(ann)}));
}

TEST_F(Changes, UnreadCountsWhatWasSaidAndNotItsChanges) {
  ann_web.say(bob.id, "one", 1);
  ann_web.say(bob.id, "two", 2);
  edit(ann_web, with(bob), 1, "ONE", 3);
  recall(ann_web, with(bob), 2, 4);
  const auto reply = bob_web.ask(protocol::Conversations{.after = {}, .limit = 10});
  const auto* ack = reply.get<protocol::ConversationsAck>();
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->conversations.size(), 1U);
  EXPECT_EQ(ack->conversations[0].head, 4U);
  EXPECT_EQ(ack->conversations[0].unread, 2U);
}

}  // namespace
}  // namespace plaza::chat
