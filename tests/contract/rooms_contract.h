#pragma once
// The contract of ports::Rooms as tests: every implementation runs it, beside the one of ports::Directory. Who may do what stands in
// src/rooms/rights_test.cpp as a table; here is that the table is asked, and what comes of each change.
//
// It is included by one source file of a test program.
#include <algorithm>

#include "tests/contract/directory_contract.h"

namespace plaza::contract {

class RoomsContract : public DirectoryContract {
 protected:
  void SetUp() override { begin({}); }
  /// A room of ann's with bob in it, and cat outside.
  void begin(RoomLimits limits, RoomSettings settings = {}) {
    start({.rooms = limits});
    ann_ = add("ann"), bob_ = add("bob"), cat_ = add("cat");
    room_ = make_room(ann_, "go", settings);
  }
  void bob_joins() { ASSERT_TRUE(join(bob_.id, room_)); }

  DirectoryResult<RoomChanged> change(const RoomActor& actor, const RoomChange& wanted,
                                      std::int64_t now_ms = kNow) {
    return d().change(zone_, actor, room_, wanted, now_ms);
  }
  DirectoryResult<RoomChanged> by(const Member& actor, const RoomChange& wanted, std::int64_t now_ms = kNow) {
    return change(RoomActor{actor.id}, wanted, now_ms);
  }
  Room room() { return d().room(zone_, room_).value_or(Room{}); }
  RoomStanding standing(const Member& member) {
    const auto found = d().standing(zone_, room_, member.id);
    EXPECT_TRUE(found) << detail_of(found);
    return found.value_or(RoomStanding{});
  }
  RoomRole role(const Member& member) { return standing(member).role; }
  std::vector<MemberId> members() {
    const auto page = d().members(zone_, room_, {}, 1000);
    std::vector<MemberId> ids;
    for (const auto& member : page.value_or(RoomMemberPage{}).members) ids.push_back(member.id);
    return ids;
  }
  std::vector<MemberId> listed(RoomList list, std::int64_t now_ms = kNow) {
    const auto page = d().listed(zone_, room_, list, {}, 1000, now_ms);
    EXPECT_TRUE(page) << detail_of(page);
    std::vector<MemberId> ids;
    for (const auto& entry : page.value_or(RoomListPage{}).entries) ids.push_back(entry.id);
    return ids;
  }
  std::vector<RoomEvent> pending() {
    return d().pending_events({}, 0, 1000).value_or(std::vector<RoomEvent>{});
  }
  /// As if the announcer had appended everything: the events get positions 101, 102...
  void store_all() {
    std::vector<RoomEventPlace> places;
    for (const auto& event : pending())
      places.push_back({.room = event.room, .version = event.version, .cseq = 100 + event.version});
    ASSERT_TRUE(d().events_stored(places));
  }
  /// The last event of a change, without its number: what is told besides is compared as text.
  static std::string told(const DirectoryResult<RoomChanged>& changed) {
    if (!changed) return "refused: " + changed.error().detail;
    if (changed->version == 0) return "";
    const RoomEvent& event = changed->events.back();
    EXPECT_EQ(event.version, changed->version);
    std::string text = event.body;
    const std::string number = ",\"version\":" + std::to_string(event.version);
    const auto at = text.find(number);
    EXPECT_NE(at, std::string::npos) << text;
    if (at != std::string::npos) text.erase(at, number.size());
    return text;
  }
  std::string told_by(const Member& who, const std::string& event, const std::string& rest) {
    return "{\"event\":\"" + event + "\",\"by\":" + person(who) + rest + "}";
  }
  static std::string person(const Member& who) {
    return "{\"id\":" + std::to_string(who.id.value) + ",\"name\":\"" + who.nickname + "\"}";
  }
  static std::string about(const Member& who) { return ",\"member\":" + person(who); }

  Member ann_, bob_, cat_;
  RoomId room_;
};

// Rooms and those in them ------------------------------------------------------------------------------------------------

TEST_P(RoomsContract, ARoomIsFoundByIdNameAndMemberWithAllThatWasSet) {
  const RoomSettings rules{.join = RoomJoinPolicy::approval,
                           .speak = RoomSpeakPolicy::admins,
                           .members_max = 9,
                           .slow_mode_ms = 250,
                           .history_visible = false};
  const auto made = d().create_room(zone_, bob_.id, bob_.id,
                                    {.name = "Chess Club",
                                     .name_key = "chess club",
                                     .description = "e4\n\"e5\"",
                                     .avatar = "img:1",
                                     .settings = rules},
                                    kNow);
  ASSERT_TRUE(made) << detail_of(made);
  EXPECT_EQ(told(made), told_by(bob_, "created", about(bob_) + ",\"groupname\":\"Chess Club\""));
  const auto by_name = d().room_by_name(zone_, "chess club"), by_id = d().room(zone_, made->room.id);
  ASSERT_TRUE(by_name && by_id);
  for (const Room& found : {made->room, *by_name, *by_id, d().rooms_of(zone_, bob_.id)->at(0)}) {
    EXPECT_EQ(found.id, made->room.id);
    EXPECT_EQ(found.zone, zone_);
    EXPECT_EQ(found.name, "Chess Club");
    EXPECT_EQ(found.description, "e4\n\"e5\"");
    EXPECT_EQ(found.avatar, "img:1");
    EXPECT_EQ(found.settings, rules);
    EXPECT_EQ(found.owner, bob_.id);
    EXPECT_EQ(found.members, 1u);
    EXPECT_EQ(found.version, 1u);
    EXPECT_EQ(found.large_from, 0u);
    EXPECT_EQ(found.muted_until_ms, 0);
  }
  ASSERT_TRUE(join(bob_.id, room_));
  const auto rooms = d().rooms_of(zone_, bob_.id);
  ASSERT_EQ(rooms->size(), 2u);
  EXPECT_EQ((*rooms)[0].id, room_);
  EXPECT_EQ((*rooms)[0].members, 2u);
  EXPECT_EQ((*rooms)[0].role, RoomRole::member);
  EXPECT_EQ((*rooms)[1].id, made->room.id);
  EXPECT_EQ((*rooms)[1].role, RoomRole::owner);
}

TEST_P(RoomsContract, MembersComeByPageInOrderWithNameAndRole) {
  bob_joins();
  ASSERT_TRUE(join(cat_.id, room_));
  ASSERT_TRUE(by(ann_, change::MakeAdmin{bob_.id}));
  ASSERT_TRUE(by(ann_, change::Mute{cat_.id, kNow + 5}));
  const auto first = d().members(zone_, room_, {}, 2);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->members.size(), 2u);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->members[0].id, ann_.id);
  EXPECT_EQ(first->members[0].name, "ann");
  EXPECT_EQ(first->members[0].role, RoomRole::owner);
  EXPECT_EQ(first->members[1].role, RoomRole::admin);
  const auto rest = d().members(zone_, room_, bob_.id, 2);
  ASSERT_EQ(rest->members.size(), 1u);
  EXPECT_FALSE(rest->more);
  EXPECT_EQ(rest->members[0].id, cat_.id);
  EXPECT_EQ(rest->members[0].muted_until_ms, kNow + 5);
  EXPECT_FALSE(d().members(zone_, room_, {}, 3)->more) << "exactly all";
  EXPECT_EQ(*d().fanout(zone_, room_), (std::vector{ann_.id, bob_.id, cat_.id}));
}

