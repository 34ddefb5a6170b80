#include <fmt/format.h>

#include "bench/chat_run.h"
#include "bench/measured_server.h"
#include "bench/message_text.h"
#include "bench/raw_floor.h"
#include "bench/workloads.h"

namespace plaza::bench {

namespace {

/// Endpoints 2k and 2k+1 are a pair.
class DirectRun final : public ChatRun {
 public:
  DirectRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, const Options& options,
            const std::vector<User>& users, const std::vector<Link*>& links)
      : ChatRun(loop, stopwatch, progress), text_(options.payload), order_(users.size()) {
    endpoints_.reserve(users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
      endpoints_.emplace_back(*links[i], users[i], static_cast<std::uint32_t>(options.window));
      endpoints_.back().sends = options.both_ways || i % 2 == 0;
    }
    adopt_links();
  }

 private:
  const Endpoint& peer_of(const Endpoint& endpoint) const { return endpoints_[endpoint.link->tag ^ 1]; }

  void append_message(std::string& out, const Endpoint& from, std::uint64_t send_id,
                      std::uint64_t number) override {
    append_send(out, peer_of(from).user->member, send_id, text_, number);
  }
  std::uint64_t receivers_of(const Endpoint&) const override { return 1; }
  std::uint64_t receipts_expected(const Endpoint& to) const override {
    return peer_of(to).window.accepted_count();
  }

  bool check_receipt(Endpoint& to, const Received& message) override {
    const auto number = text_.number_of(message.text);
    if (!number || message.sender != peer_of(to).user->member.value || message.toid != to.user->member.value)
      return false;
    order_[to.link->tag].saw(*number);
    return true;
  }
  bool check_acknowledgement(Endpoint&, std::uint64_t, std::uint64_t mid, std::uint64_t cseq) override {
    return mid != 0 && cseq != 0;
  }
  Findings finish() override {
    Findings found;
    for (const Endpoint& to : endpoints_)
      found.add(order_[to.link->tag].finish(peer_of(to).window.accepted_count()));
    return found;
  }

  const MessageText text_;
  std::vector<OrderCheck> order_;  // by receiver
};

struct Measured {
  Interval most, at_rate;
  double rate_wanted = 0;
};

Result<Measured, std::string> measure(DirectRun& run, const Options& options, Progress& progress) {
  Measured measured;
  const double warmup = static_cast<double>(options.warmup_ms) / 1e3,
               seconds = static_cast<double>(options.seconds);
  if (options.rate_per_s == 0) {
    progress.step(fmt::format("sending for {} s, as fast as the window allows", options.seconds));
    auto most = run.run_closed(warmup, seconds);
    if (!most) return fail(most.error());
    measured.most = *most;
  }
  measured.rate_wanted = options.rate_half ? measured.most.rate_per_s() / 2
                                           : static_cast<double>(options.rate_per_s);
  if (measured.rate_wanted <= 0) return measured;
  progress.step(fmt::format("sending for {} s at {:.0f} /s", options.seconds, measured.rate_wanted));
  auto at_rate = run.run_at_rate(measured.rate_wanted, options.burst, warmup, seconds);
  if (!at_rate) return fail(at_rate.error());
  measured.at_rate = *at_rate;
  return measured;
}

void tell(Report& report, const Options& options, const Measured& measured, const MeasuredServer& server) {
  report.workload = "direct";
  report.headline = fmt::format("{} pairs{}, window {}, {}-byte texts, {}", options.pairs,
                                options.both_ways ? " both ways" : "", options.window, options.payload,
                                name_of(options.transport));
  report.params = {{"pairs", options.pairs},
                   {"window", options.window},
                   {"payload", options.payload},
                   {"seconds", options.seconds},
                   {"both_ways", options.both_ways}};
  server.describe(report);
  const Interval& main = options.rate_per_s != 0 ? measured.at_rate : measured.most;
  tell_interval(report, main, static_cast<bool>(server.meter()));
  if (measured.rate_wanted > 0) {
    report.params.emplace_back("burst", options.burst);
    report.params.emplace_back("latency_at_rate_per_s", measured.rate_wanted);
    report.params.emplace_back("latency_rate_reached_per_s", measured.at_rate.rate_per_s());
    report.notes.emplace_back("latencies are at",
                              fmt::format("{:.0f} /s wanted, {:.0f} /s reached", measured.rate_wanted,
                                          measured.at_rate.rate_per_s()));
  }
}

}  // namespace

Outcome run_direct(const Options& options, Progress& progress) {
  if (auto enough = check_file_limit(2 * options.pairs); !enough) return fail(enough.error());
  Report report;
  CpuList server_cpus;
  {
    auto server = MeasuredServer::make(options);
    if (!server) return fail(server.error());
    server_cpus = (*server)->cpus();
    LinkLoop loop;
    progress.step(fmt::format("preparing {} users", 2 * options.pairs));
    auto users = register_users(loop, (*server)->target(), 2 * options.pairs, progress);
    if (!users) return fail(users.error());
    std::vector<Link*> links;
    for (std::size_t i = 0; i < users->size(); ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
    auto joined = join_users(loop, (*server)->target(), *users, links, JoinUntil::ready, progress);
    if (!joined) return fail(joined.error());
    DirectRun run(loop, (*server)->stopwatch(), progress, options, *users, links);
    auto measured = measure(run, options, progress);
    if (!measured) return fail(measured.error());
    tell(report, options, *measured, **server);
    report.latency(run.latency());
    report.findings = run.findings();
    if (!run.refusals().empty()) report.notes.emplace_back("refused and sent again", run.refusals());
    if (run.pulled() != 0) report.notes.emplace_back("pulled, not pushed", with_commas(run.pulled()));
  }
  if (options.floor && options.connect.empty()) {
    progress.step(fmt::format("the same through the bare relay for {} s", options.seconds));
    auto floor = measure_floor(options, server_cpus, progress);
    if (!floor) return fail(floor.error());
    report.floor_cpu_s_per_million = floor->server_cpu_s_per_million();
    report.notes.emplace_back("bare relay's rate",
                              with_commas(static_cast<std::uint64_t>(floor->rate_per_s())) + " /s");
  }
  return report;
}

}  // namespace plaza::bench
