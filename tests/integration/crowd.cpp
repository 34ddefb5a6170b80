#include "tests/integration/crowd.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/ids.h"
#include "client/wire.h"

namespace plaza::tests {

using client::Client;
using client::ClientState;
using client::Conversation;
using client::Reply;

namespace {
constexpr auto kDeadline = std::chrono::seconds(90);
constexpr const char* kPassword = "crowd password";
}  // namespace

/// One user on one device. All on the shard.
class Crowd::User final : public client::ClientEvents {
 public:
  User(Crowd& crowd, std::size_t index, client::ClientOptions options)
      : name("user" + std::to_string(index)),
        crowd_(crowd),
        log_(index),
        client_(std::move(options), *this, &crowd.shard_) {}

  void come_in() {
    client_.register_account(name, kPassword, [this](const Reply& reply) {
      if (!reply.answered) return come_in();
      client_.login({.name = name, .password = kPassword});
    });
  }
  void start() { client_.start(); }
  void create_group(const std::string& group) {
    client_.request(protocol::CreateGroup{.groupname = group, .groupdesc = "", .id = {}},
                    [this](const Reply& reply) {
                      if (const auto* ack = reply.get<protocol::CreateGroupAck>()) {
                        crowd_.groups_.push_back(ack->groupid.value);
                        in_group(ack->groupid.value);
                      }
                    });
  }
  /// Until it is known to be in it.
  void join(std::uint64_t group) {
    ++joining;
    crowd_.run_.groups.note(group, id, Memberships::State::either, ++crowd_.moment_);
    client_.request(protocol::AddGroup{.groupid = RoomId{group}, .groupname = {}, .id = {}},
                    [this, group](const Reply& reply) {
                      --joining;
                      const bool already = reply.answered &&
                                           reply.message.refusal.error == protocol::Errno::add_group_failed;
                      const auto* ack = reply.get<protocol::AddGroupAck>();
                      if (ack && ack->large) newest_[group] = std::max(newest_[group], ack->large->read);
                      if (reply.ok() || already) return in_group(group);
                      later_.push_back(group);
                    });
  }
  void join_again() {
    for (const std::uint64_t group : std::exchange(later_, {})) join(group);
  }
  [[nodiscard]] bool joins() const { return joining != 0 || !later_.empty(); }

  void write_to(Conversation to) { send({.to = to, .body = {}, .offered = 0}); }
  /// Edits or recalls one of its newest messages that are stored.
  void change_something(std::uint64_t random) {
    constexpr std::size_t kNewest = 12;
    const DeviceLog& log = crowd_.run_.devices[log_];
    if (log.sent.empty()) return;
    const std::size_t index = log.sent.size() - 1 - random % std::min(kNewest, log.sent.size());
    const Sent& target = log.sent[index];
    if (target.fate != Sent::Fate::stored || target.cseq == 0 || target.change.action != Action::none) return;
    const auto action = random / kNewest % 3 == 0 ? Action::recall : Action::edit;
    send({.to = target.to, .body = {}, .change = {.action = action, .target = target.cseq}, .offered = 0});
  }
  /// Everything from the first entry on, page by page.
  void read_inbox() {
    protocol::Sync sync;
    sync.since = inbox.entries.empty() ? 0 : inbox.entries.back().seq;
    client_.request(sync, [this](const Reply& reply) {
      const auto* page = reply.get<protocol::SyncAck>();
      if (!page) return read_inbox();  // the connection broke, or too much was asked at once
      for (const protocol::Chat& chat : page->messages) inbox.entries.push_back(client::to_message(chat, id));
      inbox.member = id;
      inbox.head = page->head;
      inbox_read = !page->more;
      if (page->more) read_inbox();
    });
  }
  /// A group's own stream, by one who is in it.
  void read_group(LargeGroup& group) {
    protocol::Sync sync;
    sync.of.groupid = RoomId{group.group};
    sync.since = group.entries.empty() ? 0 : group.entries.back().cseq;
    client_.request(sync, [this, &group](const Reply& reply) {
      const auto* page = reply.get<protocol::SyncAck>();
      if (!page) return read_group(group);
      for (const protocol::Chat& chat : page->messages) group.entries.push_back(client::to_message(chat, id));
      if (page->more) return read_group(group);
      ++crowd_.groups_read_;
    });
  }
  /// All of its inbox, from there or from the groups, and of the large groups to the end.
  [[nodiscard]] bool has_seen_all() {
    DeviceLog& log = crowd_.run_.devices[log_];
    for (const LargeGroup& group : crowd_.run_.large_groups) {
      if (crowd_.run_.groups.now(group.group, id) != Memberships::State::in) continue;
      const std::uint64_t head = group.entries.size();
      log.large[group.group] = newest_[group.group];
      if (newest_[group.group] != head) return false;
    }
    std::size_t seen = 0;
    for (const client::Message& entry : inbox.entries) {
      const bool in_group = entry.conversation.is_group() &&
                            from_groups_.contains({entry.conversation.id, entry.cseq});
      if (in_group || from_inbox_.contains(entry.seq)) ++seen;
    }
    return inbox_read && seen >= inbox.head;
  }

