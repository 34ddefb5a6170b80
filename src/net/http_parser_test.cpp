#include "net/http_parser.h"

#include <gtest/gtest.h>

#include "net/ws_handshake.h"

namespace plaza::net {
namespace {

using Kind = HttpStep::Kind;

/// The requests in `text`, fed `piece` bytes at a time; -status at the end when it broke.
std::vector<std::string> parse(const std::string& text, std::size_t piece, std::uint32_t header_max = 8192,
                               std::uint32_t body_max = 100) {
  HttpRequestParser parser(header_max, body_max);
  std::vector<std::string> seen;
  std::size_t from = 0;
  for (std::size_t to = 0; to < text.size();) {
    to = std::min(text.size(), to + piece);
    for (;;) {
      const HttpStep step = parser.next(text.data() + from, to - from);
      from += step.consumed;
      if (step.kind == Kind::need_more) break;
      if (step.kind == Kind::error) {
        seen.push_back(std::to_string(-step.error_status));
        return seen;
      }
      const HttpRequest request = parser.take();
      seen.push_back(request.method + " " + request.target + " " + request.body +
                     (request.keep_alive ? " keep" : " close"));
    }
  }
  return seen;
}

TEST(HttpRequestParser, ReadsPipelinedRequestsInPiecesOfEverySize) {
  const std::string text =
      "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      "POST /z HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      "GET /last HTTP/1.0\r\n\r\n";
  const std::vector<std::string> expected = {"GET /healthz  keep", "POST /x?y=1 hello keep",
                                             "POST /z abcde keep", "GET /last  close"};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(parse(text, piece), expected) << piece;
}

// Found by fuzzing: "0\r\nx" in two pieces ended the process in an assertion of Beast's.
TEST(HttpRequestParser, ABodyWhoseFirstChunkIsTheLastInPiecesOfEverySize) {
  const std::string head = "POST /z HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& end : {"0\r\n\r\n", "000\r\n\r\n", "0\r\nA: b\r\n\r\n"}) {
    const std::string text = head + end + "GET /last HTTP/1.0\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      EXPECT_EQ(parse(text, piece), (std::vector<std::string>{"POST /z  keep", "GET /last  close"}))
          << end << piece;
    }
  }
  for (const std::string& end : {"0\r\nlxyz\r\n\r\n", "0\r\nl\r\n\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n"}) {
    for (std::size_t piece = 1; piece <= head.size() + end.size(); ++piece) {
      EXPECT_EQ(parse(head + end, piece), (std::vector<std::string>{"-400"})) << end << piece;
    }
  }
}

