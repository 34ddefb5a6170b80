#pragma once
// The contracts of ports::Apps, ports::Idempotency and ports::AuditLog as tests. Every implementation runs them:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, AppsContract, testing::Values(AppsUnderTest{"maps", make}), name_of_apps);
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ports/apps.h"
#include "ports/audit.h"
#include "ports/idempotency.h"

namespace plaza::contract::apps {

using namespace ports;  // NOLINT: a test file that is about nothing else

inline constexpr const char* kAuditKey = "the key of the chain";

/// One implementation with its storage, which is empty at first.
class AppsHarness {
 public:
  virtual ~AppsHarness() = default;
  virtual Directory& directory() = 0;
  virtual Apps& apps() = 0;
  virtual Idempotency& idempotency() = 0;
  virtual AuditLog& audit() = 0;
};
struct AppsUnderTest {
  std::string name;
  std::unique_ptr<AppsHarness> (*make)() = nullptr;
};
inline std::string name_of_apps(const testing::TestParamInfo<AppsUnderTest>& info) { return info.param.name; }

template <class T>
DirectoryCode refused(const DirectoryResult<T>& result) {
  EXPECT_FALSE(result.has_value()) << "was not refused";
  return result ? DirectoryCode::unavailable : result.error().code;
}

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

class AppsContract : public testing::TestWithParam<AppsUnderTest> {
 protected:
  AppsContract() : harness_(GetParam().make()) {}
  Apps& a() { return harness_->apps(); }
  Directory& d() { return harness_->directory(); }
  AppId app(const std::string& name) { return a().create_app(name).value().id; }
  DirectoryResult<ZoneRecord> zone(AppId app, const std::string& name, std::uint32_t zones_max = 100) {
    Zone wanted;
    wanted.app = app;
    wanted.zone_name = name;
    return a().create_zone(wanted, zones_max);
  }
  BackendServer server(AppId app, const std::string& name) {
    return a()
        .register_server({.id = {}, .app = app, .name = name, .networks = {"10.0.0.0/8"}, .created_ms = 5},
                         10)
        .value();
  }
  void set_quota(AppId app, Quota quota, std::uint64_t amount) {
    OwnQuotas wanted;
    wanted.of(quota) = amount;
    ASSERT_TRUE(a().set_quotas(app, wanted));
  }
  static ApiKey key(const std::string& id, ServerId server, std::int64_t created_ms = 1) {
    return {.id = id,
            .server = server,
            .sealed_secret = "sealed " + id,
            .created_ms = created_ms,
            .revoked_ms = 0};
  }

  std::unique_ptr<AppsHarness> harness_;
};

// Apps and zones

TEST_P(AppsContract, AppsHaveUniqueNamesAndAreListedByIdInPages) {
  const AppId chess = app("chess"), go = app("go"), shogi = app("shogi");
  EXPECT_EQ(refused(a().create_app("go")), DirectoryCode::name_taken);
  EXPECT_EQ(a().app("go")->id, go);
  EXPECT_EQ(refused(a().app("Go")), DirectoryCode::not_found) << "case counts";
  const auto first = a().apps({}, 2);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ(first->at(0).id, chess);
  EXPECT_EQ(first->at(1).id, go);
  const auto rest = a().apps(go, 2);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ(rest->front(), (App{.id = shogi, .name = "shogi"}));
}

TEST_P(AppsContract, ARenamedAppIsFoundByItsNewNameAlsoByTheDirectory) {
  const AppId chess = app("chess");
  app("go");
  ASSERT_TRUE(zone(chess, "one"));
  EXPECT_EQ(refused(a().rename_app(chess, "go")), DirectoryCode::name_taken);
  EXPECT_EQ(refused(a().rename_app(AppId{999}, "new")), DirectoryCode::not_found);
  EXPECT_EQ(a().rename_app(chess, "chess")->name, "chess") << "its own name is not taken";
  EXPECT_EQ(a().rename_app(chess, "schach")->name, "schach");
  EXPECT_EQ(refused(a().app("chess")), DirectoryCode::not_found);
  EXPECT_EQ(a().app("schach")->id, chess);
  EXPECT_EQ(d().zone("schach", "one")->app_name, "schach");
  EXPECT_EQ(refused(d().zone("chess", "one")), DirectoryCode::not_found);
  EXPECT_EQ(a().zone_record(chess, "one")->zone.app_name, "schach");
}

TEST_P(AppsContract, QuotasAreThoseThatWereSetLastAndOfThatAppAlone) {
  const AppId chess = app("chess"), go = app("go");
  EXPECT_EQ(*a().quotas(chess), OwnQuotas{});
  OwnQuotas wanted;
  wanted.of(Quota::members) = 3;
  wanted.of(Quota::stored_bytes) = (1ULL << 53) - 1;
  wanted.of(Quota::rooms) = 0;
  EXPECT_EQ(*a().set_quotas(chess, wanted), wanted);
  EXPECT_EQ(*a().quotas(chess), wanted);
  EXPECT_EQ(*a().quotas(go), OwnQuotas{});
  wanted.of(Quota::members).reset();
  ASSERT_TRUE(a().set_quotas(chess, wanted));
  EXPECT_EQ(*a().quotas(chess), wanted) << "what is not set is as the settings say again";
  EXPECT_EQ(refused(a().quotas(AppId{999})), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().set_quotas(AppId{999}, wanted)), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().usage(AppId{999})), DirectoryCode::not_found);
}

