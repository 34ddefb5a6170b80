#include "net/timer_wheel.h"

#include <algorithm>

#include "base/check.h"

namespace plaza::net {

/// The end of a slot's ring: never fires.
class TimerWheel::Head final : public Timer {
 public:
  Head() { next_ = previous_ = this; }
  Head(const Head&) = delete;
  ~Head() override {
    while (!empty()) first().cancel();
    next_ = previous_ = nullptr;
  }
  [[nodiscard]] bool empty() const { return next_ == this; }
  [[nodiscard]] Timer& first() { return *next_; }

  void insert(Timer& timer) {
    timer.next_ = this;
    timer.previous_ = previous_;
    previous_->next_ = &timer;
    previous_ = &timer;
  }
  void take_all(Head& other) {
    if (other.empty()) return;
    next_ = other.next_;
    previous_ = other.previous_;
    next_->previous_ = this;
    previous_->next_ = this;
    other.next_ = other.previous_ = &other;
  }

 private:
  void on_timer() override {}
};

void Timer::cancel() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
  if (armed_count_ != nullptr) --*armed_count_;
  armed_count_ = nullptr;
}

TimerWheel::TimerWheel(std::int64_t now_ms, std::uint32_t tick_ms)
    : tick_ms_(tick_ms),
      now_ms_(now_ms),
      tick_(static_cast<std::uint64_t>(now_ms) / tick_ms),
      slots_(std::make_unique<Head[]>(kSlots)) {
  PLAZA_CHECK(now_ms >= 0 && tick_ms > 0);
}

TimerWheel::~TimerWheel() = default;

void TimerWheel::arm(Timer& timer, std::int64_t delay_ms) {
  timer.cancel();
  const auto due_ms = static_cast<std::uint64_t>(now_ms_ + std::max<std::int64_t>(delay_ms, 0));
  timer.due_tick_ = std::max((due_ms + tick_ms_ - 1) / tick_ms_, tick_ + 1);
  link(timer);
}

void TimerWheel::link(Timer& timer) {
  slots_[timer.due_tick_ % kSlots].insert(timer);
  timer.armed_count_ = &armed_;
  ++armed_;
}

std::size_t TimerWheel::advance(std::int64_t now_ms) {
  now_ms_ = std::max(now_ms_, now_ms);
  const auto target = static_cast<std::uint64_t>(now_ms_) / tick_ms_;
  std::size_t fired = 0;
  while (tick_ < target) {
    if (armed_ == 0) {
      tick_ = target;
      break;
    }
    ++tick_;
    fired += run_slot();
  }
  return fired;
}

// The slot is emptied first: a callback may arm (also into this slot, a round later), cancel or destroy any
// timer.
std::size_t TimerWheel::run_slot() {
  Head& slot = slots_[tick_ % kSlots];
  if (slot.empty()) return 0;
  Head here;
  here.take_all(slot);
  std::size_t fired = 0;
  while (!here.empty()) {
    Timer& timer = here.first();
    timer.cancel();
    if (timer.due_tick_ > tick_) {
      link(timer);
    } else {
      ++fired;
      timer.on_timer();
    }
  }
  return fired;
}

std::int64_t TimerWheel::sleep_ms_max(std::int64_t now_ms) const {
  if (armed_ == 0) return -1;
  const auto next_ms = static_cast<std::int64_t>((tick_ + 1) * tick_ms_);
  return std::max<std::int64_t>(next_ms - now_ms, 0);
}

}  // namespace plaza::net
