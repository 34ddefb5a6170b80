#include "bench/bench_main.h"

#include <fmt/format.h>

#include <cstdio>
#include <span>
#include <utility>

#include "bench/interrupt.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/raw_relay.h"
#include "bench/report.h"
#include "bench/workloads.h"

namespace plaza {

namespace {

enum Exit : int { kGood = 0, kBroken = 1, kUsage = 2, kNotMeasured = 3, kInterrupted = 130 };

bench::Outcome run(const bench::Options& options, bench::Progress& progress) {
  switch (options.workload) {
    case bench::Workload::direct: return bench::run_direct(options, progress);
    case bench::Workload::group: return bench::run_group(options, progress);
    case bench::Workload::room: return bench::run_room(options, progress);
    case bench::Workload::channel: return bench::run_channel(options, progress);
    case bench::Workload::presence: return bench::run_presence(options, progress);
    case bench::Workload::idle: return bench::run_idle(options, progress);
    case bench::Workload::login: return bench::run_login(options, progress);
    case bench::Workload::fakewechat: return bench::run_fakewechat(options, progress);
    case bench::Workload::raw_relay: break;
  }
  std::unreachable();
}

}  // namespace

int bench_main(int argc, char** argv) {
  const std::span<const char* const> args(argv, static_cast<std::size_t>(argc));
  auto options = bench::parse_options(args.empty() ? args : args.subspan(1));
  if (!options) {
    const bench::BadOptions& bad = options.error();
    fmt::print(bad.help ? stdout : stderr, "{}{}", bad.text, bad.text.ends_with('\n') ? "" : "\n");
    return bad.help ? kGood : kUsage;
  }
  bench::catch_interrupts();
  if (options->workload == bench::Workload::raw_relay) return bench::raw_relay_main(options->listen);

  bench::Progress progress;
  const bench::Outcome outcome = run(*options, progress);
  progress.done();
  if (!outcome) {
    fmt::print(stderr, "plaza bench: {}\n", outcome.error());
    return bench::interrupted() ? kInterrupted : kNotMeasured;
  }
  fmt::print("{}{}", options->json ? bench::to_json(*outcome) : bench::to_table(*outcome),
             options->json ? "\n" : "");
  if (!outcome->clean())
    fmt::print(stderr, "plaza bench: messages were lost, doubled, reordered or changed\n");
  return outcome->clean() ? kGood : kBroken;
}

}  // namespace plaza
