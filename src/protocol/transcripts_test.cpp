// Every line of every transcript in docs/protocol.md is what the code understands.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "protocol/replies.h"
#include "protocol/request_parser.h"
#include "protocol/server_message.h"

namespace plaza::protocol {
namespace {

/// Besides types: a frame of the server has the fields that are always there.
void expect_whole(const std::string& frame, const ServerMessage& message, const std::string& line) {
  if (message.refused() || message.msgid == Msg::login_ack) return;
  for (const FieldUse& use : info(message.msgid).reply) {
    if (use.need != Need::always) continue;
    EXPECT_NE(frame.find('"' + std::string(name_of(use.field)) + "\":"), std::string::npos)
        << name_of(use.field) << " is always there, but not in\n"
        << line;
  }
}

TEST(Transcripts, AreWhatTheCodeUnderstands) {
  const std::filesystem::path page(PLAZA_PROTOCOL_PAGE);
  std::ifstream in(page);
  ASSERT_TRUE(in) << page;
  RequestParser requests;
  ServerMessageParser replies;
  std::string line, refusal;
  int client = 0, server = 0;
  while (std::getline(in, line)) {
    if (line.starts_with("C {")) {
      ++client;
      const auto parsed = requests.parse_copy(line.substr(2));
      refusal.clear();
      if (!parsed) encode_refusal(refusal, parsed.error());  // then the next line must say so
    } else if (line.starts_with("S {")) {
      ++server;
      const std::string frame = line.substr(2);
      const auto parsed = replies.parse(frame);
      ASSERT_TRUE(parsed) << parsed.error() << "\n" << line;
      EXPECT_NE(parsed->msgid, Msg::none) << line;
      expect_whole(frame, *parsed, line);
      if (!refusal.empty()) EXPECT_EQ(frame, refusal);
      refusal.clear();
    } else {
      EXPECT_EQ(refusal, "") << "before: " << line;
    }
  }
  EXPECT_GT(client, 25);
  EXPECT_GT(server, 25);
}

}  // namespace
}  // namespace plaza::protocol