TEST_P(RoomsContract, RoomNamesAreUniqueInAZoneOnly) {
  const Member far = add("far", other_);
  const auto taken = d().create_room(zone_, bob_.id, bob_.id, {.name = "GO", .name_key = "go"}, kNow);
  EXPECT_EQ(code_of(taken), DirectoryCode::name_taken);
  EXPECT_EQ(detail_of(taken), "room name");
  EXPECT_TRUE(d().create_room(other_, far.id, far.id, {.name = "Go", .name_key = "go"}, kNow));
}

TEST_P(RoomsContract, ARoomOfAnotherZoneDoesNotExist) {
  const Member far = add("far", other_);
  EXPECT_EQ(code_of(d().create_room(zone_, far.id, far.id, {.name = "x", .name_key = "x"}, kNow)),
            DirectoryCode::not_found);
  for (const RoomChange& wanted : {RoomChange{change::Join{}}, RoomChange{change::Leave{}},
                                   RoomChange{change::Dissolve{}}, RoomChange{change::Kick{ann_.id}}}) {
    EXPECT_EQ(code_of(d().change(other_, far.id, room_, wanted, kNow)), DirectoryCode::not_found);
    EXPECT_EQ(code_of(d().change(other_, ServerActor{}, room_, wanted, kNow)), DirectoryCode::not_found);
    EXPECT_EQ(code_of(d().change(zone_, far.id, room_, wanted, kNow)), DirectoryCode::not_found);
  }
  for (const RoomChange& wanted : {RoomChange{change::Invite{far.id}}, RoomChange{change::Ban{far.id}}})
    EXPECT_EQ(code_of(by(ann_, wanted)), DirectoryCode::no_target) << "nor does a member of another zone";
  EXPECT_EQ(code_of(d().room(other_, room_)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().room_by_name(other_, "go")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().rooms_of(zone_, far.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().standing(other_, room_, ann_.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().members(other_, room_, {}, 9)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().fanout(other_, room_)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().listed(other_, room_, RoomList::bans, {}, 9, kNow)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().invitations_of(zone_, far.id)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().pins(other_, room_)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().set_large(other_, room_, 1)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().room(zone_, RoomId{99})), DirectoryCode::not_found);
}

TEST_P(RoomsContract, JoiningTwiceIsAConflictAndLeavingWantsAMember) {
  EXPECT_EQ(code_of(join(ann_.id, room_)), DirectoryCode::conflict);
  EXPECT_EQ(code_of(leave(bob_.id, room_)), DirectoryCode::not_member);
}

TEST_P(RoomsContract, TheOwnerLeavesLastAndTakesTheRoomAlong) {
  bob_joins();
  EXPECT_EQ(code_of(leave(ann_.id, room_)), DirectoryCode::conflict);
  const auto left = leave(bob_.id, room_);
  EXPECT_EQ(told(left), told_by(bob_, "left", about(bob_)));
  EXPECT_EQ(left->events.back().fanout, (std::vector{ann_.id, bob_.id})) << "also who went is told";
  EXPECT_EQ(room().members, 1u);
  EXPECT_FALSE(standing(bob_).joined);
  EXPECT_FALSE(left->gone);
  const auto last = leave(ann_.id, room_);
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->gone);
  EXPECT_EQ(last->room.name, "go");
  EXPECT_EQ(code_of(d().room(zone_, room_)), DirectoryCode::not_found);
  EXPECT_TRUE(d().rooms_of(zone_, ann_.id)->empty());
  EXPECT_NE(make_room(ann_, "go"), room_) << "the name is free; the id is not: messages refer to it";
}

TEST_P(RoomsContract, RoomsAreBoundedInMembersAndPerMember) {
  begin({.rooms_per_member_max = 2, .members_max = 2});
  bob_joins();
  const auto full = join(cat_.id, room_);
  EXPECT_EQ(code_of(full), DirectoryCode::limit);
  EXPECT_EQ(detail_of(full), "room_members_max 2");
  EXPECT_EQ(room().members, 2u);
  make_room(ann_, "chess");
  EXPECT_EQ(code_of(d().create_room(zone_, ann_.id, ann_.id, {.name = "x", .name_key = "x"}, kNow)),
            DirectoryCode::limit);
  const RoomId cats = make_room(cat_, "cats");
  EXPECT_EQ(detail_of(join(ann_.id, cats)), "rooms_per_member_max 2");
}

TEST_P(RoomsContract, ARoomsOwnLimitCountsAndIsAtMostTheServers) {
  begin({.members_max = 5}, {.members_max = 2});
  bob_joins();
  EXPECT_EQ(detail_of(join(cat_.id, room_)), "room_members_max 2");
  EXPECT_EQ(detail_of(by(ann_, change::Set{.members_max = 6})), "members_max 5");
  ASSERT_TRUE(by(ann_, change::Set{.members_max = 5}));
  EXPECT_TRUE(join(cat_.id, room_));
}

TEST_P(RoomsContract, OfEightThreadsThatJoinARoomWithThreePlacesThreeGetIn) {
  begin({.members_max = 4});
  std::vector<MemberId> comers;
  for (int i = 0; i < 8; ++i) comers.push_back(add("m" + std::to_string(i)).id);
  std::atomic<int> joined = 0;
  together(8, [&](int i) { joined += join(comers[static_cast<std::size_t>(i)], room_) ? 1 : 0; });
  EXPECT_EQ(joined, 3);
  EXPECT_EQ(members().size(), 4u);
  EXPECT_EQ(room().members, 4u);
}

// Coming: open, by approval, by invitation ---------------------------------------------------------------------------------

TEST_P(RoomsContract, AnOpenRoomIsJoinedAtOnceAndEverybodyInItIsTold) {
  const auto joined = join(bob_.id, room_);
  EXPECT_EQ(told(joined), told_by(bob_, "joined", about(bob_)));
  EXPECT_EQ(joined->member, bob_.id);
  EXPECT_EQ(joined->member_name, "bob");
  EXPECT_FALSE(joined->waits);
  EXPECT_EQ(joined->room.members, 2u);
  EXPECT_EQ(joined->events.back().fanout, (std::vector{ann_.id, bob_.id}));
  EXPECT_EQ(standing(bob_), (RoomStanding{.joined = true}));
}

TEST_P(RoomsContract, WhereApprovalIsNeededARequestWaitsForTheOwnerOrAnAdmin) {
  begin({}, {.join = RoomJoinPolicy::approval});
  const auto asked = join(bob_.id, room_);
  ASSERT_TRUE(asked) << detail_of(asked);
  EXPECT_TRUE(asked->waits);
  EXPECT_EQ(told(asked), "") << "nobody in the room sees it differently";
  EXPECT_EQ(asked->answerers, std::vector{ann_.id});
  EXPECT_FALSE(standing(bob_).joined);
  const auto again = join(bob_.id, room_);
  EXPECT_TRUE(again->waits);
  EXPECT_TRUE(again->answerers.empty()) << "asked once, told once";
  EXPECT_EQ(listed(RoomList::requests), std::vector{bob_.id});
  EXPECT_EQ(code_of(by(bob_, change::Approve{bob_.id})), DirectoryCode::not_member);
  EXPECT_EQ(code_of(by(ann_, change::Approve{cat_.id})), DirectoryCode::no_target);
  EXPECT_EQ(told(by(ann_, change::Approve{bob_.id})), told_by(ann_, "joined", about(bob_)));
  EXPECT_TRUE(listed(RoomList::requests).empty());
  EXPECT_EQ(code_of(by(bob_, change::Approve{cat_.id})), DirectoryCode::forbidden) << "bob is no admin";
  EXPECT_TRUE(join(cat_.id, room_)->waits);
  EXPECT_EQ(told(by(ann_, change::Refuse{cat_.id})), "");
  EXPECT_TRUE(listed(RoomList::requests).empty());
  EXPECT_EQ(code_of(by(ann_, change::Refuse{cat_.id})), DirectoryCode::no_target);
  EXPECT_TRUE(join(cat_.id, room_)->waits);
  EXPECT_TRUE(by(cat_, change::Refuse{cat_.id})) << "one's own request";
  EXPECT_TRUE(listed(RoomList::requests).empty());
}

TEST_P(RoomsContract, ARoomByInvitationIsJoinedByTheInvitedOnly) {
  begin({}, {.join = RoomJoinPolicy::invitation});
  EXPECT_EQ(code_of(join(bob_.id, room_)), DirectoryCode::forbidden);
  EXPECT_EQ(code_of(by(bob_, change::Invite{bob_.id})), DirectoryCode::not_member);
  const auto invited = by(ann_, change::Invite{bob_.id});
  EXPECT_EQ(told(invited), "");
  EXPECT_EQ(invited->member, bob_.id);
  const auto invitations = d().invitations_of(zone_, bob_.id);
  ASSERT_EQ(invitations->size(), 1u);
  EXPECT_EQ(invitations->at(0).room.id, room_);
  EXPECT_EQ(invitations->at(0).room.name, "go");
  EXPECT_EQ(invitations->at(0).by, ann_.id);
  EXPECT_EQ(invitations->at(0).time_ms, kNow);
  EXPECT_EQ(told(join(bob_.id, room_)), told_by(bob_, "joined", about(bob_)));
  EXPECT_TRUE(d().invitations_of(zone_, bob_.id)->empty());
  EXPECT_EQ(code_of(by(bob_, change::Invite{cat_.id})), DirectoryCode::forbidden);
  ASSERT_TRUE(by(ann_, change::Invite{cat_.id}));
  ASSERT_TRUE(by(ann_, change::Refuse{cat_.id})) << "taken back";
  EXPECT_EQ(code_of(join(cat_.id, room_)), DirectoryCode::forbidden);
  EXPECT_EQ(code_of(by(ann_, change::Invite{bob_.id})), DirectoryCode::no_target) << "is in it";
}

TEST_P(RoomsContract, WhoIsInvitedAndHadAskedIsInAtOnce) {
  begin({}, {.join = RoomJoinPolicy::approval});
  ASSERT_TRUE(join(bob_.id, room_));
  EXPECT_EQ(told(by(ann_, change::Invite{bob_.id})), told_by(ann_, "joined", about(bob_)));
  EXPECT_TRUE(listed(RoomList::requests).empty());
}

TEST_P(RoomsContract, RequestsAndInvitationsAreBounded) {
  begin({.requests_max = 1, .invitations_max = 1, .invitations_per_member_max = 1},
        {.join = RoomJoinPolicy::approval});
  ASSERT_TRUE(join(bob_.id, room_));
  EXPECT_EQ(detail_of(join(cat_.id, room_)), "room_requests_max 1");
  ASSERT_TRUE(by(ann_, change::Invite{cat_.id}));
  EXPECT_TRUE(by(ann_, change::Invite{cat_.id})) << "the same once more";
  const Member dan = add("dan");
  EXPECT_EQ(detail_of(by(ann_, change::Invite{dan.id})), "room_invitations_max 1");
  const RoomId other = make_room(ann_, "other");
  EXPECT_EQ(detail_of(d().change(zone_, ann_.id, other, change::Invite{cat_.id}, kNow)),
            "invitations_per_member_max 1");
}

TEST_P(RoomsContract, ARequestIsAnsweredOnlyWhileThereIsAPlace) {
  begin({}, {.join = RoomJoinPolicy::approval, .members_max = 1});
  ASSERT_TRUE(join(bob_.id, room_));
  EXPECT_EQ(code_of(by(ann_, change::Approve{bob_.id})), DirectoryCode::limit);
  EXPECT_EQ(listed(RoomList::requests), std::vector{bob_.id}) << "still there";
}

// Going: kick, ban, dissolve -------------------------------------------------------------------------------------------------

TEST_P(RoomsContract, WhoIsKickedIsOutAndIsToldSo) {
  bob_joins();
  EXPECT_EQ(code_of(by(bob_, change::Kick{ann_.id})), DirectoryCode::forbidden);
  EXPECT_EQ(code_of(by(cat_, change::Kick{ann_.id})), DirectoryCode::not_member);
  EXPECT_EQ(code_of(by(ann_, change::Kick{cat_.id})), DirectoryCode::no_target);
  EXPECT_EQ(code_of(by(ann_, change::Kick{ann_.id})), DirectoryCode::no_target);
  const auto kicked = by(ann_, change::Kick{bob_.id});
  EXPECT_EQ(told(kicked), told_by(ann_, "kicked", about(bob_)));
  EXPECT_EQ(kicked->events.back().fanout, (std::vector{ann_.id, bob_.id}));
  EXPECT_EQ(members(), std::vector{ann_.id});
  EXPECT_TRUE(join(bob_.id, room_)) << "an open room";
}

TEST_P(RoomsContract, ABanLastsUntilItsEndOrUntilItIsLifted) {
  bob_joins();
  EXPECT_EQ(code_of(by(ann_, change::Ban{bob_.id, kNow})), DirectoryCode::conflict) << "would be over";
  const auto banned = by(ann_, change::Ban{bob_.id, kNow + 10});
  EXPECT_EQ(told(banned),
            told_by(ann_, "banned", about(bob_) + ",\"until_ms\":" + std::to_string(kNow + 10)));
  EXPECT_EQ(banned->events.back().fanout, (std::vector{ann_.id, bob_.id}));
  EXPECT_FALSE(standing(bob_).joined);
  EXPECT_EQ(room().members, 1u);
  EXPECT_EQ(code_of(by(bob_, change::Join{}, kNow + 9)), DirectoryCode::banned);
  EXPECT_EQ(code_of(by(ann_, change::Invite{bob_.id}, kNow + 9)), DirectoryCode::conflict);
  EXPECT_EQ(listed(RoomList::bans, kNow + 9), std::vector{bob_.id});
  EXPECT_TRUE(listed(RoomList::bans, kNow + 10).empty());
  ASSERT_TRUE(by(bob_, change::Join{}, kNow + 10));
  EXPECT_EQ(told(by(ann_, change::Ban{bob_.id})), told_by(ann_, "banned", about(bob_))) << "for ever";
  EXPECT_EQ(code_of(by(bob_, change::Join{}, kNow + 1'000'000'000)), DirectoryCode::banned);
  EXPECT_EQ(told(by(ann_, change::Unban{bob_.id})), told_by(ann_, "unbanned", about(bob_)));
  EXPECT_EQ(code_of(by(ann_, change::Unban{bob_.id})), DirectoryCode::no_target);
  EXPECT_TRUE(join(bob_.id, room_));
}

TEST_P(RoomsContract, ABanEndsRequestAndInvitationAndReachesWhoIsOutside) {
  begin({}, {.join = RoomJoinPolicy::approval});
  ASSERT_TRUE(join(bob_.id, room_));
  ASSERT_TRUE(by(ann_, change::Invite{cat_.id}));
  ASSERT_TRUE(by(ann_, change::Ban{bob_.id}));
  const auto banned = by(ann_, change::Ban{cat_.id});
  EXPECT_EQ(banned->events.back().fanout, std::vector{ann_.id}) << "no inbox of who was not in the room";
  EXPECT_TRUE(listed(RoomList::requests).empty());
  EXPECT_TRUE(listed(RoomList::invitations).empty());
  EXPECT_EQ(listed(RoomList::bans), (std::vector{bob_.id, cat_.id}));
}

TEST_P(RoomsContract, BansAreBoundedAndThoseThatEndedDoNotCount) {
  begin({.bans_max = 1});
  ASSERT_TRUE(by(ann_, change::Ban{bob_.id, kNow + 10}));
  EXPECT_EQ(detail_of(by(ann_, change::Ban{cat_.id})), "room_bans_max 1");
  EXPECT_TRUE(by(ann_, change::Ban{bob_.id, kNow + 20})) << "the same one, longer";
  EXPECT_TRUE(by(ann_, change::Ban{cat_.id}, kNow + 20));
}

TEST_P(RoomsContract, ListsComeByPage) {
  std::vector<MemberId> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(add("m" + std::to_string(i)).id);
    ASSERT_TRUE(by(ann_, change::Ban{all.back()}));
  }
  const auto first = d().listed(zone_, room_, RoomList::bans, {}, 3, kNow);
  ASSERT_EQ(first->entries.size(), 3u);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->entries[0].name, "m0");
  EXPECT_EQ(first->entries[0].by, ann_.id);
  EXPECT_EQ(first->entries[0].time_ms, kNow);
  EXPECT_EQ(first->entries[0].until_ms, kForEverMs);
  const auto rest = d().listed(zone_, room_, RoomList::bans, all[2], 3, kNow);
  ASSERT_EQ(rest->entries.size(), 2u);
  EXPECT_FALSE(rest->more);
  EXPECT_EQ(rest->entries[1].id, all[4]);
}

TEST_P(RoomsContract, ADissolvedRoomIsGoneForEverybodyAndItsEventReachesAll) {
  bob_joins();
  ASSERT_TRUE(by(ann_, change::Invite{cat_.id}));
  ASSERT_TRUE(by(ann_, change::Pin{3, MessageId{9}}));
  EXPECT_EQ(code_of(by(bob_, change::Dissolve{})), DirectoryCode::forbidden);
  const auto gone = by(ann_, change::Dissolve{});
  EXPECT_EQ(told(gone), told_by(ann_, "dissolved", ""));
  EXPECT_TRUE(gone->gone);
  EXPECT_EQ(gone->events.back().fanout, (std::vector{ann_.id, bob_.id}));
  EXPECT_EQ(code_of(d().room(zone_, room_)), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().room_by_name(zone_, "go")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(d().standing(zone_, room_, ann_.id)), DirectoryCode::not_found);
  EXPECT_TRUE(d().rooms_of(zone_, bob_.id)->empty());
  EXPECT_TRUE(d().invitations_of(zone_, cat_.id)->empty());
  EXPECT_EQ(pending().back().version, gone->version) << "its event is still to be told";
  store_all();
  EXPECT_TRUE(pending().empty());
  make_room(bob_, "go");
}

TEST_P(RoomsContract, WhatALargeDissolvedRoomLeavesIsSweptInPieces) {
  begin({.rooms_per_member_max = 1, .inbox_fanout_max = 2});
  std::vector<Member> many;
  for (int i = 0; i < 1'001; ++i) {
    many.push_back(add("m" + std::to_string(i)));
    ASSERT_TRUE(join(many.back().id, room_));
    store_all();
  }
  ASSERT_TRUE(by(ann_, change::Dissolve{}));
  EXPECT_EQ(code_of(d().room(zone_, room_)), DirectoryCode::not_found);
  EXPECT_TRUE(d().rooms_of(zone_, many[0].id)->empty());
  EXPECT_EQ(code_of(join(cat_.id, room_)), DirectoryCode::not_found);
  make_room(many[1], "go");  // the name is free, and the old room does not count as one of hers
  for (int pieces = 0; d().sweep_rooms(400).value_or(0) == 400; ++pieces) ASSERT_LT(pieces, 5);
  EXPECT_EQ(d().sweep_rooms(400).value_or(99), 0u);
  EXPECT_EQ(d().rooms_of(zone_, many[1].id)->size(), 1u) << "nothing of another room";
}

// Roles, mutes, settings, pins -------------------------------------------------------------------------------------------------

TEST_P(RoomsContract, AdminsAreMadeAndUnmadeByTheOwner) {
  bob_joins();
  ASSERT_TRUE(join(cat_.id, room_));
  EXPECT_EQ(code_of(by(bob_, change::Kick{cat_.id})), DirectoryCode::forbidden);
  EXPECT_EQ(told(by(ann_, change::MakeAdmin{bob_.id})), told_by(ann_, "admin_added", about(bob_)));
  EXPECT_EQ(role(bob_), RoomRole::admin);
  EXPECT_EQ(code_of(by(ann_, change::MakeAdmin{bob_.id})), DirectoryCode::no_target);
  EXPECT_EQ(code_of(by(bob_, change::MakeAdmin{cat_.id})), DirectoryCode::forbidden);
  EXPECT_EQ(code_of(by(bob_, change::Kick{ann_.id})), DirectoryCode::forbidden);
  EXPECT_TRUE(by(bob_, change::Mute{cat_.id}));
  EXPECT_EQ(told(by(ann_, change::RemoveAdmin{bob_.id})), told_by(ann_, "admin_removed", about(bob_)));
  EXPECT_EQ(role(bob_), RoomRole::member);
  EXPECT_EQ(code_of(by(bob_, change::Kick{cat_.id})), DirectoryCode::forbidden);
}

TEST_P(RoomsContract, AdminsAreBoundedAndAskedToAnswerRequests) {
  begin({.admins_max = 1}, {.join = RoomJoinPolicy::approval});
  ASSERT_TRUE(change(ServerActor{}, change::Add{bob_.id}));
  ASSERT_TRUE(change(ServerActor{}, change::Add{cat_.id}));
  ASSERT_TRUE(by(ann_, change::MakeAdmin{bob_.id}));
  EXPECT_EQ(detail_of(by(ann_, change::MakeAdmin{cat_.id})), "room_admins_max 1");
  const auto asked = join(add("dan").id, room_);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->answerers, (std::vector{bob_.id, ann_.id}));
  ASSERT_TRUE(by(ann_, change::Kick{bob_.id}));
  EXPECT_TRUE(by(ann_, change::MakeAdmin{cat_.id})) << "his place is free";
}

TEST_P(RoomsContract, OwnershipGoesToOneInTheRoomAndTheOldOwnerStaysAsAdmin) {
  bob_joins();
  EXPECT_EQ(code_of(by(bob_, change::Transfer{bob_.id})), DirectoryCode::forbidden);
  EXPECT_EQ(code_of(by(ann_, change::Transfer{cat_.id})), DirectoryCode::no_target);
  EXPECT_EQ(code_of(by(ann_, change::Transfer{ann_.id})), DirectoryCode::no_target);
  EXPECT_EQ(told(by(ann_, change::Transfer{bob_.id})),
            told_by(ann_, "owner_changed", about(bob_) + ",\"from\":" + std::to_string(ann_.id.value)));
  EXPECT_EQ(room().owner, bob_.id);
  EXPECT_EQ(role(bob_), RoomRole::owner);
  EXPECT_EQ(role(ann_), RoomRole::admin);
  EXPECT_EQ(code_of(by(ann_, change::Transfer{bob_.id})), DirectoryCode::forbidden) << "not hers any more";
  EXPECT_TRUE(leave(ann_.id, room_));
  EXPECT_EQ(code_of(by(ann_, change::Dissolve{})), DirectoryCode::not_member);
}

TEST_P(RoomsContract, OfManyTransfersAtOnceExactlyOneOwnerRemains) {
  std::vector<Member> all{ann_};
  for (int i = 0; i < 8; ++i) {
    all.push_back(add("m" + std::to_string(i)));
    ASSERT_TRUE(join(all.back().id, room_));
  }
  store_all();
  std::atomic<int> done = 0;
  together(
      8, [&](int i) { done += by(ann_, change::Transfer{all[static_cast<std::size_t>(i) + 1].id}) ? 1 : 0; });
  EXPECT_EQ(done, 1);
  int owners = 0;
  for (const Member& one : all) {
    if (role(one) != RoomRole::owner) continue;
    ++owners;
    EXPECT_EQ(room().owner, one.id);
  }
  EXPECT_EQ(owners, 1);
}

TEST_P(RoomsContract, MutesStandInTheMembershipAndInTheRoom) {
  bob_joins();
  EXPECT_EQ(told(by(ann_, change::Mute{bob_.id, kNow + 7})),
            told_by(ann_, "muted", about(bob_) + ",\"until_ms\":" + std::to_string(kNow + 7)));
  EXPECT_EQ(standing(bob_).muted_until_ms, kNow + 7);
  EXPECT_EQ(told(by(ann_, change::Mute{bob_.id})), told_by(ann_, "muted", about(bob_)));
  EXPECT_EQ(standing(bob_).muted_until_ms, kForEverMs);
  EXPECT_EQ(told(by(ann_, change::Mute{bob_.id, 0})), told_by(ann_, "unmuted", about(bob_)));
  EXPECT_EQ(standing(bob_).muted_until_ms, 0);
  EXPECT_EQ(told(by(ann_, change::Mute{bob_.id, 0})), "") << "nothing changed";
  EXPECT_EQ(code_of(by(bob_, change::MuteAll{})), DirectoryCode::forbidden);
  EXPECT_EQ(told(by(ann_, change::MuteAll{kNow + 3})),
            told_by(ann_, "all_muted", ",\"until_ms\":" + std::to_string(kNow + 3)));
  EXPECT_EQ(room().muted_until_ms, kNow + 3);
  EXPECT_EQ(told(by(ann_, change::MuteAll{0})), told_by(ann_, "all_unmuted", ""));
  EXPECT_EQ(room().muted_until_ms, 0);
  EXPECT_EQ(told(by(ann_, change::MuteAll{0})), "");
}

TEST_P(RoomsContract, SettingsAreChangedByWhomTheyAreLeftToAndOnlyWhatChangedIsTold) {
  bob_joins();
  ASSERT_TRUE(by(ann_, change::MakeAdmin{bob_.id}));
  EXPECT_EQ(
      told(by(bob_, change::Set{.name = "Weiqi", .name_key = "weiqi", .description = "", .avatar = "a"})),
      told_by(bob_, "changed", ",\"set\":{\"groupname\":\"Weiqi\",\"avatar\":\"a\"}"));
  EXPECT_EQ(d().room_by_name(zone_, "weiqi")->id, room_);
  EXPECT_EQ(code_of(d().room_by_name(zone_, "go")), DirectoryCode::not_found);
  EXPECT_EQ(code_of(by(bob_, change::Set{.join = RoomJoinPolicy::invitation})), DirectoryCode::forbidden);
  EXPECT_EQ(told(by(ann_, change::Set{.join = RoomJoinPolicy::invitation,
                                      .speak = RoomSpeakPolicy::admins,
                                      .members_max = 4,
                                      .slow_mode_ms = 100,
                                      .history_visible = false})),
            told_by(ann_, "changed",
                    ",\"set\":{\"join\":\"invitation\",\"speak\":\"admins\",\"members_max\":4,"
                    "\"slow_mode_ms\":100,\"history_visible\":false}"));
  EXPECT_EQ(room().settings, (RoomSettings{.join = RoomJoinPolicy::invitation,
                                           .speak = RoomSpeakPolicy::admins,
                                           .members_max = 4,
                                           .slow_mode_ms = 100,
                                           .history_visible = false}));
  EXPECT_EQ(told(by(ann_, change::Set{.slow_mode_ms = 100})), "") << "nothing changed";
  make_room(ann_, "chess");
  EXPECT_EQ(code_of(by(ann_, change::Set{.name = "Chess", .name_key = "chess"})), DirectoryCode::name_taken);
  EXPECT_EQ(room().name, "Weiqi");
  EXPECT_TRUE(by(ann_, change::Set{.name = "WEIQI", .name_key = "weiqi"}))
      << "its own name, written otherwise";
  EXPECT_EQ(room().name, "WEIQI");
}

TEST_P(RoomsContract, SlowModeIsBounded) {
  begin({.slow_mode_ms_max = 100});
  EXPECT_TRUE(by(ann_, change::Set{.slow_mode_ms = 100}));
  EXPECT_EQ(detail_of(by(ann_, change::Set{.slow_mode_ms = 101})), "slow_mode_ms 100");
  EXPECT_EQ(code_of(d().create_room(zone_, ann_.id, ann_.id,
                                    {.name = "x", .name_key = "x", .settings = {.slow_mode_ms = 101}}, kNow)),
            DirectoryCode::limit);
}

TEST_P(RoomsContract, PinsAreListedInOrderBoundedAndTakenOff) {
  begin({.pins_max = 2});
  bob_joins();
  EXPECT_EQ(code_of(by(bob_, change::Pin{1, MessageId{1}})), DirectoryCode::forbidden);
  EXPECT_EQ(told(by(ann_, change::Pin{5, MessageId{50}})), told_by(ann_, "pinned", ",\"cseq\":5,\"mid\":50"));
  ASSERT_TRUE(by(ann_, change::Pin{4, MessageId{40}}));
  EXPECT_EQ(told(by(ann_, change::Pin{4, MessageId{40}})), "");
  EXPECT_EQ(detail_of(by(ann_, change::Pin{6, MessageId{60}})), "room_pins_max 2");
  const auto pins = d().pins(zone_, room_);
  ASSERT_EQ(pins->size(), 2u);
  EXPECT_EQ(pins->at(0).cseq, 4u);
  EXPECT_EQ(pins->at(1).cseq, 5u);
  EXPECT_EQ(pins->at(1).message, MessageId{50});
  EXPECT_EQ(pins->at(1).by, ann_.id);
  EXPECT_EQ(told(by(ann_, change::Unpin{4})), told_by(ann_, "unpinned", ",\"cseq\":4"));
  EXPECT_EQ(code_of(by(ann_, change::Unpin{4})), DirectoryCode::no_target);
  EXPECT_EQ(d().pins(zone_, room_)->size(), 1u);
}

TEST_P(RoomsContract, TheAppsServerDoesEverythingWithoutBeingInTheRoom) {
  const ServerActor server{.name = "game"};
  const std::string by_server = "\"by\":{\"id\":0,\"name\":\"game\"}";
  const auto made = d().create_room(zone_, server, bob_.id, {.name = "x", .name_key = "x"}, kNow);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->room.owner, bob_.id);
  EXPECT_NE(made->events.back().body.find(by_server), std::string::npos);
  EXPECT_EQ(code_of(d().create_room(zone_, ann_.id, bob_.id, {.name = "y", .name_key = "y"}, kNow)),
            DirectoryCode::forbidden)
      << "a member makes rooms for itself";
  EXPECT_EQ(code_of(by(ann_, change::Add{bob_.id})), DirectoryCode::forbidden);
  EXPECT_NE(told(change(server, change::Add{bob_.id})).find(by_server), std::string::npos);
  EXPECT_TRUE(change(server, change::MakeAdmin{bob_.id}));
  EXPECT_TRUE(change(server, change::Transfer{bob_.id}));
  EXPECT_EQ(room().owner, bob_.id);
  EXPECT_TRUE(change(server, change::Kick{ann_.id}));
  EXPECT_EQ(code_of(change(server, change::Kick{bob_.id})), DirectoryCode::forbidden)
      << "not even it an owner";
  EXPECT_EQ(code_of(change(server, change::Join{})), DirectoryCode::forbidden);
  EXPECT_EQ(code_of(change(server, change::Leave{})), DirectoryCode::forbidden);
  EXPECT_TRUE(change(server, change::Dissolve{}));
}

