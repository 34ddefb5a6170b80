#include <fmt/format.h>

#include <optional>

#include "bench/channel_floor.h"
#include "bench/fanout_run.h"
#include "bench/heartbeat.h"
#include "bench/measured_server.h"
#include "bench/message_text.h"
#include "bench/script.h"
#include "bench/users.h"
#include "bench/workloads.h"
#include "protocol/channel_requests.h"

namespace plaza::bench {

namespace {

constexpr std::string_view kChannel = "world";

/// Every user but the last one follows the channel.
class FollowScript final : public Script {
 public:
  using Script::Script;
  struct Position {
    std::uint32_t epoch = 0;
    std::uint64_t head = 0;
  };
  Result<Position, std::string> go(const std::vector<Link*>& links) {
    const std::size_t wanted = links.size() - 1;
    for (std::size_t i = 0; i < wanted; ++i) {
      links[i]->handler = this;
      ask(*links[i], protocol::Subscribe{.channel = kChannel});
    }
    auto result = run([&] { return done_ == wanted; },
                      [&] { return fmt::format("{} of {} follow the channel", done_, wanted); });
    if (!result) return fail("subscribing: " + result.error());
    return position_;
  }

 private:
  void on_answer(Link&, const protocol::ServerMessage& answer) override {
    const auto* ack = answer.get<protocol::SubscribeAck>();
    if (!ack) return give_up("SUBSCRIBE was answered by a frame of another kind");
    ++done_;
    position_ = {ack->epoch, ack->head};
  }

  std::size_t done_ = 0;
  Position position_;
};

/// Links 0..N-1 follow the channel, link N publishes. The frames of one publication are the same bytes for everyone: what the
/// first subscriber got is looked at closely, what the others get is compared with it.
class ChannelRun final : public FanoutRun {
 public:
  ChannelRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, const Options& options,
             MemberId publisher, const std::vector<Link*>& links, FollowScript::Position position)
      : FanoutRun(loop, stopwatch, progress, links.size() - 1, options.window),
        text_(options.payload),
        publisher_(publisher),
        links_(links),
        position_(position),
        next_(links.size() - 1, position.head + 1),
        asking_(links.size() - 1) {
    std::size_t size = 1;
    while (size < 4 * options.window) size *= 2;
    first_seen_.resize(size);
    for (std::size_t i = 0; i < links.size(); ++i) {
      links[i]->handler = this;
      links[i]->tag = static_cast<std::uint32_t>(i);
    }
  }
  [[nodiscard]] std::uint64_t pulled() const { return pulled_; }

 private:
  struct Seen {
    std::uint64_t seq = 0;
    std::string frame;
  };
  void on_open(Link&) override {}

  void publish(std::uint64_t number) override {
    frame_.assign(R"({"msgid":88,"rid":)");
    frame_.append(std::to_string(number));
    frame_.append(R"(,"channel":"world","msg":")");
    text_.append(frame_, number);
    frame_.append("\"}");
    links_.back()->send(frame_);
  }

  void on_frame(Link& link, std::string_view frame) override {
    if (link.tag + 1 == links_.size()) return on_publisher(link, frame);
    std::uint64_t& next = next_[link.tag];
    const Seen& same = first_seen_[next & (first_seen_.size() - 1)];
    if (same.seq == next && same.frame == frame) {
      delivered(link.tag, next - position_.head);
      ++next;
      return;
    }
    look_closely(link, frame);
  }

  void look_closely(Link& link, std::string_view frame) {
    protocol::ServerGlance seen;
    if (!protocol::glance(frame, seen)) return give_up(fmt::format("not a frame of the protocol: {}", frame));
    if (seen.msgid != static_cast<std::uint64_t>(protocol::Msg::publication)) return on_rare(link, frame);
    const auto number = text_.number_of(seen.msg);
    if (!number || seen.id != publisher_.value || seen.epoch != position_.epoch ||
        seen.seq != position_.head + *number)
      return corrupted();
    Seen& first = first_seen_[seen.seq & (first_seen_.size() - 1)];
    if (first.seq == seen.seq && first.frame != frame) return corrupted();
    first.seq = seen.seq;
    first.frame.assign(frame);
    next_[link.tag] = seen.seq + 1;
    delivered(link.tag, *number);
  }

  void on_publisher(Link& link, std::string_view frame) {
    protocol::ServerGlance seen;
    if (!protocol::glance(frame, seen)) return give_up(fmt::format("not a frame of the protocol: {}", frame));
    if (seen.msgid != static_cast<std::uint64_t>(protocol::Msg::publish_ack)) return on_rare(link, frame);
    if (seen.error != 0) return give_up(fmt::format("a publication was refused: {}", frame));
    if (seen.seq != position_.head + seen.rid) corrupted();
  }

