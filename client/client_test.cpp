#include "client/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <thread>

#include "client/fake_server.h"
#include "client/sync_client.h"

namespace plaza::client {
namespace {

using protocol::Errno;
using protocol::Msg;

constexpr std::int64_t kNever = 300;  // how long a test waits for what must not come

ClientOptions options_for(const FakeServer& server) {
  ClientOptions options;
  options.endpoint = server.endpoint();
  options.device = "test";
  options.rules.send.reply_timeout_ms = 500;
  options.rules.marks.flush_ms = 50;
  options.rules.reconnect_cap_ms = 300;
  options.seed = 7;
  return options;
}

struct Pair {
  explicit Pair(bool websocket = false)
      : server(websocket), ann(options_for(server)), bob(options_for(server)) {
    EXPECT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
    EXPECT_EQ(bob.register_and_login("bob", "secret-2").text(), "");
  }
  Conversation to_bob() { return Conversation::peer(bob.id()); }
  FakeServer server;
  SyncClient ann, bob;
};

/// Breaks all connections and waits until `who` has come back. A state may pass too fast to be seen; a connection is counted.
void cut_and_come_back(FakeServer& server, std::initializer_list<SyncClient*> who) {
  const std::uint64_t wanted = server.connections_ever() + who.size();
  server.cut_all();
  for (int i = 0; i < 2000 && server.connections_ever() < wanted; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_GE(server.connections_ever(), wanted);
  for (SyncClient* one : who) ASSERT_TRUE(one->wait_state(ClientState::online));
}

TEST(Client, TwoPeopleTalkOverTcp) {
  Pair p;
  const auto sent = p.ann.send(p.to_bob(), "hello");
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->error, 0);
  EXPECT_EQ(sent->send_id, 1U);
  const auto got = p.bob.next_message();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "hello");
  EXPECT_EQ(got->sender_name, "ann");
  EXPECT_FALSE(got->mine);
  const auto own = p.ann.next_message();
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->mine);
  EXPECT_EQ(own->conversation, p.to_bob());
}

TEST(Client, TwoPeopleTalkOverWebSocket) {
  Pair p(true);
  ASSERT_TRUE(p.ann.send(p.to_bob(), "grüße 你好"));
  const auto got = p.bob.next_message();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "grüße 你好");
}

TEST(Client, AWrongPasswordIsToldWithTheServersWordsAndTheNextTryWorks) {
  FakeServer server;
  SyncClient ann(options_for(server));
  ASSERT_TRUE(ann.register_account("ann", "right-1").ok());
  const Reply wrong = ann.login({.name = "ann", .password = "wrong-1"});
  EXPECT_EQ(wrong.error(), Errno::bad_credentials);
  EXPECT_FALSE(wrong.text().empty());
  EXPECT_EQ(ann.state(), ClientState::connected);
  EXPECT_TRUE(ann.login({.name = "ann", .password = "right-1"}).ok());
  EXPECT_EQ(ann.state(), ClientState::online);
}

TEST(Client, ComesBackByTokenAfterTheConnectionBrokeAndGetsWhatItMissed) {
  Pair p;
  p.server.cut_all();
  ASSERT_TRUE(p.bob.wait_state(ClientState::online));
  const auto sent = p.ann.send(p.to_bob(), "still there?");
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->error, 0);
  const auto got = p.bob.next_message();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "still there?");
}

