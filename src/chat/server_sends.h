#pragma once
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "ports/stream_store.h"

namespace plaza::chat {

/// Sends that no session made: their outcome goes to a callback instead.
///
/// Thread  The shard's. Limit: whoever sends bounds how many it has under way.
class ServerSends {
 public:
  using Done = std::move_only_function<void(const ports::Appended&)>;

  /// A number for Append::origin_session, which is no session's.
  std::uint64_t expect(Done done) {
    const std::uint64_t ticket = kMark | ++last_;
    waiting_.emplace(ticket, std::move(done));
    return ticket;
  }
  /// Whether the outcome was one of these.
  bool decided(const ports::Appended& outcome) {
    if ((outcome.append.origin_session & kMark) == 0) return false;
    if (auto node = waiting_.extract(outcome.append.origin_session)) node.mapped()(outcome);
    return true;
  }

 private:
  static constexpr std::uint64_t kMark = std::uint64_t{1} << 63;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Done> waiting_;
};

}  // namespace plaza::chat
