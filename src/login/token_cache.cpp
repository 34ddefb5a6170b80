#include "login/token_cache.h"

#include <cstring>

namespace plaza::login {
namespace {

/// The hash is SHA-256: any 8 bytes of it are as good as any hash of them.
std::uint64_t bytes_of(std::string_view hash, std::size_t offset) {
  std::uint64_t value = 0;
  if (hash.size() >= offset + sizeof value) std::memcpy(&value, hash.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::size_t TokenCache::HashOfHash::operator()(std::string_view hash) const noexcept {
  return bytes_of(hash, 0);
}

TokenCache::TokenCache(TokenCacheOptions options) : options_(options) {}

TokenCache::Stripe& TokenCache::stripe(const std::string& hash) {
  return stripes_[bytes_of(hash, 8) % kStripes];
}

std::atomic<std::uint64_t>& TokenCache::generation(AccountId account) {
  return generations_[mix64(account.value) % kGenerations];
}

std::shared_ptr<const LoggedIn> TokenCache::find(const std::string& hash, std::int64_t wall_ms,
                                                 std::int64_t steady_ms) {
  Stripe& s = stripe(hash);
  const std::lock_guard lock(s.mutex);
  const auto at = s.index.find(hash);
  if (at == s.index.end()) return nullptr;
  const Entry& entry = *at->second;
  const bool good = entry.login->token_expires_ms > wall_ms &&
                    steady_ms - entry.read_ms < options_.fresh_ms &&
                    entry.generation == generation(entry.login->account).load();
  if (!good) {
    const auto gone = at->second;
    s.index.erase(at);
    s.order.erase(gone);
    return nullptr;
  }
  s.order.splice(s.order.begin(), s.order, at->second);
  return entry.login;
}

void TokenCache::put(const std::string& hash, std::shared_ptr<const LoggedIn> login, std::int64_t steady_ms,
                     std::uint64_t ticket) {
  // The account's generation first, then the ticket: forget() counts them up in the other order, so a generation read before
  // an unchanged ticket is one from before any forget() that matters.
  const std::uint64_t account_generation = generation(login->account).load();
  if (forgotten_.load() != ticket) return;

  Stripe& s = stripe(hash);
  const std::lock_guard lock(s.mutex);
  if (const auto at = s.index.find(hash); at != s.index.end()) {
    const auto gone = at->second;
    s.index.erase(at);
    s.order.erase(gone);
  }
  s.order.push_front(
      {.hash = hash, .login = std::move(login), .read_ms = steady_ms, .generation = account_generation});
  s.index.emplace(s.order.front().hash, s.order.begin());
  if (s.order.size() > (options_.entries_max + kStripes - 1) / kStripes) {
    s.index.erase(s.order.back().hash);
    s.order.pop_back();
  }
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
