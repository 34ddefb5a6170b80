#include "base/metrics.h"

#include <benchmark/benchmark.h>

namespace plaza::metrics {
namespace {

const Counter g_counter{"bench_total", "Benchmark."};
const Histogram g_histogram{
    "bench_seconds", "Benchmark.", 1e9, {1000, 10000, 100000, 1000000, 10000000, 100000000}};

void counter_add(benchmark::State& state) {
  for (auto _ : state) {
    g_counter.add();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(counter_add)->Threads(1)->Threads(2);

void histogram_observe(benchmark::State& state) {
  std::uint64_t value = 1;
  for (auto _ : state) {
    g_histogram.observe(value);
    value = value * 7 % 1'000'000;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(histogram_observe);

}  // namespace
}  // namespace plaza::metrics
