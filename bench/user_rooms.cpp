#include <fmt/format.h>

#include "bench/script.h"
#include "bench/users.h"

namespace plaza::bench {

namespace {

/// The first user makes the rooms, then each of the others joins one after the other.
class RoomsScript final : public Script {
 public:
  RoomsScript(LinkLoop& loop, Progress& progress, std::span<Link* const> links, std::size_t rooms)
      : Script(loop, progress), links_(links), wanted_(rooms), joined_(links.size(), 0) {}

  [[nodiscard]] Result<void, std::string> go(const std::string& word) {
    word_ = word;
    for (Link* link : links_) link->handler = this;
    make_next();
    const std::size_t total = wanted_ * links_.size();
    return run([this, total] { return done_ == total; },
               [this, total] { return fmt::format("{} of {} are in their rooms", done_, total); });
  }

 private:
  void make_next() {
    const std::string name = fmt::format("{} r{}", word_, rooms_.size());
    ask(*links_[0], protocol::CreateGroup{.groupname = name, .groupdesc = {}, .id = {}});
  }
  void join_next(Link& link) {
    if (joined_[link.tag] == rooms_.size()) return;
    ask(link, protocol::AddGroup{.groupid = rooms_[joined_[link.tag]], .groupname = {}, .id = {}});
  }
  void on_answer(Link& link, const protocol::ServerMessage& answer) override {
    ++done_;
    if (const auto* made = answer.get<protocol::CreateGroupAck>()) {
      rooms_.push_back(made->groupid);
      if (rooms_.size() < wanted_) return make_next();
      for (Link* other : links_.subspan(1)) join_next(*other);
      return;
    }
    ++joined_[link.tag];
    join_next(link);
  }

  const std::span<Link* const> links_;
  const std::size_t wanted_;
  std::string word_;
  std::vector<RoomId> rooms_;
  std::vector<std::size_t> joined_;  // by link: so many of them
  std::size_t done_ = 0;
};

}  // namespace

Result<void, std::string> put_into_rooms(const Target& target, std::span<User> users, std::size_t rooms,
                                         Progress& progress) {
  LinkLoop loop;
  std::vector<Link*> links;
  for (std::size_t i = 0; i < users.size(); ++i) links.push_back(&loop.add(static_cast<std::uint32_t>(i)));
  auto there = join_users(loop, target, users, links, JoinUntil::entered, progress);
  if (!there) return there;
  RoomsScript script(loop, progress, links, rooms);
  auto done = script.go(users.front().name.substr(0, 12));
  for (Link* link : links) loop.close(*link);
  return done;
}

}  // namespace plaza::bench
