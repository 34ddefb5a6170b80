#pragma once
#include <string>
#include <string_view>

#include "client/rules/message.h"

namespace plaza::client::chat {

/// "recalled" or "edited"; "changed" for what this client does not know.
[[nodiscard]] std::string_view change_word(const Change& change);

/// A change as a line of its conversation: "took a message back", "edited: hello".
[[nodiscard]] std::string message_change_text(const Message& message);

}  // namespace plaza::client::chat
