#include "cache/cached_directory.h"

#include <atomic>
#include <thread>

#include "memory/manual_clock.h"
#include "memory/memory_directory.h"
#include "tests/contract/members_contract.h"
#include "tests/contract/rooms_contract.h"

namespace plaza::contract {
namespace {

class CachedDirectoryHarness final : public DirectoryHarness {
 public:
  Directory& open(DirectoryLimits limits, std::uint8_t region) override {
    directory_ = std::make_unique<memory::MemoryDirectory>(limits, region);
    cached_ = std::make_unique<cache::CachedDirectory>(*directory_, clock_);
    return *cached_;
  }

 private:
  memory::ManualClock clock_;
  std::unique_ptr<memory::MemoryDirectory> directory_;
  std::unique_ptr<cache::CachedDirectory> cached_;
};

std::unique_ptr<DirectoryHarness> cached_maps() { return std::make_unique<CachedDirectoryHarness>(); }

INSTANTIATE_TEST_SUITE_P(Cached, DirectoryContract,
                         testing::Values(DirectoryUnderTest{"maps_behind_a_cache", cached_maps}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(Cached, MembersContract,
                         testing::Values(DirectoryUnderTest{"maps_behind_a_cache", cached_maps}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(Cached, RoomsContract,
                         testing::Values(DirectoryUnderTest{"maps_behind_a_cache", cached_maps}),
                         name_of_directory);

class CachedDirectory : public testing::Test {
 protected:
  void SetUp() override {
    Zone wanted;
    wanted.app_name = "app";
    wanted.zone_name = "zone";
    zone_ = behind_.put_zone(wanted)->id;
    wanted.zone_name = "other";
    other_ = behind_.put_zone(wanted)->id;
    ann_ = behind_.register_account("ann", "ann", "h", zone_)->id;
    bob_ = behind_.register_account("bob", "bob", "h", zone_)->id;
    cat_ = behind_.register_account("cat", "cat", "h", zone_)->id;
  }
  void read(MemberId member) {
    ASSERT_TRUE(directory_.relations(zone_, member));
    ASSERT_TRUE(directory_.rooms_of(zone_, member));
  }

  RoomId make_room(MemberId owner, const std::string& name) {
    const auto made = directory_.create_room(
        zone_, owner, owner,
        {.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = {}}, 1);
    return made ? made->room.id : RoomId{};
  }

  memory::ManualClock clock_;
  memory::MemoryDirectory behind_;
  cache::CachedDirectory directory_{behind_, clock_, {.items_max = 16 * 8, .fresh_ms = 60'000}};
  ZoneId zone_, other_;
  MemberId ann_, bob_, cat_;
};

TEST_F(CachedDirectory, RemembersNothingBeforeBothListsWereRead) {
  EXPECT_FALSE(directory_.remembered(zone_, ann_));
  ASSERT_TRUE(directory_.relations(zone_, ann_));
  EXPECT_FALSE(directory_.remembered(zone_, ann_));
  ASSERT_TRUE(directory_.rooms_of(zone_, ann_));
  EXPECT_TRUE(directory_.remembered(zone_, ann_));
}

TEST_F(CachedDirectory, ServesWhatItRemembersWhileTheDirectoryIsAway) {
  ASSERT_TRUE(directory_.add_friend(zone_, ann_, bob_));
  ASSERT_TRUE(make_room(ann_, "tea"));
  read(ann_);
  behind_.set_unavailable(true);
  const auto lists = directory_.remembered(zone_, ann_);
  ASSERT_TRUE(lists);
  ASSERT_EQ(lists->relations.size(), 1u);
  EXPECT_EQ(lists->relations[0].peer, bob_);
  ASSERT_EQ(lists->rooms.size(), 1u);
  EXPECT_EQ(lists->rooms[0].name, "tea");
  EXPECT_EQ(directory_.relations(zone_, ann_)->size(), 1u);
  EXPECT_EQ(directory_.rooms_of(zone_, ann_)->size(), 1u);
  EXPECT_EQ(code_of(directory_.relations(zone_, bob_)), DirectoryCode::unavailable);
}

TEST_F(CachedDirectory, GivesNothingOfAnotherZone) {
  read(ann_);
  EXPECT_FALSE(directory_.remembered(other_, ann_));
  EXPECT_EQ(code_of(directory_.relations(other_, ann_)), DirectoryCode::not_found);
  EXPECT_TRUE(directory_.remembered(zone_, ann_));
}

TEST_F(CachedDirectory, EveryChangeOfARelationForgetsBothSides) {
  const auto forgets = [&](const char* what, const std::function<void()>& change, bool peer_too = true) {
    read(ann_);
    read(bob_);
    read(cat_);
    change();
    EXPECT_FALSE(directory_.remembered(zone_, ann_)) << what;
    EXPECT_EQ(directory_.remembered(zone_, bob_).has_value(), !peer_too) << what;
    EXPECT_TRUE(directory_.remembered(zone_, cat_)) << what;
  };
  forgets("add", [&] { EXPECT_TRUE(directory_.add_friend(zone_, ann_, bob_)); });
  forgets("remark", [&] { EXPECT_TRUE(directory_.set_remark(zone_, ann_, bob_, "b")); }, false);
  forgets("block", [&] { EXPECT_TRUE(directory_.set_blocked(zone_, ann_, bob_, true)); });
  forgets("unblock", [&] { EXPECT_TRUE(directory_.set_blocked(zone_, ann_, bob_, false)); });
  forgets("remove", [&] { EXPECT_TRUE(directory_.remove_friend(zone_, ann_, bob_)); });
  forgets("answer", [&] { EXPECT_FALSE(directory_.answer_friend(zone_, ann_, bob_, true)); });
}

TEST_F(CachedDirectory, EveryChangeOfARoomIsSeenByAllItsMembersAndByNobodyElse) {
  read(ann_);
  const RoomId room = make_room(ann_, "tea");
  EXPECT_FALSE(directory_.remembered(zone_, ann_));
  const auto seen = [&](const char* what, MemberId actor, const RoomChange& change) {
    read(ann_), read(bob_), read(cat_);
    ASSERT_TRUE(directory_.change(zone_, actor, room, change, 1)) << what;
    EXPECT_FALSE(directory_.remembered(zone_, ann_)) << what;
    EXPECT_TRUE(directory_.remembered(zone_, cat_)) << what;
  };
  seen("join", bob_, change::Join{});
  EXPECT_EQ(directory_.rooms_of(zone_, ann_)->at(0).members, 2u);
  seen("rename", ann_, change::Set{.name = "Tea", .name_key = "tea"});
  EXPECT_EQ(directory_.rooms_of(zone_, bob_)->at(0).name, "Tea");
  seen("leave", bob_, change::Leave{});
  EXPECT_EQ(directory_.rooms_of(zone_, ann_)->at(0).members, 1u);
  EXPECT_TRUE(directory_.rooms_of(zone_, bob_)->empty());
}

TEST_F(CachedDirectory, WhoComesToALargeRoomMakesNobodyElseReadAgain) {
  const RoomId room = make_room(ann_, "tea");
  ASSERT_TRUE(directory_.set_large(zone_, room, 3));
  read(ann_), read(bob_);
  ASSERT_TRUE(directory_.change(zone_, bob_, room, change::Join{}, 1));
  EXPECT_TRUE(directory_.remembered(zone_, ann_));
  EXPECT_FALSE(directory_.remembered(zone_, bob_));
  read(bob_);
  ASSERT_TRUE(directory_.change(zone_, ann_, room, change::Transfer{bob_}, 1));
  EXPECT_FALSE(directory_.remembered(zone_, ann_)) << "whose role is another one now";
  EXPECT_FALSE(directory_.remembered(zone_, bob_));
  read(ann_), read(bob_);
  ASSERT_TRUE(directory_.change(zone_, bob_, room, change::Dissolve{}, 1));
  EXPECT_FALSE(directory_.remembered(zone_, ann_));
}

TEST_F(CachedDirectory, ReadsAgainWhenAListIsOld) {
  read(ann_);
  ASSERT_TRUE(behind_.add_friend(zone_, ann_, bob_));  // by somebody who does not tell us
  clock_.advance_ms(59'999);
  EXPECT_TRUE(directory_.relations(zone_, ann_)->empty());
  clock_.advance_ms(1);
  EXPECT_FALSE(directory_.remembered(zone_, ann_));
  EXPECT_EQ(directory_.relations(zone_, ann_)->size(), 1u);
}

TEST_F(CachedDirectory, ReadsAgainWhatWasForgottenForAnotherNode) {
  read(ann_);
  ASSERT_TRUE(behind_.add_friend(zone_, ann_, bob_));
  directory_.forget(ann_);
  EXPECT_EQ(directory_.relations(zone_, ann_)->size(), 1u);
}

TEST_F(CachedDirectory, HoldsNoMoreThanItMayAndForgetsTheLeastRecentlyUsed) {
  read(ann_);
  for (int i = 0; i < 400; ++i) {
    const std::string name = "m" + std::to_string(i);
    read(directory_.register_account(name, name, "h", zone_)->id);
    EXPECT_LE(directory_.items(), 16u * 8u);
  }
  EXPECT_GT(directory_.items(), 16u);
  EXPECT_FALSE(directory_.remembered(zone_, ann_));
}

// What was read before a change must not be remembered after it: the writer's own reading right after its change finds it.
TEST_F(CachedDirectory, AReadingThatAChangeOvertookIsNotKept) {
  std::atomic<bool> stop{false};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) static_cast<void>(directory_.relations(zone_, ann_));
    });
  }
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(directory_.add_friend(zone_, ann_, bob_));
    ASSERT_EQ(directory_.relations(zone_, ann_)->size(), 1u);
    ASSERT_EQ(directory_.relations(zone_, bob_)->size(), 1u);
    ASSERT_TRUE(directory_.remove_friend(zone_, ann_, bob_));
    ASSERT_EQ(directory_.relations(zone_, ann_)->size(), 0u);
  }
  stop = true;
}

TEST_F(CachedDirectory, AReadingOfRoomsThatAChangeOvertookIsNotKept) {
  const RoomId room = make_room(ann_, "tea");
  ASSERT_TRUE(directory_.change(zone_, bob_, room, change::Join{}, 1));
  std::atomic<bool> stop{false};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) static_cast<void>(directory_.rooms_of(zone_, bob_));
    });
  }
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "tea" + std::to_string(i);
    const auto changed = directory_.change(zone_, ann_, room, change::Set{.name = name, .name_key = name}, 1);
    ASSERT_TRUE(changed);
    ASSERT_EQ(directory_.rooms_of(zone_, bob_)->at(0).name, name);
    ASSERT_TRUE(directory_.events_stored({{.room = room, .version = changed->version, .cseq = 1}}));
  }
  stop = true;
}

}  // namespace
}  // namespace plaza::contract
