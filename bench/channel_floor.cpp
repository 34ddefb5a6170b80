#include "bench/channel_floor.h"

#include <cstring>

#include "bench/fanout_run.h"
#include "bench/interrupt.h"
#include "bench/raw_relay.h"
#include "bench/relay_process.h"

namespace plaza::bench {

namespace {

constexpr std::int64_t kWaitNs = 100'000'000;
constexpr std::int64_t kOpenMaxNs = 10'000'000'000;

/// Each frame: for everybody, the number of the publication (8 bytes), then filler up to the payload. Links 0..N-1 are the
/// subscribers, N is the publisher.
class ChannelFloorRun final : public FanoutRun {
 public:
  ChannelFloorRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress, const Options& options)
      : FanoutRun(loop, stopwatch, progress, options.subscribers, options.window) {
    frame_.assign(4 + options.payload, 'x');
    std::memcpy(frame_.data(), &kRelayToEverybody, sizeof kRelayToEverybody);
    for (std::uint32_t i = 0; i <= options.subscribers; ++i) links_.push_back(&loop.add(*this, i));
  }
  ~ChannelFloorRun() override {
    for (Link* link : links_) loop_.close(*link);
  }

  Result<void, std::string> open(const Target& target) {
    for (std::size_t i = 0; i < links_.size(); ++i) {
      loop_.open(*links_[i], target);
      const std::int64_t deadline = now_ns() + kOpenMaxNs;
      while (open_ <= i && now_ns() < deadline && !interrupted()) loop_.turn(kWaitNs);
      if (open_ <= i) return fail(std::string("the bare relay does not answer"));
    }
    return {};
  }

 private:
  void on_open(Link& link) override { link.send({reinterpret_cast<const char*>(&link.tag), 4}); }
  void publish(std::uint64_t number) override {
    std::memcpy(frame_.data() + 4, &number, sizeof number);
    links_.back()->send(frame_);
  }
  void on_frame(Link& link, std::string_view frame) override {
    if (frame.size() == 4) return void(++open_);
    std::uint64_t number = 0;
    if (frame.size() != frame_.size() || link.tag + 1 >= links_.size()) return corrupted();
    std::memcpy(&number, frame.data() + 4, sizeof number);
    delivered(link.tag, number);
  }

  std::vector<Link*> links_;
  std::string frame_;
  std::size_t open_ = 0;
};

}  // namespace

Result<Interval, std::string> measure_channel_floor(const Options& options, const CpuList& relay_cpus,
                                                    Progress& progress) {
  auto relay = RelayProcess::start(options, relay_cpus);
  if (!relay) return fail(relay.error());
  LinkLoop loop;
  ChannelFloorRun run(loop, Stopwatch((*relay)->meter(), relay_cpus), progress, options);
  if (auto opened = run.open((*relay)->target()); !opened) return fail(opened.error());
  auto interval = run.run(options.warmup_ms, options.seconds);
  if (interval && !run.findings().clean())
    return fail(std::string("the bare relay did not relay everything in order"));
  return interval;
}

}  // namespace plaza::bench