TEST_P(AppsContract, TheLastMemberOfTheQuotaIsMadeTheNextLeavesNoTraceAndOtherAppsHaveTheirs) {
  const AppId chess = app("chess"), go = app("go");
  const ZoneId one = zone(chess, "one")->zone.id, two = zone(chess, "two")->zone.id;
  const ZoneId elsewhere = zone(go, "one")->zone.id;
  set_quota(chess, Quota::members, 3);
  const auto ann = d().register_account("ann", "ann", "", one);
  ASSERT_TRUE(ann);
  ASSERT_TRUE(d().register_account("bob", "bob", "", two));
  ASSERT_TRUE(d().create_member(ann->account, two, "cat", "cat", ""));
  for (const ZoneId full : {one, two}) {
    const auto past = d().register_account("dan", "dan", "", full);
    EXPECT_EQ(refused(past), DirectoryCode::quota);
    EXPECT_EQ(past.error().detail, "members_max 3");
    EXPECT_EQ(refused(d().create_member(ann->account, full, "eve", "eve", "")), DirectoryCode::quota);
  }
  EXPECT_EQ(*a().usage(chess), (AppUsage{.members = 3, .rooms = 0}));
  EXPECT_EQ(refused(d().account_by_name("dan")), DirectoryCode::not_found);
  EXPECT_TRUE(d().register_account("dan", "dan", "", elsewhere)) << "the other app has none";
  EXPECT_EQ(*a().usage(go), (AppUsage{.members = 1, .rooms = 0}));
  set_quota(chess, Quota::members, 4);
  EXPECT_TRUE(d().create_member(ann->account, one, "eve", "eve", ""));
  EXPECT_EQ(refused(d().create_member(ann->account, two, "fay", "fay", "")), DirectoryCode::quota);
  set_quota(chess, Quota::members, 0);
  EXPECT_TRUE(d().create_member(ann->account, two, "fay", "fay", "")) << "0 is no limit";
}

TEST_P(AppsContract, AQuotaBelowWhatAnAppHasTakesNothingAway) {
  const AppId chess = app("chess");
  const ZoneId one = zone(chess, "one")->zone.id;
  const auto ann = d().register_account("ann", "ann", "", one);
  ASSERT_TRUE(d().register_account("bob", "bob", "", one));
  set_quota(chess, Quota::members, 1);
  EXPECT_EQ(a().usage(chess)->members, 2U);
  EXPECT_TRUE(d().member(one, ann->id));
  EXPECT_EQ(refused(d().create_member(ann->account, one, "cat", "cat", "")), DirectoryCode::quota);
}

