// The backend port on real sockets, with the Api on the twins of its ports.
#include "servers/server_port.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "backend/test_support.h"
#include "base/digest.h"
#include "base/metrics.h"
#include "net/listener.h"
#include "net/test_support.h"

namespace plaza::servers {
namespace {

namespace json = boost::json;

/// An app's server: a socket, and JSON objects on it.
class Peer {
 public:
  explicit Peer(const net::Address& to, int receive_buffer = 0) : socket_(to, receive_buffer) {}
  json::object receive() {
    const std::string line = receive_line();
    return line.empty() ? json::object{{"closed", true}} : json::parse(line).as_object();
  }
  /// Without its end; empty at the end of the connection.
  std::string receive_line() {
    for (auto end = read_.find('\n');; end = read_.find('\n')) {
      if (end != std::string::npos) {
        std::string line = read_.substr(0, end);
        read_.erase(0, end + 1);
        return line;
      }
      const std::string more = socket_.receive_some();
      if (more.empty()) return {};
      read_ += more;
    }
  }
  void send(const json::object& frame) { send_text(json::serialize(frame)); }
  void send_text(const std::string& text) { EXPECT_TRUE(socket_.send(text)); }
  json::object ask(const json::object& frame) {
    send(frame);
    return receive();
  }
  json::object call(const std::string& op, const json::object& params = {}) {
    return ask({{"msgid", 143}, {"op", op}, {"params", params}});
  }
  /// All that is still said, up to the end of the connection.
  std::vector<json::object> rest() {
    std::vector<json::object> all;
    for (auto one = receive(); !one.contains("closed"); one = receive()) all.push_back(one);
    return all;
  }
  net::test::Client& socket() { return socket_; }

