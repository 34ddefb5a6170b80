#include <gtest/gtest.h>

#include <set>

#include "moderation/announcement_rules.h"

namespace plaza::moderation {
namespace {

using ports::Announcement;
using ports::AnnouncementTarget;

constexpr std::int64_t kNow = 1'000'000;

Announcement announcement(AnnouncementTarget target = AnnouncementTarget::zone) {
  Announcement a;
  a.app = AppId{1};
  a.target = target;
  a.zone = ZoneId{2};
  a.room = RoomId{3};
  a.members = std::make_shared<const std::vector<MemberId>>(std::vector{MemberId{4}, MemberId{9}});
  a.name = "Plaza";
  a.body = "hello all";
  a.until_ms = kNow + 1;
  a.by = "operator";
  return a;
}
ports::Zone zone(std::uint64_t app, std::uint64_t id) {
  ports::Zone z;
  z.app = AppId{app};
  z.id = ZoneId{id};
  return z;
}
std::string refused_field(const Announcement& a, const AnnouncementBounds& bounds = {}) {
  const auto checked = check_announcement(a, bounds, kNow);
  return checked ? "" : checked.error().field;
}

TEST(AnnouncementRules, WhatIsRightPassesAndWhatIsNotIsNamed) {
  EXPECT_EQ(refused_field(announcement()), "");
  const auto broken = [](auto change) {
    Announcement a = announcement(AnnouncementTarget::members);
    change(a);
    return refused_field(a);
  };
  EXPECT_EQ(broken([](auto&) {}), "");
  EXPECT_EQ(broken([](auto& a) { a.name.clear(); }), "name");
  EXPECT_EQ(broken([](auto& a) { a.name = std::string(129, 'x'); }), "name");
  EXPECT_EQ(broken([](auto& a) { a.by.clear(); }), "by");
  EXPECT_EQ(broken([](auto& a) { a.body.clear(); }), "msg");
  EXPECT_EQ(broken([](auto& a) { a.kind = ports::MessageKind::custom, a.body.clear(); }), "body");
  EXPECT_EQ(broken([](auto& a) { a.kind = ports::MessageKind::event; }), "kind");
  EXPECT_EQ(broken([](auto& a) { a.zone = {}; }), "zone");
  EXPECT_EQ(broken([](auto& a) { a.target = AnnouncementTarget::room, a.room = {}; }), "groupid");
  EXPECT_EQ(broken([](auto& a) { a.members = nullptr; }), "members");
  EXPECT_EQ(broken([](auto& a) { a.target = AnnouncementTarget::app, a.zone = {}; }), "");
}

TEST(AnnouncementRules, TheEndIsInTheFutureBehindTheBeginningAndNotTooFar) {
  Announcement a = announcement();
  a.until_ms = kNow;
  EXPECT_EQ(refused_field(a), "until_ms");
  a.not_before_ms = kNow + 100;
  a.until_ms = kNow + 100;
  EXPECT_EQ(refused_field(a), "until_ms");
  a.until_ms = kNow + 101;
  EXPECT_EQ(refused_field(a), "");
  const AnnouncementBounds bounds{.body_bytes_max = 9, .keep_ms_max = 50};
  a.until_ms = kNow + 150;
  EXPECT_EQ(refused_field(a, bounds), "");
  a.until_ms = kNow + 151;
  EXPECT_EQ(refused_field(a, bounds), "until_ms");
  a.until_ms = kNow + 150;
  a.body += 'x';
  EXPECT_EQ(refused_field(a, bounds), "msg");
  a.body.pop_back();
  a.not_before_ms = -1;
  EXPECT_EQ(refused_field(a, bounds), "not_before_ms");
}

TEST(AnnouncementRules, IsForThoseInItsTargetAndNobodyOfAnotherAppOrZone) {
  const auto here = zone(1, 2), beside = zone(1, 7), elsewhere = zone(5, 2);
  for (const auto& [target, in_list, in_zone, in_app] :
       std::vector<std::tuple<AnnouncementTarget, bool, bool, bool>>{
           {AnnouncementTarget::app, true, true, true},
           {AnnouncementTarget::zone, true, true, false},
           {AnnouncementTarget::room, true, false, false},
           {AnnouncementTarget::members, true, false, false}}) {
    const Announcement a = announcement(target);
    EXPECT_EQ(is_for(a, MemberId{9}, here), in_list);
    EXPECT_EQ(is_for(a, MemberId{5}, here), in_zone);
    EXPECT_EQ(is_for(a, MemberId{9}, beside), in_app);
    EXPECT_FALSE(is_for(a, MemberId{9}, elsewhere));
  }
}

TEST(AnnouncementRules, EveryShowingHasADeviceOfItsOwnWhichTellsTheNumber) {
  std::set<std::string> devices;
  for (const std::uint64_t number :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{35}, std::uint64_t{36}, kIdMax}) {
    for (const std::uint64_t member : {std::uint64_t{1}, std::uint64_t{36}, kIdMax}) {
      const std::string device = showing_device(number, MemberId{member});
      EXPECT_LE(device.size(), 25u);
      EXPECT_EQ(number_of_showing(device), number) << device;
      EXPECT_TRUE(devices.insert(device).second) << device;
    }
  }
  for (const char* other :
       {"", "@", "@a", "@a.", "@a1", "@a.5", "@room:77", "web", "a1.5", "@azzzzzzzzzzzzzzzzzzzzz.1"})
    EXPECT_EQ(number_of_showing(other), 0u) << other;
}

TEST(AnnouncementBoard, GivesTheNextOneForAMemberInTheOrderOfNumbers) {
  AnnouncementBoard board;
  const auto one = [](std::uint64_t number, AnnouncementTarget target, std::int64_t until_ms = 100) {
    Announcement a = announcement(target);
    a.id = AnnouncementId{number + 100};
    a.number = number;
    a.until_ms = until_ms;
    return std::make_shared<const Announcement>(std::move(a));
  };
  board.add({one(3, AnnouncementTarget::members), one(1, AnnouncementTarget::zone)});
  board.add({one(2, AnnouncementTarget::app, 50), one(1, AnnouncementTarget::zone)});
  EXPECT_EQ(board.size(), 3u);
  const auto next = [&](std::uint64_t member, std::uint64_t after, std::int64_t now = 10) {
    const auto found = board.next_for(MemberId{member}, zone(1, 2), after, now);
    return found ? found->number : 0;
  };
  EXPECT_EQ(next(4, 0), 1u);
  EXPECT_EQ(next(4, 1), 2u);
  EXPECT_EQ(next(4, 2), 3u);
  EXPECT_EQ(next(5, 2), 0u);
  EXPECT_EQ(next(4, 1, 50), 3u) << "what has ended is passed over";
  board.remove(AnnouncementId{101});
  EXPECT_EQ(next(4, 0), 2u);
  board.end_due(50);
  EXPECT_EQ(board.size(), 1u);
  board.end_due(100);
  EXPECT_TRUE(board.empty());
}

}  // namespace
}  // namespace plaza::moderation
