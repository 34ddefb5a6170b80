#include <fmt/format.h>

#include <utility>

#include "bench/fanout_run.h"
#include "bench/heartbeat.h"
#include "bench/measured_server.h"
#include "bench/users.h"
#include "bench/workloads.h"
#include "protocol/request.h"

namespace plaza::bench {

namespace {

/// Links 0..N-1 are friends of the one on link N, which logs out and in again. Its change number 1, 3, 5... is that it went, 2,
/// 4, 6... that it came; each friend must be told each of them, once and in order.
class PresenceRun final : public FanoutRun {
 public:
  PresenceRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, const User& flapper,
              const std::vector<Link*>& links)
      : FanoutRun(loop, stopwatch, progress, links.size() - 1, 1),
        flapper_(flapper),
        links_(links),
        told_(links.size() - 1) {
    for (std::size_t i = 0; i < links.size(); ++i) {
      links[i]->handler = this;
      links[i]->tag = static_cast<std::uint32_t>(i);
    }
  }

 private:
  void on_open(Link&) override {}

  void publish(std::uint64_t number) override {
    if (number % 2 == 1) return ask(protocol::Loginout{});
    protocol::Login login;
    login.token = flapper_.token;
    login.device = kDevice;
    ask(login);
  }

  template <class Request>
  void ask(const Request& request) {
    frame_.clear();
    protocol::encode(frame_, request, 1);
    links_.back()->send(frame_);
  }

  void on_frame(Link& link, std::string_view frame) override {
    auto parsed = parser_.parse(frame);
    if (!parsed) return give_up(fmt::format("the server sent what is not understood: {}", parsed.error()));
    if (answer_heartbeat(link, *parsed)) return;
    if (parsed->refused()) return give_up(fmt::format("refused: {}", frame));
    if (link.tag + 1 == links_.size()) {
      // Online is who says READY.
      if (parsed->get<protocol::LoginAck>()) ask(protocol::Ready{});
      return;
    }
    const auto* presence = parsed->get<protocol::PresencePush>();
    if (!presence) return;
    if (presence->id != flapper_.member) return corrupted();
    const std::uint64_t number = ++told_[link.tag];
    if (presence->online != (number % 2 == 0)) return corrupted();
    delivered(link.tag, number);
  }

  const User& flapper_;
  const std::vector<Link*> links_;
  std::vector<std::uint64_t> told_;
  protocol::ServerMessageParser parser_;
  std::string frame_;
};

}  // namespace

Outcome run_presence(const Options& options, Progress& progress) {
  const std::size_t count = options.subscribers + 1;
  if (auto enough = check_file_limit(count); !enough) return fail(enough.error());
  Options with_friends = options;
  with_friends.set.insert(
      with_friends.set.begin(),
      fmt::format("member.friends_max={}", std::max<std::uint64_t>(options.subscribers, 1)));
  auto server = MeasuredServer::make(options.connect.empty() ? with_friends : options);
  if (!server) return fail(server.error());
  LinkLoop loop;
  progress.step(fmt::format("preparing {} users", count));
  auto users = register_users(loop, (*server)->target(), count, progress);
  if (!users) return fail(users.error());
  std::vector<Link*> links;
  for (std::size_t i = 0; i < count; ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
  auto joined = join_users(loop, (*server)->target(), *users, links, JoinUntil::ready, progress);
  if (!joined) return fail(joined.error());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (std::uint32_t i = 0; i + 1 < count; ++i) pairs.emplace_back(i, static_cast<std::uint32_t>(count - 1));
  auto befriended = befriend_users(loop, *users, links, pairs, progress);
  if (!befriended) return fail(befriended.error());

  PresenceRun run(loop, (*server)->stopwatch(), progress, users->back(), links);
  progress.step(fmt::format("one comes and goes for {} s", options.seconds));
  auto measured = run.run(options.warmup_ms, options.seconds);
  if (!measured) return fail(measured.error());
  Report report;
  report.workload = "presence";
  report.operation = "deliveries";
  report.headline = fmt::format("1 member comes and goes, {} friends, {}", options.subscribers,
                                name_of(options.transport));
  report.params = {{"subscribers", options.subscribers}, {"seconds", options.seconds}};
  (*server)->describe(report);
  tell_interval(report, *measured, static_cast<bool>((*server)->meter()));
  report.latency(run.latency());
  report.findings = run.findings();
  return report;
}

}  // namespace plaza::bench
