#pragma once
#include <atomic>

namespace plaza {

/// What a node of an BatchQueue is derived from.
struct BatchNode {
  BatchNode* next = nullptr;
};

/// Many threads hand over nodes, one takes all of them at once.
///
/// Thread   push() from any thread, lock-free. take_all() from one thread at a time.
/// Owner    The nodes belong to the queue between push() and take_all(); it allocates and frees none, so
///          whoever drops the queue takes what is left first.
/// Order    FIFO for the nodes of one thread.
/// Limit    None: who pushes bounds what it pushes.
///
/// Why a stack that is reversed and not a linked list with a stub (Vyukov): the taker wants everything, and
/// an exchange of one pointer gives it with no moment at which a node is pushed but not reachable.
template <class Node>
class BatchQueue {
 public:
  BatchQueue() = default;
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// True when the queue was empty: the one who then has to wake the taker. Sequentially consistent, so that
  /// a taker which says that it sleeps, and then finds the queue empty, is seen sleeping by whoever pushes
  /// afterwards.
  bool push(Node* node) {
    BatchNode* top = top_.load(std::memory_order_relaxed);
    do {
      node->next = top;
    } while (!top_.compare_exchange_weak(top, node, std::memory_order_seq_cst, std::memory_order_relaxed));
    return top == nullptr;
  }

  /// Everything, oldest first, linked by `next`; null when there is nothing.
  Node* take_all() {
    BatchNode* newest_first = top_.exchange(nullptr, std::memory_order_acquire);
    BatchNode* oldest_first = nullptr;
    while (newest_first != nullptr) {
      BatchNode* const older = newest_first->next;
      newest_first->next = oldest_first;
      oldest_first = newest_first;
      newest_first = older;
    }
    return static_cast<Node*>(oldest_first);
  }

  [[nodiscard]] bool empty() const { return top_.load(std::memory_order_seq_cst) == nullptr; }

 private:
  // Any thread (atomic).
  std::atomic<BatchNode*> top_{nullptr};
};

}  // namespace plaza
