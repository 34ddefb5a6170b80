#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

namespace plaza {

/// Whose work it is: any number that names an owner, such as an app. 0: nobody's in particular.
using Share = std::uint64_t;

/// Work of several owners that waits, with a bound: taken one of each owner in turn, and of each owner in its order.
///
/// Thread  One at a time: whoever owns it has a lock.
/// Limit   items_max in all. An owner may have as many waiting as there are places left: alone half of them, two that fill it a third
///         each. So however many one owner offers, the next owner finds a place; what is nobody's finds one until all are taken.
///         (The "dynamic threshold" of A. K. Choudhury, E. L. Hahne: Dynamic queue length thresholds for shared-memory packet
///         switches, 1998, with alpha = 1.)
/// Order   An item waits for at most one of each other owner for every one of its own owner's before it.
template <class T>
class FairQueue {
 public:
  explicit FairQueue(std::size_t items_max) : items_max_(items_max) {}

  /// False: there is no place for one more of this owner's; the item is dropped.
  [[nodiscard]] bool offer(Share share, T item) {
    const std::size_t places = items_max_ - size_;
    const auto at = queues_.find(share);
    if (places == 0 || (share != 0 && at != queues_.end() && at->second.size() >= places)) return false;
    if (at == queues_.end()) turns_.push_back(share);
    queues_[share].push_back(std::move(item));
    ++size_;
    return true;
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Whether there is something of an owner of whom `may(Share)` says yes.
  template <class May>
  [[nodiscard]] bool has(May may) const {
    return std::ranges::any_of(turns_, may);
  }
  /// Not when it is empty.
  T take() {
    return take([](Share) { return true; }).second;
  }
  /// Of the next one of whom `may` says yes, and who that is. Not when there is none.
  template <class May>
  std::pair<Share, T> take(May may) {
    const auto turn = std::ranges::find_if(turns_, may);
    const Share share = *turn;
    turns_.erase(turn);
    const auto at = queues_.find(share);
    T item = std::move(at->second.front());
    at->second.pop_front();
    --size_;
    if (at->second.empty()) {
      queues_.erase(at);
    } else {
      turns_.push_back(share);
    }
    return {share, std::move(item)};
  }
  void clear() {
    queues_.clear();
    turns_.clear();
    size_ = 0;
  }

 private:
  std::size_t items_max_;
  std::size_t size_ = 0;
  std::unordered_map<Share, std::deque<T>> queues_;  ///< none is empty
  std::deque<Share> turns_;                          ///< each that has something, once
};

}  // namespace plaza
