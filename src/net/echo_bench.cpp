// What a small message costs on a shard, from readable socket to written answer: 500 clients on a second
// shard (pinned to another CPU when there is one) keep `window` messages of about 150 bytes under way each.
// server_us is the CPU time of the server's thread per message, kernel included.
#include <benchmark/benchmark.h>
#include <time.h>

#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/dialer.h"
#include "net/listener.h"
#include "net/shard.h"

namespace plaza::net {
namespace {

constexpr std::size_t kClients = 500;

struct Echo final : ConnectionHandler {
  explicit Echo(std::unique_ptr<Connection> c) : connection(std::move(c)) {}
  FrameVerdict on_frame(std::span<const char> json) override {
    benchmark::DoNotOptimize(connection->send({json.data(), json.size()}));
    return FrameVerdict::continue_;
  }
  void on_protocol_error(FrameError, std::string_view) override {}
  void on_closed(CloseReason) override { delete this; }
  std::unique_ptr<Connection> connection;
};

struct ClientSide final : ConnectionHandler {
  void on_open() override {
    for (int i = 0; i < window; ++i) connection->send(text);
  }
  FrameVerdict on_frame(std::span<const char>) override {
    ++*count;
    connection->send(text);
    return FrameVerdict::continue_;
  }
  void on_protocol_error(FrameError, std::string_view) override {}
  void on_closed(CloseReason) override {}
  std::unique_ptr<Connection> connection;
  std::string_view text;
  int window = 1;
  std::atomic<std::uint64_t>* count = nullptr;
};

double thread_cpu_seconds(Shard& shard) {
  double seconds = 0;
  std::latch done(1);
  shard.post([&] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    seconds = static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    done.count_down();
  });
  done.wait();
  return seconds;
}

void BM_Echo(benchmark::State& state) {
  const bool websocket = state.range(1) != 0;
  const bool two_cpus = std::thread::hardware_concurrency() > 1;
  ShardGroup servers(1, {.cpu = 0});
  Shard client(1, {.cpu = two_cpus ? 1 : 0});
  servers.start();
  client.start();
  ListenerOptions options;
  options.kind = websocket ? Connection::Kind::http : Connection::Kind::json;
  auto listener = Listener::open(servers, 0, options, nullptr, [](std::unique_ptr<Connection> connection) {
    auto* echo = new Echo(std::move(connection));
    echo->connection->start(*echo);
  });
  if (!listener) {
    state.SkipWithError(listener.error().c_str());
    return;
  }
  const std::string text = R"({"msgid":5,"toid":1234567,"send_id":42,"msg":")" + std::string(100, 'x') +
                           "\"}";
  std::atomic<std::uint64_t> count{0};
  std::vector<ClientSide> sides(kClients);
  std::latch dialed(1);
  client.post([&] {
    for (ClientSide& side : sides) {
      side.text = text;
      side.window = static_cast<int>(state.range(0));
      side.count = &count;
      DialOptions dial{.to = (*listener)->address()};
      dial.protocol = websocket ? DialOptions::Protocol::websocket : DialOptions::Protocol::json;
      side.connection = *Dialer::dial(client, dial, side);
    }
    dialed.count_down();
  });
  dialed.wait();
  while (count.load() < kClients * 20) std::this_thread::yield();
  const double cpu_before = thread_cpu_seconds(servers.at(0));
  const std::uint64_t count_before = count.load();
  for (auto _ : state) {
    const std::uint64_t target = count.load() + 10'000;
    while (count.load() < target) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  const double cpu = thread_cpu_seconds(servers.at(0)) - cpu_before;
  const auto messages = static_cast<double>(count.load() - count_before);
  state.counters["server_us"] = cpu * 1e6 / messages;
  state.counters["messages_per_s"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
  std::latch closed(1);
  client.post([&] {
    for (ClientSide& side : sides) side.connection.reset();
    closed.count_down();
  });
  closed.wait();
  listener->reset();
  client.stop();
  servers.stop();
}
BENCHMARK(BM_Echo)
    ->ArgNames({"window", "websocket"})
    ->Args({1, 0})
    ->Args({16, 0})
    ->Args({1, 1})
    ->Args({16, 1})
    ->UseRealTime();

}  // namespace
}  // namespace plaza::net
