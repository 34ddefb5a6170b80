#pragma once
#include <optional>
#include <string>

#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// What the zone's moderation says to one who is about to send: nothing, or why not.
[[nodiscard]] std::optional<Refusal> muted(const ShardState& state, const MemberState& sender);

/// What may be sent of the content: nothing, or why not. `masked` is filled when something else is to be sent instead. Only texts
/// are looked at: of an object only the app knows what it means.
[[nodiscard]] std::optional<Refusal> screen(const ShardState& state, ZoneId zone,
                                            const protocol::Content& content, std::string& masked);

/// An accepted message that has words to be reported: stores a report of the filter's. Done at leisure: when too much waits
/// it is left out, and counted.
void report_words(ShardState& state, const ports::Message& accepted);

}  // namespace plaza::chat