TEST(HttpRequestParser, TakesAHeaderAtTheLimitAndRefusesALongerOne) {
  const auto request = [](std::size_t bytes) {
    const std::string start = "GET / HTTP/1.1\r\nX: ";
    return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(parse(request(8192), 100'000), std::vector<std::string>{"GET /  keep"});
  EXPECT_EQ(parse(request(8193), 100'000), std::vector<std::string>{"-431"});
  EXPECT_EQ(parse(request(8193), 1000), std::vector<std::string>{"-431"});
  EXPECT_EQ(parse(request(100'000).substr(0, 9000), 1000), std::vector<std::string>{"-431"})
      << "without waiting for its end";
}

// Beast takes these only once their end is here: without a limit of ours a client that never ends them fills the memory.
TEST(HttpRequestParser, TakesTheHeadOfAChunkAndATrailerAtTheLimitAndRefusesALongerOne) {
  const std::string head = "POST /z HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto filled = [](const std::string& start, const std::string& end, std::size_t bytes) {
    return start + std::string(bytes - start.size() - end.size(), 'x') + end;
  };
  const auto extension = [&](std::size_t bytes) {
    return head + filled("5;ext=", "\r\n", bytes) + "hello\r\n0\r\n\r\n";
  };
  const auto trailer = [&](std::size_t bytes) { return head + filled("0\r\nX: ", "\r\n\r\n", bytes); };
  for (const std::size_t piece : {1U, 100U, 1023U, 1024U, 1025U, 100'000U}) {
    EXPECT_EQ(parse(extension(1024), piece, 1024), std::vector<std::string>{"POST /z hello keep"}) << piece;
    EXPECT_EQ(parse(trailer(1024), piece, 1024), std::vector<std::string>{"POST /z  keep"}) << piece;
    EXPECT_EQ(parse(extension(1025), piece, 1024), std::vector<std::string>{"-431"}) << piece;
    EXPECT_EQ(parse(trailer(1025), piece, 1024), std::vector<std::string>{"-431"}) << piece;
    for (const char* start : {"5;ext=", "0\r\nX: ", "0000000000", "5\r\nhello\r\n5;ext=\""}) {
      EXPECT_EQ(parse(head + start + std::string(3000, '0'), piece, 1024), std::vector<std::string>{"-431"})
          << "without waiting for its end: " << start << " in pieces of " << piece;
    }
  }
}

TEST(HttpRequestParser, ABodyLongerThanAHeaderMayBeIsTakenWholeAndInPieces) {
  const std::string body(60'000, 'b');
  const std::string plain = "POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + body;
  const std::string chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n" + body +
                              "\r\n0\r\n\r\n";
  for (const std::size_t piece : {777U, 100'000U}) {
    EXPECT_EQ(parse(plain, piece, 1024, 60'000), std::vector<std::string>{"POST / " + body + " keep"});
    EXPECT_EQ(parse(chunked, piece, 1024, 60'000), std::vector<std::string>{"POST / " + body + " keep"});
  }
}

TEST(HttpRequestParser, RefusesABodyAboveTheLimit) {
  const auto post = [](std::size_t bytes) {
    return "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
           std::string(bytes, 'b');
  };
  EXPECT_EQ(parse(post(100), 7), std::vector<std::string>{"POST / " + std::string(100, 'b') + " keep"});
  EXPECT_EQ(parse(post(101), 7), std::vector<std::string>{"-413"});
}

TEST(HttpRequestParser, RefusesWhatIsNoHttp) {
  for (const char* text :
       {"{\"msgid\":1}\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"}) {
    EXPECT_EQ(parse(text, 1000), std::vector<std::string>{"-400"}) << text;
  }
}

TEST(HttpRequest, PathQueryAndHeaders) {
  HttpRequest request{.method = "GET", .target = "/a/b?c=d?e", .headers = {{"X-One", "1"}}};
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query(), "c=d?e");
  EXPECT_EQ(request.header("x-oNE"), "1");
  EXPECT_EQ(request.header("X-Two"), "");
}

// The upgrade -----------------------------------------------------------------------------------------------

HttpRequest upgrade_request() {
  return {.method = "GET",
          .target = "/ws",
          .headers = {{"Host", "chat.example:7680"},
                      {"Upgrade", "WebSocket"},
                      {"Connection", "keep-alive, Upgrade"},
                      {"Sec-WebSocket-Version", "13"},
                      {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}};
}
HttpRequest with(const std::string& name, const std::string& value) {
  HttpRequest request = upgrade_request();
  std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
  if (!value.empty()) request.headers.emplace_back(name, value);
  return request;
}
int status_of(const HttpRequest& request, const std::vector<std::string>& origins = {}) {
  const auto answer = answer_websocket_request(request, origins);
  return answer ? answer->status : answer.error().status;
}

TEST(WsHandshake, AcceptsTheExampleOfTheRfc) {
  ASSERT_TRUE(asks_for_websocket(upgrade_request()));
  const auto answer = answer_websocket_request(upgrade_request(), {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(encode_response(*answer, true, false),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(WsHandshake, RefusesWhatTheRfcForbids) {
  EXPECT_EQ(status_of(with("Sec-WebSocket-Version", "8")), 426);
  EXPECT_EQ(status_of(with("Sec-WebSocket-Version", "")), 426);
  EXPECT_EQ(status_of(with("Sec-WebSocket-Key", "")), 400);
  EXPECT_EQ(status_of(with("Sec-WebSocket-Key", "dG9vIHNob3J0")), 400);
  EXPECT_EQ(status_of(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ!=")), 400);
  EXPECT_EQ(status_of(with("Host", "")), 400);
  HttpRequest post = upgrade_request();
  post.method = "POST";
  EXPECT_EQ(status_of(post), 400);
  HttpRequest old = upgrade_request();
  old.http_1_0 = true;
  EXPECT_EQ(status_of(old), 400);
  EXPECT_FALSE(asks_for_websocket(with("Upgrade", "h2c")));
  EXPECT_FALSE(asks_for_websocket(with("Connection", "keep-alive")));
}

TEST(WsHandshake, TheOriginMustBeListedOrOfTheSameHost) {
  EXPECT_EQ(status_of(upgrade_request()), 101) << "no Origin: not a browser";
  EXPECT_EQ(status_of(with("Origin", "https://chat.example:7680")), 101);
  EXPECT_EQ(status_of(with("Origin", "https://evil.example")), 403);
  EXPECT_EQ(status_of(with("Origin", "https://evil.example"), {"https://good.example"}), 403);
  EXPECT_EQ(
      status_of(with("Origin", "https://good.example"), {"https://other.example", "https://good.example"}),
      101);
  EXPECT_EQ(status_of(with("Origin", "http://good.example"), {"https://good.example"}), 403)
      << "another scheme";
  EXPECT_EQ(status_of(with("Origin", "https://good.example.evil.example"), {"https://good.example"}), 403);
  EXPECT_EQ(status_of(with("Origin", "null"), {"https://good.example"}), 403);
  EXPECT_EQ(status_of(with("Origin", "null"), {"*"}), 101);
}

}  // namespace
}  // namespace plaza::net
