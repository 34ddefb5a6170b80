// Connections over real sockets: HTTP, the upgrade, WebSocket, TLS, and the client's end of each.
#include <gtest/gtest.h>

#include <latch>

#include "net/dialer.h"
#include "net/test_certificate.h"
#include "net/test_support.h"
#include "net/tls_context.h"
#include "net/ws_frame_builder.h"
#include "net/ws_handshake.h"

namespace plaza::net {
namespace {

using test::Client;
using test::Peer;
using test::Server;
using ws_test::frame;

ListenerOptions http_options() {
  ListenerOptions options;
  options.kind = Connection::Kind::http;
  return options;
}

// HTTP ------------------------------------------------------------------------------------------------------

TEST(HttpConnection, AnswersPipelinedRequestsInOrderAndKeepsTheConnection) {
  Server server(http_options());
  Client client(server.address());
  ASSERT_TRUE(
      client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"));
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(client.receive(3), "ok\n");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 404 Not Found\r\n"));
  client.receive_line();
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(client.receive(4), "body");
  ASSERT_TRUE(client.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_TRUE(client.receive_to_end().ends_with("Connection: close\r\n\r\nok\n"));
  client.close();
  EXPECT_TRUE(server.log.wait_for_event("closed: http_done"));
}

TEST(HttpConnection, WritesALargeResponseWholeAndHeadWithoutABody) {
  Server server(http_options());
  Client client(server.address());
  ASSERT_TRUE(
      client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\nHEAD /large HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz "
                  "HTTP/1.0\r\n\r\n"));
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive(1'000'000), std::string(1'000'000, 'x'));
  EXPECT_NE(client.receive_until("\r\n\r\n").find("Content-Length: 1000000\r\n"), std::string::npos);
  EXPECT_TRUE(client.receive_to_end().ends_with("ok\n"));
}

// Goal: a client that asks for pages faster than it reads them costs one response of memory. Method: a bound
// that two responses exceed; the second request comes while the first response is stuck in a full socket.
TEST(HttpConnection, ThePipelinedRequestWaitsUntilTheAnswerBeforeItIsWritten) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  Shard shard;
  test::Log log;
  test::Peers peers;
  Peer& peer = peers.add(std::make_unique<Peer>(peers, log, Peer::echo));
  const auto options = std::make_shared<ConnectionOptions>();
  options->http_response_bytes_max = 1'100'000;
  peer.connection = std::make_unique<Connection>(shard, Transport(ends[0]), Connection::Kind::http, options,
                                                 Address{});
  peer.connection->start(peer);
  constexpr std::string_view kRequest = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string received, piece(64 * 1024, '\0');
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(::write(ends[1], kRequest.data(), kRequest.size()), static_cast<ssize_t>(kRequest.size()));
    shard.run_turn();
  }
  EXPECT_EQ(log.events().size(), 1u);
  for (int turn = 0; turn < 1'000; ++turn) {
    for (ssize_t got; (got = ::recv(ends[1], piece.data(), piece.size(), 0)) > 0;) {
      received.append(piece, 0, static_cast<std::size_t>(got));
    }
    shard.run_turn();
  }
  EXPECT_EQ(log.events().size(), 3u);
  EXPECT_EQ(received.find("HTTP/1.1 500"), std::string::npos);
  EXPECT_GT(received.size(), 3'000'000u);
  ::close(ends[1]);
}

