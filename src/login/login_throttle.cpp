#include "login/login_throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace plaza::login {
namespace {

// One event in a bucket's unit, chosen so that a rate of n a minute drains exactly n units a millisecond: nothing is lost to
// rounding, however often somebody asks.
constexpr std::int64_t kEvent = 60'000;

}  // namespace

LoginThrottle::LoginThrottle(const ports::Clock& clock, LoginThrottleOptions options)
    : clock_(clock), options_(options) {}

template <class Value>
Value& LoginThrottle::Recent<Value>::get(const std::string& key, std::size_t entries_max) {
  if (Value* found = find(key)) return *found;
  order.emplace_front(key, Value{});
  index.emplace(order.front().first, order.begin());
  if (order.size() > entries_max) {
    index.erase(order.back().first);
    order.pop_back();
  }
  return order.front().second;
}

template <class Value>
Value* LoginThrottle::Recent<Value>::find(const std::string& key) {
  const auto at = index.find(key);
  if (at == index.end()) return nullptr;
  order.splice(order.begin(), order, at->second);
  return &at->second->second;
}

template <class Value>
void LoginThrottle::Recent<Value>::erase(const std::string& key) {
  const auto at = index.find(key);
  if (at == index.end()) return;
  const auto gone = at->second;
  index.erase(at);
  order.erase(gone);
}

std::int64_t LoginThrottle::wait_for(Bucket& bucket, std::uint32_t per_minute, std::int64_t now_ms) {
  bucket.level = std::max<std::int64_t>(0, bucket.level - (now_ms - bucket.at_ms) * per_minute);
  bucket.at_ms = now_ms;
  const std::int64_t over = bucket.level + kEvent - std::int64_t{per_minute} * kEvent;
  return over <= 0 ? 0 : (over + per_minute - 1) / per_minute;
}

std::int64_t LoginThrottle::delay_ms(std::uint32_t failures) const {
  std::int64_t delay = options_.delay_first_ms;
  for (std::uint32_t i = 1; i < failures && delay < options_.delay_max_ms; ++i) delay *= 2;
  return std::min(delay, options_.delay_max_ms);
}

std::int64_t LoginThrottle::begin(const std::string& account, const std::string& address) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.steady_ms();
  if (Account* a = account.empty() ? nullptr : accounts_.find(account)) {
    if (a->open_ms > now) return a->open_ms - now;
    if (a->failures > 0 && now - a->last_failure_ms >= options_.forget_after_ms) a->failures = 0;
    if (a->attempts >= (a->failures > 0 ? 1 : options_.attempts_at_once_max)) return options_.delay_first_ms;
  }
  if (options_.address_failures_per_minute > 0) {
    if (Address* a = addresses_.find(throttle_address(address))) {
      const std::int64_t wait = wait_for(a->failures, options_.address_failures_per_minute, now);
      if (wait > 0) return wait;
    }
  }
  if (!account.empty()) ++accounts_.get(account, options_.accounts_max).attempts;
  return 0;
}

LoginThrottle::Account* LoginThrottle::finish_locked(const std::string& account) {
  Account* a = account.empty() ? nullptr : accounts_.find(account);
  if (a && a->attempts > 0) --a->attempts;
  return a;
}

void LoginThrottle::succeeded(const std::string& account) {
  const std::lock_guard lock(mutex_);
  if (Account* a = finish_locked(account)) {
    a->failures = 0;
    a->open_ms = 0;
    drop_if_blank_locked(account);
  }
}

void LoginThrottle::drop_if_blank_locked(const std::string& account) {
  const Account* a = accounts_.find(account);
  if (a && a->attempts == 0 && a->failures == 0) accounts_.erase(account);
}

void LoginThrottle::failed(const std::string& account, const std::string& address) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.steady_ms();
  if (options_.address_failures_per_minute > 0) {
    Bucket& bucket = addresses_.get(throttle_address(address), options_.addresses_max).failures;
    static_cast<void>(wait_for(bucket, options_.address_failures_per_minute, now));
    bucket.level += kEvent;
  }
  if (account.empty()) return;
  finish_locked(account);
  Account& a = accounts_.get(account, options_.accounts_max);
  ++a.failures;
  a.last_failure_ms = now;
  a.open_ms = now + delay_ms(a.failures);
}

void LoginThrottle::abandoned(const std::string& account) {
  const std::lock_guard lock(mutex_);
  if (finish_locked(account)) drop_if_blank_locked(account);
}

std::int64_t LoginThrottle::begin_registration(const std::string& address) {
  if (options_.registrations_per_minute == 0) return 0;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = addresses_.get(throttle_address(address), options_.addresses_max).registrations;
  const std::int64_t wait = wait_for(bucket, options_.registrations_per_minute, clock_.steady_ms());
  if (wait == 0) bucket.level += kEvent;
  return wait;
}

std::string throttle_address(const std::string& address) {
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (std::memcmp(six.s6_addr, kMapped.data(), kMapped.size()) == 0) {
    inet_ntop(AF_INET, six.s6_addr + kMapped.size(), text.data(), text.size());
    return text.data();
  }
  std::fill(six.s6_addr + 8, six.s6_addr + 16, static_cast<unsigned char>(0));
  inet_ntop(AF_INET6, &six, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace plaza::login
