// Persistent channels: stored before they are acknowledged, each send_id once, and recovered from the store.
#include "chat/test_support.h"
#include "protocol/channel_requests.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::Publication;
using protocol::PublishAck;
using protocol::Subscribe;
using protocol::SubscribeAck;

class StoredChannels : public ChatTest {
 protected:
  /// One member on the shard where "news" has its home, one on the other.
  StoredChannels() {
    for (int i = 0; !near.id || !far.id; ++i) {
      const ports::Member made = member("m" + std::to_string(i));
      (home(made.id) == channels::home_shard({zone->id, "news"}, 2) ? near : far) = made;
    }
    set_limits([](Limits& limits) {
      limits.member_publications = {};
      limits.presence_interval_ms = 0;
    });
    declare({.persistent = true, .history_max = 10});
  }
  void declare(const ports::ChannelSettings& settings) {
    EXPECT_TRUE(directory.put_channel(zone->id, "news", settings));
    hubs[channels::home_shard({zone->id, "news"}, 2)]->channel_homes().redeclared({zone->id, "news"});
    settle();
  }
  static protocol::Publish publication(std::string_view text, std::uint64_t send_id = 0) {
    return {.channel = "news",
            .content = {.kind = 0, .msg = text, .body = {}},
            .send_id = send_id == 0 ? std::nullopt : std::optional(send_id)};
  }
  PublishAck publish(TestClient& client, std::string_view text, std::uint64_t send_id = 0) {
    const auto reply = client.ask(publication(text, send_id));
    EXPECT_FALSE(reply.refused()) << reply.refusal.message;
    return reply.get<PublishAck>() ? *reply.get<PublishAck>() : PublishAck{};
  }
  SubscribeAck subscribe(TestClient& client, std::uint32_t epoch = 0, std::uint64_t since = 0,
                         std::optional<std::uint32_t> limit = {}) {
    const auto reply = client.ask(
        Subscribe{.channel = "news", .epoch = epoch, .since = since, .limit = limit});
    EXPECT_FALSE(reply.refused()) << reply.refusal.message;
    return reply.get<SubscribeAck>() ? *reply.get<SubscribeAck>() : SubscribeAck{};
  }
  using Lines = std::vector<std::string>;
  static Lines lines(const std::vector<Publication>& publications) {
    Lines found;
    for (const auto& one : publications) found.push_back(std::to_string(one.seq) + " " + one.content);
    return found;
  }
  static Lines pushed(TestClient& client) {
    std::vector<Publication> found;
    for (const auto& frame : client.take()) {
      if (const auto* one = frame.get<Publication>()) found.push_back(*one);
    }
    return lines(found);
  }
  /// What is in memory is forgotten: nobody follows.
  void forget() {
    for (auto& hub : hubs) hub->tick();
    EXPECT_EQ(hubs[0]->channel_homes().size() + hubs[1]->channel_homes().size(), 0U);
  }

  ports::Member near, far;
};

TEST_F(StoredChannels, AreAcknowledgedWhenStoredAndPushedToAllInOneOrder) {
  TestClient& one = online(near);
  TestClient& two = online(far);
  subscribe(one), subscribe(two);
  one.post(publication("1", 1), 7);
  turn();
  EXPECT_TRUE(one.take().empty()) << "not stored yet";
  settle();
  bool acknowledged = false;
  for (const auto& frame : one.take()) {
    if (const auto* ack = frame.get<PublishAck>()) {
      acknowledged = true;
      EXPECT_EQ(ack->channel, "news");
      EXPECT_EQ(ack->seq, 1U);
      EXPECT_EQ(ack->send_id, 1U);
      EXPECT_TRUE(ack->mid);
    }
  }
  EXPECT_TRUE(acknowledged);
  EXPECT_EQ(publish(two, "2", 1).seq, 2U);
  EXPECT_EQ(publish(two, "3").seq, 3U) << "also without a number of one's own";
  EXPECT_EQ(pushed(one), (Lines{"2 2", "3 3"}));
  EXPECT_EQ(pushed(two), (Lines{"1 1", "2 2", "3 3"}));
  EXPECT_EQ(store.stats().messages, 3U);
}

