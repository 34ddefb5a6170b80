#include "bench/message_text.h"

#include <gtest/gtest.h>

#include "protocol/request_parser.h"
#include "protocol/server_message.h"

namespace plaza::bench {
namespace {

TEST(MessageText, NumberComesBackAtTheShortestLengthAndAtALongOne) {
  for (const std::size_t bytes : {std::size_t{16}, std::size_t{17}, std::size_t{100}, std::size_t{5000}}) {
    const MessageText text(bytes);
    std::string out;
    text.append(out, 0x0123456789abcdef);
    EXPECT_EQ(out.size(), bytes);
    EXPECT_EQ(text.number_of(out), 0x0123456789abcdefu);
  }
}

TEST(MessageText, SeesEveryChangedByteAndAChangedLength) {
  const MessageText text(40);
  std::string good;
  text.append(good, 77);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string broken = good;
    broken[i] = '~';
    EXPECT_FALSE(text.number_of(broken)) << i;
  }
  EXPECT_FALSE(text.number_of(good.substr(1)));
  EXPECT_FALSE(text.number_of(good + "x"));
  EXPECT_FALSE(text.number_of(""));
}

TEST(MessageText, SendsAreWhatTheServersParserTakes) {
  const MessageText text(100);
  protocol::RequestParser parser;
  std::string frame;
  append_send(frame, MemberId{7}, 9, text, 5);
  auto parsed = parser.parse_copy(frame);
  ASSERT_TRUE(parsed) << frame;
  const auto chat = protocol::as<protocol::OneChat>(**parsed);
  EXPECT_EQ((*parsed)->msgid, protocol::Msg::one_chat);
  EXPECT_EQ(chat.toid, MemberId{7});
  EXPECT_EQ(chat.send_id, 9u);
  EXPECT_EQ(text.number_of(chat.content.bytes()), 5u);

  frame.clear();
  append_send(frame, RoomId{kIdMax}, kIdMax, text, 6);
  parsed = parser.parse_copy(frame);
  ASSERT_TRUE(parsed) << frame;
  const auto group = protocol::as<protocol::GroupChat>(**parsed);
  EXPECT_EQ(group.groupid, RoomId{kIdMax});
  EXPECT_EQ(group.send_id, kIdMax);
  EXPECT_EQ(text.number_of(group.content.bytes()), 6u);
}

// Goal: the load sees in a push what the server put there. Method: encode as the server does, look as the load does.
TEST(MessageText, IsReadBackFromAPushAsTheServerEncodesIt) {
  const MessageText text(100);
  std::string content;
  text.append(content, 12);
  protocol::ChatView chat;
  chat.id = MemberId{3};
  chat.name = "ann";
  chat.toid = MemberId{4};
  chat.content = content;
  chat.mid = MessageId{99};
  chat.cseq = 8;
  chat.seq = 17;
  chat.epoch = 1;
  std::string frame;
  protocol::append_chat(frame, chat);
  protocol::ServerGlance seen;
  ASSERT_TRUE(protocol::glance(frame, seen)) << frame;
  EXPECT_EQ(seen.msgid, 5u);
  EXPECT_EQ(seen.id, 3u);
  EXPECT_EQ(seen.toid, 4u);
  EXPECT_EQ(seen.seq, 17u);
  EXPECT_EQ(seen.cseq, 8u);
  EXPECT_EQ(seen.mid, 99u);
  EXPECT_EQ(text.number_of(seen.msg), 12u);
}

}  // namespace
}  // namespace plaza::bench