 private:
  net::test::Client socket_;
  std::string read_;
};

class ServerPortTest : public backend::ApiTest {
 protected:
  ServerPortTest() { start({}); }
  ~ServerPortTest() override { stop(); }
  void start(const PortOptions& options, const backend::ApiOptions& api = {}) {
    stop();
    restart(api);
    shards_ = std::make_unique<net::ShardGroup>(2);
    port_ = std::make_unique<ServerPort>(*shards_, *api_, events_, options);
    shards_->start();
    net::ListenerOptions listening;
    listening.connection.frame_bytes_max = options.frame_bytes_max;
    listener_ = net::Listener::open(*shards_, 0, listening, nullptr,
                                    [this](std::unique_ptr<net::Connection> connection) {
                                      port_->accept(std::move(connection));
                                    })
                    .value();
  }
  void stop() {
    if (!listener_) return;
    listener_.reset();
    port_->drain(1000);
    api_->stop();
    shards_->stop();
    port_.reset();
    shards_.reset();
  }
  [[nodiscard]] Peer connect(int receive_buffer = 0) { return Peer(listener_->address(), receive_buffer); }
  static std::pair<std::string, std::string> split(const std::string& bearer) {
    const auto dot = bearer.find('.');
    return {bearer.substr(0, dot), bearer.substr(dot + 1)};
  }
  static json::object login(const std::string& bearer) {
    const auto [key, secret] = split(bearer);
    return {{"msgid", 141}, {"rid", 1}, {"key", key}, {"secret", secret}};
  }
  /// Logged in.
  [[nodiscard]] Peer peer(const std::string& bearer, int receive_buffer = 0) {
    Peer peer = connect(receive_buffer);
    EXPECT_EQ(peer.receive().at("msgid"), 140);
    const auto ack = peer.ask(login(bearer));
    EXPECT_EQ(ack.at("status"), 200) << json::serialize(ack);
    return peer;
  }
  static std::string code(const json::object& answer) {
    return answer.contains("error") ? std::string(answer.at("error").at("code").as_string()) : "ok";
  }
  AppId app_id(const std::string& name) { return apps_.app(name)->id; }
  void happen(const std::string& app, int count, const std::string& text = "{}") {
    ports::EventBatch batch{.app = app_id(app), .events = {}, .from = {}, .to = {}};
    for (int i = 0; i < count; ++i) {
      batch.events.push_back(
          {.time_ms = 5, .kind = ports::AppEventKind::report, .zone = "one", .body = text});
    }
    ASSERT_TRUE(events_.append({batch}));
    port_->happened(app_id(app));
  }
  void want_reports(const std::string& app) {
    ports::AppEventKinds kinds;
    kinds.add(ports::AppEventKind::report);
    ASSERT_TRUE(events_.subscribe(app_id(app), kinds));
  }
  static double metric(const std::string& name) {
    double sum = 0;
    for (const auto& family : metrics::collect()) {
      if (family.name != name) continue;
      for (const auto& sample : family.samples) sum += sample.value;
    }
    return sum;
  }
  /// What the counter has when nothing more happens. It is looked at again and again until it has stayed the same for a while.
  static double settled(const std::string& name) {
    return settled([&] { return metric(name); });
  }
  static double settled(const std::function<double()>& number) {
    double last = -1;
    for (int same = 0; same < 10;) {
      const double now = number();
      same = now == last ? same + 1 : 0;
      last = now;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return last;
  }
  static std::vector<std::int64_t> seqs(const json::object& pushed) {
    std::vector<std::int64_t> out;
    for (const auto& event : pushed.at("events").as_array()) out.push_back(event.at("seq").as_int64());
    return out;
  }

  std::unique_ptr<net::ShardGroup> shards_;
  std::unique_ptr<ServerPort> port_;
  std::unique_ptr<net::Listener> listener_;
};

// Login ------------------------------------------------------------------------------------------------------------------

TEST_F(ServerPortTest, ASecretOrAProofOfTheConnectionsOwnChallengeOpensIt) {
  const auto [key, secret] = split(app_with_server("chess"));
  Peer first = connect(), second = connect();
  const std::string challenge(first.receive().at("challenge").as_string());
  const std::string other(second.receive().at("challenge").as_string());
  EXPECT_NE(challenge, other);
  const auto proof = to_hex(backend::connection_proof(secret, key, challenge));
  const auto ack = first.ask({{"msgid", 141}, {"rid", 7}, {"key", key}, {"proof", proof}});
  EXPECT_EQ(json::serialize(ack), R"({"msgid":142,"rid":7,"status":200,"result":{"app":"chess"}})");
  EXPECT_EQ(code(second.ask({{"msgid", 141}, {"key", key}, {"proof", proof}})), "unauthorized")
      << "another's";
  EXPECT_EQ(code(second.receive()), "unauthorized");
  EXPECT_TRUE(second.receive().contains("closed"));
  EXPECT_EQ(first.call("app.show").at("result").at("app"), "chess");
}

TEST_F(ServerPortTest, WhoCannotLogInIsToldTheSameAndCutOff) {
  const auto bearer = app_with_server("chess");
  const auto [key, secret] = split(bearer);
  call("POST", "/api/v1/servers?app=chess", {{"server", "far"}, {"networks", json::array{"10.0.0.0/8"}}});
  const auto far = call("POST", "/api/v1/servers/far/keys?app=chess");
  for (const auto& given :
       {json::object{{"msgid", 141}, {"key", key}, {"secret", secret + "x"}},
        json::object{{"msgid", 141}, {"key", key}, {"proof", "no hex"}},
        json::object{{"msgid", 141}, {"key", "pk_unknown"}, {"secret", secret}},
        json::object{{"msgid", 141}, {"key", far.at("key")}, {"secret", far.at("secret")}}}) {
    Peer peer = connect();
    peer.receive();
    const auto refused = peer.ask(given);
    EXPECT_EQ(refused.at("status"), 401) << json::serialize(given);
    const auto rest = peer.rest();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].at("msgid"), 148);
    EXPECT_EQ(rest[0].at("error"), refused.at("error"));
  }
  Peer early = connect();
  early.receive();
  EXPECT_EQ(code(early.call("app.show")), "unauthorized");
  EXPECT_TRUE(early.receive().contains("closed"));
}

TEST_F(ServerPortTest, WhoSaysNothingInTimeOrTooMuchBeforeTheLoginIsCutOff) {
  start({.login_deadline_ms = 200});
  Peer silent = connect();
  silent.receive();
  EXPECT_EQ(silent.receive().at("error").at("message"), "no login in time");
  EXPECT_TRUE(silent.receive().contains("closed"));
  start({});
  Peer large = connect();
  large.receive();
  large.send({{"msgid", 141}, {"key", std::string(4096, 'k')}, {"secret", "s"}});
  EXPECT_EQ(code(large.receive()), "too_large");
}

TEST_F(ServerPortTest, AnAppHasSoManyConnectionsAndAnotherIsTakenWhenOneEnds) {
  start({.connections_per_app_max = 2});
  const auto chess = app_with_server("chess"), go = app_with_server("go");
  Peer one = peer(chess), two = peer(chess);
  Peer three = connect();
  three.receive();
  EXPECT_EQ(code(three.ask(login(chess))), "limit_reached");
  Peer other_app = peer(go);
  two.socket().close();
  for (;;) {  // until the server has seen that it ended
    Peer again = connect();
    again.receive();
    if (code(again.ask(login(chess))) == "ok") break;
  }
}

// Calls ------------------------------------------------------------------------------------------------------------------

TEST_F(ServerPortTest, PipelinedCallsAreMadeAndAnsweredInTheirOrder) {
  Peer peer = this->peer(app_with_server("chess"));
  std::string all;
  all += R"({"msgid":143,"rid":1,"op":"zones.create","params":{"zone":"new"}})";
  for (int i = 2; i < 40; ++i) {
    all += R"({"msgid":143,"rid":)" + std::to_string(i) +
           R"(,"op":"members.create","params":{"zone":"new","nickname":"member)" + std::to_string(i) +
           R"("}})";
  }
  peer.send_text(all);
  for (int i = 1; i < 40; ++i) {
    const auto answer = peer.receive();
    EXPECT_EQ(answer.at("rid"), i);
    EXPECT_EQ(answer.at("status"), 200) << json::serialize(answer);
  }
}

