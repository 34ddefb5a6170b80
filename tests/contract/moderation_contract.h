#pragma once
// The contract of ports::Moderation as tests. It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ports/directory.h"
#include "ports/moderation.h"

namespace plaza::contract {

using namespace ports;  // NOLINT: a test file that is about nothing else

/// One implementation with its storage, which is empty at first. reopen() is a new start on the same storage, and does nothing
/// where there is none.
class ModerationHarness {
 public:
  virtual ~ModerationHarness() = default;
  virtual void open(ModerationLimits limits) = 0;
  virtual void reopen() = 0;
  virtual Directory& directory() = 0;
  virtual Moderation& moderation() = 0;
};
struct ModerationUnderTest {
  std::string name;
  std::unique_ptr<ModerationHarness> (*make)() = nullptr;
};
inline std::string name_of_moderation(const testing::TestParamInfo<ModerationUnderTest>& info) {
  return info.param.name;
}

class ModerationContract : public testing::TestWithParam<ModerationUnderTest> {
 protected:
  void SetUp() override { start({}); }
  void start(ModerationLimits limits) {
    harness_ = GetParam().make();
    harness_->open(limits);
    zone_ = put_zone("one");
    other_ = put_zone("two");
    ann_ = add("ann", zone_);
    bob_ = add("bob", zone_);
    eve_ = add("eve", other_);
  }
  ZoneId put_zone(const std::string& name) {
    Zone wanted;
    wanted.app_name = "app";
    wanted.zone_name = name;
    return harness_->directory().put_zone(wanted).value().id;
  }
  MemberId add(const std::string& name, ZoneId zone) {
    return harness_->directory().register_account(name, name, "h", zone).value().id;
  }
  Moderation& m() { return harness_->moderation(); }
  template <class T>
  static DirectoryCode refused(const DirectoryResult<T>& result) {
    EXPECT_FALSE(result.has_value()) << "was not refused";
    return result ? DirectoryCode::unavailable : result.error().code;
  }
  [[nodiscard]] Sanction mute(MemberId member, std::int64_t until_ms,
                              SanctionKind kind = SanctionKind::mute) const {
    return {.zone = member == eve_ ? other_ : zone_,
            .member = member,
            .kind = kind,
            .since_ms = 5,
            .until_ms = until_ms,
            .reason = "spam",
            .by = "operator"};
  }
  [[nodiscard]] Report report(MemberId reporter, std::uint64_t message) const {
    return {.id = {},
            .zone = reporter == eve_ ? other_ : zone_,
            .reporter = reporter,
            .time_ms = 77,
            .reason = "rude",
            .conversation = StreamId::pair(ann_, bob_),
            .conversation_seq = 3,
            .message = MessageId{message},
            .sender = bob_,
            .sender_name = "bob",
            .sent_ms = 70,
            .kind = MessageKind::text,
            .body = "something \"rude\" \xe4\xbd\xa0"};
  }
  static std::vector<std::uint64_t> ids(const std::vector<Report>& reports) {
    std::vector<std::uint64_t> found;
    for (const auto& r : reports) found.push_back(r.id.value);
    return found;
  }

