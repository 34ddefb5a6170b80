#include "base/metrics.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "base/check.h"

namespace plaza::metrics {
namespace {

struct Series {
  Labels labels;
  std::size_t first_cell = 0;
  std::vector<std::uint64_t> bounds;  // histograms
  double unit = 1;
};
struct Declared {
  std::string help;
  Type type = Type::counter;
  std::vector<Series> series;
};
struct Callback {
  std::string name, help;
  Type type;
  Labels labels;
  std::function<double()> read;
};

struct Registry {
  std::mutex mutex;
  // Guarded by mutex.
  std::map<std::string, Declared, std::less<>> declared;
  std::map<std::uint64_t, Callback> callbacks;
  std::uint64_t next_callback = 1;
  std::size_t cells_used = 0;
  std::vector<detail::Block*> blocks;  // of living threads
  detail::Block retired;               // the sums of threads that have ended

  std::uint64_t total(std::size_t cell) const {
    std::uint64_t sum = retired.cells[cell].load(std::memory_order_relaxed);
    for (const auto* block : blocks) sum += block->cells[cell].load(std::memory_order_relaxed);
    return sum;
  }
};

// Never destroyed: threads may still count while the process exits.
Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

Series declare(std::string_view name, std::string_view help, Type type, Series series, std::size_t cells) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  auto it = all.declared.find(name);
  if (it == all.declared.end()) {
    it = all.declared.emplace(std::string(name), Declared{std::string(help), type, {}}).first;
  }
  Declared& declared = it->second;
  PLAZA_CHECK(declared.type == type && declared.help == help);
  for (const auto& known : declared.series) {
    if (known.labels != series.labels) continue;
    PLAZA_CHECK(known.bounds == series.bounds);
    return known;
  }
  PLAZA_CHECK(all.cells_used + cells <= kCellsMax);
  series.first_cell = all.cells_used;
  all.cells_used += cells;
  return declared.series.emplace_back(std::move(series));
}

// Gives a thread its block and keeps what it counted when it ends.
struct ThreadBlock {
  std::unique_ptr<detail::Block> block = std::make_unique<detail::Block>();

  ThreadBlock() {
    const std::lock_guard lock(registry().mutex);
    registry().blocks.push_back(block.get());
  }
  ~ThreadBlock() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (std::size_t i = 0; i < kCellsMax; ++i) {
      const std::uint64_t counted = block->cells[i].load(std::memory_order_relaxed);
      if (counted != 0) all.retired.cells[i].fetch_add(counted, std::memory_order_relaxed);
    }
    std::erase(all.blocks, block.get());
    // Destructors of other thread-locals may count after this one: they get the shared block, where a lost increment is
    // possible but no access to freed memory.
    detail::t_block = &all.retired;
  }
};

Sample sample_of(const Registry& all, const Series& series, Type type) {
  Sample sample;
  sample.labels = series.labels;
  if (type != Type::histogram) {
    sample.value = static_cast<double>(all.total(series.first_cell));
    return sample;
  }
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= series.bounds.size(); ++i) {
    cumulative += all.total(series.first_cell + i);
    const double bound = i < series.bounds.size() ? static_cast<double>(series.bounds[i]) / series.unit
                                                  : std::numeric_limits<double>::infinity();
    sample.buckets.push_back({bound, cumulative});
  }
  sample.sum = static_cast<double>(all.total(series.first_cell + series.bounds.size() + 1)) / series.unit;
  return sample;
}

}  // namespace

namespace detail {
constinit thread_local Block* t_block = nullptr;

Block& attach_thread() {
  thread_local ThreadBlock mine;
  t_block = mine.block.get();
  return *t_block;
}
}  // namespace detail

Counter::Counter(std::string_view name, std::string_view help, Labels labels)
    : cell_(declare(name, help, Type::counter, {std::move(labels), 0, {}, 1}, 1).first_cell) {}

std::uint64_t Counter::value() const {
  const std::lock_guard lock(registry().mutex);
  return registry().total(cell_);
}

Histogram::Histogram(std::string_view name, std::string_view help, double unit,
                     std::initializer_list<std::uint64_t> bounds, Labels labels)
    : bounds_count_(bounds.size()) {
  PLAZA_CHECK(!std::empty(bounds) && bounds.size() <= kBucketsMax);
  PLAZA_CHECK(std::is_sorted(bounds.begin(), bounds.end(), std::less_equal<>{}));
  std::ranges::copy(bounds, bounds_.begin());
  first_cell_ = declare(name, help, Type::histogram, {std::move(labels), 0, bounds, unit}, bounds.size() + 2)
                    .first_cell;
}

std::uint64_t Histogram::count() const {
  const std::lock_guard lock(registry().mutex);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= bounds_count_; ++i) sum += registry().total(first_cell_ + i);
  return sum;
}

Observed::Observed(Type type, std::string_view name, std::string_view help, Labels labels,
                   std::function<double()> read) {
  PLAZA_CHECK(type != Type::histogram);
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  key_ = all.next_callback++;
  all.callbacks.emplace(
      key_, Callback{std::string(name), std::string(help), type, std::move(labels), std::move(read)});
}

Observed::~Observed() {
  const std::lock_guard lock(registry().mutex);
  registry().callbacks.erase(key_);
}

std::vector<Family> collect() {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  std::map<std::string, Family> families;
  for (const auto& [name, declared] : all.declared) {
    Family& family = families[name];
    family = {name, declared.help, declared.type, {}};
    for (const auto& series : declared.series)
      family.samples.push_back(sample_of(all, series, declared.type));
  }
  for (const auto& [key, callback] : all.callbacks) {
    Family& family = families[callback.name];
    if (family.name.empty()) family = {callback.name, callback.help, callback.type, {}};
    const double value = callback.read();
    const auto same = std::ranges::find(family.samples, callback.labels, &Sample::labels);
    if (same != family.samples.end()) {
      same->value += value;
    } else {
      family.samples.push_back({callback.labels, value, {}, 0});
    }
  }
  std::vector<Family> result;
  result.reserve(families.size());
  for (auto& [name, family] : families) result.push_back(std::move(family));
  return result;
}

}  // namespace plaza::metrics
