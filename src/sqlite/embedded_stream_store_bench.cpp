// What the stream store costs: CPU seconds of the whole process (the caller's making of the messages
// included) for a million messages of 100 bytes with three entries each, durable (fsync at every commit), at
// several batch sizes, until the index is complete as well.
//
//   embedded_stream_store_bench [--folder DIR] [--messages N] [--pairs N] [--flush-after N] [--stages]
//   [--checkpoint-pages N] [BATCH...]
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "memory/system_clock.h"
#include "sqlite/embedded_stream_store.h"

namespace {

using namespace plaza;

struct Options {
  std::string folder = std::filesystem::temp_directory_path().string();
  std::uint64_t messages = 0;  ///< 0: by batch size
  std::uint64_t pairs = 500;
  bool stages = false;
  std::uint32_t flush_after = sqlite::EmbeddedStreamStoreOptions{}.flush_after_messages;
  std::uint32_t checkpoint_pages = sqlite::EmbeddedStreamStoreOptions{}.wal_checkpoint_pages;
  std::vector<std::uint64_t> batches{1, 16, 64, 256, 1024};
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Lets the caller wait until its batch is acknowledged, and keeps how long each took.
class Acks final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const ports::Appended& outcome : outcomes) {
      if (outcome.code != ports::AppendCode::accepted) std::abort();
    }
    const std::lock_guard lock(mutex_);
    acked_ += outcomes.size();
    changed_.notify_one();
  }
  void wait_for(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return acked_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t acked_ = 0;
};

std::vector<ports::Append> make_batch(std::uint64_t size, std::uint64_t pairs, std::mt19937_64& random) {
  std::vector<ports::Append> batch(size);
  for (ports::Append& append : batch) {
    auto message = std::make_shared<ports::Message>();
    const std::uint64_t pair = random() % pairs;
    const bool there = random() % 2 == 0;
    message->zone = ZoneId{1};
    message->sender = MemberId{1000 + pair * 2 + (there ? 0 : 1)};
    message->sender_name = "somebody";
    message->device = "bench";
    message->conversation = ports::StreamId::pair(MemberId{1000 + pair * 2}, MemberId{1001 + pair * 2});
    message->body.assign(100, 'x');
    append.message = std::move(message);
  }
  return batch;
}

/// Where the writer's CPU time goes: what passed since the stage before is the stage's.
struct StageTimes {
  std::array<double, sqlite::kStages> cpu_s{};
  double last = 0;

  static void at(void* context, sqlite::Stage stage) {
    auto& times = *static_cast<StageTimes*>(context);
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    const double seconds = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    times.cpu_s[static_cast<std::size_t>(stage)] += seconds - times.last;
    times.last = seconds;
  }
  void print(double million) const {
    constexpr std::array<const char*, sqlite::kStages> kNames{"plan",       "message rows", "index slice",
                                                              "last slice", "(nothing)",    "commit",
                                                              "report",     "checkpoint",   "trim"};
    for (std::size_t i = 0; i < kNames.size(); ++i)
      std::printf("    %-14s %6.2f us a message\n", kNames[i], cpu_s[i] / million);
  }
};

void flush(sqlite::EmbeddedStreamStore& store) {
  std::atomic<bool> done{false};
  store.flush([&](auto) {
    done = true;
    done.notify_one();
  });
  done.wait(false);
}

void run(const Options& options, std::uint64_t batch) {
  const std::uint64_t messages = options.messages != 0
                                     ? options.messages
                                     : std::clamp<std::uint64_t>(batch * 4'000, 10'000, 1'000'000);
  std::string folder = options.folder + "/plaza-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  const memory::SystemClock clock;
  Acks acks;
  StageTimes times;
  {
    sqlite::EmbeddedStreamStoreOptions store_options{.path = folder + "/streams.db",
                                                     .flush_after_messages = options.flush_after,
                                                     .wal_checkpoint_pages = options.checkpoint_pages};
    if (options.stages) store_options.hook = {.call = StageTimes::at, .context = &times};
    sqlite::EmbeddedStreamStore store(store_options, clock);
    if (auto started = store.start(acks); !started) {
      std::fprintf(stderr, "%s\n", started.error().detail.c_str());
      std::exit(1);
    }
    std::mt19937_64 random(1);
    std::vector<double> latencies_ms;
    const double cpu_before = cpu_seconds();
    const auto begun = std::chrono::steady_clock::now();
    for (std::uint64_t sent = 0; sent < messages; sent += batch) {
      const auto at = std::chrono::steady_clock::now();
      store.append(make_batch(batch, options.pairs, random));
      acks.wait_for(sent + batch);
      latencies_ms.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - at).count());
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const double cpu_acked = cpu_seconds() - cpu_before;
    flush(store);
    const double cpu_all = cpu_seconds() - cpu_before;
    std::sort(latencies_ms.begin(), latencies_ms.end());
    const auto percentile = [&](double p) {
      return latencies_ms[static_cast<std::size_t>(p * static_cast<double>(latencies_ms.size() - 1))];
    };
    const double million = static_cast<double>(messages) / 1e6;
    const auto bytes = std::filesystem::file_size(folder + "/streams.db");
    std::printf("%6llu %9llu %10.0f %9.2f %9.2f %8.2f %8.2f %8.2f %9.0f\n",
                static_cast<unsigned long long>(batch), static_cast<unsigned long long>(messages),
                static_cast<double>(messages) / seconds, cpu_acked / million, cpu_all / million,
                percentile(0.5), percentile(0.99), latencies_ms.back(),
                static_cast<double>(bytes) / static_cast<double>(messages));
    std::fflush(stdout);
    store.stop();
    if (options.stages) times.print(million);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  std::vector<std::uint64_t> batches;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    const bool has_value = i + 1 < count;
    if (argument == "--folder" && has_value) {
      options.folder = arguments[++i];
    } else if (argument == "--messages" && has_value) {
      options.messages = std::strtoull(arguments[++i], nullptr, 10);
    } else if (argument == "--flush-after" && has_value) {
      options.flush_after = static_cast<std::uint32_t>(std::strtoul(arguments[++i], nullptr, 10));
    } else if (argument == "--checkpoint-pages" && has_value) {
      options.checkpoint_pages = static_cast<std::uint32_t>(std::strtoul(arguments[++i], nullptr, 10));
    } else if (argument == "--stages") {
      options.stages = true;
    } else if (argument == "--pairs" && has_value) {
      options.pairs = std::strtoull(arguments[++i], nullptr, 10);
    } else {
      batches.push_back(std::strtoull(arguments[i], nullptr, 10));
    }
  }
  if (!batches.empty()) options.batches = batches;
  std::printf("%6s %9s %10s %9s %9s %8s %8s %8s %9s\n", "batch", "messages", "per_s", "cpu_acked",
              "cpu_total", "p50_ms", "p99_ms", "max_ms", "db_bytes");
  for (const std::uint64_t batch : options.batches) run(options, batch);
}
