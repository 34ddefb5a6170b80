#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/checks.h"
#include "bench/histogram.h"
#include "bench/interval.h"
#include "bench/link.h"
#include "bench/progress.h"

namespace plaza::bench {

/// One who publishes to many, and every delivery checked. How it is said and what a delivery must be is derived classes'.
///
/// Window     So many publications are under way; one is until every subscriber has it. So the load cannot run ahead of the
///            slowest subscriber, and with window 1 nothing can be gathered.
/// Operation  One delivery: one publication at one subscriber.
/// Thread     The loop's.
class FanoutRun : public LinkHandler {
 public:
  FanoutRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, std::size_t subscribers,
            std::uint64_t window);

  [[nodiscard]] Result<Interval, std::string> run(std::uint64_t warmup_ms, std::uint64_t seconds);
  /// From the sending of a publication to each delivery, in the measured interval.
  [[nodiscard]] const Histogram& latency() const { return latency_; }
  [[nodiscard]] Findings findings() const;

 protected:
  /// Sends the publication of this number (1, 2, 3...).
  virtual void publish(std::uint64_t number) = 0;
  /// Deliveries that are missing will not come by themselves: ask for them. Called after a second of silence.
  virtual void ask_for_missing() {}

  /// A delivery arrived whole and right.
  void delivered(std::uint32_t subscriber, std::uint64_t number);
  void corrupted() { ++corrupted_; }
  void give_up(const std::string& why);
  [[nodiscard]] std::uint64_t published() const { return published_; }

  LinkLoop& loop_;

 private:
  struct Slot {
    std::uint64_t number = 0;
    std::int64_t since_ns = 0;
    std::uint64_t missing = 0;
  };
  void on_closed(Link& link, const std::string& why) override;
  void pump();
  bool turn();

  Stopwatch stopwatch_;
  Progress& progress_;
  Histogram latency_;
  std::vector<OrderCheck> seen_;  // by subscriber
  std::vector<Slot> slots_;       // by number
  std::string error_;
  const std::uint64_t window_;
  std::uint64_t published_ = 0, complete_ = 0, deliveries_ = 0, corrupted_ = 0;
  std::uint32_t last_subscriber_ = ~std::uint32_t{0};
  std::int64_t now_ns_ = 0;  // of the read that is being looked at
  bool sending_ = false, measuring_ = false;
};

}  // namespace plaza::bench
