#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "client/chat/chat_session.h"

namespace plaza::client::chat {

struct ChatOptions {
  ClientOptions client;
  Account account;
  bool script = false;
  bool help = false;
};

/// The arguments behind "plaza chat", with PLAZA_PASSWORD and, when no address is given, the ports.json of a server whose data
/// directory is here. The error is for a person. A password is never taken from an argument: everybody on the machine
/// sees those.
[[nodiscard]] Result<ChatOptions, std::string> parse_chat_options(const std::vector<std::string>& arguments);
[[nodiscard]] std::string chat_usage();

}  // namespace plaza::client::chat
