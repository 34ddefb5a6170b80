#include <fmt/format.h>

#include <unordered_map>

#include "bench/chat_run.h"
#include "bench/measured_server.h"
#include "bench/message_text.h"
#include "bench/workloads.h"

namespace plaza::bench {

namespace {

constexpr double kReferenceSeconds = 182;  // its author's one machine, for 150,000 messages

/// User i's friends are the `friends` nearest on the ring of users, half on each side. Send n of a user goes to friend
/// (n-1) % friends and is message (n-1) / friends + 1 of the two.
class FakeWechatRun final : public ChatRun {
 public:
  FakeWechatRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, const Options& options,
                const std::vector<User>& users, const std::vector<Link*>& links)
      : ChatRun(loop, stopwatch, progress),
        text_(options.payload),
        friends_(options.friends),
        messages_(options.messages),
        order_(users.size() * options.friends) {
    endpoints_.reserve(users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
      endpoints_.emplace_back(*links[i], users[i], static_cast<std::uint32_t>(options.window));
      endpoints_.back().sends = true;
      endpoints_.back().sends_max = friends_ * messages_;
      by_member_[users[i].member.value] = i;
    }
    adopt_links();
  }

  /// Friend k (0..friends-1) of user i of n.
  static std::size_t friend_of(std::size_t i, std::size_t k, std::size_t friends, std::size_t n) {
    const std::size_t half = friends / 2;
    return k < half ? (i + k + 1) % n : (i + n - (k - half + 1)) % n;
  }

 private:
  /// Which friend of `to` this is; `friends` when it is none.
  std::size_t place_of(std::size_t sender, std::size_t to) const {
    const std::size_t n = endpoints_.size(), half = friends_ / 2;
    const std::size_t ahead = (sender + n - to) % n, behind = (to + n - sender) % n;
    if (ahead >= 1 && ahead <= half) return ahead - 1;
    if (behind >= 1 && behind <= half) return half + behind - 1;
    return friends_;
  }

  void append_message(std::string& out, const Endpoint& from, std::uint64_t send_id,
                      std::uint64_t number) override {
    const std::size_t to = friend_of(from.link->tag, (number - 1) % friends_, friends_, endpoints_.size());
    append_send(out, endpoints_[to].user->member, send_id, text_, (number - 1) / friends_ + 1);
  }
  std::uint64_t receivers_of(const Endpoint&) const override { return 1; }
  std::uint64_t receipts_expected(const Endpoint&) const override { return friends_ * messages_; }

  bool check_receipt(Endpoint& to, const Received& message) override {
    const auto number = text_.number_of(message.text);
    const auto sender = by_member_.find(message.sender);
    if (!number || sender == by_member_.end() || message.toid != to.user->member.value) return false;
    const std::size_t place = place_of(sender->second, to.link->tag);
    if (place == friends_) return false;
    order_[to.link->tag * friends_ + place].saw(*number);
    return true;
  }
  bool check_acknowledgement(Endpoint&, std::uint64_t, std::uint64_t mid, std::uint64_t cseq) override {
    return mid != 0 && cseq != 0;
  }
  Findings finish() override {
    Findings found;
    for (const OrderCheck& order : order_) found.add(order.finish(messages_));
    return found;
  }

  const MessageText text_;
  const std::size_t friends_, messages_;
  std::unordered_map<std::uint64_t, std::size_t> by_member_;
  std::vector<OrderCheck> order_;  // [receiver * friends + which friend sent]
};

std::vector<std::pair<std::uint32_t, std::uint32_t>> friendships(const Options& options) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (std::size_t i = 0; i < options.users; ++i) {
    // Each friendship once: the half ahead on the ring; the other half are the same ones seen from the other side.
    for (std::size_t k = 0; k < options.friends / 2; ++k) {
      pairs.emplace_back(i, FakeWechatRun::friend_of(i, k, options.friends, options.users));
    }
  }
  return pairs;
}

}  // namespace

Outcome run_fakewechat(const Options& options, Progress& progress) {
  if (auto enough = check_file_limit(options.users); !enough) return fail(enough.error());
  auto server = MeasuredServer::make(options);
  if (!server) return fail(server.error());
  LinkLoop loop;
  progress.step(fmt::format("preparing {} users with {} friends each", options.users, options.friends));
  const std::int64_t begin = now_ns();
  auto users = register_users(loop, (*server)->target(), options.users, progress);
  if (!users) return fail(users.error());
  std::vector<Link*> links;
  for (std::size_t i = 0; i < users->size(); ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
  auto joined = join_users(loop, (*server)->target(), *users, links, JoinUntil::ready, progress);
  if (!joined) return fail(joined.error());
  if (auto done = befriend_users(loop, *users, links, friendships(options), progress); !done)
    return fail(done.error());
  const double preparing = static_cast<double>(now_ns() - begin) / 1e9;

  FakeWechatRun run(loop, (*server)->stopwatch(), progress, options, *users, links);
  const std::uint64_t total = options.users * options.friends * options.messages;
  progress.step(fmt::format("sending {} messages", with_commas(total)));
  auto measured = run.run_to_end();
  if (!measured) return fail(measured.error());

  Report report;
  report.workload = "fakewechat";
  report.headline = fmt::format("{} users, {} friends each, {} messages to each friend, window {}, {}",
                                options.users, options.friends, options.messages, options.window,
                                name_of(options.transport));
  report.params = {{"users", options.users},       {"friends", options.friends},
                   {"messages", options.messages}, {"window", options.window},
                   {"payload", options.payload},   {"preparing_seconds", preparing}};
  (*server)->describe(report);
  tell_interval(report, *measured, static_cast<bool>((*server)->meter()));
  report.latency(run.latency());
  report.findings = run.findings();
  report.notes.emplace_back("registering, befriending", fmt::format("{:.1f} s, not counted", preparing));
  if (!run.refusals().empty()) report.notes.emplace_back("refused and sent again", run.refusals());
  if (total == 150'000) {
    report.notes.emplace_back("author's one machine",
                              fmt::format("{:.0f} s: this is {:.0f} times as fast", kReferenceSeconds,
                                          kReferenceSeconds / measured->seconds));
  }
  return report;
}

}  // namespace plaza::bench
