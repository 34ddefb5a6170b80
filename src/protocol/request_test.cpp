#include "protocol/request.h"

#include "protocol/channel_requests.h"
#include "protocol/field_lookup.h"
#include "protocol/group_requests.h"
#include "protocol/member_requests.h"
#include "protocol/message_requests.h"
#include "protocol/search_request.h"

#include <gtest/gtest.h>

#include "protocol/field_lookup.h"
#include "protocol/request_parser.h"

namespace plaza::protocol {
namespace {

/// Every typed request, through JSON and back.
template <class T>
std::string encoded(const T& typed, std::optional<std::uint64_t> rid = std::nullopt) {
  std::string out;
  encode(out, typed, rid);
  return out;
}

template <class T>
void returns(const T& typed) {
  const std::string sent = encoded(typed, 77);
  RequestParser parser;
  const auto parsed = parser.parse_copy(sent);
  ASSERT_TRUE(parsed) << sent << ": " << parsed.error().message;
  EXPECT_EQ((*parsed)->msgid, T::kMsg);
  EXPECT_EQ((*parsed)->rid(), 77u);
  EXPECT_EQ(encoded(as<T>(**parsed), 77), sent);
}

TEST(Requests, ComeBackAsTheyWereSent) {
  returns(Login{.id = MemberId{5}, .password = "p\"\\\n"});
  returns(
      Login{.account = "ann", .password = "p", .app = "a", .zone = "z", .device = "d", .platform = "linux"});
  returns(Login{.token = "t", .device = "d"});
  returns(Login{.vendor = "v", .vendor_user = "u", .proof = "x"});
  returns(Reg{.name = "ann", .password = "p", .app = "a", .zone = {}});
  returns(OneChat{
      .toid = MemberId{kIdMax}, .content = {.kind = 0, .msg = "hi"}, .send_id = 3, .id = MemberId{2}});
  returns(OneChat{.toid = MemberId{1}, .content = {.kind = 3, .body = R"({"a":[1,2]})"}});
  returns(GroupChat{.groupid = RoomId{4}, .content = {.msg = ""}, .send_id = 1});
  returns(AddFriend{.friendid = MemberId{4}});
  returns(CreateGroup{.groupname = "g", .groupdesc = "about"});
  returns(AddGroup{.groupid = RoomId{4}});
  returns(AddGroup{.groupname = "g"});
  returns(Loginout{.revoke = true});
  returns(CreateMember{.nickname = "n", .avatar = "a"});
  returns(Enter{.id = MemberId{4}});
  returns(Ready{});
  returns(Sync{.since = 4, .epoch = 1, .limit = 10});
  returns(Sync{.of = {.groupid = RoomId{2}}, .since = 4});
  returns(History{.of = {.friendid = MemberId{2}}, .before = 9, .limit = 100});
  returns(Received{.seq = 4});
  returns(Mark{.of = {.friendid = MemberId{2}}, .delivered = 3, .read = 2});
  returns(Heartbeat{});
  returns(Conversations{.after = "x", .limit = 3});
  returns(Friends{.after_id = MemberId{3}, .limit = 2});
  returns(AnswerFriend{.friendid = MemberId{3}, .accept = true});
  returns(AnswerFriend{.friendid = MemberId{3}, .accept = false});
  returns(RemoveFriend{.friendid = MemberId{3}});
  returns(Block{.friendid = MemberId{3}, .blocked = true});
  returns(Remark{.friendid = MemberId{3}, .remark = ""});
  returns(LeaveGroup{.groupid = RoomId{3}});
  returns(Groups{});
  returns(GroupMembers{.groupid = RoomId{3}, .after_id = MemberId{4}, .limit = 1});
  returns(Find{.nickname = "n"});
  returns(Find{.id = MemberId{4}});
  returns(Find{.groupname = "g"});
  returns(ChangePassword{.password = "a", .new_password = "b"});
  returns(Tokens{});
  returns(RevokeToken{.token_id = TokenId{4}});
  returns(RevokeToken{.device = "d"});
  returns(RevokeToken{.all = true});
  returns(CreateGroup{.groupname = "g",
                      .groupdesc = "",
                      .id = {},
                      .settings = {.avatar = "a",
                                   .join = "approval",
                                   .speak = "admins",
                                   .members_max = 5,
                                   .slow_mode_ms = 0,
                                   .history_visible = false}});
  returns(SetGroup{.groupid = RoomId{3}, .groupname = "n", .groupdesc = "", .settings = {.join = "open"}});
  returns(SetGroup{.groupid = RoomId{3}, .settings = {.history_visible = true}});
  returns(GroupInfo{.groupid = RoomId{3}});
  returns(ChangeGroupMember{.groupid = RoomId{3}, .id = MemberId{4}, .action = "ban", .for_ms = 0});
  returns(ChangeGroupMember{.groupid = RoomId{3}, .id = MemberId{4}, .action = "kick"});
  returns(GroupList{.groupid = RoomId{3}, .list = "bans", .after_id = MemberId{4}, .limit = 7});
  returns(Invitations{});
  returns(Pin{.groupid = RoomId{3}, .cseq = 4, .pinned = true});
  returns(Pin{.groupid = RoomId{3}, .cseq = 4, .pinned = false});
  returns(DissolveGroup{.groupid = RoomId{3}});
  returns(MuteGroup{.groupid = RoomId{3}, .for_ms = 9});
  returns(SetMember{.nickname = "n", .avatar = "", .custom = "{\"level\":7}"});
  returns(SetMember{.friends_from = "nobody", .messages_from = "friends"});
  returns(Subscribe{.channel = "world"});
  returns(Subscribe{.channel = "world", .epoch = 4294967295, .since = 17});
  returns(Subscribe{.channel = "world", .limit = 20});
  returns(Unsubscribe{.channel = "world"});
  returns(Publish{.channel = "world", .content = {.msg = "hi"}});
  returns(Publish{.channel = "world", .content = {.kind = 3, .body = R"({"a":1})"}, .send_id = 4});
  returns(Channels{.after = "news", .limit = 2});
  returns(Typing{.of = {.friendid = MemberId{4}}, .typing = true});
  returns(Typing{.of = {.groupid = RoomId{4}}, .typing = false});
  returns(WatchPresence{.groupid = RoomId{4}, .watch = true});
  returns(Report{.of = {.friendid = MemberId{3}}, .cseq = 4, .reason = "rude"});
  returns(Report{.of = {.groupid = RoomId{3}}, .cseq = 4});
  returns(Search{.query = "green tea", .of = {.friendid = MemberId{3}}, .before = 9, .limit = 5});
  returns(Search{.query = "\"tea\"", .of = {.groupid = RoomId{3}}});
  returns(Search{.query = "t"});
  returns(OneChat{.toid = MemberId{3}, .content = {.msg = "hi"}, .reply_to = 4});
  returns(GroupChat{.groupid = RoomId{3}, .content = {.msg = "hi"}, .send_id = 2, .reply_to = 4});
  returns(Recall{.of = {.friendid = MemberId{3}}, .cseq = 4, .send_id = 5});
  returns(Edit{.of = {.groupid = RoomId{3}}, .cseq = 4, .content = {.msg = "better"}, .send_id = 5});
  returns(Edit{.of = {.groupid = RoomId{3}}, .cseq = 4, .content = {.kind = 3, .body = R"({"a":1})"}});
  returns(Versions{.of = {.friendid = MemberId{3}}, .cseq = 4, .before = 2, .limit = 7});
}

/// The typed request visits exactly the fields that the table says.
template <class T>
void agrees_with_table() {
  FieldSet visited;
  T typed{};
  T::fields(typed, [&](Field field, auto& value) {
    using V = std::remove_reference_t<decltype(value)>;
    visited |= bit(field);
    if constexpr (detail::is_optional<V>) {
      EXPECT_FALSE(detail::request_rules(T::kMsg).required.has(field)) << name_of(field);
    }
  });
  EXPECT_EQ(visited, detail::request_rules(T::kMsg).uses) << name_of(T::kMsg);
}

template <class... T>
std::size_t agree_with_table() {
  (agrees_with_table<T>(), ...);
  return sizeof...(T);
}

TEST(Requests, HaveTheFieldsOfTheTable) {
  const std::size_t typed = agree_with_table<
      Login, Reg, OneChat, GroupChat, AddFriend, CreateGroup, AddGroup, Loginout, CreateMember, Enter, Ready,
      Sync, History, Received, Mark, Heartbeat, Conversations, Friends, AnswerFriend, RemoveFriend, Block,
      Remark, LeaveGroup, Groups, GroupMembers, Find, ChangePassword, Tokens, RevokeToken, SetGroup,
      GroupInfo, ChangeGroupMember, GroupList, Invitations, Pin, DissolveGroup, MuteGroup, Subscribe,
      Unsubscribe, Publish, Channels, Typing, WatchPresence, Report, Recall, Edit, Versions, Search,
      SetMember>();
  std::size_t declared = 0;
  for (const MessageInfo& message : messages()) declared += message.direction != Direction::server;
  EXPECT_EQ(typed, declared);
}

TEST(Requests, FieldNamesAreFoundAndOthersAreNot) {
  for (std::size_t i = 0; i < kFields; ++i) {
    const Field expected = i < kRequestFields ? static_cast<Field>(i) : Field::count_;
    EXPECT_EQ(request_field(kFieldTable[i].name), expected) << kFieldTable[i].name;
  }
  for (const char* other : {"", "m", "msgi", "msgid2", "MSGID", "ids", "xid", "toic", "time"}) {
    EXPECT_EQ(request_field(other), Field::count_) << other;
  }
}

}  // namespace
}  // namespace plaza::protocol