  void on_rare(Link& link, std::string_view frame) {
    auto parsed = parser_.parse(frame);
    if (!parsed) return give_up(fmt::format("the server sent what is not understood: {}", parsed.error()));
    if (answer_heartbeat(link, *parsed)) return;
    if (parsed->get<protocol::ChannelHeadPush>()) return ask_again(link.tag);
    if (const auto* ack = parsed->get<protocol::SubscribeAck>()) return on_recovered(link, *ack);
    if (parsed->msgid == protocol::Msg::heartbeat_ack) return;
    give_up(fmt::format("unexpected: {}", frame));
  }

  void ask_again(std::uint32_t subscriber) {
    if (asking_[subscriber]) return;
    asking_[subscriber] = true;
    frame_.clear();
    protocol::encode(
        frame_,
        protocol::Subscribe{
            .channel = kChannel, .epoch = position_.epoch, .since = next_[subscriber] - 1, .limit = {}},
        1);
    links_[subscriber]->send(frame_);
  }

  void on_recovered(Link& link, const protocol::SubscribeAck& ack) {
    asking_[link.tag] = false;
    if (!ack.recovered) next_[link.tag] = ack.head + 1;  // what it missed stays missing
    for (const protocol::Publication& one : ack.publications) {
      const auto number = text_.number_of(one.content);
      if (!number || one.seq != position_.head + *number) return corrupted();
      ++pulled_;
      next_[link.tag] = one.seq + 1;
      delivered(link.tag, *number);
    }
    if (ack.more) ask_again(link.tag);
  }

  void ask_for_missing() override {
    for (std::uint32_t i = 0; i < next_.size(); ++i) {
      if (next_[i] <= position_.head + published()) ask_again(i);
    }
  }

  const MessageText text_;
  const MemberId publisher_;
  const std::vector<Link*> links_;
  const FollowScript::Position position_;
  std::vector<std::uint64_t> next_;  // by subscriber
  std::vector<bool> asking_;
  std::vector<Seen> first_seen_;  // by position
  protocol::ServerMessageParser parser_;
  std::string frame_;
  std::uint64_t pulled_ = 0;
};

Report report_of(const Options& options) {
  Report report;
  report.workload = "channel";
  report.operation = "deliveries";
  report.headline = fmt::format("1 publisher, {} subscribers, window {}, {}-byte texts, {}",
                                options.subscribers, options.window, options.payload,
                                name_of(options.transport));
  report.params = {{"subscribers", options.subscribers},
                   {"window", options.window},
                   {"payload", options.payload},
                   {"seconds", options.seconds}};
  return report;
}

}  // namespace

Outcome run_channel(const Options& options, Progress& progress) {
  const std::size_t count = options.subscribers + 1;
  if (auto enough = check_file_limit(count); !enough) return fail(enough.error());
  Report report = report_of(options);
  CpuList server_cpus;
  {
    auto server = MeasuredServer::make(options);
    if (!server) return fail(server.error());
    server_cpus = (*server)->cpus();
    LinkLoop loop;
    progress.step(fmt::format("preparing {} users", count));
    auto users = register_users(loop, (*server)->target(), count, progress);
    if (!users) return fail(users.error());
    std::vector<Link*> links;
    for (std::size_t i = 0; i < count; ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
    auto joined = join_users(loop, (*server)->target(), *users, links, JoinUntil::ready, progress);
    if (!joined) return fail(joined.error());
    FollowScript follow(loop, progress);
    links.back()->handler = &follow;
    const auto position = follow.go(links);
    if (!position) return fail(position.error());
    ChannelRun run(loop, (*server)->stopwatch(), progress, options, users->back().member, links, *position);
    progress.step(fmt::format("publishing for {} s, as fast as the window allows", options.seconds));
    auto measured = run.run(options.warmup_ms, options.seconds);
    if (!measured) return fail(measured.error());
    (*server)->describe(report);
    tell_interval(report, *measured, static_cast<bool>((*server)->meter()));
    report.latency(run.latency());
    report.findings = run.findings();
    if (run.pulled() != 0) report.notes.emplace_back("recovered, not pushed", with_commas(run.pulled()));
  }
  if (options.floor && options.connect.empty()) {
    progress.step(fmt::format("the same through the bare relay for {} s", options.seconds));
    auto floor = measure_channel_floor(options, server_cpus, progress);
    if (!floor) return fail(floor.error());
    report.floor_cpu_s_per_million = floor->server_cpu_s_per_million();
    report.notes.emplace_back("bare relay's rate",
                              with_commas(static_cast<std::uint64_t>(floor->rate_per_s())) + " /s");
  }
  return report;
}

}  // namespace plaza::bench
