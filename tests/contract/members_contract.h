#pragma once
// Changing members: the part of the contract of ports::Directory that is about update_member() and what follows from it.
#include "tests/contract/directory_contract.h"

namespace plaza::contract {

class MembersContract : public DirectoryContract {
 protected:
  static ports::MemberChange renamed(const std::string& name) {
    ports::MemberChange change;
    change.nickname = change.nickname_key = name;
    return change;
  }
  ports::DirectoryResult<Member> set(const Member& member, const ports::MemberChange& change) {
    return d().update_member(zone_, member.id, change);
  }
  void takes_friends(const Member& member, ports::FriendsFrom from) {
    ports::MemberChange change;
    change.friends_from = from;
    ASSERT_TRUE(set(member, change));
  }
  void on_request() {
    Zone zone = *d().zone(zone_);
    zone.friends = FriendPolicy::on_request;
    ASSERT_TRUE(d().put_zone(zone));
  }
};

TEST_P(MembersContract, WhatIsSetOfAMemberIsReadAndTheRestStays) {
  const Member ann = add("ann");
  EXPECT_EQ(ann.version, 0u);
  EXPECT_EQ(ann.settings, ports::MemberSettings{});
  ports::MemberChange change;
  change.avatar = std::string(256, 'a');
  change.custom = R"({"level":7,"title":")" + std::string(4'074, 'x') + "\"}";
  change.messages_from = ports::MessagesFrom::friends;
  ASSERT_EQ(change.custom->size(), 4'096u);
  const auto first = set(ann, change);
  ASSERT_TRUE(first);
  change = {};
  change.friends_from = ports::FriendsFrom::nobody;
  const auto second = set(ann, change);
  ASSERT_TRUE(second);
  EXPECT_GT(first->version, ann.version);
  EXPECT_GT(second->version, first->version);
  for (const auto& found :
       {second, d().member(zone_, ann.id), d().member_by_id(ann.id), d().member_by_nickname(zone_, "ann")}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->nickname, "ann");
    EXPECT_EQ(found->avatar, std::string(256, 'a'));
    EXPECT_EQ(found->custom, first->custom);
    EXPECT_EQ(found->settings, (ports::MemberSettings{.friends_from = ports::FriendsFrom::nobody,
                                                      .messages_from = ports::MessagesFrom::friends}));
    EXPECT_EQ(found->version, second->version);
    EXPECT_EQ(found->account, ann.account);
  }
  EXPECT_EQ(d().members_of(ann.account, zone_)->front().custom, first->custom);
}

TEST_P(MembersContract, ANewNameIsTheOnlyOneAndTheOldOneIsFree) {
  const Member ann = add("ann"), bob = add("bob");
  EXPECT_EQ(set(ann, renamed("anna"))->nickname, "anna");
  EXPECT_EQ(code_of(d().member_by_nickname(zone_, "ann")), DirectoryCode::not_found);
  EXPECT_EQ(d().member_by_nickname(zone_, "anna")->id, ann.id);
  EXPECT_EQ(code_of(set(bob, renamed("anna"))), DirectoryCode::name_taken);
  EXPECT_EQ(detail_of(set(bob, renamed("anna"))), "nickname");
  EXPECT_EQ(d().member(zone_, bob.id)->nickname, "bob");
  EXPECT_TRUE(set(bob, renamed("ann")));
  // The same name in another writing, and in another zone.
  ports::MemberChange capital = renamed("anna");
  capital.nickname = "Anna";
  EXPECT_EQ(set(ann, capital)->nickname, "Anna");
  EXPECT_TRUE(d().create_member(ann.account, other_, "anna", "anna", ""));
  EXPECT_TRUE(d().account_by_name("ann")) << "one still logs in by the name of the account";
}

