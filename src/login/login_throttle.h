#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ports/clock.h"

namespace plaza::login {

struct LoginThrottleOptions {
  std::int64_t delay_first_ms = 1'000;          ///< after the first failure of an account
  std::int64_t delay_max_ms = 15 * 60 * 1'000;  ///< doubling stops here
  std::int64_t forget_after_ms = 24 * 3'600 *
                                 1'000LL;  ///< an account's failures count for so long after the last one
  std::uint32_t attempts_at_once_max = 8;  ///< of one account without failures; with failures it is one
  std::uint32_t address_failures_per_minute = 20;  ///< also the burst; 0 = no limit
  std::uint32_t registrations_per_minute = 0;      ///< per address, also the burst; 0 = no limit
  std::size_t accounts_max = 100'000;              ///< remembered; the longest untouched is forgotten first
  std::size_t addresses_max = 100'000;
};

/// Makes guessing slow: per account the wait doubles with every failure, per address failures are rationed.
///
/// Thread   Any thread; one lock, held for a few map look-ups.
/// Time     Clock::steady_ms().
/// Limit    accounts_max and addresses_max entries, least recently used out first; an account that has no failures and no
///          attempt under way takes none.
/// Use      begin() before the work; unless it says wait, exactly one of succeeded(), failed() and abandoned() after it.
///
/// An account is whatever string the caller uses for it, known or not, so the answer does not tell whether it exists. Guesses in
/// parallel gain little: those of one account are bounded here, those of an address by the queue of the password hasher.
/// An address is not charged before a failure, since behind one there may be a hundred people who log in at once.
class LoginThrottle {
 public:
  LoginThrottle(const ports::Clock& clock, LoginThrottleOptions options);

  /// 0: go on. Otherwise how many ms to wait; nothing was counted. `account` may be empty (token logins).
  [[nodiscard]] std::int64_t begin(const std::string& account, const std::string& address);
  void succeeded(const std::string& account);
  void failed(const std::string& account, const std::string& address);
  /// The attempt was not decided (storage away, too busy): as if it had not been.
  void abandoned(const std::string& account);

  /// 0: this address may register now, and it is counted. Otherwise how many ms to wait.
  [[nodiscard]] std::int64_t begin_registration(const std::string& address);

 private:
  struct Account {
    std::uint32_t failures = 0;
    std::uint32_t attempts = 0;  ///< between begin() and its outcome
    std::int64_t last_failure_ms = 0;
    std::int64_t open_ms = 0;  ///< no attempt before
  };
  /// A leaky bucket that drains at the permitted rate.
  struct Bucket {
    std::int64_t level = 0;
    std::int64_t at_ms = 0;
  };
  struct Address {
    Bucket failures;
    Bucket registrations;
  };
  /// A map that forgets the least recently used entry when it is full.
  template <class Value>
  struct Recent {
    using Order = std::list<std::pair<std::string, Value>>;
    Value& get(const std::string& key, std::size_t entries_max);
    Value* find(const std::string& key);
    void erase(const std::string& key);
    Order order;  ///< newest first
    std::unordered_map<std::string_view, typename Order::iterator> index;
  };

  static std::int64_t wait_for(Bucket& bucket, std::uint32_t per_minute, std::int64_t now_ms);
  Account* finish_locked(const std::string& account);
  void drop_if_blank_locked(const std::string& account);
  [[nodiscard]] std::int64_t delay_ms(std::uint32_t failures) const;

  // Constant after construction.
  const ports::Clock& clock_;
  const LoginThrottleOptions options_;
  // Guarded by mutex_.
  std::mutex mutex_;
  Recent<Account> accounts_;
  Recent<Address> addresses_;
};

/// What an address counts as: an IPv4 address itself, of an IPv6 address its /64 (one customer has all of it), an IPv4 address
/// in IPv6 clothes as that IPv4 address; anything else as it is.
std::string throttle_address(const std::string& address);

}  // namespace plaza::login