TEST_P(AppsContract, TheLastRoomOfTheQuotaIsMadeAndADissolvedOneMakesPlace) {
  const AppId chess = app("chess"), go = app("go");
  const ZoneId one = zone(chess, "one")->zone.id, two = zone(chess, "two")->zone.id;
  const ZoneId elsewhere = zone(go, "one")->zone.id;
  set_quota(chess, Quota::rooms, 2);
  const auto ann = *d().register_account("ann", "ann", "", one),
             bob = *d().register_account("bob", "bob", "", two);
  const auto cat = *d().register_account("cat", "cat", "", elsewhere);
  const auto make = [this](ZoneId where, const Member& owner, const std::string& name) {
    return d().create_room(where, owner.id, owner.id,
                           {.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = {}},
                           1);
  };
  const auto first = make(one, ann, "a");
  ASSERT_TRUE(first && make(two, bob, "b"));
  const auto past = make(one, ann, "c");
  EXPECT_EQ(refused(past), DirectoryCode::quota);
  EXPECT_EQ(past.error().detail, "rooms_max 2");
  EXPECT_EQ(refused(d().room_by_name(one, "c")), DirectoryCode::not_found);
  EXPECT_TRUE(make(elsewhere, cat, "c"));
  ASSERT_TRUE(d().change(one, ann.id, first->room.id, change::Dissolve{}, 2));
  EXPECT_EQ(a().usage(chess)->rooms, 1U);
  EXPECT_TRUE(make(two, bob, "c"));
  EXPECT_EQ(refused(make(one, ann, "d")), DirectoryCode::quota);
  EXPECT_EQ(*a().usage(chess), (AppUsage{.members = 2, .rooms = 2}));
}

TEST_P(AppsContract, MembersMadeAtTheSameTimeAreAsManyAsTheQuota) {
  const AppId chess = app("chess");
  const ZoneId one = zone(chess, "one")->zone.id;
  set_quota(chess, Quota::members, 5);
  std::atomic<int> made{0}, past{0};
  together(4, [&](int thread) {
    for (int i = 0; i < 3; ++i) {
      const std::string name = "m" + std::to_string(thread) + std::to_string(i);
      const auto member = d().register_account(name, name, "", one);
      ++(member ? made : past);
      if (!member) EXPECT_EQ(member.error().code, DirectoryCode::quota);
    }
  });
  EXPECT_EQ(made, 5);
  EXPECT_EQ(past, 7);
}

TEST_P(AppsContract, ZonesHaveUniqueNamesInTheirAppPoliciesAndALimit) {
  const AppId chess = app("chess"), go = app("go");
  Zone wanted;
  wanted.app = chess;
  wanted.zone_name = "one";
  wanted.friends = FriendPolicy::on_request;
  wanted.messages = MessagePolicy::friends_only;
  wanted.devices = DevicePolicy::allow;
  const auto one = a().create_zone(wanted, 2);
  ASSERT_TRUE(one);
  EXPECT_EQ(*d().zone("chess", "one"), one->zone);
  EXPECT_EQ(one->zone.friends, FriendPolicy::on_request);
  EXPECT_EQ(one->zone.messages, MessagePolicy::friends_only);
  EXPECT_EQ(one->zone.devices, DevicePolicy::allow);
  EXPECT_EQ(refused(zone(chess, "one")), DirectoryCode::name_taken);
  EXPECT_TRUE(zone(go, "one")) << "another app's zones have names of their own";
  EXPECT_TRUE(zone(chess, "two", 2));
  EXPECT_EQ(refused(zone(chess, "three", 2)), DirectoryCode::limit);
  EXPECT_EQ(refused(zone(AppId{999}, "one")), DirectoryCode::not_found);
}

