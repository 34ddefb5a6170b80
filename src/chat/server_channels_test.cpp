// What an app's servers say in channels: numbered and pushed as what members say, and no rule of the channel applies.
#include "chat/test_support.h"
#include "protocol/channel_requests.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::Publication;
using protocol::Subscribe;
using protocol::SubscribeAck;
using Decided = ServerPublishing::Decided;
using Lines = std::vector<std::string>;

class ServerChannels : public ChatTest {
 protected:
  void declare(const ports::ChannelSettings& settings) {
    EXPECT_TRUE(directory.put_channel(zone->id, "news", settings));
    hubs[channels::home_shard({zone->id, "news"}, 2)]->channel_homes().redeclared({zone->id, "news"});
    settle();
  }
  std::variant<Refusal, Decided> publish(const std::string& channel, const std::string& text,
                                         const std::string& device = "@api") {
    std::optional<std::variant<Refusal, Decided>> outcome;
    ServerPublishing said{.message = std::make_shared<ports::Message>(),
                          .answer = std::make_shared<ServerPublishing::Answer>()};
    said.message->zone = zone->id;
    said.message->sender_name = "Referee";
    said.message->device = device;
    said.message->send_id = device == "@api" ? 0 : 1;
    said.message->body = text;
    said.answer->refused = [&](const Refusal& why) { outcome = why; };
    said.answer->decided = [&](const Decided& one) { outcome = one; };
    hubs[channels::home_shard({zone->id, channel}, 2)]->channel_homes().publish({zone->id, channel}, said);
    settle();
    EXPECT_TRUE(outcome) << "told";
    return *outcome;
  }
  SubscribeAck subscribe(TestClient& client) {
    const auto reply = client.ask(Subscribe{.channel = "news", .epoch = 0, .since = 0, .limit = 10});
    EXPECT_FALSE(reply.refused()) << reply.refusal.message;
    return *reply.get<SubscribeAck>();
  }
  static Lines pushed(TestClient& client) {
    Lines lines;
    for (const auto& frame : client.take()) {
      if (const auto* one = frame.get<Publication>())
        lines.push_back(std::to_string(one->seq) + " " + one->name + " " + one->content);
    }
    return lines;
  }
  ports::Member ann = member("ann"), bob = member("bob"), cid = member("cid");
};

TEST_F(ServerChannels, WhatIsSaidWhereOnlyServersPublishReachesWhoeverFollows) {
  for (const bool persistent : {false, true}) {
    directory.remove_channel(zone->id, "news");
    declare({.persistent = persistent, .publish = ports::PublishPolicy::servers, .rate = {1, 1}});
    const std::string device = persistent ? "phone" : "web";
    TestClient& one = online(ann, device);
    TestClient& two = online(bob, device);
    subscribe(one), subscribe(two);
    EXPECT_EQ(one.ask(protocol::Publish{.channel = "news", .content = {.kind = 0, .msg = "?", .body = {}}})
                  .refusal.error,
              Errno::not_permitted);
    for (const std::uint64_t seq : {1, 2, 3}) {
      const auto decided = std::get<Decided>(publish("news", std::to_string(seq)));
      EXPECT_EQ(decided.seq, seq) << "no rate of the channel's applies";
      EXPECT_EQ(decided.stored.has_value(), persistent);
    }
    EXPECT_EQ(pushed(one), (Lines{"1 Referee 1", "2 Referee 2", "3 Referee 3"}));
    EXPECT_EQ(pushed(two), (Lines{"1 Referee 1", "2 Referee 2", "3 Referee 3"}));
    EXPECT_EQ(subscribe(online(cid, device)).publications.size(), 3U) << "who comes later recovers it";
  }
}

TEST_F(ServerChannels, OneWithANameOfItsOwnIsStoredAndPushedOnce) {
  declare({.persistent = true});
  TestClient& client = online(ann);
  subscribe(client);
  EXPECT_EQ(std::get<Decided>(publish("news", "once", "@k")).stored->code, ports::AppendCode::accepted);
  const auto again = std::get<Decided>(publish("news", "once", "@k"));
  EXPECT_EQ(again.stored->code, ports::AppendCode::duplicate);
  EXPECT_EQ(again.seq, 1U);
  EXPECT_EQ(pushed(client), Lines{"1 Referee once"});
}

TEST_F(ServerChannels, AChannelThatIsNotDeclaredIsRefusedAndTheWorldIsThere) {
  EXPECT_EQ(std::get<Refusal>(publish("news", "?")).error, Errno::no_such_channel);
  EXPECT_EQ(std::get<Decided>(publish("world", "hello")).seq, 1U);
}

TEST_F(ServerChannels, WhileTheDeclarationCannotBeReadItIsRefused) {
  executor.busy = true;
  EXPECT_EQ(std::get<Refusal>(publish("news", "?")).error, Errno::try_again);
}

}  // namespace
}  // namespace plaza::chat
