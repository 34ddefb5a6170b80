#pragma once
#include <string>
#include <string_view>

#include "protocol/group_change.h"

namespace plaza::client::chat {

/// What happened to a group, for people: "ann made bob an admin". An event that this client does not know shows its name.
[[nodiscard]] std::string group_change_text(const protocol::GroupChange& change);
/// The same from the body of a message of kind event.
[[nodiscard]] std::string group_change_text(std::string_view body);

}  // namespace plaza::client::chat