  const std::string name;
  std::uint64_t id = 0;
  std::size_t open = 0;     ///< sends without an outcome
  std::size_t joining = 0;  ///< joins without an answer
  std::vector<std::uint64_t> groups;
  Inbox inbox;
  bool inbox_read = false;
  ClientState state = ClientState::offline;
  std::string why;

 private:
  using Action = client::Change::Action;

  void send(Sent sent) {
    DeviceLog& log = crowd_.run_.devices[log_];
    const std::size_t index = log.sent.size();
    const bool change = sent.change.action != Action::none;
    if (sent.change.action != Action::recall)
      sent.body = "u" + std::to_string(log.member) + "." + std::to_string(index);
    sent.offered = ++crowd_.moment_;
    ++open;
    client_.send({.conversation = sent.to,
                  .kind = change ? client::BodyKind::change : client::BodyKind::text,
                  .body = sent.body,
                  .change = sent.change},
                 [this, index](const client::SendOutcome& outcome) { on_outcome(index, outcome); });
    log.sent.push_back(std::move(sent));
  }
  void in_group(std::uint64_t group) {
    groups.push_back(group);
    crowd_.run_.groups.note(group, id, Memberships::State::in, ++crowd_.moment_);
  }
  void on_outcome(std::size_t index, const client::SendOutcome& outcome) {
    Sent& sent = crowd_.run_.devices[log_].sent[index];
    sent.fate = outcome.error == 0 ? Sent::Fate::stored : Sent::Fate::refused;
    sent.error = outcome.error;
    sent.decided = ++crowd_.moment_;
    sent.send_id = outcome.send_id;
    sent.id = outcome.id;
    sent.seq = outcome.seq;
    sent.cseq = outcome.cseq;
    --open;
    if (outcome.error == 0) crowd_.acknowledged_.fetch_add(1);
    if (outcome.error == 0 && sent.change.action != Action::none) crowd_.changed_.fetch_add(1);
  }
  void on_state(ClientState now, const std::string& text) override {
    if (state == ClientState::online && now != ClientState::online) crowd_.reconnects_.fetch_add(1);
    state = now;
    if (!text.empty()) why = text;
  }
  void on_entered(const protocol::EnterAck& ack) override {
    id = ack.id.value;
    crowd_.run_.devices[log_].member = id;
  }
  void on_message(const client::Message& message) override {
    crowd_.run_.devices[log_].seen.push_back(message);
    if (message.seq != 0) from_inbox_.insert(message.seq);
    if (!message.conversation.is_group()) return;
    if (message.seq == 0) from_groups_.emplace(message.conversation.id, message.cseq);
    std::uint64_t& newest = newest_[message.conversation.id];
    newest = std::max(newest, message.cseq);
  }
  void on_gap(const client::Gap& gap) override { crowd_.run_.devices[log_].gaps.push_back(gap); }