TEST_P(AppsContract, ZonesAreListedAndRenamedInTheirAppOnly) {
  const AppId chess = app("chess"), go = app("go");
  const ZoneId one = zone(chess, "one")->zone.id, two = zone(chess, "two")->zone.id;
  zone(go, "other");
  const auto page = a().zones(chess, {}, 1);
  ASSERT_EQ(page->size(), 1U);
  EXPECT_EQ(page->front().zone.id, one);
  const auto rest = a().zones(chess, one, 10);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ(rest->front().zone.id, two);
  EXPECT_EQ(refused(a().zone_record(go, "one")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().rename_zone(go, one, "new")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().rename_zone(chess, one, "two")), DirectoryCode::name_taken);
  EXPECT_EQ(a().rename_zone(chess, one, "one")->zone.zone_name, "one");
  EXPECT_EQ(a().rename_zone(chess, one, "eins")->zone.zone_name, "eins");
  EXPECT_EQ(d().zone("chess", "eins")->id, one);
  EXPECT_EQ(refused(d().zone("chess", "one")), DirectoryCode::not_found);
}

TEST_P(AppsContract, WhatIsDisabledDoesNotExistForTheDirectoryAndComesBackWithEverythingInIt) {
  const AppId chess = app("chess");
  const ZoneId one = zone(chess, "one")->zone.id, two = zone(chess, "two")->zone.id;
  const auto ann = d().register_account("ann", "ann", "h", one);
  ASSERT_TRUE(ann);
  EXPECT_TRUE(a().disable_zone(chess, one, true)->disabled);
  EXPECT_EQ(refused(d().zone("chess", "one")), DirectoryCode::not_found);
  EXPECT_EQ(refused(d().zone(one)), DirectoryCode::not_found);
  EXPECT_TRUE(d().zone(two)) << "the other zone goes on";
  EXPECT_TRUE(a().zone_record(chess, "one")->disabled);
  EXPECT_FALSE(a().disable_zone(chess, one, false)->disabled);
  EXPECT_TRUE(d().zone(one));
  EXPECT_TRUE(a().disable_app(chess, true)->disabled);
  EXPECT_EQ(refused(d().zone("chess", "one")), DirectoryCode::not_found);
  EXPECT_EQ(refused(d().zone(two)), DirectoryCode::not_found);
  EXPECT_FALSE(a().zone_record(chess, "two")->disabled) << "the zone itself is not";
  EXPECT_TRUE(a().app("chess")->disabled);
  EXPECT_FALSE(a().disable_app(chess, false)->disabled);
  EXPECT_EQ(d().zone("chess", "one")->id, one);
  EXPECT_EQ(d().member(one, ann->id)->nickname, "ann");
  EXPECT_EQ(refused(a().disable_app(AppId{999}, true)), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().disable_zone(AppId{999}, one, true)), DirectoryCode::not_found);
}

TEST_P(AppsContract, AnAccountIsSharedWhenItHasAMemberInAnotherApp) {
  const AppId chess = app("chess"), go = app("go");
  const ZoneId one = zone(chess, "one")->zone.id, two = zone(chess, "two")->zone.id;
  const ZoneId other = zone(go, "one")->zone.id;
  const AccountId account = d().register_account("ann", "ann", "h", one)->account;
  ASSERT_TRUE(d().create_member(account, two, "ann", "ann", ""));
  EXPECT_FALSE(a().is_shared(account, chess).value());
  EXPECT_TRUE(a().is_shared(account, go).value());
  ASSERT_TRUE(d().create_member(account, other, "ann", "ann", ""));
  EXPECT_TRUE(a().is_shared(account, chess).value());
}

TEST_P(AppsContract, TheMembersOfAnAccountAreFoundInEveryApp) {
  const AppId chess = app("chess"), go = app("go");
  const ZoneId one = zone(chess, "one")->zone.id, other = zone(go, "two")->zone.id;
  const auto first = d().register_account("Ann", "ann", "h", one);
  ASSERT_TRUE(d().register_account("bob", "bob", "h", one));
  const auto second = d().create_member(first->account, other, "Annie", "annie", "a cat");
  ports::MemberChange change;
  change.custom = "{\"level\":7}";
  change.friends_from = ports::FriendsFrom::nobody;
  ASSERT_TRUE(d().update_member(other, second->id, change));
  ASSERT_TRUE(a().disable_zone(go, other, true));
  const auto found = a().account_members(first->account).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].member.id, first->id);
  EXPECT_EQ(found[0].app, chess);
  EXPECT_EQ(found[0].app_name, "chess");
  EXPECT_EQ(found[0].zone_name, "one");
  EXPECT_EQ(found[1].member.id, second->id);
  EXPECT_EQ(found[1].member.nickname, "Annie");
  EXPECT_EQ(found[1].member.avatar, "a cat");
  EXPECT_EQ(found[1].member.custom, "{\"level\":7}");
  EXPECT_EQ(found[1].member.settings.friends_from, ports::FriendsFrom::nobody);
  EXPECT_EQ(found[1].member.zone, other);
  EXPECT_EQ(found[1].app, go);
  EXPECT_EQ(found[1].zone_name, "two");
  EXPECT_EQ(a().account_members(AccountId{999})->size(), 0U);
}

