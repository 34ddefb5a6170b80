#include "app/node/installation.h"

#include <gtest/gtest.h>

namespace plaza::app {
namespace {

constexpr std::int64_t kFresh = 99;
constexpr DatabaseFacts kNone{};
constexpr DatabaseFacts with(std::int64_t installation, bool used = true) {
  return {.there = true, .used = used, .installation = installation};
}

TEST(Installation, ANewOneGetsAFreshNumber) { EXPECT_EQ(installation_of(kNone, kNone, kFresh), kFresh); }

TEST(Installation, TwoOfTheSameKeepTheirs) { EXPECT_EQ(installation_of(with(7), with(7), kFresh), 7); }

TEST(Installation, TwoFromBeforeThereWereNumbersGetOne) {
  EXPECT_EQ(installation_of(with(0), with(0), kFresh), kFresh);
}

TEST(Installation, AnInterruptedUpgradeIsFinished) {
  EXPECT_EQ(installation_of(with(7), with(0), kFresh), 7);
}

TEST(Installation, AnInterruptedFirstStartIsFinished) {
  EXPECT_EQ(installation_of(with(7, false), kNone, kFresh), 7);
  EXPECT_EQ(installation_of(with(0, false), kNone, kFresh), kFresh);
  EXPECT_EQ(installation_of(kNone, with(7, false), kFresh), 7);
  EXPECT_EQ(installation_of(with(0, false), with(7, false), kFresh), 7);
}

TEST(Installation, AUsedOneAloneIsRefusedNamingWhatIsMissing) {
  const auto no_streams = installation_of(with(7), kNone, kFresh);
  ASSERT_FALSE(no_streams);
  EXPECT_NE(no_streams.error().find("streams.db is missing"), std::string::npos) << no_streams.error();
  const auto no_directory = installation_of(kNone, with(7), kFresh);
  ASSERT_FALSE(no_directory);
  EXPECT_NE(no_directory.error().find("directory.db is missing"), std::string::npos) << no_directory.error();
  EXPECT_FALSE(installation_of(with(0), kNone, kFresh)) << "also from before there were numbers";
  EXPECT_FALSE(installation_of(kNone, with(0), kFresh));
}

TEST(Installation, TwoOfDifferentOnesAreRefused) {
  EXPECT_FALSE(installation_of(with(7), with(8), kFresh));
  EXPECT_FALSE(installation_of(with(7, false), with(8), kFresh));
  EXPECT_FALSE(installation_of(with(0), with(8), kFresh)) << "the directory gets its number first";
}

}  // namespace
}  // namespace plaza::app