// Goal: people who ask for pages do not hold up the messages. Method: a turn of 16 frames is spent on one page, so the frame of
// another connection is served in the turn after; without pages 16 frames fit.
TEST(HttpConnection, ARequestCountsAsSixteenFramesInTheBudgetOfATurn) {
  ShardOptions shard_options;
  shard_options.frames_per_turn = 16;
  Shard shard(0, shard_options);
  test::Log log;
  test::Peers peers;
  const auto options = std::make_shared<ConnectionOptions>();
  std::vector<int> clients;
  const auto add = [&](Connection::Kind kind, std::string_view sent) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    clients.push_back(ends[1]);
    Peer& peer = peers.add(std::make_unique<Peer>(peers, log, Peer::echo));
    peer.connection = std::make_unique<Connection>(shard, Transport(ends[0]), kind, options, Address{});
    peer.connection->start(peer);
    ASSERT_EQ(::write(ends[1], sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
  };
  add(Connection::Kind::http, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 16; ++i) add(Connection::Kind::json, "{\"o\":1}");
  const auto frames = [&] {
    const auto events = log.events();
    return std::ranges::count(events, "{\"o\":1}");
  };
  shard.run_turn();
  EXPECT_EQ(frames(), 0);
  shard.run_turn();
  EXPECT_EQ(frames(), 16);
  for (const int fd : clients) ::close(fd);
}

/// One HTTP connection on a shard that the test turns by hand, so that it decides when the answer comes.
class LateAnswer : public testing::Test {
 protected:
  LateAnswer() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
    peer_ = &peers_.add(std::make_unique<Peer>(peers_, log_, Peer::echo));
    peer_->connection = std::make_unique<Connection>(shard_, Transport(ends_[0]), Connection::Kind::http,
                                                     options_, Address{});
    peer_->connection->start(*peer_);
  }
  ~LateAnswer() override {
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  void write(std::string_view text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    turn();
  }
  void turn() {
    for (int i = 0; i < 5; ++i) shard_.run_turn();
  }
  void respond(HttpResponse response) {
    peer_->connection->respond(response);
    turn();
  }
  std::string read() {
    std::string text(64 * 1024, '\0');
    const ssize_t got = ::recv(ends_[1], text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  bool ended() {
    char byte = 0;
    return ::recv(ends_[1], &byte, 1, 0) == 0;
  }

  const std::shared_ptr<ConnectionOptions> options_ = std::make_shared<ConnectionOptions>();
  Shard shard_;
  test::Log log_;
  test::Peers peers_;
  Peer* peer_ = nullptr;
  int ends_[2] = {-1, -1};
};

TEST_F(LateAnswer, ThePipelinedRequestIsDeliveredOnlyWhenTheOneBeforeIsAnswered) {
  write("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(log_.events(), std::vector<std::string>{"GET /later"});
  EXPECT_EQ(read(), "");
  EXPECT_TRUE(peer_->connection->owes_response());
  respond({.body = "late\n", .headers = {}});
  const std::string answers = read();
  EXPECT_LT(answers.find("late\n"), answers.find("ok\n"));
  EXPECT_EQ(log_.events(), (std::vector<std::string>{"GET /later", "GET /healthz", "GET /large"}));
}

TEST_F(LateAnswer, ASecondAnswerToARequestGoesNowhere) {
  write("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  respond({.body = "first\n", .headers = {}});
  respond({.body = "second\n", .headers = {}});
  EXPECT_TRUE(read().ends_with("first\n"));
  EXPECT_EQ(read(), "");
}

TEST_F(LateAnswer, OneToHeadHasNoBodyAndOneWithoutKeepAliveEndsTheConnection) {
  write("HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n");
  respond({.body = "late\n", .headers = {}});
  EXPECT_TRUE(read().ends_with("Content-Length: 5\r\nConnection: keep-alive\r\n\r\n"));
  write("GET /later HTTP/1.0\r\n\r\n");
  respond({.body = "late\n", .headers = {}});
  EXPECT_TRUE(read().ends_with("Connection: close\r\n\r\nlate\n"));
  EXPECT_TRUE(ended());
}

TEST_F(LateAnswer, AClientThatEndedItsSideStillGetsIt) {
  write("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  ::shutdown(ends_[1], SHUT_WR);
  turn();
  EXPECT_EQ(log_.events(), std::vector<std::string>{"GET /later"}) << "not closed yet";
  respond({.body = "late\n", .headers = {}});
  EXPECT_TRUE(read().ends_with("late\n"));
  EXPECT_TRUE(ended());
  EXPECT_EQ(log_.events().back(), "closed: peer_closed");
}

TEST_F(LateAnswer, AConnectionThatIsGoneMeanwhileIsClosedWithoutWaiting) {
  write("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  ::close(std::exchange(ends_[1], -1));
  turn();
  EXPECT_EQ(log_.events().back(), "closed: reset");
  EXPECT_EQ(peers_.size(), 0U);
}

TEST(HttpConnection, TakesABodyOfTheLargestSizeAndRefusesOneByteMore) {
  ListenerOptions options = http_options();
  options.connection.http_body_bytes_max = 2000;
  Server server(options);
  const auto post = [&](std::size_t bytes) {
    Client client(server.address());
    EXPECT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                            std::to_string(bytes) + "\r\n\r\n"));
    static_cast<void>(client.send(std::string(bytes, 'b')));
    return client.receive_to_end();
  };
  EXPECT_TRUE(post(2000).ends_with("\r\n\r\n" + std::string(2000, 'b')));
  EXPECT_TRUE(post(2001).starts_with("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST(HttpConnection, AnswersWhatIsNoHttpAndEnds) {
  Server server(http_options());
  Client client(server.address());
  ASSERT_TRUE(client.send("{\"msgid\":1}\r\n\r\n"));
  EXPECT_TRUE(client.receive_to_end().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  client.close();
  EXPECT_TRUE(server.log.wait_for_event("closed: protocol_error"));
}

// WebSocket -------------------------------------------------------------------------------------------------

std::string upgrade_text(const std::string& more = "") {
  return "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more + "\r\n";
}

TEST(WebSocketConnection, EchoesMessagesAlsoThoseThatCameRightBehindTheRequest) {
  Server server(http_options());
  Client client(server.address());
  ASSERT_TRUE(client.send(upgrade_text() + frame({.payload = "{\"n\":1}"})));
  EXPECT_TRUE(client.receive_until("\r\n\r\n").ends_with("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
  EXPECT_EQ(client.receive(9), "\x81\x07{\"n\":1}");
  for (const char byte : frame({.payload = "{\"n\":2}"})) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.receive(9), "\x81\x07{\"n\":2}");
  ASSERT_TRUE(client.send(frame({.final = false, .payload = "{\"n\""}) +
                          frame({.opcode = 9, .payload = "p"}) + frame({.opcode = 0, .payload = ":3}"})));
  EXPECT_EQ(client.receive(3), "\x8a\x01p");
  EXPECT_EQ(client.receive(9), "\x81\x07{\"n\":3}");
}

TEST(WebSocketConnection, AnswersTheCloseOfThePeerWithItsCode) {
  Server server(http_options());
  Client client(server.address());
  ASSERT_TRUE(client.send(upgrade_text() + frame({.opcode = 8, .payload = ws_close_payload(4001, "bye")}) +
                          frame({.payload = "{}"})));
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive_to_end(), std::string("\x88\x02") + ws_close_payload(4001, ""));
  client.close();
  EXPECT_TRUE(server.log.wait_for_event("closed: peer_closed"));
  EXPECT_EQ(server.log.events(), (std::vector<std::string>{"open", "closed: peer_closed"}))
      << "nothing after the close frame";
}

TEST(WebSocketConnection, EndsWithTheCodeThatFitsTheError) {
  struct Case {
    std::string bytes;
    int code;
  };
  for (const Case& broken :
       {Case{frame({.payload = "{}", .masked = false}), 1002}, Case{frame({.payload = "\xff"}), 1007},
        Case{frame({.payload = std::string(5000, 'x')}), 1009}, Case{frame({.opcode = 2}), 1003},
        Case{frame({.payload = "{}", .reserved = 4}), 1002}}) {
    Server server(http_options());
    Client client(server.address());
    ASSERT_TRUE(client.send(upgrade_text() + broken.bytes));
    client.receive_until("\r\n\r\n");
    const std::string rest = client.receive_to_end();
    ASSERT_EQ(rest.substr(0, 2), "\x81\x0b") << "what the session said about it comes first";
    EXPECT_EQ(rest.substr(13),
              std::string("\x88\x02") + ws_close_payload(static_cast<std::uint16_t>(broken.code), ""))
        << broken.code;
    client.close();
    EXPECT_TRUE(server.log.wait_for_event("closed: protocol_error"));
  }
}

TEST(WebSocketConnection, CloseSendsCodeAndReasonAfterWhatIsQueued) {
  Server server(http_options(), [](Peer& peer, const std::string& text) {
    peer.connection->send(text);
    peer.connection->close(WsCloseCode::going_away, "later");
    return FrameVerdict::closed;
  });
  Client client(server.address());
  ASSERT_TRUE(client.send(upgrade_text() + frame({.payload = "{}"})));
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive_to_end(), "\x81\x02{}\x88\x07" + ws_close_payload(1001, "later"));
}

TEST(WebSocketConnection, SharedFramesKeepTheirPayloadAndGetAHeaderOfEveryLength) {
  const SharedFrame tail("\"x\":\"", std::string(66'000, 'y') + "\"}");
  Server server(http_options(), [&](Peer& peer, const std::string&) {
    EXPECT_EQ(peer.connection->send_parts("{\"seq\":1,", tail), Offer::accepted);
    EXPECT_EQ(peer.connection->send(SharedFrame("{}")), Offer::accepted);
    return FrameVerdict::continue_;
  });
  Client client(server.address());
  ASSERT_TRUE(client.send(upgrade_text() + frame({.payload = "{}"})));
  client.receive_until("\r\n\r\n");
  const std::string expected = "{\"seq\":1," + std::string(tail.view());
  EXPECT_EQ(client.receive(10), ws_header(WsOpcode::text, expected.size()).view());
  EXPECT_EQ(client.receive(expected.size()), expected);
  EXPECT_EQ(client.receive(4), "\x81\x02{}");
}

TEST(WebSocketConnection, FramesThatAreFramedAlreadyGoOutAsTheyAre) {
  const std::string lines = "{\"a\":1}\n{\"b\":\"" + std::string(200, 'y') + "\"}\n";
  const std::vector<std::uint32_t> ends{8, static_cast<std::uint32_t>(lines.size())};
  const SharedFrame framed(ws_text_frames(lines, ends));
  Server server(http_options(), [&](Peer& peer, const std::string&) {
    EXPECT_EQ(peer.connection->send_framed(framed, 2), Offer::accepted);
    EXPECT_EQ(peer.connection->send("{}"), Offer::accepted);
    return FrameVerdict::continue_;
  });
  Client client(server.address());
  ASSERT_TRUE(client.send(upgrade_text() + frame({.payload = "{}"})));
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive(9), "\x81\x07{\"a\":1}");
  const std::string second = lines.substr(8, lines.size() - 9);
  EXPECT_EQ(client.receive(4), ws_header(WsOpcode::text, second.size()).view());
  EXPECT_EQ(client.receive(second.size()), second);
  EXPECT_EQ(client.receive(4), "\x81\x02{}");
}

TEST(WebSocketConnection, AForeignOriginIsRefusedBeforeTheUpgrade) {
  ListenerOptions options = http_options();
  options.connection.origins = {"https://good.example"};
  Server server(options);
  Client bad(server.address()), good(server.address());
  ASSERT_TRUE(bad.send(upgrade_text("Origin: https://evil.example\r\n")));
  EXPECT_TRUE(bad.receive_to_end().starts_with("HTTP/1.1 403 Forbidden\r\n"));
  ASSERT_TRUE(good.send(upgrade_text("Origin: https://good.example\r\n")));
  EXPECT_TRUE(good.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
}

// The client's end ------------------------------------------------------------------------------------------

/// A client on a shard of its own.
class Dialed {
 public:
  explicit Dialed(DialOptions options, std::vector<std::string> first = {"{\"n\":1}"}) {
    shard_.start();
    std::latch done(1);
    shard_.post([&] {
      handler_.first = std::move(first);
      auto dialed = Dialer::dial(shard_, options, handler_);
      if (dialed) {
        handler_.connection = std::move(*dialed);
      } else {
        log.add("error: " + dialed.error());
      }
      done.count_down();
    });
    done.wait();
  }
  ~Dialed() { shard_.stop(); }
  void on_shard(std::function<void(Connection&)> work) {
    std::latch done(1);
    shard_.post([&] {
      work(*handler_.connection);
      done.count_down();
    });
    done.wait();
  }
  test::Log log;

 private:
  struct Handler final : ConnectionHandler {
    explicit Handler(test::Log& l) : log(l) {}
    void on_open() override {
      log.add("open");
      for (const auto& text : first) connection->send(text);
    }
    FrameVerdict on_frame(std::span<const char> json) override {
      log.add(std::string(json.begin(), json.end()));
      return FrameVerdict::continue_;
    }
    void on_protocol_error(FrameError, std::string_view text) override {
      log.add("error: " + std::string(text));
    }
    void on_closed(CloseReason reason) override {
      connection.reset();
      log.add("closed: " + std::string(close_reason_name(reason)));
    }
    test::Log& log;
    std::vector<std::string> first;
    std::unique_ptr<Connection> connection;
  };
  Shard shard_;
  Handler handler_{log};
};

TEST(Dialer, SpeaksRawJson) {
  Server server;
  Dialed client({.to = server.address()});
  EXPECT_TRUE(client.log.wait_for_event("{\"n\":1}"));
}

TEST(Dialer, SpeaksWebSocketWithLargeMaskedMessagesBothWays) {
  ListenerOptions options = http_options();
  options.connection.frame_bytes_max = 200'000;
  Server server(options);
  const std::string large = "{\"x\":\"" + std::string(100'000, 'x') + "\"}";
  auto settings = std::make_shared<ConnectionOptions>();
  settings->frame_bytes_max = 200'000;
  Dialed client(
      {.to = server.address(), .protocol = DialOptions::Protocol::websocket, .connection = settings},
      {"{\"n\":1}", large, "{\"n\":2}"});
  ASSERT_TRUE(client.log.wait_for_count(4));
  EXPECT_EQ(client.log.events(), (std::vector<std::string>{"open", "{\"n\":1}", large, "{\"n\":2}"}));
  client.on_shard([](Connection& connection) { connection.close(WsCloseCode::normal, "done"); });
  EXPECT_TRUE(client.log.wait_for_event("closed: by_us"));
  EXPECT_TRUE(server.log.wait_for_event("closed: peer_closed"));
}

TEST(Dialer, SaysWhenNobodyListens) {
  Address nobody;
  {
    Server server;
    nobody = server.address();
  }
  Dialed client({.to = nobody});
  EXPECT_TRUE(client.log.wait_for_event("closed: connect_failed"));
}

TEST(Dialer, SaysWhenTheServerRefusesTheUpgrade) {
  Server server(http_options());
  Dialed client({.to = server.address(), .protocol = DialOptions::Protocol::websocket, .path = "/healthz"});
  EXPECT_TRUE(client.log.wait_for_event("closed: refused"));
}

TEST(Dialer, SaysWhenTheServerGoesAway) {
  Server server({}, [](Peer& peer, const std::string&) {
    peer.connection->abort();
    return FrameVerdict::closed;
  });
  Dialed client({.to = server.address()});
  EXPECT_TRUE(client.log.wait_for_event("closed: peer_closed"));
}

// TLS -------------------------------------------------------------------------------------------------------

TEST(Tls, CarriesRawJsonAndWebSocketToAClientThatVerifies) {
  const test::TestCertificate certificate("localhost");
  const auto tls = TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  const auto trust = TlsContext::client({.ca_file = certificate.certificate_file()});
  ASSERT_TRUE(tls && trust);
  const std::string large = "{\"x\":\"" + std::string(3'000, 'x') + "\"}";
  for (const auto protocol : {DialOptions::Protocol::json, DialOptions::Protocol::websocket}) {
    ListenerOptions options;
    options.kind = protocol == DialOptions::Protocol::json ? Connection::Kind::json : Connection::Kind::http;
    options.tls = *tls;
    options.connection.outbound_bytes_max = 1024 * 1024;
    Server server(options);
    auto settings = std::make_shared<ConnectionOptions>(options.connection);
    std::vector<std::string> texts;
    for (int i = 0; i < 200; ++i) texts.push_back(i % 2 == 0 ? "{\"i\":" + std::to_string(i) + "}" : large);
    Dialed client({.to = server.address(),
                   .protocol = protocol,
                   .tls = *trust,
                   .host = "localhost",
                   .connection = settings},
                  texts);
    ASSERT_TRUE(client.log.wait_for_count(201));
    texts.insert(texts.begin(), "open");
    EXPECT_EQ(client.log.events(), texts);
    client.on_shard([](Connection& connection) {
      EXPECT_TRUE(connection.is_tls());
      connection.close();
    });
    EXPECT_TRUE(client.log.wait_for_event("closed: by_us"));
    EXPECT_TRUE(server.log.wait_for_event("closed: peer_closed"));
  }
}

TEST(Tls, ASlowReaderOverTlsGetsEverythingThatWasAccepted) {
  const test::TestCertificate certificate("localhost");
  const auto tls = TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  const auto trust = TlsContext::client({.ca_file = certificate.certificate_file()});
  ListenerOptions options;
  options.tls = *tls;
  options.connection.outbound_bytes_max = 64 * 1024 * 1024;
  constexpr int kFrames = 4'000;
  Server server(options, [](Peer& peer, const std::string&) {
    for (int i = 0; i < kFrames; ++i) {
      EXPECT_EQ(peer.connection->send("{\"i\":" + std::to_string(i) + ",\"x\":\"" + std::string(3'000, 'x') +
                                      "\"}"),
                Offer::accepted);
    }
    return FrameVerdict::continue_;
  });
  Dialed client({.to = server.address(), .tls = *trust, .host = "localhost"});
  ASSERT_TRUE(client.log.wait_for_count(1 + kFrames));
  const auto events = client.log.events();
  for (int i = 0; i < kFrames; ++i) {
    ASSERT_TRUE(events[static_cast<std::size_t>(1 + i)].starts_with("{\"i\":" + std::to_string(i) + ","))
        << i;
  }
}

// Goal: bytes that OpenSSL has decrypted already move with the connection although no epoll set knows of
// them. Method: the shard reads a few bytes at a time, so that the rest of the client's record waits there
// when the first frame moves it.
TEST(Tls, HandOverKeepsWhatIsAlreadyDecrypted) {
  const test::TestCertificate certificate("localhost");
  const auto trust = TlsContext::client({.ca_file = certificate.certificate_file()});
  ListenerOptions options;
  options.tls = *TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  Server* all = nullptr;
  Server server(options,
                [&](Peer& peer, const std::string& frame) {
                  peer.connection->send("{\"shard\":" + std::to_string(peer.connection->shard().index()) +
                                        ",\"got\":" + frame + "}");
                  if (frame != "{\"n\":0}") return FrameVerdict::continue_;
                  peer.connection->detach();
                  Shard& home = all->shards.at(1);
                  home.post_arrival([&peer, &home] { peer.connection->attach(home, peer); });
                  return FrameVerdict::closed;
                },
                2, nullptr, {.read_bytes_per_connection = 7});
  all = &server;
  Dialed client({.to = server.address(), .tls = *trust, .host = "localhost"},
                {"{\"n\":0}", "{\"n\":1}", "{\"n\":2}"});
  ASSERT_TRUE(client.log.wait_for_count(4));
  EXPECT_EQ(client.log.events()[3], "{\"shard\":1,\"got\":{\"n\":2}}");
}

// Goal: a peer that goes away while we write over TLS costs its connection, not the process (SIGPIPE).
// Method: it is gone for certain before the writes.
TEST(Tls, WritingToAPeerThatIsGoneEndsOnlyItsConnection) {
  const test::TestCertificate certificate("localhost");
  const auto trust = TlsContext::client({.ca_file = certificate.certificate_file()});
  ListenerOptions options;
  options.tls = *TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  test::Log started;
  Server server(options, [&](Peer& peer, const std::string& frame) {
    if (frame == "{\"n\":1}") return Peer::echo(peer, frame);
    started.add("frame");
    EXPECT_TRUE(started.wait_for_event("client is gone"));
    // Several TLS records in one flush: the first is answered with a reset, the next would raise the signal.
    peer.connection->send("{\"x\":\"" + std::string(200'000, 'x') + "\"}");
    return FrameVerdict::pause;  // so that the end is not read before the writes
  });
  {
    Dialed client({.to = server.address(), .tls = *trust, .host = "localhost"});
    ASSERT_TRUE(client.log.wait_for_event("{\"n\":1}"))
        << "it has read all there is: its end comes without a reset";
    client.on_shard([](Connection& connection) { connection.send("{\"n\":2}"); });
    ASSERT_TRUE(started.wait_for_event("frame"));
    client.on_shard([](Connection& connection) { connection.abort(); });
    ASSERT_TRUE(client.log.wait_for_event("closed: by_us"));
    started.add("client is gone");
  }
  EXPECT_TRUE(server.log.wait_for_event("closed: reset"));
}

TEST(Tls, AClientRefusesAnUnknownCertificateAndAnotherName) {
  const test::TestCertificate certificate("localhost"), other("localhost");
  const auto tls = TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  ListenerOptions options;
  options.tls = *tls;
  Server server(options);
  const auto unknown = TlsContext::client({.ca_file = other.certificate_file()});
  Dialed first({.to = server.address(), .tls = *unknown, .host = "localhost"});
  EXPECT_TRUE(first.log.wait_for_event("closed: tls_failed"));
  const auto trust = TlsContext::client({.ca_file = certificate.certificate_file()});
  Dialed second({.to = server.address(), .tls = *trust, .host = "elsewhere.example"});
  EXPECT_TRUE(second.log.wait_for_event("closed: tls_failed"));
}

TEST(Tls, PlainTextOnATlsListenerEndsTheConnection) {
  const test::TestCertificate certificate("localhost");
  ListenerOptions options;
  options.tls = *TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  Server server(options);
  Client client(server.address());
  ASSERT_TRUE(client.send("{\"msgid\":1}{\"msgid\":1}{\"msgid\":1}"));
  client.receive_to_end();
  EXPECT_TRUE(server.log.wait_for_event("closed: tls_failed"));
}

TEST(Tls, ReloadServesTheNewCertificateToNewConnectionsAndKeepsTheOldOnesOpen) {
  const test::TestCertificate certificate("localhost");
  const auto tls = TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  const auto trust_old = *TlsContext::client({.ca_file = certificate.certificate_file()});
  ListenerOptions options;
  options.tls = *tls;
  Server server(options);
  Dialed before({.to = server.address(), .tls = trust_old, .host = "localhost"});
  ASSERT_TRUE(before.log.wait_for_event("{\"n\":1}"));
  certificate.make_anew();
  const auto trust_new = *TlsContext::client({.ca_file = certificate.certificate_file()});
  ASSERT_TRUE((*tls)->reload());
  Dialed after({.to = server.address(), .tls = trust_new, .host = "localhost"});
  EXPECT_TRUE(after.log.wait_for_event("{\"n\":1}"));
  Dialed distrustful({.to = server.address(), .tls = trust_old, .host = "localhost"});
  EXPECT_TRUE(distrustful.log.wait_for_event("closed: tls_failed"));
  before.on_shard([](Connection& connection) { connection.send("{\"n\":2}"); });
  EXPECT_TRUE(before.log.wait_for_event("{\"n\":2}"));
}

TEST(Tls, SaysOfAFileThatIsMissingThatItIs) {
  const test::TestCertificate certificate("localhost");
  const auto no_certificate = TlsContext::server({"/nowhere/cert.pem", certificate.key_file()});
  ASSERT_FALSE(no_certificate);
  EXPECT_NE(no_certificate.error().find("'/nowhere/cert.pem' cannot be used: No such file or directory"),
            std::string::npos)
      << no_certificate.error();
  const auto no_key = TlsContext::server({certificate.certificate_file(), "/nowhere/key.pem"});
  ASSERT_FALSE(no_key);
  EXPECT_NE(no_key.error().find("'/nowhere/key.pem' cannot be used: No such file or directory"),
            std::string::npos)
      << no_key.error();
  const auto no_ca = TlsContext::client({.ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(no_ca);
  EXPECT_NE(no_ca.error().find("'/nowhere/ca.pem' cannot be read: No such file or directory"),
            std::string::npos)
      << no_ca.error();
}

// OpenSSL asks for it at the terminal, and a server without one waits for ever.
TEST(Tls, AKeyWithAPassPhraseIsRefusedWithoutAsking) {
  const test::TestCertificate certificate("localhost");
  certificate.protect_key("secret");
  const auto context = TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().find("is protected by a pass phrase"), std::string::npos) << context.error();
}

TEST(Tls, SaysWhichFileIsWrongAndKeepsTheOldCertificateWhenAReloadFails) {
  const test::TestCertificate certificate("localhost"), other("localhost");
  const auto missing = TlsContext::server({"/nowhere/cert.pem", certificate.key_file()});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("/nowhere/cert.pem"), std::string::npos) << missing.error();
  const auto foreign_key = TlsContext::server({certificate.certificate_file(), other.key_file()});
  ASSERT_FALSE(foreign_key);
  EXPECT_NE(foreign_key.error().find(other.key_file()), std::string::npos) << foreign_key.error();
  const auto tls = TlsContext::server({certificate.certificate_file(), certificate.key_file()});
  const auto trust = *TlsContext::client({.ca_file = certificate.certificate_file()});
  certificate.break_key();
  EXPECT_FALSE((*tls)->reload());
  ListenerOptions options;
  options.tls = *tls;
  Server server(options);
  Dialed client({.to = server.address(), .tls = trust, .host = "localhost"});
  EXPECT_TRUE(client.log.wait_for_event("{\"n\":1}"));
}

}  // namespace
}  // namespace plaza::net
