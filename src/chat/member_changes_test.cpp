// A member that is changed is another one for everybody before the change is acknowledged.
#include "chat/member_changes.h"

#include "chat/test_support.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::MemberEventPush;

class ChangesOfMembers : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob"), cat = member("cat");

  MemberNewsPtr changed(const ports::Member& who, const ports::MemberChange& change, bool shown = true) {
    return read_member_news(directory, directory.update_member(zone->id, who.id, change).value(), shown);
  }
  void in_force(const MemberNewsPtr& news, SessionId except = 0) {
    bool done = false;
    put_in_force(node, 1, news, except, [&done] { done = true; });
    settle();
    EXPECT_TRUE(done);
  }
  static ports::MemberChange named(const std::string& name) {
    ports::MemberChange change;
    change.nickname = change.nickname_key = name;
    return change;
  }
  static ports::MemberChange messages_from(ports::MessagesFrom from) {
    ports::MemberChange change;
    change.messages_from = from;
    return change;
  }
  static std::vector<MemberEventPush> told(TestClient& client) {
    std::vector<MemberEventPush> found;
    for (const auto& frame : client.take()) {
      if (const auto* one = frame.get<MemberEventPush>()) found.push_back(*one);
    }
    return found;
  }
  Errno say(TestClient& client, const ports::Member& to, std::uint64_t send_id) {
    const auto reply = client.say(to.id, "hello", send_id);
    return reply.refusal.error;
  }
  /// The sender's name in the last message that the client was pushed.
  static std::string sender_of(TestClient& client) {
    std::string name;
    for (const auto& frame : client.take()) {
      if (const auto* message = frame.get<protocol::Chat>()) name = message->name;
    }
    return name;
  }
};

TEST_F(ChangesOfMembers, AreToldToItsSessionsAndItsFriendsAndToNobodyElse) {
  TestClient& web = online(ann);
  TestClient& phone = online(ann, "phone");
  TestClient& friends = online(bob);
  TestClient& stranger = online(cat);
  ASSERT_TRUE(directory.add_friend(zone->id, ann.id, bob.id));
  ports::MemberChange change = named("anna");
  change.avatar = "cat.png";
  change.custom = R"({"level":7})";
  in_force(changed(ann, change), web.session.id);
  const MemberEventPush event{.id = ann.id, .name = "anna", .avatar = "cat.png", .custom = R"({"level":7})"};
  EXPECT_EQ(told(phone), std::vector{event});
  EXPECT_EQ(told(friends), std::vector{event});
  EXPECT_TRUE(told(web).empty()) << "it has asked for it";
  EXPECT_TRUE(told(stranger).empty());
  // What others do not see is not told to them.
  in_force(changed(ann, messages_from(ports::MessagesFrom::friends), false));
  EXPECT_EQ(told(web).size(), 1U);
  EXPECT_TRUE(told(friends).empty());
}

TEST_F(ChangesOfMembers, TheNextMessageHasTheNewName) {
  TestClient& web = online(ann);
  TestClient& reader = online(bob);
  EXPECT_EQ(say(web, bob, 1), Errno::ok);
  EXPECT_EQ(sender_of(reader), "ann");
  in_force(changed(ann, named("anna")));
  EXPECT_EQ(say(web, bob, 2), Errno::ok);
  EXPECT_EQ(sender_of(reader), "anna");
}

TEST_F(ChangesOfMembers, ThatComeInAnotherOrderThanTheyWereMadeEndAsTheLastOne) {
  TestClient& web = online(ann);
  TestClient& reader = online(bob);
  const auto first = changed(ann, named("anna")), second = changed(ann, named("annie"));
  in_force(second);
  in_force(first);
  EXPECT_EQ(say(web, bob, 1), Errno::ok);
  EXPECT_EQ(sender_of(reader), "annie");
}

TEST_F(ChangesOfMembers, WhoWasReadBeforeTheChangeAndEntersAfterItIsTheNewOne) {
  in_force(changed(ann, named("anna")));
  ASSERT_TRUE(ann.version == 0 && ann.nickname == "ann");
  TestClient& web = online(ann);
  TestClient& reader = online(bob);
  EXPECT_EQ(say(web, bob, 1), Errno::ok);
  EXPECT_EQ(sender_of(reader), "anna");
}

TEST_F(ChangesOfMembers, WhoTakesMessagesOfFriendsGetsNoOthers) {
  TestClient& web = online(ann);
  online(bob);
  EXPECT_EQ(say(web, bob, 1), Errno::ok) << "from now on her shard knows him";
  in_force(changed(bob, messages_from(ports::MessagesFrom::friends), false));
  EXPECT_EQ(say(web, bob, 2), Errno::not_permitted);
  EXPECT_FALSE(web.ask(protocol::AddFriend{.friendid = bob.id, .id = {}}).refused());
  EXPECT_EQ(say(web, bob, 2), Errno::ok);
  EXPECT_FALSE(web.ask(protocol::RemoveFriend{.friendid = bob.id}).refused());
  EXPECT_EQ(say(web, bob, 3), Errno::not_permitted);
  in_force(changed(bob, messages_from(ports::MessagesFrom::anyone), false));
  EXPECT_EQ(say(web, bob, 3), Errno::ok);
  EXPECT_EQ(say(web, ann, 4), Errno::ok) << "oneself is no stranger";
}

TEST(KnownMembers, WhatWasReadBeforeAChangeIsNotRememberedAfterIt) {
  KnownMembers known(64);
  ports::Member bob;
  bob.id = MemberId{7};
  bob.zone = ZoneId{1};
  const auto ticket = known.ticket(bob.id);
  known.forget(bob.id);
  known.add(bob, ticket);
  EXPECT_FALSE(known.knows(bob.id, bob.zone));
  bob.settings.messages_from = ports::MessagesFrom::friends;
  known.add(bob, known.ticket(bob.id));
  EXPECT_EQ(known.find(bob.id, bob.zone), ports::MessagesFrom::friends);
  EXPECT_FALSE(known.knows(bob.id, ZoneId{2}));
  known.forget(bob.id);
  EXPECT_FALSE(known.knows(bob.id, bob.zone));
}

}  // namespace
}  // namespace plaza::chat
