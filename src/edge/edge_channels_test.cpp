// Channels on real threads: subscribers of every shard come, go and come back while others publish.
#include "edge/test_support.h"
#include "protocol/channel_requests.h"

namespace plaza::edge {
namespace {

using protocol::Publication;
using protocol::SubscribeAck;

class EdgeChannels : public Edge {
 protected:
  EdgeChannels() {
    Limits wanted = limits();
    wanted.chat.member_publications = {};
    wanted.chat.world.rate = {};
    wanted.chat.world.history_max = 10'000;
    node_.set_limits(wanted);
    EXPECT_TRUE(eventually([&] {
      std::size_t there = 0;
      for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
        on_shard(shard, [&] { there += node_.shard(shard).limits().chat.world.history_max == 10'000; });
      }
      return there == shards_.size();
    }));
  }
  static protocol::Publish publication(std::string_view text) {
    return {.channel = "world", .content = {.kind = 0, .msg = text, .body = {}}, .send_id = {}};
  }
};

constexpr int kPublishers = 3, kEach = 300, kSteady = 3, kComers = 3;

/// Follows from the beginning until it has seen everything; a comer breaks its connection now and then, and goes on from its
/// position. Gives what it saw, in its order.
std::vector<std::string> follow(std::uint16_t port, const std::string& name, std::uint32_t epoch,
                                bool comer) {
  std::vector<std::string> seen;
  std::uint64_t position = 0;
  std::string token;
  const auto take = [&](const Publication& one) {
    EXPECT_EQ(one.seq, position + 1) << name << " misses nothing and sees nothing twice";
    position = one.seq;
    seen.push_back(one.name + " " + one.content);
  };
  while (position < kPublishers * kEach) {
    Client client(port);
    if (token.empty()) {
      client.enter(name, "web");
      token = client.token;
    } else {
      protocol::Login login;
      login.token = token;
      login.device = "web";
      if (client.ask(login).refused()) continue;
      client.ask(protocol::Ready{});
    }
    for (bool more = true; more;) {
      const auto reply = client.ask(
          protocol::Subscribe{.channel = "world", .epoch = epoch, .since = position});
      const auto* ack = reply.get<SubscribeAck>();
      EXPECT_TRUE(ack && ack->recovered) << name;
      if (!ack || !ack->recovered) return seen;
      for (const Publication& one : ack->publications) take(one);
      more = ack->more;
    }
    for (int pushes = 0; position < kPublishers * kEach && (!comer || pushes < 40); ++pushes) {
      const auto frame = client.next();
      if (!frame) break;
      if (const auto* one = frame->get<Publication>()) take(*one);
    }
  }
  return seen;
}

TEST_F(EdgeChannels, EverybodySeesOneOrderWhereverItLivesAndHoweverOftenItComesBack) {
  Client first(port());
  registered("first");
  first.enter("first", "web");
  const auto start = first.ask(protocol::Subscribe{.channel = "world"});
  ASSERT_TRUE(start.get<SubscribeAck>());
  const std::uint32_t epoch = start.get<SubscribeAck>()->epoch;
  std::vector<std::string> names;
  for (int i = 0; i < kSteady + kComers; ++i) {
    names.push_back("follower" + std::to_string(i));
    registered(names.back());
  }
  for (int i = 0; i < kPublishers; ++i) registered("speaker" + std::to_string(i));
  std::vector<std::vector<std::string>> seen(names.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < names.size(); ++i) {
      threads.emplace_back([&, i] { seen[i] = follow(port(), names[i], epoch, i >= kSteady); });
    }
    for (int i = 0; i < kPublishers; ++i) {
      threads.emplace_back([&, i] {
        Client speaker(port());
        speaker.enter("speaker" + std::to_string(i), "web");
        for (int n = 0; n < kEach; ++n) {
          if (n % 3 == 0) {
            EXPECT_FALSE(speaker.ask(publication(std::to_string(n))).refused());
          } else {
            speaker.post(publication(std::to_string(n)));
          }
        }
        speaker.ask(protocol::Heartbeat{});
      });
    }
  }
  ASSERT_EQ(seen[0].size(), static_cast<std::size_t>(kPublishers * kEach));
  for (const auto& other : seen) EXPECT_EQ(other, seen[0]);
}

TEST_F(EdgeChannels, NothingIsLeftOfSubscribersThatAreGone) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        const std::string name = "guest" + std::to_string(i);
        registered(name);
        Client client(port());
        client.enter(name, "web");
        client.ask(protocol::Subscribe{.channel = "world"});
        client.post(protocol::Unsubscribe{.channel = "world"});
        client.post(protocol::Subscribe{.channel = "world"}, 5);  // and goes before the answer
      });
    }
  }
  EXPECT_TRUE(eventually([&] {
    std::size_t left = 0;
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
      on_shard(shard, [&] {
        chat::Hub& hub = node_.shard(shard).hub();
        hub.tick();
        left += hub.state().fans.channels() + hub.channel_homes().size();
      });
    }
    return left == 0;
  }));
}

}  // namespace
}  // namespace plaza::edge
