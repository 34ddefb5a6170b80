#include <fmt/format.h>

#include <unordered_map>

#include "bench/chat_run.h"
#include "bench/measured_server.h"
#include "bench/message_text.h"
#include "bench/workloads.h"

namespace plaza::bench {

namespace {

/// The members of group g are the endpoints g*M .. g*M+M-1; the first S of them write.
class GroupRun final : public ChatRun {
 public:
  GroupRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, const Options& options,
           const std::vector<User>& users, const std::vector<Link*>& links,
           const std::vector<GroupPlan>& groups)
      : ChatRun(loop, stopwatch, progress),
        text_(options.payload),
        members_(options.members),
        groups_(groups),
        seen_(users.size()),
        order_(groups.size()) {
    endpoints_.reserve(users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
      endpoints_.emplace_back(*links[i], users[i], static_cast<std::uint32_t>(options.window));
      endpoints_.back().sends = i % options.members < options.senders;
      by_member_[users[i].member.value] = static_cast<std::uint32_t>(i);
    }
    adopt_links();
  }

 private:
  std::size_t group_of(const Endpoint& endpoint) const { return endpoint.link->tag / members_; }
  /// Names a message: its sender's place among the endpoints and its number.
  static std::uint64_t key(std::uint32_t sender, std::uint64_t number) {
    return std::uint64_t{sender + 1} << 40 | number;
  }

  std::uint64_t accepted_in(std::size_t group) const {
    std::uint64_t accepted = 0;
    for (std::size_t i = 0; i < members_; ++i)
      accepted += endpoints_[group * members_ + i].window.accepted_count();
    return accepted;
  }

  void append_message(std::string& out, const Endpoint& from, std::uint64_t send_id,
                      std::uint64_t number) override {
    append_send(out, groups_[group_of(from)].id, send_id, text_, number);
  }
  std::uint64_t receivers_of(const Endpoint&) const override { return members_ - 1; }
  std::uint64_t receipts_expected(const Endpoint& to) const override {
    return accepted_in(group_of(to)) - to.window.accepted_count();
  }

  bool check_receipt(Endpoint& to, const Received& message) override {
    const auto number = text_.number_of(message.text);
    const auto sender = by_member_.find(message.sender);
    const std::size_t group = group_of(to);
    if (!number || sender == by_member_.end() || sender->second == to.link->tag) return false;
    if (sender->second / members_ != group || message.groupid != groups_[group].id.value) return false;
    seen_[to.link->tag].pushed(message.cseq - members_);
    return order_[group].agrees(message.cseq - members_, key(sender->second, *number));
  }
  bool check_acknowledgement(Endpoint& from, std::uint64_t number, std::uint64_t mid,
                             std::uint64_t cseq) override {
    seen_[from.link->tag].acknowledged(cseq - members_);
    return mid != 0 && order_[group_of(from)].agrees(cseq - members_, key(from.link->tag, number));
  }

  // Everybody agreed with the common order (or it was counted), and saw each position once. What is left to check is that
  // the common order has each sender's messages in the order sent.
  Findings finish() override {
    Findings found;
    for (const Endpoint& to : endpoints_) found.add(seen_[to.link->tag].finish(accepted_in(group_of(to))));
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      std::vector<OrderCheck> by_sender(members_);
      for (const std::uint64_t key : order_[group].keys()) {
        if (key != 0) by_sender[(key >> 40) - 1 - group * members_].saw(key & ((std::uint64_t{1} << 40) - 1));
      }
      for (std::size_t i = 0; i < members_; ++i) {
        const Findings sender = by_sender[i].finish(endpoints_[group * members_ + i].window.accepted_count());
        found.duplicated += sender.duplicated;
        found.reordered += sender.reordered;
      }
    }
    return found;
  }

  const MessageText text_;
  const std::size_t members_;  ///< and so many changes are in each group's order before the first message
  const std::vector<GroupPlan>& groups_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_member_;
  std::vector<StreamCheck> seen_;   // by receiver: positions in the group's conversation
  std::vector<CommonOrder> order_;  // by group
};

}  // namespace

Outcome run_group(const Options& options, Progress& progress) {
  const std::uint64_t count = options.groups * options.members;
  if (auto enough = check_file_limit(count); !enough) return fail(enough.error());
  auto server = MeasuredServer::make(options);
  if (!server) return fail(server.error());
  LinkLoop loop;
  progress.step(fmt::format("preparing {} users in {} groups", count, options.groups));
  auto users = register_users(loop, (*server)->target(), count, progress);
  if (!users) return fail(users.error());
  std::vector<Link*> links;
  for (std::size_t i = 0; i < count; ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
  auto joined = join_users(loop, (*server)->target(), *users, links, JoinUntil::ready, progress);
  if (!joined) return fail(joined.error());
  std::vector<GroupPlan> groups(options.groups);
  for (std::uint32_t g = 0; g < groups.size(); ++g) {
    groups[g].first = g * static_cast<std::uint32_t>(options.members);
    groups[g].members = static_cast<std::uint32_t>(options.members);
  }
  if (auto made = make_groups(loop, *users, links, groups, progress); !made) return fail(made.error());

  GroupRun run(loop, (*server)->stopwatch(), progress, options, *users, links, groups);
  progress.step(fmt::format("sending for {} s, as fast as the window allows", options.seconds));
  auto measured = run.run_closed(static_cast<double>(options.warmup_ms) / 1e3,
                                 static_cast<double>(options.seconds));
  if (!measured) return fail(measured.error());

  const bool room = options.workload == Workload::room;
  if (room) measured->operations *= options.members;
  Report report;
  report.workload = room ? "room" : "group";
  if (room) report.operation = "copies";
  report.headline = fmt::format("{} groups of {}, {} write, window {}, {}-byte texts, {}", options.groups,
                                options.members, options.senders, options.window, options.payload,
                                name_of(options.transport));
  report.params = {{"groups", options.groups}, {"members", options.members}, {"senders", options.senders},
                   {"window", options.window}, {"payload", options.payload}, {"seconds", options.seconds}};
  (*server)->describe(report);
  tell_interval(report, *measured, static_cast<bool>((*server)->meter()));
  report.latency(run.latency());
  report.findings = run.findings();
  const auto each = static_cast<double>(options.members - 1);
  const double deliveries = measured->rate_per_s() *
                            (room ? each / static_cast<double>(options.members) : each);
  report.notes.emplace_back("deliveries", with_commas(static_cast<std::uint64_t>(deliveries)) + " /s");
  if (!run.refusals().empty()) report.notes.emplace_back("refused and sent again", run.refusals());
  if (run.pulled() != 0) report.notes.emplace_back("pulled, not pushed", with_commas(run.pulled()));
  return report;
}

Outcome run_room(const Options& options, Progress& progress) {
  if (options.joins != 0) return run_room_joins(options, progress);
  Options one = options;
  one.groups = 1;
  return run_group(one, progress);
}

}  // namespace plaza::bench
