#include "protocol/group_change.h"

#include <gtest/gtest.h>

namespace plaza::protocol {
namespace {

TEST(GroupChange, IsReadFromTheBodyOfAnEvent) {
  const auto change = read_group_change(
      R"({"event":"banned","version":7,"by":{"id":1,"name":"a\"nn"},"member":{"id":2,"name":"bob"},"until_ms":99})");
  ASSERT_TRUE(change);
  EXPECT_EQ(*change, (GroupChange{.event = "banned",
                                  .version = 7,
                                  .by = MemberId{1},
                                  .by_name = "a\"nn",
                                  .member = MemberId{2},
                                  .member_name = "bob",
                                  .groupname = {},
                                  .cseq = 0,
                                  .until_ms = 99}));
  EXPECT_EQ(read_group_change(R"({"event":"changed","set":{"groupname":"go"}})")->groupname, "go");
  EXPECT_EQ(read_group_change(R"({"event":"pinned","cseq":4,"mid":9})")->cseq, 4u);
}

TEST(GroupChange, IsNotReadFromAnythingElse) {
  for (const char* body : {"", "{", "[]", "{}", R"({"event":5})", R"({"image":"cat.png"})"})
    EXPECT_FALSE(read_group_change(body)) << body;
  EXPECT_TRUE(read_group_change(R"({"event":"new","by":7,"member":[],"version":"x"})"))
      << "what fits is taken";
}

}  // namespace
}  // namespace plaza::protocol
