#include "tests/integration/crowd.h"

#include <chrono>
#include <future>
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
  void join(std::uint64_t group) {
    client_.request(protocol::AddGroup{.groupid = RoomId{group}, .groupname = {}, .id = {}},
                    [this, group](const Reply& reply) {
                      if (reply.ok()) in_group(group);
                    });
  }

  void write_to(Conversation to) {
    DeviceLog& log = crowd_.run_.devices[log_];
    const std::size_t index = log.sent.size();
    const std::string body = "u" + std::to_string(log.member) + "." + std::to_string(index);
    log.sent.push_back({.to = to, .body = body, .offered = ++crowd_.moment_});
    ++open;
    client_.send(to, body, [this, index](const client::SendOutcome& outcome) { on_outcome(index, outcome); });
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
  [[nodiscard]] bool has_seen_all() const {
    return inbox_read && crowd_.run_.devices[log_].seen.size() >= inbox.head;
  }

  const std::string name;
  std::uint64_t id = 0;
  std::size_t open = 0;  ///< sends without an outcome
  std::vector<std::uint64_t> groups;
  Inbox inbox;
  bool inbox_read = false;
  ClientState state = ClientState::offline;
  std::string why;

 private:
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
  }
  void on_gap(const client::Gap& gap) override { crowd_.run_.devices[log_].gaps.push_back(gap); }

  Crowd& crowd_;
  const std::size_t log_;
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

bool Crowd::all(const std::function<bool(const User&)>& condition, const std::string& what) {
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
  if (!all([](const User& user) { return user.state == ClientState::online; }, "everybody to be online"))
    return false;
  on_shard([&] {
    for (std::uint32_t i = 0; i < options_.groups; ++i) users_[i]->create_group("group " + std::to_string(i));
  });
  if (!wait([&] { return groups_.size() == options_.groups; }, "the groups")) return false;
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
        for (const std::uint64_t group : groups_) members += run_.groups.members(group).size();
        return members == std::size_t{options_.groups} * options_.group_members;
      },
      "everybody to be in the groups");
}

void Crowd::talk() {
  on_shard([&] {
    for (std::size_t i = 0; i < users_.size(); ++i) {
      User& user = *users_[i];
      if (user.open >= options_.window) continue;
      random_ = mix64(random_);
      if (random_ % 3 == 0) continue;
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

bool Crowd::come_to_rest() {
  if (!all([](const User& user) { return user.open == 0 && user.state == ClientState::online; },
           "the last answers"))
    return false;
  on_shard([&] {
    for (const auto& user : users_) user->read_inbox();
  });
  if (!all([](const User& user) { return user.inbox_read; }, "the inboxes")) return false;
  if (!all([](const User& user) { return user.has_seen_all(); }, "everybody to have seen everything")) {
    run_.finished = false;  // the checker tells what is missing
  }
  on_shard([&] {
    for (const auto& user : users_) run_.inboxes.push_back(user->inbox);
  });
  return true;
}

}  // namespace plaza::tests