TEST(Client, SendsGoOnThroughManyBreaksOnceEachAndInOrder) {
  Pair p;
  constexpr int kMessages = 200;
  for (int i = 0; i < kMessages; ++i) {
    p.ann.send_later(p.to_bob(), std::to_string(i));
    if (i % 40 == 20) p.server.cut_all();
  }
  ASSERT_TRUE(p.ann.flush(30'000));
  for (const SendOutcome& outcome : p.ann.take_outcomes()) EXPECT_EQ(outcome.error, 0) << outcome.text;
  for (int i = 0; i < kMessages; ++i) {
    const auto got = p.bob.next_message();
    ASSERT_TRUE(got);
    ASSERT_EQ(got->body, std::to_string(i));
    ASSERT_EQ(got->seq, static_cast<std::uint64_t>(i + 1));
  }
  EXPECT_EQ(p.server.inbox("bob").size(), static_cast<std::size_t>(kMessages));
}

TEST(Client, ALostAckIsAskedForAgainAndTheMessageIsStoredOnce) {
  Pair p;
  ASSERT_TRUE(p.ann.send(p.to_bob(), "first"));
  p.server.lose_replies(Msg::send_ack, 1);
  const auto sent = p.ann.send(p.to_bob(), "second");
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->error, 0);
  EXPECT_EQ(p.server.inbox("bob"), (std::vector<std::string>{"first", "second"}));
}

TEST(Client, ALostPushIsFoundBehindTheNextOne) {
  Pair p;
  p.server.lose_pushes(1);
  ASSERT_TRUE(p.ann.send(p.to_bob(), "lost"));
  ASSERT_TRUE(p.ann.send(p.to_bob(), "seen"));
  EXPECT_EQ(p.bob.next_message().value_or(Message{}).body, "lost");
  EXPECT_EQ(p.bob.next_message().value_or(Message{}).body, "seen");
}

TEST(Client, ARefusedMessageInAFullWindowDoesNotHoldUpOrRenumberTheOthersWrongly) {
  Pair p;
  p.server.refuse_text("bad");
  for (const char* text : {"a", "b", "bad", "c", "d"}) p.ann.send_later(p.to_bob(), text);
  ASSERT_TRUE(p.ann.flush());
  EXPECT_EQ(p.server.inbox("bob"), (std::vector<std::string>{"a", "b", "c", "d"}));
  for (const SendOutcome& outcome : p.ann.take_outcomes()) {
    EXPECT_EQ(outcome.error, outcome.message.body == "bad" ? 12 : 0);
  }
}

TEST(Client, WhatTheServerCouldOnlyHangUpOnIsRefusedAtOnceAndDoesNotBlockTheNext) {
  Pair p;
  const std::uint64_t before = p.server.connections_ever();
  const auto latin1 = p.ann.send(p.to_bob(), "caf\xE9");
  ASSERT_TRUE(latin1);
  EXPECT_EQ(latin1->error, static_cast<int>(Errno::bad_request));
  EXPECT_NE(latin1->text.find("UTF-8"), std::string::npos) << latin1->text;
  EXPECT_EQ(p.ann.send(p.to_bob(), std::string(70'000, 'a'))->error, static_cast<int>(Errno::too_large));
  EXPECT_EQ(p.ann.send(p.to_bob(), "cat.png", 1000, BodyKind::image)->error,
            static_cast<int>(Errno::bad_request));
  EXPECT_EQ(p.ann.call(protocol::Find{.nickname = "caf\xE9", .groupname = {}, .id = {}}).error(),
            Errno::bad_request);
  EXPECT_EQ(p.ann.send(p.to_bob(), "café")->error, 0);
  EXPECT_EQ(p.server.connections_ever(), before);
}

// Another server, or a newer one, may refuse what ours takes.
TEST(Client, AMessageThatTheServerHangsUpOnIsRefusedAndTheOthersArrive) {
  Pair p;
  p.server.break_on_text("poison");
  for (const char* text : {"a", "b", "poison", "c"}) p.ann.send_later(p.to_bob(), text);
  ASSERT_TRUE(p.ann.flush());
  EXPECT_EQ(p.server.inbox("bob"), (std::vector<std::string>{"a", "b", "c"}));
  for (const SendOutcome& outcome : p.ann.take_outcomes()) {
    EXPECT_EQ(outcome.error, outcome.message.body == "poison" ? 8 : 0) << outcome.message.body;
  }
}

TEST(Client, SessionsThatEndAsSoonAsTheyBeginAreWaitedOutLongerAndLonger) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.rules.reconnect_base_ms = 400;
  options.rules.reconnect_cap_ms = 60'000;
  SyncClient ann(options);
  ASSERT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
  std::int64_t longest_ms = 0;
  for (int i = 0; i < 4; ++i) {
    const auto cut_at = std::chrono::steady_clock::now();
    cut_and_come_back(server, {&ann});
    const auto took = std::chrono::steady_clock::now() - cut_at;
    longest_ms = std::max<std::int64_t>(longest_ms,
                                        std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  }
  EXPECT_GT(longest_ms, 700);  // with a wait of 0..400 ms each time it could not be
}

TEST(Client, TheSenderLearnsThatItsMessageArrivedAndWasRead) {
  Pair p;
  const auto sent = p.ann.send(p.to_bob(), "hello");
  ASSERT_TRUE(sent);
  ASSERT_TRUE(p.bob.next_message());
  const auto delivered = p.ann.next_receipt();
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->delivered, sent->cseq);
  p.bob.client().mark_read(Conversation::peer(p.ann.id()), sent->cseq);
  const auto read = p.ann.next_receipt();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->read, sent->cseq);
}

TEST(Client, AKickedSessionDoesNotComeBackByItself) {
  Pair p;
  p.server.goodbye(Errno::kicked, false);
  ASSERT_TRUE(p.ann.wait_state(ClientState::ended));
  EXPECT_FALSE(p.ann.wait_state(ClientState::connecting, kNever));
  EXPECT_TRUE(p.ann.login({.name = "ann", .password = "secret-1"}).ok());
}

TEST(Client, ABannedMemberIsToldWhyAndUntilWhenAndDoesNotComeBackByItself) {
  Pair p;
  protocol::GoodbyePush goodbye{.error = Errno::banned, .message = {}, .reconnect = false};
  goodbye.reason = "spam";
  goodbye.until_ms = 1767326645678;
  p.server.goodbye(goodbye);
  ASSERT_TRUE(p.ann.wait_state(ClientState::ended));
  EXPECT_NE(p.ann.why().find("spam (until 2026-01-02T04:04:05.678Z)"), std::string::npos) << p.ann.why();
  EXPECT_FALSE(p.ann.wait_state(ClientState::connecting, kNever));
}

// It was away when it was banned: the goodbye reached nobody.
TEST(Client, WhoeverIsFoundBannedWhenItComesBackIsToldAndDoesNotTryForEver) {
  Pair p;
  p.server.ban("spam");
  const std::uint64_t before = p.server.connections_ever();
  p.server.cut_all();
  ASSERT_TRUE(p.ann.wait_state(ClientState::connected));
  EXPECT_NE(p.ann.why().find("spam"), std::string::npos) << p.ann.why();
  EXPECT_FALSE(p.ann.wait_state(ClientState::online, kNever));
  EXPECT_LE(p.server.connections_ever(), before + 2) << "one for each of the two";
}

TEST(Client, AnAnnouncementIsAMessageOfMemberZeroThatCanBeMarked) {
  Pair p;
  p.server.announce("maintenance at noon");
  const auto message = p.ann.next_message();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->conversation, Conversation::peer(0));
  EXPECT_EQ(message->sender, 0u);
  EXPECT_EQ(message->sender_name, "Plaza");
  EXPECT_EQ(message->body, "maintenance at noon");
  EXPECT_FALSE(message->mine);
}

TEST(Client, AClosingServerIsWaitedFor) {
  Pair p;
  p.server.goodbye(Errno::server_closing, true);
  ASSERT_TRUE(p.ann.send(p.to_bob(), "after the restart"));
  EXPECT_EQ(p.bob.next_message().value_or(Message{}).body, "after the restart");
}

TEST(Client, ARevokedTokenEndsTheSessionInsteadOfTryingForEver) {
  Pair p;
  p.server.forget_tokens();
  p.server.cut_all();
  ASSERT_TRUE(p.ann.wait_state(ClientState::ended));
  EXPECT_NE(p.ann.why().find("log in again"), std::string::npos);
}

// The connection was there before the login: nothing but a deadline of the login itself ends the wait.
TEST(Client, AServerThatAcceptsAndSaysNothingIsGivenUpAndTriedAgain) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.connect_timeout_ms = 300;
  SyncClient ann(options);
  ASSERT_TRUE(ann.register_account("ann", "secret-1").ok());
  ASSERT_TRUE(ann.wait_state(ClientState::connected));
  server.fall_silent(true);
  const auto unanswered = ann.login({.name = "ann", .password = "secret-1"}, 100);
  EXPECT_FALSE(unanswered.answered);
  ASSERT_TRUE(ann.wait_state(ClientState::waiting, 3000));
  EXPECT_NE(ann.why().find("no answer"), std::string::npos) << ann.why();
  server.fall_silent(false);
  EXPECT_TRUE(ann.wait_state(ClientState::online));
}

