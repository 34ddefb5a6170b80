#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/worker_pool.h"

namespace plaza::login {

/// What one hash costs. The default is OWASP's for argon2id (m = 19 MiB, t = 2, p = 1), about 25 ms of one core.
struct PasswordCost {
  std::uint32_t passes = 2;
  std::uint32_t memory_kib = 19'456;

  /// The cheapest that the library takes: for tests only.
  static constexpr PasswordCost cheap() { return {1, 8}; }
};

struct PasswordHasherOptions {
  PasswordCost cost;
  std::uint32_t threads = 2;       ///< hashes at once
  std::uint32_t waiting_max = 64;  ///< callers beyond those; past it the answer is `busy`
};

enum class PasswordFailure : std::uint8_t {
  busy,    ///< waiting_max callers wait already
  failed,  ///< no memory for a hash, or the stored text is not one
};

/// argon2id (libsodium) on threads of its own, at a low priority, so that a storm of logins delays no message.
///
/// Thread   Any thread but a shard's: every method waits for its hash.
/// Owner    app/ owns one per process: the bound on hashes at once is the process's.
/// Limit    `threads` hashes at once (19 MiB each), waiting_max callers; past it PasswordFailure::busy.
class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordHasherOptions options = {});

  /// The encoded hash ("$argon2id$v=19$m=19456,t=2,p=1$...") with a fresh salt.
  Result<std::string, PasswordFailure> hash(const std::string& password);
  /// Whether the password is the one of the encoded hash.
  Result<bool, PasswordFailure> verify(const std::string& encoded, const std::string& password);
  /// Costs what verify() costs and is never right: for accounts that do not exist, so that time does not tell.
  Result<bool, PasswordFailure> verify_nobody(const std::string& password);
  /// Whether the hash was made at another cost than today's and should be made again.
  [[nodiscard]] bool outdated(const std::string& encoded) const;

  [[nodiscard]] std::size_t waiting() const { return pool_.waiting(); }
  /// Hashes made or compared since the start.
  [[nodiscard]] std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  // Constant after construction.
  const PasswordHasherOptions options_;
  const std::string nobody_;  ///< a hash at today's cost of a password that nobody knows
  // Any thread. The pool goes first: its jobs count.
  std::atomic<std::uint64_t> done_{0};
  WorkerPool pool_;
};

}  // namespace plaza::login
