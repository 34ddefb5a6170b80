#pragma once
// An edge node on real sockets and three shards, with the domain's twins behind it, and clients that block.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <string>
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
#include "protocol/request.h"
#include "protocol/server_message.h"

namespace plaza::edge {

using protocol::Errno;
using protocol::Msg;
using protocol::ServerMessage;

/// A blocking client on a socket, one JSON object a line.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval limit{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  template <class T>
  void post(const T& request, std::optional<std::uint64_t> rid = std::nullopt) {
    std::string frame;
    protocol::encode(frame, request, rid);
    ASSERT_EQ(::send(fd_, frame.data(), frame.size(), MSG_NOSIGNAL), static_cast<ssize_t>(frame.size()));
  }
  /// The next object; nothing at the end of the connection.
  std::optional<ServerMessage> next() {
    for (;;) {
      const auto end = bytes_.find('\n');
      if (end != std::string::npos) {
        auto message = parser_.parse(std::string_view(bytes_).substr(0, end));
        bytes_.erase(0, end + 1);
        EXPECT_TRUE(message.has_value());
        return message ? std::optional(std::move(*message)) : std::nullopt;
      }
      char more[4096];
      const ssize_t got = recv(fd_, more, sizeof more, 0);
      if (got <= 0) return std::nullopt;
      bytes_.append(more, static_cast<std::size_t>(got));
    }
  }
  template <class T>
  ServerMessage ask(const T& request) {
    const std::uint64_t rid = next_rid_++;
    post(request, rid);
    while (auto message = next()) {
      if (message->rid == rid) return std::move(*message);
      if (message->get<protocol::Chat>()) chats_.push_back(std::move(*message));
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
  /// The next pushed message, also one that came while an answer was waited for.
  std::optional<ServerMessage> next_chat() {
    if (!chats_.empty()) {
      ServerMessage first = std::move(chats_.front());
      chats_.pop_front();
      return first;
    }
    auto message = next();
    while (message && !message->get<protocol::Chat>()) message = next();
    return message;
  }
  /// Everything until the end; gives the last goodbye.
  Errno goodbye() {
    Errno why = Errno::ok;
    while (auto message = next()) {
      if (const auto* goodbye = message->get<protocol::GoodbyePush>()) why = goodbye->error;
    }
    return why;
  }
  static protocol::Login login(std::string_view name, std::string_view device) {
    protocol::Login login;
    login.account = name;
    login.password = "secret";
    if (!device.empty()) login.device = device;
    return login;
  }
  /// Logs in, enters the first member, says ready. Gives the member.
  MemberId enter(std::string_view name, std::string_view device) {
    const auto in = ask(login(name, device));
    const auto* ack = in.get<protocol::LoginAck>();
    if (!ack || ack->members.empty()) {
      ADD_FAILURE() << "login: " << static_cast<int>(in.refusal.error) << " " << in.refusal.message;
      return {};
    }
    const auto entered = ask(protocol::Enter{.id = ack->members.front().id});
    if (const auto* as = entered.get<protocol::EnterAck>()) token = as->token;
    EXPECT_FALSE(entered.refused()) << entered.refusal.message;
    EXPECT_FALSE(ask(protocol::Ready{}).refused());
    return ack->members.front().id;
  }
  std::string token;

 private:
  int fd_;
  std::string bytes_;
  protocol::ServerMessageParser parser_;
  std::uint64_t next_rid_ = 1;
  std::deque<ServerMessage> chats_;
};

class Edge : public testing::Test {
 protected:
  Edge() {
    ports::Zone zone;
    zone.app_name = zone.zone_name = "default";
    EXPECT_TRUE(directory_.put_zone(zone).has_value());
    shards_.start();
    EXPECT_TRUE(store_.start(node_.sink()).has_value());
    net::ListenerOptions options;
    auto listener = net::Listener::open(
        shards_, 0, options, net::make_connection_limits({}),
        [this](std::unique_ptr<net::Connection> connection) { node_.accept(std::move(connection)); });
    EXPECT_TRUE(listener.has_value());
    listener_ = std::move(*listener);
  }
  ~Edge() override {
    listener_->stop();
    node_.drain(2'000);
    sql_workers_.stop();
    password_workers_.stop();
    store_.stop();
    shards_.stop();
  }
  [[nodiscard]] std::uint16_t port() const { return listener_->address().port; }
  MemberId registered(const std::string& name) {
    const auto made = login_.register_account(
        {.name = name, .password = "secret", .place = {}, .address = "127.0.0.1"});
    EXPECT_TRUE(made.has_value());
    return made ? made->member.id : MemberId{};
  }
  /// Polls until it is so; a deadline only ends a broken run.
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  /// Runs it there and waits.
  void on_shard(std::uint32_t shard, const std::function<void()>& task) {
    std::latch done(1);
    shards_.at(shard).post([&] {
      task();
      done.count_down();
    });
    done.wait();
  }

  static Limits limits() {
    Limits limits;
    limits.chat.member_messages = {};
    limits.chat.member_requests = {};
    limits.account_requests = {};
    return limits;
  }

  memory::SystemClock clock_;
  memory::MemoryDirectory directory_;
  memory::MemoryModeration moderation_{directory_};
  memory::MemoryAnnouncements announcements_{directory_};
  memory::NoWordCompiler no_words_;
  memory::MemoryStreamStore store_{clock_};
  memory::MemoryPresence presence_;
  login::PasswordHasher hasher_{{.cost = login::PasswordCost::cheap(), .threads = 1}};
  login::LocalLoginService login_{directory_, hasher_, clock_};
  WorkerPool sql_workers_{"sql", 2, 1024};
  WorkerPool password_workers_{"login", 2, 1024};
  net::ShardGroup shards_{3, {.timer_tick_ms = 10}};
  EdgeNode node_{EdgeParts{.shards = shards_,
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
                           .http = [](net::HttpExchange, net::HttpAnswer) { return net::HttpResponse{}; }},
                 limits()};
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace plaza::edge
