// HTTP answers that come from another thread: at the deadline, in a drain, and when nobody waits for them any more.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "edge/edge_node.h"
#include "login/local_login_service.h"
#include "memory/memory_announcements.h"
#include "memory/memory_directory.h"
#include "memory/memory_moderation.h"
#include "memory/memory_presence.h"
#include "memory/memory_stream_store.h"
#include "memory/no_word_compiler.h"
#include "memory/system_clock.h"
#include "net/listener.h"

namespace plaza::edge {
namespace {

/// A blocking client.
class Page {
 public:
  explicit Page(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval limit{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Page() { close(); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send(const std::string& text) {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void get(const std::string& path) { send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"); }
  /// Until the text ends so, or the connection does.
  std::string receive(const std::string& end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && ::recv(fd_, &byte, 1, 0) == 1) text += byte;
    return text;
  }
  std::string rest() {
    std::string text, piece(4096, '\0');
    for (ssize_t got; (got = ::recv(fd_, piece.data(), piece.size(), 0)) > 0;)
      text.append(piece, 0, static_cast<std::size_t>(got));
    return text;
  }

 private:
  int fd_;
};

class EdgeHttp : public testing::Test {
 protected:
  EdgeHttp() {
    shards_.start();
    EXPECT_TRUE(store_.start(node_.sink()).has_value());
    net::ListenerOptions options;
    options.kind = net::Connection::Kind::http;
    listener_ = std::move(*net::Listener::open(
        shards_, 0, options, net::make_connection_limits({}),
        [this](std::unique_ptr<net::Connection> connection) { node_.accept(std::move(connection)); }));
  }
  ~EdgeHttp() override {
    listener_->stop();
    node_.drain(0);
    sql_workers_.stop();
    password_workers_.stop();
    store_.stop();
    shards_.stop();
  }
  [[nodiscard]] std::uint16_t port() const { return listener_->address().port; }
  std::optional<net::HttpResponse> ask(net::HttpExchange asked, net::HttpAnswer answer) {
    if (asked.request.path() == "/now") return net::HttpResponse{.body = "now\n", .headers = {}};
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    changed_.notify_all();
    return std::nullopt;
  }
  /// The answer that is owed longest.
  net::HttpAnswer owed() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !answers_.empty(); }));
    auto first = std::move(answers_.front());
    answers_.erase(answers_.begin());
    return first;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<net::HttpAnswer> answers_;
  memory::SystemClock clock_;
  memory::MemoryDirectory directory_;
  memory::MemoryModeration moderation_{directory_};
  memory::MemoryAnnouncements announcements_{directory_};
  memory::NoWordCompiler no_words_;
  memory::MemoryStreamStore store_{clock_};
  memory::MemoryPresence presence_;
  login::PasswordHasher hasher_{{.cost = login::PasswordCost::cheap(), .threads = 1}};
  login::LocalLoginService login_{directory_, hasher_, clock_};
  WorkerPool sql_workers_{"sql", 1, 16};
  WorkerPool password_workers_{"login", 1, 16};
  net::ShardGroup shards_{2, {.timer_tick_ms = 10}};
  EdgeNode node_{
      EdgeParts{.shards = shards_,
                .sql_workers = sql_workers_,
                .password_workers = password_workers_,
                .store = store_,
                .directory = directory_,
                .channels = directory_,
                .moderation = moderation_,
                .announcements = announcements_,
                .word_compiler = no_words_,
                .presence = presence_,
                .clock = clock_,
                .login = login_,
                .id = ports::NodeId{1},
                .http = [this](net::HttpExchange asked,
                               net::HttpAnswer answer) { return ask(std::move(asked), std::move(answer)); }},
      Limits{}};
  std::unique_ptr<net::Listener> listener_;
};

TEST_F(EdgeHttp, AnAnswerOfAnotherThreadArrivesAndTheConnectionGoesOn) {
  Page page(port());
  page.get("/later");
  page.get("/now");
  std::thread([answer = owed()]() mutable { answer({.body = "late\n", .headers = {}}); }).join();
  EXPECT_TRUE(page.receive("late\n").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(page.receive("now\n").ends_with("now\n"));
}

TEST_F(EdgeHttp, AnAnswerToAConnectionThatIsGoneIsDropped) {
  {
    Page page(port());
    page.get("/later");
    auto answer = owed();
    page.close();
    answer({.body = "late\n", .headers = {}});
  }
  Page other(port());
  other.get("/now");
  EXPECT_TRUE(other.receive("now\n").ends_with("now\n"));
}

TEST_F(EdgeHttp, WithoutAnAnswerInTimeItIs503AndTheLateOneDoesNotAnswerTheNextRequest) {
  Limits limits;
  limits.http_answer_deadline_ms = 50;
  node_.set_limits(limits);
  Page page(port());
  page.get("/now");
  page.receive("now\n");  // the limits are there
  page.get("/later");
  page.get("/now");
  auto answer = owed();
  const std::string rest = page.rest();
  EXPECT_TRUE(rest.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << rest;
  EXPECT_TRUE(rest.ends_with("Connection: close\r\n\r\nNo answer in time.\n")) << rest;
  answer({.body = "late\n", .headers = {}});
}

TEST_F(EdgeHttp, ABodyThatNeverComesEndsTheConnectionAtItsDeadline) {
  Limits limits;
  limits.http_idle_ms = 50;
  node_.set_limits(limits);
  Page page(port());
  page.get("/now");
  page.receive("now\n");
  page.send("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(page.rest(), "");
}

/// Gives its pieces from another thread, then nothing.
class Pieces final : public net::HttpBody {
 public:
  Pieces(std::uint64_t bytes, std::vector<std::string> pieces) : bytes_(bytes), pieces_(std::move(pieces)) {}
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  void next(std::shared_ptr<net::HttpBody> self, std::move_only_function<void(std::string)> piece) override {
    std::thread([this, self = std::move(self), piece = std::move(piece)]() mutable {
      piece(given_ < pieces_.size() ? pieces_[given_++] : std::string());
    }).detach();
  }

 private:
  const std::uint64_t bytes_;
  const std::vector<std::string> pieces_;
  std::size_t given_ = 0;
};

net::HttpResponse stream_of(std::uint64_t bytes, std::vector<std::string> pieces) {
  net::HttpResponse response;
  response.stream = std::make_shared<Pieces>(bytes, std::move(pieces));
  return response;
}

TEST_F(EdgeHttp, AStreamIsSentPieceByPieceAndTheConnectionGoesOn) {
  Page page(port());
  page.get("/later");
  page.get("/now");
  const std::string large(300'000, 'x');
  owed()(stream_of(300'006, {"one", large, "two"}));
  const std::string answer = page.receive("xtwo");
  EXPECT_NE(answer.find("Content-Length: 300006\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\none" + large + "two"));
  EXPECT_TRUE(page.receive("now\n").ends_with("now\n"));
}

TEST_F(EdgeHttp, AStreamThatBreaksOffOrIsTooLongCutsTheConnection) {
  for (std::vector<std::string> pieces : {std::vector<std::string>{"one"}, {"one", "more than said"}, {}}) {
    Page page(port());
    page.get("/later");
    page.get("/now");
    owed()(stream_of(6, std::move(pieces)));
    const std::string rest = page.rest();
    EXPECT_NE(rest.find("Content-Length: 6\r\n"), std::string::npos) << rest;
    EXPECT_EQ(rest.find("more"), std::string::npos) << rest;
    EXPECT_EQ(rest.find("now\n"), std::string::npos) << rest;
  }
}

class Endless final : public net::HttpBody {
 public:
  [[nodiscard]] std::uint64_t bytes() const override { return kIdMax; }
  void next(std::shared_ptr<net::HttpBody> self, std::move_only_function<void(std::string)> piece) override {
    std::thread([self = std::move(self), piece = std::move(piece)]() mutable {
      piece(std::string(100'000, 'x'));
    }).detach();
  }
};

TEST_F(EdgeHttp, AReaderThatGoesAwayEndsItsStream) {
  std::weak_ptr<net::HttpBody> stream;
  {
    Page page(port());
    page.get("/later");
    net::HttpResponse response;
    response.stream = std::make_shared<Endless>();
    stream = response.stream;
    owed()(std::move(response));
    page.receive("xxx");
    page.close();
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!stream.expired() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(stream.expired());
}

TEST_F(EdgeHttp, ADrainWaitsForTheAnswerThatIsOwed) {
  Page page(port());
  page.get("/later");
  auto answer = owed();
  std::thread late;
  // Long after a drain that does not wait would have taken the connection away.
  const auto pages_stopped = [&] {
    late = std::thread([&answer] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      answer({.body = "late\n", .headers = {}});
    });
  };
  std::thread drain([&] { node_.drain(30'000, pages_stopped); });
  EXPECT_TRUE(page.receive("late\n").ends_with("late\n"));
  drain.join();
  late.join();
  EXPECT_EQ(page.rest(), "");
}

}  // namespace
}  // namespace plaza::edge