  Crowd& crowd_;
  const std::size_t log_;
  std::vector<std::uint64_t> later_;  ///< groups to be joined once more
  std::set<std::uint64_t> from_inbox_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> from_groups_;
  std::map<std::uint64_t, std::uint64_t> newest_;
  Client client_;
};

Crowd::Crowd(CrowdOptions options) : options_(std::move(options)), random_(mix64(options_.seed)) {
  shard_.start();
  for (std::size_t i = 0; i < std::size_t{options_.pairs} * 2; ++i) {
    client::ClientOptions one;
    one.endpoint = options_.endpoint;
    one.device = "crowd";
    one.rules.reconnect_cap_ms = 500;
    one.connect_timeout_ms = 5'000;
    one.request_timeout_ms = 5'000;
    one.seed = mix64(options_.seed + i);
    run_.devices.push_back({.member = 0, .device = one.device});
    users_.push_back(std::make_unique<User>(*this, i, std::move(one)));
  }
}

Crowd::~Crowd() {
  users_.clear();  // each waits for the shard to let go of it
  shard_.stop();
}

void Crowd::on_shard(const std::function<void()>& work) {
  std::promise<void> done;
  shard_.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

bool Crowd::wait(const std::function<bool()>& condition, const std::string& what) {
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  for (;;) {
    bool reached = false;
    on_shard([&] { reached = condition(); });
    if (reached) return true;
    if (std::chrono::steady_clock::now() > until) {
      why_ = "waited in vain for " + what;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

bool Crowd::all(const std::function<bool(User&)>& condition, const std::string& what) {
  std::string who;
  const bool reached = wait(
      [&] {
        who.clear();
        for (const auto& user : users_) {
          if (!condition(*user)) {
            who += " " + user->name + " (" + std::string(state_name(user->state)) + ", " +
                   std::to_string(user->open) + " open sends, " + user->why + ")";
          }
        }
        return who.empty();
      },
      what);
  if (!reached) why_ += ":" + who;
  return reached;
}

bool Crowd::come_in() {
  on_shard([&] {
    for (const auto& user : users_) {
      user->start();
      user->come_in();
    }
  });
  if (!all([](User& user) { return user.state == ClientState::online; }, "everybody to be online"))
    return false;
  on_shard([&] {
    for (std::uint32_t i = 0; i < options_.groups; ++i) users_[i]->create_group("group " + std::to_string(i));
  });
  if (!wait([&] { return groups_.size() == options_.groups; }, "the groups")) return false;
  on_shard([&] {
    for (std::uint32_t i = 0; i < options_.growing_groups; ++i)
      users_[i]->create_group("growing " + std::to_string(i));
  });
  if (!wait([&] { return groups_.size() == options_.groups + options_.growing_groups; }, "the groups"))
    return false;
  on_shard([&] {
    for (std::uint32_t i = 0; i < options_.groups; ++i) {
      for (std::uint32_t k = 1; k < options_.group_members; ++k) {
        users_[(options_.groups + i * options_.group_members + k) % users_.size()]->join(groups_[i]);
      }
    }
  });
  return wait(
      [&] {
        std::size_t members = 0;
        for (std::uint32_t i = 0; i < options_.groups; ++i) {
          for (const std::uint64_t member : run_.groups.members(groups_[i]))
            members += run_.groups.now(groups_[i], member) == Memberships::State::in ? 1 : 0;
        }
        for (const auto& user : users_) user->join_again();
        return members == std::size_t{options_.groups} * options_.group_members;
      },
      "everybody to be in the groups");
}

void Crowd::grow(std::uint32_t users) {
  on_shard([&] {
    for (std::uint32_t i = 0; i < users; ++i) {
      // The users that made them come first.
      const std::size_t next = options_.growing_groups + grown_by_++;
      if (next >= users_.size()) return;
      for (std::size_t group = options_.groups; group < groups_.size(); ++group)
        users_[next]->join(groups_[group]);
    }
  });
}

void Crowd::talk() {
  on_shard([&] {
    for (const auto& user : users_) {
      if (user->state == ClientState::online) user->join_again();
    }
    for (std::size_t i = 0; i < users_.size(); ++i) {
      User& user = *users_[i];
      if (user.open >= options_.window) continue;
      random_ = mix64(random_);
      if (random_ % 3 == 0) continue;
      if (random_ / 7 % 4 == 0) {
        user.change_something(random_ / 64);
        continue;
      }
      if (!user.groups.empty() && random_ % 5 == 0) {
        user.write_to(Conversation::group(user.groups[random_ % user.groups.size()]));
      } else {
        user.write_to(Conversation::peer(users_[i ^ 1]->id));
      }
    }
  });
}

bool Crowd::talk_until_acknowledged(std::uint64_t more) {
  const std::uint64_t wanted = acknowledged() + more;
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (acknowledged() < wanted) {
    talk();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (std::chrono::steady_clock::now() > until) {
      why_ = "waited in vain for acknowledgements";
      return false;
    }
  }
  return true;
}

bool Crowd::read_large_groups() {
  on_shard([&] {
    // They stay where they are while their entries come.
    run_.large_groups.reserve(groups_.size());
    for (std::size_t i = options_.groups; i < groups_.size(); ++i) {
      run_.large_groups.push_back({.group = groups_[i], .entries = {}});
      const auto reader = std::ranges::find(users_, run_.groups.members(groups_[i]).front(),
                                            [](const auto& user) { return user->id; });
      (*reader)->read_group(run_.large_groups.back());
    }
  });
  return wait([&] { return groups_read_ == options_.growing_groups; }, "the groups' own streams");
}

bool Crowd::come_to_rest() {
  if (!all(
          [](User& user) {
            user.join_again();
            return user.open == 0 && !user.joins() && user.state == ClientState::online;
          },
          "the last answers"))
    return false;
  if (!read_large_groups()) return false;
  on_shard([&] {
    for (const auto& user : users_) user->read_inbox();
  });
  if (!all([](User& user) { return user.inbox_read; }, "the inboxes")) return false;
  if (!all([](User& user) { return user.has_seen_all(); }, "everybody to have seen everything")) {
    run_.finished = false;  // the checker tells what is missing
  }
  on_shard([&] {
    for (const auto& user : users_) run_.inboxes.push_back(user->inbox);
  });
  return true;
}

}  // namespace plaza::tests
