#pragma once
// The contract of ports::Presence as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, PresenceContract, testing::Values(PresenceUnderTest{"striped", make}),
//                            name_of_presence);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ports/presence.h"

namespace plaza::contract {

struct PresenceUnderTest {
  std::string name;
  std::unique_ptr<ports::Presence> (*make)() = nullptr;
};
inline std::string name_of_presence(const testing::TestParamInfo<PresenceUnderTest>& info) {
  return info.param.name;
}

class PresenceContract : public testing::TestWithParam<PresenceUnderTest> {
 protected:
  ports::Presence& p() { return *presence_; }
  std::unique_ptr<ports::Presence> presence_ = GetParam().make();
  const ports::NodeId one_{1}, two_{2}, three_{3};
  const MemberId ann_{1}, bob_{2};
};

TEST_P(PresenceContract, NobodyIsOnlineAtFirst) {
  EXPECT_FALSE(p().online(ann_));
  EXPECT_TRUE(p().nodes_of(ann_).empty());
  EXPECT_EQ(p().online_count(), 0u);
}

TEST_P(PresenceContract, AMemberIsOnlineWhileOneNodeHasIt) {
  p().joined(two_, ann_);
  p().joined(one_, ann_);
  EXPECT_TRUE(p().online(ann_));
  EXPECT_FALSE(p().online(bob_));
  EXPECT_EQ(p().online_count(), 1u) << "members are counted, not sessions";
  EXPECT_EQ(p().nodes_of(ann_), (std::vector<ports::NodeId>{one_, two_}));
  p().left(one_, ann_);
  EXPECT_TRUE(p().online(ann_));
  EXPECT_EQ(p().nodes_of(ann_), (std::vector<ports::NodeId>{two_}));
  p().left(two_, ann_);
  EXPECT_FALSE(p().online(ann_));
  EXPECT_EQ(p().online_count(), 0u);
}

TEST_P(PresenceContract, AnswersForManyAreInTheOrderAsked) {
  p().joined(one_, bob_);
  const std::vector<MemberId> asked{bob_, ann_, bob_};
  EXPECT_EQ(p().online(asked), (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_TRUE(p().online(std::vector<MemberId>{}).empty());
}

TEST_P(PresenceContract, AGoneNodeLosesAllItSaidAndNothingElse) {
  for (std::uint64_t i = 1; i <= 1'000; ++i) p().joined(one_, MemberId{i});
  for (std::uint64_t i = 501; i <= 1'500; ++i) p().joined(two_, MemberId{i});
  p().node_gone(three_);
  EXPECT_EQ(p().online_count(), 1'500u);
  p().node_gone(one_);
  EXPECT_EQ(p().online_count(), 1'000u);
  EXPECT_FALSE(p().online(MemberId{500}));
  EXPECT_TRUE(p().online(MemberId{501}));
  EXPECT_EQ(p().nodes_of(MemberId{501}), (std::vector<ports::NodeId>{two_}));
  p().joined(one_, MemberId{500});
  EXPECT_TRUE(p().online(MemberId{500})) << "it may come back";
}

TEST_P(PresenceContract, ThreadsThatJoinAndLeaveLeaveNobodyBehind) {
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 1; t <= 8; ++t) {
      threads.emplace_back([this, t] {
        for (int round = 0; round < 20; ++round) {
          for (std::uint64_t i = 1; i <= 100; ++i) p().joined(ports::NodeId{t}, MemberId{i});
          for (std::uint64_t i = 1; i <= 100; ++i) p().left(ports::NodeId{t}, MemberId{i});
        }
      });
    }
  }
  EXPECT_EQ(p().online_count(), 0u);
  EXPECT_FALSE(p().online(MemberId{50}));
}

}  // namespace plaza::contract
