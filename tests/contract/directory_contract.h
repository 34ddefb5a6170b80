#pragma once
// The contract of ports::Directory as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, DirectoryContract, testing::Values(DirectoryUnderTest{"maps", make}),
//                            name_of_directory);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "ports/directory.h"

namespace plaza::contract {

using namespace ports;  // NOLINT: a test file that is about nothing else

/// One implementation with its storage, which is empty at first.
class DirectoryHarness {
 public:
  virtual ~DirectoryHarness() = default;
  virtual Directory& open(DirectoryLimits limits, std::uint8_t region) = 0;
};
struct DirectoryUnderTest {
  std::string name;
  std::unique_ptr<DirectoryHarness> (*make)() = nullptr;
};
inline std::string name_of_directory(const testing::TestParamInfo<DirectoryUnderTest>& info) {
  return info.param.name;
}

template <class T>
DirectoryCode code_of(const DirectoryResult<T>& result) {
  EXPECT_FALSE(result.has_value()) << "was not refused";
  return result ? DirectoryCode::unavailable : result.error().code;
}
template <class T>
std::string detail_of(const DirectoryResult<T>& result) {
  return result ? "was not refused" : result.error().detail;
}

/// Runs `work(i)` in `threads` threads that start together.
inline void together(int threads, const std::function<void(int)>& work) {
  std::latch start(threads);
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
}

class DirectoryContract : public testing::TestWithParam<DirectoryUnderTest> {
 protected:
  void SetUp() override { start({}); }

  /// Opens an empty directory with these limits and two zones.
  void start(DirectoryLimits limits, std::uint8_t region = 0) {
    harness_ = GetParam().make();
    directory_ = &harness_->open(limits, region);
    zone_ = put_zone("app", "one");
    other_ = put_zone("app", "two");
  }
  ZoneId put_zone(const std::string& app, const std::string& zone,
                  FriendPolicy friends = FriendPolicy::mutual_at_once) {
    Zone wanted;
    wanted.app_name = app;
    wanted.zone_name = zone;
    wanted.friends = friends;
    const auto made = d().put_zone(wanted);
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->id : ZoneId{};
  }
  Member add(const std::string& name, ZoneId zone) {
    auto member = d().register_account(name, name, "hash of " + name, zone);
    EXPECT_TRUE(member) << detail_of(member);
    return member.value_or(Member{});
  }
  Member add(const std::string& name) { return add(name, zone_); }
  Token make_token(const Member& owner, const std::string& hash, const std::string& device = "web",
                   std::int64_t expires_ms = 1'000) {
    return {.id = {},
            .kind = TokenKind::member,
            .hash = hash + std::string(32 - hash.size(), '\xff'),
            .account = owner.account,
            .member = owner.id,
            .zone = owner.zone,
            .device = device,
            .created_ms = 10,
            .expires_ms = expires_ms};
  }
  TokenId put(const Token& token) {
    const auto id = d().put_token(token);
    EXPECT_TRUE(id) << detail_of(id);
    return id.value_or(TokenId{});
  }
  Relation relation(MemberId member, MemberId peer) {
    const auto all = d().relations(zone_, member);
    EXPECT_TRUE(all);
    for (const Relation& r : all.value_or(std::vector<Relation>{})) {
      if (r.peer == peer) return r;
    }
    return {};
  }
  std::size_t relation_count(MemberId member) {
    const auto all = d().relations(zone_, member);
    return all ? all->size() : 999;
  }
  /// A room of this owner with this name; what is given is set.
  RoomId make_room(const Member& owner, const std::string& name, RoomSettings settings = {}) {
    const auto made = d().create_room(
        owner.zone, owner.id, owner.id,
        {.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = settings}, kNow);
    EXPECT_TRUE(made) << detail_of(made);
    return made ? made->room.id : RoomId{};
  }
  DirectoryResult<RoomChanged> join(MemberId member, RoomId room) {
    return d().change(zone_, member, room, change::Join{}, kNow);
  }
  DirectoryResult<RoomChanged> leave(MemberId member, RoomId room) {
    return d().change(zone_, member, room, change::Leave{}, kNow);
  }
  Directory& d() { return *directory_; }