// Events and their order -----------------------------------------------------------------------------------------------------

TEST_P(RoomsContract, EveryChangeHasTheNextVersionAndItsEventWaitsUntilItIsStored) {
  bob_joins();
  ASSERT_TRUE(by(ann_, change::Mute{bob_.id}));
  EXPECT_FALSE(by(bob_, change::Kick{ann_.id})) << "what is refused has no number";
  const auto last = by(ann_, change::Mute{bob_.id, 0});
  EXPECT_EQ(last->version, 4u);
  EXPECT_EQ(room().version, 4u);
  ASSERT_EQ(last->events.size(), 4u) << "those before it wait as well";
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(last->events[i].version, i + 1);
    EXPECT_EQ(last->events[i].room, room_);
    EXPECT_EQ(last->events[i].zone, zone_);
    EXPECT_FALSE(last->events[i].stream_only);
  }
  const auto all = pending();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[3].body, last->events[3].body);
  EXPECT_EQ(all[3].fanout, last->events[3].fanout);
  ASSERT_TRUE(d().events_stored(
      {{.room = room_, .version = 1, .cseq = 1}, {.room = room_, .version = 2, .cseq = 2}}));
  EXPECT_EQ(pending().size(), 2u);
  EXPECT_TRUE(d().events_stored({{.room = room_, .version = 1, .cseq = 1}})) << "once more is fine";
  EXPECT_EQ(by(ann_, change::MuteAll{})->events.size(), 3u);
}

