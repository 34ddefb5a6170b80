#include "memory/memory_bus.h"

#include "base/check.h"

namespace plaza::memory {

using ports::NodeId;

namespace {
constexpr std::size_t kEntryBytesMax = 1024 * 1024;
}

class MemoryBusNetwork::Node final : public ports::Bus {
 public:
  Node(MemoryBusNetwork& network, NodeId id) : network_(network), id_(id) {}

  void start(ports::BusReceiver& receiver) override { network_.start_node(*this, receiver); }
  void stop() override { network_.stop_node(*this); }
  [[nodiscard]] NodeId self() const override { return id_; }
  bool send(NodeId to, std::string entry) override { return network_.send(id_, to, std::move(entry)); }
  bool broadcast(std::string entry) override { return network_.broadcast(id_, entry); }

 private:
  friend class MemoryBusNetwork;

  // Constant after construction.
  MemoryBusNetwork& network_;
  const NodeId id_;
  // Guarded by the network's mutex.
  ports::BusReceiver* receiver_ = nullptr;
  std::deque<Waiting> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint32_t lose_next_ = 0;
  bool was_started_ = false;
};

MemoryBusNetwork::MemoryBusNetwork(MemoryBusOptions options) : options_(options), random_(options.seed) {
  if (options_.delivery == MemoryBusOptions::Delivery::own_thread) {
    thread_ = std::thread([this] { deliver_until_stopped(); });
  }
}

MemoryBusNetwork::~MemoryBusNetwork() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ports::Bus& MemoryBusNetwork::add_node(NodeId id) {
  const std::lock_guard lock(mutex_);
  const auto [at, added] = nodes_.emplace(id, std::make_unique<Node>(*this, id));
  PLAZA_CHECK(added);
  return *at->second;
}

ports::Bus& MemoryBusNetwork::node(NodeId id) {
  const std::lock_guard lock(mutex_);
  const auto at = nodes_.find(id);
  PLAZA_CHECK(at != nodes_.end());
  return *at->second;
}

void MemoryBusNetwork::start_node(Node& node, ports::BusReceiver& receiver) {
  const std::lock_guard lock(mutex_);
  PLAZA_CHECK(node.receiver_ == nullptr);
  node.receiver_ = &receiver;
  // Whoever comes back has missed what was sent meanwhile.
  if (node.was_started_) lost_locked(node);
  node.was_started_ = true;
  wake_.notify_one();
}

void MemoryBusNetwork::stop_node(Node& node) {
  std::unique_lock lock(mutex_);
  node.receiver_ = nullptr;
  node.queue_.clear();
  node.queue_bytes_ = 0;
  // After stop() the receiver may be destroyed, so a call that is in it has to return first; unless it is that call.
  if (call_thread_ != std::this_thread::get_id()) delivered_.wait(lock, [&] { return in_call_ != &node; });
}

bool MemoryBusNetwork::send(NodeId from, NodeId to, std::string entry) {
  if (entry.size() > kEntryBytesMax) return false;
  const std::lock_guard lock(mutex_);
  const auto at = nodes_.find(to);
  return at != nodes_.end() && enqueue_locked(from, *at->second, std::move(entry));
}

bool MemoryBusNetwork::broadcast(NodeId from, const std::string& entry) {
  if (entry.size() > kEntryBytesMax) return false;
  const std::lock_guard lock(mutex_);
  bool all = true;
  for (auto& [id, node] : nodes_) all = enqueue_locked(from, *node, entry) && all;
  return all;
}

bool MemoryBusNetwork::enqueue_locked(NodeId from, Node& to, std::string entry) {
  if (!to.receiver_) return true;  // a dead process: the sender cannot know
  if (to.queue_.size() >= options_.queue_entries_max ||
      to.queue_bytes_ + entry.size() > options_.queue_bytes_max) {
    lost_locked(to);  // the sender knows, but it may have nobody to tell
    return false;
  }
  const bool chosen = to.lose_next_ > 0;
  if (chosen) --to.lose_next_;
  const bool by_chance = options_.lost_per_million > 0 && from != to.id_ &&
                         random_() % 1'000'000 < options_.lost_per_million;
  if (chosen || by_chance) {
    lost_locked(to);
  } else {
    to.queue_bytes_ += entry.size();
    to.queue_.push_back({.from = from, .gap = false, .entry = std::move(entry)});
  }
  wake_.notify_one();
  return true;
}

/// One gap stands for all entries lost in a row, so gaps stay within the bound on entries, plus one.
void MemoryBusNetwork::lost_locked(Node& to) {
  if (to.queue_.empty() || !to.queue_.back().gap)
    to.queue_.push_back({.from = to.id_, .gap = true, .entry = {}});
}

void MemoryBusNetwork::lose_next(NodeId to, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  const auto at = nodes_.find(to);
  PLAZA_CHECK(at != nodes_.end());
  at->second->lose_next_ += count;
}

bool MemoryBusNetwork::deliver_one(std::unique_lock<std::mutex>& lock) {
  Node* chosen = nullptr;
  auto at = nodes_.upper_bound(last_served_);
  for (std::size_t i = 0; i < nodes_.size() && !chosen; ++i, ++at) {
    if (at == nodes_.end()) at = nodes_.begin();
    if (at->second->receiver_ && !at->second->queue_.empty()) chosen = at->second.get();
  }
  if (!chosen) return false;

  last_served_ = chosen->id_;
  const Waiting next = std::move(chosen->queue_.front());
  chosen->queue_.pop_front();
  chosen->queue_bytes_ -= next.entry.size();
  ports::BusReceiver& receiver = *chosen->receiver_;
  in_call_ = chosen;
  call_thread_ = std::this_thread::get_id();
  lock.unlock();
  if (next.gap) {
    receiver.bus_gap();
  } else {
    receiver.bus_entry(next.from, next.entry);
  }
  lock.lock();
  in_call_ = nullptr;
  call_thread_ = {};
  delivered_.notify_all();
  return true;
}

bool MemoryBusNetwork::step() {
  PLAZA_CHECK(options_.delivery == MemoryBusOptions::Delivery::by_step);
  std::unique_lock lock(mutex_);
  return deliver_one(lock);
}

std::size_t MemoryBusNetwork::run(std::size_t steps_max) {
  std::size_t steps = 0;
  while (steps < steps_max && step()) ++steps;
  return steps;
}

std::size_t MemoryBusNetwork::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, node] : nodes_) count += node->queue_.size();
  return count;
}

void MemoryBusNetwork::deliver_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!deliver_one(lock)) wake_.wait(lock);
  }
}

}  // namespace plaza::memory