TEST_F(StoredChannels, ARepeatedSendIsAnsweredAgainAndStoredOnceWhateverTheRulesSayByNow) {
  TestClient& client = online(far);
  subscribe(client);
  const PublishAck first = publish(client, "once", 1);
  EXPECT_FALSE(first.dup);
  declare({.persistent = true, .publish = ports::PublishPolicy::servers});
  set_limits([](Limits& limits) { limits.member_publications = {1, 1}; });
  const PublishAck again = publish(client, "once", 1);
  EXPECT_TRUE(again.dup);
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.mid, first.mid);
  EXPECT_EQ(pushed(client), Lines{"1 once"});
  const auto other = client.ask(publication("another", 1));
  EXPECT_EQ(other.msgid, protocol::Msg::publish_ack);
  EXPECT_EQ(other.refusal.error, Errno::conflict);
  EXPECT_EQ(other.refusal.expected, 2U);
  EXPECT_EQ(client.ask(publication("new", 2)).refusal.error, Errno::not_permitted);
}

TEST_F(StoredChannels, SendsOfOneDeviceAreDecidedInTheirOrderWhereverTheyGo) {
  TestClient& client = online(far);
  client.post(publication("first", 1), 1);
  client.post(TestClient::chat(near.id, "second", 2), 2);
  client.post(publication("third", 3), 3);
  settle();
  std::size_t acknowledged = 0;
  for (const auto& frame : client.take()) {
    EXPECT_FALSE(frame.refused()) << frame.refusal.message;
    ++acknowledged;
  }
  EXPECT_EQ(acknowledged, 3U);
}

TEST_F(StoredChannels, WhatIsNotInMemoryIsReadFromTheStore) {
  TestClient& client = online(near);
  const std::uint32_t epoch = publish(client, "1").epoch;
  for (const char* text : {"2", "3", "4"}) publish(client, text);
  client.take();
  forget();
  for (TestClient* reader : {&client, &online(far)}) {
    const SubscribeAck ack = subscribe(*reader, epoch, 1);
    EXPECT_TRUE(ack.recovered);
    EXPECT_EQ(ack.epoch, epoch) << "the epoch is the store's";
    EXPECT_EQ(lines(ack.publications), (Lines{"2 2", "3 3", "4 4"}));
  }
  publish(client, "5");
  EXPECT_EQ(pushed(client), Lines{"5 5"});
}

TEST_F(StoredChannels, GoesNoFurtherBackThanTheChannelKeeps) {
  TestClient& client = online(near);
  std::uint32_t epoch = 0;
  for (int i = 1; i <= 12; ++i) epoch = publish(client, std::to_string(i)).epoch;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(subscribe(client, epoch, 2).publications.size(), 10U);
    const SubscribeAck too_far = subscribe(client, epoch, 1);
    EXPECT_FALSE(too_far.recovered);
    EXPECT_TRUE(too_far.publications.empty());
    EXPECT_EQ(too_far.head, 12U);
    EXPECT_FALSE(subscribe(client, epoch, 13).recovered) << "ahead of the head";
    EXPECT_FALSE(subscribe(client, epoch + 1, 12).recovered) << "another epoch";
    EXPECT_TRUE(subscribe(client, epoch, 12).recovered);
    client.ask(protocol::Unsubscribe{.channel = "news"});
    client.take();
    forget();  // and the same from the store
  }
}

TEST_F(StoredChannels, WhatIsTooOldIsNotServed) {
  declare({.persistent = true, .history_max = 10, .history_age_ms = 1000});
  TestClient& client = online(near);
  const std::uint32_t epoch = publish(client, "1").epoch;
  clock.advance_ms(500);
  publish(client, "2");
  client.take();
  forget();
  clock.advance_ms(500);
  EXPECT_FALSE(subscribe(client, epoch, 0).recovered) << "the first is as old as that";
  client.ask(protocol::Unsubscribe{.channel = "news"});
  forget();
  EXPECT_EQ(lines(subscribe(client, epoch, 1).publications), Lines{"2 2"});
}

TEST_F(StoredChannels, ComesInPagesAndIsSubscribedAtTheEnd) {
  TestClient& client = online(far);
  std::uint32_t epoch = 0;
  for (int i = 1; i <= 5; ++i) epoch = publish(client, std::to_string(i)).epoch;
  client.take();
  forget();
  set_limits([](Limits& limits) { limits.page_entries_max = 2; });
  Lines got;
  std::uint64_t since = 0;
  for (int pages = 0; pages < 9; ++pages) {
    const SubscribeAck ack = subscribe(client, epoch, since);
    EXPECT_TRUE(ack.recovered);
    for (const auto& line : lines(ack.publications)) got.push_back(line);
    if (!ack.more) break;
    since = ack.publications.back().seq;
  }
  EXPECT_EQ(got, (Lines{"1 1", "2 2", "3 3", "4 4", "5 5"}));
  publish(client, "6");
  EXPECT_EQ(pushed(client), Lines{"6 6"});
}