TEST_F(ServerPortTest, RefusalsKeysAndBatchesAreThoseOfHttp) {
  const auto bearer = app_with_server("chess");
  Peer peer = this->peer(bearer);
  const auto over_http = call_as(bearer, "GET", "/api/v1/zones/none");
  const auto here = peer.call("zones.show", {{"zone", "none"}});
  EXPECT_EQ(here.at("error"), over_http.at("error"));
  EXPECT_EQ(here.at("status"), 404);
  EXPECT_EQ(code(peer.call("zones.shwo")), "bad_request");
  EXPECT_EQ(code(peer.call("apps.list")), "not_permitted");
  EXPECT_EQ(code(peer.call("zones.show", {{"zone", "one"}, {"app", "other"}})), "bad_request");
  const json::object make{{"zone", "one"}, {"nickname", "Ann"}, {"idempotency_key", "make-ann"}};
  const auto first = peer.call("members.create", make);
  const auto again = peer.call("members.create", make);
  EXPECT_EQ(again.at("result"), first.at("result"));
  EXPECT_FALSE(first.contains("replayed"));
  EXPECT_EQ(again.at("replayed"), true);
  const auto batch = peer.call(
      "batch", {{"calls", json::array{json::object{{"op", "app.show"}}, json::object{{"op", "batch"}}}}});
  EXPECT_EQ(batch.at("result").at("results").at(0).at("status"), 200);
  EXPECT_EQ(batch.at("result").at("results").at(1).at("status"), 400) << "no batch in a batch";
  EXPECT_EQ(code(peer.ask({{"msgid", 143}, {"rid", 3}})), "bad_request");
  EXPECT_EQ(code(peer.ask(login(bearer))), "conflict");
  EXPECT_EQ(peer.ask({{"msgid", 149}, {"rid", 4}}).at("rid"), 4) << "and the connection goes on";
}

TEST_F(ServerPortTest, TheRateOfAnAppIsOneOverBothWays) {
  start({}, {.app_requests = {.per_s = 1, .burst = 3}});
  const auto bearer = app_with_server("chess");
  Peer peer = this->peer(bearer);
  EXPECT_EQ(code(peer.call("app.show")), "ok");
  EXPECT_EQ(code(peer.call("app.show")), "ok");
  call_as(bearer, "GET", "/api/v1/app");
  EXPECT_EQ(status_, 200);
  const auto refused = peer.call("app.show");
  EXPECT_EQ(refused.at("status"), 429);
  EXPECT_GT(refused.at("error").at("retry_after_ms").as_int64(), 0);
}