  std::unique_ptr<ModerationHarness> harness_;
  ZoneId zone_, other_;
  MemberId ann_, bob_, eve_;
};

// Sanctions ----------------------------------------------------------------------------------------------------------

TEST_P(ModerationContract, ASanctionIsAsItWasGivenAndOfBothKindsAtOnce) {
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  ASSERT_TRUE(m().put_sanction(mute(ann_, 0, SanctionKind::ban)));
  harness_->reopen();
  EXPECT_EQ(m().sanctions_of(zone_, ann_, 10).value(),
            (std::vector{mute(ann_, 100), mute(ann_, 0, SanctionKind::ban)}));
  EXPECT_TRUE(m().sanctions_of(zone_, bob_, 10)->empty());
}

TEST_P(ModerationContract, ASanctionReplacesTheOneBefore) {
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  Sanction longer = mute(ann_, 200);
  longer.reason = "again";
  longer.by = "server shop";
  longer.since_ms = 50;
  ASSERT_TRUE(m().put_sanction(longer));
  EXPECT_EQ(m().sanctions_of(zone_, ann_, 10).value(), std::vector{longer});
}

TEST_P(ModerationContract, ASanctionEndsAtItsTimeAndOneWithoutEndDoesNot) {
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  ASSERT_TRUE(m().put_sanction(mute(bob_, 0)));
  EXPECT_EQ(m().sanctions_of(zone_, ann_, 99)->size(), 1u);
  EXPECT_TRUE(m().sanctions_of(zone_, ann_, 100)->empty());
  EXPECT_EQ(m().sanctions_of(zone_, bob_, 1'000'000'000'000)->size(), 1u);
  EXPECT_EQ(m().sanctions(zone_, {}, 99, 10)->size(), 2u);
  EXPECT_EQ(m().sanctions(zone_, {}, 100, 10)->size(), 1u);
}

TEST_P(ModerationContract, LiftingTellsWhetherThereWasOneInForce) {
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  EXPECT_FALSE(m().lift_sanction(zone_, ann_, SanctionKind::ban, 10).value());
  EXPECT_TRUE(m().lift_sanction(zone_, ann_, SanctionKind::mute, 10).value());
  EXPECT_FALSE(m().lift_sanction(zone_, ann_, SanctionKind::mute, 10).value());
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  EXPECT_FALSE(m().lift_sanction(zone_, ann_, SanctionKind::mute, 100).value()) << "it was over";
  EXPECT_TRUE(m().sanctions_of(zone_, ann_, 10)->empty());
}

TEST_P(ModerationContract, AMemberOfAnotherZoneDoesNotExist) {
  Sanction wrong = mute(eve_, 0);
  wrong.zone = zone_;
  EXPECT_EQ(refused(m().put_sanction(wrong)), DirectoryCode::not_found);
  ASSERT_TRUE(m().put_sanction(mute(eve_, 0)));
  EXPECT_EQ(refused(m().lift_sanction(zone_, eve_, SanctionKind::mute, 1)), DirectoryCode::not_found);
  EXPECT_EQ(refused(m().sanctions_of(zone_, eve_, 1)), DirectoryCode::not_found);
  EXPECT_TRUE(m().sanctions(zone_, {}, 1, 10)->empty());
  EXPECT_EQ(m().sanctions_of(other_, eve_, 1)->size(), 1u);
}

TEST_P(ModerationContract, PagesOfSanctionsHaveNoHolesAndNoZoneMeansAll) {
  ASSERT_TRUE(m().put_sanction(mute(bob_, 0)));
  ASSERT_TRUE(m().put_sanction(mute(ann_, 0)));
  ASSERT_TRUE(m().put_sanction(mute(ann_, 0, SanctionKind::ban)));
  ASSERT_TRUE(m().put_sanction(mute(eve_, 0)));
  const auto first = m().sanctions(zone_, {}, 1, 2).value();
  EXPECT_EQ(first, (std::vector{mute(ann_, 0), mute(ann_, 0, SanctionKind::ban)}));
  EXPECT_EQ(m().sanctions(zone_, {ann_, SanctionKind::mute}, 1, 1).value(),
            std::vector{mute(ann_, 0, SanctionKind::ban)});
  EXPECT_EQ(m().sanctions(zone_, {ann_, SanctionKind::ban}, 1, 9).value(), std::vector{mute(bob_, 0)});
  EXPECT_EQ(m().sanctions({}, {}, 1, 9)->size(), 4u);
  EXPECT_EQ(m().sanctions({}, {bob_, SanctionKind::mute}, 1, 9).value(), std::vector{mute(eve_, 0)});
}

TEST_P(ModerationContract, ExpiringRemovesOnlyWhatIsOverABoundedNumberAtATime) {
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  ASSERT_TRUE(m().put_sanction(mute(bob_, 100)));
  ASSERT_TRUE(m().put_sanction(mute(ann_, 101, SanctionKind::ban)));
  ASSERT_TRUE(m().put_sanction(mute(eve_, 0)));
  EXPECT_EQ(m().expire_sanctions(99, 10).value(), 0u);
  EXPECT_EQ(m().expire_sanctions(100, 1).value(), 1u);
  EXPECT_EQ(m().expire_sanctions(100, 10).value(), 1u);
  EXPECT_EQ(m().sanctions({}, {}, 1, 9)->size(), 2u);
}

TEST_P(ModerationContract, AZoneHasAtMostSoManySanctionsUntilSomeAreRemoved) {
  start({.sanctions_per_zone_max = 2});
  ASSERT_TRUE(m().put_sanction(mute(ann_, 100)));
  ASSERT_TRUE(m().put_sanction(mute(bob_, 100)));
  EXPECT_EQ(refused(m().put_sanction(mute(ann_, 0, SanctionKind::ban))), DirectoryCode::limit);
  EXPECT_TRUE(m().put_sanction(mute(ann_, 120))) << "one that is there may be changed";
  EXPECT_TRUE(m().put_sanction(mute(eve_, 100))) << "another zone has its own";
  ASSERT_EQ(m().expire_sanctions(100, 9).value(), 2u);  // bob's and eve's
  EXPECT_TRUE(m().put_sanction(mute(ann_, 0, SanctionKind::ban)));
}

// Reports ------------------------------------------------------------------------------------------------------------

TEST_P(ModerationContract, AReportKeepsTheMessageAsItWas) {
  const auto made = m().put_report(report(ann_, 9));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->stored);
  harness_->reopen();
  Report expected = report(ann_, 9);
  expected.id = made->id;
  EXPECT_EQ(m().report(zone_, made->id).value(), expected);
  EXPECT_EQ(m().reports(zone_, std::nullopt, {}, 9).value(), std::vector{expected});
}

