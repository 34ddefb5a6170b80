#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace plaza::net {

class TimerWheel;

/// Something that happens once, later. A member or base of what it belongs to; its memory is the owner's (no
/// allocation).
///
/// Thread   The wheel's thread only.
/// Stop     Destroying an armed timer cancels it; a cancelled timer never fires.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() { cancel(); }

  void cancel();
  [[nodiscard]] bool armed() const { return next_ != nullptr; }

 protected:
  /// Called once, disarmed; may arm this timer again, and may destroy it.
  virtual void on_timer() = 0;

 private:
  friend class TimerWheel;
  struct Sentinel;

  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  std::uint64_t due_tick_ = 0;
  std::uint32_t* armed_count_ = nullptr;
};

/// A timer that calls a function. For the few; what exists per connection derives from Timer.
class CallbackTimer final : public Timer {
 public:
  explicit CallbackTimer(std::move_only_function<void()> callback) : callback_(std::move(callback)) {}

 private:
  void on_timer() override { callback_(); }
  std::move_only_function<void()> callback_;
};

/// Many deadlines of which few are reached: login deadlines, heartbeats, close deadlines.
///
/// Thread   One (the shard's). Time is given by advance(), never asked for.
/// Cost     arm() and cancel() are O(1) without allocation; a tick costs the timers of its slot.
/// Limit    Resolution tick_ms (100): a timer fires at the first tick that is not before its time, never
///          early. A time further away than one round of the wheel (512 ticks) is passed over once per round.
///
/// Hashed wheel with unsorted slots: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987),
/// scheme 6.
class TimerWheel {
 public:
  static constexpr std::size_t kSlots = 512;

  explicit TimerWheel(std::int64_t now_ms = 0, std::uint32_t tick_ms = 100);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Fires once delay_ms from the time of the last advance(); an armed timer is moved. At least one tick
  /// passes.
  void arm(Timer& timer, std::int64_t delay_ms);
  /// Fires everything due at now_ms (which does not go back). Returns how many fired.
  std::size_t advance(std::int64_t now_ms);
  /// How long one may sleep before advance() has something to do: 0 and more; -1 when nothing is armed.
  [[nodiscard]] std::int64_t sleep_ms_max(std::int64_t now_ms) const;
  [[nodiscard]] std::uint32_t armed() const { return armed_; }

 private:
  class Head;
  void link(Timer& timer);
  std::size_t run_slot();

  // Constant after construction.
  const std::uint32_t tick_ms_;
  // The wheel's thread only.
  std::int64_t now_ms_;
  std::uint64_t tick_;
  std::uint32_t armed_ = 0;
  std::unique_ptr<Head[]> slots_;
};

}  // namespace plaza::net
