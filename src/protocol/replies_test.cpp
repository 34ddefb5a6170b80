#include "protocol/replies.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/request_parser.h"
#include "protocol/rfc3339.h"
#include "protocol/server_message.h"

namespace plaza::protocol {
namespace {

ServerMessage decoded(std::string_view frame) {
  ServerMessageParser parser;
  auto parsed = parser.parse(frame);
  EXPECT_TRUE(parsed) << frame << ": " << (parsed ? "" : parsed.error());
  return parsed ? std::move(*parsed) : ServerMessage{};
}

template <class T>
std::string reply_json(const T& x, Rid rid = 9007199254740991) {
  std::string out;
  encode(out, rid, x);
  return out;
}

template <class T>
std::string push_json(const T& x) {
  std::string out;
  encode(out, x);
  return out;
}

/// A reply comes back as it was sent; View is what is encoded, Owned what is decoded.
template <class Owned, class View>
void reply_returns(const View& sent, const Owned& expected) {
  const ServerMessage got = decoded(reply_json(sent));
  EXPECT_EQ(got.msgid, Owned::kMsg);
  EXPECT_EQ(got.rid, 9007199254740991);
  EXPECT_FALSE(got.refused());
  ASSERT_NE(got.get<Owned>(), nullptr) << reply_json(sent);
  EXPECT_EQ(*got.get<Owned>(), expected) << reply_json(sent);
  EXPECT_FALSE(decoded(reply_json(sent, std::nullopt)).rid);
}
template <class T>
void reply_returns(const T& sent) {
  reply_returns<T, T>(sent, sent);
}

template <class T>
void push_returns(const T& sent) {
  const ServerMessage got = decoded(push_json(sent));
  EXPECT_EQ(got.msgid, T::kMsg);
  ASSERT_NE(got.get<T>(), nullptr) << push_json(sent);
  EXPECT_EQ(*got.get<T>(), sent) << push_json(sent);
}

ChatView view(const Chat& x) {
  return {x.id,  x.name, x.toid, x.groupid, x.kind,    x.content, x.time_ms,
          x.mid, x.cseq, x.seq,  x.epoch,   x.send_id, x.device,  x.more};
}

Chat a_chat() {
  return {.id = MemberId{7},
          .name = "ann \"the\" \xe4\xbd\xa0",
          .toid = MemberId{8},
          .content = "line\nline \\ \xf0\x9f\x98\x80",
          .time_ms = 1767322845678,
          .mid = MessageId{99},
          .cseq = 3,
          .seq = 17,
          .epoch = 1};
}
Chat a_group_chat() {
  return {.id = MemberId{7},
          .name = "ann",
          .groupid = RoomId{4},
          .kind = 3,
          .content = R"({"a":[1,{"b":null}]})",
          .time_ms = 1,
          .mid = MessageId{kIdMax},
          .cseq = 4,
          .seq = 18,
          .epoch = 4294967295,
          .send_id = 5,
          .device = "ph\"one"};
}

const std::vector<FriendEntry> kFriendList{
    {MemberId{1}, "bob", "b.png", true, "my \"bob\"", Friendship::friends, false},
    {MemberId{2}, "eve", "", false, "", Friendship::asked, true},
    {MemberId{3}, "joe", "", false, "", Friendship::requested, false},
    {MemberId{4}, "sue", "", false, "", Friendship::none, true}};
const std::vector<UserEntry> kUserList{{MemberId{1}, "bob", "b.png", Role::owner, true},
                                       {MemberId{2}, "eve", "", Role::admin, false, 77},
                                       {MemberId{3}, "ann", "", Role::member, false}};
const std::vector<GroupEntry> kGroupList{{RoomId{4}, "tea", "about tea", 3, Role::owner},
                                         {RoomId{5}, "x", "", 1, Role::member},
                                         {RoomId{6}, "y", "", 600, Role::member, LargeGroup{2, 40, 38}}};

EnterAck an_enter_ack() {
  return {.id = MemberId{7},
          .name = "ann",
          .avatar = "a.png",
          .custom = R"({"level":7})",
          .settings = {.friends_from = "nobody", .messages_from = "friends"},
          .token = "tok",
          .token_expires_ms = 1767322845678,
          .epoch = 1,
          .head = 20,
          .received = 17,
          .last_send_id = 4,
          .heartbeat_ms = 25000,
          .body_bytes_max = 8192,
          .friends = kFriendList,
          .groups = kGroupList};
}

GroupInfoAck a_group_info() {
  return {.groupid = RoomId{4},
          .groupname = "tea",
          .groupdesc = "about",
          .avatar = "a.png",
          .join = "approval",
          .speak = "admins",
          .members_max = 9,
          .slow_mode_ms = 1000,
          .history_visible = false,
          .owner = MemberId{1},
          .member_count = 3,
          .version = 12,
          .muted_until_ms = 50,
          .role = Role::admin,
          .own_muted_until_ms = 60,
          .pins = {{5, MessageId{50}, MemberId{1}, 70}, {6, MessageId{51}, MemberId{}, 71}}};
}

TEST(Replies, ComeBackAsTheyWereSent) {
  reply_returns(RegAck{MemberId{3}, "ann", "ann"});
  reply_returns(AddFriendAck{MemberId{3}, "bob", Friendship::requested, true});
  reply_returns(CreateGroupAck{RoomId{3}, "g", "d"});
  reply_returns(AddGroupAck{RoomId{3}, "g", "d", kUserList, {}});
  reply_returns(AddGroupAck{RoomId{3}, "g", "d", {}, LargeGroup{.epoch = 0, .head = 7, .read = 6}});
  reply_returns(CreateMemberAck{MemberId{3}, "n", "a"});
  reply_returns(an_enter_ack());
  reply_returns(ReadyAck{1, 17});
  reply_returns(SendAck{3, MessageId{4}, 5, 6, 1, 7, false});
  reply_returns(SendAck{3, MessageId{4}, 0, 6, 1, 7, true});
  reply_returns(SendAck{.send_id = 3, .epoch = 1, .dup = true});
  reply_returns(OkReply{Msg::remark, {}, {}, {}});
  reply_returns(OkReply{Msg::received, 5, {}, {}});
  reply_returns(OkReply{Msg::mark, {}, 0, 4});
  reply_returns(FriendsAck{kFriendList, true});
  reply_returns(GroupsAck{kGroupList});
  reply_returns(GroupMembersAck{RoomId{4}, kUserList, false});
  reply_returns(a_group_info());
  reply_returns(
      GroupListAck{RoomId{4},
                   "bans",
                   {{MemberId{1}, "bob", MemberId{2}, 5, 9}, {MemberId{3}, "e\"ve", MemberId{}, 6, 0}},
                   true});
  reply_returns(InvitationsAck{{{RoomId{4}, "tea", "about tea", 3, MemberId{2}, 7}}});
  reply_returns(FindAck{.id = MemberId{3}, .name = "n", .avatar = "a", .online = true});
  reply_returns(FindAck{.id = MemberId{3}, .name = "n", .custom = R"({"a":[1,"x"]})"});
  reply_returns(FindAck{.groupid = RoomId{3}, .groupname = "n", .groupdesc = "a"});
  reply_returns(
      TokensAck{{{TokenId{1}, false, "web", 1, 2, true}, {TokenId{2}, true, "phone", 3, 4, false}}});
  reply_returns(SearchAck{});
  reply_returns(SearchAck{.results = {{.mid = MessageId{9},
                                       .friendid = MemberId{0},
                                       .groupid = {},
                                       .cseq = 3,
                                       .id = MemberId{0},
                                       .name = "",
                                       .time_ms = 5,
                                       .snippet = "\xe4\xbd\xa0\n\""},
                                      {.mid = MessageId{8},
                                       .friendid = {},
                                       .groupid = RoomId{4},
                                       .cseq = 2,
                                       .id = MemberId{7},
                                       .name = "ann",
                                       .time_ms = 4,
                                       .snippet = "tea"}},
                          .more = true,
                          .before = 8});
  reply_returns(HeartbeatAck{1, 5, 6});
  reply_returns(HeartbeatAck{0, 0, 6});
}

TEST(Replies, LoginAckInItsThreeForms) {
  LoginAck full{
      "ann", "chat", "main", "web", "tok", 5, {{MemberId{1}, "ann", ""}, {MemberId{2}, "ann2", "cat.png"}},
      {}};
  reply_returns(full);
  full.token.clear(), full.token_expires_ms = 0;
  full.enter = an_enter_ack();
  reply_returns(full);
  full.enter->token.clear(), full.enter->token_expires_ms = 0;
  reply_returns(full);

  const Chat chat = a_chat(), group = a_group_chat();
  const ClassicLoginAck classic{MemberId{7},
                                "ann",
                                {{.id = MemberId{1}, .name = "bob", .online = true}},
                                {{RoomId{4}, "tea", "d", kUserList}},
                                {chat, group}};
  const ClassicLoginAckView sent{
      classic.id, classic.name, classic.friends, classic.groups, {view(chat), view(group)}};
  reply_returns(sent, classic);
}

TEST(Replies, PagesOfMessagesComeBackAsTheyWereSent) {
  Chat stream_only = a_chat();
  stream_only.seq = 0, stream_only.epoch = 0;
  const std::vector<Chat> chats{a_chat(), a_group_chat(), stream_only};
  const std::vector<ChatView> views{view(chats[0]), view(chats[1]), view(chats[2])};
  reply_returns(SyncAckView{1, 20, 3, true, true, views}, SyncAck{1, 20, 3, true, true, chats});
  reply_returns(SyncAckView{}, SyncAck{});
  reply_returns(HistoryAckView{1, 20, true, views}, HistoryAck{1, 20, true, chats});
  reply_returns(ConversationsAckView{{{MemberId{8}, {}, "bob", 9, 8, 7, 2, 6, 5, views[0]},
                                      {{}, RoomId{4}, "tea", 1, 0, 0, 1, 0, 0, {}}},
                                     true,
                                     "c|1"},
                ConversationsAck{{{MemberId{8}, {}, "bob", 9, 8, 7, 2, 6, 5, chats[0]},
                                  {{}, RoomId{4}, "tea", 1, 0, 0, 1, 0, 0, {}}},
                                 true,
                                 "c|1"});
}

TEST(Replies, AnsweredEditedAndRecalledMessagesComeBackAsTheyWereSent) {
  Chat answer = a_chat();
  answer.more = ChatMore{.reply_to = 2};
  Chat edited = a_group_chat();
  edited.more = ChatMore{.reply_to = 2, .edited_ms = 1767322845678, .edits = 3};
  Chat recalled = a_chat();
  recalled.content.clear();
  recalled.more = ChatMore{.edited_ms = 5, .edits = 1, .recalled_ms = 9, .recalled_by = MemberId{8}};
  Chat recalled_object = a_group_chat();
  recalled_object.content.clear();
  recalled_object.more = ChatMore{.recalled_ms = 9, .recalled_by = MemberId{8}};
  Chat recall = a_chat();
  recall.kind = 5;
  recall.content.clear();
  recall.more = ChatMore{.change = ChangeKind::recalled, .target = 12};
  Chat edit = a_chat();
  edit.kind = 5;
  edit.more = ChatMore{.change = ChangeKind::edited, .target = 12};
  Chat object_edit = a_group_chat();
  object_edit.kind = 5;
  object_edit.more = ChatMore{.change = ChangeKind::edited, .target = 12, .target_kind = 3};
  Chat emptied_edit = edit;
  emptied_edit.content.clear();
  emptied_edit.more->recalled_ms = 9;
  emptied_edit.more->recalled_by = MemberId{8};
  const std::vector<Chat> chats{answer, edited, recalled,    recalled_object,
                                recall, edit,   object_edit, emptied_edit};
  std::vector<ChatView> views;
  for (const Chat& chat : chats) views.push_back(view(chat));
  reply_returns(HistoryAckView{1, 20, true, views}, HistoryAck{1, 20, true, chats});
}

TEST(Replies, WhatARecallAndAnEditSayStandsInTheirBodies) {
  Chat recall = a_chat();
  recall.kind = 5;
  recall.content.clear();
  recall.more = ChatMore{.change = ChangeKind::recalled, .target = 12};
  std::string frame;
  append_chat(frame, view(recall));
  EXPECT_NE(frame.find(R"("body":{"change":"recalled","cseq":12},"kind":5)"), std::string::npos) << frame;
  recall.content = "new";
  recall.more->change = ChangeKind::edited;
  frame.clear();
  append_chat(frame, view(recall));
  EXPECT_NE(frame.find(R"("body":{"change":"edited","cseq":12,"kind":0,"msg":"new"},"kind":5)"),
            std::string::npos)
      << frame;
}

TEST(Replies, VersionsComeBackAsTheyWereSent) {
  reply_returns(VersionsAckView{12, MemberId{7}, 0, 0, {}, {{1, 5, "new"}, {0, 4, "old"}}, true},
                VersionsAck{12, MemberId{7}, 0, 0, {}, {{1, 5, "new"}, {0, 4, "old"}}, true});
  reply_returns(VersionsAckView{12, MemberId{7}, 3, 0, {}, {{0, 4, R"({"a":1})"}}, false},
                VersionsAck{12, MemberId{7}, 3, 0, {}, {{0, 4, R"({"a":1})"}}, false});
  reply_returns(VersionsAckView{12, MemberId{7}, 0, 9, MemberId{8}, {}, false},
                VersionsAck{12, MemberId{7}, 0, 9, MemberId{8}, {}, false});
}

TEST(Replies, PushesComeBackAsTheyWereSent) {
  push_returns(ReceiptPush{MemberId{8}, MemberId{8}, {}, 5, 4});
  push_returns(ReceiptPush{MemberId{8}, {}, RoomId{4}, 5, 4});
  push_returns(HeartbeatPush{1, 5});
  push_returns(HeartbeatPush{});
  push_returns(HeadPush{.epoch = 1, .head = 5});
  push_returns(HeadPush{.groupid = RoomId{4}, .head = 5, .read = 3});
  for (const auto event : {FriendEventKind::requested, FriendEventKind::friends, FriendEventKind::refused,
                           FriendEventKind::removed}) {
    push_returns(FriendEventPush{event, MemberId{3}, "bob", event == FriendEventKind::friends});
  }
  push_returns(MemberEventPush{.id = MemberId{3}, .name = "bob", .avatar = "b", .custom = R"({"level":7})"});
  push_returns(MemberEventPush{.id = MemberId{3}, .name = "bob", .avatar = ""});
  push_returns(PresencePush{MemberId{3}, true});
  push_returns(PresencePush{MemberId{3}, false});
  push_returns(GroupEventPush{GroupEventKind::joined, RoomId{4}, "tea", MemberId{3}, "bob", {}});
  push_returns(GroupEventPush{GroupEventKind::joined, RoomId{4}, "tea", MemberId{3}, "bob",
                              LargeGroup{.epoch = 0, .head = 7, .read = 6}});
  for (const auto event : {GroupEventKind::left, GroupEventKind::requested, GroupEventKind::invited,
                           GroupEventKind::refused, GroupEventKind::removed, GroupEventKind::dissolved}) {
    push_returns(GroupEventPush{event, RoomId{4}, "tea", MemberId{3}, "bob", {}});
  }
  push_returns(GoodbyePush{Errno::kicked, "elsewhere", false, 0, "", 0});
  push_returns(GoodbyePush{Errno::server_closing, "bye", true, 1500, "", 0});
  push_returns(GoodbyePush{Errno::banned, "banned", false, 0, "spam", 1767322845678});
}

TEST(Replies, ChatInTwoPartsIsTheSameFrameForEveryReader) {
  const Chat chat = a_chat();
  std::string tail;
  append_chat_tail(tail, view(chat));
  std::string frame;
  append_chat_prefix(frame, Msg::one_chat, 17, 1);
  EXPECT_EQ(frame, R"({"msgid":5,"seq":17,"epoch":1,)");
  frame += tail;
  EXPECT_EQ(*decoded(frame).get<Chat>(), chat);
  std::string whole;
  append_chat(whole, view(chat));
  EXPECT_EQ(frame, whole);

  std::string own;
  append_chat_prefix(own, Msg::one_chat, 4, 2, 9, "web");
  EXPECT_EQ(own, R"({"msgid":5,"seq":4,"epoch":2,"send_id":9,"device":"web",)");
  const ServerMessage got = decoded(own + tail);
  EXPECT_EQ(got.get<Chat>()->send_id, 9u);
  EXPECT_EQ(got.get<Chat>()->device, "web");
  EXPECT_EQ(got.get<Chat>()->seq, 4u);
  EXPECT_EQ(got.get<Chat>()->content, chat.content);

  std::string bare;
  append_chat_prefix(bare, Msg::group_chat, 0, 0);
  EXPECT_EQ(bare, R"({"msgid":12,)");
}

TEST(Replies, ChatPrefixKeepsItsBound) {
  std::string prefix;
  append_chat_prefix(prefix, Msg::group_chat, kIdMax, 4294967295, kIdMax,
                     std::string(kDeviceBytesMax, '\x01'));
  EXPECT_LE(prefix.size(), kChatPrefixBytesMax);
}

TEST(Replies, ChatLooksAsAClassicClientKnowsIt) {
  std::string frame;
  append_chat(frame, view(Chat{.id = MemberId{7},
                               .name = "ann",
                               .toid = MemberId{8},
                               .content = "hi",
                               .time_ms = 1767322845678,
                               .mid = MessageId{99},
                               .cseq = 3,
                               .seq = 17,
                               .epoch = 1}));
  EXPECT_EQ(frame, R"({"msgid":5,"seq":17,"epoch":1,"id":7,"name":"ann","toid":8,"msg":"hi","kind":0,)"
                   R"("time":"2026-01-02T03:00:45.678Z","time_ms":1767322845678,"mid":99,"cseq":3})");
}

TEST(Replies, RefusalsAnswerWithTheAckOfTheRequest) {
  const Refusal refusal{Errno::rate_limited, "slower", "", "", 1500, 0, 4, "", 0};
  std::string out;
  encode_refusal(out, Msg::one_chat, 3, refusal);
  EXPECT_EQ(out, R"({"msgid":20,"rid":3,"errno":11,"errmsg":"slower","retry_after_ms":1500,"send_id":4})");
  const ServerMessage got = decoded(out);
  EXPECT_EQ(got.msgid, Msg::send_ack);
  EXPECT_EQ(got.refusal, refusal);
  EXPECT_EQ(got.body.index(), 0u);

  out.clear();
  const Refusal muted{.error = Errno::muted, .message = "muted", .reason = "spam", .until_ms = 1767322845678};
  encode_refusal(out, Msg::one_chat, 3, muted);
  EXPECT_EQ(out,
            R"({"msgid":20,"rid":3,"errno":40,"errmsg":"muted","reason":"spam","until_ms":1767322845678})");
  EXPECT_EQ(decoded(out).refusal, muted);

  out.clear();
  encode_refusal(out, Msg::remark, std::nullopt,
                 {.error = Errno::no_such_peer, .field = "friendid", .allowed = "a member"});
  EXPECT_EQ(
      out,
      R"({"msgid":21,"errno":1,"errmsg":"no such member","field":"friendid","allowed":"a member","to":39})");
  EXPECT_EQ(decoded(out).to, Msg::remark);

  out.clear();
  encode_refusal(out, Msg::group_chat, std::nullopt,
                 {.error = Errno::send_id_ahead, .expected = 3, .send_id = 7});
  EXPECT_EQ(
      out,
      R"({"msgid":20,"errno":14,"errmsg":"a smaller send_id is expected first","expected":3,"send_id":7})");
}

TEST(Replies, RefusedFramesAreAnsweredAsTheProtocolSays) {
  RequestParser parser;
  const auto answer = [&](std::string_view frame) {
    const auto parsed = parser.parse_copy(frame);
    EXPECT_FALSE(parsed);
    std::string out;
    encode_refusal(out, parsed.error());
    return out;
  };
  EXPECT_EQ(answer(R"({"msgid":6,"rid":1})"),
            R"({"msgid":7,"rid":1,"errno":8,"errmsg":"friendid is missing",)"
            R"("field":"friendid","allowed":"integer 0..9007199254740991"})");
  EXPECT_EQ(answer(R"({"msgid":99,"rid":1})"),
            R"({"msgid":55,"rid":1,"errno":22,"errmsg":"msgid is not one that a client can )"
            R"(send","field":"msgid","allowed":"the number of a request","to":99})");
  EXPECT_EQ(answer("{"), R"({"msgid":55,"errno":8,"errmsg":"malformed JSON","allowed":"one JSON object"})");
}