TEST_P(RoomsContract, PendingEventsOfAllRoomsComeByPage) {
  const RoomId second = make_room(bob_, "second");
  bob_joins();
  const auto one = d().pending_events({}, 0, 2);
  ASSERT_EQ(one->size(), 2u);
  EXPECT_EQ(one->at(1).room, room_);
  EXPECT_EQ(one->at(1).version, 2u);
  const auto two = d().pending_events(room_, 2, 2);
  ASSERT_EQ(two->size(), 1u);
  EXPECT_EQ(two->at(0).room, second);
  EXPECT_TRUE(d().pending_events(second, 1, 2)->empty());
}

TEST_P(RoomsContract, WhileTooManyEventsWaitTheRoomIsNotChanged) {
  begin({.events_waiting_max = 2});
  bob_joins();
  EXPECT_EQ(code_of(by(ann_, change::MuteAll{})), DirectoryCode::unavailable);
  EXPECT_EQ(room().muted_until_ms, 0);
  store_all();
  EXPECT_TRUE(by(ann_, change::MuteAll{}));
}

TEST_P(RoomsContract, WhereHistoryIsHiddenANewcomerSeesWhatFollowsItsJoining) {
  begin({}, {.history_visible = false});
  const auto joined = join(bob_.id, room_);
  EXPECT_EQ(joined->events.back().effect, RoomEventEffect::visible_from);
  EXPECT_EQ(joined->events.back().member, bob_.id);
  EXPECT_EQ(standing(bob_).visible_from, kNothingVisible) << "until the place is known";
  EXPECT_EQ(standing(ann_).visible_from, 0u);
  store_all();
  EXPECT_EQ(standing(bob_).visible_from, 102u);
  ASSERT_TRUE(by(ann_, change::MakeAdmin{bob_.id}));
  EXPECT_EQ(standing(bob_).visible_from, 102u) << "a role changes nothing of it";
  ASSERT_TRUE(leave(bob_.id, room_));
  ASSERT_TRUE(join(bob_.id, room_));
  store_all();
  EXPECT_EQ(standing(bob_).visible_from, 105u);
  ASSERT_TRUE(by(ann_, change::Set{.history_visible = true}));
  ASSERT_TRUE(join(cat_.id, room_));
  EXPECT_EQ(standing(cat_).visible_from, 0u);
}

