#include "bench/raw_floor.h"

#include <fmt/format.h>

#include <cstring>

#include "bench/checks.h"
#include "bench/interrupt.h"
#include "bench/link.h"
#include "bench/relay_process.h"
#include "bench/report.h"
#include "bench/send_window.h"

namespace plaza::bench {

namespace {

constexpr std::int64_t kWaitNs = 100'000'000;
constexpr std::int64_t kSilenceMaxNs = 10'000'000'000;

/// Each frame: the name of the receiver, the number of the message (8 bytes), then filler up to the payload.
class FloorRun final : public LinkHandler {
 public:
  FloorRun(LinkLoop& loop, const Options& options, const Stopwatch& stopwatch, Progress& progress)
      : loop_(loop), options_(options), stopwatch_(stopwatch), progress_(progress) {
    frame_.assign(4 + options.payload, 'x');
  }

  Result<Interval, std::string> go(const Target& target) {
    for (std::uint32_t i = 0; i < 2 * options_.pairs; ++i) {
      ends_.push_back({.link = &loop_.add(*this, i),
                       .window = SendWindow(static_cast<std::uint32_t>(options_.window), 0),
                       .check = {}});
    }
    for (std::uint32_t i = 0; i < ends_.size(); ++i) {
      loop_.open(*ends_[i].link, target);
      if (!until([&] { return open_ > i; })) return fail(error_);
    }
    sending_ = true;
    for (std::uint32_t i = 0; i < ends_.size(); i += options_.both_ways ? 1 : 2) pump(i);
    const std::int64_t begin = now_ns() + static_cast<std::int64_t>(options_.warmup_ms) * 1'000'000;
    if (!until([&] { return now_ns() >= begin; })) return fail(error_);
    stopwatch_.start(relayed_);
    const std::int64_t end = begin + static_cast<std::int64_t>(options_.seconds) * 1'000'000'000;
    if (!until([&] { return now_ns() >= end; })) return fail(error_);
    const Interval interval = stopwatch_.stop(relayed_);
    sending_ = false;
    if (!until([&] { return in_flight_ == 0; })) return fail(error_);
    for (const End& e : ends_) {
      if (!e.check.finish(ends_[e.link->tag ^ 1].window.accepted_count()).clean()) {
        return fail(std::string("the bare relay did not relay everything in order"));
      }
    }
    for (const End& e : ends_) loop_.close(*e.link);
    return interval;
  }

 private:
  struct End {
    Link* link;
    SendWindow window;
    OrderCheck check;
  };

  template <class Condition>
  bool until(const Condition& condition) {
    std::uint64_t last = relayed_ + open_;
    std::int64_t last_ns = now_ns();
    while (!condition() && error_.empty()) {
      loop_.turn(kWaitNs);
      const std::int64_t now = now_ns();
      if (relayed_ + open_ != last) last = relayed_ + open_, last_ns = now;
      if (now - last_ns > kSilenceMaxNs) error_ = "the bare relay does not relay";
      if (interrupted()) error_ = "interrupted";
      if (progress_.due(now))
        progress_.tick(now, fmt::format("bare relay: {} relayed", with_commas(relayed_)));
    }
    return error_.empty();
  }

  void on_open(Link& link) override { link.send({reinterpret_cast<const char*>(&link.tag), 4}); }
  void on_closed(Link&, const std::string& why) override { error_ = "bare relay: " + why; }

  void on_frame(Link& link, std::string_view frame) override {
    if (frame.size() == 4) return void(++open_);
    std::uint64_t number = 0;
    if (frame.size() != frame_.size()) return void(error_ = "the bare relay changed a frame");
    std::memcpy(&number, frame.data() + 4, sizeof number);
    ends_[link.tag].check.saw(number);
    ++relayed_;
    --in_flight_;
    if (!ends_[link.tag ^ 1].window.accepted(number)) error_ = "the bare relay doubled a frame";
    pump(link.tag ^ 1);
  }

  void pump(std::uint32_t i) {
    End& e = ends_[i];
    const std::uint32_t to = i ^ 1;
    while (sending_ && e.window.open(1)) {
      const std::uint64_t number = e.window.take(1);
      std::memcpy(frame_.data(), &to, sizeof to);
      std::memcpy(frame_.data() + 4, &number, sizeof number);
      e.link->send(frame_);
      ++in_flight_;
    }
  }

  LinkLoop& loop_;
  const Options& options_;
  Stopwatch stopwatch_;
  Progress& progress_;
  std::vector<End> ends_;
  std::string frame_, error_;
  std::uint64_t open_ = 0, relayed_ = 0, in_flight_ = 0;
  bool sending_ = false;
};

}  // namespace

Result<Interval, std::string> measure_floor(const Options& options, const CpuList& relay_cpus,
                                            Progress& progress) {
  auto relay = RelayProcess::start(options, relay_cpus);
  if (!relay) return fail(relay.error());
  LinkLoop loop;
  FloorRun run(loop, options, Stopwatch((*relay)->meter(), relay_cpus), progress);
  return run.go((*relay)->target());
}

}  // namespace plaza::bench
