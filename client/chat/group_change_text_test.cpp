#include "client/chat/group_change_text.h"

#include <gtest/gtest.h>

namespace plaza::client::chat {
namespace {

TEST(GroupChangeText, SaysWhoDidWhatToWhom) {
  const auto text = [](const std::string& event, const std::string& more = {}) {
    return group_change_text(R"({"event":")" + event +
                             R"(","version":1,"by":{"id":1,"name":"ann"},"member":{"id":2,"name":"bob"})" +
                             more + "}");
  };
  EXPECT_EQ(text("joined"), "ann let bob in");
  EXPECT_EQ(
      group_change_text(R"({"event":"joined","by":{"id":2,"name":"bob"},"member":{"id":2,"name":"bob"}})"),
      "bob joined");
  EXPECT_EQ(text("owner_changed"), "ann made bob the owner");
  EXPECT_EQ(text("changed", R"(,"set":{"groupname":"go"})"), "ann named the group go");
  EXPECT_EQ(text("changed", R"(,"set":{"speak":"admins"})"), "ann changed the settings");
  EXPECT_EQ(text("painted"), "ann: painted") << "of a newer server";
  EXPECT_EQ(group_change_text("no JSON"), "no JSON");
}

}  // namespace
}  // namespace plaza::client::chat
