// The edge on real sockets and threads, with the domain's twins behind it: sessions move between shards, wait, end in the middle
// of requests, and are all gone after a drain. What single requests answer is tested in chat/ and with real processes.
#include "edge/test_support.h"

namespace plaza::edge {
namespace {

TEST_F(Edge, SessionsMoveToTheirMembersHomeShardAndTalkFromThere) {
  constexpr std::size_t
      kMembers = 12;  // enough for every shard to be a home, and to be accepted on another one
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<MemberId> members;
  for (std::size_t i = 0; i < kMembers; ++i) {
    const std::string name = "member" + std::to_string(i);
    registered(name);
    clients.push_back(std::make_unique<Client>(port()));
    members.push_back(clients.back()->enter(name, "web"));
  }
  for (std::size_t i = 0; i < kMembers; ++i) {
    const auto ack = clients[i]->ask(protocol::OneChat{.toid = members[(i + 1) % kMembers],
                                                       .content = {.kind = 0, .msg = "hello", .body = {}},
                                                       .send_id = 1,
                                                       .id = {}});
    EXPECT_TRUE(ack.get<protocol::SendAck>());
  }
  for (std::size_t i = 0; i < kMembers; ++i) {
    const auto message = clients[(i + 1) % kMembers]->next_chat();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->get<protocol::Chat>()->id, members[i]);
  }
  EXPECT_EQ(presence_.online_count(), kMembers);
}

TEST_F(Edge, RequestsSentWithoutWaitingAreAnsweredInTheirOrder) {
  registered("ann");
  const MemberId bob = registered("bob");
  Client ann(port());
  // Login, enter and ready are answered on other threads and shards; what comes behind them stays in line.
  const auto in = ann.ask(Client::login("ann", "web"));
  ASSERT_TRUE(in.get<protocol::LoginAck>());
  ann.post(protocol::Enter{.id = in.get<protocol::LoginAck>()->members.front().id}, 101);
  ann.post(protocol::Ready{}, 102);
  for (std::uint64_t i = 1; i <= 50; ++i) {
    ann.post(
        protocol::OneChat{
            .toid = bob, .content = {.kind = 0, .msg = "x", .body = {}}, .send_id = i, .id = {}},
        102 + i);
  }
  protocol::Friends friends;
  ann.post(friends, 200);
  for (std::uint64_t rid = 101; rid <= 152; ++rid) {
    auto message = ann.next();
    ASSERT_TRUE(message);
    if (message->rid == 200U) message = ann.next();  // the list does not wait for the store
    ASSERT_TRUE(message);
    EXPECT_EQ(message->rid, rid);
    EXPECT_FALSE(message->refused());
  }
}

TEST_F(Edge, ClientsThatGoInTheMiddleOfALoginOrASendLeaveNothing) {
  const MemberId peer = registered("peer");
  for (int round = 0; round < 30; ++round) {
    const std::string name = "gone" + std::to_string(round);
    registered(name);
    Client client(port());
    switch (round % 4) {
      case 0: client.post(Client::login(name, "")); break;  // classic: login and entering in one
      case 1: client.post(Client::login(name, "web")); break;
      case 2: {
        const auto in = client.ask(Client::login(name, "web"));
        client.post(protocol::Enter{.id = in.get<protocol::LoginAck>()->members.front().id});
        break;
      }
      default: {
        client.enter(name, "web");
        for (std::uint64_t i = 1; i <= 20; ++i) {
          client.post(protocol::OneChat{
              .toid = peer, .content = {.kind = 0, .msg = "x", .body = {}}, .send_id = i, .id = {}});
        }
      }
    }
    client.close();
  }
  EXPECT_TRUE(eventually([&] { return presence_.online_count() == 0; }));
  EXPECT_TRUE(eventually([&] {
    std::size_t sessions = 0;
    for (std::uint32_t i = 0; i < shards_.size(); ++i) {
      on_shard(i, [&] { sessions += node_.shard(i).size(); });
    }
    return sessions == 0;
  }));
}

// A connection that was reset while its request waited is told so in a later turn, when many ended at once: until then its session
// is there, and the answer that was waited for may come first. That ended the process.
TEST_F(Edge, ASessionWhoseConnectionHasEndedButIsNotToldYetDoesNotEnter) {
  for (int i = 0; i < 6; ++i) {  // enough for members at home on their connection's shard and on another one
    const std::string name = "ann" + std::to_string(i);
    registered(name);
    Client first(port());
    const MemberId ann = first.enter(name, "web");
    ASSERT_TRUE(presence_.online(ann));
    const std::string second_name = "late" + std::to_string(i);
    registered(second_name);
    Client second(port());
    ASSERT_TRUE(second.ask(Client::login(second_name, "web")).get<protocol::LoginAck>());
    std::size_t found = 0;
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
      on_shard(shard, [&] {
        Session* waiting = nullptr;
        node_.shard(shard).for_each([&](Session& session) {
          if (session.chat().state == chat::SessionState::authenticated) waiting = &session;
        });
        if (!waiting) return;
        ++found;
        waiting->connection().abort();
        chat::EnterAs as;
        as.member.id = ann;
        as.zone = std::make_shared<ports::Zone>();
        as.replaces = true;
        node_.shard(shard).enter_at_home(*waiting, std::move(as));
      });
    }
    EXPECT_EQ(found, 1U);
    EXPECT_FALSE(second.next().has_value());
    EXPECT_FALSE(first.ask(protocol::Friends{}).refused()) << "it was not replaced by one that had gone";
  }
}

