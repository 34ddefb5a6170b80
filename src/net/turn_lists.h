#pragma once
#include "net/pollable.h"

namespace plaza::net {

/// A ring of Pollables through one of their two links: O(1) everywhere, no allocation.
///
/// Thread   The shard's only. An item that is destroyed takes itself off.
template <class Link>
class TurnList {
 public:
  TurnList() { head_.next = head_.previous = &head_; }

  [[nodiscard]] bool empty() const { return head_.next == &head_; }
  void push_back(Link& item) { insert_before(head_, item); }
  [[nodiscard]] Link& front() { return static_cast<Link&>(*head_.next); }

  /// Moves everything of `other` before what is here.
  void prepend(TurnList& other) {
    if (other.empty()) return;
    detail::TurnLink* first = other.head_.next;
    detail::TurnLink* last = other.head_.previous;
    other.head_.next = other.head_.previous = &other.head_;
    last->next = head_.next;
    head_.next->previous = last;
    head_.next = first;
    first->previous = &head_;
  }

 private:
  static void insert_before(detail::TurnLink& where, Link& item) {
    item.next = &where;
    item.previous = where.previous;
    where.previous->next = &item;
    where.previous = &item;
  }
  detail::TurnLink head_;
};

/// Who waits for which phase of the shard's turn. A Pollable is on at most one of ready and gone, and on
/// dirty besides.
class TurnLists {
 public:
  void mark_ready(Pollable& item) {
    if (!static_cast<detail::ServeLink&>(item).linked()) ready_.push_back(item);
  }
  void mark_dirty(Pollable& item) {
    if (!static_cast<detail::FlushLink&>(item).linked()) dirty_.push_back(item);
  }
  void mark_gone(Pollable& item) {
    static_cast<detail::ServeLink&>(item).unlink();
    gone_.push_back(item);
  }
  [[nodiscard]] bool any() const { return !ready_.empty() || !dirty_.empty() || !gone_.empty(); }

  /// Serves the ready in the order in which they became so, within the budget. One that is not done goes to
  /// the end.
  void serve(TurnBudget& budget) {
    TurnList<detail::ServeLink> now;
    now.prepend(ready_);
    while (!now.empty() && budget.frames > 0) {
      Pollable& item = take(now);
      if (item.serve(budget)) mark_ready(item);
    }
    ready_.prepend(now);
  }
  void bury(std::uint32_t items_max) {
    TurnList<detail::ServeLink> now;
    now.prepend(gone_);
    for (; !now.empty() && items_max > 0; --items_max) take(now).bury();
    gone_.prepend(now);
  }
  void flush() {
    TurnList<detail::FlushLink> now;
    now.prepend(dirty_);
    while (!now.empty()) take(now).flush();
  }

 private:
  template <class Link>
  static Pollable& take(TurnList<Link>& list) {
    Link& link = list.front();
    link.unlink();
    return static_cast<Pollable&>(link);
  }

  TurnList<detail::ServeLink> ready_;
  TurnList<detail::FlushLink> dirty_;
  TurnList<detail::ServeLink> gone_;
};

}  // namespace plaza::net
