#include <fmt/format.h>

#include <algorithm>

#include "bench/histogram.h"
#include "bench/interrupt.h"
#include "bench/measured_server.h"
#include "bench/users.h"
#include "bench/workloads.h"
#include "protocol/request.h"
#include "protocol/server_message.h"

namespace plaza::bench {

namespace {

constexpr std::int64_t kTurnNs = 50'000'000;
constexpr std::int64_t kSilenceMaxNs = 30'000'000'000;

/// Slots that log in, each one user after the other; slot s has the users s, s + slots, s + 2 slots ... so that no user is
/// logged in twice at once.
class LoginRun final : public LinkHandler {
 public:
  LoginRun(LinkLoop& loop, const Options& options, const Target& target, const std::vector<User>& users)
      : loop_(loop), options_(options), target_(target) {
    const std::size_t slots = std::min<std::size_t>(options.parallel, users.size());
    for (const User& user : users) {
      protocol::Login login;
      login.device = kDevice;
      if (options.login_by == LoginBy::token) {
        login.token = user.token;
      } else {
        login.account = user.name;
        login.password = kPassword;
      }
      protocol::encode(requests_.emplace_back(), login);
    }
    protocol::encode(loginout_, protocol::Loginout{});
    for (std::uint32_t i = 0; i < slots; ++i) slots_.push_back({.link = &loop.add(*this, i), .user = i});
    for (Slot& slot : slots_) begin(slot);
  }

  Result<Interval, std::string> go(Stopwatch stopwatch, Progress& progress) {
    if (!run_for(static_cast<std::int64_t>(options_.warmup_ms) * 1'000'000, progress)) return fail(error_);
    latency_.clear();
    stopwatch.start(done_);
    if (!run_for(static_cast<std::int64_t>(options_.seconds) * 1'000'000'000, progress)) return fail(error_);
    const Interval interval = stopwatch.stop(done_);
    for (Slot& slot : slots_) loop_.close(*slot.link);
    return interval;
  }

  [[nodiscard]] const Histogram& latency() const { return latency_; }
  [[nodiscard]] std::uint64_t again() const { return again_; }

 private:
  struct Slot {
    Link* link;
    std::size_t user;
    std::int64_t begun = 0;
    bool leaving = false;
  };

  bool run_for(std::int64_t ns, Progress& progress) {
    const std::int64_t end = now_ns() + ns;
    std::uint64_t told = done_, last = done_;
    std::int64_t told_ns = now_ns(), last_ns = told_ns;
    while (now_ns() < end && error_.empty()) {
      loop_.turn(kTurnNs);
      const std::int64_t now = now_ns();
      if (done_ != last) last = done_, last_ns = now;
      if (now - last_ns > kSilenceMaxNs) error_ = "the server has not answered for 30 s";
      if (interrupted()) error_ = "interrupted";
      if (!progress.due(now)) continue;
      const double rate = static_cast<double>(done_ - told) / (static_cast<double>(now - told_ns) / 1e9);
      progress.tick(now, fmt::format("{} logins, {:.0f} /s", with_commas(done_), rate));
      told = done_;
      told_ns = now;
    }
    return error_.empty();
  }

  void begin(Slot& slot) {
    slot.begun = now_ns();
    slot.leaving = false;
    if (slot.link->is_open()) {
      slot.link->send(requests_[slot.user]);
    } else {
      loop_.open(*slot.link, target_);
    }
  }

  void on_open(Link& link) override { link.send(requests_[slots_[link.tag].user]); }
  void on_closed(Link&, const std::string& why) override { error_ = "a login's connection ended: " + why; }

  void on_frame(Link& link, std::string_view frame) override {
    Slot& slot = slots_[link.tag];
    protocol::ServerGlance seen;
    if (!protocol::glance(frame, seen))
      return void(error_ = fmt::format("not a frame of the protocol: {}", frame));
    if (seen.error != 0) return on_refusal(slot, frame);
    if (slot.leaving) return next(slot);
    if (seen.msgid != static_cast<std::uint64_t>(protocol::Msg::login_ack)) return;
    ++done_;
    latency_.record(static_cast<std::uint64_t>(now_ns() - slot.begun));
    if (options_.login_over == LoginOver::kept_connections) {
      slot.leaving = true;
      link.send(loginout_);
    } else {
      loop_.close(link);
      next(slot);
    }
  }

  void on_refusal(Slot& slot, std::string_view frame) {
    const auto parsed = parser_.parse(frame);
    if (!parsed) return void(error_ = fmt::format("not understood: {}", parsed.error()));
    using enum protocol::Errno;
    const auto error = parsed->refusal.error;
    // already_logged_in: the session before has not noticed yet that its connection ended.
    if (error != already_logged_in && error != try_again && error != login_limited && error != unavailable) {
      return void(error_ = fmt::format("a login was refused: {}", frame));
    }
    ++again_;
    const auto wait = static_cast<std::int64_t>(std::max<std::uint64_t>(parsed->refusal.retry_after_ms, 1));
    loop_.later(wait, [this, &slot] { begin(slot); });
  }

  void next(Slot& slot) {
    slot.user += slots_.size();
    if (slot.user >= requests_.size()) slot.user = slot.link->tag;
    begin(slot);
  }

  LinkLoop& loop_;
  const Options& options_;
  const Target target_;
  std::vector<std::string> requests_;  // by user
  std::string loginout_;
  std::vector<Slot> slots_;
  protocol::ServerMessageParser parser_;
  Histogram latency_;
  std::string error_;
  std::uint64_t done_ = 0, again_ = 0;
};

}  // namespace

Outcome run_login(const Options& options, Progress& progress) {
  if (auto enough = check_file_limit(options.parallel); !enough) return fail(enough.error());
  // Logins by password are measured with passwords as dear as the server makes them.
  auto server = MeasuredServer::make(options, options.login_by == LoginBy::token);
  if (!server) return fail(server.error());
  LinkLoop loop;
  const bool by_token = options.login_by == LoginBy::token;
  const std::uint64_t count = by_token ? options.users : std::min<std::uint64_t>(options.users, 64);
  progress.step(fmt::format("preparing {} users", count));
  auto users = register_users(loop, (*server)->target(), count, progress);
  if (!users) return fail(users.error());
  if (options.rooms != 0) {
    progress.step(fmt::format("putting them into {} rooms", options.rooms));
    auto placed = put_into_rooms((*server)->target(), *users, options.rooms, progress);
    if (!placed) return fail(placed.error());
  }
  progress.step(fmt::format("logging in for {} s", options.seconds));
  LoginRun run(loop, options, (*server)->target(), *users);
  auto measured = run.go((*server)->stopwatch(), progress);
  if (!measured) return fail(measured.error());

  Report report;
  report.workload = "login";
  const std::string by = by_token ? "token" : "password";
  const std::string over = options.login_over == LoginOver::new_connections ? "new" : "kept";
  report.headline = fmt::format("by {}, {} connections, {} at once, {}", by, over, options.parallel,
                                name_of(options.transport));
  report.operation = "logins";
  report.params = {{"users", count}, {"parallel", options.parallel}, {"by", by},
                   {"over", over},   {"rooms", options.rooms},       {"seconds", options.seconds}};
  (*server)->describe(report);
  tell_interval(report, *measured, static_cast<bool>((*server)->meter()));
  report.latency(run.latency());
  if (run.again() != 0) report.notes.emplace_back("refused and tried again", with_commas(run.again()));
  return report;
}

}  // namespace plaza::bench