TEST_P(MembersContract, ARefusedChangeChangesNothing) {
  const Member ann = add("ann");
  add("bob");
  ports::MemberChange change = renamed("bob");
  change.avatar = "a";
  EXPECT_EQ(code_of(set(ann, change)), DirectoryCode::name_taken);
  EXPECT_EQ(d().member(zone_, ann.id)->avatar, "");
  EXPECT_EQ(d().member(zone_, ann.id)->version, 0u);
}

TEST_P(MembersContract, AMemberOfAnotherZoneIsNotFoundAndNotChanged) {
  const Member ann = add("ann");
  EXPECT_EQ(code_of(d().update_member(other_, ann.id, renamed("x"))), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().update_member(zone_, MemberId{99}, renamed("x"))), DirectoryCode::not_found);
  EXPECT_EQ(d().member_by_id(ann.id)->nickname, "ann");
}

TEST_P(MembersContract, FriendsAndRoomsShowTheNameAndAvatarOfNow) {
  const Member ann = add("ann"), bob = add("bob");
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  const RoomId room = make_room(ann, "tea");
  EXPECT_EQ(relation(bob.id, ann.id).peer_name, "ann");  // remembered, where there is a cache
  ports::MemberChange change = renamed("anna");
  change.avatar = "cat.png";
  ASSERT_TRUE(set(ann, change));
  EXPECT_EQ(relation(bob.id, ann.id).peer_name, "anna");
  EXPECT_EQ(relation(bob.id, ann.id).peer_avatar, "cat.png");
  EXPECT_EQ(d().set_remark(zone_, bob.id, ann.id, "r")->peer_name, "anna");
  const auto members = d().members(zone_, room, {}, 10);
  ASSERT_TRUE(members && members->members.size() == 1);
  EXPECT_EQ(members->members[0].name, "anna");
  EXPECT_EQ(members->members[0].avatar, "cat.png");
  // Who blocks one sees it too.
  ASSERT_TRUE(d().remove_friend(zone_, ann.id, bob.id));
  ASSERT_TRUE(d().set_blocked(zone_, bob.id, ann.id, true));
  EXPECT_EQ(relation(bob.id, ann.id).peer_name, "anna");
  ASSERT_TRUE(set(ann, renamed("annie")));
  EXPECT_EQ(relation(bob.id, ann.id).peer_name, "annie");
}

TEST_P(MembersContract, WhoTakesRequestsOnlyIsNoFriendAtOnce) {
  const Member ann = add("ann"), bob = add("bob");
  takes_friends(bob, ports::FriendsFrom::on_request);
  EXPECT_EQ(d().add_friend(zone_, ann.id, bob.id)->friendship, Friendship::requested_by_me);
  EXPECT_EQ(relation(bob.id, ann.id).friendship, Friendship::requested_by_them);
  EXPECT_EQ(d().add_friend(zone_, bob.id, ann.id)->friendship, Friendship::friends)
      << "it crosses the request";
}

TEST_P(MembersContract, WhoTakesNoRequestsMayStillAskAndAnswerThoseThatWait) {
  const Member ann = add("ann"), bob = add("bob"), cat = add("cat");
  on_request();
  ASSERT_TRUE(d().add_friend(zone_, ann.id, bob.id));
  takes_friends(bob, ports::FriendsFrom::nobody);
  EXPECT_EQ(d().add_friend(zone_, ann.id, bob.id)->friendship, Friendship::requested_by_me)
      << "it is asked already";
  EXPECT_EQ(code_of(d().add_friend(zone_, cat.id, bob.id)), DirectoryCode::conflict);
  EXPECT_EQ(relation_count(cat.id), 0u);
  EXPECT_EQ(relation(bob.id, cat.id).friendship, Friendship::none);
  EXPECT_EQ(d().answer_friend(zone_, bob.id, ann.id, true)->friendship, Friendship::friends);
  EXPECT_EQ(d().add_friend(zone_, bob.id, cat.id)->friendship, Friendship::requested_by_me);
  EXPECT_EQ(d().add_friend(zone_, cat.id, bob.id)->friendship, Friendship::friends) << "bob has asked";
}

}  // namespace plaza::contract
