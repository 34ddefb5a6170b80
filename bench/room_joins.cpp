#include <fmt/format.h>

#include <algorithm>

#include "bench/histogram.h"
#include "bench/measured_server.h"
#include "bench/script.h"
#include "bench/users.h"
#include "bench/workloads.h"

namespace plaza::bench {

namespace {

/// Connections at once: the limit of open files is the same for the server.
constexpr std::size_t kLoggedInMax = 5'000;

/// Joins one group, so many requests under way at once.
class JoinScript final : public Script {
 public:
  JoinScript(LinkLoop& loop, Progress& progress, Histogram& latency)
      : Script(loop, progress), latency_(latency) {}

  [[nodiscard]] Result<RoomId, std::string> make_room(Link& owner) {
    owner.handler = this;
    ask(owner, protocol::CreateGroup{.groupname = "bench room", .groupdesc = {}, .id = {}});
    if (auto made = run([this] { return room_ != RoomId{}; }, [] { return "making the room"; }); !made)
      return fail(made.error());
    return room_;
  }

  [[nodiscard]] Result<void, std::string> join(std::span<Link* const> links, RoomId room,
                                               std::size_t parallel) {
    links_ = links;
    room_ = room;
    asked_ = done_ = 0;
    begun_ns_.assign(links.size(), 0);
    first_tag_ = links.front()->tag;
    for (Link* link : links) link->handler = this;
    while (asked_ < std::min(parallel, links.size())) ask_next();
    return run([this] { return done_ == links_.size(); },
               [this] { return fmt::format("{} of {} have joined", done_, links_.size()); });
  }

 private:
  void ask_next() {
    begun_ns_[asked_] = now_ns();
    ask(*links_[asked_++], protocol::AddGroup{.groupid = room_, .groupname = {}, .id = {}});
  }
  void on_answer(Link& link, const protocol::ServerMessage& answer) override {
    if (const auto* made = answer.get<protocol::CreateGroupAck>()) {
      room_ = made->groupid;
      return;
    }
    latency_.record(static_cast<std::uint64_t>(now_ns() - begun_ns_[link.tag - first_tag_]));
    ++done_;
    if (asked_ < links_.size()) ask_next();
  }

  Histogram& latency_;
  std::span<Link* const> links_;
  std::vector<std::int64_t> begun_ns_;  // by link
  std::uint32_t first_tag_ = 0;
  RoomId room_;
  std::size_t asked_ = 0, done_ = 0;
};

void add(Interval& sum, const Interval& one) {
  sum.seconds += one.seconds;
  sum.operations += one.operations;
  sum.server_cpu_s += one.server_cpu_s;
  sum.client_cpu_s += one.client_cpu_s;
  sum.others_on_server_cpus_s += one.others_on_server_cpus_s;
  sum.others_on_client_cpus_s += one.others_on_client_cpus_s;
}

}  // namespace

Outcome run_room_joins(const Options& options, Progress& progress) {
  const std::size_t count = options.joins;
  if (auto enough = check_file_limit(std::min(count, kLoggedInMax) + 1); !enough) return fail(enough.error());
  auto server = MeasuredServer::make(options);
  if (!server) return fail(server.error());
  Histogram latency;
  progress.step(fmt::format("preparing {} users", count + 1));
  std::vector<User> users;
  {
    LinkLoop loop;
    auto made = register_users(loop, (*server)->target(), count + 1, progress);
    if (!made) return fail(made.error());
    users = std::move(*made);
  }

  RoomId room;
  Interval all;
  std::vector<std::uint64_t> resident;
  for (std::size_t first = 0; first < users.size(); first += kLoggedInMax) {
    const std::size_t size = std::min(kLoggedInMax, users.size() - first);
    LinkLoop loop;
    std::vector<Link*> links;
    for (std::size_t i = 0; i < size; ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
    progress.step(fmt::format("users {} to {}", first + 1, first + size));
    auto there = join_users(loop, (*server)->target(), std::span(users).subspan(first, size), links,
                            JoinUntil::entered, progress);
    if (!there) return fail(there.error());
    JoinScript script(loop, progress, latency);
    std::span<Link* const> joining = links;
    if (first == 0) {
      auto made = script.make_room(*links[0]);
      if (!made) return fail(made.error());
      room = *made;
      joining = joining.subspan(1);
    }
    Stopwatch stopwatch = (*server)->stopwatch();
    stopwatch.start(0);
    if (auto joined = script.join(joining, room, options.parallel); !joined) return fail(joined.error());
    add(all, stopwatch.stop(joining.size()));
    for (Link* link : links) loop.close(*link);
    if ((*server)->meter()) resident.push_back((*server)->meter().resident_bytes());
  }

  Report report;
  report.workload = "room-joins";
  report.headline = fmt::format("{} members join one room, {} at once, {}", count, options.parallel,
                                name_of(options.transport));
  report.operation = "joins";
  report.params = {{"joins", options.joins}, {"parallel", options.parallel}};
  (*server)->describe(report);
  tell_interval(report, all, static_cast<bool>((*server)->meter()));
  report.latency(latency);
  if (resident.size() > 1) {
    report.params.emplace_back("resident_first_bytes", resident.front());
    report.params.emplace_back("resident_last_bytes", resident.back());
    report.notes.emplace_back("server's memory",
                              fmt::format("{:.1f} MB with the first {}, {:.1f} MB with all",
                                          static_cast<double>(resident.front()) / 1e6, kLoggedInMax,
                                          static_cast<double>(resident.back()) / 1e6));
  }
  return report;
}

}  // namespace plaza::bench