TEST_P(ModerationContract, TheSameReporterReportsAMessageOnceAlsoAfterItWasClosed) {
  const auto first = m().put_report(report(ann_, 9)).value();
  Report again = report(ann_, 9);
  again.reason = "still";
  auto second = m().put_report(again).value();
  EXPECT_FALSE(second.stored);
  EXPECT_EQ(second.id, first.id);
  ASSERT_TRUE(m().close_report(zone_, first.id, "op", "nothing wrong", 99));
  second = m().put_report(again).value();
  EXPECT_FALSE(second.stored);
  EXPECT_EQ(m().report(zone_, first.id)->reason, "rude");
  EXPECT_TRUE(m().put_report(report(bob_, 9))->stored) << "somebody else's is another report";
  EXPECT_TRUE(m().put_report(report(ann_, 10))->stored) << "so is one of another message";
  EXPECT_TRUE(m().put_report(report({}, 9))->stored) << "and the filter's";
}

TEST_P(ModerationContract, PagesOfReportsAreByIdAndByState) {
  std::vector<std::uint64_t> made;
  for (std::uint64_t message = 1; message <= 4; ++message)
    made.push_back(m().put_report(report(ann_, message))->id.value);
  ASSERT_TRUE(m().put_report(report(eve_, 5)));
  ASSERT_TRUE(m().close_report(zone_, ReportId{made[1]}, "op", "warned", 99));
  using Ids = std::vector<std::uint64_t>;
  EXPECT_EQ(ids(m().reports(zone_, std::nullopt, {}, 9).value()), made);
  EXPECT_EQ(ids(m().reports(zone_, ReportState::open, {}, 2).value()), (Ids{made[0], made[2]}));
  EXPECT_EQ(ids(m().reports(zone_, ReportState::open, ReportId{made[2]}, 2).value()), (Ids{made[3]}));
  EXPECT_EQ(ids(m().reports(zone_, ReportState::closed, {}, 9).value()), (Ids{made[1]}));
}

TEST_P(ModerationContract, AReportIsClosedOnceAndSaysByWhomAndWhy) {
  const auto id = m().put_report(report(ann_, 9))->id;
  Report expected = report(ann_, 9);
  expected.id = id;
  expected.state = ReportState::closed;
  expected.closed_by = "op";
  expected.resolution = "muted for a day";
  expected.closed_ms = 99;
  EXPECT_EQ(m().close_report(zone_, id, "op", "muted for a day", 99).value(), expected);
  EXPECT_EQ(refused(m().close_report(zone_, id, "op2", "x", 100)), DirectoryCode::conflict);
  EXPECT_EQ(m().report(zone_, id).value(), expected);
}

