#include "memory/memory_presence.h"

#include <algorithm>

namespace plaza::memory {

using ports::NodeId;

void MemoryPresence::joined(NodeId node, MemberId member) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  auto& nodes = s.nodes[member];
  const auto at = std::lower_bound(nodes.begin(), nodes.end(), node);
  if (at != nodes.end() && *at == node) return;
  if (nodes.empty()) online_count_.fetch_add(1, std::memory_order_relaxed);
  nodes.insert(at, node);
}

void MemoryPresence::left(NodeId node, MemberId member) {
  Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  const auto found = s.nodes.find(member);
  if (found == s.nodes.end() || std::erase(found->second, node) == 0 || !found->second.empty()) return;
  s.nodes.erase(found);
  online_count_.fetch_sub(1, std::memory_order_relaxed);
}

void MemoryPresence::node_gone(NodeId node) {
  for (Stripe& s : stripes_) {
    const std::lock_guard lock(s.mutex);
    for (auto at = s.nodes.begin(); at != s.nodes.end();) {
      if (std::erase(at->second, node) != 0 && at->second.empty()) {
        at = s.nodes.erase(at);
        online_count_.fetch_sub(1, std::memory_order_relaxed);
      } else {
        ++at;
      }
    }
  }
}

bool MemoryPresence::online(MemberId member) const {
  const Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  return s.nodes.contains(member);
}

std::vector<std::uint8_t> MemoryPresence::online(std::span<const MemberId> members) const {
  std::vector<std::uint8_t> answers;
  answers.reserve(members.size());
  for (const MemberId member : members) answers.push_back(online(member) ? 1 : 0);
  return answers;
}

std::vector<NodeId> MemoryPresence::nodes_of(MemberId member) const {
  const Stripe& s = stripe(member);
  const std::lock_guard lock(s.mutex);
  const auto found = s.nodes.find(member);
  return found == s.nodes.end() ? std::vector<NodeId>{} : found->second;
}

std::uint64_t MemoryPresence::online_count() const { return online_count_.load(std::memory_order_relaxed); }

}  // namespace plaza::memory
