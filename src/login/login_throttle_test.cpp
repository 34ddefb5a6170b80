#include "login/login_throttle.h"

#include <gtest/gtest.h>

#include "memory/manual_clock.h"

namespace plaza::login {
namespace {

class LoginThrottleTest : public testing::Test {
 protected:
  void set(LoginThrottleOptions options) { throttle_ = std::make_unique<LoginThrottle>(clock_, options); }
  std::int64_t begin(const std::string& account, const std::string& address = "10.0.0.1") {
    return throttle_->begin(account, address);
  }
  void fail_once(const std::string& account, const std::string& address = "10.0.0.1") {
    ASSERT_EQ(throttle_->begin(account, address), 0);
    throttle_->failed(account, address);
  }

  memory::ManualClock clock_;
  std::unique_ptr<LoginThrottle> throttle_ = std::make_unique<LoginThrottle>(
      clock_, LoginThrottleOptions{.address_failures_per_minute = 0});
};

TEST_F(LoginThrottleTest, TheWaitDoublesFromOneSecondToFifteenMinutes) {
  for (const std::int64_t expected_s : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}) {
    fail_once("ann");
    EXPECT_EQ(begin("ann"), expected_s * 1'000);
    clock_.advance_ms(expected_s * 1'000 - 1);
    EXPECT_EQ(begin("ann"), 1) << "one ms early";
    clock_.advance_ms(1);
  }
  EXPECT_EQ(begin("ann"), 0);
}

TEST_F(LoginThrottleTest, AskingWhileOneHasToWaitCostsNothing) {
  fail_once("ann");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(begin("ann"), 1'000);
  clock_.advance_ms(1'000);
  fail_once("ann");
  EXPECT_EQ(begin("ann"), 2'000);
}

TEST_F(LoginThrottleTest, SuccessForgetsTheFailures) {
  fail_once("ann");
  clock_.advance_ms(1'000);
  fail_once("ann");
  clock_.advance_ms(2'000);
  ASSERT_EQ(begin("ann"), 0);
  throttle_->succeeded("ann");
  fail_once("ann");
  EXPECT_EQ(begin("ann"), 1'000);
}

// Thousands log in after a restart: those who got it right must not push out those who are guessed at.
TEST_F(LoginThrottleTest, WhoSucceedsIsNotRememberedAndPushesNobodyOut) {
  set({.address_failures_per_minute = 0, .accounts_max = 2});
  fail_once("ann");
  for (int i = 0; i < 10; ++i) {
    const std::string other = "other" + std::to_string(i);
    ASSERT_EQ(begin(other), 0);
    if (i % 2) {
      throttle_->succeeded(other);
    } else {
      throttle_->abandoned(other);
    }
  }
  EXPECT_GT(begin("ann"), 0);
}

TEST_F(LoginThrottleTest, AccountsDoNotWaitForEachOther) {
  fail_once("ann");
  EXPECT_GT(begin("ann"), 0);
  EXPECT_EQ(begin("bob"), 0);
}

TEST_F(LoginThrottleTest, FailuresAreForgottenADayAfterTheLast) {
  fail_once("ann");
  clock_.advance_ms(1'000);
  fail_once("ann");
  clock_.advance_ms(24 * 3'600 * 1'000LL - 1);
  fail_once("ann");
  EXPECT_EQ(begin("ann"), 4'000);
  clock_.advance_ms(24 * 3'600 * 1'000LL);
  fail_once("ann");
  EXPECT_EQ(begin("ann"), 1'000);
}

// Guesses in parallel may not gain anything: all would start before the first has failed.
TEST_F(LoginThrottleTest, AttemptsAtOnceAreBoundedAndAfterAFailureSingle) {
  for (int i = 0; i < 8; ++i) ASSERT_EQ(begin("ann"), 0);
  EXPECT_EQ(begin("ann"), 1'000);
  throttle_->abandoned("ann");
  EXPECT_EQ(begin("ann"), 0);
  for (int i = 0; i < 8; ++i) throttle_->failed("ann", "10.0.0.1");
  EXPECT_EQ(begin("ann"), 128'000);
  clock_.advance_ms(128'000);
  EXPECT_EQ(begin("ann"), 0);
  EXPECT_EQ(begin("ann"), 1'000) << "one is being decided";
  throttle_->abandoned("ann");
  EXPECT_EQ(begin("ann"), 0) << "abandoned is not failed";
}

TEST_F(LoginThrottleTest, AnAddressMayFailTwentyTimesAMinute) {
  set({});
  for (int i = 0; i < 20; ++i) fail_once("account " + std::to_string(i));
  EXPECT_EQ(begin("account x"), 3'000) << "a twentieth of a minute";
  EXPECT_EQ(begin("", "10.0.0.1"), 3'000) << "logins by token too";
  EXPECT_EQ(begin("account x", "10.0.0.2"), 0) << "another address";
  clock_.advance_ms(2'999);
  EXPECT_EQ(begin("account y"), 1);
  clock_.advance_ms(1);
  fail_once("account y");
  EXPECT_GT(begin("account z"), 0);
  clock_.advance_ms(60'000);
  for (int i = 0; i < 20; ++i) fail_once("account " + std::to_string(100 + i));
  EXPECT_GT(begin("account z"), 0) << "never more than the burst";
}

TEST_F(LoginThrottleTest, SuccessesOfAnAddressAreNotCounted) {
  set({});
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(begin("ann"), 0) << i;
    throttle_->succeeded("ann");
  }
}

TEST_F(LoginThrottleTest, AHundredPeopleBehindOneAddressMayLogInAtOnce) {
  set({});
  for (int i = 0; i < 100; ++i) ASSERT_EQ(begin("account " + std::to_string(i)), 0);
  for (int i = 0; i < 100; ++i) throttle_->failed("account " + std::to_string(i), "10.0.0.1");
  EXPECT_EQ(begin("another"), 81 * 3'000) << "but who fails has to wait for all of them";
}

TEST_F(LoginThrottleTest, ARefusedAttemptDoesNotCountAgainstTheAddress) {
  set({});
  fail_once("ann");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(begin("ann"), 1'000);
  EXPECT_EQ(begin("bob"), 0);
}

TEST_F(LoginThrottleTest, TheTablesForgetTheLongestUntouchedAndStayBounded) {
  set({.address_failures_per_minute = 0, .accounts_max = 2});
  fail_once("ann");
  fail_once("bob");
  EXPECT_GT(begin("ann"), 0);  // touched
  fail_once("eve");
  EXPECT_GT(begin("ann"), 0);
  EXPECT_GT(begin("eve"), 0);
  EXPECT_EQ(begin("bob"), 0) << "forgotten";
}

TEST_F(LoginThrottleTest, RegistrationsOfAnAddressAreRationedWhenThatIsWanted) {
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(throttle_->begin_registration("10.0.0.1"), 0);
  set({.registrations_per_minute = 2});
  EXPECT_EQ(throttle_->begin_registration("10.0.0.1"), 0);
  EXPECT_EQ(throttle_->begin_registration("10.0.0.1"), 0);
  EXPECT_EQ(throttle_->begin_registration("10.0.0.1"), 30'000);
  EXPECT_EQ(throttle_->begin_registration("10.0.0.2"), 0);
  clock_.advance_ms(30'000);
  EXPECT_EQ(throttle_->begin_registration("10.0.0.1"), 0);
}

TEST_F(LoginThrottleTest, TheWallClockMayJump) {
  fail_once("ann");
  clock_.jump_wall_ms(-1'000'000);
  EXPECT_EQ(begin("ann"), 1'000);
  clock_.jump_wall_ms(2'000'000);
  EXPECT_EQ(begin("ann"), 1'000);
}

TEST(ThrottleAddress, OfIpv6TheSlash64CountsAndMappedIpv4IsIpv4) {
  EXPECT_EQ(throttle_address("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(throttle_address("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(throttle_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(throttle_address("2001:db8:1:2::1"), throttle_address("2001:db8:1:2:ffff::"));
  EXPECT_NE(throttle_address("2001:db8:1:2::1"), throttle_address("2001:db8:1:3::1"));
  EXPECT_EQ(throttle_address("unix"), "unix");
}

}  // namespace
}  // namespace plaza::login
