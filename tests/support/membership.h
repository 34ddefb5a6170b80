#pragma once
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace plaza::tests {

/// When something happened, in whatever unit the run counts (simulated steps, nanoseconds): only the order matters.
using Moment = std::uint64_t;

/// Who was in a group when, as far as the members' own requests and their answers tell. Between a request and its answer, or
/// after one that was never answered, it can be either.
///
/// Thread  One thread.
class Memberships {
 public:
  enum class State : std::uint8_t { out, in, either };

  /// From `at` on. In the order of time for each (group, member).
  void note(std::uint64_t group, std::uint64_t member, State state, Moment at);
  [[nodiscard]] State now(std::uint64_t group, std::uint64_t member) const;

  /// In it all the time from..to.
  [[nodiscard]] bool surely_in(std::uint64_t group, std::uint64_t member, Moment from, Moment to) const;
  /// In it at some moment of from..to, as far as can be told.
  [[nodiscard]] bool maybe_in(std::uint64_t group, std::uint64_t member, Moment from, Moment to) const;
  /// Everybody who was ever noted for the group.
  [[nodiscard]] std::vector<std::uint64_t> members(std::uint64_t group) const;

 private:
  struct Change {
    Moment at;
    State state;
  };
  /// The states that held at some moment of from..to, as bits.
  [[nodiscard]] unsigned states(std::uint64_t group, std::uint64_t member, Moment from, Moment to) const;

  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<Change>> changes_;
};

}  // namespace plaza::tests
