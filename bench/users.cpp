#include "bench/users.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "bench/script.h"
#include "protocol/request.h"

namespace plaza::bench {

namespace {

constexpr std::size_t kRegisterLinks = 64;
constexpr std::size_t
    kJoinParallel = 128;  // the listener's backlog must never overflow: a lost SYN costs a second

std::string random_word() {
  static constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz";
  std::random_device random;
  std::string word;
  for (int i = 0; i < 8; ++i) word += kLetters[random() % kLetters.size()];
  return word;
}

/// REG, LOGIN with the password, ENTER (which gives the token), LOGINOUT; then the next user.
class RegisterScript final : public Script {
 public:
  RegisterScript(LinkLoop& loop, Progress& progress, std::vector<User>& users)
      : Script(loop, progress), users_(users), at_(kRegisterLinks) {}

  Result<void, std::string> go(const Target& target) {
    const std::size_t links = std::min(kRegisterLinks, users_.size());
    for (std::uint32_t i = 0; i < links; ++i) {
      links_.push_back(&loop_.add(*this, i));
      loop_.open(*links_.back(), target);
    }
    auto result = run([this] { return done_ == users_.size(); },
                      [this] { return fmt::format("{} of {} accounts", done_, users_.size()); });
    for (Link* link : links_) loop_.close(*link);
    return result;
  }

 private:
  void on_open(Link& link) override { next(link); }

  void next(Link& link) {
    if (begun_ == users_.size()) return;
    at_[link.tag] = begun_++;
    ask(link, protocol::Reg{.name = user(link).name, .password = kPassword, .app = {}, .zone = {}});
  }

  void on_answer(Link& link, const protocol::ServerMessage& answer) override {
    if (answer.msgid == protocol::Msg::reg_ack) {
      protocol::Login login;
      login.account = user(link).name;
      login.password = kPassword;
      login.device = kDevice;
      ask(link, login);
    } else if (const auto* login = answer.get<protocol::LoginAck>()) {
      if (login->members.empty()) return give_up("a new account has no member");
      user(link).member = login->members.front().id;
      ask(link, protocol::Enter{.id = user(link).member});
    } else if (const auto* entered = answer.get<protocol::EnterAck>()) {
      user(link).token = entered->token;
      if (entered->token.empty()) return give_up("ENTER gave no token");
      ask(link, protocol::Loginout{});
    } else if (answer.msgid == protocol::Msg::ok) {
      ++done_;
      next(link);
    } else {
      give_up("the server answered a request with a frame of another kind");
    }
  }

  User& user(const Link& link) { return users_[at_[link.tag]]; }

  std::vector<User>& users_;
  std::vector<Link*> links_;
  std::vector<std::size_t> at_;  // by tag: which user
  std::size_t begun_ = 0, done_ = 0;
};

class JoinScript final : public Script {
 public:
  JoinScript(LinkLoop& loop, Progress& progress, const Target& target, std::span<User> users,
             std::span<Link* const> links, JoinUntil until)
      : Script(loop, progress), target_(target), users_(users), links_(links), until_(until) {}

  Result<void, std::string> go() {
    for (std::uint32_t i = 0; i < links_.size(); ++i) {
      links_[i]->handler = this;
      links_[i]->tag = i;
    }
    for (std::size_t i = 0; i < std::min(kJoinParallel, links_.size()); ++i) next();
    return run([this] { return done_ == links_.size(); },
               [this] { return fmt::format("{} of {} logged in", done_, links_.size()); });
  }

 private:
  void next() {
    if (begun_ < links_.size()) loop_.open(*links_[begun_++], target_);
  }

  void on_open(Link& link) override {
    protocol::Login login;
    login.token = users_[link.tag].token;
    login.device = kDevice;
    ask(link, login);
  }

  // The connection of an earlier session of this user may be closing still.
  bool tolerates(const protocol::ServerMessage& answer) override {
    return answer.refusal.error == protocol::Errno::already_logged_in;
  }

  void on_answer(Link& link, const protocol::ServerMessage& answer) override {
    User& user = users_[link.tag];
    if (answer.refused()) {
      loop_.later(20, [this, &link] { on_open(link); });
    } else if (const auto* login = answer.get<protocol::LoginAck>()) {
      if (!login->enter) return give_up("the member's token did not enter");
      user.epoch = login->enter->epoch;
      user.head = login->enter->head;
      user.last_send_id = login->enter->last_send_id;
      if (until_ == JoinUntil::ready) {
        ask(link, protocol::Ready{});
      } else {
        finished();
      }
    } else if (const auto* ready = answer.get<protocol::ReadyAck>()) {
      user.epoch = ready->epoch;
      user.head = ready->head;
      finished();
    }
  }

  void finished() {
    ++done_;
    next();
  }

