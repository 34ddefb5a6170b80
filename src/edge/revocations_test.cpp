#include "edge/revocations.h"

#include <gtest/gtest.h>

namespace plaza::edge {
namespace {

TEST(Revocations, ALoginUnderATokenThatWasJustRevokedIsFoundOut) {
  Revocations revocations;
  revocations.add(TokenId{7}, 1000);
  EXPECT_TRUE(revocations.has(TokenId{7}));
  EXPECT_FALSE(revocations.has(TokenId{8}));
  EXPECT_FALSE(revocations.has(TokenId{}));
}

TEST(Revocations, OnlyLoginsThatBeganBeforeTheAccountsSessionsEndedAreOut) {
  Revocations revocations;
  revocations.add(AccountId{3}, 5, 1000);
  EXPECT_TRUE(revocations.ended_after(AccountId{3}, 4));
  EXPECT_FALSE(revocations.ended_after(AccountId{3}, 5));
  EXPECT_FALSE(revocations.ended_after(AccountId{4}, 0));
  revocations.add(AccountId{3}, 6, 1000 + Revocations::kKeepMs);
  revocations.add(AccountId{4}, 7, 1001 + Revocations::kKeepMs);
  EXPECT_TRUE(revocations.ended_after(AccountId{3}, 5));
  EXPECT_FALSE(revocations.ended_after(AccountId{3}, 6));
}

TEST(Revocations, ForgetsAfterItsTimeAndNotBefore) {
  Revocations revocations;
  revocations.add(TokenId{1}, 1000);
  revocations.add(TokenId{2}, 1000 + Revocations::kKeepMs);
  EXPECT_TRUE(revocations.has(TokenId{1}));
  revocations.add(TokenId{3}, 1001 + Revocations::kKeepMs);
  EXPECT_FALSE(revocations.has(TokenId{1}));
  EXPECT_TRUE(revocations.has(TokenId{2}));
}

}  // namespace
}  // namespace plaza::edge
