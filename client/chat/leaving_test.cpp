#include "client/chat/leaving.h"

#include <gtest/gtest.h>

namespace plaza::client::chat {
namespace {

TEST(Leaving, WithNothingUnsentTheFirstWordCounts) { EXPECT_TRUE(Leaving().asked(0)); }

TEST(Leaving, WithUnsentMessagesTheSecondWordCounts) {
  Leaving leaving;
  EXPECT_FALSE(leaving.asked(2));
  EXPECT_FALSE(leaving.due(2));
  EXPECT_TRUE(leaving.asked(2));
}

TEST(Leaving, OnceAskedItHappensByItselfWhenEverythingIsOut) {
  Leaving leaving;
  EXPECT_FALSE(leaving.due(0));
  EXPECT_FALSE(leaving.asked(1));
  EXPECT_FALSE(leaving.due(1));
  EXPECT_TRUE(leaving.due(0));
}

TEST(Leaving, WhoGoesOnTalkingStaysAndIsAskedAgain) {
  Leaving leaving;
  EXPECT_FALSE(leaving.asked(1));
  leaving.stays();
  EXPECT_FALSE(leaving.due(0));
  EXPECT_FALSE(leaving.asked(1));
}

}  // namespace
}  // namespace plaza::client::chat
