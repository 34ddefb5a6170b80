#pragma once
#include <array>
#include <boost/json/object.hpp>
#include <string_view>

#include "ports/directory.h"

namespace plaza::backend {

// The words for ports::FriendsFrom and MessagesFrom, by number.
inline constexpr std::array<std::string_view, 3> kFriendsFrom{"anyone", "request", "nobody"};
inline constexpr std::array<std::string_view, 2> kMessagesFrom{"anyone", "friends"};

/// What a member, or its app, has set of it besides its name: avatar and custom where there are some, friends_from, messages_from.
void add_settings(boost::json::object& out, const ports::Member& member);

}  // namespace plaza::backend
