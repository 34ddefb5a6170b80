// What the server says about channels, typing and watched presence comes back as it was sent.
#include "protocol/channel_replies.h"

#include <gtest/gtest.h>

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
void reply_returns(const T& sent) {
  std::string frame;
  encode(frame, 77, sent);
  const ServerMessage got = decoded(frame);
  EXPECT_EQ(got.rid, 77U);
  ASSERT_NE(got.get<T>(), nullptr) << frame;
  EXPECT_EQ(*got.get<T>(), sent) << frame;
}

template <class T>
void push_returns(const T& sent) {
  std::string frame;
  encode(frame, sent);
  const ServerMessage got = decoded(frame);
  ASSERT_NE(got.get<T>(), nullptr) << frame;
  EXPECT_EQ(*got.get<T>(), sent) << frame;
}

std::string publication(const PublicationView& x) {
  std::string frame;
  encode(frame, x);
  return frame;
}

TEST(ChannelReplies, ComeBackAsTheyWereSent) {
  reply_returns(PublishAck{.channel = "world", .epoch = 4294967295, .seq = 9007199254740991});
  reply_returns(
      PublishAck{.channel = "news", .epoch = 1, .seq = 2, .send_id = 3, .dup = true, .mid = MessageId{5}});
  reply_returns(ChannelsAck{});
  reply_returns(ChannelsAck{.channels = {{.channel = "world", .history_max = 100, .history_age_ms = 5},
                                         {.channel = "news", .persistent = true, .servers_only = true}},
                            .more = true,
                            .after = "news"});
  reply_returns(WatchPresenceAck{.groupid = RoomId{3}, .watch = true, .online = {MemberId{1}, MemberId{2}}});
  push_returns(ChannelHeadPush{.channel = "world", .epoch = 3, .head = 4});
  push_returns(TypingPush{.id = MemberId{1}, .friendid = MemberId{2}, .typing = true});
  push_returns(TypingPush{.id = MemberId{1}, .groupid = RoomId{2}, .typing = false});
  push_returns(WatchEndedPush{.groupid = RoomId{2}});
}

TEST(ChannelReplies, APublicationIsTheSameInAPushAndInAList) {
  const std::string one = publication({.channel = "world",
                                       .epoch = 7,
                                       .seq = 1,
                                       .id = MemberId{5},
                                       .name = "a\"\n",
                                       .content = "h\xc3\xbc\"",
                                       .time_ms = 12});
  const std::string two = publication({.channel = "world",
                                       .epoch = 7,
                                       .seq = 2,
                                       .id = MemberId{5},
                                       .name = "b",
                                       .kind = 3,
                                       .content = R"({"a":[1]})",
                                       .time_ms = 13,
                                       .mid = MessageId{4}});
  const ServerMessage first = decoded(one), second = decoded(two);
  ASSERT_NE(first.get<Publication>(), nullptr);
  EXPECT_EQ(first.get<Publication>()->content, "h\xc3\xbc\"");
  EXPECT_EQ(first.get<Publication>()->kind, 0);
  EXPECT_EQ(second.get<Publication>()->content, R"({"a":[1]})");
  EXPECT_EQ(second.get<Publication>()->mid, MessageId{4});
  std::string frame;
  encode(frame, 5,
         SubscribeAckView{.channel = "world",
                          .epoch = 7,
                          .head = 2,
                          .recovered = true,
                          .more = false,
                          .publications = {one, two}});
  const ServerMessage got = decoded(frame);
  ASSERT_NE(got.get<SubscribeAck>(), nullptr);
  EXPECT_EQ(*got.get<SubscribeAck>(),
            (SubscribeAck{.channel = "world",
                          .epoch = 7,
                          .head = 2,
                          .recovered = true,
                          .more = false,
                          .publications = {*first.get<Publication>(), *second.get<Publication>()}}));
}

}  // namespace
}  // namespace plaza::protocol