  static constexpr std::int64_t kNow = 1'000'000;

  std::unique_ptr<DirectoryHarness> harness_;
  Directory* directory_ = nullptr;
  ZoneId zone_, other_;
};

// Apps and zones -----------------------------------------------------------------------------------------------------

TEST_P(DirectoryContract, PutZoneCreatesAppAndZoneThatAreFoundByNameAndById) {
  const Zone wanted{.id = {},
                    .app = {},
                    .app_name = "chess",
                    .zone_name = "eu",
                    .friends = FriendPolicy::on_request,
                    .messages = MessagePolicy::friends_only,
                    .devices = DevicePolicy::kick};
  const auto made = d().put_zone(wanted);
  ASSERT_TRUE(made);
  for (const auto& found : {d().zone("chess", "eu"), d().zone(made->id)}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, made->id);
    EXPECT_EQ(found->app, made->app);
    EXPECT_EQ(found->app_name, "chess");
    EXPECT_EQ(found->zone_name, "eu");
    EXPECT_EQ(found->friends, FriendPolicy::on_request);
    EXPECT_EQ(found->messages, MessagePolicy::friends_only);
    EXPECT_EQ(found->devices, DevicePolicy::kick);
  }
}

TEST_P(DirectoryContract, PutZoneOfAnExistingZoneKeepsItsIdAndSetsThePolicies) {
  Zone wanted = *d().zone(zone_);
  wanted.id = ZoneId{4711};
  wanted.devices = DevicePolicy::allow;
  const auto again = d().put_zone(wanted);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, zone_);
  EXPECT_EQ(d().zone(zone_)->devices, DevicePolicy::allow);
  EXPECT_NE(put_zone("other app", "one"), zone_);
}

TEST_P(DirectoryContract, ZonesThatDoNotExistAreNotFound) {
  EXPECT_EQ(code_of(d().zone("app", "three")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().zone("nobody's", "one")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().zone(ZoneId{99})), DirectoryCode::not_found);
}

// Accounts -----------------------------------------------------------------------------------------------------------

TEST_P(DirectoryContract, RegisteringCreatesTheAccountAndAMemberOfTheSameName) {
  const auto member = d().register_account("Ann", "ann", "secret hash", zone_);
  ASSERT_TRUE(member);
  EXPECT_EQ(member->id, MemberId{1});
  EXPECT_EQ(member->zone, zone_);
  EXPECT_EQ(member->nickname, "Ann");
  EXPECT_EQ(member->avatar, "");
  for (const auto& account : {d().account(member->account), d().account_by_name("ann")}) {
    ASSERT_TRUE(account);
    EXPECT_EQ(account->id, member->account);
    EXPECT_EQ(account->name, "Ann");
    EXPECT_EQ(account->password_hash, "secret hash");
  }
  EXPECT_EQ(d().member_by_nickname(zone_, "ann")->id, member->id);
  EXPECT_EQ(add("bob").id, MemberId{2});
}

TEST_P(DirectoryContract, IdsCarryTheRegion) {
  start({}, 7);
  const Member ann = add("ann");
  EXPECT_EQ(ann.id.value, make_id(7, 1));
  EXPECT_EQ(ann.account.value, make_id(7, 1));
  EXPECT_EQ(zone_.value, make_id(7, 1));
  EXPECT_EQ(put(make_token(ann, "t")).value, make_id(7, 1));
  EXPECT_EQ(make_room(ann, "room").value, make_id(7, 1));
}

TEST_P(DirectoryContract, ATakenNameSaysWhichOfTheTwoAndChangesNothing) {
  const Member ann = add("ann");
  EXPECT_EQ(detail_of(d().register_account("ann", "ann", "h", other_)), "account name");
  ASSERT_TRUE(d().create_member(ann.account, zone_, "bob", "bob", ""));
  const auto bob = d().register_account("bob", "bob", "h", zone_);
  EXPECT_EQ(code_of(bob), DirectoryCode::name_taken);
  EXPECT_EQ(detail_of(bob), "nickname");
  EXPECT_EQ(code_of(d().account_by_name("bob")), DirectoryCode::not_found);
  EXPECT_EQ(add("bob", other_).id, MemberId{3}) << "a refused registration uses no id";
}

