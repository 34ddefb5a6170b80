#pragma once
// The contract of ports::Announcements as tests. It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ports/announcements.h"
#include "ports/directory.h"

namespace plaza::contract {

using namespace ports;  // NOLINT: a test file that is about nothing else

/// One implementation with its storage, which is empty at first. reopen() is a new start on the same storage, and does nothing
/// where there is none.
class AnnouncementsHarness {
 public:
  virtual ~AnnouncementsHarness() = default;
  virtual void open(AnnouncementLimits limits) = 0;
  virtual void reopen() = 0;
  virtual Directory& directory() = 0;
  virtual Announcements& announcements() = 0;
};
struct AnnouncementsUnderTest {
  std::string name;
  std::unique_ptr<AnnouncementsHarness> (*make)() = nullptr;
};
inline std::string name_of_announcements(const testing::TestParamInfo<AnnouncementsUnderTest>& info) {
  return info.param.name;
}

class AnnouncementsContract : public testing::TestWithParam<AnnouncementsUnderTest> {
 protected:
  void SetUp() override { start({}); }
  void start(AnnouncementLimits limits) {
    harness_ = GetParam().make();
    harness_->open(limits);
    zone_ = put_zone("app", "one");
    other_app_ = put_zone("another", "one");
    ann_ = add_member("ann", zone_.id);
    bob_ = add_member("bob", zone_.id);
    eve_ = add_member("eve", other_app_.id);
    tea_ = harness_->directory()
               .create_room(zone_.id, ann_, ann_, {.name = "tea", .name_key = "tea"}, 1)
               ->room.id;
  }
  Zone put_zone(const std::string& app, const std::string& name) {
    Zone wanted;
    wanted.app_name = app;
    wanted.zone_name = name;
    return harness_->directory().put_zone(wanted).value();
  }
  MemberId add_member(const std::string& name, ZoneId zone) {
    return harness_->directory().register_account(name, name, "h", zone).value().id;
  }
  Announcements& a() { return harness_->announcements(); }
  template <class T>
  static DirectoryCode refused(const DirectoryResult<T>& result) {
    EXPECT_FALSE(result.has_value()) << "was not refused";
    return result ? DirectoryCode::unavailable : result.error().code;
  }
  [[nodiscard]] Announcement make(std::string body, AnnouncementTarget target = AnnouncementTarget::zone,
                                  std::int64_t not_before_ms = 0, std::int64_t until_ms = 1'000) const {
    Announcement made;
    made.app = zone_.app;
    made.target = target;
    if (target != AnnouncementTarget::app) made.zone = zone_.id;
    if (target == AnnouncementTarget::room) made.room = tea_;
    if (target == AnnouncementTarget::members) made.members = members({ann_, bob_});
    made.name = "Plaza";
    made.body = std::move(body);
    made.created_ms = 5;
    made.not_before_ms = not_before_ms;
    made.until_ms = until_ms;
    made.by = "operator";
    return made;
  }
  static std::shared_ptr<const std::vector<MemberId>> members(std::vector<MemberId> ids) {
    return std::make_shared<const std::vector<MemberId>>(std::move(ids));
  }
  Announcement add(const Announcement& wanted) {
    const auto added = a().add(wanted);
    EXPECT_TRUE(added) << added.error().detail;
    return added.value_or(Announcement{});
  }
  static std::vector<std::string> bodies(const DirectoryResult<std::vector<Announcement>>& found) {
    std::vector<std::string> texts;
    if (!found) ADD_FAILURE() << found.error().detail;
    for (const auto& one : found.value_or(std::vector<Announcement>{})) texts.push_back(one.body);
    return texts;
  }
  using Texts = std::vector<std::string>;

