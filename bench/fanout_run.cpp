#include "bench/fanout_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/interrupt.h"
#include "bench/report.h"

namespace plaza::bench {

namespace {
constexpr std::int64_t kWaitNs = 100'000'000;
constexpr std::int64_t kSilenceBeforeAskingNs = 1'000'000'000;
constexpr int kAsksMax = 3;
constexpr std::int64_t kAfterwardsNs = 200'000'000;
}  // namespace

FanoutRun::FanoutRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, std::size_t subscribers,
                     std::uint64_t window)
    : loop_(loop), stopwatch_(stopwatch), progress_(progress), seen_(subscribers), window_(window) {
  std::size_t slots = 1;
  while (slots < 2 * window) slots *= 2;
  slots_.resize(slots);
}

void FanoutRun::give_up(const std::string& why) {
  if (error_.empty()) error_ = why;
}

void FanoutRun::on_closed(Link&, const std::string& why) { give_up("a connection ended: " + why); }

void FanoutRun::pump() {
  while (sending_ && published_ - complete_ < window_) {
    Slot& slot = slots_[(published_ + 1) & (slots_.size() - 1)];
    if (slot.missing != 0) return;  // one that is that much older has not arrived everywhere
    slot = {.number = ++published_, .since_ns = now_ns(), .missing = seen_.size()};
    publish(published_);
  }
}

void FanoutRun::delivered(std::uint32_t subscriber, std::uint64_t number) {
  // Reading the clock costs as much as all else here: once for what one read brought.
  if (std::exchange(last_subscriber_, subscriber) != subscriber) now_ns_ = now_ns();
  seen_[subscriber].saw(number);
  ++deliveries_;
  Slot& slot = slots_[number & (slots_.size() - 1)];
  if (slot.number != number || slot.missing == 0) return;
  if (measuring_)
    latency_.record(static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns_ - slot.since_ns, 0)));
  if (--slot.missing == 0) ++complete_;
}

bool FanoutRun::turn() {
  last_subscriber_ = ~std::uint32_t{0};
  loop_.turn(kWaitNs);
  pump();
  const std::int64_t now = now_ns();
  if (progress_.due(now)) {
    progress_.tick(
        now, fmt::format("{} published, {} delivered", with_commas(published_), with_commas(deliveries_)));
  }
  if (interrupted()) give_up("interrupted");
  return error_.empty();
}

Result<Interval, std::string> FanoutRun::run(std::uint64_t warmup_ms, std::uint64_t seconds) {
  const auto go_on_until = [&](std::int64_t end) {
    while (now_ns() < end) {
      if (!turn()) return false;
    }
    return true;
  };
  sending_ = true;
  pump();
  if (!go_on_until(now_ns() + static_cast<std::int64_t>(warmup_ms) * 1'000'000)) return fail(error_);
  measuring_ = true;
  stopwatch_.start(deliveries_);
  if (!go_on_until(now_ns() + static_cast<std::int64_t>(seconds) * 1'000'000'000)) return fail(error_);
  const Interval interval = stopwatch_.stop(deliveries_);
  measuring_ = sending_ = false;
  std::uint64_t last = deliveries_;
  std::int64_t last_ns = now_ns();
  for (int asked = 0; complete_ < published_ && asked <= kAsksMax;) {
    if (!turn()) return fail(error_);
    if (deliveries_ != last) last = deliveries_, last_ns = now_ns();
    if (now_ns() - last_ns < kSilenceBeforeAskingNs) continue;
    ask_for_missing();
    ++asked, last_ns = now_ns();
  }
  // What comes too often comes after the last one that was waited for.
  if (!go_on_until(now_ns() + kAfterwardsNs)) return fail(error_);
  return interval;
}

Findings FanoutRun::findings() const {
  Findings found;
  for (const OrderCheck& check : seen_) found.add(check.finish(published_));
  found.corrupted += corrupted_;
  return found;
}

}  // namespace plaza::bench
