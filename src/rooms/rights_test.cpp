// The rights, written out: a change of any of them fails here.
#include "rooms/rights.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace plaza::rooms {
namespace {

// One row for each who acts (stranger, member, admin, owner, server); in it one letter for each it may be about: nobody, oneself,
// stranger, member, admin, owner. y yes, s not in the room, n not permitted, w wrong target.
struct Written {
  Action action;
  std::array<std::string, 5> rows;
};

const std::array<Written, kActions> kWritten = {{
    {Action::look, {"ssssss", "yyyyyy", "yyyyyy", "yyyyyy", "yyyyyy"}},
    {Action::speak, {"ssssss", "yyyyyy", "yyyyyy", "yyyyyy", "nnnnnn"}},
    {Action::speak_freely, {"ssssss", "nnnnnn", "yyyyyy", "yyyyyy", "yyyyyy"}},
    {Action::leave, {"ssssss", "yyyyyy", "yyyyyy", "yyyyyy", "nnnnnn"}},
    {Action::invite, {"ssssss", "nnnnnn", "wwywww", "wwywww", "wwywww"}},
    {Action::answer, {"ssssss", "nnnnnn", "wwywww", "wwywww", "wwywww"}},
    {Action::look_lists, {"ssssss", "nnnnnn", "yyyyyy", "yyyyyy", "yyyyyy"}},
    {Action::kick, {"ssssss", "nnnnnn", "wwwynn", "wwwyyn", "wwwyyn"}},
    {Action::ban, {"ssssss", "nnnnnn", "wwyynn", "wwyyyn", "wwyyyn"}},
    {Action::unban, {"ssssss", "nnnnnn", "wwywww", "wwywww", "wwywww"}},
    {Action::mute, {"ssssss", "nnnnnn", "wwwynn", "wwwyyn", "wwwyyn"}},
    {Action::mute_all, {"ssssss", "nnnnnn", "yyyyyy", "yyyyyy", "yyyyyy"}},
    {Action::pin, {"ssssss", "nnnnnn", "yyyyyy", "yyyyyy", "yyyyyy"}},
    {Action::set_profile, {"ssssss", "nnnnnn", "yyyyyy", "yyyyyy", "yyyyyy"}},
    {Action::set_rules, {"ssssss", "nnnnnn", "nnnnnn", "yyyyyy", "yyyyyy"}},
    {Action::make_admin, {"ssssss", "nnnnnn", "nnnnnn", "wwwyww", "wwwyww"}},
    {Action::remove_admin, {"ssssss", "nnnnnn", "nnnnnn", "wwwwyw", "wwwwyw"}},
    {Action::transfer, {"ssssss", "nnnnnn", "nnnnnn", "wwwyyw", "wwwyyw"}},
    {Action::dissolve, {"ssssss", "nnnnnn", "nnnnnn", "yyyyyy", "yyyyyy"}},
    {Action::add, {"ssssss", "nnnnnn", "nnnnnn", "nnnnnn", "wwywww"}},
    {Action::recall, {"ssssss", "nnnnnn", "wwyynn", "wwyyyn", "wwyyyn"}},
}};

char letter(Right right) {
  switch (right) {
    case Right::yes: return 'y';
    case Right::not_in_room: return 's';
    case Right::not_permitted: return 'n';
    case Right::wrong_target: return 'w';
  }
  return '?';
}

TEST(RoomRights, AreTheseForEveryRoleActionAndTarget) {
  for (std::size_t action = 0; action < kWritten.size(); ++action) {
    ASSERT_EQ(kWritten[action].action, static_cast<Action>(action));
    for (std::size_t acting = 0; acting < 5; ++acting) {
      std::string row;
      for (int target = 0; target < 6; ++target) {
        row += letter(
            right(static_cast<Acting>(acting), static_cast<Action>(action), static_cast<Target>(target)));
      }
      EXPECT_EQ(row, kWritten[action].rows[acting]) << "action " << action << ", acting " << acting;
    }
  }
}

TEST(RoomRights, RolesActAndAreActedOnAsThemselves) {
  using ports::RoomRole;
  EXPECT_EQ(acting_of(RoomRole::member), Acting::member);
  EXPECT_EQ(acting_of(RoomRole::admin), Acting::admin);
  EXPECT_EQ(acting_of(RoomRole::owner), Acting::owner);
  EXPECT_EQ(target_of(RoomRole::member), Target::member);
  EXPECT_EQ(target_of(RoomRole::admin), Target::admin);
  EXPECT_EQ(target_of(RoomRole::owner), Target::owner);
}

}  // namespace
}  // namespace plaza::rooms
