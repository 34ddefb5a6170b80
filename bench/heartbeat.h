#pragma once
#include "bench/link.h"
#include "protocol/server_message.h"

namespace plaza::bench {

inline constexpr std::string_view kHeartbeat = R"({"msgid":29})";

/// Answers the server's "are you there?"; false when the frame was something else.
inline bool answer_heartbeat(Link& link, const protocol::ServerMessage& message) {
  if (message.msgid != protocol::Msg::heartbeat) return false;
  link.send(kHeartbeat);
  return true;
}

}  // namespace plaza::bench
