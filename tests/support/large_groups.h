#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/client_log.h"

namespace plaza::tests {

/// The checker's part for large groups: what an application got of them, wherever it came from.
///
/// Thread  One thread. The run stays where it is.
class LargeGroups {
 public:
  explicit LargeGroups(const RunLog& run);

  /// It came from the group's own stream: an inbox has a place for it.
  static bool from_group(const client::Message& message) {
    return message.seq == 0 && message.conversation.is_group();
  }
  /// It waited for its turn in the group, which was left: the inbox's order holds for all others.
  [[nodiscard]] bool late(const DeviceLog& log, const client::Message& message) const;
  /// Up to here everything is in the inboxes of those who were there.
  [[nodiscard]] std::uint64_t grown_at(std::uint64_t group) const;
  /// The device got this entry of its inbox from the group or late, or was told there that it is missing.
  [[nodiscard]] bool gave(const DeviceLog& log, const client::Message& entry) const;
  /// One line per violation. What the inbox gave is looked at by others.
  [[nodiscard]] std::vector<std::string> check_seen(const DeviceLog& log) const;

 private:
  [[nodiscard]] bool told_missing(const DeviceLog& log, std::uint64_t group, std::uint64_t cseq) const;
  using Place = std::pair<std::uint64_t, std::uint64_t>;  // group, cseq
  struct Known {
    const LargeGroup* log = nullptr;
    std::uint64_t grown_at = 0;
  };
  void check_group(const DeviceLog& log, const Known& known, std::vector<std::string>& lines) const;
  void check_end(const DeviceLog& log, const Known& known, const std::set<std::uint64_t>& got,
                 std::vector<std::string>& lines) const;
  /// When it was given to the application that sent it; nothing when that is not known any more.
  [[nodiscard]] std::optional<Moment> offered_at(const client::Message& entry) const;

  const RunLog& run_;
  std::map<std::uint64_t, Known> groups_;
  std::map<std::string, Moment> offered_;          ///< by body
  std::map<std::uint64_t, Moment> offered_by_id_;  ///< of those that were acknowledged
  std::map<const DeviceLog*, std::set<Place>> given_, late_;
  std::map<std::pair<std::uint64_t, Place>, std::uint64_t> in_inbox_;  ///< seq, by member and place
};

}  // namespace plaza::tests
