#pragma once
#include <atomic>
#include <utility>

namespace plaza {

/// Many threads push values, one takes them in order and may say that it goes to sleep.
///
/// Thread   push() from any thread, lock-free but for the node's allocation; the rest on the taker's thread.
/// Owner    The queue owns what waits and drops it with itself.
/// Order    FIFO for the values of one thread.
/// Limit    None: who pushes bounds what it pushes.
template <class T>
class MpscQueue {
 public:
  MpscQueue() = default;
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  ~MpscQueue() {
    T dropped;
    while (pop(dropped)) {}
  }

  /// True when the taker sleeps: the caller wakes it. Of several who push to a sleeping one, exactly one gets true.
  [[nodiscard]] bool push(T value) {
    Node* const node = new Node{nullptr, std::move(value)};
    Node* top = top_.load(std::memory_order_relaxed);
    do {
      node->next = top == asleep() ? nullptr : top;
    } while (!top_.compare_exchange_weak(top, node, std::memory_order_seq_cst, std::memory_order_relaxed));
    return top == asleep();
  }

  /// False when nothing waits.
  bool pop(T& value) {
    if (taken_ == nullptr) take_all();
    if (taken_ == nullptr) return false;
    Node* const node = taken_;
    taken_ = node->next;
    value = std::move(node->value);
    delete node;
    return true;
  }

  /// True: nothing waits, and the next push() says that the taker has to be woken. False: pop() gives something.
  [[nodiscard]] bool sleep_if_empty() {
    if (taken_ != nullptr) return false;
    Node* expected = nullptr;
    return top_.compare_exchange_strong(expected, asleep(), std::memory_order_seq_cst) ||
           expected == asleep();
  }

 private:
  struct Node {
    Node* next;
    T value;
  };

  /// Stands in place of "empty" while the taker sleeps; never followed.
  Node* asleep() { return reinterpret_cast<Node*>(this); }

  void take_all() {
    // Only looks when there is nothing, so that an idle taker does not write the line that others push to.
    Node* newest_first = top_.load(std::memory_order_relaxed);
    if (newest_first == nullptr) return;
    newest_first = top_.exchange(nullptr, std::memory_order_acquire);
    if (newest_first == asleep()) return;
    while (newest_first != nullptr) {
      Node* const older = newest_first->next;
      newest_first->next = taken_;
      taken_ = newest_first;
      newest_first = older;
    }
  }

  // Any thread (atomic).
  std::atomic<Node*> top_{nullptr};
  // The taker's thread only.
  Node* taken_ = nullptr;  // oldest first
};

}  // namespace plaza
