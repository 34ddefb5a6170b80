#include "login/password_hasher.h"

#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <future>
#include <memory>

#include "login/sodium_ready.h"

namespace plaza::login {
namespace {

constexpr int kNiceness = 10;

std::size_t memory_bytes(const PasswordCost& cost) { return std::size_t{cost.memory_kib} * 1024; }

Result<std::string, PasswordFailure> hash_here(const PasswordCost& cost, const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  if (crypto_pwhash_str(encoded.data(), password.data(), password.size(), cost.passes, memory_bytes(cost)) !=
      0) {
    return fail(PasswordFailure::failed);
  }
  return std::string(encoded.data());
}

Result<bool, PasswordFailure> verify_here(const std::string& encoded, const std::string& password) {
  errno = 0;
  if (crypto_pwhash_str_verify(encoded.c_str(), password.data(), password.size()) == 0) return true;
  if (errno == ENOMEM) return fail(PasswordFailure::failed);
  return false;
}

std::string hash_of_nobody(const PasswordCost& cost) {
  sodium_ready();
  std::string password(32, '\0');
  randombytes_buf(password.data(), password.size());
  return hash_here(cost, password).value_or(std::string());
}

/// The scheduler gives the shards the core first when there is none to spare. Linux has niceness per thread.
void be_nice() {
  thread_local bool done = false;
  if (done) return;
  done = true;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness));
}

template <class T, class Work>
Result<T, PasswordFailure> run_on(WorkerPool& pool, Work work) {
  auto promise = std::make_shared<std::promise<Result<T, PasswordFailure>>>();
  auto outcome = promise->get_future();
  const bool taken = pool.try_run([promise, work = std::move(work)] {
    be_nice();
    promise->set_value(work());
  });
  if (!taken) return fail(PasswordFailure::busy);
  return outcome.get();
}

}  // namespace

PasswordHasher::PasswordHasher(PasswordHasherOptions options)
    : options_(options),
      nobody_(hash_of_nobody(options.cost)),
      pool_("argon2", options.threads, options.waiting_max) {}

Result<std::string, PasswordFailure> PasswordHasher::hash(const std::string& password) {
  return run_on<std::string>(pool_, [this, &password] {
    done_.fetch_add(1, std::memory_order_relaxed);
    return hash_here(options_.cost, password);
  });
}

Result<bool, PasswordFailure> PasswordHasher::verify(const std::string& encoded,
                                                     const std::string& password) {
  return run_on<bool>(pool_, [this, &encoded, &password] {
    done_.fetch_add(1, std::memory_order_relaxed);
    return verify_here(encoded, password);
  });
}

Result<bool, PasswordFailure> PasswordHasher::verify_nobody(const std::string& password) {
  const auto verdict = verify(nobody_, password);
  if (!verdict) return fail(verdict.error());
  return false;
}

bool PasswordHasher::outdated(const std::string& encoded) const {
  return crypto_pwhash_str_needs_rehash(encoded.c_str(), options_.cost.passes, memory_bytes(options_.cost)) !=
         0;
}

}  // namespace plaza::login