// Servers and keys

TEST_P(AppsContract, ServersAreRegisteredInAnAppWithTheirNetworks) {
  const AppId chess = app("chess"), go = app("go");
  const BackendServer one = server(chess, "one");
  EXPECT_EQ(one.networks, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_EQ(one.created_ms, 5);
  EXPECT_EQ(*a().server(chess, "one"), one);
  EXPECT_EQ(refused(a().register_server(one, 10)), DirectoryCode::name_taken);
  EXPECT_EQ(refused(a().server(go, "one")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().set_networks(go, one.id, {})), DirectoryCode::not_found);
  const std::vector<std::string> networks{"127.0.0.1/32", "::1/128"};
  EXPECT_EQ(a().set_networks(chess, one.id, networks)->networks, networks);
  EXPECT_EQ(a().server(chess, "one")->networks, networks);
  EXPECT_EQ(a().set_networks(chess, one.id, {})->networks.size(), 0U);
  EXPECT_EQ(a().server(chess, "one")->networks.size(), 0U);
  const BackendServer two = server(chess, "two");
  EXPECT_EQ(refused(a().register_server(
                {.id = {}, .app = chess, .name = "three", .networks = {}, .created_ms = 0}, 2)),
            DirectoryCode::limit);
  const auto page = a().servers(chess, one.id, 10);
  ASSERT_EQ(page->size(), 1U);
  EXPECT_EQ(page->front(), two);
  EXPECT_EQ(a().servers(chess, {}, 1)->size(), 1U);
  EXPECT_EQ(a().servers(go, {}, 10)->size(), 0U);
}

TEST_P(AppsContract, AServerHasTwoGoodKeysAtMostAndARevokedOneIsStillListed) {
  const AppId chess = app("chess"), go = app("go");
  const BackendServer one = server(chess, "one");
  EXPECT_EQ(refused(a().add_key(go, key("k1", one.id))), DirectoryCode::not_found);
  ASSERT_TRUE(a().add_key(chess, key("k1", one.id, 1)));
  ASSERT_TRUE(a().add_key(chess, key("k2", one.id, 2)));
  EXPECT_EQ(refused(a().add_key(chess, key("k3", one.id, 3))), DirectoryCode::limit);
  EXPECT_EQ(refused(a().revoke_key(go, "k1", 50)), DirectoryCode::not_found);
  EXPECT_EQ(a().revoke_key(chess, "k1", 50)->revoked_ms, 50);
  EXPECT_EQ(a().revoke_key(chess, "k1", 60)->revoked_ms, 50) << "once";
  EXPECT_EQ(refused(a().add_key(chess, key("k2", one.id, 2))), DirectoryCode::name_taken);
  ASSERT_TRUE(a().add_key(chess, key("k3", one.id, 3)));
  const auto keys = a().keys(chess, one.id);
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ(keys->at(0).id, "k1");
  EXPECT_EQ(keys->at(0).revoked_ms, 50);
  EXPECT_EQ(keys->at(1), key("k2", one.id, 2));
  EXPECT_EQ(refused(a().keys(go, one.id)), DirectoryCode::not_found);
}

TEST_P(AppsContract, AGoodKeyLeadsToItsServerAndApp) {
  const AppId chess = app("chess");
  const BackendServer one = server(chess, "one");
  ASSERT_TRUE(a().add_key(chess, key("k1", one.id)));
  const auto holder = a().key_holder("k1");
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->key, key("k1", one.id));
  EXPECT_EQ(holder->server, one);
  EXPECT_EQ(holder->app, (App{.id = chess, .name = "chess"}));
  EXPECT_EQ(refused(a().key_holder("k2")), DirectoryCode::not_found);
  ASSERT_TRUE(a().disable_app(chess, true));
  EXPECT_TRUE(a().key_holder("k1")->app.disabled);
  ASSERT_TRUE(a().revoke_key(chess, "k1", 50));
  EXPECT_EQ(refused(a().key_holder("k1")), DirectoryCode::not_found);
}

