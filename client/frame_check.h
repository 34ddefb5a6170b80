#pragma once
// What the server would say to a frame, said before it is sent: its own reader judges.
#include <cstdint>
#include <optional>
#include <string_view>

#include "client/rules/message.h"
#include "protocol/replies.h"

namespace plaza::client {

/// Why the server would never take this message, with its errno (8 or 10); nothing when it may. `body_bytes_max` as ENTER_ACK
/// says, or protocol::kBodyBytesMax before it did.
///
/// Some of these messages would end the connection instead of being answered: not UTF-8, a body that is no JSON, more than a
/// frame holds once it is escaped. A client that repeats until it is answered would then reconnect for ever.
[[nodiscard]] std::optional<protocol::Refusal> refusal_of(const Outgoing& message,
                                                          std::uint64_t body_bytes_max);

/// The same for any other request, but only what would end the connection: the server answers the rest.
[[nodiscard]] std::optional<protocol::Refusal> refusal_of(std::string_view request);

}  // namespace plaza::client
