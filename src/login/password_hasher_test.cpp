#include "login/password_hasher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace plaza::login {
namespace {

PasswordHasherOptions cheap() { return {.cost = PasswordCost::cheap()}; }

TEST(PasswordHasher, KnowsThePasswordAndNoOther) {
  PasswordHasher hasher(cheap());
  const auto hash = hasher.hash("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_EQ(hasher.verify(*hash, "correct horse"), true);
  EXPECT_EQ(hasher.verify(*hash, "correct hors"), false);
  EXPECT_EQ(hasher.verify(*hash, ""), false);
  EXPECT_NE(*hasher.hash("correct horse"), *hash) << "a salt of its own";
}

TEST(PasswordHasher, EveryByteOfAPasswordCounts) {
  PasswordHasher hasher(cheap());
  const std::string with_zero("a\0b", 3);
  const auto hash = hasher.hash(with_zero);
  EXPECT_EQ(hasher.verify(*hash, with_zero), true);
  EXPECT_EQ(hasher.verify(*hash, "a"), false);
}

TEST(PasswordHasher, TheDefaultCostIsTheDesignsArgon2id) {
  PasswordHasher hasher;
  const auto hash = hasher.hash("123");
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->find("$argon2id$v=19$m=19456,t=2,p=1$"), 0u) << *hash;
  EXPECT_EQ(hasher.verify(*hash, "123"), true);
  EXPECT_EQ(hasher.verify_nobody("123"), false);
}

TEST(PasswordHasher, NobodyIsNeverRight) {
  PasswordHasher hasher(cheap());
  EXPECT_EQ(hasher.verify_nobody(""), false);
  EXPECT_EQ(hasher.verify_nobody("nobody"), false);
}

TEST(PasswordHasher, AStoredTextThatIsNoHashMatchesNothing) {
  PasswordHasher hasher(cheap());
  for (const char* text : {"", "123", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"}) {
    EXPECT_EQ(hasher.verify(text, "123"), false) << text;
  }
}

TEST(PasswordHasher, SaysWhenAHashWasMadeAtAnotherCost) {
  PasswordHasher now({.cost = {.passes = 2, .memory_kib = 8}});
  PasswordHasher before(cheap());
  EXPECT_TRUE(now.outdated(*before.hash("x")));
  EXPECT_FALSE(now.outdated(*now.hash("x")));
}

// With one thread and one place in the queue: as soon as one caller hashes and one waits, the next is told "busy".
TEST(PasswordHasher, RefusesMoreThanItsQueueHolds) {
  PasswordHasher hasher({.cost = {.passes = 3, .memory_kib = 65'536}, .threads = 1, .waiting_max = 1});
  std::atomic<int> done = 0, busy = 0;
  {
    std::latch start(8);
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        start.arrive_and_wait();
        const auto hash = hasher.hash("x");
        if (hash) ++done;
        if (!hash && hash.error() == PasswordFailure::busy) ++busy;
      });
    }
  }
  EXPECT_EQ(done + busy, 8);
  EXPECT_GE(done, 1);
  EXPECT_GE(busy, 4);
  EXPECT_TRUE(hasher.hash("x")) << "and has room again";
}

}  // namespace
}  // namespace plaza::login