TEST_P(AppsContract, ARemovedServerTakesItsKeysWithIt) {
  const AppId chess = app("chess"), go = app("go");
  const BackendServer one = server(chess, "one"), two = server(chess, "two");
  ASSERT_TRUE(a().add_key(chess, key("k1", one.id)));
  ASSERT_TRUE(a().add_key(chess, key("k2", two.id)));
  EXPECT_EQ(refused(a().remove_server(go, one.id)), DirectoryCode::not_found);
  EXPECT_TRUE(a().remove_server(chess, one.id));
  EXPECT_EQ(refused(a().remove_server(chess, one.id)), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().key_holder("k1")), DirectoryCode::not_found);
  EXPECT_EQ(refused(a().server(chess, "one")), DirectoryCode::not_found);
  EXPECT_TRUE(a().key_holder("k2"));
}

// Repeated calls

class IdempotencyContract : public AppsContract {
 protected:
  Idempotency& i() { return harness_->idempotency(); }
  static RepeatableCall call(const std::string& key = "k", AppId app = AppId{1}) {
    return {.app = app,
            .key = key,
            .operation = "members.create",
            .request_hash = std::string(64, 'a'),
            .run = "run 1"};
  }
  EarlierCall::State state(const RepeatableCall& asked) {
    const auto earlier = i().claim(asked, 0);
    EXPECT_TRUE(earlier && *earlier) << "was free";
    return earlier && *earlier ? (*earlier)->state : EarlierCall::State::other;
  }
};

TEST_P(IdempotencyContract, ACallIsMadeOnceAndAnsweredTheSameAfterwards) {
  EXPECT_FALSE(i().claim(call(), 100).value());
  EXPECT_EQ(state(call()), EarlierCall::State::running);
  ASSERT_TRUE(i().finish(AppId{1}, "k", "the answer"));
  const auto earlier = i().claim(call(), 200).value();
  ASSERT_TRUE(earlier);
  EXPECT_EQ(earlier->state, EarlierCall::State::done);
  EXPECT_EQ(earlier->answer, "the answer");
}

TEST_P(IdempotencyContract, TheKeyOfAnotherRequestIsRefusedAndAnotherAppHasKeysOfItsOwn) {
  EXPECT_FALSE(i().claim(call(), 100).value());
  RepeatableCall other = call();
  other.operation = "rooms.create";
  EXPECT_EQ(state(other), EarlierCall::State::other);
  other = call();
  other.request_hash = std::string(64, 'b');
  EXPECT_EQ(state(other), EarlierCall::State::other);
  EXPECT_FALSE(i().claim(call("k", AppId{2}), 100).value());
  ASSERT_TRUE(i().finish(AppId{2}, "k", "the other's"));
  EXPECT_EQ(state(call()), EarlierCall::State::running);
}

TEST_P(IdempotencyContract, AClaimThatChangedNothingIsFreeAgainAndOneThatDidIsNot) {
  EXPECT_FALSE(i().claim(call(), 100).value());
  ASSERT_TRUE(i().release(AppId{1}, "k"));
  RepeatableCall other = call();
  other.operation = "rooms.create";
  EXPECT_FALSE(i().claim(other, 100).value());
  ASSERT_TRUE(i().finish(AppId{1}, "k", "the answer"));
  ASSERT_TRUE(i().release(AppId{1}, "k"));
  EXPECT_EQ(state(other), EarlierCall::State::done);
  EXPECT_TRUE(i().release(AppId{1}, "unknown"));
  EXPECT_TRUE(i().finish(AppId{1}, "unknown", "x"));
  EXPECT_FALSE(i().claim(call("unknown"), 100).value());
}