TEST(Client, AChosenMemberIsEnteredAlsoWhenTheAnswerDoesNotComeOnTheFirstConnection) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.connect_timeout_ms = 300;
  SyncClient ann(options);
  ASSERT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
  const Reply second = ann.create_member("ann-two");
  ASSERT_TRUE(second.ok()) << second.text();
  const std::uint64_t id = second.get<protocol::CreateMemberAck>()->id.value;
  server.lose_replies(Msg::enter_ack, 1);
  EXPECT_TRUE(ann.enter(id).ok());
  EXPECT_EQ(ann.id(), id);
}

TEST(Client, AMemberThatCannotBeEnteredLeavesTheChoiceOpenAndTheNextChoiceHasADeadline) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.connect_timeout_ms = 300;
  SyncClient ann(options);
  ASSERT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
  const std::uint64_t first = ann.id();
  EXPECT_EQ(ann.enter(999).error(), Errno::not_permitted);
  EXPECT_EQ(ann.state(), ClientState::choosing);
  server.lose_replies(Msg::enter_ack, 1);
  EXPECT_TRUE(ann.enter(first, 5000).ok());
  EXPECT_EQ(ann.state(), ClientState::online);
}

// The wait after a connection that did not last is for failures.
TEST(Client, ChangingTheMemberAgainAndAgainIsNotWaitedOut) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.rules.reconnect_base_ms = 200;
  options.rules.reconnect_cap_ms = 60'000;
  SyncClient ann(options);
  ASSERT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
  const std::uint64_t first = ann.id();
  const Reply second = ann.create_member("ann-two");
  ASSERT_TRUE(second.ok());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ann.enter(second.get<protocol::CreateMemberAck>()->id.value).ok());
    EXPECT_TRUE(ann.enter(first).ok());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(Client, LeavingEndsEveryTokenOfTheRunThroughBreaksAndChangesOfMember) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.revoke_on_stop = true;
  {
    SyncClient ann(options);
    ASSERT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
    EXPECT_EQ(server.valid_tokens(), 2U);  // the account's and the member's
    cut_and_come_back(server, {&ann});
    const Reply second = ann.create_member("ann-two");
    ASSERT_TRUE(ann.enter(second.get<protocol::CreateMemberAck>()->id.value).ok());
    EXPECT_GT(server.valid_tokens(), 2U);
  }
  EXPECT_EQ(server.valid_tokens(), 0U);
}