  std::unique_ptr<AnnouncementsHarness> harness_;
  Zone zone_, other_app_;
  MemberId ann_, bob_, eve_;
  RoomId tea_;
};

TEST_P(AnnouncementsContract, IsScheduledThenCurrentThenOverAndKeepsWhatItSays) {
  Announcement wanted = make("hello \"all\"");
  wanted.kind = MessageKind::custom;
  const Announcement made = add(wanted);
  EXPECT_TRUE(made.id);
  EXPECT_EQ(made.state, AnnouncementState::scheduled);
  EXPECT_EQ(made.number, 0u);
  EXPECT_TRUE(a().current(10)->empty());
  harness_->reopen();
  const auto published = a().publish_due(10, 9).value();
  ASSERT_EQ(published.size(), 1u);
  harness_->reopen();
  for (const Announcement& now : {published.front(), a().current(10)->front()}) {
    EXPECT_EQ(now.id, made.id);
    EXPECT_EQ(now.app, zone_.app);
    EXPECT_EQ(now.zone, zone_.id);
    EXPECT_EQ(now.name, "Plaza");
    EXPECT_EQ(now.kind, MessageKind::custom);
    EXPECT_EQ(now.body, "hello \"all\"");
    EXPECT_EQ(now.created_ms, 5);
    EXPECT_EQ(now.until_ms, 1'000);
    EXPECT_EQ(now.by, "operator");
    EXPECT_EQ(now.state, AnnouncementState::current);
    EXPECT_GT(now.number, 0u);
    EXPECT_FALSE(now.members);
  }
  EXPECT_TRUE(a().publish_due(20, 9)->empty()) << "it is published once";
  EXPECT_EQ(a().current(999)->size(), 1u);
  EXPECT_TRUE(a().current(1'000)->empty());
  EXPECT_EQ(a().end_due(999, 9).value(), 0u);
  EXPECT_EQ(a().end_due(1'000, 9).value(), 1u);
  EXPECT_EQ(a().list(zone_.app, {}, 9)->front().state, AnnouncementState::over);
}

TEST_P(AnnouncementsContract, ThoseThatAreDueGetNumbersInTheOrderOfTheirTimes) {
  add(make("third", AnnouncementTarget::zone, 30));
  add(make("first", AnnouncementTarget::zone, 10));
  add(make("second", AnnouncementTarget::zone, 10));
  EXPECT_EQ(a().next_due().value(), 10);
  EXPECT_TRUE(a().publish_due(9, 9)->empty());
  EXPECT_EQ(bodies(a().publish_due(10, 1)), (Texts{"first"}));
  EXPECT_EQ(bodies(a().publish_due(10, 9)), (Texts{"second"}));
  EXPECT_EQ(a().next_due().value(), 30);
  EXPECT_EQ(bodies(a().publish_due(100, 9)), (Texts{"third"}));
  EXPECT_FALSE(a().next_due().value());
  const auto current = a().current(100).value();
  EXPECT_EQ(bodies(current), (Texts{"first", "second", "third"}));
  EXPECT_LT(current[0].number, current[1].number);
  EXPECT_LT(current[1].number, current[2].number);
}

TEST_P(AnnouncementsContract, ANumberIsNeverUsedAgain) {
  add(make("one"));
  const auto first = a().publish_due(10, 9)->front();
  ASSERT_TRUE(a().withdraw(zone_.app, first.id));
  ASSERT_EQ(a().forget(2'000, 9).value(), 1u);
  harness_->reopen();
  add(make("two"));
  EXPECT_GT(a().publish_due(10, 9)->front().number, first.number);
}

TEST_P(AnnouncementsContract, WhatEndedBeforeItBeganIsNeverCurrent) {
  add(make("late", AnnouncementTarget::zone, 10, 50));
  EXPECT_TRUE(a().publish_due(50, 9)->empty());
  EXPECT_TRUE(a().current(49)->empty());
  EXPECT_EQ(a().list(zone_.app, {}, 9)->front().state, AnnouncementState::over);
}

TEST_P(AnnouncementsContract, NamesItsMembersUntilItIsOver) {
  add(make("to two", AnnouncementTarget::members));
  const auto published = a().publish_due(10, 9).value();
  ASSERT_EQ(published.size(), 1u);
  EXPECT_EQ(*published.front().members, (std::vector{ann_, bob_}));
  harness_->reopen();
  EXPECT_EQ(*a().current(10)->front().members, (std::vector{ann_, bob_}));
  EXPECT_FALSE(a().list(zone_.app, {}, 9)->front().members);
}

TEST_P(AnnouncementsContract, IsForThoseWhoAreInTheRoomWhenItBecomesCurrent) {
  add(make("to tea", AnnouncementTarget::room, 10));
  ASSERT_TRUE(harness_->directory().change(zone_.id, bob_, tea_, ports::change::Join{}, 1));
  const auto published = a().publish_due(10, 9).value();
  ASSERT_EQ(published.size(), 1u);
  EXPECT_EQ(*published.front().members, (std::vector{ann_, bob_}));
  ASSERT_TRUE(harness_->directory().change(zone_.id, bob_, tea_, ports::change::Leave{}, 1));
  harness_->reopen();
  EXPECT_EQ(*a().current(10)->front().members, (std::vector{ann_, bob_}));
}

TEST_P(AnnouncementsContract, OneForARoomThatIsGoneIsOver) {
  add(make("to tea", AnnouncementTarget::room, 10));
  ASSERT_TRUE(harness_->directory().change(zone_.id, ann_, tea_, ports::change::Leave{}, 1));
  EXPECT_TRUE(a().publish_due(10, 9)->empty());
  EXPECT_EQ(a().list(zone_.app, {}, 9)->front().state, AnnouncementState::over);
}

TEST_P(AnnouncementsContract, WhatBelongsToAnotherAppDoesNotExist) {
  Announcement wrong = make("x");
  wrong.zone = other_app_.id;
  EXPECT_EQ(refused(a().add(wrong)), DirectoryCode::not_found);
  wrong = make("x", AnnouncementTarget::app);
  wrong.app = AppId{999};
  EXPECT_EQ(refused(a().add(wrong)), DirectoryCode::not_found);
  wrong = make("x", AnnouncementTarget::members);
  wrong.members = members({ann_, eve_});
  const auto unknown = a().add(wrong);
  EXPECT_EQ(refused(unknown), DirectoryCode::not_found);
  EXPECT_EQ(unknown.error().detail, "member " + std::to_string(eve_.value));
  wrong = make("x", AnnouncementTarget::room);
  wrong.zone = other_app_.id;
  wrong.app = other_app_.app;
  EXPECT_EQ(refused(a().add(wrong)), DirectoryCode::not_found);

  const auto mine = add(make("mine"));
  EXPECT_EQ(refused(a().withdraw(other_app_.app, mine.id)), DirectoryCode::not_found);
  EXPECT_TRUE(a().list(other_app_.app, {}, 9)->empty());
  EXPECT_EQ(a().list(zone_.app, {}, 9)->size(), 1u);
}

TEST_P(AnnouncementsContract, OneThatIsWithdrawnIsShownToNobodyMore) {
  const auto scheduled = add(make("scheduled", AnnouncementTarget::zone, 500));
  const auto current = add(make("current", AnnouncementTarget::members));
  ASSERT_EQ(a().publish_due(10, 9)->size(), 1u);
  EXPECT_EQ(a().withdraw(zone_.app, scheduled.id)->state, AnnouncementState::withdrawn);
  EXPECT_EQ(a().withdraw(zone_.app, current.id)->state, AnnouncementState::withdrawn);
  EXPECT_EQ(refused(a().withdraw(zone_.app, current.id)), DirectoryCode::conflict);
  EXPECT_TRUE(a().current(10)->empty());
  EXPECT_TRUE(a().publish_due(600, 9)->empty());
  EXPECT_FALSE(a().next_due().value());
}

TEST_P(AnnouncementsContract, AnAppHasAtMostSoManyThatAreOpen) {
  start({.open_per_app_max = 2});
  add(make("one", AnnouncementTarget::zone, 0, 100));
  add(make("two", AnnouncementTarget::zone, 500));
  EXPECT_EQ(refused(a().add(make("three"))), DirectoryCode::limit);
  ASSERT_EQ(a().publish_due(10, 9)->size(), 1u);
  EXPECT_EQ(refused(a().add(make("three"))), DirectoryCode::limit);
  ASSERT_EQ(a().end_due(100, 9).value(), 1u);
  add(make("three"));
  Announcement elsewhere = make("elsewhere");
  elsewhere.app = other_app_.app;
  elsewhere.zone = other_app_.id;
  add(elsewhere);
}

TEST_P(AnnouncementsContract, NamesAtMostSoManyMembers) {
  start({.members_max = 2});
  add(make("two", AnnouncementTarget::members));
  Announcement three = make("three", AnnouncementTarget::members);
  three.members = members({ann_, bob_, add_member("joe", zone_.id)});
  EXPECT_EQ(refused(a().add(three)), DirectoryCode::limit);
  three.members = members({});
  EXPECT_EQ(refused(a().add(three)), DirectoryCode::not_found);
}

TEST_P(AnnouncementsContract, PagesAreByIdAndWhatEndedLongAgoIsForgotten) {
  const auto one = add(make("one", AnnouncementTarget::zone, 0, 100));
  add(make("two", AnnouncementTarget::app, 0, 200));
  add(make("three", AnnouncementTarget::zone, 0, 300));
  EXPECT_EQ(bodies(a().list(zone_.app, {}, 2)), (Texts{"one", "two"}));
  EXPECT_EQ(bodies(a().list(zone_.app, one.id, 9)), (Texts{"two", "three"}));
  EXPECT_EQ(a().forget(1'000, 9).value(), 0u) << "none is over";
  EXPECT_EQ(a().end_due(1'000, 2).value(), 2u);
  EXPECT_EQ(a().end_due(1'000, 2).value(), 1u);
  EXPECT_EQ(a().forget(200, 9).value(), 1u);
  EXPECT_EQ(bodies(a().list(zone_.app, {}, 9)), (Texts{"two", "three"}));
}

}  // namespace plaza::contract
