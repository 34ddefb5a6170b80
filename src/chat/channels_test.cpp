// Channels: one order for all, everything missed or the word that it cannot be told, and nothing for who is too slow. On two
// shards, so that some subscribers live where the channel has its home and some do not.
#include "chat/test_support.h"
#include "protocol/channel_requests.h"

namespace plaza::chat {
namespace {

using protocol::ChannelHeadPush;
using protocol::ChannelsAck;
using protocol::Errno;
using protocol::Publication;
using protocol::PublishAck;
using protocol::Subscribe;
using protocol::SubscribeAck;

class Channels : public ChatTest {
 protected:
  /// Two members of each home.
  Channels() {
    for (int i = 0; here.size() < 2 || there.size() < 2; ++i) {
      const ports::Member made = member("m" + std::to_string(i));
      auto& side = home(made.id) == channels::home_shard({zone->id, "world"}, 2) ? here : there;
      if (side.size() < 2) side.push_back(made);
    }
    set_limits([](Limits& limits) {
      limits.member_publications = {};
      limits.presence_interval_ms = 0;
    });
  }
  SubscribeAck subscribe(TestClient& client, const Subscribe& wanted = {.channel = "world"}) {
    const auto reply = client.ask(wanted);
    EXPECT_FALSE(reply.refused()) << reply.refusal.message;
    return reply.get<SubscribeAck>() ? *reply.get<SubscribeAck>() : SubscribeAck{};
  }
  static protocol::Publish publication(std::string_view text, std::string_view channel = "world") {
    return {.channel = channel, .content = {.kind = 0, .msg = text, .body = {}}, .send_id = {}};
  }
  PublishAck publish(TestClient& client, std::string_view text, std::string_view channel = "world") {
    const auto reply = client.ask(publication(text, channel));
    EXPECT_FALSE(reply.refused()) << reply.refusal.message;
    return reply.get<PublishAck>() ? *reply.get<PublishAck>() : PublishAck{};
  }
  template <class T>
  static std::vector<T> taken(TestClient& client) {
    std::vector<T> found;
    for (const auto& frame : client.take()) {
      if (const T* one = frame.get<T>()) found.push_back(*one);
    }
    return found;
  }
  /// "seq text" of each.
  static std::vector<std::string> lines(const std::vector<Publication>& publications) {
    std::vector<std::string> found;
    for (const auto& one : publications) found.push_back(std::to_string(one.seq) + " " + one.content);
    return found;
  }
  static std::vector<std::string> pushed(TestClient& client) { return lines(taken<Publication>(client)); }
  [[nodiscard]] std::size_t homes() const {
    return hubs[0]->channel_homes().size() + hubs[1]->channel_homes().size();
  }
  [[nodiscard]] std::size_t fans() const {
    return hubs[0]->state().fans.channels() + hubs[1]->state().fans.channels();
  }
  void tick() {
    for (auto& hub : hubs) hub->tick();
  }
  void declare(const std::string& name, const ports::ChannelSettings& settings) {
    EXPECT_TRUE(directory.put_channel(zone->id, name, settings));
  }
  void tell_home(const std::string& name) {
    hubs[channels::home_shard({zone->id, name}, 2)]->channel_homes().redeclared({zone->id, name});
    settle();
  }
  using Lines = std::vector<std::string>;