TEST_P(DirectoryContract, RegisteringInAZoneThatDoesNotExistChangesNothing) {
  EXPECT_EQ(code_of(d().register_account("ann", "ann", "h", ZoneId{99})), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().account_by_name("ann")), DirectoryCode::not_found);
}

TEST_P(DirectoryContract, AThirdPartyAccountIsCreatedOnceAndHasNoPassword) {
  const auto first = d().third_party_account("vendor", "u1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "");
  EXPECT_EQ(first->password_hash, "");
  EXPECT_EQ(d().third_party_account("vendor", "u1")->id, first->id);
  EXPECT_NE(d().third_party_account("vendor", "u2")->id, first->id);
  EXPECT_NE(d().third_party_account("rival", "u1")->id, first->id);
  EXPECT_EQ(d().account(first->id)->id, first->id);
}

TEST_P(DirectoryContract, SetPasswordReplacesTheHash) {
  const Member ann = add("ann");
  ASSERT_TRUE(d().set_password(ann.account, "new hash"));
  EXPECT_EQ(d().account(ann.account)->password_hash, "new hash");
  EXPECT_EQ(code_of(d().set_password(AccountId{99}, "h")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().account(AccountId{99})), DirectoryCode::not_found);
}

// Members ------------------------------------------------------------------------------------------------------------

TEST_P(DirectoryContract, AMemberKeepsEveryByteOfItsTexts) {
  const Member ann = add("ann");
  const std::string nickname = "\xe5\xb9\xbf\xe5\x9c\xba 'x'; DROP TABLE member;--";
  const std::string avatar = std::string("a\0b", 3) + "\xf0\x9f\x8e\xb2" + std::string(249, 'z');
  const auto made = d().create_member(ann.account, zone_, nickname, "key \"of\" it", avatar);
  ASSERT_TRUE(made);
  for (const auto& found : {d().member(zone_, made->id), d().member_by_id(made->id),
                            d().member_by_nickname(zone_, "key \"of\" it")}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, made->id);
    EXPECT_EQ(found->account, ann.account);
    EXPECT_EQ(found->zone, zone_);
    EXPECT_EQ(found->nickname, nickname);
    EXPECT_EQ(found->avatar, avatar);
  }
}

TEST_P(DirectoryContract, AMemberOfAnotherZoneIsNotFound) {
  const Member ann = add("ann");
  EXPECT_EQ(code_of(d().member(other_, ann.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().member_by_nickname(other_, "ann")), DirectoryCode::not_found);
  EXPECT_EQ(d().member_by_id(ann.id)->zone, zone_);
  EXPECT_EQ(code_of(d().member_by_id(MemberId{99})), DirectoryCode::not_found);
}

TEST_P(DirectoryContract, NicknamesAreUniqueInAZoneOnly) {
  const Member ann = add("ann");
  const auto taken = d().create_member(ann.account, zone_, "ann", "ann", "");
  EXPECT_EQ(code_of(taken), DirectoryCode::name_taken);
  EXPECT_EQ(detail_of(taken), "nickname");
  EXPECT_TRUE(d().create_member(ann.account, other_, "ann", "ann", ""));
}

TEST_P(DirectoryContract, AnAccountHasAtMostItsMembersInEachZone) {
  start({.members_per_account_max = 3});
  const Member ann = add("ann");
  const auto second = d().create_member(ann.account, zone_, "b", "b", "");
  const auto third = d().create_member(ann.account, zone_, "c", "c", "");
  ASSERT_TRUE(second && third);
  EXPECT_EQ(code_of(d().create_member(ann.account, zone_, "d", "d", "")), DirectoryCode::limit);
  EXPECT_EQ(code_of(d().member_by_nickname(zone_, "d")), DirectoryCode::not_found);
  EXPECT_TRUE(d().create_member(ann.account, other_, "d", "d", ""));

  const auto members = d().members_of(ann.account, zone_);
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].id, ann.id);
  EXPECT_EQ((*members)[1].id, second->id);
  EXPECT_EQ((*members)[2].id, third->id);
  EXPECT_TRUE(d().members_of(AccountId{99}, zone_)->empty());
}