TEST_P(ModerationContract, AReportOfAnotherZoneDoesNotExist) {
  const auto id = m().put_report(report(eve_, 9))->id;
  EXPECT_EQ(refused(m().report(zone_, id)), DirectoryCode::not_found);
  EXPECT_EQ(refused(m().close_report(zone_, id, "op", "x", 1)), DirectoryCode::not_found);
  EXPECT_TRUE(m().reports(zone_, std::nullopt, {}, 9)->empty());
  Report wrong = report(eve_, 10);
  wrong.zone = zone_;
  EXPECT_EQ(refused(m().put_report(wrong)), DirectoryCode::not_found);
}

TEST_P(ModerationContract, AZoneHasAtMostSoManyOpenReports) {
  start({.reports_open_per_zone_max = 2});
  const auto first = m().put_report(report(ann_, 1))->id;
  ASSERT_TRUE(m().put_report(report(ann_, 2)));
  EXPECT_EQ(refused(m().put_report(report(ann_, 3))), DirectoryCode::limit);
  EXPECT_FALSE(m().put_report(report(ann_, 2))->stored) << "a repetition is answered also then";
  ASSERT_TRUE(m().close_report(zone_, first, "op", "", 5));
  EXPECT_TRUE(m().put_report(report(ann_, 3)));
}

// Words --------------------------------------------------------------------------------------------------------------

TEST_P(ModerationContract, WordsAreOfAZoneAndTheSameTextIsChangedInPlace) {
  const WordRule darn{.id = {}, .match = WordMatch::whole_word, .action = WordAction::mask, .text = "darn"};
  const auto put = m().put_word(zone_, darn).value();
  WordRule expected = darn;
  expected.id = put.id;
  EXPECT_EQ(put, expected);
  harness_->reopen();
  EXPECT_EQ(m().words(zone_).value(), std::vector{expected});
  EXPECT_TRUE(m().words(other_)->empty());

  WordRule harder = darn;
  harder.action = WordAction::refuse;
  EXPECT_EQ(m().put_word(zone_, harder)->id, put.id);
  EXPECT_EQ(m().words(zone_)->front().action, WordAction::refuse);
  WordRule pattern = darn;
  pattern.match = WordMatch::pattern;
  EXPECT_NE(m().put_word(zone_, pattern)->id, put.id);
  EXPECT_EQ(m().words(zone_)->size(), 2u);
}

TEST_P(ModerationContract, AWordIsRemovedInItsZoneOnly) {
  const auto id = m().put_word(zone_, {.id = {}, .text = "darn"})->id;
  EXPECT_EQ(refused(m().remove_word(other_, id)), DirectoryCode::not_found);
  EXPECT_EQ(m().words(zone_)->size(), 1u);
  EXPECT_TRUE(m().remove_word(zone_, id));
  EXPECT_EQ(refused(m().remove_word(zone_, id)), DirectoryCode::not_found);
  EXPECT_EQ(refused(m().put_word(ZoneId{999}, {.id = {}, .text = "x"})), DirectoryCode::not_found);
}

TEST_P(ModerationContract, TellsWhichZonesHaveWords) {
  EXPECT_TRUE(m().zones_with_words()->empty());
  ASSERT_TRUE(m().put_word(other_, {.id = {}, .text = "a"}));
  ASSERT_TRUE(m().put_word(other_, {.id = {}, .text = "b"}));
  EXPECT_EQ(m().zones_with_words().value(), std::vector{other_});
  ASSERT_TRUE(m().put_word(zone_, {.id = {}, .text = "a"}));
  EXPECT_EQ(m().zones_with_words().value(), (std::vector{zone_, other_}));
}

TEST_P(ModerationContract, AZoneHasAtMostSoManyWords) {
  start({.word_rules_per_zone_max = 1});
  ASSERT_TRUE(m().put_word(zone_, {.id = {}, .text = "a"}));
  EXPECT_EQ(refused(m().put_word(zone_, {.id = {}, .text = "b"})), DirectoryCode::limit);
  EXPECT_TRUE(m().put_word(zone_, {.id = {}, .action = WordAction::mask, .text = "a"}));
  EXPECT_TRUE(m().put_word(other_, {.id = {}, .text = "b"}));
}

}  // namespace plaza::contract
