#include "net/connection_limits.h"

#include <cstring>

#include "base/check.h"
#include "base/ids.h"

namespace plaza::net {

std::size_t ConnectionLimits::HashIp::operator()(const std::array<std::uint8_t, 16>& ip) const noexcept {
  std::uint64_t parts[2];
  std::memcpy(parts, ip.data(), sizeof parts);
  return mix64(parts[0] ^ mix64(parts[1]));
}

bool ConnectionLimits::admit(const Address& remote) {
  const std::lock_guard lock(mutex_);
  if (open_.load(std::memory_order_relaxed) >= options_.connections_max) return false;
  std::uint32_t& count = per_address_[remote.ip];
  if (count >= options_.per_address_max) {
    if (count == 0) per_address_.erase(remote.ip);
    return false;
  }
  ++count;
  open_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void ConnectionLimits::release(const Address& remote) {
  const std::lock_guard lock(mutex_);
  const auto found = per_address_.find(remote.ip);
  PLAZA_CHECK(found != per_address_.end());
  if (--found->second == 0) per_address_.erase(found);
  open_.fetch_sub(1, std::memory_order_relaxed);
}

std::shared_ptr<ConnectionLimits> make_connection_limits(const ConnectionLimitsOptions& options) {
  return std::make_shared<ConnectionLimits>(options);
}

std::uint32_t connections_open(const ConnectionLimits& limits) { return limits.open(); }

}  // namespace plaza::net
