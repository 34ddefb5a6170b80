#include "protocol/table.h"

#include <gtest/gtest.h>

namespace plaza::protocol {
namespace {

TEST(Table, ClassicNumbersNeverChange) {
  const std::pair<unsigned, std::string_view> classic[] = {
      {1, "LOGIN"},          {2, "LOGIN_ACK"},      {3, "REG"},
      {4, "REG_ACK"},        {5, "ONE_CHAT"},       {6, "ADD_FRIEND"},
      {7, "ADD_FRIEND_ACK"}, {8, "CREATE_GROUP"},   {9, "CREATE_GROUP_ACK"},
      {10, "ADD_GROUP"},     {11, "ADD_GROUP_ACK"}, {12, "GROUP_CHAT"},
      {13, "LOGINOUT"}};
  for (const auto& [number, name] : classic) EXPECT_EQ(name_of(static_cast<Msg>(number)), name);
}

TEST(Table, StateSaysWhyARequestMustWait) {
  EXPECT_EQ(check_state(Msg::login, State::logged_out), Errno::ok);
  EXPECT_EQ(check_state(Msg::login, State::authenticated), Errno::already_logged_in);
  EXPECT_EQ(check_state(Msg::login, State::ready), Errno::already_logged_in);
  EXPECT_EQ(check_state(Msg::one_chat, State::logged_out), Errno::not_logged_in);
  EXPECT_EQ(check_state(Msg::one_chat, State::authenticated), Errno::not_ready);
  EXPECT_EQ(check_state(Msg::one_chat, State::entered), Errno::ok);
  EXPECT_EQ(check_state(Msg::enter, State::logged_out), Errno::not_logged_in);
  EXPECT_EQ(check_state(Msg::enter, State::authenticated), Errno::ok);
  EXPECT_EQ(check_state(Msg::enter, State::entered), Errno::conflict);
  EXPECT_EQ(check_state(Msg::heartbeat, State::logged_out), Errno::ok);
  EXPECT_EQ(check_state(Msg::login_ack, State::ready), Errno::unknown_msgid);
  EXPECT_EQ(check_state(Msg::none, State::ready), Errno::unknown_msgid);
}

TEST(Table, OnlyLoginRegAndHeartbeatGoBeforeLogin) {
  for (const MessageInfo& message : messages()) {
    if (message.direction == Direction::server) continue;
    const bool first = message.msg == Msg::login || message.msg == Msg::reg || message.msg == Msg::heartbeat;
    EXPECT_EQ(check_state(message.msg, State::logged_out), first ? Errno::ok : Errno::not_logged_in)
        << message.name;
  }
}

TEST(Table, AnswersAreKnown) {
  EXPECT_EQ(ack_of(Msg::one_chat), Msg::send_ack);
  EXPECT_EQ(ack_of(Msg::remark), Msg::ok);
  EXPECT_EQ(ack_of(Msg::login_ack), Msg::error);
  EXPECT_EQ(ack_of(static_cast<Msg>(999)), Msg::error);
  EXPECT_EQ(name_of(static_cast<Msg>(999)), "UNKNOWN");
  EXPECT_EQ(name_of(static_cast<Errno>(999)), "UNKNOWN");
}

TEST(Table, MarkdownHasARowForEach) {
  const auto rows = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n') - 2; };
  EXPECT_EQ(rows(messages_markdown()), static_cast<std::ptrdiff_t>(messages().size()));
  EXPECT_EQ(rows(errnos_markdown()), static_cast<std::ptrdiff_t>(errnos().size()));
  EXPECT_EQ(rows(fields_markdown()), static_cast<std::ptrdiff_t>(kFields));
  EXPECT_GT(rows(shapes_markdown()), 20);
}

}  // namespace
}  // namespace plaza::protocol
