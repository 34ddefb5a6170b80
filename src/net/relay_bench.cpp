// Why the sockets are not Asio's: what one readiness event costs when `range` sockets of 1,000 became
// readable at once.
//
//   own       the shard's epoll set, edge-triggered, registered once
//   nested    the same, with the thread blocking in an io_context that watches the set (a shard that uses
//   Asio) asio      one async_wait per socket, re-armed after each event, as a coroutine per connection does
//
// Each event is the same read of 100 bytes. Filling the sockets is not measured.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <memory>
#include <vector>

#include "net/pollable.h"
#include "net/poller.h"
#include "net/shard_loop.h"

namespace plaza::net {
namespace {

constexpr std::size_t kSockets = 1'000;
constexpr std::size_t kBytes = 100;

class Pairs {
 public:
  Pairs() : ends_(kSockets) {
    for (auto& pair : ends_) {
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()) != 0) std::abort();
    }
  }
  ~Pairs() {
    for (auto& pair : ends_) {
      ::close(pair[0]);
      ::close(pair[1]);
    }
  }
  [[nodiscard]] int server_end(std::size_t i) const { return ends_[i][0]; }
  /// Spread over all, so that no cache helps one of the candidates.
  void fill(std::size_t count) {
    std::array<char, kBytes> bytes{};
    for (std::size_t i = 0; i < count; ++i) {
      next_ = (next_ + 7) % kSockets;
      if (::write(ends_[next_][1], bytes.data(), bytes.size()) != static_cast<ssize_t>(kBytes)) std::abort();
    }
  }

 private:
  std::vector<std::array<int, 2>> ends_;
  std::size_t next_ = 0;
};

bool read_one(int fd) {
  std::array<char, 4096> buffer;
  return ::recv(fd, buffer.data(), buffer.size(), 0) == static_cast<ssize_t>(kBytes);
}

struct Reader final : Pollable {
  void on_events(std::uint32_t) override { read += read_one(fd) ? 1 : 0; }
  bool serve(TurnBudget&) override { return false; }
  void flush() override {}
  void bury() override {}
  int fd = -1;
  static inline std::size_t read = 0;
};

void run_poller(benchmark::State& state, ShardLoop* loop, Poller& poller, Pairs& pairs) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    pairs.fill(count);
    Reader::read = 0;
    state.ResumeTiming();
    while (Reader::read < count) {
      if (loop != nullptr) loop->block(-1);
      poller.wait(loop != nullptr ? 0 : -1);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void poller_bench(benchmark::State& state, bool nested) {
  Pairs pairs;
  Poller poller(1024);
  std::vector<Reader> readers(kSockets);
  for (std::size_t i = 0; i < kSockets; ++i) {
    readers[i].fd = pairs.server_end(i);
    if (!poller.add(readers[i].fd, readers[i])) std::abort();
  }
  poller.wait(0);
  const auto loop = nested ? std::make_unique<ShardLoop>(poller.fd()) : nullptr;
  run_poller(state, loop.get(), poller, pairs);
}

void BM_Own(benchmark::State& state) { poller_bench(state, false); }
BENCHMARK(BM_Own)->Arg(1)->Arg(8)->Arg(64)->Arg(500);
void BM_Nested(benchmark::State& state) { poller_bench(state, true); }
BENCHMARK(BM_Nested)->Arg(1)->Arg(8)->Arg(64)->Arg(500);

struct AsioReader {
  AsioReader(boost::asio::io_context& io, int fd) : descriptor(io, fd) { wait(); }
  ~AsioReader() { descriptor.release(); }
  void wait() {
    descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read,
                          [this](const boost::system::error_code& error) {
                            if (error) return;
                            Reader::read += read_one(descriptor.native_handle()) ? 1 : 0;
                            wait();
                          });
  }
  boost::asio::posix::stream_descriptor descriptor;
};

void BM_Asio(benchmark::State& state) {
  Pairs pairs;
  boost::asio::io_context io{1};
  {
    std::vector<std::unique_ptr<AsioReader>> readers;
    for (std::size_t i = 0; i < kSockets; ++i)
      readers.push_back(std::make_unique<AsioReader>(io, pairs.server_end(i)));
    const auto count = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
      state.PauseTiming();
      pairs.fill(count);
      Reader::read = 0;
      state.ResumeTiming();
      while (Reader::read < count) io.run_one();
    }
  }
  io.poll();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Asio)->Arg(1)->Arg(8)->Arg(64)->Arg(500);

}  // namespace
}  // namespace plaza::net