TEST_F(ServerPortTest, ARevokedKeyOrADisabledAppEndsTheConnectionAtItsNextCall) {
  const auto chess = app_with_server("chess"), go = app_with_server("go");
  Peer one = peer(chess), two = peer(go);
  ASSERT_TRUE(apps_.revoke_key(app_id("chess"), split(chess).first, 1));
  EXPECT_EQ(code(one.call("app.show")), "unauthorized");
  EXPECT_EQ(one.receive().at("msgid"), 148);
  EXPECT_TRUE(one.receive().contains("closed"));
  ASSERT_TRUE(apps_.disable_app(app_id("go"), true));
  EXPECT_EQ(code(two.call("app.show")), "app_disabled");
  EXPECT_EQ(two.receive().at("msgid"), 148);
}

TEST_F(ServerPortTest, BrokenFramingIsToldAndEndsIt) {
  const auto bearer = app_with_server("chess");
  Peer no_object = peer(bearer);
  no_object.send_text("x");
  EXPECT_EQ(code(no_object.receive()), "bad_request");
  EXPECT_TRUE(no_object.receive().contains("closed"));
  start({.frame_bytes_max = 5000});
  Peer large = peer(bearer);
  const std::string frame = R"({"msgid":143,"op":"app.show","params":{}})";
  large.send_text(frame.substr(0, frame.size() - 1) + std::string(5000 - frame.size(), ' ') + "}");
  EXPECT_EQ(code(large.receive()), "ok") << "5000 bytes";
  large.send_text(frame.substr(0, frame.size() - 1) + std::string(5001 - frame.size(), ' ') + "}");
  EXPECT_EQ(code(large.receive()), "too_large");
}

