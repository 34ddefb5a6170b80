#pragma once
// Numbers about the running server. Declared where they are counted, served at /metrics by app/metrics.
//
//   metrics::Counter g_accepted{"plaza_messages_accepted_total", "Messages stored and acknowledged."};
//   g_accepted.add();
//
// Names follow the Prometheus conventions: plaza_ first, base units (seconds, bytes), _total for counters.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plaza::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;
enum class Type : std::uint8_t { counter, gauge, histogram };

/// 64-bit cells that all counters and histograms of the process share; a thread has one block of them.
inline constexpr std::size_t kCellsMax = 1024;
inline constexpr std::size_t kBucketsMax = 24;

namespace detail {
struct Block {
  std::array<std::atomic<std::uint64_t>, kCellsMax> cells{};
};
extern constinit thread_local Block* t_block;  // null until the thread counts for the first time
Block& attach_thread();

// Only the own thread writes its cells, so a plain load and store are enough; readers see whole values.
inline void add(std::size_t cell, std::uint64_t amount) {
  Block* block = t_block;
  if (block == nullptr) [[unlikely]]
    block = &attach_thread();
  auto& value = block->cells[cell];
  value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}
}  // namespace detail

/// Something that only grows.
///
/// Thread   add() from any thread, no lock and no shared cache line: about 1 ns (metrics_bench.cpp). What a thread counted
///          stays when it ends.
/// Owner    Usually a global of the file that counts. Never unregistered; the same name and labels twice are one counter.
/// Limit    kCellsMax cells in the process (checked): a counter takes 1, a histogram its buckets + 2.
class Counter {
 public:
  Counter(std::string_view name, std::string_view help, Labels labels = {});
  void add(std::uint64_t amount = 1) const { detail::add(cell_, amount); }
  /// The sum over all threads. Takes the registry's lock: for tests.
  [[nodiscard]] std::uint64_t value() const;

 private:
  std::size_t cell_;
};

/// How values spread: counts per bucket, and their sum.
///
/// Unit     Values are whole numbers of a small unit (ns); `unit` says how many of them make the unit of the name, so
///          {"plaza_commit_seconds", .., 1e9, {..ns..}} is shown in seconds.
/// Thread   As Counter; observe() is a few ns (metrics_bench.cpp).
/// Limit    kBucketsMax bounds, ascending; larger values are in "+Inf".
class Histogram {
 public:
  Histogram(std::string_view name, std::string_view help, double unit,
            std::initializer_list<std::uint64_t> bounds, Labels labels = {});
  void observe(std::uint64_t value) const {
    std::size_t bucket = 0;
    while (bucket < bounds_count_ && value > bounds_[bucket]) ++bucket;
    detail::add(first_cell_ + bucket, 1);
    detail::add(first_cell_ + bounds_count_ + 1, value);
  }
  /// How many values were observed. Takes the registry's lock: for tests.
  [[nodiscard]] std::uint64_t count() const;

 private:
  std::array<std::uint64_t, kBucketsMax> bounds_{};
  std::size_t bounds_count_ = 0;
  std::size_t first_cell_ = 0;
};

/// A value that is asked for when somebody looks: sessions, queue lengths, counts that another object already keeps.
///
/// Thread   `read` is called on the thread that serves /metrics and must be safe there; it must not make or destroy metrics.
/// Owner    Unregisters itself; after the destructor `read` is not called. The same name and labels twice are added up.
class Observed {
 public:
  Observed(Type type, std::string_view name, std::string_view help, Labels labels,
           std::function<double()> read);
  ~Observed();
  Observed(const Observed&) = delete;
  Observed& operator=(const Observed&) = delete;

 private:
  std::uint64_t key_;
};

// What collect() gives -------------------------------------------------------------------------------------------------
struct Bucket {
  double bound = 0;  ///< in the unit of the name
  std::uint64_t cumulative = 0;
};
struct Sample {
  Labels labels;
  double value = 0;             ///< counters and gauges
  std::vector<Bucket> buckets;  ///< histograms; the last bound is +Inf
  double sum = 0;
};
struct Family {
  std::string name, help;
  Type type = Type::counter;
  std::vector<Sample> samples;
};

/// Everything registered, by name. Any thread.
std::vector<Family> collect();

}  // namespace plaza::metrics