TEST_F(Edge, ATokenLoginReplacesTheSessionOfItsDeviceWhichIsToldSo) {
  registered("ann");
  Client first(port());
  first.enter("ann", "web");
  protocol::Login by_token;
  by_token.token = first.token;
  Client second(port());
  const auto in = second.ask(by_token);
  ASSERT_TRUE(in.get<protocol::LoginAck>());
  EXPECT_TRUE(in.get<protocol::LoginAck>()->enter.has_value());
  EXPECT_EQ(first.goodbye(), Errno::kicked);
  EXPECT_FALSE(second.ask(protocol::Ready{}).refused());
  EXPECT_TRUE(presence_.online(in.get<protocol::LoginAck>()->enter->id));
}

TEST_F(Edge, LogoutLeavesTheConnectionForTheNextLogin) {
  registered("ann");
  registered("bob");
  Client client(port());
  const MemberId ann = client.enter("ann", "web");
  EXPECT_FALSE(client.ask(protocol::Loginout{}).refused());
  EXPECT_TRUE(eventually([&] { return !presence_.online(ann); }));
  const MemberId bob = client.enter("bob", "web");
  EXPECT_NE(ann, bob);
  EXPECT_TRUE(presence_.online(bob));
}

TEST_F(Edge, RevokedTokensEndTheirSessionsOnEveryShard) {
  registered("ann");
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    clients.back()->enter("ann", "device" + std::to_string(i));
  }
  protocol::RevokeToken all;
  all.all = true;
  EXPECT_FALSE(clients[0]->ask(all).refused());
  for (const auto& client : clients) EXPECT_EQ(client->goodbye(), Errno::revoked);
}

// edge: a shard that hears late of a changed password closes who logged in before the change, not who logged in with the new
// password after it.
TEST_F(Edge, AChangedPasswordEndsTheLoginsBeforeItAndNoneAfterItHoweverLateAShardHearsOfIt) {
  const MemberId ann = registered("ann");
  Client web(port());
  web.enter("ann", "web");
  std::deque<Client> before;
  std::deque<Client> after;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    before.emplace_back(port());
    after.emplace_back(port());
  }
  for (Client& client : before) EXPECT_FALSE(client.ask(Client::login("ann", "phone")).refused());
  for (Client& client : after) EXPECT_EQ(client.ask(protocol::Tokens{}).refusal.error, Errno::not_logged_in);

  std::latch held(1);
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    if (i != home_shard(ann, shards_.size())) shards_.at(i).post([&held] { held.wait(); });
  }
  EXPECT_FALSE(web.ask(protocol::ChangePassword{.password = "secret", .new_password = "other"}).refused());
  for (Client& client : after) {
    auto login = Client::login("ann", "phone");
    login.password = "other";
    client.post(login, 7);
  }
  held.count_down();

  for (Client& client : before) EXPECT_EQ(client.goodbye(), Errno::revoked);
  for (Client& client : after) {
    const auto in = client.next();
    ASSERT_TRUE(in.has_value());
    EXPECT_TRUE(in->get<protocol::LoginAck>()) << in->refusal.message;
    EXPECT_FALSE(client.ask(protocol::Tokens{}).refused());
  }
  EXPECT_FALSE(web.ask(protocol::Tokens{}).refused());
}

TEST_F(Edge, DrainDecidesWhatWasSentTellsEverybodyAndEndsAllSessions) {
  const MemberId peer = registered("peer");
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) {
    const std::string name = "member" + std::to_string(i);
    registered(name);
    clients.push_back(std::make_unique<Client>(port()));
    clients.back()->enter(name, "web");
    for (std::uint64_t k = 1; k <= 20; ++k) {
      clients.back()->post(
          protocol::OneChat{
              .toid = peer, .content = {.kind = 0, .msg = "x", .body = {}}, .send_id = k, .id = {}},
          k);
    }
  }
  Client idle(port());  // not logged in
  node_.drain(10'000);
  std::uint64_t acknowledged = 0;
  for (const auto& client : clients) {
    Errno why = Errno::ok;
    while (auto message = client->next()) {
      if (message->get<protocol::SendAck>()) ++acknowledged;
      if (const auto* goodbye = message->get<protocol::GoodbyePush>()) why = goodbye->error;
    }
    EXPECT_EQ(why, Errno::server_closing);
  }
  EXPECT_EQ(idle.goodbye(), Errno::server_closing);
  EXPECT_EQ(store_.stats().messages, acknowledged) << "everything that was stored was told before the end";
  EXPECT_EQ(presence_.online_count(), 0U);
}

