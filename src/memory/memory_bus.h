#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "ports/bus.h"

namespace plaza::memory {

struct MemoryBusOptions {
  enum class Delivery : std::uint8_t {
    own_thread,  ///< the network delivers on a thread of its own
    by_step,     ///< nothing is delivered until somebody calls step(): the simulator and tests
  };
  Delivery delivery = Delivery::own_thread;
  std::size_t queue_entries_max = 65'536;          ///< waiting for one node
  std::size_t queue_bytes_max = 64 * 1024 * 1024;  ///< waiting for one node
  /// Of a million entries so many are lost between two nodes, drawn from `seed`; the receiver is told by bus_gap().
  std::uint32_t lost_per_million = 0;
  std::uint64_t seed = 1;
};

/// A bus inside one process: the nodes of a simulated region, or the single node that only talks to itself.
///
/// Thread   Any thread may call everything but step(), which is one caller's; receivers are called on the network's thread,
///          or in step(), one at a time, without a lock held, so they may send.
/// Owner    The network outlives its nodes' use. A node that is stopped or was never started gets nothing, and entries
///          for it are lost like those to a dead process.
/// Order    Per sender as sent. A lost entry is followed by bus_gap() before anything later.
/// Limit    queue_entries_max and queue_bytes_max per receiving node; send() gives false past them, and the
///          receiver is told by bus_gap().
class MemoryBusNetwork {
 public:
  explicit MemoryBusNetwork(MemoryBusOptions options = {});
  ~MemoryBusNetwork();
  MemoryBusNetwork(const MemoryBusNetwork&) = delete;
  MemoryBusNetwork& operator=(const MemoryBusNetwork&) = delete;

  /// Adds a node (each id once). It belongs to the network and is found again by its id.
  ports::Bus& add_node(ports::NodeId id);
  [[nodiscard]] ports::Bus& node(ports::NodeId id);

  /// Delivers the oldest waiting entry or gap of the next node that has one, in turn; false when nothing waits.
  bool step();
  /// step() until nothing waits, at most `steps_max` times (receivers may answer each other for ever); gives the count.
  std::size_t run(std::size_t steps_max = 1'000'000);
  [[nodiscard]] std::size_t waiting() const;

  /// A fault at a chosen place: the next `count` entries for this node are lost.
  void lose_next(ports::NodeId to, std::uint32_t count);

 private:
  class Node;
  struct Waiting {
    ports::NodeId from;
    bool gap = false;
    std::string entry;
  };

  bool send(ports::NodeId from, ports::NodeId to, std::string entry);
  bool broadcast(ports::NodeId from, const std::string& entry);
  bool enqueue_locked(ports::NodeId from, Node& to, std::string entry);
  static void lost_locked(Node& to);
  bool deliver_one(std::unique_lock<std::mutex>& lock);
  void start_node(Node& node, ports::BusReceiver& receiver);
  void stop_node(Node& node);
  void deliver_until_stopped();

  // Constant after construction.
  const MemoryBusOptions options_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;       ///< something waits, or stopping_
  std::condition_variable delivered_;  ///< a receiver's call has returned
  std::map<ports::NodeId, std::unique_ptr<Node>> nodes_;
  ports::NodeId last_served_{};
  Node* in_call_ = nullptr;
  std::thread::id call_thread_;
  std::mt19937_64 random_;
  bool stopping_ = false;
  // The constructor's and destructor's thread.
  std::thread thread_;
};

}  // namespace plaza::memory
