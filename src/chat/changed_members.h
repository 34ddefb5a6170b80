#pragma once
#include <cstddef>
#include <vector>

#include "base/ids.h"
#include "ports/directory.h"

namespace plaza::chat {

/// Members that were changed lately, on their home shard: who enters was read from the directory some moments before, and perhaps before
/// the change.
///
/// Direct-mapped and lossy: where another one has taken the place, a member that was changed between its reading and its entering has
/// its old name until it enters again.
/// Thread  The shard's. Limit: so many members.
class ChangedMembers {
 public:
  explicit ChangedMembers(std::size_t slots) : slots_(slots) {}

  void put(const ports::Member& member) {
    ports::Member& slot = slots_[index(member.id)];
    if (slot.id != member.id || slot.version < member.version) slot = member;
  }
  /// The member as it was read, or as it is known to be since.
  [[nodiscard]] const ports::Member& newest(const ports::Member& read) const {
    const ports::Member& slot = slots_[index(read.id)];
    return slot.id == read.id && slot.version > read.version ? slot : read;
  }

 private:
  [[nodiscard]] std::size_t index(MemberId member) const { return mix64(member.value) % slots_.size(); }
  std::vector<ports::Member> slots_;
};

}  // namespace plaza::chat