TEST_P(DirectoryContract, CreatingAMemberNeedsAnAccountAndAZone) {
  const Member ann = add("ann");
  EXPECT_EQ(code_of(d().create_member(AccountId{99}, zone_, "x", "x", "")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().create_member(ann.account, ZoneId{99}, "x", "x", "")), DirectoryCode::not_found);
}

// Tokens -------------------------------------------------------------------------------------------------------------

TEST_P(DirectoryContract, ATokenIsFoundByItsHashUntilItExpires) {
  const Member ann = add("ann");
  const Token token = make_token(ann, std::string("\0\x01\x80 zero and high bytes", 23), "web", 1'000);
  const TokenId id = put(token);
  const auto found = d().token(token.hash, 999);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->kind, TokenKind::member);
  EXPECT_EQ(found->hash, token.hash);
  EXPECT_EQ(found->account, ann.account);
  EXPECT_EQ(found->member, ann.id);
  EXPECT_EQ(found->zone, zone_);
  EXPECT_EQ(found->device, "web");
  EXPECT_EQ(found->created_ms, 10);
  EXPECT_EQ(found->expires_ms, 1'000);
  EXPECT_EQ(code_of(d().token(token.hash, 1'000)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().take_token(token.hash, 1'000)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().token(std::string(32, 'x'), 0)), DirectoryCode::not_found);
}

TEST_P(DirectoryContract, ATokenNeedsAnAccountAndAHashOfItsOwn) {
  const Member ann = add("ann");
  put(make_token(ann, "a"));
  EXPECT_EQ(code_of(d().put_token(make_token(ann, "a"))), DirectoryCode::conflict);
  Token nobody = make_token(ann, "b");
  nobody.account = AccountId{99};
  EXPECT_EQ(code_of(d().put_token(nobody)), DirectoryCode::not_found);
}

TEST_P(DirectoryContract, ATokenIsTakenOnce) {
  const Member ann = add("ann");
  const Token token = make_token(ann, "a");
  const TokenId id = put(token);
  EXPECT_EQ(d().take_token(token.hash, 0)->id, id);
  EXPECT_EQ(code_of(d().take_token(token.hash, 0)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().token(token.hash, 0)), DirectoryCode::not_found);
}

TEST_P(DirectoryContract, TokensAreRevokedByIdByDeviceAndAll) {
  const Member ann = add("ann"), bob = add("bob");
  const TokenId a1 = put(make_token(ann, "a1", "web")), a2 = put(make_token(ann, "a2", "phone"));
  const TokenId a3 = put(make_token(ann, "a3", "web")), a4 = put(make_token(ann, "a4", "tv"));
  const TokenId b1 = put(make_token(bob, "b1", "web"));

  EXPECT_TRUE(d().revoke_tokens(ann.account, {}, b1)->empty()) << "another account's token";
  const auto by_id = d().revoke_tokens(ann.account, {}, a2);
  ASSERT_EQ(by_id->size(), 1u);
  EXPECT_EQ(by_id->front().id, a2);
  EXPECT_EQ(by_id->front().device, "phone");
  EXPECT_TRUE(d().revoke_tokens(ann.account, "phone", {})->empty());

  const auto by_device = d().revoke_tokens(ann.account, "web", {});
  ASSERT_EQ(by_device->size(), 2u);
  EXPECT_EQ((*by_device)[0].id, a1);
  EXPECT_EQ((*by_device)[1].id, a3);
  EXPECT_EQ(code_of(d().token(make_token(ann, "a1").hash, 0)), DirectoryCode::not_found);

  EXPECT_TRUE(d().revoke_tokens(ann.account, "web", a4)->empty()) << "both have to match";
  EXPECT_EQ(d().revoke_tokens(ann.account, {}, {})->size(), 1u);
  EXPECT_EQ(d().tokens_of(bob.account, 0)->size(), 1u);
}

TEST_P(DirectoryContract, TokensOfAnAccountAreItsValidOnesOldestFirst) {
  const Member ann = add("ann");
  const TokenId late = put(make_token(ann, "z", "web", 2'000));
  put(make_token(ann, "m", "web", 1'000));
  const TokenId last = put(make_token(ann, "a", "web", 1'001));
  const auto found = d().tokens_of(ann.account, 1'000);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].id, late);
  EXPECT_EQ((*found)[1].id, last);
}

TEST_P(DirectoryContract, ExpiringRemovesOnlyWhatIsExpiredAndAtMostTheLimit) {
  const Member ann = add("ann");
  for (int i = 0; i < 5; ++i) put(make_token(ann, "e" + std::to_string(i), "web", 100));
  const Token valid = make_token(ann, "v", "web", 101);
  put(valid);
  EXPECT_EQ(d().expire_tokens(99, 10), 0u);
  EXPECT_EQ(d().expire_tokens(100, 3), 3u);
  EXPECT_EQ(d().expire_tokens(100, 3), 2u);
  EXPECT_EQ(d().expire_tokens(100, 3), 0u);
  EXPECT_TRUE(d().token(valid.hash, 100));
}

// Friends and blocks -------------------------------------------------------------------------------------------------

TEST_P(DirectoryContract, AddingAFriendIsMutualAtOnceWhenTheZoneSaysSo) {
  const Member ann = add("ann"), bob = add("bob");
  const auto added = d().add_friend(zone_, ann.id, bob.id);
  ASSERT_TRUE(added) << detail_of(added);
  EXPECT_EQ(added->peer, bob.id);
  EXPECT_EQ(added->peer_name, "bob");
  EXPECT_EQ(added->friendship, Friendship::friends);
  EXPECT_EQ(relation(bob.id, ann.id).friendship, Friendship::friends);
  EXPECT_EQ(relation(bob.id, ann.id).peer_name, "ann");
  EXPECT_EQ(code_of(d().add_friend(zone_, ann.id, bob.id)), DirectoryCode::conflict);
  EXPECT_EQ(code_of(d().add_friend(zone_, bob.id, ann.id)), DirectoryCode::conflict);
}

TEST_P(DirectoryContract, OnRequestTheOtherSideDecides) {
  put_zone("app", "one", FriendPolicy::on_request);
  const Member ann = add("ann"), bob = add("bob");
  for (int i = 0; i < 2; ++i) {  // asking again changes nothing
    EXPECT_EQ(d().add_friend(zone_, ann.id, bob.id)->friendship, Friendship::requested_by_me);
    EXPECT_EQ(relation(bob.id, ann.id).friendship, Friendship::requested_by_them);
  }
  EXPECT_EQ(code_of(d().answer_friend(zone_, ann.id, bob.id, true)), DirectoryCode::conflict)
      << "own request";

  EXPECT_EQ(d().answer_friend(zone_, bob.id, ann.id, false)->friendship, Friendship::none);
  EXPECT_EQ(relation_count(ann.id), 0u);
  EXPECT_EQ(relation_count(bob.id), 0u);
  EXPECT_EQ(code_of(d().answer_friend(zone_, bob.id, ann.id, true)), DirectoryCode::conflict);

  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(d().answer_friend(zone_, bob.id, ann.id, true)->friendship, Friendship::friends);
  EXPECT_EQ(relation(ann.id, bob.id).friendship, Friendship::friends);
}

TEST_P(DirectoryContract, RequestsThatCrossMakeFriends) {
  put_zone("app", "one", FriendPolicy::on_request);
  const Member ann = add("ann"), bob = add("bob");
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(d().add_friend(zone_, bob.id, ann.id)->friendship, Friendship::friends);
  EXPECT_EQ(relation(ann.id, bob.id).friendship, Friendship::friends);
}

TEST_P(DirectoryContract, RemovingEndsAFriendshipOrWithdrawsARequestOnBothSides) {
  const Member ann = add("ann"), bob = add("bob");
  EXPECT_EQ(code_of(d().remove_friend(zone_, ann.id, bob.id)), DirectoryCode::conflict);
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(d().remove_friend(zone_, bob.id, ann.id)->friendship, Friendship::none);
  EXPECT_EQ(relation_count(ann.id), 0u);
  EXPECT_EQ(relation_count(bob.id), 0u);

  put_zone("app", "one", FriendPolicy::on_request);
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(code_of(d().remove_friend(zone_, bob.id, ann.id)), DirectoryCode::conflict)
      << "that is to be answered";
  ASSERT_TRUE(d().remove_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(relation_count(bob.id), 0u);
}

TEST_P(DirectoryContract, ABlockIsSeenFromBothSidesAndStopsRequests) {
  const Member ann = add("ann"), bob = add("bob");
  EXPECT_TRUE(d().set_blocked(zone_, ann.id, bob.id, true)->blocked_by_me);
  EXPECT_TRUE(relation(ann.id, bob.id).blocked_by_me);
  EXPECT_FALSE(relation(ann.id, bob.id).blocked_by_them);
  EXPECT_TRUE(relation(bob.id, ann.id).blocked_by_them);
  EXPECT_EQ(code_of(d().add_friend(zone_, bob.id, ann.id)), DirectoryCode::conflict);
  EXPECT_TRUE(d().set_blocked(zone_, ann.id, bob.id, true)) << "again is fine";

  ASSERT_TRUE(d().set_blocked(zone_, bob.id, ann.id, true));
  ASSERT_TRUE(d().set_blocked(zone_, ann.id, bob.id, false));
  EXPECT_FALSE(relation(ann.id, bob.id).blocked_by_me);
  EXPECT_TRUE(relation(ann.id, bob.id).blocked_by_them);
  ASSERT_TRUE(d().set_blocked(zone_, bob.id, ann.id, false));
  EXPECT_EQ(relation_count(ann.id), 0u);
  EXPECT_EQ(relation_count(bob.id), 0u);
}

TEST_P(DirectoryContract, ABlockLeavesTheFriendshipAsItIs) {
  const Member ann = add("ann"), bob = add("bob");
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  ASSERT_TRUE(d().set_blocked(zone_, ann.id, bob.id, true));
  EXPECT_EQ(relation(ann.id, bob.id).friendship, Friendship::friends);
  ASSERT_TRUE(d().set_blocked(zone_, ann.id, bob.id, false));
  EXPECT_EQ(relation(bob.id, ann.id).friendship, Friendship::friends);
}

TEST_P(DirectoryContract, ARemarkIsOnesOwnAndGoesWithTheFriendship) {
  const Member ann = add("ann"), bob = add("bob");
  EXPECT_EQ(code_of(d().set_remark(zone_, ann.id, bob.id, "?")), DirectoryCode::conflict) << "no relation";
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(d().set_remark(zone_, ann.id, bob.id, "from school")->remark, "from school");
  EXPECT_EQ(relation(ann.id, bob.id).remark, "from school");
  EXPECT_EQ(relation(bob.id, ann.id).remark, "");
  ASSERT_TRUE(d().remove_friend(zone_, ann.id, bob.id));
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  EXPECT_EQ(relation(ann.id, bob.id).remark, "");
}

TEST_P(DirectoryContract, RelationsArePerPeerAscending) {
  const Member ann = add("ann"), bob = add("bob"), eve = add("eve");
  ASSERT_TRUE(d().add_friend(zone_, bob.id, eve.id));
  ASSERT_TRUE(d().add_friend(zone_, bob.id, ann.id));
  const auto all = d().relations(zone_, bob.id);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].peer, ann.id);
  EXPECT_EQ((*all)[1].peer, eve.id);
}

TEST_P(DirectoryContract, RelationsWithOneselfOrAnotherZoneAreRefused) {
  const Member ann = add("ann"), far = add("far", other_);
  EXPECT_EQ(code_of(d().add_friend(zone_, ann.id, ann.id)), DirectoryCode::conflict);
  EXPECT_EQ(code_of(d().set_blocked(zone_, ann.id, ann.id, true)), DirectoryCode::conflict);
  EXPECT_EQ(code_of(d().add_friend(zone_, ann.id, far.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().add_friend(zone_, far.id, ann.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().answer_friend(zone_, ann.id, far.id, true)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().remove_friend(zone_, ann.id, far.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().set_blocked(zone_, ann.id, far.id, true)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().set_remark(zone_, ann.id, far.id, "x")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().relations(zone_, far.id)), DirectoryCode::not_found);
}

TEST_P(DirectoryContract, FriendsOfBothSidesAreBounded) {
  start({.friends_max = 2});
  const Member ann = add("ann"), bob = add("bob"), eve = add("eve"), dan = add("dan");
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  ASSERT_TRUE(d().add_friend(zone_, ann.id, eve.id));
  EXPECT_EQ(code_of(d().add_friend(zone_, ann.id, dan.id)), DirectoryCode::limit);
  EXPECT_EQ(code_of(d().add_friend(zone_, dan.id, ann.id)), DirectoryCode::limit);
  EXPECT_EQ(code_of(d().set_blocked(zone_, ann.id, dan.id, true)), DirectoryCode::limit);
  EXPECT_TRUE(d().set_blocked(zone_, ann.id, bob.id, true)) << "needs no further place";
  EXPECT_EQ(relation_count(dan.id), 0u);
  EXPECT_EQ(relation_count(ann.id), 2u);
}

TEST_P(DirectoryContract, WhatOthersDoTakesNoPlaceFromAMember) {
  start({.friends_max = 1});
  put_zone("app", "one", FriendPolicy::on_request);
  const Member ann = add("ann"), bob = add("bob"), eve = add("eve"), dan = add("dan");
  ASSERT_TRUE(d().set_blocked(zone_, eve.id, ann.id, true));
  ASSERT_TRUE(d().add_friend(zone_, bob.id, ann.id));
  EXPECT_EQ(code_of(d().add_friend(zone_, dan.id, ann.id)), DirectoryCode::limit)
      << "requests have a bound of their own";
  EXPECT_TRUE(d().answer_friend(zone_, ann.id, bob.id, true));
  ASSERT_TRUE(d().add_friend(zone_, dan.id, ann.id));
  EXPECT_EQ(code_of(d().answer_friend(zone_, ann.id, dan.id, true)), DirectoryCode::limit);
  EXPECT_EQ(relation(ann.id, dan.id).friendship, Friendship::requested_by_them)
      << "still there to be refused";
}

// Without asking -----------------------------------------------------------------------------------------------------

// Goal: what is remembered is what would be read now, after every kind of change. Method: whatever remembered() says, or says
// nothing, it is compared with the readings, which come after it and so cannot have helped.
TEST_P(DirectoryContract, WhatIsRememberedIsWhatWouldBeRead) {
  const Member ann = add("ann"), bob = add("bob");
  RoomId room;
  const auto compare = [&](const char* after) {
    for (const MemberId member : {ann.id, bob.id}) {
      const auto remembered = d().remembered(zone_, member);
      const auto relations = d().relations(zone_, member);
      const auto rooms = d().rooms_of(zone_, member);
      ASSERT_TRUE(relations && rooms) << after;
      if (!remembered) continue;
      ASSERT_EQ(remembered->relations.size(), relations->size()) << after;
      for (std::size_t i = 0; i < relations->size(); ++i) {
        const Relation &x = remembered->relations[i], &y = (*relations)[i];
        EXPECT_EQ(std::tie(x.peer, x.peer_name, x.friendship, x.blocked_by_me, x.blocked_by_them, x.remark),
                  std::tie(y.peer, y.peer_name, y.friendship, y.blocked_by_me, y.blocked_by_them, y.remark))
            << after;
      }
      ASSERT_EQ(remembered->rooms.size(), rooms->size()) << after;
      for (std::size_t i = 0; i < rooms->size(); ++i) {
        const Room &x = remembered->rooms[i], &y = (*rooms)[i];
        EXPECT_EQ(std::tie(x.id, x.name, x.members, x.role, x.owner, x.large_from),
                  std::tie(y.id, y.name, y.members, y.role, y.owner, y.large_from))
            << after;
      }
    }
  };
  compare("nothing");
  compare("nothing, again");
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  compare("add_friend");
  ASSERT_TRUE(d().set_remark(zone_, bob.id, ann.id, "a"));
  compare("set_remark");
  ASSERT_TRUE(d().set_blocked(zone_, ann.id, bob.id, true));
  compare("set_blocked");
  ASSERT_TRUE(d().remove_friend(zone_, ann.id, bob.id));
  compare("remove_friend");
  room = make_room(ann, "go");
  compare("create_room");
  ASSERT_TRUE(join(bob.id, room));
  compare("join");
  ASSERT_TRUE(d().change(zone_, ann.id, room, change::Set{.name = "Weiqi", .name_key = "weiqi"}, kNow));
  compare("rename");
  ASSERT_TRUE(d().change(zone_, ann.id, room, change::MakeAdmin{bob.id}, kNow));
  compare("make_admin");
  ASSERT_TRUE(d().change(zone_, ServerActor{}, room, change::Transfer{bob.id}, kNow));
  compare("transfer by the server");
  ASSERT_TRUE(d().set_large(zone_, room, 7));
  compare("set_large");
  ASSERT_TRUE(leave(ann.id, room));
  compare("leave");
  ASSERT_TRUE(d().change(zone_, bob.id, room, change::Dissolve{}, kNow));
  compare("dissolve");
  EXPECT_FALSE(d().remembered(other_, ann.id));
}

// Several at once ----------------------------------------------------------------------------------------------------

TEST_P(DirectoryContract, OfEightThreadsThatRegisterOneNameOneWins) {
  for (int round = 0; round < 5; ++round) {
    const std::string name = "name" + std::to_string(round);
    std::atomic<int> won = 0, taken = 0;
    together(8, [&](int) {
      const auto member = d().register_account(name, name, "h", zone_);
      if (member) ++won;
      if (!member && member.error().code == DirectoryCode::name_taken) ++taken;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(taken, 7);
  }
}

TEST_P(DirectoryContract, OfEightThreadsThatTakeOneTokenOneGetsIt) {
  const Member ann = add("ann");
  for (int round = 0; round < 5; ++round) {
    const Token token = make_token(ann, "t" + std::to_string(round));
    put(token);
    std::atomic<int> won = 0, missed = 0;
    together(8, [&](int) {
      const auto taken = d().take_token(token.hash, 0);
      if (taken) ++won;
      if (!taken && taken.error().code == DirectoryCode::not_found) ++missed;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(missed, 7);
  }
}

TEST_P(DirectoryContract, IdsFromEightThreadsAreAllDifferent) {
  std::vector<std::vector<MemberId>> made(8);
  together(8, [&](int i) {
    for (int j = 0; j < 10; ++j) {
      const std::string name = "n" + std::to_string(i) + "-" + std::to_string(j);
      const auto member = d().register_account(name, name, "h", zone_);
      if (member) made[static_cast<std::size_t>(i)].push_back(member->id);
    }
  });
  std::set<MemberId> all;
  for (const auto& some : made) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), 80u);
}

TEST_P(DirectoryContract, TwoWhoBefriendEachOtherAtOnceAreFriendsOnce) {
  const Member ann = add("ann"), bob = add("bob");
  std::atomic<int> added = 0;
  together(8, [&](int i) {
    added += (i % 2 ? d().add_friend(zone_, ann.id, bob.id) : d().add_friend(zone_, bob.id, ann.id)) ? 1 : 0;
  });
  EXPECT_EQ(added, 1);
  EXPECT_EQ(relation(ann.id, bob.id).friendship, Friendship::friends);
  EXPECT_EQ(relation(bob.id, ann.id).friendship, Friendship::friends);
}

}  // namespace plaza::contract
