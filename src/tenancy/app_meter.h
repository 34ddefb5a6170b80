#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "base/ids.h"
#include "ports/quotas.h"

namespace plaza::tenancy {

/// What an app uses of this node while it runs, and what it may: sessions, messages a second, bytes of messages and files. (Members and
/// rooms are counted by the directory, which makes them.)
///
/// Thread   Any; no lock. Sessions and messages are counted exactly, whatever shards they are on.
/// Owner    AppMeters; the app's members on every shard hold it too, so that no message looks for it.
/// Order    A quota that is set holds from the next call on; what an app has already stays.
///
/// Why the rate is one number that all shards count in, and not a share for each: an app whose members are on one shard would
/// get a part of what it may have, and shares that move make the last message before the limit one of several. An app without
/// a rate, which is the rule, costs a read of a number that nobody writes.
class AppMeter {
 public:
  explicit AppMeter(AppId app) : app_(app) {}

  [[nodiscard]] AppId app() const { return app_; }
  void set(const ports::Quotas& quotas);
  [[nodiscard]] std::uint64_t quota(ports::Quota quota) const {
    return quotas_[static_cast<std::size_t>(quota)].load(std::memory_order_relaxed);
  }

  /// One session more; false when the app has all that it may.
  [[nodiscard]] bool enter();
  /// Of one that takes the place of another, which leaves after it: it is not refused, and not one more.
  void enter_instead() { sessions_.fetch_add(1, std::memory_order_relaxed); }
  void leave() { sessions_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t sessions() const { return sessions_.load(std::memory_order_relaxed); }

  /// Counts a message, or false with the milliseconds after which one more is allowed. now_ms is steady and > 0.
  [[nodiscard]] bool send(std::int64_t now_ms, std::int64_t& wait_ms);

  /// Bytes of a file more; false when they are more than are left.
  [[nodiscard]] bool take_bytes(std::uint64_t bytes);
  void give_bytes(std::uint64_t bytes) { stored(bytes, 0); }

  /// What is stored takes all that it may: nothing more is to be stored. What was on its way before is stored still,
  /// so an app may get past it by what its sessions have sent and the store has not decided (edge.send_window_max each).
  [[nodiscard]] bool full() const {
    const std::uint64_t most = quota(ports::Quota::stored_bytes);
    return most != 0 && stored_bytes() >= most;
  }
  [[nodiscard]] std::uint64_t stored_bytes() const { return stored_bytes_.load(std::memory_order_relaxed); }
  /// As the store reports it: a change, in the store's order.
  void stored(std::uint64_t before, std::uint64_t now) {
    stored_bytes_.fetch_add(now - before, std::memory_order_relaxed);
  }

 private:
  // Constant after construction.
  const AppId app_;
  // Any thread (atomic). Written seldom, read with each message.
  std::array<std::atomic<std::uint64_t>, ports::kQuotas> quotas_{};
  std::atomic<std::uint64_t> stored_bytes_{0};
  // Written with each login, or with each message of an app that has a rate.
  alignas(64) std::atomic<std::uint64_t> sessions_{0};
  std::atomic<std::int64_t> next_ns_{0};  ///< of the rate: the theoretical arrival time of the next message
};

}  // namespace plaza::tenancy
