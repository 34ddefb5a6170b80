#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "tests/support/checker.h"

namespace plaza::sim {
namespace {

using client::Conversation;
using Membership = tests::Memberships::State;

constexpr std::uint64_t kCalmStepsMax = 1'000'000;

void count_change(const tests::Sent& sent, Outcome& result) {
  if (sent.change.action == client::Change::Action::none) return;
  result.changes_refused += sent.fate == tests::Sent::Fate::refused ? 1 : 0;
  if (sent.fate != tests::Sent::Fate::stored) return;
  ++(sent.change.action == client::Change::Action::edit ? result.edits : result.recalls);
}

/// The entries after the read mark that are something to read: all but changes of messages.
std::uint64_t unread_of(const ports::Page& after_read, const ports::Conversation& c) {
  const auto changes = std::count_if(
      after_read.entries.begin(), after_read.entries.end(),
      [](const ports::Entry& entry) { return entry.message->change() != nullptr; });
  return c.head - c.marks.read - static_cast<std::uint64_t>(changes);
}

}  // namespace

Scenario Scenario::drawn(std::uint64_t seed) {
  Rng rng(seed ^ 0x5ca1ab1e);
  Scenario s;
  s.seed = seed;
  s.members = static_cast<std::uint32_t>(rng.between(2, 7));
  s.groups = static_cast<std::uint32_t>(rng.between(0, 3));
  s.sends = static_cast<std::uint32_t>(rng.between(40, 250));
  s.padding_max = static_cast<std::uint32_t>(rng.percent(30) ? 900 : 40);
  s.node.shards = static_cast<std::uint32_t>(rng.between(1, 3));
  s.node.busy_percent = static_cast<std::uint32_t>(rng.percent(30) ? 5 : 0);
  s.node.outbound_bytes_max = rng.percent(50) ? 64 * 1024 : rng.between(4, 16) * 1024;
  chat::Limits& limits = s.node.limits;
  limits.member_messages = rng.percent(20) ? Rate{20, 5} : Rate{0, 1};
  limits.member_requests = Rate{0, 1};
  limits.room_messages = rng.percent(20) ? Rate{30, 5} : Rate{0, 1};
  limits.send_window_max = static_cast<std::uint32_t>(rng.percent(50) ? 256 : rng.between(1, 6));
  limits.page_entries_max = static_cast<std::uint32_t>(rng.percent(50) ? 500 : rng.between(1, 8));
  limits.page_bytes_max = std::min<std::size_t>(s.node.outbound_bytes_max / 4, rng.between(500, 20'000));
  limits.heartbeat_ms = static_cast<std::uint32_t>(rng.between(200, 5'000));
  s.rules.send.unacked_max = rng.percent(50) ? 64 : rng.between(1, 8);
  // Shorter than a full window takes, and repeats would pile up faster than the node works them off.
  s.rules.send.reply_timeout_ms = rng.percent(50)
                                      ? 10'000
                                      : static_cast<std::int64_t>(
                                            100 + 25 * s.rules.send.unacked_max * s.members + rng.below(500));
  s.rules.follow.sync_timeout_ms = rng.percent(50) ? 10'000
                                                   : static_cast<std::int64_t>(rng.between(50, 1'000));
  s.rules.follow.held_max = rng.percent(70) ? 512 : rng.between(1, 4);
  s.rules.reconnect_base_ms = 20;
  s.rules.reconnect_cap_ms = 400;
  s.cut_permille = static_cast<std::uint32_t>(rng.percent(70) ? rng.between(1, 8) : 0);
  s.stall_permille = static_cast<std::uint32_t>(rng.percent(40) ? rng.between(1, 4) : 0);
  s.client_restart_permille = static_cast<std::uint32_t>(rng.percent(40) ? rng.between(1, 3) : 0);
  s.crash_permille = static_cast<std::uint32_t>(rng.percent(50) ? rng.between(1, 3) : 0);
  s.commit_failure_permille = static_cast<std::uint32_t>(rng.percent(30) ? rng.between(1, 5) : 0);
  s.directory_failure_permille = static_cast<std::uint32_t>(rng.percent(20) ? 1 : 0);
  s.group_change_permille = static_cast<std::uint32_t>(rng.percent(60) ? rng.between(1, 10) : 0);
  s.block_permille = static_cast<std::uint32_t>(rng.percent(30) ? rng.between(1, 4) : 0);
  s.slow_reader_percent = static_cast<std::uint32_t>(rng.percent(50) ? 40 : 0);
  s.rules_of_store = rng.percent(50) ? StoreRules::production : StoreRules::twin;
  s.trim_permille = static_cast<std::uint32_t>(rng.percent(30) ? rng.between(1, 6) : 0);
  s.trim_entries_max = rng.between(5, 30);
  s.devices = static_cast<ports::DevicePolicy>(rng.below(3));
  // Two sessions of one device at once have no order between them: with `allow` it is the token that ends the old one. What a
  // classic client writes has neither token nor number.
  s.node.by_token = s.devices == ports::DevicePolicy::allow || rng.percent(50);
  if (s.devices != ports::DevicePolicy::allow)
    s.classic_percent = static_cast<std::uint32_t>(rng.percent(50) ? rng.between(20, 100) : 0);
  if (rng.percent(60)) {
    s.change_percent = static_cast<std::uint32_t>(rng.between(5, 40));
    if (rng.percent(20)) limits.recall_window_ms = limits.edit_window_ms = rng.between(200, 2'000);
    if (rng.percent(30)) limits.edits_max = static_cast<std::uint32_t>(rng.between(1, 3));
  }
  if (rng.percent(50)) {
    s.inbox_fanout_max = static_cast<std::uint32_t>(rng.between(1, s.members));
    // More come and go, so that groups grow while people talk in them.
    s.group_change_permille += 15;
  }
  return s;
}

Outcome& Outcome::operator+=(const Outcome& other) {
  stored += other.stored;
  refused += other.refused;
  forgotten += other.forgotten;
  seen += other.seen;
  crashes += other.crashes;
  cuts += other.cuts;
  commit_failures += other.commit_failures;
  marks += other.marks;
  trimmed += other.trimmed;
  gaps += other.gaps;
  classic_seen += other.classic_seen;
  classic_lost += other.classic_lost;
  history += other.history;
  large_groups += other.large_groups;
  grown_late += other.grown_late;
  from_groups += other.from_groups;
  edits += other.edits;
  recalls += other.recalls;
  changes_refused += other.changes_refused;
  heard.duplicates += other.heard.duplicates;
  heard.rate_limited += other.heard.rate_limited;
  heard.unavailable += other.heard.unavailable;
  heard.not_twice += other.heard.not_twice;
  node.kicks += other.node.kicks;
  node.overflows += other.node.overflows;
  node.deferred_pushes += other.node.deferred_pushes;
  return *this;
}

World::World(const Scenario& scenario)
    : scenario_(scenario),
      rng_(scenario.seed),
      directory_({.rooms = {.inbox_fanout_max = scenario.inbox_fanout_max}}),
      store_(make_store(scenario.store, scenario.rules_of_store, clock_, scenario.seed)),
      tracing_(std::getenv("PLAZA_SIM_TRACE") != nullptr) {
  make_members();
  start_node();
}

void World::trace(const std::string& line) {
  if (tracing_) {
    std::fprintf(stderr, "%8llu %7lld  %s\n", static_cast<unsigned long long>(step_),
                 static_cast<long long>(clock_.steady_ms() - 1'000'000), line.c_str());
  }
}

void World::make_members() {
  ports::Zone wanted;
  wanted.app_name = wanted.zone_name = "sim";
  wanted.devices = scenario_.devices;
  zone_ = std::make_shared<const ports::Zone>(directory_.put_zone(wanted).value());
  directory_.set_remembering(scenario_.seed % 2 == 0);  // logins by either way
  for (std::uint32_t i = 0; i < scenario_.members; ++i) {
    const std::string name = "member" + std::to_string(i);
    members_.push_back(directory_.register_account(name, name, "", zone_->id)->id.value);
  }
  for (std::uint32_t i = 0; i < scenario_.groups; ++i) {
    const std::string name = "group" + std::to_string(i);
    const MemberId owner{members_.front()};
    const RoomId room = directory_.create_room(zone_->id, owner, owner, {.name = name, .name_key = name}, 0)
                            ->room.id;
    groups_.push_back(room.value);
    run_.owners[room.value] = owner.value;
    run_.large_groups.push_back({.group = room.value, .entries = {}});
    run_.groups.note(room.value, members_.front(), Membership::in, 0);
    for (const std::uint64_t member : members_) {
      if (member == members_.front() || rng_.percent(30)) continue;
      const bool joined = directory_.change(zone_->id, MemberId{member}, room, ports::change::Join{}, 0)
                              .has_value();
      PLAZA_CHECK(joined);
      run_.groups.note(room.value, member, Membership::in, 0);
    }
  }
  std::vector<bool> manages;
  for (const std::uint64_t member : members_) {
    const std::uint64_t devices = rng_.between(1, scenario_.devices_max);
    for (std::uint64_t device = 0; device < devices; ++device) {
      run_.devices.push_back({.member = member, .device = "d" + std::to_string(device)});
      manages.push_back(device == 0);
    }
  }
  const std::size_t full = run_.devices.size();
  for (const std::uint64_t member : members_) {
    if (rng_.percent(scenario_.classic_percent))
      run_.devices.push_back({.member = member, .device = "classic", .classic = true});
  }
  for (const std::uint64_t member : members_) run_.inboxes.push_back({.member = member});
  ClientWorld& around = *this;
  const auto reading_percent = [this] {
    return rng_.percent(scenario_.slow_reader_percent) ? static_cast<std::uint32_t>(rng_.between(1, 20))
                                                       : 100;
  };
  for (std::size_t i = full; i < run_.devices.size(); ++i)
    classics_.push_back(std::make_unique<SimClassic>(around, clock_, rng_, run_, i, reading_percent()));
  for (std::size_t i = 0; i < full; ++i) {
    ClientOptions options{.rules = scenario_.rules, .padding_max = scenario_.padding_max};
    options.reading_percent = reading_percent();
    clients_.push_back(std::make_unique<SimClient>(around, clock_, rng_, run_, i, options, manages[i]));
  }
}

void World::note(const protocol::ServerMessage& message) {
  using protocol::Errno;
  const Errno error = message.refusal.error;
  heard_.rate_limited += error == Errno::rate_limited ? 1 : 0;
  heard_.unavailable += error == Errno::unavailable ? 1 : 0;
  heard_.not_twice += error == Errno::already_logged_in ? 1 : 0;
  if (const auto* ack = message.get<protocol::SendAck>(); ack && ack->dup) ++heard_.duplicates;
}

LinkPtr World::connect() {
  if (!node_) return nullptr;
  auto link = std::make_shared<Link>();
  links_.push_back(link);
  node_->accept(link);
  return link;
}

void World::start_node() {
  trace("the node starts");
  node_ = std::make_unique<SimNode>(scenario_.node, *store_, directory_, clock_, zone_, rng_, node_stats_);
}

void World::crash(const char* how) {
  trace(std::string("the node dies ") + how);
  ++crashes_;
  dies_after_commit_ = trim_waits_ = trim_again_ = false;
  for (const LinkPtr& link : links_) {
    link->up.cut(0);
    link->down.cut(rng_.below(link->down.size() + 1));  // what the kernel had may still arrive
  }
  links_.clear();
  node_.reset();
  store_->crash();
  node_back_ms_ = clock_.steady_ms() + static_cast<std::int64_t>(rng_.between(1, 300));
}

// One step ------------------------------------------------------------------------------------------------------------------

void World::step(bool calm) {
  ++step_;
  const std::int64_t now = clock_.steady_ms();
  if (!node_ && (now >= node_back_ms_ || calm)) start_node();
  if (directory_back_ms_ != 0 && (now >= directory_back_ms_ || calm)) {
    directory_.set_unavailable(false);
    directory_back_ms_ = 0;
  }
  if (!node_ || node_->executor().idle()) drained_ = step_;
  if (!calm) step_failures();
  const std::uint64_t what = rng_.below(100);
  if (what < 32) {
    const std::size_t chosen = rng_.below(clients_.size() + classics_.size());
    if (chosen < clients_.size()) {
      clients_[chosen]->step();
    } else {
      classics_[chosen - clients_.size()]->step();
    }
  } else if (what < 40) {
    clock_.advance_ms(static_cast<std::int64_t>(rng_.between(1, 12)));
  } else if (what < 44) {
    if (!calm) step_application();
  } else if (!node_) {
    clock_.advance_ms(1);
  } else if (what < 62) {
    node_->executor().step();
  } else if (what < 76) {
    node_->step_session();
  } else if (what < 84) {
    node_->step_delivery();
  } else if (what < 92) {
    node_->step_end_of_turn();
  } else {
    SimExecutor& executor = node_->executor();
    bool worked = false;
    executor.as(executor.store(), [&] { worked = store_->step(); });
    if (worked && dies_after_commit_) crash("after a commit, before anybody hears of it");
  }
}

void World::step_application() {
  if (offered_ >= scenario_.sends) return;
  const std::size_t sender = rng_.below(clients_.size() + classics_.size());
  ++offered_;
  if (scenario_.change_percent > 0 && rng_.percent(scenario_.change_percent)) {
    clients_[rng_.below(clients_.size())]->change_something();
    return;
  }
  const auto to = !groups_.empty() && rng_.percent(45)
                      ? Conversation::group(groups_[rng_.below(groups_.size())])
                      : Conversation::peer(members_[rng_.below(members_.size())]);
  if (sender < clients_.size()) {
    clients_[sender]->send(to);
  } else {
    classics_[sender - clients_.size()]->send(to);
  }
}

void World::step_failures() {
  SimClient& client = *clients_[rng_.below(clients_.size())];
  if (rng_.permille(scenario_.cut_permille)) {
    ++cuts_;
    client.cut();
  }
  if (rng_.permille(scenario_.stall_permille))
    client.stall(static_cast<std::int64_t>(rng_.between(10, 2'000)));
  if (!classics_.empty()) {
    SimClassic& classic = *classics_[rng_.below(classics_.size())];
    if (rng_.permille(scenario_.cut_permille)) classic.cut();
    if (rng_.permille(scenario_.stall_permille))
      classic.stall(static_cast<std::int64_t>(rng_.between(10, 2'000)));
  }
  if (rng_.permille(scenario_.client_restart_permille)) client.restart();
  if (!groups_.empty() && rng_.permille(scenario_.group_change_permille) &&
      client.member() != members_.front()) {
    client.toggle_group(groups_[rng_.below(groups_.size())]);
  }
  if (rng_.permille(scenario_.block_permille)) client.toggle_block(members_[rng_.below(members_.size())]);
  if (!node_) return;
  if (rng_.permille(scenario_.commit_failure_permille))
    store_->fail_commits(static_cast<std::uint32_t>(rng_.between(1, 3)));
  if (rng_.permille(scenario_.directory_failure_permille)) {
    directory_.set_unavailable(true);
    directory_back_ms_ = clock_.steady_ms() + static_cast<std::int64_t>(rng_.between(10, 500));
  }
  // What a trim removes was read right before it: nobody hears what was read when the node dies after that commit.
  if (!trim_waits_ && !dies_after_commit_ && (trim_again_ || rng_.permille(scenario_.trim_permille))) trim();
  if (!rng_.permille(scenario_.crash_permille)) return;
  if (trim_waits_ || !rng_.percent(scenario_.crash_after_commit_percent)) return crash("");
  store_->crash_after_next_commit();
  dies_after_commit_ = true;
}

// The run -------------------------------------------------------------------------------------------------------------------

bool World::settled() {
  if (!node_ || !node_->idle()) return false;
  const auto rests = [](const auto& client) { return client->settled(); };
  return std::all_of(clients_.begin(), clients_.end(), rests) &&
         std::all_of(classics_.begin(), classics_.end(), rests);
}

Outcome World::run() {
  while (offered_ < scenario_.sends) step(false);
  // Some more trouble for what is still on the way, then none.
  for (std::uint64_t i = rng_.below(3'000); i > 0; --i) step(false);
  store_->fail_commits(0);
  if (dies_after_commit_) crash("");  // asked for, not come to
  for (const auto& client : clients_) client->read_well();
  for (const auto& client : classics_) client->read_well();
  const std::uint64_t calm_until = step_ + kCalmStepsMax;
  // Settled once is not enough: a push may be on its way.
  for (unsigned settled_in_a_row = 0; settled_in_a_row < 20 && step_ < calm_until;) {
    for (unsigned i = 0; i < 200; ++i) step(true);
    settled_in_a_row = settled() ? settled_in_a_row + 1 : 0;
    run_.finished = settled_in_a_row > 0;
  }
  for (const auto& client : classics_) client->note_what_was_lost();
  read_inboxes();
  return outcome();
}

void World::trim() {
  trim_waits_ = true;
  archive_.read_new(store_->port());
  store_->port().trim({.inbox_entries_max = scenario_.trim_entries_max},
                      [this](Result<bool, ports::StoreError> more) {
                        trim_waits_ = false;
                        trim_again_ = more.value_or(true);
                      });
}

void World::read_inboxes() {
  archive_.read_new(store_->port());
  while (store_->step()) {}
  archive_.read_again(store_->port(), members_);
  while (store_->step()) {}
  archive_.complete();
  std::erase_if(run_.large_groups, [this](const tests::LargeGroup& group) {
    const auto room = directory_.room(zone_->id, RoomId{group.group});
    return !room || room->large_from == 0;
  });
  for (const tests::LargeGroup& group : run_.large_groups) {
    for (const auto& client : clients_) client->note_large(group.group);
  }
}

template <class T, class Call>
T World::ask_store(Call call) {
  std::optional<T> answer;
  call([&answer](Result<T, ports::StoreError> result) {
    PLAZA_CHECK(result.has_value());
    answer = std::move(*result);
  });
  while (!answer && store_->step()) {}
  PLAZA_CHECK(answer.has_value());
  return std::move(*answer);
}

/// The same inbox from its end: what is not trimmed, without a hole, and the same messages.
void World::check_history(std::vector<std::string>& violations) {
  for (const tests::Inbox& inbox : run_.inboxes) {
    ports::ReadRequest request{
        .stream = ports::StreamId::inbox(MemberId{inbox.member}), .backward = true, .entries_max = 7};
    std::uint64_t expected = inbox.head;
    for (bool more = true; more;) {
      const auto page = ask_store<ports::Page>(
          [&](auto done) { store_->port().read(request, std::move(done)); });
      for (const ports::Entry& entry : page.entries) {
        const bool same = entry.seq == expected && entry.seq <= inbox.entries.size() &&
                          inbox.entries[entry.seq - 1].id == entry.message->id.value;
        if (!same) {
          violations.push_back("inbox of " + std::to_string(inbox.member) + ", backwards: entry " +
                               std::to_string(entry.seq) + " where " + std::to_string(expected) + " is due");
          return;
        }
        --expected;
      }
      request.from = expected + 1;
      more = page.more;
    }
    if (expected != inbox.trimmed) {
      violations.push_back("inbox of " + std::to_string(inbox.member) + ", backwards: ends at " +
                           std::to_string(expected + 1) + ", trimmed is " + std::to_string(inbox.trimmed));
    }
  }
}

/// Each member's list has every conversation once, its marks are possible ones, and none is behind what the member was told.
void World::check_marks(Outcome& result) {
  for (const std::uint64_t member : members_) {
    const std::string who = "list of " + std::to_string(member);
    std::map<ports::StreamId, ports::Conversation> listed;
    ports::StreamId after;
    for (bool more = true; more;) {
      const auto page = ask_store<ports::ConversationPage>(
          [&](auto done) { store_->port().conversations(MemberId{member}, after, 2, std::move(done)); });
      for (const ports::Conversation& c : page.conversations) {
        if (c.stream <= after) result.violations.push_back(who + ": is out of order");
        const auto rest = ask_store<ports::Page>([&](auto done) {
          store_->port().read({.stream = c.stream,
                               .from = c.marks.read,
                               .entries_max = 1'000'000,
                               .bytes_max = std::size_t{1} << 40U},
                              std::move(done));
        });
        const bool possible = c.marks.read <= c.marks.delivered && c.marks.delivered <= c.head &&
                              c.unread == unread_of(rest, c);
        if (!possible) result.violations.push_back(who + ": has impossible marks");
        after = c.stream;
        listed.emplace(c.stream, c);
      }
      more = page.more;
    }
    for (const auto& client : clients_) {
      if (client->member() != member) continue;
      for (const auto& [conversation, told] : client->marks_told()) {
        ++result.marks;
        const auto id = conversation.is_group()
                            ? ports::StreamId::room(RoomId{conversation.id})
                            : ports::StreamId::pair(MemberId{member}, MemberId{conversation.id});
        const auto at = listed.find(id);
        if (at == listed.end()) {
          if (!conversation.is_group()) result.violations.push_back(who + ": a conversation is missing");
          continue;  // it left the group
        }
        const ports::Marks& marks = at->second.marks;
        if (marks.delivered < told.delivered || marks.read < told.read)
          result.violations.push_back(who + ": a mark is behind what was acknowledged");
      }
    }
  }
}

Outcome World::outcome() {
  Outcome result;
  result.violations = tests::check(run_);
  check_history(result.violations);
  check_marks(result);
  if (!run_.finished) {
    std::string waiting = "the run does not come to rest when nothing fails any more:";
    for (const auto& client : clients_) {
      if (!client->settled()) waiting += "\n    " + client->describe();
    }
    for (const auto& client : classics_) {
      if (!client->settled()) waiting += "\n    " + client->describe();
    }
    if (node_) waiting += "\n    " + node_->describe();
    result.violations.insert(result.violations.begin(), std::move(waiting));
  }
  result.steps = step_;
  result.crashes = crashes_;
  result.cuts = cuts_;
  result.node = node_stats_;
  result.heard = heard_;
  result.commit_failures = store_->port().stats().commit_failures;
  for (const tests::Inbox& inbox : run_.inboxes) result.trimmed += inbox.trimmed;
  for (const tests::LargeGroup& group : run_.large_groups) {
    ++result.large_groups;
    const auto said = std::find_if(group.entries.begin(), group.entries.end(),
                                   [](const auto& entry) { return entry.sender != 0; });
    const auto grown = std::find_if(group.entries.begin(), group.entries.end(), [](const auto& entry) {
      return entry.sender == 0 && entry.body.find("\"grown\"") != std::string::npos;
    });
    if (said < grown) ++result.grown_late;
  }
  for (const auto& log : run_.devices) {
    result.gaps += log.gaps.size();
    result.classic_seen += log.classic ? log.seen.size() : 0;
    result.classic_lost += log.lost.size();
    for (const auto& page : log.history) result.history += page.size();
    for (const auto& sent : log.sent) {
      result.stored += sent.fate == tests::Sent::Fate::stored ? 1 : 0;
      result.refused += sent.fate == tests::Sent::Fate::refused ? 1 : 0;
      result.forgotten += sent.fate == tests::Sent::Fate::unknown ? 1 : 0;
      count_change(sent, result);
      result.digest = mix64(result.digest ^ sent.id ^ (sent.decided << 20U) ^ sent.seq);
    }
    for (const auto& message : log.seen) {
      ++result.seen;
      if (message.seq == 0) ++result.from_groups;
      result.digest = mix64(result.digest ^ message.id ^ message.seq);
    }
  }
  return result;
}

Outcome simulate(const Scenario& scenario) {
  World world(scenario);
  return world.run();
}

}  // namespace plaza::sim
