#pragma once
#include <cstdint>

namespace plaza::net {

namespace detail {
/// A place in one of the shard's lists; unlinks itself.
struct TurnLink {
  TurnLink* next = nullptr;
  TurnLink* previous = nullptr;

  TurnLink() = default;
  TurnLink(const TurnLink&) = delete;
  TurnLink& operator=(const TurnLink&) = delete;
  ~TurnLink() { unlink(); }
  [[nodiscard]] bool linked() const { return next != nullptr; }
  void unlink() {
    if (next == nullptr) return;
    next->previous = previous;
    previous->next = next;
    next = previous = nullptr;
  }
};
struct ServeLink : TurnLink {};
struct FlushLink : TurnLink {};
}  // namespace detail

/// How many more frames the shard takes in this turn; serve() subtracts what it delivered.
struct TurnBudget {
  std::uint32_t frames;
};

/// What a shard's turn serves: something with a file descriptor (a connection, a listener).
///
/// Thread   The shard's only.
/// Owner    Not the shard: it only links. Destroying a Pollable takes it off every list.
///
/// Readiness is only noted when it is reported and acted upon in its phase of the turn, so that one phase
/// cannot destroy what another is about to touch.
class Pollable : private detail::ServeLink, private detail::FlushLink {
 public:
  Pollable() = default;
  virtual ~Pollable() = default;

  /// epoll says something (EPOLLIN...). Only marks: Shard::mark_ready(), mark_dirty().
  virtual void on_events(std::uint32_t events) = 0;
  /// Phase "requests". Works within the budget; true: more is waiting here, stay on the list. After false
  /// (and only then) the object may be gone.
  virtual bool serve(TurnBudget& budget) = 0;
  /// Phase "flush": one gathered write.
  virtual void flush() = 0;
  /// Phase "gone" of a later turn than mark_gone(); the object may be gone afterwards.
  virtual void bury() = 0;

 protected:
  /// Off every list of the turn.
  void leave_turn() {
    detail::ServeLink::unlink();
    detail::FlushLink::unlink();
  }

 private:
  friend class TurnLists;
};

}  // namespace plaza::net