TEST_F(StoredChannels, ShowsTheNewestFromTheStore) {
  TestClient& client = online(near);
  for (const char* text : {"1", "2", "3"}) publish(client, text);
  client.take();
  forget();
  const SubscribeAck ack = subscribe(client, 0, 0, 2);
  EXPECT_FALSE(ack.recovered);
  EXPECT_EQ(lines(ack.publications), (Lines{"2 2", "3 3"}));
  EXPECT_EQ(subscribe(client).publications.size(), 0U);
}

// Goal: the border between what is read and what is pushed. Method: publications are committed while the subscriber's page is
// on its way, in every order of the two.
TEST_F(StoredChannels, NothingIsMissedOrDoubledWhenSomethingIsStoredDuringTheReading) {
  TestClient& speaker = online(near);
  const std::uint32_t epoch = publish(speaker, "1").epoch;
  speaker.take();
  for (int ticks = 0; ticks < 6; ++ticks) {
    forget();
    TestClient& reader = online(far);
    const std::uint64_t before = store.stats().messages;
    reader.post(Subscribe{.channel = "news", .epoch = epoch, .since = before - 1}, 5);
    for (int i = 0; i < ticks; ++i) {
      turn();
      if (i % 2 == 0) speaker.post(publication("during"));
      static_cast<void>(store.step());
    }
    settle();
    publish(speaker, "after");
    std::vector<std::uint64_t> seen;
    for (const auto& frame : reader.take()) {
      if (const auto* ack = frame.get<SubscribeAck>()) {
        EXPECT_TRUE(ack->recovered);
        for (const auto& one : ack->publications) seen.push_back(one.seq);
      } else if (const auto* one = frame.get<Publication>()) {
        seen.push_back(one->seq);
      }
    }
    std::vector<std::uint64_t> expected;
    for (std::uint64_t seq = before; seq <= store.stats().messages; ++seq) expected.push_back(seq);
    EXPECT_EQ(seen, expected) << ticks;
    leave(reader);
    speaker.take();
  }
}

TEST_F(StoredChannels, WhatCouldNotBeStoredHasUsedNoNumber) {
  TestClient& client = online(far);
  subscribe(client);
  store.fail_commits(1);
  const auto reply = client.ask(publication("x", 1));
  EXPECT_EQ(reply.msgid, protocol::Msg::publish_ack);
  EXPECT_EQ(reply.refusal.error, Errno::unavailable);
  EXPECT_EQ(publish(client, "x", 1).seq, 1U);
}

TEST_F(StoredChannels, AMutedMemberMayFollowAndNotPublish) {
  TestClient& client = online(far);
  hubs[home(far.id)]->set_sanctions(far.id, {{.zone = zone->id,
                                              .member = far.id,
                                              .kind = ports::SanctionKind::mute,
                                              .until_ms = 0,
                                              .reason = "spam",
                                              .by = "operator"}});
  subscribe(client);
  EXPECT_EQ(client.ask(publication("x", 1)).refusal.error, Errno::muted);
  EXPECT_EQ(client.ask(publication("x")).refusal.error, Errno::muted);
}

TEST_F(StoredChannels, APublicationIsInNoInboxAndNoConversationOfItsPublisher) {
  TestClient& client = online(near);
  publish(client, "x", 1);
  const auto inbox = client.ask(protocol::Sync{});
  EXPECT_TRUE(inbox.get<protocol::SyncAck>()->messages.empty());
  const auto conversations = client.ask(protocol::Conversations{});
  EXPECT_TRUE(conversations.get<protocol::ConversationsAck>()->conversations.empty());
}

TEST_F(StoredChannels, WhereNothingIsStoredASendIdIsRefused) {
  TestClient& client = online(near);
  protocol::Publish numbered = publication("x", 1);
  numbered.channel = "world";
  const auto reply = client.ask(numbered);
  EXPECT_EQ(reply.refusal.error, Errno::bad_request);
  EXPECT_EQ(reply.refusal.field, "send_id");
}

}  // namespace
}  // namespace plaza::chat