  const Target target_;
  const std::span<User> users_;
  const std::span<Link* const> links_;
  const JoinUntil until_;
  std::size_t begun_ = 0, done_ = 0;
};

class BefriendScript final : public Script {
 public:
  BefriendScript(LinkLoop& loop, Progress& progress, std::span<const User> users,
                 std::span<Link* const> links, std::span<const std::pair<std::uint32_t, std::uint32_t>> pairs)
      : Script(loop, progress), users_(users), links_(links), wanted_(links.size()), total_(pairs.size()) {
    for (const auto& [from, to] : pairs) wanted_[from].push_back(to);
  }

  Result<void, std::string> go() {
    for (Link* link : links_) {
      link->handler = this;
      next(*link);
    }
    return run([this] { return done_ == total_; },
               [this] { return fmt::format("{} of {} friendships", done_, total_); });
  }

 private:
  void next(Link& link) {
    auto& wanted = wanted_[link.tag];
    if (wanted.empty()) return;
    ask(link, protocol::AddFriend{.friendid = users_[wanted.back()].member, .id = {}});
    wanted.pop_back();
  }
  void on_answer(Link& link, const protocol::ServerMessage&) override {
    ++done_;
    next(link);
  }

  const std::span<const User> users_;
  const std::span<Link* const> links_;
  std::vector<std::vector<std::uint32_t>> wanted_;
  const std::size_t total_;
  std::size_t done_ = 0;
};

/// The first of each group creates it; when it exists the others join. Each change is a message in the group's order: done when
/// everybody has got the last one, so that what comes next is what is measured.
class GroupScript final : public Script {
 public:
  GroupScript(LinkLoop& loop, Progress& progress, std::span<User> users, std::span<Link* const> links,
              std::span<GroupPlan> groups)
      : Script(loop, progress), users_(users), links_(links), groups_(groups), group_of_(links.size()) {}

  Result<void, std::string> go() {
    for (Link* link : links_) link->handler = this;
    std::size_t total = 0;
    for (std::uint32_t g = 0; g < groups_.size(); ++g) {
      total += groups_[g].members;
      for (std::uint32_t i = 0; i < groups_[g].members; ++i) group_of_[groups_[g].first + i] = g;
    }
    for (const GroupPlan& group : groups_) {
      ask(*links_[group.first],
          protocol::CreateGroup{.groupname = name_of(group), .groupdesc = {}, .id = {}});
    }
    return run([this, total] { return done_ == total && told_ == total; },
               [this, total] { return fmt::format("{} of {} in their groups", done_, total); });
  }

 private:
  // Names of groups are unique, names of users are too.
  std::string_view name_of(const GroupPlan& group) const { return users_[group.first].name; }

  void on_answer(Link& link, const protocol::ServerMessage& answer) override {
    GroupPlan& group = groups_[group_of_[link.tag]];
    ++done_;
    if (const auto* created = answer.get<protocol::CreateGroupAck>()) {
      group.id = created->groupid;
      for (std::uint32_t i = 1; i < group.members; ++i) {
        ask(*links_[group.first + i], protocol::AddGroup{.groupid = group.id, .groupname = {}, .id = {}});
      }
    }
  }

  void on_push(Link& link, const protocol::ServerMessage& push) override {
    const auto* event = push.get<protocol::Chat>();
    if (!event || !event->groupid) return;
    users_[link.tag].head = event->seq;
    if (event->cseq == groups_[group_of_[link.tag]].members) ++told_;
  }

  const std::span<User> users_;
  const std::span<Link* const> links_;
  const std::span<GroupPlan> groups_;
  std::vector<std::uint32_t> group_of_;
  std::size_t done_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

Result<std::vector<User>, std::string> register_users(LinkLoop& loop, const Target& target, std::size_t count,
                                                      Progress& progress) {
  const std::string word = random_word();
  std::vector<User> users(count);
  for (std::size_t i = 0; i < count; ++i) users[i].name = fmt::format("{}{}", word, i);
  RegisterScript script(loop, progress, users);
  if (auto result = script.go(target); !result) return fail("registering users: " + result.error());
  return users;
}

Result<void, std::string> join_users(LinkLoop& loop, const Target& target, std::span<User> users,
                                     std::span<Link* const> links, JoinUntil until, Progress& progress) {
  JoinScript script(loop, progress, target, users, links, until);
  auto result = script.go();
  if (!result) return fail("logging in: " + result.error());
  return {};
}

Result<void, std::string> befriend_users(LinkLoop& loop, std::span<const User> users,
                                         std::span<Link* const> links,
                                         std::span<const std::pair<std::uint32_t, std::uint32_t>> pairs,
                                         Progress& progress) {
  BefriendScript script(loop, progress, users, links, pairs);
  auto result = script.go();
  if (!result) return fail("making friends: " + result.error());
  return {};
}

Result<void, std::string> make_groups(LinkLoop& loop, std::span<User> users, std::span<Link* const> links,
                                      std::span<GroupPlan> groups, Progress& progress) {
  GroupScript script(loop, progress, users, links, groups);
  auto result = script.go();
  if (!result) return fail("making groups: " + result.error());
  return {};
}

}  // namespace plaza::bench
