#include "tenancy/app_meters.h"

#include <gtest/gtest.h>

namespace plaza::tenancy {
namespace {

using ports::Quota;

ports::Zone zone(std::uint64_t id, std::uint64_t app) {
  ports::Zone out;
  out.id = ZoneId{id};
  out.app = AppId{app};
  return out;
}
ports::OwnQuotas own(Quota quota, std::uint64_t amount) {
  ports::OwnQuotas out;
  out.of(quota) = amount;
  return out;
}
ports::Quotas settings(std::uint64_t sessions) {
  ports::Quotas out;
  out.set(Quota::sessions, sessions);
  return out;
}

TEST(AppMeters, AnAppHasOneMeterWhateverItsZones) {
  AppMeters meters;
  const auto first = meters.of(zone(1, 7));
  EXPECT_EQ(meters.of(zone(2, 7)), first);
  EXPECT_EQ(meters.of(AppId{7}), first);
  EXPECT_EQ(meters.of(ZoneId{2}), first);
  EXPECT_NE(meters.of(zone(3, 8)), first);
  EXPECT_EQ(meters.of(ZoneId{9}), nullptr);
}

TEST(AppMeters, WhatAnAppHasOfItsOwnGoesBeforeTheSettingsAlsoWhenTheseChange) {
  AppMeters meters;
  meters.set_settings(settings(10));
  meters.set_own(AppId{7}, own(Quota::sessions, 3));
  EXPECT_EQ(meters.of(AppId{7})->quota(Quota::sessions), 3U);
  EXPECT_EQ(meters.of(AppId{8})->quota(Quota::sessions), 10U);
  meters.set_settings(settings(20));
  EXPECT_EQ(meters.of(AppId{7})->quota(Quota::sessions), 3U);
  EXPECT_EQ(meters.of(AppId{8})->quota(Quota::sessions), 20U);
  EXPECT_EQ(meters.of(AppId{9})->quota(Quota::sessions), 20U) << "one that comes later";
  meters.set_own(AppId{7}, {});
  EXPECT_EQ(meters.of(AppId{7})->quota(Quota::sessions), 20U) << "it is as the settings say again";
  meters.set_own(AppId{7}, own(Quota::sessions, 0));
  EXPECT_EQ(meters.of(AppId{7})->quota(Quota::sessions), 0U) << "no bound, whatever the settings say";
}

TEST(AppMeters, TheBytesOfAllZonesOfAnAppAreItsOwn) {
  AppMeters meters;
  const auto chess = meters.of(zone(1, 7));
  static_cast<void>(meters.of(zone(2, 7)));
  const auto go = meters.of(zone(3, 8));
  meters.stored(
      {{.zone = ZoneId{1}, .bytes = 100}, {.zone = ZoneId{2}, .bytes = 20}, {.zone = ZoneId{3}, .bytes = 5}});
  EXPECT_EQ(chess->stored_bytes(), 120U);
  EXPECT_EQ(go->stored_bytes(), 5U);
  meters.stored({{.zone = ZoneId{1}, .bytes = 30}});
  EXPECT_EQ(chess->stored_bytes(), 50U);
}

TEST(AppMeters, WhatAZoneHadBeforeItWasKnownIsCountedOnce) {
  AppMeters meters;
  meters.stored({{.zone = ZoneId{1}, .bytes = 100}});
  const auto chess = meters.of(zone(1, 7));
  EXPECT_EQ(chess->stored_bytes(), 0U);
  meters.stored({{.zone = ZoneId{1}, .bytes = 130}});
  EXPECT_EQ(chess->stored_bytes(), 130U);
}

TEST(AppMeters, TheFilesOfAZoneCountBesideItsMessages) {
  AppMeters meters;
  const auto chess = meters.of(ZoneId{1}, AppId{7});
  meters.files({{.zone = ZoneId{1}, .bytes = 1000}, {.zone = ZoneId{9}, .bytes = 5}});
  meters.stored({{.zone = ZoneId{1}, .bytes = 100}});
  EXPECT_EQ(chess->stored_bytes(), 1100U);
  meters.stored({{.zone = ZoneId{1}, .bytes = 40}});
  EXPECT_EQ(chess->stored_bytes(), 1040U);
}

}  // namespace
}  // namespace plaza::tenancy
