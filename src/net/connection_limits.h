#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "net/address.h"
#include "net/listener.h"

namespace plaza::net {

class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ConnectionLimitsOptions& options) : options_(options) {}

  /// True: counted; release() with the same address when the connection ends.
  [[nodiscard]] bool admit(const Address& remote);
  void release(const Address& remote);
  [[nodiscard]] std::uint32_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  struct HashIp {
    std::size_t operator()(const std::array<std::uint8_t, 16>& ip) const noexcept;
  };

  // Constant after construction.
  const ConnectionLimitsOptions options_;
  // Any thread (atomic).
  std::atomic<std::uint32_t> open_{0};
  // Guarded by mutex_. Taken when a connection begins and ends, never while it lives.
  std::mutex mutex_;
  std::unordered_map<std::array<std::uint8_t, 16>, std::uint32_t, HashIp> per_address_;
};

}  // namespace plaza::net
