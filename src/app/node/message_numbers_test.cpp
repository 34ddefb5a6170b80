// The protocols of clients and of the apps' servers share one row of numbers, so that a frame on the wrong port is known as such.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/table.h"
#include "servers/wire.h"

namespace plaza::app {
namespace {

TEST(MessageNumbers, ClientsAndTheAppsServersHaveNoneInCommon) {
  for (const auto& theirs : servers::messages()) {
    EXPECT_TRUE(std::ranges::none_of(protocol::messages(),
                                     [&](const protocol::MessageInfo& ours) {
                                       return static_cast<int>(ours.msg) == static_cast<int>(theirs.msg);
                                     }))
        << theirs.name << " has the number of a message of clients";
  }
}

}  // namespace
}  // namespace plaza::app
