#include <fmt/format.h>

#include <algorithm>

#include "bench/heartbeat.h"
#include "bench/interrupt.h"
#include "bench/measured_server.h"
#include "bench/users.h"
#include "bench/workloads.h"

namespace plaza::bench {

namespace {

constexpr std::int64_t kTurnNs = 50'000'000;

/// Answers heartbeats and counts who is gone.
class Quiet final : public LinkHandler {
 public:
  void on_open(Link&) override {}
  void on_frame(Link& link, std::string_view frame) override {
    protocol::ServerGlance seen;
    if (protocol::glance(frame, seen) && seen.msgid == static_cast<std::uint64_t>(protocol::Msg::heartbeat)) {
      link.send(kHeartbeat);
    }
  }
  void on_closed(Link&, const std::string& why) override { ++gone, last = why; }

  std::uint64_t gone = 0;
  std::string last;
};

/// Waits until the server is quiet, and gives its memory.
Result<std::uint64_t, std::string> settle(LinkLoop& loop, const MeasuredServer& server, const Quiet& quiet,
                                          std::uint64_t seconds) {
  const std::int64_t end = now_ns() + static_cast<std::int64_t>(seconds) * 1'000'000'000;
  while (now_ns() < end) {
    loop.turn(kTurnNs);
    if (interrupted()) return fail(std::string("interrupted"));
    if (quiet.gone != 0) return fail(fmt::format("{} quiet connections ended: {}", quiet.gone, quiet.last));
  }
  return server.meter().resident_bytes();
}

}  // namespace

Outcome run_idle(const Options& options, Progress& progress) {
  if (auto enough = check_file_limit(options.connections); !enough) return fail(enough.error());
  auto server = MeasuredServer::make(options);
  if (!server) return fail(server.error());
  if (!(*server)->meter())
    return fail(std::string("idle with --connect needs --server-pid, to read the server's memory"));
  progress.step(fmt::format("preparing {} users", options.connections));
  std::vector<User> users;
  {
    LinkLoop loop;
    auto made = register_users(loop, (*server)->target(), options.connections, progress);
    if (!made) return fail(made.error());
    users = std::move(*made);
  }
  // A fresh process, so that what is measured is what connections cost and not what preparing them left behind.
  if ((*server)->is_private()) {
    if (auto again = (*server)->restart(); !again) return fail(again.error());
  }

  LinkLoop loop;
  Quiet quiet;
  std::vector<Link*> links;
  for (std::size_t i = 0; i < users.size(); ++i)
    links.push_back(&loop.add(quiet, static_cast<std::uint32_t>(i)));
  const auto start = settle(loop, **server, quiet, 1);
  if (!start) return fail(start.error());
  const auto join = [&](std::size_t from, std::size_t to) -> Result<std::uint64_t, std::string> {
    progress.step(fmt::format("connections {} to {}", from + 1, to));
    const std::span part(links.begin() + static_cast<std::ptrdiff_t>(from),
                         links.begin() + static_cast<std::ptrdiff_t>(to));
    auto joined = join_users(loop, (*server)->target(), std::span(users).subspan(from, to - from), part,
                             JoinUntil::ready, progress);
    if (!joined) return fail(joined.error());
    for (Link* link : part) link->handler = &quiet;
    return settle(loop, **server, quiet, options.seconds);
  };
  // The first tenth warms up what exists once: caches, allocator, code that is paged in. The slope is a connection's price.
  const std::size_t first = users.size() / 10;
  const auto tenth = join(0, first);
  if (!tenth) return fail(tenth.error());
  const auto all = join(first, users.size());
  if (!all) return fail(all.error());

  Report report;
  report.workload = "idle";
  report.headline = fmt::format("{} logged-in connections, {}", options.connections,
                                name_of(options.transport));
  report.params = {{"connections", options.connections},
                   {"resident_at_start_bytes", *start},
                   {"resident_at_tenth_bytes", *tenth},
                   {"resident_at_end_bytes", *all}};
  (*server)->describe(report);
  const auto added = static_cast<double>(*all) - static_cast<double>(*tenth);
  report.bytes_per_connection = added / static_cast<double>(users.size() - first);
  const auto whole = (static_cast<double>(*all) - static_cast<double>(*start)) /
                     static_cast<double>(users.size());
  report.notes.emplace_back("", fmt::format("(from connection {} to {}; {:.0f} bytes from the first one on)",
                                            first + 1, users.size(), whole));
  report.notes.emplace_back(
      "server's memory", fmt::format("{:.1f} MB empty, {:.1f} MB with all", static_cast<double>(*start) / 1e6,
                                     static_cast<double>(*all) / 1e6));
  return report;
}

}  // namespace plaza::bench