/// Each frame of the server has the fields the table says and no other.
TEST(Replies, CarryTheFieldsOfTheTable) {
  const auto chat = a_chat();
  const auto group = a_group_chat();
  const std::vector<ChatView> views{view(chat)};
  LoginAck entered{"ann", "chat", "main", "web", "", 0, {}, an_enter_ack()};
  LoginAck full{"ann", "chat", "main", "web", "tok", 5, {}, {}};
  std::vector<std::string> frames{reply_json(full),
                                  reply_json(entered),
                                  reply_json(ClassicLoginAckView{MemberId{1}, "a", {}, {}, views}),
                                  reply_json(RegAck{}),
                                  reply_json(AddFriendAck{}),
                                  reply_json(CreateGroupAck{}),
                                  reply_json(AddGroupAck{}),
                                  reply_json(CreateMemberAck{}),
                                  reply_json(an_enter_ack()),
                                  reply_json(ReadyAck{}),
                                  reply_json(SendAck{.mid = MessageId{1}}),
                                  reply_json(OkReply{}),
                                  reply_json(OkReply{Msg::mark, 1, 1, 1}),
                                  reply_json(SyncAckView{.messages = views}),
                                  reply_json(HistoryAckView{}),
                                  reply_json(ConversationsAckView{.more = true, .after = "x"}),
                                  reply_json(FriendsAck{}),
                                  reply_json(GroupsAck{}),
                                  reply_json(GroupMembersAck{}),
                                  reply_json(a_group_info()),
                                  reply_json(GroupListAck{}),
                                  reply_json(InvitationsAck{}),
                                  reply_json(FindAck{.id = MemberId{1}}),
                                  reply_json(FindAck{.groupid = RoomId{1}}),
                                  reply_json(TokensAck{}),
                                  reply_json(HeartbeatAck{1, 2, 3}),
                                  push_json(ReceiptPush{.friendid = MemberId{1}}),
                                  push_json(ReceiptPush{.groupid = RoomId{1}}),
                                  push_json(HeartbeatPush{1, 2}),
                                  push_json(HeadPush{}),
                                  push_json(HeadPush{.groupid = RoomId{1}}),
                                  push_json(FriendEventPush{}),
                                  push_json(MemberEventPush{.custom = "{}"}),
                                  push_json(PresencePush{}),
                                  push_json(GroupEventPush{}),
                                  push_json(GroupEventPush{.large = LargeGroup{}}),
                                  reply_json(AddGroupAck{.large = LargeGroup{}}),
                                  push_json(GoodbyePush{.retry_after_ms = 1})};
  const PublicationView publication{.channel = "world", .epoch = 1, .seq = 2, .content = "x"};
  const std::string published = push_json(publication);
  for (const std::string& more :
       {reply_json(SubscribeAckView{.channel = "world", .publications = {published}}),
        reply_json(PublishAck{.channel = "world"}),
        reply_json(PublishAck{.channel = "world", .send_id = 1, .mid = MessageId{2}}), published,
        push_json(PublicationView{.channel = "world", .kind = 1, .content = "{}", .mid = MessageId{1}}),
        push_json(ChannelHeadPush{.channel = "world"}), reply_json(ChannelsAck{.more = true, .after = "x"}),
        push_json(TypingPush{.friendid = MemberId{1}}), push_json(TypingPush{.groupid = RoomId{1}}),
        reply_json(WatchPresenceAck{.online = {MemberId{1}}}),
        push_json(WatchEndedPush{.groupid = RoomId{1}}), reply_json(SearchAck{.more = true, .before = 4}),
        reply_json(SearchAck{})})
    frames.push_back(more);
  for (const Chat* x : {&chat, &group}) append_chat(frames.emplace_back(), view(*x));

  for (const std::string& frame : frames) {
    const MessageInfo& message = info(decoded(frame).msgid);
    std::vector<std::string> names;
    RequestParser parser;
    // The frame's own keys: those at depth 1, found by a scan that glance() is tested with too.
    int depth = 0;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      if (frame[i] == '{' || frame[i] == '[') ++depth;
      if (frame[i] == '}' || frame[i] == ']') --depth;
      if (frame[i] != '"') continue;
      const std::size_t start = ++i;
      while (frame[i] != '"') i += frame[i] == '\\' ? 2 : 1;
      if (depth == 1 && frame[i + 1] == ':') names.push_back(frame.substr(start, i - start));
    }
    const auto has = [&](std::string_view name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const FieldUse& use : message.reply) {
      if (use.need == Need::always)
        EXPECT_TRUE(has(name_of(use.field))) << name_of(use.field) << " in " << frame;
    }
    for (const std::string& name : names) {
      if (name == "msgid" || name == "rid" || name == "errno") continue;
      const bool declared = std::any_of(message.reply.begin(), message.reply.end(),
                                        [&](const FieldUse& use) { return name_of(use.field) == name; });
      EXPECT_TRUE(declared) << name << " in " << frame;
    }
  }
}

TEST(Rfc3339, FormatsTheCalendar) {
  Rfc3339 time;
  EXPECT_EQ(time.format(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time.format(-5), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time.format(951782399999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(time.format(951782400000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(time.format(951868800000), "2000-03-01T00:00:00.000Z");
  EXPECT_EQ(time.format(1704067199007), "2023-12-31T23:59:59.007Z");
  EXPECT_EQ(time.format(1704067199080), "2023-12-31T23:59:59.080Z");
  EXPECT_EQ(time.format(1704067200000), "2024-01-01T00:00:00.000Z");
  EXPECT_EQ(time.format(4107542400000), "2100-03-01T00:00:00.000Z");
  EXPECT_EQ(time.format(253402300799999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(time.format(253402300800000), "9999-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace plaza::protocol