TEST_P(RoomsContract, AnOldJoiningThatIsStoredLateDoesNotShowMore) {
  begin({}, {.history_visible = false});
  bob_joins();
  ASSERT_TRUE(leave(bob_.id, room_));
  ASSERT_TRUE(d().events_stored({{.room = room_, .version = 2, .cseq = 50}})) << "he is not in the room";
  ASSERT_TRUE(join(bob_.id, room_));
  EXPECT_EQ(standing(bob_).visible_from, kNothingVisible);
}

TEST_P(RoomsContract, TheJoinPastTheFanoutLimitMakesTheRoomLargeAtItsEventsPlace) {
  begin({.inbox_fanout_max = 2});
  EXPECT_EQ(join(bob_.id, room_)->events.back().effect, RoomEventEffect::none);
  const auto grown = join(cat_.id, room_);
  ASSERT_GE(grown->events.size(), 2u);
  EXPECT_EQ(grown->events.back().effect, RoomEventEffect::large_from);
  EXPECT_NE(grown->events.back().body.find("\"event\":\"grown\""), std::string::npos);
  EXPECT_FALSE(grown->events.back().stream_only) << "the last that goes to the inboxes";
  EXPECT_EQ(grown->events.back().fanout.size(), 3u);
  EXPECT_EQ(room().large_from, 0u) << "not before its place is known";
  EXPECT_TRUE(grown->room.growing);
  EXPECT_TRUE(room().growing);
  const Member dan = add("dan"), eve = add("eve");
  EXPECT_EQ(join(dan.id, room_)->events.back().effect, RoomEventEffect::none) << "it grows once";
  const std::uint64_t version = grown->version;
  EXPECT_EQ(d().fanout(zone_, room_)->size(), 4u);
  store_all();
  EXPECT_EQ(room().large_from, 100 + version);
  EXPECT_FALSE(room().growing);
  EXPECT_TRUE(d().fanout(zone_, room_)->empty());
  const auto later = join(eve.id, room_);
  EXPECT_TRUE(later->events.back().stream_only);
  EXPECT_TRUE(later->events.back().fanout.empty());
  ASSERT_TRUE(leave(eve.id, room_));
  ASSERT_TRUE(leave(dan.id, room_));
  ASSERT_TRUE(leave(cat_.id, room_));
  ASSERT_TRUE(leave(bob_.id, room_));
  EXPECT_EQ(room().large_from, 100 + version) << "never small again";
}

