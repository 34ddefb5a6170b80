#include "login/third_party.h"

#include <gtest/gtest.h>

#include "memory/manual_clock.h"

namespace plaza::login {
namespace {

constexpr std::string_view kSecret = "0123456789abcdef";

class HmacTicketTest : public testing::Test {
 protected:
  Ticket ticket(std::int64_t ttl_s = 60) const {
    return {.vendor = "game",
            .user = "u1",
            .app = {},
            .zone = {},
            .exp_s = clock_.wall_ms() / 1000 + ttl_s,
            .nonce = make_nonce()};
  }
  Result<void, ProofFailure> present(const std::string& proof, const std::string& user = "u1") {
    return verifier_.verify({.vendor = "game", .user = user, .proof = proof, .app = "app", .zone = "eu"});
  }
  bool accepted(const std::string& proof, const std::string& user = "u1") {
    return present(proof, user).has_value();
  }

  memory::ManualClock clock_;
  HmacTicketVerifier verifier_{clock_, {.vendor = "game", .secret = std::string(kSecret), .nonces_max = 5}};
};

TEST_F(HmacTicketTest, ATicketIsGoodForItsUserOnce) {
  const std::string proof = issue_ticket(ticket(), kSecret);
  EXPECT_FALSE(accepted(proof, "u2"));
  EXPECT_TRUE(accepted(proof));
  EXPECT_FALSE(accepted(proof)) << "replayed";
  EXPECT_TRUE(accepted(issue_ticket(ticket(), kSecret)));
}

TEST_F(HmacTicketTest, AnotherImplementationsTicketIsGood) {
  // printf '{"vendor":"game","user":"u1","exp":1700000060,"nonce":"abcdefgh"}' | basenc --base64url -w0 | tr -d =
  //   and over that text: openssl dgst -sha256 -hmac 0123456789abcdef -binary
  EXPECT_TRUE(
      accepted("eyJ2ZW5kb3IiOiJnYW1lIiwidXNlciI6InUxIiwiZXhwIjoxNzAwMDAwMDYwLCJub25jZSI6ImFiY2RlZmdoIn0."
               "L7frKIfPC_NlW4zuUGAbFAMM7A0lg3cw0BIuw_lgKGk"));
}

TEST_F(HmacTicketTest, ItIsGoodBeforeItsExpiryWhichIsAtMostFiveMinutesAhead) {
  EXPECT_TRUE(accepted(issue_ticket(ticket(1), kSecret)));
  EXPECT_FALSE(accepted(issue_ticket(ticket(0), kSecret)));
  EXPECT_FALSE(accepted(issue_ticket(ticket(-1), kSecret)));
  EXPECT_TRUE(accepted(issue_ticket(ticket(300), kSecret)));
  EXPECT_FALSE(accepted(issue_ticket(ticket(301), kSecret)));
  const std::string proof = issue_ticket(ticket(10), kSecret);
  clock_.advance_ms(10'000);
  EXPECT_FALSE(accepted(proof));
}

TEST_F(HmacTicketTest, EveryChangedCharacterSpoilsIt) {
  const std::string proof = issue_ticket(ticket(), kSecret);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    std::string forged = proof;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(accepted(forged)) << i;
  }
  EXPECT_FALSE(accepted(issue_ticket(ticket(), "another secret of 16")));
  for (const char* text : {"", ".", "a.b", "....", "eyJ9", "no dot"}) EXPECT_FALSE(accepted(text)) << text;
  EXPECT_TRUE(accepted(proof)) << "none of these used it up";
}

TEST_F(HmacTicketTest, WhereItSaysWhereItIsGoodOnlyThere) {
  Ticket t = ticket();
  t.zone = "eu";
  EXPECT_TRUE(accepted(issue_ticket(t, kSecret)));
  t = ticket();
  t.zone = "us";
  EXPECT_FALSE(accepted(issue_ticket(t, kSecret)));
  t = ticket();
  t.app = "other";
  EXPECT_FALSE(accepted(issue_ticket(t, kSecret)));
  t = ticket();
  t.vendor = "rival";
  EXPECT_FALSE(accepted(issue_ticket(t, kSecret)));
}

TEST_F(HmacTicketTest, TheNonceHasEightToSixtyFourBytes) {
  for (const auto& [size, good] : {std::pair{7, false}, {8, true}, {64, true}, {65, false}}) {
    Ticket t = ticket();
    t.nonce = std::string(static_cast<std::size_t>(size), 'n');
    EXPECT_EQ(accepted(issue_ticket(t, kSecret)), good) << size;
  }
}

TEST_F(HmacTicketTest, WhenTooManyAreValidMoreAreRefusedRatherThanOneForgotten) {
  const std::string first = issue_ticket(ticket(60), kSecret);
  EXPECT_TRUE(accepted(first));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(accepted(issue_ticket(ticket(120), kSecret)));
  const auto refused = present(issue_ticket(ticket(120), kSecret));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), ProofFailure::unavailable);
  clock_.advance_ms(60'000);
  EXPECT_TRUE(accepted(issue_ticket(ticket(120), kSecret))) << "the first has expired";
  EXPECT_FALSE(accepted(first));
}

TEST(TestVendor, TheProofIsTheUsersName) {
  TestVendorVerifier verifier;
  const auto good = [&](const std::string& user, const std::string& proof) {
    return verifier.verify({.vendor = "test", .user = user, .proof = proof, .app = {}, .zone = {}})
        .has_value();
  };
  EXPECT_TRUE(good("ann", "test:ann"));
  EXPECT_FALSE(good("ann", "test:bob"));
  EXPECT_FALSE(good("", "test:"));
}

}  // namespace
}  // namespace plaza::login