TEST_F(Edge, AccountRequestsHaveARateThatLoggingOutDoesNotMakeNew) {
  registered("ann");
  Limits limited = limits();
  limited.account_requests = {.per_s = 1, .burst = 5};
  node_.set_limits(limited);
  Client client(port());
  client.enter("ann", "web");  // LOGIN and ENTER
  EXPECT_FALSE(client.ask(protocol::Loginout{}).refused());
  client.enter("ann", "web");
  const auto reply = client.ask(protocol::Tokens{});
  EXPECT_EQ(reply.refusal.error, Errno::rate_limited);
  EXPECT_GT(reply.refusal.retry_after_ms, 0U);
  EXPECT_LE(reply.refusal.retry_after_ms, 1'000U);
}

TEST_F(Edge, NewLimitsHoldForSessionsThatAreThereAlready) {
  registered("ann");
  Client client(port());
  const MemberId ann = client.enter("ann", "web");
  const auto say = [&](std::string_view text) {
    return client.ask(protocol::OneChat{
        .toid = ann, .content = {.kind = 0, .msg = text, .body = {}}, .send_id = {}, .id = {}});
  };
  EXPECT_FALSE(say("long enough").refused());
  Limits smaller = limits();
  smaller.chat.body_bytes_max = 5;
  node_.set_limits(smaller);
  EXPECT_TRUE(eventually([&] { return say("long enough").refusal.error == Errno::too_large; }));
  EXPECT_FALSE(say("short").refused());
}

TEST_F(Edge, ABanClosesTheSessionsOfItsMemberOnlyAndKeepsItOutUntilItIsLifted) {
  const MemberId ann = registered("ann"), bob = registered("bob");
  const ZoneId zone = directory_.zone("default", "default")->id;
  Client web(port()), phone(port()), bobs(port());
  web.enter("ann", "web");
  phone.enter("ann", "phone");
  bobs.enter("bob", "web");
  std::latch in_force(1);
  const auto banned = node_.moderator().put({.zone = zone,
                                             .member = ann,
                                             .kind = ports::SanctionKind::ban,
                                             .until_ms = 0,
                                             .reason = "spam",
                                             .by = "operator"},
                                            [&] { in_force.count_down(); });
  ASSERT_TRUE(banned) << banned.error().detail;
  in_force.wait();
  EXPECT_EQ(web.goodbye(), Errno::banned);
  EXPECT_EQ(phone.goodbye(), Errno::banned);
  Client again(port());
  const auto in = again.ask(Client::login("ann", "web"));
  ASSERT_TRUE(in.get<protocol::LoginAck>()) << "the account is not banned";
  const auto refused = again.ask(protocol::Enter{.id = ann});
  EXPECT_EQ(refused.refusal.error, Errno::banned);
  EXPECT_EQ(refused.refusal.reason, "spam");
  std::latch lifted(1);
  ASSERT_TRUE(node_.moderator().lift(zone, ann, ports::SanctionKind::ban, [&] { lifted.count_down(); }));
  lifted.wait();
  EXPECT_FALSE(again.ask(protocol::Enter{.id = ann}).refused());
  EXPECT_FALSE(bobs.ask(protocol::Find{.id = bob}).refused());
}

// Which of two changes at the same time comes last is open; that the shard and the store agree on it is not.
TEST_F(Edge, OfChangesMadeByManyThreadsAtOnceTheLastStoredIsInForce) {
  const MemberId ann = registered("ann");
  const ZoneId zone = directory_.zone("default", "default")->id;
  Client web(port());
  web.enter("ann", "web");
  for (int round = 0; round < 20; ++round) {
    constexpr int kThreads = 4;
    std::latch start(kThreads), done(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        auto in_force = [&] { done.count_down(); };
        const auto made = i % 2 == 0 ? node_.moderator()
                                           .put({.zone = zone,
                                                 .member = ann,
                                                 .kind = ports::SanctionKind::mute,
                                                 .until_ms = 0,
                                                 .reason = std::to_string(i),
                                                 .by = "operator"},
                                                in_force)
                                           .has_value()
                                     : node_.moderator()
                                           .lift(zone, ann, ports::SanctionKind::mute, in_force)
                                           .has_value();
        EXPECT_TRUE(made);
      });
    }
    done.wait();
    const auto stored = node_.moderator().sanctions_of(zone, ann).value();
    const auto reply = web.ask(protocol::OneChat{
        .toid = ann, .content = {.kind = 0, .msg = "x", .body = {}}, .send_id = {}, .id = {}});
    EXPECT_EQ(reply.refused(), !stored.empty());
    if (!stored.empty()) {
      EXPECT_EQ(reply.refusal.reason, stored.front().reason);
    }
  }
}

}  // namespace
}  // namespace plaza::edge