// Goal: calls that wait are bounded, and none is lost. Method: one call is held in its operation while many more are sent.
TEST_F(ServerPortTest, MoreCallsThanMayWaitAreLeftInTheSocket) {
  start({.calls_waiting_max = 2});
  const auto bearer = app_with_server("chess");
  const auto ann = member(bearer, "Ann"), bob = member(bearer, "Bob");
  Peer peer = this->peer(bearer);
  std::latch entered(1), go_on(1);
  live_.before_send = [&] {
    entered.count_down();
    go_on.wait();
    live_.before_send = nullptr;
  };
  peer.send({{"msgid", 143},
             {"rid", 0},
             {"op", "members.send"},
             {"params",
              {{"zone", "one"}, {"member", std::stoi(ann)}, {"from", std::stoi(bob)}, {"msg", "hello"}}}});
  entered.wait();
  const std::string large(50'000, ' ');
  constexpr int kCalls = 400;
  std::atomic<int> sent{0};
  std::jthread sender([&] {
    for (int i = 1; i <= kCalls; ++i, ++sent)
      peer.send_text(R"({"msgid":143,"op":"app.show","rid":)" + std::to_string(i) + large + "}");
  });
  EXPECT_LT(settled([&] { return sent.load(); }), kCalls);
  go_on.count_down();
  for (int i = 0; i <= kCalls; ++i) {
    const auto answer = peer.receive();
    ASSERT_EQ(answer.at("rid"), i);
  }
}

// Goal: a server that asks and does not read holds itself back. Method: much more is asked for than the buffers of both sides and
// the bound hold; what is waiting is looked at from outside by the number of calls that were made.
TEST_F(ServerPortTest, NoCallIsBegunWhileItsServerDoesNotReadAndAllAreAnsweredWhenItDoes) {
  start({.outbound_bytes_max = 16 * 1024}, {.app_requests = {}});
  const auto bearer = app_with_server("chess");
  for (int i = 0; i < 100; ++i)
    call("POST", "/api/v1/zones?app=chess", {{"zone", "a-zone-with-a-long-name-" + std::to_string(i)}});
  Peer peer = this->peer(bearer, 8 * 1024);
  constexpr int kCalls = 1000;
  std::string asked;
  for (int i = 0; i < kCalls; ++i)
    asked += R"({"msgid":143,"op":"zones.list","rid":)" + std::to_string(i) + "}";
  const auto before = metric("plaza_api_requests_total"), held = metric("plaza_server_held_back_total");
  peer.send_text(asked);
  EXPECT_LT(settled("plaza_api_requests_total") - before, kCalls);
  EXPECT_GT(metric("plaza_server_held_back_total"), held);
  std::size_t bytes = 0;
  for (int i = 0; i < kCalls; ++i) {
    const std::string line = peer.receive_line();
    bytes += line.size();
    if (i % 100 == 0) ASSERT_EQ(json::parse(line).at("rid"), i);
  }
  EXPECT_GT(bytes, 5'000'000U) << "far more than fits between the two";
}

TEST_F(ServerPortTest, AnAnswerLargerThanAllowedIsRefusedByItsName) {
  start({.outbound_bytes_max = 4096, .answer_bytes_max = 2000});
  const auto bearer = app_with_server("chess");
  for (int i = 0; i < 30; ++i)
    call("POST", "/api/v1/zones?app=chess", {{"zone", "a-zone-with-a-long-name-" + std::to_string(i)}});
  Peer peer = this->peer(bearer);
  EXPECT_EQ(code(peer.call("zones.list")), "too_large");
  EXPECT_EQ(code(peer.call("zones.list", {{"limit", 2}})), "ok");
}

// Events -----------------------------------------------------------------------------------------------------------------

TEST_F(ServerPortTest, EventsComeFromWhereTheServerSaysAndThenAsTheyHappen) {
  start({.events_per_push = 2});
  const auto bearer = app_with_server("chess");
  want_reports("chess");
  happen("chess", 5);
  Peer peer = this->peer(bearer);
  const auto ack = peer.ask({{"msgid", 145}, {"rid", 9}, {"after", 1}});
  EXPECT_EQ(json::serialize(ack), R"({"msgid":146,"rid":9,"status":200,"result":{"head":5,"trimmed":0}})");
  const auto first = peer.receive();
  EXPECT_EQ(json::serialize(first.at("events").at(0)),
            R"({"seq":2,"time_ms":5,"kind":"report.made","zone":"one","data":{}})");
  EXPECT_EQ(seqs(first), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(seqs(peer.receive()), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(peer.ask({{"msgid", 149}}).at("msgid"), 149) << "and then nothing";
  happen("chess", 1);
  EXPECT_EQ(seqs(peer.receive()), (std::vector<std::int64_t>{6}));
  peer.send({{"msgid", 145}, {"after", 4}});
  EXPECT_EQ(peer.receive().at("msgid"), 146);
  EXPECT_EQ(seqs(peer.receive()), (std::vector<std::int64_t>{5, 6})) << "once more from there";
}

TEST_F(ServerPortTest, EveryEventComesOnceInOrderHoweverTheyHappen) {
  const auto bearer = app_with_server("chess");
  want_reports("chess");
  Peer peer = this->peer(bearer);
  ASSERT_EQ(peer.ask({{"msgid", 145}, {"after", 0}}).at("status"), 200);
  constexpr std::int64_t kEvents = 500;
  std::jthread happening([&] {
    for (int i = 0; i < kEvents; ++i) happen("chess", 1);
  });
  std::int64_t last = 0;
  while (last < kEvents) {
    const auto pushed = peer.receive();
    ASSERT_FALSE(pushed.contains("closed"));
    for (const auto seq : seqs(pushed)) ASSERT_EQ(seq, ++last);
  }
}

TEST_F(ServerPortTest, AnotherAppsEventsAreNotTold) {
  const auto chess = app_with_server("chess"), go = app_with_server("go");
  want_reports("chess");
  want_reports("go");
  Peer peer = this->peer(go);
  EXPECT_EQ(peer.ask({{"msgid", 145}, {"after", 0}}).at("result").at("head"), 0);
  happen("chess", 3, R"({"secret":"chess"})");
  happen("go", 1);
  const auto pushed = peer.receive();
  EXPECT_EQ(json::serialize(pushed).find("chess"), std::string::npos);
  EXPECT_EQ(seqs(pushed), (std::vector<std::int64_t>{1}));
}

TEST_F(ServerPortTest, WhatWasTrimmedUnreadIsSaidAndWhatIsBehindTheHeadIsRefused) {
  const auto bearer = app_with_server("chess");
  want_reports("chess");
  happen("chess", 5);
  ASSERT_TRUE(events_.trim(app_id("chess"), 0, 2, 100));
  Peer peer = this->peer(bearer);
  EXPECT_EQ(code(peer.ask({{"msgid", 145}, {"after", 6}})), "conflict");
  peer.ask({{"msgid", 145}, {"after", 1}});
  const auto pushed = peer.receive();
  EXPECT_EQ(pushed.at("lost"), 2);
  EXPECT_EQ(pushed.at("trimmed"), 3);
  EXPECT_EQ(seqs(pushed), (std::vector<std::int64_t>{4, 5}));
  ASSERT_TRUE(events_.trim(app_id("chess"), 0, 0, 100));
  peer.ask({{"msgid", 145}, {"after", 3}});
  const auto all_gone = peer.receive();
  EXPECT_EQ(all_gone.at("lost"), 2);
  EXPECT_EQ(seqs(all_gone), std::vector<std::int64_t>{});
  happen("chess", 1);
  const auto next = peer.receive();
  EXPECT_FALSE(next.contains("lost"));
  EXPECT_EQ(seqs(next), (std::vector<std::int64_t>{6}));
}

// Goal: events wait in the log and not in memory. Method: far more than the bound happens while the server does not read.
TEST_F(ServerPortTest, AServerThatDoesNotReadGetsNoFurtherPageAndEverythingWhenItReads) {
  start({.outbound_bytes_max = 16 * 1024, .events_per_push = 10, .bytes_per_push = 8 * 1024});
  const auto bearer = app_with_server("chess");
  want_reports("chess");
  Peer peer = this->peer(bearer, 8 * 1024);
  ASSERT_EQ(peer.ask({{"msgid", 145}, {"after", 0}}).at("status"), 200);
  const auto before = metric("plaza_server_events_pushed_total");
  constexpr std::int64_t kEvents = 20'000;
  for (int i = 0; i < 200; ++i) happen("chess", 100, R"({"text":")" + std::string(1000, 'x') + "\"}");
  EXPECT_LT(settled("plaza_server_events_pushed_total") - before, kEvents);
  std::int64_t last = 0;
  while (last < kEvents) {
    const auto pushed = peer.receive();
    ASSERT_FALSE(pushed.contains("closed")) << last;
    for (const auto seq : seqs(pushed)) ASSERT_EQ(seq, ++last);
  }
}

TEST_F(ServerPortTest, ARevokedKeyGetsNoFurtherEvent) {
  const auto bearer = app_with_server("chess");
  want_reports("chess");
  Peer peer = this->peer(bearer);
  peer.ask({{"msgid", 145}, {"after", 0}});
  peer.ask({{"msgid", 149}});
  ASSERT_TRUE(apps_.revoke_key(app_id("chess"), split(bearer).first, 1));
  happen("chess", 1);
  const auto rest = peer.rest();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(code(rest[0]), "unauthorized");
}

// End --------------------------------------------------------------------------------------------------------------------

TEST_F(ServerPortTest, AStopAnswersWhatWasAskedAndSaysGoodbye) {
  const auto bearer = app_with_server("chess");
  const auto ann = member(bearer, "Ann");
  Peer peer = this->peer(bearer), idle = this->peer(bearer);
  std::latch entered(1), go_on(1);
  live_.before_send = [&] {
    entered.count_down();
    go_on.wait();
  };
  peer.send({{"msgid", 143},
             {"rid", 5},
             {"op", "members.send"},
             {"params", {{"zone", "one"}, {"member", std::stoi(ann)}, {"msg", "m"}}}});
  entered.wait();
  std::jthread stopping([this] { port_->drain(60'000); });
  while (!port_->draining()) std::this_thread::yield();
  go_on.count_down();
  const auto rest = peer.rest();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].at("rid"), 5);
  EXPECT_EQ(rest[0].at("status"), 200);
  EXPECT_EQ(rest[1].at("msgid"), 148);
  EXPECT_EQ(idle.rest().size(), 1U);
  peer.socket().close();
  idle.socket().close();
  stopping.join();
  EXPECT_EQ(port_->connections(), 0U);
}

}  // namespace
}  // namespace plaza::servers
