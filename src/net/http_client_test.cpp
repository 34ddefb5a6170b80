// Posts to other servers: addresses, which hosts are allowed, answers, time limits, TLS.
#include "net/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "net/test_certificate.h"
#include "net/tls_context.h"

namespace plaza::net {
namespace {

TEST(HttpUrl, IsTakenApart) {
  const auto url = HttpUrl::parse("https://hooks.example.org:8443/in?key=1");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "hooks.example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/in?key=1");
  EXPECT_EQ(url->host_header(), "hooks.example.org:8443");
  EXPECT_EQ(HttpUrl::parse("https://a")->target, "/");
  EXPECT_EQ(HttpUrl::parse("https://a?b")->target, "/?b");
  EXPECT_EQ(HttpUrl::parse("https://a")->host_header(), "a");
  EXPECT_EQ(HttpUrl::parse("http://a")->port, 80);
  EXPECT_EQ(HttpUrl::parse("http://[::1]:81/")->host, "::1");
  EXPECT_EQ(HttpUrl::parse("http://[::1]:81/")->host_header(), "[::1]:81");
  EXPECT_TRUE(HttpUrl::parse("https://a/" + std::string(1014, 'x')));
}

TEST(HttpUrl, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text : {"",
                           "ftp://a",
                           "//a",
                           "https://",
                           "https:///x",
                           "https://user@a",
                           "https://user:pw@a/",
                           "https://a:",
                           "https://a:0",
                           "https://a:65536",
                           "https://a:1x",
                           "https://a b",
                           "https://a/#f",
                           "https://a\\b/",
                           "https://[::1",
                           "https://[::1]x",
                           "https://[::1]:",
                           "https://[a]",
                           "https://a/\r\nX: y",
                           "https://a/\xc3\xa4",
                           "HTTPS://a"}) {
    EXPECT_FALSE(HttpUrl::parse(text)) << text;
  }
  EXPECT_FALSE(HttpUrl::parse("https://a/" + std::string(1015, 'x')));
}

Address ip(const std::string& text) {
  return Address::parse(text.find(':') == std::string::npos ? text + ":1" : "[" + text + "]:1").value();
}

TEST(AddressReach, TellsTheInternetFromWhatIsInsideAndFromWhereNobodyHasBusiness) {
  for (const char* text : {"1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
                           "11.0.0.1", "223.255.255.255", "2606:4700::1", "2a00::1"})
    EXPECT_EQ(reach_of(ip(text)), AddressReach::everywhere) << text;
  for (const char* text :
       {"127.0.0.1", "127.255.255.255", "10.1.2.3", "172.16.0.0", "172.31.255.255", "192.168.0.1",
        "100.64.0.0", "100.127.255.255", "::1", "fc00::1", "fdff::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"})
    EXPECT_EQ(reach_of(ip(text)), AddressReach::inside) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "169.254.169.254",
                           "192.0.0.1",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "fe80::1",
                           "ff02::1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2001:0:1::1",
                           "2001:db8::1",
                           "::7f00:1",
                           "4000::1",
                           "::ffff:169.254.169.254"})
    EXPECT_EQ(reach_of(ip(text)), AddressReach::nowhere) << text;
}

TEST(AllowedTo, PlainHttpStaysInsideAndNothingGoesInsideUnlessItIsAllowed) {
  const auto https = HttpUrl::parse("https://a").value(), plain = HttpUrl::parse("http://a").value();
  EXPECT_TRUE(allowed_to(https, ip("1.1.1.1"), false));
  EXPECT_FALSE(allowed_to(plain, ip("1.1.1.1"), false));
  EXPECT_FALSE(allowed_to(plain, ip("1.1.1.1"), true));
  EXPECT_FALSE(allowed_to(https, ip("127.0.0.1"), false));
  EXPECT_TRUE(allowed_to(https, ip("127.0.0.1"), true));
  EXPECT_TRUE(allowed_to(plain, ip("10.0.0.1"), true));
  EXPECT_FALSE(allowed_to(https, ip("169.254.169.254"), true));
}

/// Takes connections one after the other, and answers each with a text; silent: it never answers.
class Receiver {
 public:
  explicit Receiver(std::string answer, std::shared_ptr<TlsContext> tls = nullptr)
      : answer_(std::move(answer)), tls_(std::move(tls)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(fd_, 8);
    socklen_t length = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Receiver() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + "/in?x=1";
  }
  [[nodiscard]] std::string asked() const { return asked_; }  ///< once the answer has come

