#include "ports/message.h"

#include <gtest/gtest.h>

namespace plaza::ports {
namespace {

Message text(std::string body, MessageKind kind = MessageKind::text) {
  Message message;
  message.conversation = StreamId::pair(MemberId{1}, MemberId{2});
  message.kind = kind;
  message.body = std::move(body);
  return message;
}

TEST(SameSend, IsTheSameWordsOfTheSameKindInTheSameConversation) {
  EXPECT_TRUE(same_send(text("hello"), text("hello")));
  EXPECT_FALSE(same_send(text("hello"), text("hallo")));
  EXPECT_FALSE(same_send(text("hello"), text("hello ")));
  EXPECT_FALSE(same_send(text("{}"), text("{}", MessageKind::custom)));
  Message elsewhere = text("hello");
  elsewhere.conversation = StreamId::room(RoomId{1});
  EXPECT_FALSE(same_send(text("hello"), elsewhere));
}

TEST(SameSend, WhatWasMaskedOnOneSideIsAsGoodAsAnyCharacterThere) {
  EXPECT_TRUE(same_send(text("what the heck"), text("what the ****")));
  EXPECT_TRUE(same_send(text("what the ****"), text("**** the heck")));
  EXPECT_TRUE(same_send(text("\xe4\xbd\xa0\xe5\xa5\xbd ann"), text("** ann"))) << "a character, not a byte";
  EXPECT_FALSE(same_send(text("what the heck"), text("what the ***")));
  EXPECT_FALSE(same_send(text("what the heck"), text("what the *****")));
  EXPECT_FALSE(same_send(text("what the heck"), text("that the ****")));
  EXPECT_FALSE(same_send(text(""), text("*")));
}

TEST(SameSend, InAnObjectAnAsteriskIsOne) {
  EXPECT_FALSE(
      same_send(text(R"({"a":"*"})", MessageKind::custom), text(R"({"a":"b"})", MessageKind::custom)));
}

}  // namespace
}  // namespace plaza::ports
