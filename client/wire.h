#pragma once
// Between the rules' words and the protocol's.
#include <string>

#include "client/rules/session_rules.h"
#include "protocol/server_message.h"

namespace plaza::client {

/// One frame of the rules as JSON.
[[nodiscard]] std::string encode_frame(const Frame& frame);

/// A pushed or listed message as the member `self` sees it.
[[nodiscard]] Message to_message(const protocol::Chat& chat, std::uint64_t self);

[[nodiscard]] Entered to_entered(const protocol::EnterAck& ack, std::string device);

/// What a push or an answer says of large groups: that the member has joined or left one, or its head.
void note_groups(SessionRules& rules, const protocol::ServerMessage& message);

/// Gives a reply to one of the rules' own frames (rid >= SessionRules::rid_first) to them.
void give_reply(SessionRules& rules, const protocol::ServerMessage& reply, std::int64_t now_ms);

/// The refusal in one line for a person: what is wrong, the field, what is allowed, when to try again.
[[nodiscard]] std::string refusal_text(const protocol::Refusal& refusal);

}  // namespace plaza::client