TEST_P(IdempotencyContract, AClaimOfARunThatDiedIsTakenOverOnce) {
  EXPECT_FALSE(i().claim(call(), 100).value());
  RepeatableCall next = call();
  next.run = "run 2";
  EXPECT_FALSE(i().claim(next, 200).value());
  EXPECT_EQ(state(next), EarlierCall::State::running);
}

TEST_P(IdempotencyContract, OldOnesAreForgottenABoundedPieceAtATime) {
  for (int n = 0; n < 5; ++n) EXPECT_FALSE(i().claim(call("k" + std::to_string(n)), 100 + n).value());
  EXPECT_EQ(i().forget_old(103, 2).value(), 2U);
  EXPECT_EQ(i().forget_old(103, 2).value(), 1U);
  EXPECT_EQ(i().forget_old(103, 2).value(), 0U);
  EXPECT_EQ(state(call("k3")), EarlierCall::State::running);
  EXPECT_FALSE(i().claim(call("k0"), 200).value());
}

TEST_P(IdempotencyContract, OfManyThatClaimAtOnceOneDoesIt) {
  std::atomic<int> made = 0;
  together(8, [&](int) {
    const auto earlier = i().claim(call(), 100);
    made += earlier && !*earlier ? 1 : 0;
  });
  EXPECT_EQ(made, 1);
}

// Audit

class AuditContract : public AppsContract {
 protected:
  AuditLog& log() { return harness_->audit(); }
  AuditEntry append(AppId app, const std::string& action) {
    return log()
        .append({.seq = 77,
                 .time_ms = 1'000,
                 .app = app,
                 .actor = "operator:0",
                 .action = action,
                 .target = "zone one",
                 .outcome = "asked",
                 .digest = std::string(64, 'd'),
                 .hash = "mine"})
        .value();
  }
};

TEST_P(AuditContract, EntriesAreNumberedChainedAndReadBackInPages) {
  EXPECT_EQ(*log().head(), AuditHead{});
  const AuditEntry one = append(AppId{1}, "one"), two = append(AppId{2}, "two"),
                   three = append(AppId{1}, "three");
  EXPECT_EQ(one.seq, 1U);
  EXPECT_EQ(three.seq, 3U);
  EXPECT_EQ(one.hash, audit_hash(kAuditKey, one, ""));
  EXPECT_EQ(two.hash, audit_hash(kAuditKey, two, one.hash));
  EXPECT_EQ(*log().head(), (AuditHead{3, three.hash}));
  EXPECT_EQ(*log().entries({}, 0, 2), (std::vector{one, two}));
  EXPECT_EQ(*log().entries({}, 2, 2), std::vector{three});
  EXPECT_EQ(*log().entries(AppId{1}, 0, 10), (std::vector{one, three}));
  EXPECT_EQ(*log().entries(AppId{1}, 1, 10), std::vector{three});
}

TEST_P(AuditContract, OneThatNobodyTouchedIsRightAlsoWhenItIsEmpty) {
  EXPECT_EQ(verify_audit(log(), kAuditKey)->wrong, "");
  for (int n = 0; n < 3; ++n) append(AppId{1}, "n" + std::to_string(n));
  const auto verdict = verify_audit(log(), kAuditKey);
  EXPECT_EQ(verdict->wrong, "");
  EXPECT_EQ(verdict->entries, 3U);
  EXPECT_EQ(verdict->head, *log().head());
  EXPECT_NE(verify_audit(log(), "another key")->wrong, "");
}

TEST_P(AuditContract, ThoseOfManyThreadsMakeOneChain) {
  together(8, [&](int n) {
    for (int i = 0; i < 10; ++i) append(AppId{static_cast<std::uint64_t>(n) + 1}, "x");
  });
  const auto verdict = verify_audit(log(), kAuditKey);
  EXPECT_EQ(verdict->wrong, "");
  EXPECT_EQ(verdict->entries, 80U);
}

}  // namespace plaza::contract::apps