  std::vector<ports::Member> here, there;  ///< by where they live: with the channel "world", and elsewhere
};

TEST_F(Channels, EverySubscriberGetsThePublicationsInOneOrderWithItsOwnAmongThem) {
  TestClient& near = online(here[0]);
  TestClient& far = online(there[0]);
  TestClient& other = online(there[1]);
  for (TestClient* client : {&near, &far, &other}) {
    const SubscribeAck ack = subscribe(*client);
    EXPECT_EQ(ack.channel, "world");
    EXPECT_EQ(ack.head, 0U);
    EXPECT_NE(ack.epoch, 0U);
  }
  EXPECT_EQ(publish(near, "one").seq, 1U);
  EXPECT_EQ(publish(far, "two").seq, 2U);
  far.post(publication("three"));
  near.post(publication("four"));
  settle();
  const auto first = taken<Publication>(near);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first[0].content, "one");
  EXPECT_EQ(first[0].id, here[0].id);
  EXPECT_EQ(first[0].name, here[0].nickname);
  EXPECT_EQ(first[1].id, there[0].id);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(first[i].seq, i + 1);
  EXPECT_EQ(taken<Publication>(far), first);
  EXPECT_EQ(taken<Publication>(other), first);
}

TEST_F(Channels, APublicationWithoutRidIsNotAnswered) {
  for (const ports::Member& who : {here[0], there[0]}) {
    TestClient& client = online(who);
    client.post(publication("quiet"));
    settle();
    EXPECT_TRUE(client.take().empty());
  }
}

TEST_F(Channels, OneWhoWasAwayGetsWhatItMissedAndThenThePushes) {
  for (const ports::Member& who : {here[0], there[0]}) {
    TestClient& client = online(who);
    TestClient& speaker = online(who.id == here[0].id ? here[1] : there[1]);
    const SubscribeAck first = subscribe(client);
    const std::uint64_t before = publish(speaker, "seen").seq;
    EXPECT_EQ(pushed(client).size(), 1U);
    leave(client);
    publish(speaker, "missed 1");
    publish(speaker, "missed 2");
    TestClient& again = online(who);
    const SubscribeAck back = subscribe(again, {.channel = "world", .epoch = first.epoch, .since = before});
    EXPECT_TRUE(back.recovered);
    EXPECT_FALSE(back.more);
    EXPECT_EQ(back.head, before + 2);
    EXPECT_EQ(lines(back.publications),
              (Lines{std::to_string(before + 1) + " missed 1", std::to_string(before + 2) + " missed 2"}));
    publish(speaker, "live");
    EXPECT_EQ(pushed(again), Lines{std::to_string(before + 3) + " live"});
    leave(again), leave(speaker);
  }
}

TEST_F(Channels, OneWhoWasAwayForTooLongIsToldSoAndGetsNothingOfIt) {
  set_limits([](Limits& limits) { limits.world.history_max = 2; });
  TestClient& client = online(there[0]);
  const std::uint32_t epoch = subscribe(client).epoch;
  leave(client);
  TestClient& speaker = online(here[0]);
  for (const char* text : {"1", "2", "3"}) publish(speaker, text);
  TestClient& again = online(there[0]);
  const SubscribeAck exactly = subscribe(again, {.channel = "world", .epoch = epoch, .since = 1});
  EXPECT_TRUE(exactly.recovered);
  EXPECT_EQ(lines(exactly.publications), (Lines{"2 2", "3 3"}));
  const SubscribeAck too_old = subscribe(again, {.channel = "world", .epoch = epoch, .since = 0});
  EXPECT_FALSE(too_old.recovered);
  EXPECT_TRUE(too_old.publications.empty());
  EXPECT_EQ(too_old.head, 3U);
  publish(speaker, "4");
  EXPECT_EQ(pushed(again), Lines{"4 4"}) << "it goes on from the head all the same";
}

TEST_F(Channels, WhatDoesNotFitIntoOneAnswerIsAskedForAgainAndNothingIsPushedBeforeTheEnd) {
  set_limits([](Limits& limits) { limits.page_bytes_max = 1; });
  TestClient& speaker = online(here[0]);
  const std::uint32_t epoch = publish(speaker, "a").epoch;
  publish(speaker, "b");
  TestClient& client = online(there[0]);
  SubscribeAck page = subscribe(client, {.channel = "world", .epoch = epoch, .since = 0});
  EXPECT_TRUE(page.recovered);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(lines(page.publications), Lines{"1 a"});
  publish(speaker, "c");
  EXPECT_TRUE(pushed(client).empty()) << "not subscribed yet";
  page = subscribe(client, {.channel = "world", .epoch = epoch, .since = 1});
  EXPECT_TRUE(page.more);
  page = subscribe(client, {.channel = "world", .epoch = epoch, .since = 2});
  EXPECT_FALSE(page.more);
  EXPECT_EQ(lines(page.publications), Lines{"3 c"});
  publish(speaker, "d");
  EXPECT_EQ(pushed(client), Lines{"4 d"});
}

// Goal: the border between answer and pushes. Method: publications that are numbered in this very turn, not yet on their way.
TEST_F(Channels, WhoSubscribesInTheMiddleOfATurnMissesNothingAndGetsNothingTwice) {
  TestClient& speaker = online(here[0]);
  TestClient& listener = online(here[1]);
  TestClient& far = online(there[0]);
  subscribe(listener);
  const std::uint32_t epoch = publish(speaker, "1").epoch;
  speaker.post(publication("2"));  // at once: the home is the speaker's shard
  far.post(Subscribe{.channel = "world", .epoch = epoch, .since = 0}, 5);
  run_tasks();
  speaker.post(publication("3"));
  settle();
  Lines got;
  for (const auto& frame : far.take()) {
    if (const auto* ack = frame.get<SubscribeAck>()) {
      EXPECT_TRUE(got.empty()) << "the answer comes first";
      got = lines(ack->publications);
    } else if (const auto* one = frame.get<Publication>()) {
      got.push_back(std::to_string(one->seq) + " " + one->content);
    }
  }
  EXPECT_EQ(got, (Lines{"1 1", "2 2", "3 3"}));
  EXPECT_EQ(pushed(listener), (Lines{"1 1", "2 2", "3 3"}));
}

TEST_F(Channels, ANewSubscriberIsShownTheNewestItAsksFor) {
  TestClient& speaker = online(here[0]);
  for (const char* text : {"1", "2", "3"}) publish(speaker, text);
  const SubscribeAck ack = subscribe(online(there[0]), {.channel = "world", .limit = 2});
  EXPECT_FALSE(ack.recovered) << "it named no position";
  EXPECT_EQ(lines(ack.publications), (Lines{"2 2", "3 3"}));
  EXPECT_TRUE(subscribe(online(there[1])).publications.empty());
}

TEST_F(Channels, OneWhoIsTooSlowIsToldTheHeadOnceAndRecoversWhenItAsks) {
  TestClient& speaker = online(here[0]);
  for (const ports::Member& who : {here[1], there[0]}) {
    TestClient& slow = online(who);
    TestClient& fast = online(there[1]);
    subscribe(slow), subscribe(fast);
    const std::uint64_t seen = publish(speaker, "seen").seq;
    EXPECT_EQ(pushed(slow).size(), 1U);
    slow.slow = true;
    const std::uint32_t epoch = publish(speaker, "missed").epoch;
    const auto heads = taken<ChannelHeadPush>(slow);
    ASSERT_EQ(heads.size(), 1U);
    EXPECT_EQ(heads[0], (ChannelHeadPush{.channel = "world", .epoch = epoch, .head = seen + 1}));
    publish(speaker, "missed too");
    slow.slow = false;
    publish(speaker, "and this");
    EXPECT_TRUE(slow.take().empty()) << "paused until it asks again";
    const SubscribeAck back = subscribe(slow, {.channel = "world", .epoch = epoch, .since = seen});
    EXPECT_TRUE(back.recovered);
    EXPECT_EQ(back.publications.size(), 3U);
    publish(speaker, "live");
    EXPECT_EQ(pushed(slow).size(), 1U);
    EXPECT_EQ(pushed(fast).size(), 5U) << "others are not held up";
    leave(slow), leave(fast);
  }
}

TEST_F(Channels, UnsubscribedIsUnsubscribedAndTwiceSubscribedIsOnce) {
  TestClient& speaker = online(here[0]);
  TestClient& client = online(there[0]);
  subscribe(client), subscribe(client);
  publish(speaker, "once");
  EXPECT_EQ(pushed(client), Lines{"1 once"});
  EXPECT_FALSE(client.ask(protocol::Unsubscribe{.channel = "world"}).refused());
  EXPECT_FALSE(client.ask(protocol::Unsubscribe{.channel = "world"}).refused()) << "as it was wanted";
  publish(speaker, "gone");
  EXPECT_TRUE(client.take().empty());
}

// Goal: a grant on its way is counted. Method: the last subscriber of a shard leaves while another one's grant is under way.
TEST_F(Channels, AGrantThatIsOnItsWayWhileOthersLeaveStillCounts) {
  TestClient& speaker = online(here[0]);
  TestClient& first = online(there[0]);
  TestClient& second = online(there[1]);
  subscribe(first);
  second.post(Subscribe{.channel = "world"}, 9);  // waits for the home, on the other shard
  first.post(protocol::Unsubscribe{.channel = "world"});
  settle();
  second.take();
  publish(speaker, "heard");
  EXPECT_EQ(pushed(second).size(), 1U);
}

TEST_F(Channels, ASessionThatGoesWhileItSubscribesLeavesNothingBehind) {
  for (const ports::Member& who : {here[0], there[0]}) {
    TestClient& client = online(who);
    client.post(Subscribe{.channel = "world"}, 9);
    leave(client);
  }
  EXPECT_EQ(fans(), 0U);
  clock.advance_ms(limits.world.history_age_ms + 1);
  tick();
  EXPECT_EQ(homes(), 0U) << "nobody is counted";
}

TEST_F(Channels, WhatWasAskedByWhoWasLoggedInBeforeIsNotForTheNext) {
  TestClient& client = online(there[0]);
  client.post(Subscribe{.channel = "world"}, 9);
  log_in_again(client, there[0], "web");
  settle();
  client.take();
  publish(online(here[0]), "secret");
  EXPECT_TRUE(pushed(client).empty());
}

TEST_F(Channels, NobodyAndNothingCostsNoMemoryAndTheNextHistoryHasAnotherEpoch) {
  TestClient& client = online(there[0]);
  const std::uint32_t epoch = subscribe(client).epoch;
  publish(client, "1");
  leave(client);
  EXPECT_EQ(fans(), 0U);
  tick();
  EXPECT_EQ(homes(), 1U) << "there is a history";
  clock.advance_ms(limits.world.history_age_ms - 1);
  tick();
  EXPECT_EQ(homes(), 1U);
  clock.advance_ms(1);
  tick();
  EXPECT_EQ(homes(), 0U);
  EXPECT_FALSE(hubs[0]->wants_tick() || hubs[1]->wants_tick());
  TestClient& again = online(there[0]);
  const SubscribeAck ack = subscribe(again, {.channel = "world", .epoch = epoch, .since = 1});
  EXPECT_FALSE(ack.recovered);
  EXPECT_NE(ack.epoch, epoch) << "never two histories under one epoch";
  clock.advance_ms(limits.world.history_age_ms);
  tick();
  EXPECT_EQ(homes(), 1U) << "it is followed";
}

TEST_F(Channels, OnlyDeclaredOnesAndWorldExistAndOnlyInTheirZone) {
  TestClient& client = online(there[0]);
  for (const char* name : {"news", "World", "no such", "a/b"}) {
    const auto reply = client.ask(Subscribe{.channel = name});
    EXPECT_EQ(reply.refusal.error, Errno::no_such_channel) << name;
    EXPECT_EQ(reply.refusal.field, "channel");
    EXPECT_EQ(client.ask(publication("x", name)).refusal.error, Errno::no_such_channel) << name;
  }
  EXPECT_EQ(homes(), 0U);
  declare("news", {});
  subscribe(client, {.channel = "news"});

  const ports::Zone home_zone = *zone;
  ports::Zone other = home_zone;
  other.zone_name = "two";
  set_zone(other);
  const ports::Member stranger = member("stranger");
  TestClient& abroad = online(stranger);
  EXPECT_EQ(abroad.ask(Subscribe{.channel = "news"}).refusal.error, Errno::no_such_channel);
  subscribe(client), subscribe(abroad);
  publish(client, "at home");
  EXPECT_TRUE(pushed(abroad).empty()) << "each zone has a world of its own";
  EXPECT_EQ(publish(abroad, "abroad").seq, 1U);
  EXPECT_EQ(pushed(client), Lines{"1 at home"});
}

TEST_F(Channels, WhereOnlyServersPublishAMemberMayNot) {
  declare("news", {.publish = ports::PublishPolicy::servers});
  TestClient& client = online(there[0]);
  subscribe(client, {.channel = "news"});
  const auto reply = client.ask(publication("x", "news"));
  EXPECT_EQ(reply.refusal.error, Errno::not_permitted);
  EXPECT_TRUE(pushed(client).empty());
}

TEST_F(Channels, BoundsAMembersRateAndAChannelsRate) {
  set_limits([](Limits& limits) { limits.member_publications = {1, 2}; });
  TestClient& client = online(there[0]);
  publish(client, "1"), publish(client, "2");
  const auto member_rate = client.ask(publication("3"));
  EXPECT_EQ(member_rate.refusal.error, Errno::rate_limited);
  EXPECT_EQ(member_rate.refusal.retry_after_ms, 1000U);
  clock.advance_ms(1000);
  EXPECT_EQ(publish(client, "3").seq, 3U) << "what was refused has used no number";

  declare("slow", {.rate = {.per_s = 1, .burst = 1}});
  set_limits([](Limits& limits) { limits.member_publications = {}; });
  publish(client, "1", "slow");
  const auto channel_rate = online(here[0]).ask(publication("2", "slow"));
  EXPECT_EQ(channel_rate.refusal.error, Errno::rate_limited);
  EXPECT_EQ(channel_rate.refusal.retry_after_ms, 1000U);
}

TEST_F(Channels, BoundsTheBodyAndHowManyChannelsASessionFollows) {
  set_limits([](Limits& limits) {
    limits.publication_bytes_max = 4;
    limits.channels_per_session_max = 2;
  });
  TestClient& client = online(there[0]);
  EXPECT_EQ(publish(client, "four").seq, 1U);
  EXPECT_EQ(client.ask(publication("fives")).refusal.error, Errno::too_large);
  EXPECT_EQ(client.ask(publication("")).refusal.error, Errno::bad_request);
  for (const char* name : {"a", "b", "c"}) declare(name, {});
  subscribe(client, {.channel = "a"}), subscribe(client, {.channel = "b"});
  EXPECT_EQ(client.ask(Subscribe{.channel = "c"}).refusal.error, Errno::limit_reached);
  subscribe(client, {.channel = "b"});
  client.ask(protocol::Unsubscribe{.channel = "a"});
  subscribe(client, {.channel = "c"});
  EXPECT_EQ(client.ask(Subscribe{.channel = "nowhere"}).refusal.error, Errno::limit_reached);
  client.ask(protocol::Unsubscribe{.channel = "b"});
  EXPECT_EQ(client.ask(Subscribe{.channel = "nowhere"}).refusal.error, Errno::no_such_channel);
  subscribe(client, {.channel = "b"});  // what was refused does not count
}

TEST_F(Channels, ReadingPausesWhileTooManyPublicationsAreUnderWay) {
  set_limits([](Limits& limits) { limits.send_window_max = 2; });
  TestClient& client = online(there[0]);
  for (const char* text : {"1", "2", "3"}) client.post(publication(text), 1);
  EXPECT_TRUE(client.waiting());
  EXPECT_EQ(client.in_line(), 1U);
  settle();
  EXPECT_FALSE(client.waiting());
  EXPECT_EQ(taken<PublishAck>(client).size(), 3U);
}

TEST_F(Channels, BlocksOfPublicationsAreBounded) {
  set_limits([](Limits& limits) { limits.channel_block_bytes_max = 1; });
  TestClient& speaker = online(here[0]);
  TestClient& client = online(there[0]);
  subscribe(client);
  for (const char* text : {"1", "2", "3"}) speaker.post(publication(text));
  settle();
  EXPECT_EQ(pushed(client), (Lines{"1 1", "2 2", "3 3"}));
}

TEST_F(Channels, WhenTheDirectoryCannotBeReadTheAnswerIsTryAgainAndNothingIsKept) {
  TestClient& client = online(there[0]);
  directory.set_unavailable(true);
  EXPECT_EQ(client.ask(Subscribe{.channel = "world"}).refusal.error, Errno::unavailable);
  executor.busy = true;
  EXPECT_EQ(client.ask(publication("x")).refusal.error, Errno::try_again);
  executor.busy = false;
  EXPECT_EQ(homes() + fans(), 0U);
  directory.set_unavailable(false);
  subscribe(client);
}

TEST_F(Channels, NewSettingsHoldFromTheirDeclarationOnAndTheHistoryGoesOn) {
  declare("news", {.history_max = 10});
  TestClient& client = online(there[0]);
  const std::uint32_t epoch = subscribe(client, {.channel = "news"}).epoch;
  publish(client, "1", "news"), publish(client, "2", "news");
  client.take();
  declare("news", {.publish = ports::PublishPolicy::servers, .history_max = 1});
  tell_home("news");
  EXPECT_TRUE(client.take().empty()) << "subscribers go on";
  EXPECT_EQ(client.ask(publication("x", "news")).refusal.error, Errno::not_permitted);
  EXPECT_FALSE(subscribe(client, {.channel = "news", .epoch = epoch, .since = 0}).recovered);
  EXPECT_TRUE(subscribe(client, {.channel = "news", .epoch = epoch, .since = 1}).recovered);
}

TEST_F(Channels, OfARemovedChannelTheSubscribersAreToldAndOneDeclaredAnewIsAnother) {
  declare("news", {});
  TestClient& client = online(there[0]);
  TestClient& other = online(here[0]);
  const std::uint32_t epoch = subscribe(client, {.channel = "news"}).epoch;
  subscribe(other, {.channel = "news"});
  publish(client, "1", "news");
  client.take(), other.take();
  EXPECT_TRUE(directory.remove_channel(zone->id, "news"));
  tell_home("news");
  EXPECT_EQ(taken<ChannelHeadPush>(client).size(), 1U);
  EXPECT_EQ(taken<ChannelHeadPush>(other).size(), 1U);
  EXPECT_EQ(client.ask(Subscribe{.channel = "news", .epoch = epoch, .since = 1}).refusal.error,
            Errno::no_such_channel);
  declare("news", {});
  const SubscribeAck anew = subscribe(client, {.channel = "news", .epoch = epoch, .since = 1});
  EXPECT_FALSE(anew.recovered);
  EXPECT_NE(anew.epoch, epoch);
  publish(other, "2", "news");
  EXPECT_EQ(pushed(client), Lines{"1 2"});
}

TEST_F(Channels, RemovedAndDeclaredBetweenTwoLooksItIsAnotherAndTheSubscribersAskAgain) {
  declare("news", {});
  TestClient& client = online(there[0]);
  const std::uint32_t epoch = subscribe(client, {.channel = "news"}).epoch;
  EXPECT_TRUE(directory.remove_channel(zone->id, "news"));
  declare("news", {});
  tell_home("news");
  const auto heads = taken<ChannelHeadPush>(client);
  ASSERT_EQ(heads.size(), 1U);
  EXPECT_NE(heads[0].epoch, epoch);
  EXPECT_FALSE(subscribe(client, {.channel = "news", .epoch = epoch, .since = 0}).recovered);
}

TEST_F(Channels, AreListedByNameWithWorldAmongThem) {
  TestClient& client = online(there[0]);
  const auto list = [&](const protocol::Channels& wanted) {
    const auto reply = client.ask(wanted);
    EXPECT_TRUE(reply.get<ChannelsAck>());
    return reply.get<ChannelsAck>() ? *reply.get<ChannelsAck>() : ChannelsAck{};
  };
  const auto names = [](const ChannelsAck& ack) {
    Lines found;
    for (const auto& entry : ack.channels) found.push_back(entry.channel);
    return found;
  };
  ChannelsAck all = list({});
  EXPECT_EQ(names(all), Lines{"world"});
  EXPECT_EQ(all.channels[0].history_max, limits.world.history_max);
  for (const char* name : {"zoo", "a", "b"}) declare(name, {.publish = ports::PublishPolicy::servers});
  all = list({});
  EXPECT_EQ(names(all), (Lines{"a", "b", "world", "zoo"}));
  EXPECT_TRUE(all.channels[0].servers_only);
  Lines paged;
  std::string after;
  for (int pages = 0; pages < 9; ++pages) {
    const ChannelsAck page = list({.after = after, .limit = 1});
    EXPECT_LE(page.channels.size(), 1U);
    for (const auto& name : names(page)) paged.push_back(name);
    if (!page.more) break;
    after = page.after;
  }
  EXPECT_EQ(paged, names(all));
  declare("world", {.history_max = 3});
  all = list({});
  EXPECT_EQ(names(all), (Lines{"a", "b", "world", "zoo"}));
  EXPECT_EQ(all.channels[2].history_max, 3U) << "as the app has declared it";
}

}  // namespace
}  // namespace plaza::chat