TEST(Client, LoggingOutWithRevokeEndsEveryTokenOfTheRun) {
  Pair p;
  cut_and_come_back(p.server, {&p.ann, &p.bob});
  EXPECT_TRUE(p.ann.logout(true).ok());
  EXPECT_EQ(p.ann.state(), ClientState::connected);
  EXPECT_TRUE(p.bob.logout(true).ok());
  EXPECT_EQ(p.server.valid_tokens(), 0U);
  EXPECT_TRUE(p.ann.login({.name = "ann", .password = "secret-1"}).ok());
}

TEST(Client, AnHttpPortIsNamedAndNotTriedAgain) {
  FakeServer http(true);
  ClientOptions options = options_for(http);
  options.endpoint.websocket = false;
  SyncClient ann(options);
  const Reply reply = ann.login({.name = "ann", .password = "secret-1"}, 3000);
  EXPECT_FALSE(reply.ok());
  EXPECT_NE(reply.text().find("no Plaza TCP port (an HTTP port? use ws://127.0.0.1:"), std::string::npos)
      << reply.text();
  EXPECT_EQ(ann.state(), ClientState::ended);
  EXPECT_FALSE(ann.wait_state(ClientState::connecting, kNever));
  EXPECT_EQ(http.connections_ever(), 1U);
}

TEST(Client, RequestsThatNobodyAnswersEndWithTheirDeadline) {
  ClientOptions options;
  options.endpoint = {.host = "127.0.0.1", .port = 1};
  options.request_timeout_ms = 200;
  SyncClient nobody(options);
  const Reply reply = nobody.call(protocol::Groups{});
  EXPECT_FALSE(reply.answered);
  EXPECT_NE(reply.text().find("no answer"), std::string::npos);
}

TEST(Client, ARequestDuringABreakWaitsForTheSession) {
  Pair p;
  p.server.cut_all();
  const Reply reply = p.ann.call(protocol::Find{.nickname = "bob", .groupname = {}, .id = {}});
  // Either it was on the wire when the connection broke, then its fate is unknown, or it waited and was answered.
  if (reply.answered) EXPECT_EQ(reply.get<protocol::FindAck>()->id.value, p.bob.id());
  EXPECT_TRUE(p.ann.call(protocol::Find{.nickname = "bob", .groupname = {}, .id = {}}).ok());
}

// A CA file that cannot be read must not mean: then without TLS.
TEST(Client, ConnectsNeverWithoutTlsWhereTlsWasAskedFor) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.endpoint.tls = true;
  options.ca_file = "/no/such/file";
  SyncClient ann(options);
  const Reply reply = ann.login({.name = "ann", .password = "secret-1"});
  EXPECT_FALSE(reply.ok());
  EXPECT_NE(reply.text().find("/no/such/file"), std::string::npos);
  EXPECT_EQ(ann.state(), ClientState::ended);
  EXPECT_EQ(server.connections_ever(), 0U);
}

TEST(Client, ANameThatResolvesIsUsed) {
  FakeServer server;
  ClientOptions options = options_for(server);
  options.endpoint.host = "localhost";
  SyncClient ann(options);
  EXPECT_EQ(ann.register_and_login("ann", "secret-1").text(), "");
}

TEST(Client, StopsWithOpenSendsAndRequestsWithoutCallingBack) {
  auto p = std::make_unique<Pair>();
  p->server.lose_replies(Msg::send_ack, 1000);
  p->ann.send_later(p->to_bob(), "never acknowledged");
  p.reset();
}

}  // namespace
}  // namespace plaza::client
