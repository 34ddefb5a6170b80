#include <gtest/gtest.h>

#include "moderation/sanction_rules.h"
#include "moderation/sanction_table.h"

namespace plaza::moderation {
namespace {

using ports::Sanction;
using ports::SanctionKind;

Sanction sanction(SanctionKind kind, std::int64_t until_ms, MemberId member = MemberId{1}) {
  return {.zone = ZoneId{1}, .member = member, .kind = kind, .until_ms = until_ms, .by = "op"};
}

TEST(SanctionRules, ASanctionEndsInTheFutureOrNotByItself) {
  EXPECT_TRUE(check_sanction(sanction(SanctionKind::mute, 0), 100));
  EXPECT_TRUE(check_sanction(sanction(SanctionKind::mute, 101), 100));
  for (const std::int64_t bad :
       {std::int64_t{100}, std::int64_t{-1}, static_cast<std::int64_t>(kIdMax) + 1}) {
    const auto refused = check_sanction(sanction(SanctionKind::mute, bad), 100);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_EQ(refused.error().field, "until_ms");
  }
}

TEST(SanctionRules, TextsHaveABoundAndNoControlCharacters) {
  Sanction wanted = sanction(SanctionKind::ban, 0);
  wanted.reason = std::string(ports::kReasonBytesMax, 'x');
  EXPECT_TRUE(check_sanction(wanted, 1));
  wanted.reason += 'x';
  EXPECT_EQ(check_sanction(wanted, 1).error().field, "reason");
  for (const char* bad : {"a\nb", "a\x7f", "\x1b[2J"}) {
    wanted.reason = bad;
    EXPECT_EQ(check_sanction(wanted, 1).error().field, "reason") << bad;
  }
  wanted.reason = "\xe4\xbd\xa0";
  EXPECT_TRUE(check_sanction(wanted, 1));
  wanted.by.clear();
  EXPECT_EQ(check_sanction(wanted, 1).error().field, "by");
}

TEST(SanctionTable, KnowsEachKindUntilItsTime) {
  SanctionTable table;
  table.set(MemberId{1}, {sanction(SanctionKind::mute, 100), sanction(SanctionKind::ban, 0)}, 1);
  EXPECT_TRUE(table.find(MemberId{1}, SanctionKind::mute, 99));
  EXPECT_FALSE(table.find(MemberId{1}, SanctionKind::mute, 100));
  EXPECT_TRUE(table.find(MemberId{1}, SanctionKind::ban, 1'000'000));
  EXPECT_FALSE(table.find(MemberId{2}, SanctionKind::ban, 1));
}

TEST(SanctionTable, WhatIsSetReplacesWhatWasKnown) {
  SanctionTable table;
  table.set(MemberId{1}, {sanction(SanctionKind::mute, 0), sanction(SanctionKind::ban, 0)}, 1);
  table.set(MemberId{1}, {sanction(SanctionKind::mute, 0)}, 1);
  EXPECT_FALSE(table.find(MemberId{1}, SanctionKind::ban, 1));
  table.set(MemberId{1}, {}, 1);
  EXPECT_EQ(table.size(), 0u);
}

TEST(SanctionTable, DoesNotGrowWithThoseThatAreOver) {
  SanctionTable table;
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    const auto now = static_cast<std::int64_t>(i) * 10;
    table.set(MemberId{i}, {sanction(SanctionKind::mute, now + 5, MemberId{i})}, now);
    ASSERT_LE(table.size(), 64u);
  }
}

}  // namespace
}  // namespace plaza::moderation