/// Else one who enters just then would not be told that the room is a large one, and it may be at any moment.
TEST_P(RoomsContract, ARoomThatGrowsIsOneThatGrowsAlsoWhenMembersLeaveBeforeItsPlaceIsKnown) {
  begin({.inbox_fanout_max = 2});
  ASSERT_TRUE(join(bob_.id, room_));
  EXPECT_FALSE(room().growing);
  const auto grown = join(cat_.id, room_);
  ASSERT_TRUE(leave(bob_.id, room_));
  EXPECT_TRUE(room().growing);
  ASSERT_EQ(d().rooms_of(zone_, cat_.id)->size(), 1u);
  EXPECT_TRUE(d().rooms_of(zone_, cat_.id)->front().growing);
  EXPECT_TRUE(by(ann_, change::Set{.name = "other", .name_key = "other"}));
  EXPECT_TRUE(room().growing);
  EXPECT_EQ(join(bob_.id, room_)->events.back().effect, RoomEventEffect::none) << "it grows once";
  store_all();
  EXPECT_EQ(room().large_from, 100 + grown->version);
  EXPECT_FALSE(room().growing);
}

TEST_P(RoomsContract, SetLargeTakesThePlaceOnce) {
  ASSERT_TRUE(d().set_large(zone_, room_, 7));
  ASSERT_TRUE(d().set_large(zone_, room_, 9));
  EXPECT_EQ(room().large_from, 7u);
}

}  // namespace plaza::contract
