#include "login/token_cache.h"

#include <algorithm>
#include <cstring>

namespace plaza::login {
namespace {

/// The hash is SHA-256: any 8 bytes of it are as good as any hash of them.
std::uint64_t bytes_of(const std::array<char, 32>& hash, std::size_t offset) {
  std::uint64_t value = 0;
  std::memcpy(&value, hash.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::size_t TokenCache::ByHash::operator()(const Hash& hash) const noexcept { return bytes_of(hash, 0); }

TokenCache::Hash TokenCache::as_hash(const std::string& hash) {
  Hash bytes{};
  std::memcpy(bytes.data(), hash.data(), std::min(hash.size(), bytes.size()));
  return bytes;
}

TokenCache::TokenCache(TokenCacheOptions options) : options_(options) {}

TokenCache::Stripe& TokenCache::stripe(const Hash& hash) { return stripes_[bytes_of(hash, 8) % kStripes]; }

std::atomic<std::uint64_t>& TokenCache::generation(AccountId account) {
  return generations_[mix64(account.value) % kGenerations];
}

void TokenCache::erase(Stripe& s, Order::iterator at) {
  s.index.erase(at);
  s.order.erase(at);
}

std::shared_ptr<const LoggedIn> TokenCache::find(const std::string& hash_text, std::int64_t wall_ms,
                                                 std::int64_t steady_ms) {
  const Hash hash = as_hash(hash_text);
  Stripe& s = stripe(hash);
  const std::lock_guard lock(s.mutex);
  const auto found = s.index.find(hash);
  if (found == s.index.end()) return nullptr;
  const Order::iterator at = *found;
  const bool good = at->login->token_expires_ms > wall_ms && steady_ms - at->read_ms < options_.fresh_ms &&
                    at->generation == generation(at->login->account).load();
  if (!good) {
    erase(s, at);
    return nullptr;
  }
  s.order.splice(s.order.begin(), s.order, at);
  return at->login;
}

void TokenCache::put(const std::string& hash_text, std::shared_ptr<const LoggedIn> login,
                     std::int64_t steady_ms, std::uint64_t ticket) {
  // The account's generation first, then the ticket: forget() counts them up in the other order, so a generation read before
  // an unchanged ticket is one from before any forget() that matters.
  const std::uint64_t account_generation = generation(login->account).load();
  if (forgotten_.load() != ticket) return;

  const Hash hash = as_hash(hash_text);
  Stripe& s = stripe(hash);
  const std::lock_guard lock(s.mutex);
  if (const auto found = s.index.find(hash); found != s.index.end()) erase(s, *found);
  s.order.push_front(
      {.hash = hash, .login = std::move(login), .read_ms = steady_ms, .generation = account_generation});
  s.index.insert(s.order.begin());
  if (s.order.size() > (options_.entries_max + kStripes - 1) / kStripes) erase(s, std::prev(s.order.end()));
}

void TokenCache::forget(AccountId account) {
  forgotten_.fetch_add(1);
  generation(account).fetch_add(1);
}

std::size_t TokenCache::size() const {
  std::size_t count = 0;
  for (const Stripe& s : stripes_) {
    const std::lock_guard lock(s.mutex);
    count += s.order.size();
  }
  return count;
}

}  // namespace plaza::login
