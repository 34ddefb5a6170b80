#include "net/listener.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <set>

#include "net/test_support.h"

namespace plaza::net {
namespace {

using test::Client;
using test::Peer;
using test::Server;

FrameVerdict say_shard(Peer& peer, const std::string&) {
  peer.connection->send("{\"shard\":" + std::to_string(peer.connection->shard().index()) + "}");
  return FrameVerdict::continue_;
}

TEST(Listener, DealsConnectionsOutToTheShardsInTurn) {
  Server server({}, say_shard, 3);
  std::multiset<std::string> shards;
  std::vector<Client> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back(server.address());
    ASSERT_TRUE(clients.back().send("{}"));
    shards.insert(clients.back().receive_line());
  }
  for (int shard = 0; shard < 3; ++shard) {
    EXPECT_EQ(shards.count("{\"shard\":" + std::to_string(shard) + "}\n"), 2u) << shard;
  }
}

TEST(Listener, SaysWhatToDoWhenThePortIsTaken) {
  Server server;
  ListenerOptions options;
  options.address = server.address().text();
  const auto second = Listener::open(server.shards, 0, options, nullptr, [](std::unique_ptr<Connection>) {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("is taken by another process"), std::string::npos) << second.error();
  EXPECT_NE(second.error().find(server.address().text()), std::string::npos) << second.error();
}

TEST(Listener, SaysWhatIsWrongWithAnAddress) {
  ShardGroup shards(1);
  const auto error = [&](const std::string& address) {
    ListenerOptions options;
    options.address = address;
    const auto opened = Listener::open(shards, 0, options, nullptr, [](std::unique_ptr<Connection>) {});
    return opened ? std::string("opened") : opened.error();
  };
  EXPECT_NE(error("7600").find("the port is missing"), std::string::npos);
  EXPECT_NE(error("127.0.0.1:70000").find("0 to 65535"), std::string::npos);
  EXPECT_NE(error("chat.example:7600").find("is no IP address"), std::string::npos);
  EXPECT_NE(error("::1:7600").find("brackets"), std::string::npos);
  EXPECT_NE(error("203.0.113.1:0").find("no address of this machine"), std::string::npos);
}

TEST(Listener, AcceptsOnIpv6AndOnBothWithTheEmptyAddress) {
  ListenerOptions options;
  options.address = "[::1]:0";
  Server v6(options);
  Client client(v6.address());
  if (!client.connected()) GTEST_SKIP() << "no IPv6 on this machine";
  ASSERT_TRUE(client.send("{}"));
  EXPECT_EQ(client.receive_line(), "{}\n");
  options.address = ":0";
  Server both(options);
  Address v4 = *Address::parse("127.0.0.1:0");
  v4.port = both.address().port;
  Client over_v4(v4);
  ASSERT_TRUE(over_v4.send("{}"));
  EXPECT_EQ(over_v4.receive_line(), "{}\n");
}

TEST(Listener, RefusesOneMoreThanTheLimitWithTheTextAndTakesAnotherWhenOneEnds) {
  ListenerOptions options;
  options.refusal = "{\"full\":true}\n";
  const auto limits = make_connection_limits({.connections_max = 2, .per_address_max = 100});
  Server server(options, Peer::echo, 1, limits);
  Client first(server.address()), second(server.address());
  for (Client* client : {&first, &second}) {
    ASSERT_TRUE(client->send("{}"));
    EXPECT_EQ(client->receive_line(), "{}\n");
  }
  EXPECT_EQ(connections_open(*limits), 2u);
  Client third(server.address());
  EXPECT_EQ(third.receive_to_end(), "{\"full\":true}\n");
  first.close();
  ASSERT_TRUE(server.log.wait_for_event("closed: peer_closed"));
  Client fourth(server.address());
  ASSERT_TRUE(fourth.send("{}"));
  EXPECT_EQ(fourth.receive_line(), "{}\n");
}

TEST(Listener, CountsEachAddressOnItsOwn) {
  const auto limits = make_connection_limits({.connections_max = 100, .per_address_max = 1});
  Server server({}, Peer::echo, 1, limits);
  Client first(server.address());
  ASSERT_TRUE(first.send("{}"));
  EXPECT_EQ(first.receive_line(), "{}\n");
  Client second(server.address());
  EXPECT_EQ(second.receive_to_end(), "");
}

TEST(Listener, ItsPortIsFreeAfterStop) {
  Server server;
  const Address address = server.address();
  server.listener->stop();
  EXPECT_FALSE(Client(address).connected());
}

// Goal: out of descriptors, a client is told by the end of its connection instead of hanging, and the server
// goes on when there are some again. Method: the process's own limit is lowered to what is open now.
TEST(Listener, OutOfDescriptorsItClosesTheWaitingClientAndRecovers) {
  Server server;
  Client before(server.address());
  ASSERT_TRUE(before.send("{}"));
  ASSERT_EQ(before.receive_line(), "{}\n");
  // The client's own socket first, then no descriptor is left for the server's end.
  const int unconnected = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit old{};
  getrlimit(RLIMIT_NOFILE, &old);
  rlimit low = old;
  low.rlim_cur = static_cast<rlim_t>(unconnected) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  sockaddr_storage storage;
  const socklen_t length = server.address().to_socket(storage);
  ASSERT_EQ(::connect(unconnected, reinterpret_cast<sockaddr*>(&storage), length), 0);
  pollfd waiting{unconnected, POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, test::kWaitMs), 1);
  char byte = 0;
  EXPECT_LE(::recv(unconnected, &byte, 1, 0), 0);
  ::close(unconnected);
  setrlimit(RLIMIT_NOFILE, &old);
  Client after(server.address());
  ASSERT_TRUE(after.send("{}"));
  EXPECT_EQ(after.receive_line(), "{}\n");
}

// Balancers --------------------------------------------------------------------------------------------------------------

FrameVerdict say_remote(Peer& peer, const std::string&) {
  peer.connection->send("{\"remote\":\"" + peer.connection->remote().text() + "\"}");
  return FrameVerdict::continue_;
}

ListenerOptions behind(const char* balancer) {
  ListenerOptions options;
  options.balancers = {Network::parse(balancer).value()};
  return options;
}

TEST(Listener, AConnectionOfABalancerIsOfWhomItsHeaderNames) {
  Server server(behind("127.0.0.0/8"), say_remote);
  Client one(server.address()), bytewise(server.address()), itself(server.address());
  ASSERT_TRUE(one.send("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n{}"));
  EXPECT_EQ(one.receive_line(), "{\"remote\":\"192.0.2.7:56324\"}\n");
  for (const char c : std::string("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n{}"))
    ASSERT_TRUE(bytewise.send({&c, 1}));
  EXPECT_EQ(bytewise.receive_line(), "{\"remote\":\"[2001:db8::7]:56324\"}\n");
  ASSERT_TRUE(itself.send("PROXY UNKNOWN\r\n{}"));
  EXPECT_TRUE(itself.receive_line().starts_with("{\"remote\":\"127.0.0.1:"));
}

TEST(Listener, ABalancerThatDoesNotSayForWhomItSpeaksIsCutOff) {
  auto options = behind("127.0.0.1");
  options.balancer.deadline_ms = 200;
  Server server(options, say_remote);
  Client without(server.address()), unfinished(server.address()), silent(server.address());
  ASSERT_TRUE(without.send("{}"));
  EXPECT_EQ(without.receive_to_end(), "");
  ASSERT_TRUE(unfinished.send("PROXY TCP4 192.0.2.7 "));
  EXPECT_EQ(unfinished.receive_to_end(), "");
  EXPECT_EQ(silent.receive_to_end(), "");
  EXPECT_EQ(server.peers.size(), 0U);
}

TEST(Listener, AHeaderFromElsewhereIsNoHeader) {
  Server server(behind("192.0.2.0/24"), say_remote);
  Client client(server.address());
  ASSERT_TRUE(client.send("PROXY TCP4 10.0.0.1 192.0.2.1 56324 443\r\n{}"));
  EXPECT_EQ(client.receive_to_end(), "{\"error\":1}\n");
  Client straight(server.address());
  ASSERT_TRUE(straight.send("{}"));
  EXPECT_TRUE(straight.receive_line().starts_with("{\"remote\":\"127.0.0.1:"));
}

TEST(Listener, OneConnectionMoreOfBalancersThanMayWaitIsClosed) {
  auto options = behind("127.0.0.1");
  options.balancer.waiting_max = 2;
  Server server(options, say_remote);
  Client first(server.address()), second(server.address()), third(server.address());
  EXPECT_EQ(third.receive_to_end(), "");
  for (Client* client : {&first, &second}) {
    ASSERT_TRUE(client->send("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n{}"));
    EXPECT_EQ(client->receive_line(), "{\"remote\":\"192.0.2.7:1\"}\n");
  }
}

TEST(Listener, TheLimitOfAnAddressIsOfTheRealOne) {
  const auto limits = make_connection_limits({.connections_max = 10, .per_address_max = 1});
  Server server(behind("127.0.0.1"), say_remote, 1, limits);
  Client ann(server.address()), again(server.address()), bob(server.address());
  ASSERT_TRUE(ann.send("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n{}"));
  EXPECT_EQ(ann.receive_line(), "{\"remote\":\"192.0.2.7:1\"}\n");
  ASSERT_TRUE(again.send("PROXY TCP4 192.0.2.7 192.0.2.1 3 2\r\n{}"));
  EXPECT_EQ(again.receive_to_end(), "");
  ASSERT_TRUE(bob.send("PROXY TCP4 192.0.2.8 192.0.2.1 1 2\r\n{}"));
  EXPECT_EQ(bob.receive_line(), "{\"remote\":\"192.0.2.8:1\"}\n");
}

// Goal: whoever stops the listener while balancers' connections wait for their header closes those.
TEST(Listener, StoppingEndsWhatWaitsForItsHeader) {
  Server server(behind("127.0.0.1"), say_remote);
  Client waiting(server.address()), through(server.address());
  ASSERT_TRUE(waiting.send("PROXY "));
  ASSERT_TRUE(through.send("PROXY UNKNOWN\r\n{}"));
  EXPECT_FALSE(through.receive_line().empty());
  server.listener->stop();
  EXPECT_EQ(waiting.receive_to_end(), "");
}

}  // namespace
}  // namespace plaza::net
