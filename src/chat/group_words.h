#pragma once
#include <optional>
#include <string_view>

#include "chat/answers.h"
#include "chat/limits.h"
#include "ports/room_change.h"
#include "protocol/group_requests.h"

// Between the words of the protocol and the values of rooms.
namespace plaza::chat {

std::string_view to_text(ports::RoomJoinPolicy policy);
std::string_view to_text(ports::RoomSpeakPolicy policy);

/// Takes over what is set. A refusal names the field and the words that are right.
std::optional<Refusal> read_settings(const protocol::GroupSettings& from, ports::change::Set& to);
std::optional<Refusal> check_description(std::string_view text, const Limits& limits, protocol::Errno error);
/// What CHANGE_GROUP_MEMBER asks for; `until_ms` is for bans and mutes.
std::optional<Refusal> read_action(std::string_view action, MemberId member, std::int64_t until_ms,
                                   ports::RoomChange& to);
std::optional<Refusal> read_list(std::string_view name, ports::RoomList& to);

/// The refusal of a change of a room. `otherwise`: where the state is against it. `field` named the room.
Refusal refusal_of_change(const ports::DirectoryError& error, protocol::Errno otherwise,
                          std::string_view field = {});

}  // namespace plaza::chat