 private:
  void serve() {
    for (int one; (one = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(one)) {
      asked_.clear();
      SSL* ssl = tls_ ? tls_->accept_on(one) : nullptr;
      if (ssl == nullptr || SSL_accept(ssl) == 1) talk(one, ssl);
      SSL_free(ssl);
    }
  }
  void talk(int fd, SSL* ssl) {
    char piece[4096];
    while (asked_.find("\r\n\r\n{}") == std::string::npos) {
      const auto got = ssl ? SSL_read(ssl, piece, sizeof piece) : ::recv(fd, piece, sizeof piece, 0);
      if (got <= 0) return;
      asked_.append(piece, static_cast<std::size_t>(got));
    }
    if (answer_.empty()) {  // silent, until the other side has had enough
      while (::recv(fd, piece, sizeof piece, 0) > 0) continue;
      return;
    }
    if (ssl) {
      SSL_write(ssl, answer_.data(), static_cast<int>(answer_.size()));
    } else {
      ::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  const std::string answer_;
  const std::shared_ptr<TlsContext> tls_;
  std::string asked_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

HttpPosted post(const std::string& url,
                HttpClient::Options options = {.ca_file = {}, .private_networks = true},
                std::int64_t deadline_ms = 60'000) {
  auto client = HttpClient::make(std::move(options));
  EXPECT_TRUE(client);
  std::promise<HttpPosted> promise;
  (*client)->post({.url = HttpUrl::parse(url).value(),
                   .headers = {{"Content-Type", "application/json"}, {"Plaza-Time", "5"}},
                   .body = "{}",
                   .deadline_ms = deadline_ms},
                  [&](HttpPosted posted) { promise.set_value(std::move(posted)); });
  return promise.get_future().get();
}

TEST(HttpClient, PostsAndGivesTheAnswer) {
  const Receiver receiver("HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nyes");
  const auto posted = post(receiver.url());
  EXPECT_EQ(posted.status, 202) << posted.error;
  EXPECT_EQ(posted.body, "yes");
  EXPECT_TRUE(receiver.asked().starts_with("POST /in?x=1 HTTP/1.1\r\n")) << receiver.asked();
  EXPECT_NE(receiver.asked().find("Plaza-Time: 5\r\n"), std::string::npos);
  EXPECT_NE(receiver.asked().find("Content-Length: 2\r\n"), std::string::npos);
}

TEST(HttpClient, ARedirectionIsAnAnswerAndNotFollowed) {
  const Receiver target("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const Receiver receiver("HTTP/1.1 307 Moved\r\nLocation: " + target.url() +
                          "\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(post(receiver.url()).status, 307);
  EXPECT_EQ(target.asked(), "");
}

TEST(HttpClient, GoesNowhereInsideUnlessItIsAllowedAlsoNotByName) {
  const Receiver receiver("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1"}) {
    const auto posted = post(receiver.url(host), {.ca_file = {}, .private_networks = false});
    EXPECT_EQ(posted.status, 0) << host;
  }
  EXPECT_EQ(receiver.asked(), "");
  EXPECT_EQ(post(receiver.url("localhost")).status, 200);
}

TEST(HttpClient, WhoDoesNotAnswerIsGivenUpAtTheDeadline) {
  const Receiver receiver("");
  const auto posted = post(receiver.url(), {.ca_file = {}, .private_networks = true}, 50);
  EXPECT_EQ(posted.status, 0);
  EXPECT_EQ(posted.error, "no answer in time");
}

TEST(HttpClient, AnAnswerThatIsTooLongOrNoHttpIsNone) {
  const Receiver fits("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345");
  const Receiver lies("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456");
  const Receiver noise("SSH-2.0-OpenSSH\r\n\r\n");
  const HttpClient::Options options{.ca_file = {}, .private_networks = true, .answer_bytes_max = 5};
  EXPECT_EQ(post(fits.url(), options).status, 200);
  EXPECT_EQ(post(lies.url(), options).status, 0);
  EXPECT_EQ(post(noise.url(), options).status, 0);
}

TEST(HttpClient, WhereNobodyListensTheErrorNamesNoAddress) {
  const auto posted = post("http://127.0.0.1:1/");
  EXPECT_EQ(posted.status, 0);
  EXPECT_EQ(posted.error, "the host cannot be reached");
}

TEST(HttpClient, ACertificateMustBeTrustedAndOfThisHost) {
  const test::TestCertificate good("localhost");
  const test::TestCertificate wrong("elsewhere");
  const auto serve = [](const test::TestCertificate& certificate) {
    return TlsContext::server({certificate.certificate_file(), certificate.key_file()}).value();
  };
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const Receiver receiver(ok, serve(good));
  const Receiver impostor(ok, serve(wrong));
  EXPECT_EQ(
      post(receiver.url("localhost"), {.ca_file = good.certificate_file(), .private_networks = true}).status,
      200);
  EXPECT_EQ(post(receiver.url("localhost"), {.ca_file = {}, .private_networks = true}).status, 0);
  EXPECT_EQ(
      post(impostor.url("localhost"), {.ca_file = wrong.certificate_file(), .private_networks = true}).status,
      0);
}

TEST(HttpClient, StopEndsWhatIsGoingOnAndTakesNothingMore) {
  const Receiver receiver("");
  auto client = HttpClient::make({.ca_file = {}, .private_networks = true});
  ASSERT_TRUE(client);
  std::promise<HttpPosted> first;
  (*client)->post({.url = HttpUrl::parse(receiver.url()).value(), .headers = {}, .body = "{}"},
                  [&](HttpPosted posted) { first.set_value(std::move(posted)); });
  (*client)->stop();
  EXPECT_EQ(first.get_future().get().error, "the server is stopping");
}

}  // namespace
}  // namespace plaza::net
