#pragma once
// The contract of ports::Channels as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, ChannelsContract, testing::Values(ChannelsUnderTest{"maps", make}), name_of_channels);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ports/channels.h"

namespace plaza::contract {

/// One implementation with its storage, which is empty at first.
class ChannelsHarness {
 public:
  struct Open {
    ports::Directory& directory;  ///< of the same storage, to make zones
    ports::Channels& channels;
  };
  virtual ~ChannelsHarness() = default;
  /// Again: after what would be a restart.
  virtual Open open(ports::DirectoryLimits limits) = 0;
};
struct ChannelsUnderTest {
  std::string name;
  std::unique_ptr<ChannelsHarness> (*make)() = nullptr;
};
inline void PrintTo(const ChannelsUnderTest& channels, std::ostream* out) { *out << channels.name; }
inline std::string name_of_channels(const testing::TestParamInfo<ChannelsUnderTest>& info) {
  return info.param.name;
}

class ChannelsContract : public testing::TestWithParam<ChannelsUnderTest> {
 protected:
  using Code = ports::DirectoryCode;
  void open(const ports::DirectoryLimits& limits = {}) {
    if (!harness_) harness_ = GetParam().make();
    const auto opened = harness_->open(limits);
    directory_ = &opened.directory;
    channels_ = &opened.channels;
  }
  ZoneId zone(const std::string& name) {
    ports::Zone wanted;
    wanted.app_name = "app";
    wanted.zone_name = name;
    return directory_->put_zone(wanted)->id;
  }
  template <class T>
  static Code code(const ports::DirectoryResult<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? Code::unavailable : result.error().code;
  }
  std::vector<std::string> names(ZoneId of, const std::string& after = "", std::uint32_t limit = 100) {
    std::vector<std::string> found;
    for (const auto& channel : channels_->channels(of, after, limit).value()) found.push_back(channel.name);
    return found;
  }
  static ports::ChannelSettings settings() {
    return {.persistent = true,
            .publish = ports::PublishPolicy::servers,
            .history_max = 7,
            .history_age_ms = 9'000'000'000,
            .rate = {.per_s = 3, .burst = 5}};
  }

  std::unique_ptr<ChannelsHarness> harness_;
  ports::Directory* directory_ = nullptr;
  ports::Channels* channels_ = nullptr;
};

TEST_P(ChannelsContract, GivesWhatWasDeclared) {
  open();
  const ZoneId one = zone("one");
  const auto put = channels_->put_channel(one, "news", settings());
  ASSERT_TRUE(put);
  EXPECT_TRUE(put->id);
  EXPECT_EQ(*put, (ports::Channel{.id = put->id, .zone = one, .name = "news", .settings = settings()}));
  EXPECT_EQ(channels_->channel(one, "news").value(), *put);
  EXPECT_EQ(code(channels_->channel(one, "new")), Code::not_found);
}

/// For those that outlive their process.
class DurableChannelsContract : public ChannelsContract {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DurableChannelsContract);

TEST_P(DurableChannelsContract, RemembersItAcrossARestart) {
  open();
  const ZoneId one = zone("one");
  const auto put = channels_->put_channel(one, "news", settings()).value();
  open();
  EXPECT_EQ(channels_->channel(one, "news").value(), put);
}

TEST_P(ChannelsContract, DeclaredAgainItKeepsItsIdAndHasTheNewSettings) {
  open();
  const ZoneId one = zone("one");
  const auto before = channels_->put_channel(one, "news", settings()).value();
  ports::ChannelSettings changed = settings();
  changed.publish = ports::PublishPolicy::everyone;
  changed.history_max = ports::kChannelHistoryMax;
  changed.history_age_ms = 0;
  changed.rate = {.per_s = 0, .burst = 1};
  const auto after = channels_->put_channel(one, "news", changed);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(channels_->channel(one, "news")->settings, changed);
}

TEST_P(ChannelsContract, WhetherItIsStoredIsForGood) {
  open();
  const ZoneId one = zone("one");
  ASSERT_TRUE(channels_->put_channel(one, "news", settings()));
  ports::ChannelSettings other = settings();
  other.persistent = false;
  EXPECT_EQ(code(channels_->put_channel(one, "news", other)), Code::conflict);
  EXPECT_EQ(channels_->channel(one, "news")->settings, settings()) << "nothing was changed";
}

TEST_P(ChannelsContract, RemovedAndDeclaredAgainItIsAnotherOne) {
  open();
  const ZoneId one = zone("one");
  const auto first = channels_->put_channel(one, "news", settings()).value();
  EXPECT_EQ(channels_->remove_channel(one, "news").value(), first);
  EXPECT_EQ(code(channels_->channel(one, "news")), Code::not_found);
  EXPECT_EQ(code(channels_->remove_channel(one, "news")), Code::not_found);
  const auto second = channels_->put_channel(one, "news", settings()).value();
  EXPECT_NE(second.id, first.id);
}

TEST_P(ChannelsContract, AZonesChannelsAreItsOwn) {
  open();
  const ZoneId one = zone("one"), two = zone("two");
  const auto in_one = channels_->put_channel(one, "news", settings()).value();
  EXPECT_EQ(code(channels_->channel(two, "news")), Code::not_found);
  EXPECT_EQ(code(channels_->remove_channel(two, "news")), Code::not_found);
  EXPECT_TRUE(names(two).empty());
  const auto in_two = channels_->put_channel(two, "news", settings()).value();
  EXPECT_NE(in_one.id, in_two.id);
  EXPECT_EQ(code(channels_->put_channel(ZoneId{999}, "news", settings())), Code::not_found);
  EXPECT_TRUE(names(ZoneId{999}).empty());
}

TEST_P(ChannelsContract, ListsByNameInPages) {
  open();
  const ZoneId one = zone("one"), two = zone("two");
  for (const char* name : {"c", "a", "b.2", "b"}) {
    ASSERT_TRUE(channels_->put_channel(one, name, settings()));
  }
  ASSERT_TRUE(channels_->put_channel(two, "d", settings()));
  EXPECT_EQ(names(one), (std::vector<std::string>{"a", "b", "b.2", "c"}));
  EXPECT_EQ(names(one, "", 2), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(names(one, "b", 2), (std::vector<std::string>{"b.2", "c"}));
  EXPECT_TRUE(names(one, "c").empty());
}

TEST_P(ChannelsContract, RefusesOneMoreThanTheZoneMayHaveAndAHistoryBeyondTheBound) {
  open({.channels_per_zone_max = 2});
  const ZoneId one = zone("one"), two = zone("two");
  ASSERT_TRUE(channels_->put_channel(one, "a", settings()));
  ASSERT_TRUE(channels_->put_channel(one, "b", settings()));
  EXPECT_EQ(code(channels_->put_channel(one, "c", settings())), Code::limit);
  EXPECT_TRUE(channels_->put_channel(one, "b", settings())) << "it is there already";
  EXPECT_TRUE(channels_->put_channel(two, "c", settings())) << "counted by zone";
  ports::ChannelSettings endless = settings();
  endless.history_max = ports::kChannelHistoryMax + 1;
  EXPECT_EQ(code(channels_->put_channel(one, "b", endless)), Code::limit);
}

}  // namespace plaza::contract
