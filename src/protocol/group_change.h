#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace plaza::protocol {

/// The body of an event in a group's order, as a client reads it. What an event does not have is empty.
struct GroupChange {
  std::string event;  ///< "joined", "owner_changed"...: newer servers may have others
  std::uint64_t version = 0;
  MemberId by;  ///< none: the app's server
  std::string by_name;
  MemberId member;
  std::string member_name;
  std::string groupname;  ///< created; changed: the new one
  std::uint64_t cseq = 0;
  std::uint64_t until_ms = 0;
  bool operator==(const GroupChange&) const = default;
};

/// Nothing when it is not such a body.
[[nodiscard]] std::optional<GroupChange> read_group_change(std::string_view body);

}  // namespace plaza::protocol
