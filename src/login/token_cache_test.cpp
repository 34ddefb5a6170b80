#include "login/token_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace plaza::login {
namespace {

std::string hash_of(int number) {
  std::string hash(32, '\0');
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<char>(mix64(static_cast<std::uint64_t>(number) * 32 + i));
  }
  return hash;
}
std::shared_ptr<const LoggedIn> login_of(std::uint64_t account, std::int64_t expires_ms = 1'000'000) {
  auto login = std::make_shared<LoggedIn>();
  login->account = AccountId{account};
  login->token_expires_ms = expires_ms;
  return login;
}

TEST(TokenCache, FindsWhatWasPutWhileItIsFreshAndNotExpired) {
  TokenCache cache({.entries_max = 100, .fresh_ms = 60'000});
  cache.put(hash_of(1), login_of(7, 5'000), 1'000, cache.ticket());
  ASSERT_TRUE(cache.find(hash_of(1), 4'999, 1'000));
  EXPECT_EQ(cache.find(hash_of(1), 4'999, 60'999)->account, AccountId{7});
  EXPECT_FALSE(cache.find(hash_of(2), 0, 1'000));
  EXPECT_FALSE(cache.find(hash_of(1), 4'999, 61'000)) << "no longer fresh";
  cache.put(hash_of(1), login_of(7, 5'000), 1'000, cache.ticket());
  EXPECT_FALSE(cache.find(hash_of(1), 5'000, 1'000)) << "expired";
  EXPECT_EQ(cache.size(), 0u);
}

TEST(TokenCache, ForgettingAnAccountForgetsItsTokensOnly) {
  TokenCache cache({});
  cache.put(hash_of(1), login_of(7), 0, cache.ticket());
  cache.put(hash_of(2), login_of(7), 0, cache.ticket());
  cache.put(hash_of(3), login_of(8), 0, cache.ticket());
  cache.forget(AccountId{7});
  EXPECT_FALSE(cache.find(hash_of(1), 0, 0));
  EXPECT_FALSE(cache.find(hash_of(2), 0, 0));
  EXPECT_TRUE(cache.find(hash_of(3), 0, 0));
  cache.put(hash_of(1), login_of(7), 0, cache.ticket());
  EXPECT_TRUE(cache.find(hash_of(1), 0, 0));
}

// Somebody reads a token from the database, it is revoked and forgotten, and only then the reader puts it.
TEST(TokenCache, WhatWasReadBeforeForgettingIsNotPutAfterIt) {
  TokenCache cache({});
  const auto ticket = cache.ticket();
  cache.forget(AccountId{7});
  cache.put(hash_of(1), login_of(7), 0, ticket);
  EXPECT_FALSE(cache.find(hash_of(1), 0, 0));
}

TEST(TokenCache, StaysWithinItsBound) {
  TokenCache cache({.entries_max = 160});
  for (int i = 0; i < 10'000; ++i) cache.put(hash_of(i), login_of(1), 0, cache.ticket());
  EXPECT_LE(cache.size(), 160u);
  EXPECT_GE(cache.size(), 100u);
  EXPECT_TRUE(cache.find(hash_of(9'999), 0, 0)) << "the newest stays";
  EXPECT_FALSE(cache.find(hash_of(0), 0, 0));
}

TEST(TokenCache, AForgottenTokenIsNeverFoundWhileOthersReadAndPut) {
  TokenCache cache({});
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> revoked = false;  // in the database
    std::atomic<bool> stop = false;
    std::jthread reader([&] {
      while (!stop) {
        const auto ticket = cache.ticket();
        const bool valid = !revoked;
        if (valid) cache.put(hash_of(1), login_of(7), 0, ticket);
      }
    });
    while (!cache.find(hash_of(1), 0, 0)) {}
    revoked = true;
    cache.forget(AccountId{7});
    for (int i = 0; i < 100; ++i) ASSERT_FALSE(cache.find(hash_of(1), 0, 0)) << "round " << round;
    stop = true;
  }
}

}  // namespace
}  // namespace plaza::login
