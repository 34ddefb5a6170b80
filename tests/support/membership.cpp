#include "tests/support/membership.h"

namespace plaza::tests {

void Memberships::note(std::uint64_t group, std::uint64_t member, State state, Moment at) {
  changes_[{group, member}].push_back({at, state});
}

Memberships::State Memberships::now(std::uint64_t group, std::uint64_t member) const {
  const auto found = changes_.find({group, member});
  return found == changes_.end() ? State::out : found->second.back().state;
}

unsigned Memberships::states(std::uint64_t group, std::uint64_t member, Moment from, Moment to) const {
  const auto bit = [](State state) { return 1U << static_cast<unsigned>(state); };
  const auto found = changes_.find({group, member});
  State before = State::out;
  unsigned seen = 0;
  if (found != changes_.end()) {
    for (const Change& change : found->second) {
      if (change.at > to) break;
      if (change.at <= from) {
        before = change.state;
      } else {
        seen |= bit(change.state);
      }
    }
  }
  return seen | bit(before);
}

bool Memberships::surely_in(std::uint64_t group, std::uint64_t member, Moment from, Moment to) const {
  return states(group, member, from, to) == 1U << static_cast<unsigned>(State::in);
}

bool Memberships::maybe_in(std::uint64_t group, std::uint64_t member, Moment from, Moment to) const {
  return states(group, member, from, to) != 1U << static_cast<unsigned>(State::out);
}

std::vector<std::uint64_t> Memberships::members(std::uint64_t group) const {
  std::vector<std::uint64_t> members;
  for (auto at = changes_.lower_bound({group, 0}); at != changes_.end() && at->first.first == group; ++at) {
    members.push_back(at->first.second);
  }
  return members;
}

}  // namespace plaza::tests
