#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "login/login_service.h"

namespace plaza::login {

struct TokenCacheOptions {
  std::size_t entries_max = 100'000;
  /// How long an entry is believed without asking the database: bounds what a lost revocation event of another node can do.
  std::int64_t fresh_ms = 60'000;
};

/// Logins by token that were answered from the database lately, by the token's hash.
///
/// Thread   Any thread, also a shard's: 16 stripes, each with a lock held for one look-up.
/// Limit    entries_max, least recently used out first, per stripe.
/// Order    After forget(account) has returned no entry that was read from the database before it is found again, also
///          when its put() comes later: put() wants the ticket() that was taken before the reading.
///
/// Forgetting is a counter per account (4096 of them, shared by hash) that entries are compared with, so that it costs the same
/// for one token or a thousand.
class TokenCache {
 public:
  explicit TokenCache(TokenCacheOptions options);

  [[nodiscard]] std::shared_ptr<const LoggedIn> find(const std::string& hash, std::int64_t wall_ms,
                                                     std::int64_t steady_ms);
  /// Take it before reading what is then put().
  [[nodiscard]] std::uint64_t ticket() const { return forgotten_.load(); }
  void put(const std::string& hash, std::shared_ptr<const LoggedIn> login, std::int64_t steady_ms,
           std::uint64_t ticket);
  void forget(AccountId account);
  [[nodiscard]] std::size_t size() const;

 private:
  using Hash = std::array<char, 32>;
  struct Entry {
    Hash hash;
    std::shared_ptr<const LoggedIn> login;  ///< shared with callers that are reading it
    std::int64_t read_ms = 0;
    std::uint64_t generation = 0;
  };
  using Order = std::list<Entry>;
  /// The index holds places in the list only; it is asked by hash.
  struct ByHash {
    using is_transparent = void;
    std::size_t operator()(const Hash& hash) const noexcept;
    std::size_t operator()(Order::iterator at) const noexcept { return (*this)(at->hash); }
    bool operator()(Order::iterator x, Order::iterator y) const noexcept { return x->hash == y->hash; }
    bool operator()(const Hash& x, Order::iterator y) const noexcept { return x == y->hash; }
    bool operator()(Order::iterator x, const Hash& y) const noexcept { return x->hash == y; }
  };
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    // Guarded by mutex.
    Order order;  ///< newest first
    std::unordered_set<Order::iterator, ByHash, ByHash> index;
  };
  static constexpr std::size_t kStripes = 16;
  static constexpr std::size_t kGenerations = 4096;

  static Hash as_hash(const std::string& hash);
  Stripe& stripe(const Hash& hash);
  static void erase(Stripe& s, Order::iterator at);
  std::atomic<std::uint64_t>& generation(AccountId account);

  // Constant after construction.
  const TokenCacheOptions options_;
  // Any thread.
  std::array<Stripe, kStripes> stripes_;
  std::array<std::atomic<std::uint64_t>, kGenerations> generations_{};
  std::atomic<std::uint64_t> forgotten_{0};
};

}  // namespace plaza::login
