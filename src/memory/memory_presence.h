#pragma once
#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "ports/presence.h"

namespace plaza::memory {

/// Who is online, in this process's memory. It is the real one of a single node and what a cluster node keeps fed by events.
///
/// Thread   Any thread. 64 stripes by member, each with its own lock, held for one map look-up; node_gone() takes them one
///          after the other.
/// Limit    One map entry per online member (about 80 bytes); bounded by the sessions that say joined().
class MemoryPresence final : public ports::Presence {
 public:
  void joined(ports::NodeId node, MemberId member) override;
  void left(ports::NodeId node, MemberId member) override;
  void node_gone(ports::NodeId node) override;
  [[nodiscard]] bool online(MemberId member) const override;
  [[nodiscard]] std::vector<std::uint8_t> online(std::span<const MemberId> members) const override;
  [[nodiscard]] std::vector<ports::NodeId> nodes_of(MemberId member) const override;
  [[nodiscard]] std::uint64_t online_count() const override;

 private:
  static constexpr std::size_t kStripes = 64;
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    // Guarded by mutex. The nodes of a member ascending, never empty.
    std::unordered_map<MemberId, std::vector<ports::NodeId>> nodes;
  };
  Stripe& stripe(MemberId member) { return stripes_[mix64(member.value) % kStripes]; }
  [[nodiscard]] const Stripe& stripe(MemberId member) const {
    return stripes_[mix64(member.value) % kStripes];
  }

  // Any thread.
  std::array<Stripe, kStripes> stripes_;
  std::atomic<std::uint64_t> online_count_{0};
};

}  // namespace plaza::memory
