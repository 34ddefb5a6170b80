#pragma once
// The contract of ports::Erasures, and of what ports::Apps says of what is being deleted. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, ErasuresContract, testing::Values(ErasuresUnderTest{"maps", make}), name_of_erasures);
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ports/apps.h"
#include "ports/channels.h"
#include "ports/erasures.h"

namespace plaza::contract::erasures {

using namespace ports;  // NOLINT: a test file that is about nothing else

/// One implementation with its storage, which is empty at first.
class ErasuresHarness {
 public:
  virtual ~ErasuresHarness() = default;
  virtual Directory& directory() = 0;
  virtual Channels& channels() = 0;
  virtual Apps& apps() = 0;
  virtual Erasures& erasures() = 0;
};
struct ErasuresUnderTest {
  std::string name;
  std::unique_ptr<ErasuresHarness> (*make)() = nullptr;
};
inline std::string name_of_erasures(const testing::TestParamInfo<ErasuresUnderTest>& info) {
  return info.param.name;
}

class ErasuresContract : public testing::TestWithParam<ErasuresUnderTest> {
 protected:
  ErasuresContract() : harness_(GetParam().make()) {
    chess_ = a().create_app("chess")->id;
    go_ = a().create_app("go")->id;
    one_ = zone(chess_, "one"), two_ = zone(chess_, "two"), elsewhere_ = zone(go_, "one");
  }
  Apps& a() { return harness_->apps(); }
  Directory& d() { return harness_->directory(); }
  Erasures& e() { return harness_->erasures(); }
  template <class T>
  static DirectoryCode refused(const DirectoryResult<T>& result) {
    EXPECT_FALSE(result.has_value()) << "was not refused";
    return result ? DirectoryCode::unavailable : result.error().code;
  }
  ZoneId zone(AppId app, const std::string& name) {
    Zone wanted;
    wanted.app = app;
    wanted.zone_name = name;
    return a().create_zone(wanted, 100)->zone.id;
  }
  Member account(ZoneId where, const std::string& name) {
    return *d().register_account(name, name, "hash", where);
  }
  RoomId room(ZoneId where, const Member& owner, const std::string& name) {
    return d()
        .create_room(where, owner.id, owner.id,
                     {.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = {}}, 1)
        ->room.id;
  }
  /// As the job does it, in the smallest pieces. Gives how many steps it took.
  int erase(std::uint32_t rows_max = 1) {
    int steps = 0;
    for (auto next = e().next(); *next; next = e().next()) {
      const Doomed what = **next;
      while (what.zone) {
        const auto piece = *e().piece(what.zone, 1);
        if (piece.empty()) break;
        EXPECT_EQ(piece.rooms.size() + piece.channels.size() + piece.members.size(), 1U);
        while (e().drop(what.zone, piece, rows_max).value()) ++steps;
        ++steps;
      }
      while (e().drop_rest(what, rows_max).value()) ++steps;
      if (++steps > 1'000) ADD_FAILURE() << "it does not come to an end";
      if (steps > 1'000) return steps;
    }
    return steps;
  }

  std::unique_ptr<ErasuresHarness> harness_;
  AppId chess_, go_;
  ZoneId one_, two_, elsewhere_;
};

TEST_P(ErasuresContract, WhatIsBeingDeletedIsClosedForGoodAndKeepsItsName) {
  const auto deleted = a().delete_zone(chess_, one_);
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(deleted->deleting && deleted->disabled);
  EXPECT_EQ(refused(d().zone("chess", "one")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().disable_zone(chess_, one_, false)), DirectoryCode::conflict);
  EXPECT_EQ(refused(a().rename_zone(chess_, one_, "new")), DirectoryCode::conflict);
  Zone again;
  again.app = chess_;
  again.zone_name = "one";
  EXPECT_EQ(refused(a().create_zone(again, 100)), DirectoryCode::name_taken);
  EXPECT_TRUE(a().delete_zone(chess_, one_)) << "again";
  EXPECT_EQ(refused(a().delete_zone(go_, two_)), DirectoryCode::not_found) << "it is another app's";
  EXPECT_FALSE(a().zone_record(chess_, "two")->deleting);
  EXPECT_TRUE(d().zone("chess", "two"));

  ASSERT_TRUE(a().delete_app(chess_)->deleting);
  EXPECT_TRUE(a().app("chess")->deleting);
  EXPECT_TRUE(a().zone_record(chess_, "two")->deleting) << "with all its zones";
  EXPECT_EQ(refused(d().zone("chess", "two")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().disable_app(chess_, false)), DirectoryCode::conflict);
  EXPECT_EQ(refused(a().rename_app(chess_, "new")), DirectoryCode::conflict);
  EXPECT_EQ(refused(a().create_app("chess")), DirectoryCode::name_taken);
  again.zone_name = "new";
  EXPECT_EQ(refused(a().create_zone(again, 100)), DirectoryCode::conflict);
  EXPECT_EQ(refused(a().delete_app(AppId{999})), DirectoryCode::not_found);
  EXPECT_TRUE(d().zone("go", "one"));
}

TEST_P(ErasuresContract, NothingIsDoneToWhatIsNotBeingDeleted) {
  const Member ann = account(one_, "ann");
  const RoomId club = room(one_, ann, "club");
  EXPECT_FALSE(*e().next());
  EXPECT_TRUE(e().piece(one_, 10)->empty());
  ASSERT_TRUE(e().drop(one_, {.rooms = {club}, .channels = {}, .members = {ann.id}}, 100));
  ASSERT_TRUE(a().disable_zone(chess_, two_, true));
  ASSERT_TRUE(e().drop_rest({.app = chess_, .zone = two_}, 100));
  ASSERT_TRUE(e().drop_rest({.app = go_, .zone = {}}, 100));
  EXPECT_TRUE(a().zone_record(chess_, "two"));
  EXPECT_TRUE(a().app("go"));
  EXPECT_TRUE(d().member(one_, ann.id));
  EXPECT_TRUE(d().room(one_, club));
  // Of another zone than the one that goes.
  ASSERT_TRUE(a().delete_zone(chess_, two_));
  ASSERT_TRUE(e().drop(two_, {.rooms = {club}, .channels = {}, .members = {ann.id}}, 100));
  EXPECT_TRUE(d().member(one_, ann.id));
  EXPECT_TRUE(d().room(one_, club));
}

TEST_P(ErasuresContract, AZoneGoesPieceByPieceWithEverythingInItAndNothingOfTheOthers) {
  const Member ann = account(one_, "ann"), bob = account(one_, "bob"), cat = account(two_, "cat");
  const auto also = d().create_member(ann.account, two_, "annie", "annie", "");
  ASSERT_TRUE(also);
  ASSERT_TRUE(d().add_friend(one_, ann.id, bob.id));
  const RoomId club = room(one_, ann, "club"), stays = room(two_, cat, "club");
  ASSERT_TRUE(d().change(one_, bob.id, club, change::Join{}, 1));
  ASSERT_TRUE(harness_->channels().put_channel(one_, "news", {}));
  ASSERT_TRUE(harness_->channels().put_channel(two_, "news", {}));
  const auto token = [&](const Member& of, const std::string& hash) {
    ASSERT_TRUE(d().put_token({.id = {},
                               .kind = TokenKind::member,
                               .hash = hash,
                               .account = of.account,
                               .member = of.id,
                               .zone = of.zone,
                               .device = "web",
                               .created_ms = 1,
                               .expires_ms = 1000}));
  };
  token(ann, std::string(64, 'a')), token(bob, std::string(64, 'b')), token(*also, std::string(64, 'c'));
  ASSERT_TRUE(a().delete_zone(chess_, one_));
  EXPECT_EQ(*a().left_in(chess_, one_), (AppUsage{.members = 2, .rooms = 1}));
  EXPECT_EQ(refused(a().left_in(go_, one_)), DirectoryCode::not_found);
  EXPECT_GT(erase(), 4);

  EXPECT_EQ(refused(a().zone_record(chess_, "one")), DirectoryCode::not_found);
  EXPECT_EQ(refused(d().member_by_id(ann.id)), DirectoryCode::not_found);
  EXPECT_EQ(refused(d().token(std::string(64, 'a'), 5)), DirectoryCode::not_found);
  EXPECT_TRUE(d().token(std::string(64, 'c'), 5)) << "of the same account, in a zone that stays";
  EXPECT_TRUE(d().account_by_name("ann")) << "it has a member in another zone";
  EXPECT_EQ(refused(d().account_by_name("bob")), DirectoryCode::not_found) << "it has nothing else";
  EXPECT_EQ(refused(d().account(bob.account)), DirectoryCode::not_found);
  EXPECT_TRUE(d().room(two_, stays));
  EXPECT_TRUE(harness_->channels().channel(two_, "news"));
  EXPECT_TRUE(d().member(two_, cat.id));
  EXPECT_EQ(*a().usage(chess_), (AppUsage{.members = 2, .rooms = 1}));
  // Its names are free.
  const ZoneId again = zone(chess_, "one");
  EXPECT_NE(again, one_);
  account(again, "bob");
  EXPECT_EQ(refused(harness_->channels().channel(again, "news")), DirectoryCode::not_found);
}

TEST_P(ErasuresContract, AnAppGoesWithItsZonesServersAndKeys) {
  const Member ann = account(one_, "ann"), dan = account(elsewhere_, "dan");
  account(two_, "bob");
  for (const AppId app : {chess_, go_}) {
    const auto server = a().register_server(
        {.id = {}, .app = app, .name = "backend", .networks = {}, .created_ms = 5}, 10);
    ASSERT_TRUE(a().add_key(app, {.id = "key" + std::to_string(app.value),
                                  .server = server->id,
                                  .sealed_secret = "sealed",
                                  .created_ms = 1,
                                  .revoked_ms = 0}));
  }
  OwnQuotas quotas;
  quotas.of(Quota::members) = 7;
  ASSERT_TRUE(a().set_quotas(chess_, quotas));
  ASSERT_TRUE(a().delete_app(chess_));
  erase();
  EXPECT_EQ(refused(a().app("chess")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().key_holder("key" + std::to_string(chess_.value))), DirectoryCode::not_found);
  EXPECT_TRUE(a().key_holder("key" + std::to_string(go_.value)));
  EXPECT_EQ(refused(d().member_by_id(ann.id)), DirectoryCode::not_found);
  EXPECT_TRUE(d().member(elsewhere_, dan.id));
  const auto again = a().create_app("chess");
  ASSERT_TRUE(again);
  EXPECT_NE(again->id, chess_);
  EXPECT_EQ(*a().quotas(again->id), OwnQuotas{});
}

TEST_P(ErasuresContract, ARoomOfManyGoesABoundedNumberOfRowsAtATime) {
  const Member ann = account(one_, "ann");
  const RoomId club = room(one_, ann, "club");
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(d().change(one_, account(one_, "m" + std::to_string(i)).id, club, change::Join{}, 1));
  ASSERT_TRUE(a().delete_zone(chess_, one_));
  erase(3);
  EXPECT_EQ(refused(a().zone_record(chess_, "one")), DirectoryCode::not_found);
}

TEST_P(ErasuresContract, WhoComesInBetweenKeepsTheZoneUntilItIsGoneAsWell) {
  ASSERT_TRUE(a().delete_zone(chess_, one_));
  account(one_, "late");
  EXPECT_TRUE(*e().drop_rest({.app = chess_, .zone = one_}, 100));
  EXPECT_EQ(e().piece(one_, 10)->members.size(), 1U);
  erase();
  EXPECT_EQ(refused(d().account_by_name("late")), DirectoryCode::not_found);
}

}  // namespace plaza::contract::erasures
